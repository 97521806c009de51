package envelope_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
)

// heavyFile describes a PDF to be made.
type heavyFile struct {
	pages int    // at least 1
	size  int    // bytes that it has at least, by a picture that does not compress
	text  string // on every page, in Latin letters, with its number
	lines int    // how often the text stands on a page
}

// write writes the file and returns its path. It is read from there, as an upload from a
// network is, so that it is in no figure of memory.
func (h heavyFile) write(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, args...)...)
	}
	const fan = 100 // pages under one node
	nodes := (h.pages + fan - 1) / fan
	first := 5 + nodes // the first page's object
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	kids := ""
	for n := range nodes {
		kids += fmt.Sprintf("%d 0 R ", 5+n)
	}
	object("<</Type/Pages/Count %d/Kids[%s]/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>/XObject<</P 4 0 R>>>>>>", h.pages, kids)
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	side := 1
	for side*side < h.size {
		side++
	}
	noise := make([]byte, side*side)
	r := rand.NewChaCha8([32]byte{byte(side)})
	_, _ = r.Read(noise) // it never fails
	object("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Length %d>>stream\n%s\nendstream", side, side, len(noise), noise)
	step := 1
	if h.text != "" {
		step = 2
	}
	for n := range nodes {
		kids = ""
		for i := n * fan; i < min((n+1)*fan, h.pages); i++ {
			kids += fmt.Sprintf("%d 0 R ", first+i*step)
		}
		object("<</Type/Pages/Parent 2 0 R/Count %d/Kids[%s]>>", min(fan, h.pages-n*fan), kids)
	}
	for i := range h.pages {
		if h.text == "" {
			object("<</Type/Page/Parent %d 0 R>>", 5+i/fan)
			continue
		}
		object("<</Type/Page/Parent %d 0 R/Contents %d 0 R>>", 5+i/fan, first+i*step+1)
		content := "BT /F 10 Tf 12 TL 40 800 Td "
		for range h.lines {
			content += fmt.Sprintf("(%s %d) ' ", h.text, i+1)
		}
		content += "ET"
		object("<</Length %d>>stream\n%s\nendstream", len(content), content)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	path := filepath.Join(t.TempDir(), "heavy.pdf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// upload opens a file that [heavyFile.write] wrote.
func upload(t testing.TB, name, path string) envelope.Upload {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return envelope.Upload{Name: name, Content: f}
}
