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

// objects makes a file of the given objects, from number 1 on, all of one generation;
// the first is the catalog.
func objects(gen int, objs ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d %05d n \n", b.Len(), gen)
		fmt.Fprintf(&b, "%d %d obj\n%s\nendobj\n", i+1, gen, strings.ReplaceAll(o, "@", fmt.Sprint(gen)))
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 %d R>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, gen, at)
	return b.Bytes()
}

const (
	foreignPage   = "<</Type/Page/Parent 2 @ R/MediaBox[0 0 600 800]/Resources<<>>/Annots[5 @ R]>>"
	foreignTree   = "<</Type/Pages/Count 1/Kids[3 @ R]>>"
	foreignWidget = "/Type/Annot/Subtype/Widget/Rect[100 100 300 300]/F 4"
)

// TestForeignFields signs fields of other programs: their widget may be a Kid, may name
// no page, or may be in a file whose objects have generations.
func TestForeignFields(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	catalog := "<</Type/Catalog/Pages 2 @ R/AcroForm<</Fields[4 @ R]/SigFlags 1>>>>"
	merged := "<</FT/Sig/T(S)" + foreignWidget
	for name, c := range map[string]struct {
		gen    int
		objs   []string
		widget uint32 // the widget that shows the seal
		want   error
	}{
		"merged":         {0, []string{catalog, foreignTree, strings.Replace(foreignPage, "5 @", "4 @", 1), merged + "/P 3 @ R>>"}, 4, nil},
		"generation 3":   {3, []string{catalog, foreignTree, strings.Replace(foreignPage, "5 @", "4 @", 1), merged + "/P 3 @ R>>"}, 4, nil},
		"no page named":  {0, []string{catalog, foreignTree, strings.Replace(foreignPage, "5 @", "4 @", 1), merged + ">>"}, 4, nil},
		"a kid":          {0, []string{catalog, foreignTree, foreignPage, "<</FT/Sig/T(S)/Kids[5 @ R]>>", "<</Parent 4 @ R/P 3 @ R" + foreignWidget + ">>"}, 5, nil},
		"a kid, no page": {0, []string{catalog, foreignTree, foreignPage, "<</FT/Sig/T(S)/Kids[5 @ R]>>", "<</Parent 4 @ R" + foreignWidget + ">>"}, 5, nil},
		"hidden": {0, []string{catalog, foreignTree, strings.Replace(foreignPage, "5 @", "4 @", 1),
			strings.Replace(merged, "/F 4", "/F 6", 1) + "/P 3 @ R>>"}, 4, signer.ErrNoField},
		"on no page": {0, []string{catalog, foreignTree, strings.Replace(foreignPage, "[5 @ R]", "[]", 1), merged + ">>"}, 4, signer.ErrNoField},
	} {
		t.Run(name, func(t *testing.T) {
			in := objects(c.gen, c.objs...)
			req := request(ca, cred, signer.BLTA, "")
			req.NewField, req.Field, req.Appearance = nil, "S", box(40)
			var out bytes.Buffer
			err := signer.Sign(t.Context(), &out, open(t, in), req)
			if c.want != nil || err != nil {
				if !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				return
			}
			if !bytes.HasPrefix(out.Bytes(), in) {
				t.Fatal("the input is not the output's prefix")
			}
			valid(t, ca, out.Bytes())
			f, _ := form(t, out.Bytes())
			d, err := f.Dict(pdf.Ref{Num: c.widget, Gen: uint16(c.gen)})
			if err != nil {
				t.Fatal(err)
			}
			if ap, _ := d.Get("AP").(*pdf.Dict); ap.Get("N") == nil {
				t.Error("the widget shows nothing")
			}
		})
	}
}

// TestSharedAnnots: a seal stands only on its page, even if pages share the array of
// their annotations.
func TestSharedAnnots(t *testing.T) {
	ca := newCA(t, devca.P256)
	page := "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Annots 5 0 R>>"
	in := objects(0, "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>", page, page, "[6 0 R]",
		"<</Type/Annot/Subtype/Square/Rect[0 0 9 9]/F 4>>")
	laid := layout(t, in, signer.Field{Name: "A", Page: 1, Box: signer.Around(60, 60, 42, 42)}, signer.Field{Name: "B", Page: 2, Box: signer.Around(60, 60, 42, 42)})
	f, fm := form(t, laid)
	err := f.Pages(func(i int, p pdf.Page) bool {
		a, err := f.Array(p.Dict.Get("Annots"))
		if err != nil {
			t.Fatal(err)
		}
		fd, _ := fm.Find([]string{"A", "B"}[i])
		if len(a) != 2 || a[1] != pdf.Object(fd.Ref) {
			t.Errorf("page %d has %v, wants its own field %v", i+1, a, fd.Ref)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	req := request(ca, credential(t, ca), signer.BT, "")
	req.NewField, req.Field = nil, "B"
	valid(t, ca, sign(t, laid, req))
}

// TestFieldNames: a name is also taken if it belongs to a node above other fields (ISO
// 32000-2, 12.7.4.2); unusual names come back unchanged.
func TestFieldNames(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	tree := objects(0, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>", foreignTree, foreignPage,
		"<</T(group)/Kids[5 0 R]>>", "<</FT/Tx/T(text)/Parent 4 0 R/P 3 0 R"+foreignWidget+">>")
	err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, bytes.ReplaceAll(tree, []byte("@"), []byte("0"))), request(ca, cred, signer.BB, "group"))
	if !errors.Is(err, signer.ErrFieldExists) {
		t.Errorf("a name of a node: %v", err)
	}
	for _, name := range []string{`(()`, `a\`, `\)`, "#/<>[]", "𠮷野家", "þÿ", "ï»¿x", strings.Repeat("长", 500)} {
		req := request(ca, cred, signer.BLTA, name)
		req.Name, req.Reason, req.Location = name, name, name
		out := sign(t, tablePDF(1), req)
		valid(t, ca, out)
		if states, err := open(t, out).Fields(); err != nil || states[0].Name != name {
			t.Errorf("%q came back as %+v, %v", name, states, err)
		}
	}
}

// TestLongTexts: the shown texts of a signature have a limit, and what is within it can
// be read again.
func TestLongTexts(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	req := request(ca, cred, signer.BLTA, "S")
	req.Reason = strings.Repeat("长", 1<<20/3)
	valid(t, ca, sign(t, tablePDF(1), req))
	req.Reason = strings.Repeat("x", 1<<20+1)
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), req); err == nil {
		t.Error("a reason of more than 1 MiB was written")
	}
}

// TestFillForeign fills a text field of another program whose widgets stand apart, also
// after another signature, if the lock of the second names it.
func TestFillForeign(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := objects(0, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 5 0 R 6 0 R]>>>>", strings.ReplaceAll(foreignTree, "@", "0"),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Annots[7 0 R 8 0 R 4 0 R 5 0 R]>>",
		"<</FT/Sig/T(A)/P 3 0 R"+foreignWidget+"/Lock<</Type/SigFieldLock/Action/Include/Fields[(A)]>>>>",
		"<</FT/Sig/T(B)/P 3 0 R"+foreignWidget+"/Lock<</Type/SigFieldLock/Action/Include/Fields[(B)(Text)]>>>>",
		"<</FT/Tx/T(Text)/DA(/Helv 12 Tf 0 g)/Kids[7 0 R 8 0 R]>>",
		"<</Parent 6 0 R/P 3 0 R"+foreignWidget+">>", "<</Parent 6 0 R/P 3 0 R"+foreignWidget+">>")
	fill := func(b []byte, field string) []byte {
		req := request(ca, cred, signer.BT, "")
		req.NewField, req.Field, req.Fill = nil, field, []signer.Value{{Field: "Text", Text: "文字"}}
		if field == "A" {
			req.Fill = nil
		}
		return sign(t, b, req)
	}
	for name, out := range map[string][]byte{"alone": fill(in, "B"), "after another": fill(fill(in, "A"), "B")} {
		t.Run(name, func(t *testing.T) {
			valid(t, ca, out)
			f, fm := form(t, out)
			fd, _ := fm.Find("Text")
			if s, _ := fd.Dict.Get("V").(pdf.String); s.Text() != "文字" {
				t.Errorf("the value is %q", s.Text())
			}
			for _, num := range []uint32{7, 8} {
				if content, _ := appearanceOf(t, f, num); strings.Count(content, " cm\n") != 2 {
					t.Errorf("widget %d shows %q", num, content)
				}
			}
		})
	}
}
