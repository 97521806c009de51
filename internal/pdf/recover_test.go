package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// broken returns a file whose startxref leads nowhere.
func broken(objs ...string) []byte {
	b := file(objs...)
	i := bytes.LastIndex(b, []byte("startxref\n")) + len("startxref\n")
	return append(b[:i:i], "7\n%%EOF\n"...)
}

// salvaged opens a damaged file and adds an object to it.
func salvaged(t *testing.T, b []byte) (*pdf.File, []byte, error) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
	if err == nil {
		_, err = f.Active()
	}
	if !pdf.Damaged(err) {
		t.Fatalf("not damaged: %v", err)
	}
	f, err = pdf.Salvage(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
	if err != nil {
		return nil, nil, err
	}
	u := f.NewUpdate(nil)
	u.Add(pdf.Name("Added"))
	l, err := u.Layout()
	return f, append(bytes.Clone(b), l.Bytes...), err
}

// TestRecover: an update of a damaged file reads back strictly, with the objects that
// readers find in it.
func TestRecover(t *testing.T) {
	stream := "<</Length 5>>\nstream\nhello\nendstream"
	packed := "1 0 2 30 3 80 "
	packed += strings.Repeat(" ", 30-len(packed)) + fmt.Sprintf("%-30s%-50s%s", catalog, tree, leaf)
	objstm := fmt.Sprintf("<</Type/ObjStm/N 3/First 30/Length %d>>\nstream\n%s\nendstream", len(packed), packed)
	other := strings.NewReplacer("1 0 2 30 3 80", "3 80 2 30 1 0", "/Type/Page/", "/Type/Page/Other true/").Replace(objstm)
	other = strings.Replace(other, fmt.Sprint("/Length ", len(packed)), fmt.Sprint("/Length ", len(packed)+len("/Other true")), 1)
	good := file(catalog, tree, leaf, stream)
	for _, c := range []struct {
		name  string
		b     []byte
		num   uint32
		want  string
		table bool
	}{
		{"startxref", broken(catalog, tree, leaf, "(a)"), 4, "(a)", true},
		{"offsets", bytes.Replace(good, []byte("2 0 obj"), []byte("  2 0 obj"), 1), 4, "hello", true},
		{"twice", append(broken(catalog, tree, leaf, "(a)"), "4 0 obj\n(b)\nendobj\n%%EOF\n"...), 4, "(b)", true},
		{"generation", append(broken(catalog, tree, leaf, "(a)"), "4 0 obj\n(b)\nendobj\n9 0 obj\n(c)\nendobj\n%%EOF\n"...), 9, "(c)", true},
		{"short length", broken(catalog, tree, leaf, strings.Replace(stream, "5", "2", 1)), 4, "hello", true},
		{"long length", broken(catalog, tree, leaf, strings.Replace(stream, "5", "5000", 1)), 4, "hello", true},
		{"length of nothing", broken(catalog, tree, leaf, strings.Replace(stream, "5", "9 0 R", 1)), 4, "hello", true},
		{"length behind", broken(catalog, tree, leaf, strings.Replace(stream, "5", "5 0 R", 1), "5"), 4, "hello", true},
		{"nobody's wreck", broken(catalog, tree, leaf, "(a)", "<</a"), 4, "(a)", true},
		{"object stream", broken("null", "null", "null", "(a)", objstm), 4, "(a)", false},
		{"object stream of a wrong length", broken("null", "null", "null", "(a)", strings.Replace(objstm, "/Length ", "/Length 9", 1)), 4, "(a)", false},
		{"objects behind an object stream", append(broken(catalog, tree, leaf, objstm), "3 0 obj\n<</Type/Page/Last true>>\nendobj\n%%EOF\n"...), 3, "Last", false},
		{"object stream that stands twice", append(broken("null", "null", "null", "(a)", objstm), "5 0 obj\n"+other+"\nendobj\n%%EOF\n"...), 3, "MediaBox", false},
		{"junk before the header", append([]byte("junk\n"), broken(catalog, tree, leaf, "(a)")...), 4, "(a)", true},
		{"offsets that count the junk", bytes.Replace(append([]byte("%jun%\n"), good...), []byte("startxref\n"), []byte("startxref\n6"), 1), 4, "hello", true},
	} {
		f, out, err := salvaged(t, c.b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		g, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.DefaultLimits())
		if err == nil {
			err = g.Check()
		}
		if err == nil {
			_, err = g.Active()
		}
		if err != nil {
			t.Errorf("%s: the update: %v", c.name, err)
			continue
		}
		pages, err := g.PageCount()
		if s := g.Sections(); len(s) != 1 || s[0].Stream == c.table || pages != 1 || err != nil {
			t.Errorf("%s: %d sections, stream %v, %d pages, %v", c.name, len(s), s[0].Stream, pages, err)
		}
		o, err := g.Object(pdf.Ref{Num: c.num})
		got := fmt.Sprint(o, err)
		switch v := o.(type) {
		case pdf.String:
			got = "(" + string(v.Bytes) + ")"
		case *pdf.Dict:
			got = string(v.Entries[len(v.Entries)-1].Key)
		case *pdf.Stream:
			data, err := g.Decode(v, 100)
			got = fmt.Sprint(string(data))
			if err != nil || v.Dict.Get("Length") != pdf.Integer(5) && c.name != "length behind" {
				t.Errorf("%s: %v, %v", c.name, v.Dict.Get("Length"), err)
			}
		}
		if got != c.want || g.Base() != f.Base() {
			t.Errorf("%s: object %d is %s, want %s", c.name, c.num, got, c.want)
		}
		if o, err := g.Object(pdf.Ref{Num: f.MaxObject()}); o != pdf.Name("Added") || err != nil {
			t.Errorf("%s: the added object is %v, %v", c.name, o, err)
		}
	}
}

// TestRecoverRefuses: a file that not every reader reads alike is not salvaged for
// signing.
func TestRecoverRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"a wreck that is needed": broken(catalog, tree, leaf, "[5 0 R]", "<</a"),
		"no catalog":             bytes.Replace(broken("null", tree, leaf), []byte("/Root"), []byte("/Toor"), 1),
		"two generations":        append(broken(catalog, tree, leaf, "[5 0 R]"), "5 1 obj\n(a\n%%EOF\n"...),
	} {
		_, _, err := salvaged(t, b)
		var bad *pdf.MalformedError
		if !errors.As(err, &bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"table":  bytes.Replace(broken(catalog, tree, leaf), []byte("/Root"), []byte("/Encrypt 3 0 R/Root"), 1),
		"stream": broken(catalog, tree, leaf, "<</Type/XRef/Encrypt 3 0 R/Length 0>>\nstream\n\nendstream"),
	} {
		if _, _, err := salvaged(t, b); !errors.Is(err, pdf.ErrEncrypted) {
			t.Errorf("encrypted, %s: %v", name, err)
		}
	}
}
