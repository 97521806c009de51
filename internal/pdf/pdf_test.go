package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/corpus"
)

// file puts objects behind a classic table.
func file(objs ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, at)
	return b.Bytes()
}

const (
	catalog = "<</Type/Catalog/Pages 2 0 R>>"
	tree    = "<</Type/Pages/Count 1/Kids[3 0 R]>>"
	leaf    = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>"
)

func read(b []byte) error {
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
	if err == nil {
		err = f.Check()
	}
	if err == nil {
		_, err = f.PageCount()
	}
	if err == nil {
		_, err = f.Active()
	}
	return err
}

// TestHostile: loops, deep nesting and false statements are typed errors (attacks.md
// 2).
func TestHostile(t *testing.T) {
	good := file(catalog, tree, leaf)
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) []byte { return []byte(strings.Replace(string(good), old, new, 1)) }
	for name, b := range map[string][]byte{
		"deep nest":              file(catalog, tree, leaf, strings.Repeat("[", 101)+strings.Repeat("]", 101)),
		"kids that are numbers":  file(catalog, "<</Type/Pages/Count 1/Kids[2]>>", leaf),
		"length of itself":       file(catalog, tree, leaf, "<</Length 4 0 R>>\nstream\nx\nendstream"),
		"lengths in a ring":      file(catalog, tree, leaf, "<</Length 5 0 R>>\nstream\nx\nendstream", "<</Length 4 0 R>>\nstream\nx\nendstream"),
		"long name":              file(catalog, tree, leaf, "/"+strings.Repeat("n", 5000)),
		"long number":            file(catalog, tree, leaf, strings.Repeat("1", 2000)),
		"prev loop":              swap("<</Size", "<</Prev "+fmt.Sprint(bytes.Index(good, []byte("xref\n")))+"/Size"),
		"size of billions":       swap("/Size 4", "/Size 4000000000"),
		"subsection of billions": swap("0 4\n", "0 9000000\n"),
		"startxref outside":      swap("startxref\n", "startxref\n9"),
		"wrong object":           swap("2 0 obj", "9 0 obj"),
		"no end":                 good[:len(good)-8],
		"no header":              swap("%PDF", "%QDF"),
	} {
		err := read(b)
		var bad *pdf.MalformedError
		var big *pdf.LimitError
		if !errors.As(err, &bad) && !errors.As(err, &big) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBoxes: a box of the displayed page comes back from user space, with every
// rotation and origin of the page.
func TestBoxes(t *testing.T) {
	for _, rotate := range []int{0, 90, 180, 270} {
		p := pdf.Page{Crop: pdf.Rect{X0: -30, Y0: 12, X1: 170, Y1: 112}, Rotate: rotate, Unit: 2}
		w, h := p.Size()
		if rotate%180 == 0 && (w != 400 || h != 200) || rotate%180 != 0 && (w != 200 || h != 400) {
			t.Errorf("%d°: %v × %v", rotate, w, h)
		}
		x, y, bw, bh := p.ToDisplay(p.ToUser(10, 20, 30, 40))
		if x != 10 || y != 20 || bw != 30 || bh != 40 {
			t.Errorf("%d°: %v %v %v %v", rotate, x, y, bw, bh)
		}
	}
}

// TestCorpus: no sample panics or hangs, and a rewritten one reads back with as many
// pages.
func TestCorpus(t *testing.T) {
	rewritten := 0
	for _, s := range corpus.Files(t) {
		b, err := os.ReadFile(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		if pages, out, ok := rewrite(b); ok {
			rewritten++
			f, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.DefaultLimits())
			if err != nil {
				t.Errorf("%s: rewritten: %v", s.Name, err)
				continue
			}
			if n, err := f.PageCount(); err != nil || n != pages {
				t.Errorf("%s: %d pages, rewritten %d, %v", s.Name, pages, n, err)
			}
		}
	}
	if rewritten < 200 {
		t.Errorf("only %d samples could be rewritten", rewritten)
	}
}

func rewrite(b []byte) (pages int, out []byte, ok bool) {
	r, size := bytes.NewReader(b), int64(len(b))
	f, err := pdf.Open(r, size, pdf.DefaultLimits())
	if err != nil {
		if f, err = pdf.Salvage(r, size, pdf.DefaultLimits()); err != nil {
			return 0, nil, false
		}
	}
	if pages, err = f.PageCount(); err != nil || pages == 0 {
		return 0, nil, false
	}
	var w bytes.Buffer
	if pdf.Rewrite(&w, f) != nil {
		return 0, nil, false
	}
	return pages, w.Bytes(), true
}

// FuzzFile: no bytes make the readers panic or return an untyped error; a rewritten
// file can be read again.
func FuzzFile(f *testing.F) {
	f.Add(file(catalog, tree, leaf))
	f.Add(file(catalog, tree, leaf, "<</Length 3>>\nstream\nabc\nendstream", "<</FT/Sig/T(a)/Kids[3 0 R]>>"))
	f.Add([]byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		typed(t, read(b))
		pages, out, ok := rewrite(b)
		if !ok {
			return
		}
		g, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.DefaultLimits())
		if err != nil {
			t.Fatalf("rewritten: %v", err)
		}
		if n, err := g.PageCount(); err != nil || n != pages {
			t.Fatalf("%d pages, rewritten %d: %v", pages, n, err)
		}
	})
}
