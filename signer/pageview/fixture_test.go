package pageview_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// page is a page of a test file: the entries of its dictionary and its content.
// F1 is Helvetica, whose H is 0.722 wide and whose ink spans 0.077 to 0.646 and
// 0 to 0.718; F2 names a Chinese font that is not embedded.
type page struct{ dict, content string }

const fonts = "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>" +
	"/F2<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font" +
	"/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>" +
	"/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/Ascent 880/Descent -120/ItalicAngle 0/CapHeight 880/StemV 93>>>>]>>>>>>"

// file makes a PDF. Extra objects are numbered from 3+2·len(pages).
func file(pages []page, extra ...string) []byte {
	kids := ""
	objs := []string{"<</Type/Catalog/Pages 2 0 R>>", ""}
	for i, p := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+2*i)
		objs = append(objs,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R%s%s/Contents %d 0 R>>", fonts, p.dict, 4+2*i),
			fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(p.content), p.content))
	}
	objs[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids)
	return listed(append(objs, extra...))
}

// listed makes a PDF of objects.
func listed(objs []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var rows strings.Builder
	rows.WriteString("0000000000 65535 f \n")
	for i, o := range objs {
		fmt.Fprintf(&rows, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows.String(), len(objs)+1, at)
	return b.Bytes()
}

// cacheDir keeps compiled code for the other tests.
var cacheDir string

// TestMain runs nothing in short mode: compiling PDFium takes seconds.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("pageview: skipped in short mode")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "pageview")
	if err != nil {
		panic(err)
	}
	cacheDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// shared is one viewer for all tests.
var shared = sync.OnceValues(func() (*pageview.Viewer, error) {
	return pageview.New(context.Background(), pageview.Config{CacheDir: cacheDir, Documents: 8})
})

func viewer(t *testing.T) *pageview.Viewer {
	t.Helper()
	v, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func open(t *testing.T, v *pageview.Viewer, b []byte) *pageview.Document {
	t.Helper()
	d, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}
