package pageview_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// TestStandIns: fonts that a file does not embed are drawn, and their text is found where
// it stands: on one line, one character an object, and from the top to the bottom.
func TestStandIns(t *testing.T) {
	v := viewer(t)
	const word, at = "盖章处", "200 400"
	bare := func(font, charset, encoding string) string {
		return "/Resources<</Font<</F2<</Type/Font/Subtype/Type0/BaseFont/" + font + "/Encoding/" + encoding + "/DescendantFonts[<</Type/Font" +
			"/Subtype/CIDFontType0/BaseFont/" + font + "/CIDSystemInfo<</Registry(Adobe)/Ordering(" + charset + ")/Supplement 2>>/DW 1000" +
			"/FontDescriptor<</Type/FontDescriptor/FontName/" + font + "/Flags 6/FontBBox[-25 -254 1000 880]/Ascent 880/Descent -120/ItalicAngle 0/CapHeight 880/StemV 93>>>>]>>>>>>"
	}
	const together, apart = "BT /F2 14 Tf " + at + " Td <76d67ae05904> Tj ET",
		"BT /F2 14 Tf 200 400 Td <76d6> Tj ET BT /F2 14 Tf 214 400 Td <7ae0> Tj ET BT /F2 14 Tf 228 400 Td <5904> Tj ET"
	for name, c := range map[string]struct {
		dict, content string
		tall          bool
	}{
		"Song":              {bare("STSong-Light", "GB1", "UniGB-UCS2-H"), together, false},
		"apart":             {bare("STSong-Light", "GB1", "UniGB-UCS2-H"), apart, false},
		"in UTF-16":         {bare("STSong-Light", "GB1", "UniGB-UTF16-H"), together, false},
		"vertical":          {bare("STSong-Light", "GB1", "UniGB-UCS2-V"), together, true},
		"SimSun":            {bare("SimSun", "GB1", "UniGB-UCS2-H"), together, false},
		"bold":              {bare("SimHei,Bold", "GB1", "UniGB-UCS2-H"), together, false},
		"a name of no font": {bare("ABCDEF+Whatever", "GB1", "UniGB-UCS2-H"), together, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, v, listed([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
				"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]" + c.dict + "/Contents 4 0 R>>",
				fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(c.content), c.content)}))
			found, err := d.Find(t.Context(), word)
			if err != nil || len(found) != 1 {
				t.Fatalf("found %v, %v", found, err)
			}
			box := found[0].Box
			if (box.H > box.W) != c.tall || max(box.W, box.H) < 10 || max(box.W, box.H) > 20 {
				t.Errorf("found at %+v", box)
			}
			im, err := d.Page(t.Context(), 1, 72)
			if err != nil {
				t.Fatal(err)
			}
			dark := 0
			for i := 0; i < len(im.Pix); i += 4 {
				if im.Pix[i] < 128 {
					dark++
				}
			}
			if dark < 60 {
				t.Errorf("%d dark pixels: the text is not drawn", dark)
			}
		})
	}
}

// TestHostFonts: a host may bring faces of its own, within a limit; what is no face does no
// harm.
func TestHostFonts(t *testing.T) {
	v, err := pageview.New(t.Context(), pageview.Config{CacheDir: cacheDir, Fonts: [][]byte{[]byte("no face"), {}, []byte("ttcf no face")}})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	d := open(t, v, file([]page{{"/MediaBox[0 0 595 842]", "BT /F1 14 Tf 200 400 Td (Hello) Tj ET"}}))
	if found, err := d.Find(t.Context(), "Hello"); err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	var big *pageview.LimitError
	if _, err := pageview.New(t.Context(), pageview.Config{CacheDir: cacheDir, Fonts: [][]byte{make([]byte, 200<<20), make([]byte, 100<<20)}}); !errors.As(err, &big) {
		t.Errorf("300 MiB of fonts: %v", err)
	}
}
