package seal_test

import (
	"bytes"
	"errors"
	"flag"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

var update = flag.Bool("update", false, "write the golden pictures")

// Golden pictures of every style that is drawn; also for the human eye.
func TestGoldenPictures(t *testing.T) {
	const dpi = 80 // at most 8 KB each
	for _, c := range samples {
		t.Run(c.file, func(t *testing.T) {
			art, err := seal.Draw(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, c.file, encode(t, art, dpi), dpi)
		})
	}
}

// The same with handwriting and an aged seal.
func TestGoldenHands(t *testing.T) {
	swell := func(u float64) float64 { return 0.2 + 0.7*math.Sin(3*u) }
	golden(t, "handwriting", encode(t, handwrite(t, name(even), seal.Pen{}), 150), 150)
	golden(t, "handwriting-pressed", encode(t, handwrite(t, name(swell), seal.Pen{}), 150), 150)
	art, err := seal.Draw(official)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := art.AgedPNG(&b, 100, seal.Age{Seed: 7}); err != nil {
		t.Fatal(err)
	}
	golden(t, "official-aged", b.Bytes(), 100)
}

// golden compares a picture with the stored one.
func golden(t *testing.T, file string, got []byte, dpi int) {
	t.Helper()
	path := filepath.Join("testdata", "golden", file+".png")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// Pixels, not bytes: another release of Go may compress them differently.
	a, b := scanPNG(t, got, dpi), scanPNG(t, read(t, path), dpi)
	if a.w != b.w || a.h != b.h {
		t.Fatalf("%s: %d×%d pixels, golden %d×%d", file, a.w, a.h, b.w, b.h)
	}
	for i := range a.ink {
		// Processors with fused multiply-add round the last bit differently.
		if math.Abs(a.ink[i]-b.ink[i]) > 2.0/255 {
			t.Fatalf("%s: pixel %d,%d is %.3f, golden %.3f", file, i%a.w, i/a.w, a.ink[i], b.ink[i])
		}
	}
}

func TestDrawIsDeterministic(t *testing.T) {
	for _, c := range samples {
		a, b := draw(t, c.spec), draw(t, c.spec)
		for name, same := range map[string]func(*seal.Artwork) []byte{
			"PNG": func(art *seal.Artwork) []byte { return encode(t, art, 300) },
			"SVG": func(art *seal.Artwork) []byte { var w bytes.Buffer; _ = art.SVG(&w); return w.Bytes() },
			"PDF": func(art *seal.Artwork) []byte { var w bytes.Buffer; _ = art.PDF(&w); return w.Bytes() },
		} {
			if !bytes.Equal(same(a), same(b)) {
				t.Errorf("%s: two drawings differ as %s", c.file, name)
			}
		}
	}
}

// M45: the manual's styles are known by the manual's names, and drawn.
func TestM45Styles(t *testing.T) {
	for _, name := range []string{
		"公章", "专用章", "部门章", "团章", "公会章", "工会章", "外企章", "外企章（中文）", "发票专用章", "财务专用章",
		"合同专用章", "人事专用章", "法人章", "个人签名章",
	} {
		style, err := seal.ParseStyle(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err = seal.Draw(seal.Spec{Style: style, Name: "张三丰", Text: "印"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	union, _ := seal.ParseStyle("公会章")
	if union != seal.StyleUnion || union.String() != "工会章" {
		t.Errorf("公会章 is %v", union)
	}
	if _, err := seal.ParseStyle("玉玺"); !errors.Is(err, seal.ErrUnknownStyle) {
		t.Errorf("玉玺: %v", err)
	}
	for _, style := range []seal.Style{0, 200} {
		if _, err := seal.Draw(seal.Spec{Style: style, Name: "甲"}); !errors.Is(err, seal.ErrUnknownStyle) {
			t.Errorf("%v: %v", style, err)
		}
	}
}

// M46: 信息编码 否 leaves the lower edge blank; 是 puts the code there.
func TestM46Code(t *testing.T) {
	const dpi = 300
	below := func(code string) (ink float64) {
		s := scanPNG(t, encode(t, draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "田田田田", Code: code}), dpi), dpi)
		for _, b := range s.blobs() {
			if b.y < -10 && b.far < 20 {
				ink += b.area
			}
		}
		return ink
	}
	if got := below(""); got != 0 {
		t.Errorf("without a code the lower edge has %.0f pixels of ink", got)
	}
	if got := below("91350100M000100Y43"); got == 0 {
		t.Error("with a code the lower edge is blank")
	}
}

// The vectors: the example of GB 32100-2015, codes in public use, and the same codes
// with one mistake.
func TestCreditCodes(t *testing.T) {
	for _, c := range []struct {
		code  string
		fault seal.CodeFault
	}{
		{"91350100M000100Y43", 0},
		{"9144030071526726XG", 0},
		{"91350100M000100Y44", seal.CodeCheck},
		{"91350100M000100Y34", seal.CodeCheck},
		{"19350100M000100Y43", seal.CodeCheck},
		{"91350100M000100Y4", seal.CodeLength},
		{"91350100M000100Y433", seal.CodeLength},
		{"91350100m000100y43", seal.CodeCharacter},
		{"91350100I000100Y43", seal.CodeCharacter},
		{"9135010AM000100Y43", seal.CodeCharacter},
		{"９1350100M000100Y", seal.CodeCharacter},
	} {
		_, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "某某公司", Code: c.code})
		var e *seal.CodeError
		switch {
		case c.fault == 0 && err != nil:
			t.Errorf("%s: %v", c.code, err)
		case c.fault != 0 && (!errors.As(err, &e) || e.Fault != c.fault || e.Field != "Code"):
			t.Errorf("%s: %v, want %v", c.code, err, c.fault)
		}
	}
}

func TestRingCodes(t *testing.T) {
	for _, c := range []struct {
		spec  seal.Spec
		fault seal.CodeFault
	}{
		{seal.Spec{RingCode: strings.Repeat("1", seal.MinRing)}, 0},
		{seal.Spec{RingCode: strings.Repeat("1", seal.MaxRing)}, 0},
		{seal.Spec{RingCode: strings.Repeat("1", seal.MinRing-1)}, seal.CodeLength},
		{seal.Spec{RingCode: strings.Repeat("1", seal.MaxRing+1)}, seal.CodeLength},
		{seal.Spec{RingCode: "440301234567A"}, seal.CodeCharacter},
		{seal.Spec{RingCode: "4403012345678", Code: official.Code}, seal.CodeTwice},
		{seal.Spec{Style: seal.StyleSignature, RingCode: "4403012345678"}, seal.CodePlace},
		{seal.Spec{Style: seal.StyleRepresentative, Code: official.Code}, seal.CodePlace},
	} {
		if c.spec.Style == 0 {
			c.spec.Style = seal.StyleOfficial
		}
		c.spec.Name = "张三"
		_, err := seal.Draw(c.spec)
		var e *seal.CodeError
		if c.fault == 0 && err != nil || c.fault != 0 && (!errors.As(err, &e) || e.Fault != c.fault || e.Zh() == "") {
			t.Errorf("%+v: %v, want %v", c.spec, err, c.fault)
		}
	}
}

func TestNamesRefused(t *testing.T) {
	for name, fault := range map[string]seal.TextFault{
		"":                        seal.TextEmpty,
		" \u3000 ":                seal.TextEmpty,
		strings.Repeat("国", 61):   seal.TextTooLong,
		"某某\n公司":                  seal.TextControl,
		"某某\x00公司":                seal.TextControl,
		"某某\u200b公司":              seal.TextControl,
		"某某\u202e公司":              seal.TextBidi,
		"\u2067某某\u2069":          seal.TextBidi,
		"شركة":                    seal.TextBidi,
		"某某😀公司":                   seal.TextEmoji,
		"某某\ufe0f公司":              seal.TextEmoji,
		"e\u0301":                 seal.TextCombining,
		"某某\xff公司":                seal.TextEncoding,
		strings.Repeat("😀", 1000): seal.TextEmoji,
	} {
		for _, style := range []seal.Style{seal.StyleOfficial, seal.StyleSignature} {
			_, err := seal.Draw(seal.Spec{Style: style, Name: name})
			var e *seal.TextError
			if !errors.As(err, &e) || e.Fault != fault || e.Field != "Name" || e.Zh() == "" {
				t.Errorf("%v %q: %v, want %v", style, name, err, fault)
			}
		}
	}
	_, err := seal.Draw(seal.Spec{Style: seal.StyleDepartment, Name: "某某公司"})
	var e *seal.TextError
	if !errors.As(err, &e) || e.Field != "Text" || e.Fault != seal.TextEmpty {
		t.Errorf("部门章 without a department: %v", err)
	}
}

// A seal takes sixty characters. A signature's width and a square's cells hold fewer,
// and the error says so.
func TestNamesAtTheLimit(t *testing.T) {
	draw(t, seal.Spec{Style: seal.StyleOfficial, Name: strings.Repeat("国", seal.MaxName), Code: official.Code})
	draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "中"})
	draw(t, seal.Spec{Style: seal.StyleSignature, Name: strings.Repeat("国", 30)})
	var text *seal.TextError
	if _, err := seal.Draw(seal.Spec{Style: seal.StyleRepresentative, Name: "司马相如", Text: "之印章"}); !errors.As(err, &text) {
		t.Errorf("seven characters on a square: %v", err)
	}
	if _, err := seal.Draw(seal.Spec{Style: seal.StyleRepresentative, Name: "司马相如印"}); !errors.As(err, &text) {
		t.Errorf("a name of five on a square: %v", err)
	}
	var fit *seal.FitError
	if _, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: strings.Repeat("国", 60), Width: 10}); !errors.As(err, &fit) || fit.Zh() == "" {
		t.Errorf("sixty characters on 10 mm: %v", err)
	}
}

// A name of two to four characters can have 印 or 之印 after it, with each character
// apart.
func TestSquareNamesWithASeal(t *testing.T) {
	const dpi = 600
	for n := 2; n <= 4; n++ {
		for _, text := range []string{"", "田", "田田"} {
			spec := seal.Spec{Style: seal.StyleRepresentative, Name: strings.Repeat("田", n), Text: text}
			got := len(scanPNG(t, encode(t, draw(t, spec), dpi), dpi).blobs())
			if want := 1 + n + len([]rune(text)); got != want {
				t.Errorf("%s%s: %d patches of ink, want %d", spec.Name, text, got, want)
			}
		}
	}
}

// The dot of a foreign name is typed in many ways and looks like one.
func TestDotsThatTheFaceLacks(t *testing.T) {
	want := encode(t, draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "玛丽·居里"}), 300)
	for _, dot := range "・･∙⋅" {
		got := encode(t, draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "玛丽" + string(dot) + "居里"}), 300)
		if !bytes.Equal(got, want) {
			t.Errorf("%q is not drawn as ·", dot)
		}
	}
}

func TestEveryMissingGlyphIsNamed(t *testing.T) {
	_, err := seal.Draw(seal.Spec{Style: seal.StyleContract, Name: "한국ሀ公司", Text: "ሀሁ章"})
	var e *seal.GlyphError
	if !errors.As(err, &e) || string(e.Runes) != "한국ሀሁ" {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(e.Error(), "U+1201") || e.Zh() != "字体缺少以下字符：한、국、ሀ、ሁ" {
		t.Errorf("%v; %s", e, e.Zh())
	}
}

func TestSizesRefused(t *testing.T) {
	for _, spec := range []seal.Spec{
		{Width: -1}, {Width: 4.9}, {Width: 10_000}, {Width: math.NaN()}, {Width: math.Inf(1)},
		{Width: 42, Height: 30}, {Height: 40},
		{Measure: seal.Measure{Border: -2}}, {Measure: seal.Measure{Star: 40}},
		{Measure: seal.Measure{NameHeight: 100}}, {Measure: seal.Measure{NameHeight: seal.None}},
		{Measure: seal.Measure{NameSweep: 400}}, {Measure: seal.Measure{CodeGap: math.NaN()}},
	} {
		spec.Style, spec.Name = seal.StyleOfficial, "某某公司"
		_, err := seal.Draw(spec)
		var e *seal.SizeError
		if !errors.As(err, &e) || e.Zh() == "" {
			t.Errorf("%+v: %v", spec, err)
		}
	}
	for _, width := range []float64{10, seal.MaxSide} {
		draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "某某公司", Width: width})
	}
	draw(t, seal.Spec{Style: seal.StyleRepresentative, Name: "某某", Width: seal.MinSide})
	draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "某某公司", Measure: seal.Measure{Border: seal.None, Star: seal.None}})
}

// A star that reaches into the name is refused, not drawn over it.
func TestStarMayNotTouchTheName(t *testing.T) {
	_, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "某某公司", Width: 42, Measure: seal.Measure{Star: 20.9, NameHeight: 10}})
	var e *seal.FitError
	if !errors.As(err, &e) || e.Field != "Name" {
		t.Errorf("got %v", err)
	}
}

// Neither may the line below the centre touch the star, nor the code touch the line.
func TestCrowdedSealsAreRefused(t *testing.T) {
	for field, m := range map[string]seal.Measure{
		"Text":     {TextDrop: 5},
		"RingCode": {CodeGap: 6},
	} {
		_, err := seal.Draw(seal.Spec{
			Style: seal.StyleDepartment, Name: "某某公司", Text: "采购部", RingCode: "4403012345678", Measure: m,
		})
		var e *seal.FitError
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%+v: %v, want no room for %s", m, err, field)
		}
	}
}

func TestColors(t *testing.T) {
	for text, want := range map[string]color.NRGBA{
		"red": {0xD7, 0x14, 0x1A, 0xFF}, "#0a0B0c": {10, 11, 12, 255}, "black": {17, 17, 17, 255},
	} {
		got, err := seal.ParseColor(text)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	var e *seal.ColorError
	for _, text := range []string{"", "pink", "#12345", "#12345g", "123456"} {
		if _, err := seal.ParseColor(text); !errors.As(err, &e) || e.Zh() == "" {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "甲", Color: color.NRGBA{A: 50}}); !errors.As(err, &e) {
		t.Errorf("hardly visible: %v", err)
	}
}

func TestHostFont(t *testing.T) {
	data, err := seal.SongFont()
	if err != nil {
		t.Fatal(err)
	}
	f, err := seal.ParseFont(data)
	if err != nil {
		t.Fatal(err)
	}
	spec := official
	spec.Font = f
	if !bytes.Equal(encode(t, draw(t, spec), 150), encode(t, draw(t, official), 150)) {
		t.Error("the Song face given by a host draws another picture")
	}
	if _, err := seal.ParseFont([]byte("no font")); err == nil || !strings.HasPrefix(err.Error(), "font: ") {
		t.Errorf("got %v", err)
	}
}
