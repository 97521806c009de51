package seal_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

// A layout is what a correct style measures, in mm.
type layout struct {
	style         seal.Style
	width, height float64
	border        float64
	star          float64
	code          int // characters along the lower rim
	patches       int // besides the letters of the name and the code
}

func layouts() []layout {
	return []layout{
		{seal.StyleYouthLeague, 40, 40, 1.5, 6, 18, 5},    // rim, star, two rules, text
		{seal.StyleUnion, 42, 42, 1.2, 16, 18, 4},         // rim, line, star, text
		{seal.StyleForeign, 45, 30, 1, 0, 18, 2},          // rim, text
		{seal.StyleInvoice, 40, 30, 1, 0, 13, 1 + 18 + 1}, // rim, number, text
	}
}

// spec returns a spec whose name has letters of one patch of ink each.
func (l layout) spec(n int) seal.Spec {
	s := seal.Spec{Style: l.style, Name: strings.Repeat("田", n), Text: "田", Code: official.Code}
	if l.style == seal.StyleInvoice {
		s.RingCode = "4403012345678"
	}
	return s
}

// Names of every usual length are clear of each other, of the rim, the code and the
// middle. They stand evenly along the arc, and straight.
func TestNamesOnEveryNewStyle(t *testing.T) {
	for _, l := range layouts() {
		for _, n := range []int{4, 6, 8, 10, 13, 16, 20, 26, 32, 40} {
			t.Run(fmt.Sprintf("%v%d", l.style, n), func(t *testing.T) {
				const dpi = 600
				l.check(t, scanPNG(t, encode(t, draw(t, l.spec(n)), dpi), dpi), n)
			})
		}
	}
}

// The same with the PDF and the SVG as external programs draw them. A campaign measures
// every length.
func TestOutsideRenderersMeasureTheNewStyles(t *testing.T) {
	lengths := []int{13}
	if os.Getenv("CAMPAIGN") != "" {
		lengths = []int{4, 6, 8, 10, 13, 16, 20, 26, 32, 40}
	}
	for _, tool := range []string{"pdftoppm", "rsvg-convert"} {
		for _, l := range layouts() {
			for _, n := range lengths {
				t.Run(fmt.Sprintf("%s/%v%d", tool, l.style, n), func(t *testing.T) {
					l.check(t, rendered(t, tool, draw(t, l.spec(n))), n)
				})
			}
		}
	}
}

// rendered returns the picture that an external program makes of art at 600 dpi.
func rendered(t *testing.T, tool string, art *seal.Artwork) scan {
	t.Helper()
	const dpi = 600
	path, dir := renderer(t, tool), t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if tool == "pdftoppm" {
		write(t, in, art.PDF)
		run(t, path, "-r", "600", "-png", "-singlefile", in, out)
		out += ".png"
	} else {
		write(t, in, art.SVG)
		run(t, path, "-d", "600", "-p", "600", "-o", out, in)
	}
	return scanPNG(t, read(t, out), dpi)
}

func (l layout) check(t *testing.T, s scan, n int) {
	t.Helper()
	width, left, right := s.rim()
	height, top, bottom := s.turned().rim()
	near(t, "width", width, l.width, 0.1)
	near(t, "height", height, l.height, 0.1)
	for side, border := range map[string]float64{"left": left, "right": right, "top": top, "bottom": bottom} {
		near(t, side+" border", border, l.border, 0.1)
	}
	blobs := s.blobs()
	if want := l.patches + l.code + n; len(blobs) != want {
		t.Fatalf("%d patches of ink, want %d", len(blobs), want)
	}
	a, b := l.width/2-l.border, l.height/2-l.border
	var onRing []blob
	for _, c := range blobs {
		switch {
		case c.near < 1 && l.star > 0 && math.Hypot(c.x, c.y) < 1:
			near(t, "star x", c.x, 0, 0.05)
			near(t, "star y", c.y, 0, 0.05)
			near(t, "star points", 2*c.far, l.star, 0.1)
		case math.Hypot(c.x/a, c.y/b) < 0.62, math.Abs(c.y) < 2 && math.Abs(c.x) < 12.8: // rims, the middle
		default:
			onRing = append(onRing, c)
		}
	}
	if len(onRing) != l.code+n {
		t.Fatalf("%d letters on the rings, want %d of the code and %d of the name", len(onRing), l.code, n)
	}
	// The code is nearest to the foot.
	turn := func(c blob) float64 { return math.Atan2(c.x/a, c.y/b) }
	slices.SortFunc(onRing, func(p, q blob) int { return cmp.Compare(math.Abs(turn(p)), math.Abs(turn(q))) })
	name := onRing[:n]
	slices.SortFunc(name, func(p, q blob) int { return cmp.Compare(turn(p), turn(q)) })
	for i, p := range name[:n/2] {
		// The letters are placed by their boxes; 田 has more ink on its right.
		q := name[n-1-i]
		near(t, "axis between two letters", (p.x+q.x)/2, 0, 0.1)
		near(t, "tilt between two letters", (p.y-q.y)/2, 0, 0.1)
	}
	checkPitch(t, name, a, b)
}

// checkPitch measures the arcs between the letters of a name, on the ellipse
// inside the rim that goes through them.
func checkPitch(t *testing.T, name []blob, a, b float64) {
	t.Helper()
	low, high := 0.0, b-1
	for range 40 {
		inset := (low + high) / 2
		sum := 0.0
		for _, c := range name {
			sum += math.Hypot(c.x/(a-inset), c.y/(b-inset))
		}
		if sum > float64(len(name)) {
			high = inset
		} else {
			low = inset
		}
	}
	a, b = a-low, b-low
	pitches := make([]float64, len(name)-1)
	mean := 0.0
	for i := range pitches {
		from, to := math.Atan2(name[i].x/a, name[i].y/b), math.Atan2(name[i+1].x/a, name[i+1].y/b)
		const steps = 100
		for k := range steps {
			mid := from + (to-from)*(float64(k)+0.5)/steps
			pitches[i] += math.Hypot(a*math.Cos(mid), b*math.Sin(mid)) * (to - from) / steps
		}
		mean += pitches[i] / float64(len(pitches))
	}
	worst := 0.0
	for _, p := range pitches {
		worst = max(worst, math.Abs(p/mean-1))
	}
	t.Logf("pitch %.3f mm, at most %.2f %% off", mean, 100*worst)
	if worst > 0.02 {
		t.Errorf("the pitch varies by %.2f %%", 100*worst)
	}
}

// The numbers of 国家税务总局公告2011年第7号, measured in our picture and in those of external
// programs.
func TestInvoiceSealMeasuresAsRuled(t *testing.T) {
	spec := seal.Spec{Style: seal.StyleInvoice, Name: strings.Repeat("国", 11), Text: "国国国", Code: official.Code, Serial: 8}
	art := draw(t, spec)
	t.Run("PNG", func(t *testing.T) { checkInvoice(t, scanPNG(t, encode(t, art, 1200), 1200)) })
	for _, tool := range []string{"pdftoppm", "rsvg-convert"} {
		t.Run(tool, func(t *testing.T) { checkInvoice(t, rendered(t, tool, art)) })
	}
}

// The text of the seals has the required size, too: 专 and 用 are narrower than 国, 章 is
// taller; a 1 is narrower than a 0.
func TestInvoiceTextMeasuresAsRuled(t *testing.T) {
	art := draw(t, seal.Spec{Style: seal.StyleInvoice, Name: "有限", Code: official.Code, Serial: 12})
	for _, tool := range []string{"pdftoppm", "rsvg-convert"} {
		t.Run(tool, func(t *testing.T) {
			s := rendered(t, tool, art)
			const pitch = 3.45 // mm, about
			none := blob{left: math.Inf(1), right: math.Inf(-1), foot: math.Inf(1), head: math.Inf(-1)}
			text := [5]blob{none, none, none, none, none}
			serial := none
			for _, b := range s.blobs() {
				switch {
				case b.foot < -14: // the rim
				case b.y < -4 && b.y > -9:
					i := int((b.left+b.right)/2/pitch + 2.5)
					text[i] = text[i].with(b)
				case b.y < -9.5 && math.Abs(b.x) < 2:
					serial = serial.with(b)
					near(t, "width of a digit of the serial", b.right-b.left, 1.7, 0.05)
				}
			}
			for i, b := range text {
				what := string([]rune("发票专用章")[i])
				near(t, "height of "+what, b.head-b.foot, 4.6, 0.05)
				near(t, "width of "+what, b.right-b.left, 3, 0.05)
				near(t, "head of "+what, b.head, -4.2, 0.05)
			}
			near(t, "height of the serial", serial.head-serial.foot, 2.2, 0.05)
			near(t, "head of the serial", serial.head, -10, 0.05)
		})
	}
}

// with returns the box around both.
func (b blob) with(c blob) blob {
	return blob{
		left: min(b.left, c.left), right: max(b.right, c.right),
		foot: min(b.foot, c.foot), head: max(b.head, c.head),
	}
}

func checkInvoice(t *testing.T, s scan) {
	t.Helper()
	width, left, right := s.rim()
	near(t, "width", width, 40, 0.1)
	near(t, "left border", left, 1, 0.1)
	near(t, "right border", right, 1, 0.1)
	height, top, bottom := s.turned().rim()
	near(t, "height", height, 30, 0.1)
	near(t, "top border", top, 1, 0.1)
	near(t, "bottom border", bottom, 1, 0.1)

	first, last, digits, ideographs := math.Inf(1), math.Inf(-1), 0, 0
	for _, c := range s.blobs() {
		w, h := c.right-c.left, c.head-c.foot
		switch {
		case w > 30 || c.area < 0.3*s.perMM*s.perMM && h < 2: // the rim; what a 国 encloses
		case math.Abs(c.y) < 2 && math.Abs(c.x) < 13.2:
			digits++
			first, last = min(first, c.left), max(last, c.right)
			near(t, "height of a digit", h, 3.7, 0.05)
			if w > 1 { // a 1 is narrow
				near(t, "width of a digit", w, 1.3, 0.1)
			}
			near(t, "middle of the number", (c.head+c.foot)/2, 0, 0.1)
		case c.y < -4 && c.y > -9 && math.Abs(c.x) < 8 && h > 4:
			ideographs++
			near(t, "height of 发票专用章", h, 4.6, 0.1)
			near(t, "width of 发票专用章", w, 3, 0.1)
			near(t, "head of 发票专用章", c.head, -4.2, 0.1)
		case c.y < -9.5 && math.Abs(c.x) < 0.5:
			ideographs++
			near(t, "head of the serial", c.head, -10, 0.1)
			near(t, "height of the serial", h, 2.2, 0.1)
			near(t, "width of the serial", w, 1.7, 0.1)
		case c.y > 9 && math.Abs(c.x) < 0.5 && h > 4:
			ideographs++
			near(t, "head of the name", c.head, 13.5, 0.1)
			near(t, "height of the name", h, 4.2, 0.1)
		}
	}
	near(t, "the tax number", last-first, 26, 0.1)
	near(t, "lean of the tax number", (first+last)/2, 0, 0.1)
	if digits != 18 || ideographs != 3+1+1 {
		t.Errorf("%d digits and %d other characters measured, want 18 and 5", digits, ideographs)
	}
}

// The tails of Latin letters reach further in than ideographs: the name shrinks before
// it comes near the tax number.
func TestLatinNamesLeaveTheTaxNumberItsRoom(t *testing.T) {
	const dpi = 600
	for _, n := range []int{8, 16, 24, 33, 40} {
		spec := seal.Spec{Style: seal.StyleInvoice, Name: strings.Repeat("p", n), Text: "田", Code: official.Code}
		s := scanPNG(t, encode(t, draw(t, spec), dpi), dpi)
		if got, want := len(s.blobs()), 1+18+1+n; got != want {
			t.Errorf("%d letters: %d patches of ink, want %d", n, got, want)
		}
	}
}

// The other round styles also keep names of every usual length apart.
func TestNamesOnTheOtherRoundStyles(t *testing.T) {
	const dpi = 500
	for style, star := range map[seal.Style]int{
		seal.StyleSpecial: 0, seal.StyleDepartment: 1, seal.StyleFinance: 1, seal.StyleContract: 0, seal.StylePersonnel: 0,
	} {
		for _, n := range []int{4, 6, 8, 10, 13, 16, 20, 26, 32, 40} {
			spec := seal.Spec{Style: style, Name: strings.Repeat("田", n), Text: "田", Code: official.Code}
			s := scanPNG(t, encode(t, draw(t, spec), dpi), dpi)
			if got, want := len(s.blobs()), 1+star+1+18+n; got != want {
				t.Errorf("%v of %d: %d patches of ink, want %d", style, n, got, want)
			}
		}
	}
}

// What does not fit is refused by the name of its field.
func TestNewStylesRefuse(t *testing.T) {
	for _, c := range []struct {
		spec  seal.Spec
		field string
	}{
		{seal.Spec{Style: seal.StyleYouthLeague, Measure: seal.Measure{RuleLength: 18}}, "Name"},
		{seal.Spec{Style: seal.StyleUnion, Measure: seal.Measure{Star: 20.9, NameHeight: 10, TextHeight: 1}}, "Name"},
		{seal.Spec{Style: seal.StyleYouthLeague, Text: "某某大学某某学院研究生委员会", Measure: seal.Measure{TextDrop: 5}}, "Text"},
		{seal.Spec{Style: seal.StyleYouthLeague, Measure: seal.Measure{Star: seal.None, RuleWidth: 2, TextDrop: 2.8}}, "Text"},
		{seal.Spec{Style: seal.StyleForeign, Text: strings.Repeat("国", 20), Width: 12}, "Text"},
		{seal.Spec{Style: seal.StyleInvoice, Code: official.Code, Measure: seal.Measure{NumberSpan: 37.5}}, "Code"},
		{seal.Spec{Style: seal.StyleInvoice, Code: official.Code, Measure: seal.Measure{NumberWidth: 1.45}}, "Code"},
		{seal.Spec{Style: seal.StyleInvoice, Code: official.Code, Measure: seal.Measure{TextDrop: 3}}, "Text"},
		{seal.Spec{Style: seal.StyleInvoice, Code: official.Code, Serial: 1, Measure: seal.Measure{SerialDrop: 8}}, "Serial"},
		{seal.Spec{Style: seal.StyleInvoice, Serial: 1, Measure: seal.Measure{SerialDrop: 12}}, "Serial"},
		{seal.Spec{Style: seal.StyleInvoice, Serial: 1, RingCode: "4403012345678"}, "Serial"},
	} {
		c.spec.Name = "某某公司"
		_, err := seal.Draw(c.spec)
		var e *seal.FitError
		if !errors.As(err, &e) || e.Field != c.field || e.Zh() == "" {
			t.Errorf("%+v: %v, want no room for %s", c.spec, err, c.field)
		}
	}
	for _, spec := range []seal.Spec{
		{Style: seal.StyleInvoice, Serial: -1}, {Style: seal.StyleInvoice, Serial: seal.MaxSerial + 1},
		{Style: seal.StyleOfficial, Serial: 1}, {Style: seal.StyleForeign, Width: 6},
		{Style: seal.StyleForeign, Width: 45, Height: 4}, {Style: seal.StyleUnion, Width: 42, Height: 30},
		{Style: seal.StyleUnion, Measure: seal.Measure{LineWidth: 9}}, {Style: seal.StyleYouthLeague, Measure: seal.Measure{RuleWidth: seal.None}},
		{Style: seal.StyleInvoice, Measure: seal.Measure{NumberHeight: math.NaN()}},
	} {
		spec.Name = "某某公司"
		_, err := seal.Draw(spec)
		var e *seal.SizeError
		if !errors.As(err, &e) || e.Zh() == "" {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}

// The seal of a union or a league names that body even if the name is only the
// company's.
func TestBodiesAreStated(t *testing.T) {
	paths := func(style seal.Style, name, text string) int {
		var b strings.Builder
		if err := draw(t, seal.Spec{Style: style, Name: name, Text: text}).SVG(&b); err != nil {
			t.Fatal(err)
		}
		return strings.Count(b.String(), "<path")
	}
	for _, c := range []struct {
		style      seal.Style
		name, text string
		want       int // paths besides the name
	}{
		{seal.StyleUnion, "某某公司", "", 3 + 5},
		{seal.StyleUnion, "某某公司工会", "", 3},
		{seal.StyleUnion, "某某公司工会", "女工部", 3 + 3},
		{seal.StyleYouthLeague, "某某公司", "", 4 + 6},
		{seal.StyleYouthLeague, "共青团某某公司支部", "", 4},
		{seal.StyleYouthLeague, "中国共产主义青年团", "某某公司委员会", 4 + 7},
	} {
		if got := paths(c.style, c.name, c.text) - len([]rune(c.name)); got != c.want {
			t.Errorf("%v %s %s: %d paths besides the name, want %d", c.style, c.name, c.text, got, c.want)
		}
	}
}

// Every size that a rule names has the measures of that rule, with a name of usual
// length.
func TestRuledSizes(t *testing.T) {
	const dpi = 600
	for _, c := range []struct {
		style                  seal.Style
		diameter, border, star float64
	}{
		{seal.StyleUnion, 40, 1.2, 14}, {seal.StyleUnion, 42, 1.2, 16}, {seal.StyleUnion, 45, 1.2, 17},
		{seal.StyleUnion, 46, 1.2, 17}, {seal.StyleUnion, 50, 1.5, 20}, {seal.StyleUnion, 21, 0.6, 8},
		{seal.StyleYouthLeague, 40, 1.5, 6}, {seal.StyleYouthLeague, 44, 1.5, 7}, {seal.StyleYouthLeague, 50, 1.5, 9},
		{seal.StyleYouthLeague, 80, 3, 12}, {seal.StyleYouthLeague, 20, 0.75, 3},
	} {
		t.Run(fmt.Sprintf("%v%v", c.style, c.diameter), func(t *testing.T) {
			s := scanPNG(t, encode(t, draw(t, seal.Spec{Style: c.style, Name: "深圳市大家签科技有限公司", Width: c.diameter}), dpi), dpi)
			diameter, left, right := s.rim()
			near(t, "diameter", diameter, c.diameter, 0.05)
			near(t, "left border", left, c.border, 0.05)
			near(t, "right border", right, c.border, 0.05)
			rule := map[float64]float64{40: 9, 44: 10, 50: 12}[c.diameter]
			rules := 0
			for _, b := range s.blobs() {
				if w := b.right - b.left; math.Hypot(b.x, b.y) < 0.5 && w < c.star+1 && b.near < 1 {
					near(t, "star points", 2*b.far, c.star, 0.1)
				} else if c.style == seal.StyleYouthLeague && rule > 0 && math.Abs(b.y) < 0.1 && w > 5 && w < 20 {
					rules++
					near(t, "rule", w, rule, 0.1)
				}
			}
			if c.style == seal.StyleYouthLeague && rule > 0 && rules != 2 {
				t.Errorf("%d rules beside the star", rules)
			}
		})
	}
}

// M45: a seal whose Spec has no size gets the size of its style.
func TestM45SizeOfAStyle(t *testing.T) {
	for s := seal.StyleOfficial; s < seal.StyleSignature; s++ {
		spec := seal.Spec{Style: s, Name: "北京某某科技有限公司", Text: "财务部"}
		switch s {
		case seal.StyleRepresentative:
			spec.Name, spec.Text = "张三", "印"
		case seal.StyleInvoice:
			spec.Text, spec.Code = "", "91310115591693856A"
		case seal.StyleForeign, seal.StyleOfficial:
			spec.Text = ""
		}
		art, err := seal.Draw(spec)
		if err != nil {
			t.Errorf("%v: %v", s, err)
			continue
		}
		w, h := art.Size()
		if sw, sh := s.Size(); w != sw || h != sh {
			t.Errorf("%v is %g × %g, drawn %g × %g", s, sw, sh, w, h)
		}
	}
	if w, h := seal.StyleSignature.Size(); w != 0 || h != 0 {
		t.Errorf("a signature has the size of its name, not %g × %g", w, h)
	}
}
