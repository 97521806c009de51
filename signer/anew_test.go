package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// askingForm makes a form that asks readers to draw its fields, from object 5 on: keys of
// a field and its widget, or a whole object.
func askingForm(fields ...string) []byte {
	refs := ""
	objs := []string{"<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>", strings.ReplaceAll(foreignTree, "@", "0"), "", ""}
	for i, fd := range fields {
		if !strings.HasPrefix(fd, "<<") {
			refs += fmt.Sprintf("%d 0 R ", 5+i)
			fd = "<<" + fd + foreignWidget + "/P 3 0 R>>"
		}
		objs = append(objs, fd)
	}
	objs[2] = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Annots[" + refs + "]>>"
	objs[3] = "<</NeedAppearances true/DA(/Helv 12 Tf 0 g)/Fields[" + refs + "]>>"
	return objects(0, objs...)
}

// appearanceOf returns the decoded appearance of a widget, and that of its state.
func appearanceOf(t *testing.T, f *pdf.File, num uint32) (content string, state pdf.Name) {
	t.Helper()
	d, err := f.Dict(pdf.Ref{Num: num})
	if err != nil {
		t.Fatal(err)
	}
	state, _ = d.Get("AS").(pdf.Name)
	ap, err := f.Dict(d.Get("AP"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Resolve(ap.Get("N"))
	if err != nil {
		t.Fatal(err)
	}
	if states, ok := n.(*pdf.Dict); ok {
		if n, err = f.Resolve(states.Get(state)); err != nil {
			t.Fatal(err)
		}
	}
	st, ok := n.(*pdf.Stream)
	if !ok {
		return "", state
	}
	b, err := f.Decode(st, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), state
}

// TestNeedAppearances (ISO 32000-2, table 224): readers that are asked to draw the fields
// of a form draw nothing where a seal is. The demand is taken back, and the other fields
// show what they showed.
func TestNeedAppearances(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := askingForm(
		"/FT/Tx/T(text)/V(abc)", "/FT/Tx/T(empty)", "/FT/Tx/T(many)/Ff 4096/V(one\\rtwo)", "/FT/Tx/T(comb)/Ff 16777216/MaxLen 8/V(AB)",
		"/FT/Ch/T(drop)/Ff 131072/Opt[[(a)(Alpha)][(b)(Beta)]]/V(b)", "/FT/Ch/T(list)/Opt[(One)(Two)]/V(Two)",
		"/FT/Btn/T(on)/V/Yes/MK<</CA(4)>>", "/FT/Btn/T(off)/V/Off", "/FT/Btn/Ff 32768/T(radio)/V/A", "/FT/Btn/Ff 65536/T(push)/MK<</CA(Go)/BC[0]/BG[.8 .8 .8]>>",
		"/FT/Tx/T(secret)/Ff 8192/V(abc)", "/FT/Tx/T(turned)/V(abc)/MK<</R 90>>",
		"/FT/Btn/T(stated)/V/On/AS/Off/AP<</N<</On 17 0 R>>>>", "/FT/Sig/T(Other)")
	signed := sign(t, in, request(ca, cred, signer.BT, "mine"))
	valid(t, ca, signed)
	f, fm := form(t, signed)
	if fm.Dict.Get("NeedAppearances") != nil {
		t.Error("readers still draw the fields anew")
	}
	for num, c := range map[uint32]struct {
		glyphs int // at least
		state  pdf.Name
	}{5: {3, ""}, 6: {0, ""}, 7: {6, ""}, 8: {2, ""}, 9: {4, ""}, 10: {6, ""}, 14: {2, ""}, 15: {3, ""}, 16: {3, ""}} {
		content, _ := appearanceOf(t, f, num)
		if got := strings.Count(content, " cm\n"); got != c.glyphs {
			t.Errorf("object %d shows %d characters, want %d:\n%s", num, got, c.glyphs, content)
		}
	}
	for num, want := range map[uint32]pdf.Name{11: "Yes", 12: "Off", 13: "A", 17: "On"} {
		content, state := appearanceOf(t, f, num)
		if state != want || strings.Contains(content, "f\n") == (want == "Off") && num != 17 {
			t.Errorf("object %d shows %q, want %q:\n%s", num, state, want, content)
		}
	}
	if d, _ := f.Dict(pdf.Ref{Num: 18}); d.Get("AP") != nil {
		t.Error("a signature field got an appearance")
	}
	// Once it is signed, a change of what the fields show would be a change of what was
	// signed.
	asked := askingForm("/FT/Tx/T(text)/V(abc)",
		"/FT/Sig/T(Other)/V<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<3000>>>")
	again := request(ca, cred, signer.BT, "again")
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, asked), again); err != nil {
		t.Errorf("nothing to be seen: %v", err)
	}
	again.NewField.Page, again.NewField.Box, again.Appearance = 1, signer.Box{X: 10, Y: 10, W: 40, H: 40}, box(40)
	var found *signer.Finding
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, asked), again); !errors.As(err, &found) || found.Code != signer.FoundNeedAppearances {
		t.Errorf("a seal that nobody would see: %v", err)
	}
	var clean bytes.Buffer
	if err := signer.Normalize(t.Context(), &clean, bytes.NewReader(in), int64(len(in))); err != nil {
		t.Fatal(err)
	}
	f, fm = form(t, clean.Bytes())
	for _, fd := range fm.Fields {
		if content, _ := appearanceOf(t, f, fd.Ref.Num); content == "" && fd.Type != "Sig" && fd.Name != "stated" && fd.Name != "off" && fd.Name != "empty" {
			t.Errorf("made clean, field %q shows nothing", fd.Name)
		}
	}
	none := askingForm("/FT/Tx/T(rare)/V<FEFF20B9>")
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, none), request(ca, cred, signer.BT, "S")); !errors.Is(err, signer.ErrNoGlyph) {
		t.Errorf("a character that cannot be drawn: %v", err)
	}
}

// TestNeedAppearancesKept: an appearance that says the value already stays as it is, and
// one that says something else does not.
func TestNeedAppearancesKept(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for said, kept := range map[string]bool{"(ab) Tj (c) Tj": true, "[(a) -20 (bc)] TJ": true, "(old) Tj": false, "": false, "((( broken": false} {
		in := askingForm("/FT/Tx/T(text)/V(abc)/AP<</N 6 0 R>>",
			fmt.Sprintf("<</Subtype/Form/BBox[0 0 100 20]/Length %d>>\nstream\nBT %s ET\nendstream", len(said)+6, said))
		f, _ := form(t, sign(t, in, request(ca, cred, signer.BT, "mine")))
		d, err := f.Dict(pdf.Ref{Num: 5})
		if err != nil {
			t.Fatal(err)
		}
		ap, _ := d.Get("AP").(*pdf.Dict)
		if got := ap.Get("N") == (pdf.Ref{Num: 6}); got != kept {
			t.Errorf("%q: the appearance stayed: %v, want %v", said, got, kept)
		}
	}
}
