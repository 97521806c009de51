package photo_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// A scene is an artificial photo of a seal on paper whose ink is known.
type scene struct {
	name    string
	brief   bool // also run with -short
	spec    seal.Spec
	w, h    int
	mm      float64 // pixels per mm of the seal
	turn    float64 // degrees clockwise
	lean    float64 // perspective: how much the far side is shorter
	paper   color.NRGBA
	ink     color.NRGBA
	density float64 // of the ink; 0 is 1
	light   func(x, y float64) float64
	warmth  func(x, y float64) [3]float64 // of the light, nil for white
	noise   float64                       // of the sensor
	grain   float64                       // of the paper
	text    bool                          // printed under the seal
	over    bool                          // printed over the seal, opaque
	rules   color.NRGBA                   // of lines 8 mm apart
	grid    bool                          // rules both ways
	pen     color.NRGBA                   // of a signature across the seal
	desk    color.NRGBA                   // around the paper
	tilt    float64                       // of the paper's edge, degrees
	inset   float64                       // by which the paper is smaller
	marker  bool                          // a stripe of yellow across
	finger  bool                          // in a corner, with its shadow
	blur    int                           // radius in pixels
	quality int                           // of the JPEG, 0 for PNG
	gaps    bool
	options photo.Options
}

var (
	white  = color.NRGBA{250, 249, 247, 255}
	yellow = color.NRGBA{245, 232, 196, 255}
	red    = color.NRGBA{205, 38, 45, 255}
	blue   = color.NRGBA{38, 66, 165, 255}
	round  = seal.Spec{Style: seal.StyleContract, Name: "深圳市大家签科技有限公司", RingCode: "4403012345678"}
	square = seal.Spec{Style: seal.StyleRepresentative, Name: "张三丰", Text: "印"}
	oval   = seal.Spec{Style: seal.StyleInvoice, Name: "上海测试科技有限公司", Code: "91310115591693856A"}
	starry = seal.Spec{Style: seal.StyleOfficial, Name: "北京海淀示例网络技术股份有限公司", Code: "91350100M000100Y43"}
)

// place maps a pixel of the scene to mm of the seal, from its centre.
func (s *scene) place(x, y float64) (u, v float64) {
	dx, dy := (x-float64(s.w)*0.52)/s.mm, (y-float64(s.h)*0.47)/s.mm
	k := 1 + s.lean*dy/20
	dx, dy = dx*k, dy*k
	sin, cos := math.Sincos(-s.turn * math.Pi / 180)
	return cos*dx - sin*dy, sin*dx + cos*dy
}

// A mask is how much of each pixel a drawn seal covers, 0 to 1.
type mask struct {
	w, h  int
	ink   []float64
	perMM float64
}

// maskOf draws a seal in black ink.
func maskOf(t testing.TB, spec seal.Spec, dpi int) mask {
	t.Helper()
	img := sealPicture(t, spec, dpi)
	m := mask{w: img.Rect.Dx(), h: img.Rect.Dy(), perMM: float64(dpi) / 25.4}
	for _, index := range img.Pix {
		m.ink = append(m.ink, float64(index)/255)
	}
	return m
}

// sealPicture returns a seal in black as a palette image whose index is the coverage.
func sealPicture(t testing.TB, spec seal.Spec, dpi int) *image.Paletted {
	t.Helper()
	spec.Color = color.Black
	art, err := seal.Draw(spec)
	if err != nil {
		t.Fatalf("%v %s: %v", spec.Style, spec.Name, err)
	}
	var b bytes.Buffer
	if err := art.PNG(&b, dpi); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.Paletted)
}

// at returns the coverage at a place, in pixels.
func (m mask) at(x, y float64) float64 {
	x, y = x-0.5, y-0.5
	fx, fy := math.Floor(x), math.Floor(y)
	get := func(i, j int) float64 {
		if i < 0 || j < 0 || i >= m.w || j >= m.h {
			return 0
		}
		return m.ink[j*m.w+i]
	}
	u, v, i, j := x-fx, y-fy, int(fx), int(fy)
	return (1-v)*((1-u)*get(i, j)+u*get(i+1, j)) + v*((1-u)*get(i, j+1)+u*get(i+1, j+1))
}

// render returns the file of the photo and how much ink covers each pixel.
func (s *scene) render(t testing.TB) (file []byte, ink []float64) {
	t.Helper()
	dpi := min(600, max(100, int(s.mm*25.4*1.2)))
	whole := maskOf(t, s.spec, dpi)
	var print mask
	if s.text || s.over {
		print = maskOf(t, seal.Spec{Style: seal.StyleSignature, Name: "甲方盖章有限责任公司年月日期", Width: 60, Height: 5}, dpi)
	}
	printed := func(x, y int) float64 {
		px, py := float64(x)/s.mm, math.Mod(float64(y)/s.mm, 9)
		return print.at(px*print.perMM, py*print.perMM)
	}
	rng := rand.New(rand.NewPCG(7, uint64(len(s.name))))
	density := s.density
	if density == 0 {
		density = 1
	}
	ink = make([]float64, s.w*s.h)
	planes := [3][]float64{make([]float64, s.w*s.h), make([]float64, s.w*s.h), make([]float64, s.w*s.h)}
	grain := make([]float64, (s.w/3+2)*(s.h/3+2))
	for i := range grain {
		grain[i] = rng.NormFloat64() * s.grain
	}
	for y := range s.h {
		for x := range s.w {
			u, v := s.place(float64(x)+0.5, float64(y)+0.5)
			i := y*s.w + x
			a := whole.at(u*whole.perMM+float64(whole.w)/2, v*whole.perMM+float64(whole.h)/2)
			ink[i] = a
			a *= density
			if s.gaps {
				a *= 0.8 + 0.2*math.Sin(u*0.9)*math.Cos(v*1.1)
			}
			base := 1 + grain[y/3*(s.w/3+2)+x/3]
			if s.text {
				base *= 1 - 0.88*printed(x, y)
			}
			l := s.light(float64(x)/float64(s.w), float64(y)/float64(s.h))
			warmth := [3]float64{1, 1, 1}
			if s.warmth != nil {
				warmth = s.warmth(float64(x)/float64(s.w), float64(y)/float64(s.h))
			}
			onRule := s.rules.A > 0 && (math.Mod(float64(y)/s.mm, 8) < 0.3 || s.grid && math.Mod(float64(x)/s.mm, 13) < 0.3)
			pen := s.signature(u, v)
			cover := s.covered(x, y)
			for c := range planes {
				paper := float64([]uint8{s.paper.R, s.paper.G, s.paper.B}[c]) / 255
				if onRule {
					paper *= float64([]uint8{s.rules.R, s.rules.G, s.rules.B}[c]) / 255
				}
				tint := float64([]uint8{s.ink.R, s.ink.G, s.ink.B}[c]) / 255
				value := paper * base * (1 - a + a*tint)
				if s.over {
					value *= 1 - 0.92*printed(x, y)
				}
				value *= 1 - pen*(1-float64([]uint8{s.pen.R, s.pen.G, s.pen.B}[c])/255)
				if s.marker && math.Abs(v-3) < 4 {
					value *= []float64{1, 0.94, 0.35}[c]
				}
				if cover != nil {
					value = cover[c]
				}
				planes[c][i] = value * l * warmth[c]
			}
		}
	}
	for c := range planes {
		if s.blur > 0 {
			planes[c] = softened(planes[c], s.w, s.h, s.blur)
		}
	}
	m := image.NewNRGBA(image.Rect(0, 0, s.w, s.h))
	for i := range ink {
		for c := range planes {
			v := planes[c][i] + rng.NormFloat64()*s.noise
			m.Pix[4*i+c] = uint8(min(max(v, 0), 1)*255 + 0.5)
		}
		m.Pix[4*i+3] = 255
	}
	var b bytes.Buffer
	var err error
	if s.quality == 0 {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: s.quality})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), ink
}

// signature returns how much of a pen's ink lies at a place, in mm from the centre.
func (s *scene) signature(u, v float64) float64 {
	if s.pen.A == 0 || math.Abs(u) > 26 {
		return 0
	}
	line := 5*math.Sin(u*0.55) + 2.5*math.Sin(u*1.3+1) + u*0.1
	slope := 2.75*math.Cos(u*0.55) + 3.25*math.Cos(u*1.3+1) + 0.1
	off := math.Abs(v-line) / math.Sqrt(1+slope*slope)
	return min(max((0.4-off)*s.mm+0.5, 0), 1)
}

// covered returns the colour of what lies beside or on the paper, or nil where the
// paper shows.
func (s *scene) covered(x, y int) []float64 {
	fx, fy := float64(x)/float64(s.w)-0.5, float64(y)/float64(s.h)-0.5
	if s.desk.A > 0 {
		sin, cos := math.Sincos(s.tilt * math.Pi / 180)
		if px, py := cos*fx+sin*fy, cos*fy-sin*fx; math.Abs(px-0.03) > 0.41-s.inset || math.Abs(py) > 0.42-s.inset {
			wood := 1 + 0.12*math.Sin(fy*90+3*math.Sin(fx*9))
			return []float64{wood * float64(s.desk.R) / 255, wood * float64(s.desk.G) / 255, wood * float64(s.desk.B) / 255}
		}
	}
	if s.finger {
		if dx, dy := fx-0.5, fy-0.52; dx*dx+dy*dy < 0.03 {
			return []float64{0.78, 0.56, 0.46}
		}
	}
	return nil
}

func softened(p []float64, w, h, r int) []float64 {
	out := make([]float64, len(p))
	for y := range h {
		for x := range w {
			sum, n := 0.0, 0.0
			for j := max(0, y-r); j <= min(h-1, y+r); j++ {
				for i := max(0, x-r); i <= min(w-1, x+r); i++ {
					sum += p[j*w+i]
					n++
				}
			}
			out[y*w+x] = sum / n
		}
	}
	return out
}

// size returns the longer side of the seal, ink to ink, in mm.
func (s *scene) size(t testing.TB) float64 {
	art, err := seal.Draw(s.spec)
	if err != nil {
		t.Fatal(err)
	}
	return max(art.Size())
}
