package pageview_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestToUnicode finds a word by maps as damaged as other readers still read them.
func TestToUnicode(t *testing.T) {
	v := viewer(t)
	const head, space = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n", "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
	const chars, tail = "3 beginbfchar\n<0001> <76d6>\n<0002> <7ae0>\n<0003> <5904>\nendbfchar", "\nendcmap CMapName currentdict /CMap defineresource pop end end"
	for name, c := range map[string]string{
		"sound":                 head + space + chars + tail,
		"no end of the map":     head + space + chars,
		"no space of codes":     head + chars + tail,
		"no head":               space + chars + tail,
		"counts too many":       head + space + strings.Replace(chars, "3", "99", 1) + tail,
		"counts too few":        head + space + strings.Replace(chars, "3", "1", 1) + tail,
		"no count":              head + space + strings.Replace(chars, "3", "", 1) + tail,
		"no end of the section": head + space + strings.Replace(chars, "endbfchar", "", 1) + tail,
		"no blanks":             head + space + "3 beginbfrange<0001><0001><76d6><0002><0002><7ae0><0003><0003><5904>endbfrange" + tail,
		"a short array":         head + space + "1 beginbfrange <0001> <0005> [<76d6> <7ae0> <5904>] endbfrange" + tail,
		"an odd digit":          head + space + strings.Replace(chars, "\n", "\n<0001> <76d>\n", 1) + tail,
		"a range backwards":     head + space + "1 beginbfrange <0005> <0001> <76d6> endbfrange\n" + chars + tail,
		"blanks in strings":     head + space + strings.ReplaceAll(chars, "<00", "<00 ") + tail,
		"more than a hundred":   head + space + "104 beginbfchar\n" + strings.Repeat("<0009> <0041>\n", 101) + chars[len("3 beginbfchar\n"):] + tail,
		"a comment":             head + space + "% <0001> <0041>\n" + chars + tail,
	} {
		t.Run(name, func(t *testing.T) {
			const content = "BT /F 24 Tf 100 500 Td <000100020003> Tj ET"
			d := open(t, v, listed([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
				"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
				fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content),
				"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
				"<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000" +
					"/FontDescriptor<</Type/FontDescriptor/FontName/ABCDEF+X/Flags 4/FontBBox[0 -200 1000 880]/Ascent 880/Descent -120/ItalicAngle 0/CapHeight 880/StemV 80>>>>",
				fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(c), c)}))
			for range 2 { // the file is opened again only once
				found, err := d.Find(t.Context(), "盖章处")
				if err != nil || len(found) != 1 || found[0].Box.X < 34 || found[0].Box.X > 37 {
					t.Fatalf("found %v, %v", found, err)
				}
			}
			if _, err := d.Page(t.Context(), 1, 72); err != nil {
				t.Error(err)
			}
		})
	}
}
