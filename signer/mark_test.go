package signer_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestMarksInArchives lays marks and a field of every kind on documents of every flavour
// of PDF/A and PDF/UA. Where there is no transparency, a watermark is refused by name. With
// MARKS=DIR the results, signed, are written there; .ci/matrix asks veraPDF about them.
func TestMarksInArchives(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	at := func(y float64) signer.Box { return signer.Box{X: 20, Y: y, W: 60, H: 10} }
	for _, flavour := range strings.Fields("1a 1b 2a 2b 2u 3a 3b 3u 4 4e 4f ua1 ua2") {
		for _, intent := range []string{samples.SRGB, samples.Gray, samples.CMYK, samples.None} {
			if flavour[0] == 'u' && intent != samples.SRGB {
				continue
			}
			in := samples.PDF(samples.Spec{Archive: flavour, Intent: intent, Pages: samples.A4(2)})
			marks := []signer.Element{signer.QRCode{Text: "https://sign.example/1"}, signer.Watermark{Text: "样本"}}
			var out bytes.Buffer
			err := signer.Layout(t.Context(), &out, open(t, in), marks...)
			clear := strings.HasPrefix(flavour, "ua") || flavour[0] != '1' && intent != samples.None
			if clear != (err == nil) || err != nil && (!errors.Is(err, signer.ErrArchive) || out.Len() > 0) {
				t.Errorf("%s %s: %v", flavour, intent, err)
			}
			if !clear {
				marks = marks[:1]
			}
			fields := []signer.Element{signer.TextField{Name: "text", Page: 1, Box: at(100)}, signer.TextField{Name: "lines", Page: 1, Box: signer.Box{X: 90, Y: 50, W: 60, H: 20}, Multiline: true},
				signer.CheckBox{Name: "tick", Page: 1, Box: signer.Box{X: 20, Y: 130, W: 5, H: 5}},
				signer.RadioGroup{Name: "radio", Choices: []signer.Choice{{Value: "a", Page: 1, Box: signer.Box{X: 20, Y: 140, W: 5, H: 5}},
					{Value: "b", Page: 1, Box: signer.Box{X: 30, Y: 140, W: 5, H: 5}}}},
				signer.Dropdown{Name: "drop", Page: 1, Box: at(150), Options: []string{"甲", "乙"}},
				signer.PictureField{Name: "picture", Page: 2, Box: signer.Box{X: 20, Y: 100, W: 45, H: 45}},
				signer.Field{Name: "S", Page: 1, Box: signer.Box{X: 100, Y: 100, W: 45, H: 45}}}
			req := request(ca, cred, signer.BLTA, "")
			req.NewField, req.Field, req.Appearance = nil, "S", box(40)
			req.Fill = []signer.Value{{Field: "text", Text: "文字"}, {Field: "lines", Text: "一\n二"}, {Field: "tick", Text: signer.Ticked},
				{Field: "radio", Text: "b"}, {Field: "drop", Text: "乙"}, {Field: "picture", Picture: box(40)}}
			signed := sign(t, layout(t, in, append(marks, fields...)...), req)
			valid(t, ca, signed)
			if dir := os.Getenv("MARKS"); dir != "" {
				name := "archive-" + flavour + "-" + cmp.Or(intent, "srgb") + "-marks.pdf"
				if err := os.WriteFile(filepath.Join(dir, name), signed, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestMarksShare: pages that share resources and names go on sharing them, content that
// leaves things open is closed, and content that nobody understands is refused by name.
func TestMarksShare(t *testing.T) {
	pages := func(n int, page, content, resources string) []byte {
		objs := []string{"<</Type/Catalog/Pages 2 0 R>>", "", resources, fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content)}
		kids := ""
		for range n {
			objs = append(objs, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]"+page+">>")
			kids += fmt.Sprintf("%d 0 R ", len(objs))
		}
		objs[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", n, kids)
		return objects(0, objs...)
	}
	names := ""
	for i := range 1000 {
		names += fmt.Sprintf("/Mark%d 4 0 R", i)
	}
	in := pages(300, "/Resources 3 0 R/Contents 4 0 R", "0 0 9 9 re f", "<</XObject<<"+names+"/Mark 4 0 R>>>>")
	out := layout(t, in, signer.Watermark{Text: "样本"}, signer.QRCode{Text: "x"})
	if more := len(out) - len(in); more > 120_000 {
		t.Errorf("%d bytes for 300 pages that share %d of resources", more, len(names))
	}
	if bytes.Contains(out[len(in):], []byte("/AcroForm")) {
		t.Error("marks alone make a form")
	}
	for content, ok := range map[string]bool{"": true, "/OC /MC0 BDC BT": true, "q q": true, "Q Q": true, "[1 2": false, "(open": false, "<<": false, ")": false,
		strings.Repeat("q ", 2000): false} {
		for _, page := range []string{"/Resources<</XObject[]>>", "/Resources[]", ""} {
			err := signer.Layout(t.Context(), &bytes.Buffer{}, open(t, pages(1, page+"/Contents 4 0 R", content, "null")), signer.QRCode{Text: "x"})
			var input *signer.InputError
			if ok != (err == nil) || !ok && !errors.As(err, &input) {
				t.Errorf("%.20q on a page with %s: %v", content, page, err)
			}
		}
	}
}
