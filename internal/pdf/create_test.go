package pdf_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// TestBuilder reads back what a Builder wrote.
func TestBuilder(t *testing.T) {
	build := func(text string) []byte {
		b := &pdf.Builder{}
		root, tree := b.Alloc(), b.Alloc()
		content := b.Add(&pdf.Stream{Dict: pdf.NewDict(), Data: []byte(text)})
		leaf := b.Add(pdf.NewDict(pdf.Name("Type"), pdf.Name("Page"), pdf.Name("Parent"), tree,
			pdf.Name("MediaBox"), pdf.Rect{X1: 100, Y1: 200}.Array(), pdf.Name("Contents"), content))
		b.Set(root, pdf.NewDict(pdf.Name("Type"), pdf.Name("Catalog"), pdf.Name("Pages"), tree))
		b.Set(tree, pdf.NewDict(pdf.Name("Type"), pdf.Name("Pages"), pdf.Name("Count"), pdf.Integer(1), pdf.Name("Kids"), pdf.Array{leaf}))
		b.Set(pdf.Ref{Num: 99}, pdf.Integer(1)) // never allocated: no effect
		var out bytes.Buffer
		if err := b.Write(&out, root); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	file := build("q Q")
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
	if p, err := f.Page(0); err != nil || p.Crop != (pdf.Rect{X1: 100, Y1: 200}) {
		t.Error(p, err)
	}
	o, err := f.Object(pdf.Ref{Num: 3})
	st, ok := o.(*pdf.Stream)
	if err != nil || !ok {
		t.Fatalf("%T %v", o, err)
	}
	if data, err := f.Encoded(st); err != nil || string(data) != "q Q" {
		t.Errorf("%q %v", data, err)
	}
	if n := len(f.Sections()); n != 1 {
		t.Errorf("%d sections", n)
	}
	if !bytes.Equal(file, build("q Q")) || bytes.Equal(file[len(file)-120:], build("Q q")[len(file)-120:]) {
		t.Error("equal objects differ, or the /ID does not tell others apart")
	}
	full := errors.New("full")
	if err := (&pdf.Builder{}).Write(writer{full}, pdf.Ref{Num: 1}); !errors.Is(err, full) {
		t.Error(err)
	}
}

type writer struct{ err error }

func (w writer) Write([]byte) (int, error) { return 0, w.err }
