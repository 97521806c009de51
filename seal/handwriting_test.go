package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dajiaqian/dajiaqian/seal"
)

// written returns a handwriting on a pad of 600 by 300. Its strokes are functions of 0
// to 1, reported every 16 ms in whole pixels.
func written(pressure func(u float64) float64, strokes ...func(u float64) (x, y float64)) seal.Handwriting {
	h := seal.Handwriting{Width: 600, Height: 300}
	clock := 0.0
	for _, f := range strokes {
		var s seal.Stroke
		const n = 24
		for i := range n + 1 {
			u := float64(i) / n
			x, y := f(u)
			s = append(s, seal.StrokePoint{X: math.Round(x), Y: math.Round(y), Time: clock, Pressure: pressure(u)})
			clock += 16
		}
		h.Strokes = append(h.Strokes, s)
		clock += 150
	}
	return h
}

func even(float64) float64 { return 0.5 }

// name is written with a horizontal, a falling stroke, loops, a sharp corner, and
// a dot.
func name(pressure func(u float64) float64) seal.Handwriting {
	h := written(pressure,
		func(u float64) (float64, float64) { return 60 + 120*u, 90 - 10*math.Sin(3*u) },
		func(u float64) (float64, float64) { return 115 - 50*u*u, 50 + 130*u },
		func(u float64) (float64, float64) {
			return 220 + 90*u + 18*math.Sin(22*u), 120 + 35*math.Cos(22*u)
		},
		func(u float64) (float64, float64) { return 340 + 120*min(u, 0.5), 80 + 200*max(u-0.5, 0) },
		func(u float64) (float64, float64) { return 60 + 480*u, 230 - 30*u + 15*math.Sin(7*u) },
	)
	h.Strokes = append(h.Strokes, seal.Stroke{{X: 430, Y: 70, Time: 1e4, Pressure: 0.5}})
	return h
}

func handwrite(t testing.TB, h seal.Handwriting, pen seal.Pen) *seal.Artwork {
	t.Helper()
	art, err := seal.DrawHandwriting(h, pen)
	if err != nil {
		t.Fatal(err)
	}
	return art
}

// M41: the signature is as large as its box allows and has no empty margin.
func TestM41HandwritingIsTight(t *testing.T) {
	const dpi = 600
	for _, pen := range []seal.Pen{{}, {Width: 60}, {Width: 30, Height: 8}, {Width: 100, Height: 100, Line: 5}} {
		art := handwrite(t, name(even), pen)
		w, h := art.Size()
		most, high := cmpOr(pen.Width, 40), cmpOr(pen.Height, 20)
		if w > most+1e-9 || h > high+1e-9 || w < most-1e-9 && h < high-1e-9 {
			t.Errorf("%+v: %.2f × %.2f mm", pen, w, h)
		}
		s := scanPNG(t, encode(t, art, dpi), dpi)
		left, top, right, bottom := s.inked()
		margin := max(left, top, s.w-1-right, s.h-1-bottom)
		if mm := float64(margin) / dpi * 25.4; mm > 0.25 {
			t.Errorf("%+v: a margin of %.2f mm", pen, mm)
		}
	}
}

func cmpOr(v, standard float64) float64 {
	if v == 0 {
		return standard
	}
	return v
}

// inked returns the box of pixels with ink.
func (s scan) inked() (left, top, right, bottom int) {
	left, top = s.w, s.h
	for y := range s.h {
		for x := range s.w {
			if s.ink[y*s.w+x] > 0.5 {
				left, top, right, bottom = min(left, x), min(top, y), max(right, x), max(bottom, y)
			}
		}
	}
	return left, top, right, bottom
}

// M41: a small mark on the pad does not become a large signature.
func TestM41SmallMarksStaySmall(t *testing.T) {
	tap := seal.Handwriting{Width: 600, Height: 300, Strokes: []seal.Stroke{{{X: 300, Y: 150}}}}
	if w, h := handwrite(t, tap, seal.Pen{}).Size(); w > 1.3 || math.Abs(w-h) > 0.01 {
		t.Errorf("a tap is %.2f × %.2f mm", w, h)
	}
	short := written(even, func(u float64) (float64, float64) { return 300 + 20*u, 150 })
	if w, _ := handwrite(t, short, seal.Pen{}).Size(); w > 7 { // 20 of 600 px × 4 in 40 mm, and the line
		t.Errorf("a thirtieth of the pad is %.2f mm", w)
	}
}

// Thickness follows pressure: a straight line pressed from 0.1 to 0.9 has the expected
// widths.
func TestLinesSwellWithPressure(t *testing.T) {
	const dpi, line = 1200, 1.0
	h := written(func(u float64) float64 { return 0.1 + 0.8*u }, func(u float64) (float64, float64) { return 50 + 500*u, 150 })
	s := scanPNG(t, encode(t, handwrite(t, h, seal.Pen{Line: line, Color: color.Black}), dpi), dpi)
	for _, u := range []float64{0.2, 0.4, 0.6, 0.8} {
		near(t, fmt.Sprintf("thickness at %.1f", u), s.thickness(u), line*(0.4+1.2*(0.1+0.8*u)), 0.04)
	}
}

// thickness measures the ink across, in mm, at a part of the way across.
func (s scan) thickness(u float64) (mm float64) {
	x := int(u * float64(s.w))
	for y := range s.h {
		mm += s.ink[y*s.w+x] / s.perMM
	}
	return mm
}

// If the pad measures no pressure, a slow line is thicker than a fast one.
func TestLinesThinWithSpeed(t *testing.T) {
	const dpi = 1200
	h := written(even, func(u float64) (float64, float64) { return 50 + 500*u*u, 150 }) // ever faster
	black := seal.Pen{Color: color.Black}
	s := scanPNG(t, encode(t, handwrite(t, h, black), dpi), dpi)
	slow, middling, fast := s.thickness(0.1), s.thickness(0.4), s.thickness(0.8)
	if !(slow > 1.15*middling && middling > 1.15*fast && fast > 0.2) {
		t.Errorf("%.2f, %.2f, %.2f mm", slow, middling, fast)
	}
	h = written(even, func(u float64) (float64, float64) { return 50 + 500*u, 150 })
	for i := range h.Strokes[0] {
		h.Strokes[0][i].Time = 0 // no clock: even lines
	}
	s = scanPNG(t, encode(t, handwrite(t, h, black), dpi), dpi)
	for _, u := range []float64{0.1, 0.5, 0.9} {
		near(t, "without a clock", s.thickness(u), 0.7, 0.03)
	}
}

// The pixels of a pad do not show: a slanting line in whole pixels of a phone is
// straight within half a pixel and does not bend.
func TestPadPixelsVanish(t *testing.T) {
	var s seal.Stroke
	for x := 0; x < 280; x += 3 {
		s = append(s, seal.StrokePoint{X: float64(x), Y: math.Round(10 + float64(x)*0.13), Time: float64(4 * x)})
	}
	h := seal.Handwriting{Width: 300, Height: 150, Strokes: []seal.Stroke{s}}
	lines, _ := seal.Handwritten(h, 40, 20, 0.7)
	l := lines[0]
	a, b := l[0], l[len(l)-1]
	for _, m := range l[10 : len(l)-10] {
		along := (m[0] - a[0]) / (b[0] - a[0])
		if off := math.Abs(m[1] - a[1] - along*(b[1]-a[1])); off > 0.067 {
			t.Fatalf("%.3f mm off at %.2f", off, along)
		}
	}
	bends := 0
	for i := 10; i < len(l)-10; i++ {
		turn := math.Atan2(l[i][1]-l[i-1][1], l[i][0]-l[i-1][0]) - math.Atan2(l[i-1][1]-l[i-2][1], l[i-1][0]-l[i-2][0])
		if math.Abs(turn) > 0.06 {
			bends++
		}
	}
	if bends > 0 {
		t.Errorf("%d bends in a straight line of %d places", bends, len(l))
	}
}

// The outline is the union of the pen's rounds along each line: no hole at a turn, no
// spike at a corner, whatever is written.
func TestOutlinesAreTheUnionOfThePen(t *testing.T) {
	t.Run("name", func(t *testing.T) { checkUnion(t, name(even)) })
	rapid.Check(t, func(t *rapid.T) {
		h := seal.Handwriting{Width: 600, Height: 300}
		for range rapid.IntRange(1, 3).Draw(t, "strokes") {
			var s seal.Stroke
			x, y, clock := 300.0, 150.0, 0.0
			step := rapid.SampledFrom([]float64{1, 8, 60, 250}).Draw(t, "step")
			for range rapid.IntRange(1, 12).Draw(t, "points") {
				x = min(max(x+rapid.Float64Range(-step, step).Draw(t, "dx"), 0), 600)
				y = min(max(y+rapid.Float64Range(-step, step).Draw(t, "dy"), 0), 300)
				clock += rapid.Float64Range(0, 40).Draw(t, "dt")
				s = append(s, seal.StrokePoint{X: x, Y: y, Time: clock, Pressure: rapid.Float64Range(0, 1).Draw(t, "p")})
			}
			h.Strokes = append(h.Strokes, s)
		}
		checkUnion(t, h)
	})
}

func checkUnion(t rapid.TB, h seal.Handwriting) {
	t.Helper()
	const tolerance = 0.04 // mm
	lines, covers := seal.Handwritten(h, 40, 20, 0.8)
	for _, l := range lines {
		for i := 0; i < len(l); i += max(1, len(l)/60) {
			m := l[i]
			for k := range 12 {
				sin, cos := math.Sincos(float64(k) * math.Pi / 6)
				for _, r := range []float64{m[2] - tolerance, m[2] + 0.02 + tolerance, m[2] + 0.3} {
					x, y := m[0]+r*cos, m[1]+r*sin
					depth := depth(lines, x, y)
					if math.Abs(depth) < tolerance {
						continue
					}
					if got := covers(x, y); got != (depth > 0) {
						t.Fatalf("(%.3f, %.3f) lies %.3f mm inside the line, covered: %t", x, y, depth, got)
					}
				}
			}
		}
	}
}

// depth returns how deep a place lies in the rounds and between neighbours, in mm.
func depth(lines [][][3]float64, x, y float64) float64 {
	deepest := math.Inf(-1)
	for _, l := range lines {
		for i, b := range l {
			a := l[max(i-1, 0)]
			dx, dy := b[0]-a[0], b[1]-a[1]
			t := 0.0
			if d := dx*dx + dy*dy; d > 0 {
				t = min(max(((x-a[0])*dx+(y-a[1])*dy)/d, 0), 1)
			}
			deepest = max(deepest, a[2]+(b[2]-a[2])*t-math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy))
		}
	}
	return deepest
}

// PNG, SVG and PDF of a handwriting look the same in external programs: 3 % (SVG) and 6
// % (PDF) of the ink may differ, which is the effect of a quarter pixel of shift.
func TestHandwritingLooksAlikeOutside(t *testing.T) {
	const dpi = 600
	art := handwrite(t, name(even), seal.Pen{Width: 25.4, Height: 25.4})
	ours := scanPNG(t, encode(t, art, dpi), dpi)
	for tool, tolerance := range map[string]float64{"pdftoppm": 0.06, "rsvg-convert": 0.03} {
		t.Run(tool, func(t *testing.T) {
			theirs := rendered(t, tool, art)
			diff := 0.0
			for y := range min(ours.h, theirs.h) {
				for x := range min(ours.w, theirs.w) {
					diff += math.Abs(ours.ink[y*ours.w+x] - theirs.ink[y*theirs.w+x])
				}
			}
			t.Logf("coverage differs by %.2f %% of the ink", 100*diff/ours.total())
			if abs(ours.w-theirs.w) > 1 || abs(ours.h-theirs.h) > 1 || diff > tolerance*ours.total() {
				t.Errorf("%d×%d pixels against %d×%d, coverage differs by %.2f %%", ours.w, ours.h, theirs.w, theirs.h, 100*diff/ours.total())
			}
		})
	}
}

func TestHandwritingIsDeterministic(t *testing.T) {
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		art := handwrite(t, name(even), seal.Pen{})
		for _, encode := range []func(io.Writer) error{art.SVG, art.PDF, func(w io.Writer) error { return art.PNG(w, 300) }} {
			if err := encode(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same handwriting gave other bytes")
	}
}

// M41: what no pad sends is refused with the right fault and a Chinese sentence.
func TestM41HandwritingRefused(t *testing.T) {
	point := func(p seal.StrokePoint) seal.Handwriting {
		return seal.Handwriting{Width: 600, Height: 300, Strokes: []seal.Stroke{{{X: 1, Y: 1}}, {{X: 2, Y: 2}, p}}}
	}
	scribble := seal.Handwriting{Width: 600, Height: 300, Strokes: []seal.Stroke{nil}}
	for i := range 2000 {
		scribble.Strokes[0] = append(scribble.Strokes[0], seal.StrokePoint{X: float64(i%2) * 600, Y: float64(i % 300)})
	}
	for _, c := range []struct {
		h    seal.Handwriting
		want seal.HandwritingFault
	}{
		{seal.Handwriting{Width: 600, Height: 300}, seal.HandwritingEmpty},
		{seal.Handwriting{Width: 600, Height: 300, Strokes: []seal.Stroke{{}, {}}}, seal.HandwritingEmpty},
		{seal.Handwriting{Strokes: []seal.Stroke{{{X: 1}}}}, seal.HandwritingPad},
		{seal.Handwriting{Width: math.NaN(), Height: 1}, seal.HandwritingPad},
		{seal.Handwriting{Width: math.Inf(1), Height: 1}, seal.HandwritingPad},
		{seal.Handwriting{Width: 600, Height: 1}, seal.HandwritingPad},
		{seal.Handwriting{Width: 600, Height: -300}, seal.HandwritingPad},
		{point(seal.StrokePoint{X: math.NaN()}), seal.HandwritingPoint},
		{point(seal.StrokePoint{Y: math.Inf(-1)}), seal.HandwritingPoint},
		{point(seal.StrokePoint{X: 1201}), seal.HandwritingPoint},
		{point(seal.StrokePoint{Y: -301}), seal.HandwritingPoint},
		{point(seal.StrokePoint{Time: math.NaN()}), seal.HandwritingPoint},
		{point(seal.StrokePoint{Pressure: 1.5}), seal.HandwritingPoint},
		{point(seal.StrokePoint{Pressure: math.NaN()}), seal.HandwritingPoint},
		{seal.Handwriting{Width: 600, Height: 300, Strokes: make([]seal.Stroke, seal.MaxStrokes+1)}, seal.HandwritingTooLarge},
		{seal.Handwriting{Width: 600, Height: 300, Strokes: []seal.Stroke{make(seal.Stroke, seal.MaxStrokePoints+1)}}, seal.HandwritingTooLarge},
		{scribble, seal.HandwritingTooLong},
	} {
		var e *seal.HandwritingError
		if _, err := seal.DrawHandwriting(c.h, seal.Pen{}); !errors.As(err, &e) || e.Fault != c.want || e.Zh() == "" {
			t.Errorf("%v: %v", c.want, err)
		} else if c.want == seal.HandwritingPoint && (e.Stroke != 1 || e.Point != 1) {
			t.Errorf("%v names stroke %d, point %d", c.h, e.Stroke, e.Point)
		}
	}
	for _, pen := range []seal.Pen{{Width: 4}, {Height: 101}, {Width: math.NaN()}, {Line: 0.05}, {Line: 6}, {Height: 6, Line: 2.1}} {
		var e *seal.SizeError
		if _, err := seal.DrawHandwriting(name(even), pen); !errors.As(err, &e) {
			t.Errorf("%+v: %v", pen, err)
		}
	}
	var e *seal.ColorError
	if _, err := seal.DrawHandwriting(name(even), seal.Pen{Color: color.Transparent}); !errors.As(err, &e) {
		t.Errorf("invisible: %v", err)
	}
}

func TestM41ParseHandwriting(t *testing.T) {
	h, err := seal.ParseHandwriting([]byte(`{"width":600,"height":300,"pad":"v2","strokes":[[{"x":10,"y":20,"t":5,"p":2},{"x":30,"y":40}],[]]}`))
	if err != nil || h.Width != 600 || h.Height != 300 || len(h.Strokes) != 2 ||
		h.Strokes[0][0] != (seal.StrokePoint{X: 10, Y: 20, Time: 5, Pressure: 1}) || h.Strokes[0][1] != (seal.StrokePoint{X: 30, Y: 40}) {
		t.Errorf("%+v, %v", h, err)
	}
	for text, want := range map[string]seal.HandwritingFault{
		``:           seal.HandwritingSyntax,
		`[]`:         seal.HandwritingSyntax,
		`{"width":1`: seal.HandwritingSyntax,
		`{"width":"600","height":300,"strokes":[]}`:                                                              seal.HandwritingSyntax,
		`{"width":600,"height":300,"strokes":[]}`:                                                                seal.HandwritingEmpty,
		`{"width":600,"height":300,"strokes":null}`:                                                              seal.HandwritingEmpty,
		`{"strokes":[[{"x":1,"y":1}]]}`:                                                                          seal.HandwritingPad,
		`{"width":600,"height":300,"strokes":[[{"x":1}]]}`:                                                       seal.HandwritingPoint,
		`{"width":600,"height":300,"strokes":[[{}]]}`:                                                            seal.HandwritingPoint,
		`{"width":600,"height":300,"strokes":[[{"x":1e300,"y":1}]]}`:                                             seal.HandwritingPoint,
		`{"width":600,"height":300,"strokes":[[{"x":1e999,"y":1}]]}`:                                             seal.HandwritingSyntax,
		`{"width":600,"height":300,"strokes":` + strings.Repeat("[", 20000):                                      seal.HandwritingSyntax,
		`{"width":600,"height":300,"strokes":[[` + strings.Repeat(`{"x":1,"y":1},`, 60_000) + `{"x":1,"y":1}]]}`: seal.HandwritingTooLarge,
		`{"width":600,"height":300,"strokes":[` + strings.Repeat(`[],`, 2000) + `[{"x":1,"y":1}]]}`:              seal.HandwritingTooLarge,
		`{"width":600,"height":300,"strokes":[[{"x":1,"y":1}]]}` + strings.Repeat(" ", seal.MaxHandwritingBytes): seal.HandwritingTooLarge,
	} {
		var e *seal.HandwritingError
		if _, err := seal.ParseHandwriting([]byte(text)); !errors.As(err, &e) || e.Fault != want || e.Zh() == "" {
			t.Errorf("%.60s: %v; want %v", text, err, want)
		}
	}
}

// FuzzStrokes checks that what a pad sends is refused, or drawn within its box.
func FuzzStrokes(f *testing.F) {
	f.Add([]byte(`{"width":600,"height":300,"strokes":[[{"x":10,"y":20,"t":0,"p":0.5},{"x":300,"y":200,"t":90,"p":0.9},{"x":310,"y":20,"t":100}],[{"x":5,"y":5}]]}`), 40.0, 20.0, 0.7)
	f.Add([]byte(`{"width":1,"height":1,"strokes":[[{"x":0,"y":0,"t":9},{"x":1,"y":0,"t":3},{"x":1,"y":1e-9,"t":-1e308},{"x":0,"y":0,"t":1e308}]]}`), 0.0, 100.0, 5.0)
	f.Fuzz(func(t *testing.T, data []byte, width, height, line float64) {
		h, err := seal.ParseHandwriting(data)
		var art *seal.Artwork
		if err == nil {
			art, err = seal.DrawHandwriting(h, seal.Pen{Width: width, Height: height, Line: line})
		}
		if err != nil {
			if _, ok := err.(interface{ Zh() string }); !ok {
				t.Fatalf("%T has no Chinese sentence: %v", err, err)
			}
			return
		}
		w, high := art.Size()
		if !(w > 0 && w <= cmpOr(width, 40)+1e-9 && high > 0 && high <= cmpOr(height, 20)+1e-9) {
			t.Fatalf("%v × %v mm in a box of %v × %v", w, high, width, height)
		}
		if err := art.PNG(io.Discard, 72); err != nil {
			t.Fatal(err)
		}
		if content, _, _ := art.Vector(); bytes.Contains(content, []byte("NaN")) || bytes.Contains(content, []byte("Inf")) || bytes.Contains(content, []byte("-9223372036854775808")) {
			t.Fatal("a place that is no number")
		}
	})
}
