package change

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// base returns a document of one page with a form: a text field, a signature field, and
// an annotation.
func base() []byte {
	return build(nil, 0, map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
		2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>/Annots[6 0 R 7 0 R 8 0 R]>>",
		4: "<</Length 23>>\nstream\nq 0 0 100 100 re f Q   \nendstream",
		5: "<</Fields[6 0 R 7 0 R]/SigFlags 3>>",
		6: "<</Type/Annot/Subtype/Widget/FT/Tx/T(text)/V()/Rect[10 10 60 30]/P 3 0 R/AP<</N 9 0 R>>>>",
		7: "<</Type/Annot/Subtype/Widget/FT/Sig/T(sig)/Rect[10 50 60 90]/P 3 0 R>>",
		8: "<</Type/Annot/Subtype/Text/Contents(note)/Rect[100 100 120 120]>>",
		9: "<</Type/XObject/Subtype/Form/BBox[0 0 50 20]/Length 0>>\nstream\n\nendstream",
	})
}

// build appends a revision with objects to a file.
func build(file []byte, prev int, objects map[int]string) []byte {
	if file == nil {
		file = []byte("%PDF-1.7\n")
	}
	out, size := bytes.NewBuffer(bytes.Clone(file)), 10
	var table bytes.Buffer
	if prev == 0 {
		table.WriteString("0 1\n0000000000 65535 f \n")
	}
	for num := 1; num < 100; num++ {
		body, ok := objects[num]
		if !ok {
			continue
		}
		fmt.Fprintf(&table, "%d 1\n%010d 00000 n \n", num, out.Len())
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", num, body)
		size = max(size, num+1)
	}
	at := out.Len()
	fmt.Fprintf(out, "xref\n%strailer\n<</Root 1 0 R/Size %d", table.String(), size)
	if prev > 0 {
		fmt.Fprintf(out, "/Prev %d", prev)
	}
	fmt.Fprintf(out, ">>\nstartxref\n%d\n%%%%EOF\n", at)
	return out.Bytes()
}

func tableOf(file []byte) int { return bytes.LastIndex(file, []byte("xref\n0 1")) }

// gradeAll grades what follows the first revision of a file, with no signature.
func gradeAll(t *testing.T, file []byte) (*pdf.File, []Revision) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(file), int64(len(file)), pdf.DefaultLimits())
	if err != nil {
		return nil, nil
	}
	revs, err := f.Revisions(0)
	if err != nil {
		return nil, nil
	}
	out, err := Grade(t.Context(), f, revs, 1, func(int) []Cover { return nil })
	if err != nil {
		t.Fatalf("an error that is not the reader's: %v", err)
	}
	return f, out
}

// shown returns what a reader paints of the first page: its boxes and its content.
func shown(f *pdf.File) string {
	p, err := f.Page(0)
	if err != nil {
		return ""
	}
	out := fmt.Sprint(p.Dict.Get("MediaBox"), p.Dict.Get("Rotate"), p.Dict.Get("CropBox"))
	if o, err := f.Resolve(p.Dict.Get("Contents")); err == nil {
		if st, ok := o.(*pdf.Stream); ok {
			data, err := f.Decode(st, 1<<20)
			out += fmt.Sprintf("%q %v", data, err)
		} else {
			out += fmt.Sprint(o)
		}
	}
	return out
}

// FuzzGrade replaces objects of a document and adds new ones. In every case the level
// is that of the worst item, and a page that shows something else is Other (attacks.md,
// D1).
func FuzzGrade(f *testing.F) {
	for _, s := range []struct {
		num  uint8
		body string
	}{
		{4, "<</Length 1>>\nstream\nq\nendstream"},
		{3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 800]/Contents 4 0 R>>"},
		{3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 10 0 R/Resources<<>>/Annots[6 0 R 7 0 R 8 0 R]>>"},
		{6, "<</Type/Annot/Subtype/Widget/FT/Tx/T(text)/V(999)/Rect[10 10 60 30]/P 3 0 R/AP<</N 10 0 R>>>>"},
		{8, "<</Type/Annot/Subtype/Text/Contents(other)/Rect[100 100 120 120]>>"},
		{1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction<</S/JavaScript>>>>"},
		{5, "<</Fields[6 0 R 7 0 R]/SigFlags 3/NeedAppearances true>>"},
		{9, "null"},
		{2, "<</Type/Pages/Kids[3 0 R 10 0 R]/Count 2>>"},
	} {
		f.Add(s.num, s.body, "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 1>>\nstream\nn\nendstream")
	}
	first := base()
	before, _ := pdf.Open(bytes.NewReader(first), int64(len(first)), pdf.DefaultLimits())
	f.Fuzz(func(t *testing.T, num uint8, body, added string) {
		file := build(first, tableOf(first), map[int]string{int(num%9) + 1: body, 10: added})
		after, revs := gradeAll(t, file)
		for i, r := range revs {
			if i == 0 {
				continue
			}
			worst := None
			for _, it := range r.Items {
				worst = max(worst, it.Level)
				if it.En == "" || it.Zh == "" {
					t.Errorf("%s says nothing", it.Code)
				}
			}
			if r.Level == Unchecked || len(r.Items) < MaxItems && r.Level != worst {
				t.Errorf("the level is %d, the worst item %d: %+v", r.Level, worst, r.Items)
			}
		}
		if len(revs) == 2 && revs[1].Level != Other && shown(before) != shown(after) {
			t.Errorf("the page shows %s, not %s, and the level is %d", shown(after), shown(before), revs[1].Level)
		}
	})
}
