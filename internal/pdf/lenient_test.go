package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// TestLenient opens files as readers do that are not as ISO 32000 wants them.
func TestLenient(t *testing.T) {
	const (
		catalog = "<</Type/Catalog/Pages 2 0 R>>"
		tree    = "<</Type/Pages/Count 1/Kids[3 0 R]>>"
		leaf    = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]>>"
	)
	good := string(file(catalog, tree, leaf, "<<>>"))
	// without takes endobj away and keeps the offsets.
	without := func(s, at string) []byte {
		i := strings.Index(s, at)
		j := i + strings.Index(s[i:], "endobj")
		return []byte(s[:j] + "      " + s[j+6:])
	}
	stream := string(file(catalog, tree, leaf, "<</Length 1>>\nstream\nx\nendstream"))
	last := string(file(catalog, tree, leaf))
	for name, c := range map[string]struct {
		b     []byte
		pages int
	}{
		"endobj is missing":               {without(good, "3 0 obj"), 1},
		"behind a stream":                 {without(stream, "4 0 obj"), 1},
		"before the table":                {without(last, "3 0 obj"), 1},
		"1,037 bytes behind the end":      {append([]byte(good), bytes.Repeat([]byte("\x00"), 1037)...), 1},
		"100,000 bytes behind the end":    {append([]byte(good), bytes.Repeat([]byte("<p>"), 33334)...), 1},
		"the end across a step":           {append([]byte(good), bytes.Repeat([]byte("\n"), 32<<10-2)...), 1},
		"a page twice":                    {file(catalog, "<</Type/Pages/Count 2/Kids[3 0 R 3 0 R]>>", leaf), 2},
		"a node twice":                    {file(catalog, "<</Type/Pages/Count 2/Kids[4 0 R 4 0 R]>>", leaf, "<</Type/Pages/Kids[3 0 R]>>"), 2},
		"a node within itself":            {file(catalog, "<</Type/Pages/Count 2/Kids[4 0 R 3 0 R]>>", leaf, "<</Type/Pages/Kids[3 0 R 2 0 R]>>"), 2},
		"pages in their node":             {file(catalog, "<</Type/Pages/Count 2/Kids["+leaf+leaf+"]>>", "null"), 2},
		"a number of 40 digits":           {file(catalog, tree, strings.Replace(leaf, "100 200", "100."+strings.Repeat("1", 40)+" 200", 1)), 1},
		"the highest number of an object": {numbered(8_388_607), 1},
		"a form whose fields are none":    {file("<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields 3 0 R>>>>", tree, leaf), 1},
	} {
		f, err := pdf.Open(bytes.NewReader(c.b), int64(len(c.b)), pdf.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, err := f.PageCount()
		if err != nil || n != c.pages {
			t.Errorf("%s: %d pages, %v; want %d", name, n, err, c.pages)
		}
		if _, err := f.Form(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := numbered(8_388_608)
	if _, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits()); !pdf.IsFault(err) {
		t.Errorf("a number that is too high: %v", err)
	}
}

// TestPageTreeBounded: a tree of nodes that are named twice at each level is not walked to
// its end.
func TestPageTreeBounded(t *testing.T) {
	objs := []string{"<</Type/Catalog/Pages 2 0 R>>"}
	for i := range 60 {
		objs = append(objs, fmt.Sprintf("<</Type/Pages/Kids[%d 0 R %d 0 R]>>", i+3, i+3))
	}
	objs = append(objs, "<</Type/Pages/Kids[]>>")
	b := file(objs...)
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var big *pdf.LimitError
	if n, err := f.PageCount(); !errors.As(err, &big) {
		t.Errorf("%d pages, %v", n, err)
	}
}

// numbered makes a file whose page has a high number.
func numbered(num int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
	two := b.Len()
	fmt.Fprintf(&b, "2 0 obj\n<</Type/Pages/Count 1/Kids[%d 0 R]>>\nendobj\n", num)
	page := b.Len()
	fmt.Fprintf(&b, "%d 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]>>\nendobj\n", num)
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 3\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n",
		9, two, num, page, num+1, at)
	return b.Bytes()
}
