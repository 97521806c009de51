package seal_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

// A scan is the measured picture of a seal: the coverage of each pixel and the number
// of pixels per millimetre.
type scan struct {
	w, h  int
	ink   []float64 // 0 to 1
	perMM float64
}

func draw(t testing.TB, spec seal.Spec) *seal.Artwork {
	t.Helper()
	if spec.Color == nil {
		spec.Color = color.Black // full coverage is then full darkness
	}
	art, err := seal.Draw(spec)
	if err != nil {
		t.Fatalf("%v %s: %v", spec.Style, spec.Name, err)
	}
	return art
}

func encode(t testing.TB, art *seal.Artwork, dpi int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := art.PNG(&b, dpi); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scanPNG reads a picture with a transparent or a white ground.
func scanPNG(t testing.TB, data []byte, dpi int) scan {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return scanImage(img, dpi)
}

func scanImage(img image.Image, dpi int) scan {
	b := img.Bounds()
	s := scan{b.Dx(), b.Dy(), make([]float64, b.Dx()*b.Dy()), float64(dpi) / 25.4}
	if p, ok := img.(*image.Paletted); ok {
		var table [256]float64
		for i, c := range p.Palette {
			table[i] = darkness(c)
		}
		for y := range s.h {
			for x, index := range p.Pix[y*p.Stride:][:s.w] {
				s.ink[y*s.w+x] = table[index]
			}
		}
		return s
	}
	for y := range s.h {
		for x := range s.w {
			s.ink[y*s.w+x] = darkness(img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return s
}

// darkness returns 1 for opaque black ink, which has no green, and 0 for white or
// nothing.
func darkness(c color.Color) float64 {
	_, g, _, a := c.RGBA()
	return 1 - float64(g+0xFFFF-a)/0xFFFF
}

// A blob is a connected patch of ink. Its centroid is in mm from the centre of
// the picture, y up; far is its greatest distance from there.
type blob struct {
	area, x, y, near, far   float64
	left, right, foot, head float64 // its box in mm, to a pixel
}

// blobs finds the patches of touching pixels, corners included, that have more
// than a trace of ink.
func (s scan) blobs() []blob {
	const trace = 0.04
	seen := make([]bool, len(s.ink))
	var out []blob
	for start, v := range s.ink {
		if v <= trace || seen[start] {
			continue
		}
		b, stack := blob{near: math.Inf(1), left: math.Inf(1), right: math.Inf(-1), foot: math.Inf(1), head: math.Inf(-1)}, []int{start}
		seen[start] = true
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			px, py := i%s.w, i/s.w
			x := (float64(px) + 0.5 - float64(s.w)/2) / s.perMM
			y := (float64(s.h)/2 - float64(py) - 0.5) / s.perMM
			b.area += s.ink[i]
			b.x += x * s.ink[i]
			b.y += y * s.ink[i]
			b.near = min(b.near, math.Hypot(x, y))
			b.far = max(b.far, math.Hypot(x, y))
			// A pixel that is partly covered counts only as far as it is covered.
			half := min(s.ink[i], 1) / s.perMM / 2
			b.left, b.right = min(b.left, x-half), max(b.right, x+half)
			b.foot, b.head = min(b.foot, y-half), max(b.head, y+half)
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					nx, ny := px+dx, py+dy
					if n := ny*s.w + nx; nx >= 0 && ny >= 0 && nx < s.w && ny < s.h && !seen[n] && s.ink[n] > trace {
						seen[n] = true
						stack = append(stack, n)
					}
				}
			}
		}
		b.x, b.y = b.x/b.area, b.y/b.area
		out = append(out, b)
	}
	return out
}

// turned exchanges the rows and the columns, so that rim measures the height.
func (s scan) turned() scan {
	out := scan{s.h, s.w, make([]float64, len(s.ink)), s.perMM}
	for y := range s.h {
		for x := range s.w {
			out.ink[x*s.h+y] = s.ink[y*s.w+x]
		}
	}
	return out
}

// rim measures the outer diameter and the two borders along the middle row.
func (s scan) rim() (diameter, left, right float64) {
	row := s.ink[s.h/2*s.w : (s.h/2+1)*s.w]
	run := func(step, from int) (start, width float64) {
		i := from
		for row[i] == 0 {
			i += step
		}
		start = math.Abs(float64(i-from)) + 1 - row[i]
		for ; row[i] > 0; i += step {
			width += row[i]
		}
		return start / s.perMM, width / s.perMM
	}
	l, left := run(1, 0)
	r, right := run(-1, s.w-1)
	return float64(s.w)/s.perMM - l - r, left, right
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.3f, want %.3f ± %.3f", what, got, want, tolerance)
	}
}

func TestRimAndStarMeasureAsRuled(t *testing.T) {
	const dpi = 1200
	for _, c := range []struct{ diameter, border, star float64 }{
		{42, 1.2, 14}, {40, 1.0, 14}, {38, 1.0, 14}, {58, 58 * 1.2 / 42, 58.0 / 3}, {20, 20 * 1.2 / 42, 20.0 / 3},
	} {
		t.Run(fmt.Sprint(c.diameter), func(t *testing.T) {
			art := draw(t, seal.Spec{Style: seal.StyleOfficial, Name: "田田田田", Width: c.diameter})
			s := scanPNG(t, encode(t, art, dpi), dpi)
			diameter, left, right := s.rim()
			near(t, "diameter", diameter, c.diameter, 0.02)
			near(t, "left border", left, c.border, 0.02)
			near(t, "right border", right, c.border, 0.02)
			for _, b := range s.blobs() {
				if b.near < 1 { // the star is the ink at the centre
					near(t, "star x", b.x, 0, 0.02)
					near(t, "star y", b.y, 0, 0.02)
					near(t, "star points", 2*b.far, c.star, 0.06)
				}
			}
		})
	}
}

// Every letter of these names is one patch of ink, so patches can be counted. One too
// few means that two letters touch, or that one touches the rim or the code.
func TestRingLettersStandApartAndEven(t *testing.T) {
	dpi := 1200
	if testing.Short() {
		dpi = 600
	}
	for letter, lean := range map[string]float64{"田": 0.1, "王": 0.2} { // mm; 王 has more ink on its right
		for _, n := range []int{2, 3, 4, 6, 8, 10, 13, 16, 20, 26, 32, 40} {
			t.Run(fmt.Sprintf("%s%d", letter, n), func(t *testing.T) {
				art := draw(t, seal.Spec{
					Style: seal.StyleOfficial, Name: strings.Repeat(letter, n), Code: "91350100M000100Y43",
				})
				blobs := scanPNG(t, encode(t, art, dpi), dpi).blobs()
				if want := 1 + 1 + 18 + n; len(blobs) != want {
					t.Fatalf("%d patches of ink, want %d (rim, star, 18 of the code, %d letters)", len(blobs), want, n)
				}
				var angles []float64 // of the letters, clockwise from the top
				for _, b := range blobs {
					code := b.y < 0 && b.far-b.near < 1.7 && b.near > 17
					if r := math.Hypot(b.x, b.y); r > 5 && !code {
						angles = append(angles, math.Atan2(b.x, b.y))
					}
				}
				checkRing(t, angles, n, lean)
			})
		}
	}
}

func checkRing(t *testing.T, angles []float64, n int, lean float64) {
	t.Helper()
	if len(angles) != n {
		t.Fatalf("%d letters on the ring, want %d", len(angles), n)
	}
	slices.Sort(angles)
	pitch := (angles[n-1] - angles[0]) / float64(n-1)
	for i := 1; i < n; i++ {
		near(t, "pitch", (angles[i]-angles[i-1])/pitch, 1, 0.02)
	}
	const radius = 16.5 // mm, about where the letters stand
	near(t, "offset from the axis in mm", (angles[0]+angles[n-1])/2*radius, 0, lean)
	if n <= 4 && angles[n-1]-angles[0] > 80*math.Pi/180 {
		t.Errorf("%d letters span %.0f°: they do not stay together", n, (angles[n-1]-angles[0])*180/math.Pi)
	}
}

// The letters of real names differ: some are broad, some lean. Unrolled about the
// centre, they have equal pitch and the whole is straight, in a picture of any
// resolution.
func TestRealNamesStandEvenAndStraight(t *testing.T) {
	for _, name := range []string{
		"深圳市大家签科技有限公司", "苏州晨曦软件有限公司", "广州南方电力技术工程有限公", "内蒙古伊利实业集团股份有限公司呼", "国国国国国国",
	} {
		art := draw(t, seal.Spec{Style: seal.StyleOfficial, Name: name, Code: official.Code})
		for _, tool := range []string{"pdftoppm", "rsvg-convert"} {
			t.Run(name+" "+tool, func(t *testing.T) { checkUnrolled(t, rendered(t, tool, art), len([]rune(name))) })
		}
	}
}

func checkUnrolled(t *testing.T, s scan, n int) {
	t.Helper()
	const radius = 16.5 // mm, about where the letters stand
	var angles []float64
	for i, v := range s.ink {
		x, y := (float64(i%s.w)+0.5-float64(s.w)/2)/s.perMM, (float64(s.h)/2-float64(i/s.w)-0.5)/s.perMM
		code := y < 0 && math.Hypot(x, y) > 17 && math.Abs(x) < -y
		if r := math.Hypot(x, y); v > 0.5 && r > 8 && r < 19.7 && !code {
			angles = append(angles, math.Atan2(x, y))
		}
	}
	slices.Sort(angles)
	gaps := make([]float64, len(angles)-1)
	for i := range gaps {
		gaps[i] = angles[i+1] - angles[i]
	}
	least := slices.Sorted(slices.Values(gaps))[len(gaps)-n+1] // between letters, not within
	var middles []float64
	start := angles[0]
	for i, gap := range gaps {
		if gap >= least {
			middles = append(middles, (start+angles[i])/2)
			start = angles[i+1]
		}
	}
	last := angles[len(angles)-1]
	middles = append(middles, (start+last)/2)
	near(t, "letters", float64(len(middles)), float64(n), 0)
	pitch := (middles[n-1] - middles[0]) / float64(n-1)
	for i := 1; i < n; i++ {
		near(t, "pitch", (middles[i]-middles[i-1])/pitch, 1, 0.01)
	}
	near(t, "offset from the axis in mm", (angles[0]+last)/2*radius, 0, 0.05)
}

// Letters face outwards in the upper half and the code faces inwards in the lower half:
// 丁 has its bar at the head, and so has 7.
func TestLettersStandTheRightWayUp(t *testing.T) {
	const dpi = 600
	s := scanPNG(t, encode(t, draw(t, seal.Spec{
		Style: seal.StyleOfficial, Name: "丁丁丁丁丁丁丁丁丁丁", RingCode: "7777777777777",
	}), dpi), dpi)
	letters, digits := 0, 0
	for _, b := range s.blobs() {
		centre, middle := math.Hypot(b.x, b.y), (b.near+b.far)/2
		switch {
		case b.far > 20 || b.near < 5:
		case b.y < 0 && b.near > 17:
			digits++
			if centre > middle {
				t.Errorf("a 7 at %.1f,%.1f has its bar outwards", b.x, b.y)
			}
		default:
			letters++
			if centre < middle {
				t.Errorf("a 丁 at %.1f,%.1f has its bar inwards", b.x, b.y)
			}
		}
	}
	if letters != 10 || digits != 13 {
		t.Errorf("%d letters and %d digits, want 10 and 13", letters, digits)
	}
}

// The code reads from left to right: a 1 among zeros is in its place.
func TestCodeReadsLeftToRight(t *testing.T) {
	const dpi = 600
	s := scanPNG(t, encode(t, draw(t, seal.Spec{
		Style: seal.StyleOfficial, Name: "田田田田", RingCode: "1000000000000",
	}), dpi), dpi)
	var first blob
	most := 0.0
	for _, b := range s.blobs() {
		if b.y < 0 && b.near > 17 && b.far < 20 {
			if b.x < first.x {
				first = b
			}
			most = max(most, b.area)
		}
	}
	if first.area == 0 || first.area > 0.85*most {
		t.Errorf("the leftmost digit has %.0f of %.0f pixels: not the 1", first.area, most)
	}
}
