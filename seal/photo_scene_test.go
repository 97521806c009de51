package seal_test

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
)

// A scene is a made-up photo of a seal on paper whose ink is known.
type scene struct {
	name    string
	spec    seal.Spec
	w, h    int
	mm      float64 // pixels per mm of the seal
	turn    float64 // degrees clockwise
	lean    float64 // perspective: how much the far side is shorter
	paper   color.NRGBA
	ink     color.NRGBA
	density float64 // of the ink; 0 is 1
	light   func(x, y float64) float64
	noise   float64 // of the sensor
	grain   float64 // of the paper
	text    bool    // printed under the seal
	rules   color.NRGBA
	blur    int // radius in pixels
	quality int // of the JPEG, 0 for PNG
	gaps    bool
	options seal.PhotoOptions
}

var (
	white  = color.NRGBA{250, 249, 247, 255}
	yellow = color.NRGBA{245, 232, 196, 255}
	red    = color.NRGBA{205, 38, 45, 255}
	blue   = color.NRGBA{38, 66, 165, 255}
	round  = seal.Spec{Style: seal.StyleContract, Name: "深圳市大家签科技有限公司", RingCode: "4403012345678"}
	square = seal.Spec{Style: seal.StyleRepresentative, Name: "张三丰", Text: "印"}
	starry = seal.Spec{Style: seal.StyleOfficial, Name: "北京海淀示例网络技术股份有限公司", Code: "91350100M000100Y43"}
)

func even(x, y float64) float64    { return 1 }
func sloping(x, y float64) float64 { return 0.55 + 0.25*x + 0.2*y }
func spot(x, y float64) float64    { return 0.5 + 0.5*math.Exp(-3*((x-0.3)*(x-0.3)+(y-0.4)*(y-0.4))) }
func shadow(x, y float64) float64 { // of a hand, with a soft edge
	return 1 - 0.45/(1+math.Exp(-40*(x+0.4*y-0.75)))
}

func scenes() []scene {
	base := scene{spec: round, w: 900, h: 900, mm: 18, paper: white, ink: red, light: even, noise: 0.008, quality: 85}
	with := func(name string, change func(s *scene)) scene {
		s := base
		s.name = name
		change(&s)
		return s
	}
	return []scene{
		with("plain-png", func(s *scene) { s.quality = 0; s.noise = 0 }),
		with("uneven-light", func(s *scene) { s.light = sloping }),
		with("lamp-spot", func(s *scene) { s.light = spot; s.spec = starry }),
		with("shadow", func(s *scene) { s.light = shadow }),
		with("paper-grain", func(s *scene) { s.grain = 0.05; s.noise = 0.015 }),
		with("jpeg-40", func(s *scene) { s.quality = 40; s.light = sloping }),
		with("jpeg-60-blur", func(s *scene) { s.quality = 60; s.blur = 1 }),
		with("black-text", func(s *scene) { s.text = true; s.quality = 75 }),
		with("black-text-shadow-star", func(s *scene) { s.text = true; s.light = shadow; s.spec = starry; s.quality = 80 }),
		with("blue-ink", func(s *scene) { s.ink = blue; s.light = sloping }),
		with("blue-ink-text", func(s *scene) { s.ink = blue; s.text = true }),
		with("faint-ink", func(s *scene) { s.density = 0.45; s.light = sloping }),
		with("uneven-ink", func(s *scene) { s.gaps = true; s.quality = 90 }),
		with("lined-paper", func(s *scene) { s.rules = color.NRGBA{150, 170, 205, 255} }),
		with("yellow-paper", func(s *scene) { s.paper = yellow; s.light = spot; s.text = true }),
		with("perspective", func(s *scene) { s.lean = 0.08; s.light = sloping }),
		with("turned-round", func(s *scene) { s.turn = 10; s.options.Straighten = true }),
		with("square-skew+10", func(s *scene) {
			s.spec, s.turn, s.w, s.h, s.mm, s.options.Straighten = square, 9.7, 700, 700, 22, true
		}),
		with("square-skew-10", func(s *scene) {
			s.spec, s.turn, s.w, s.h, s.mm, s.options.Straighten = square, -9.2, 700, 700, 22, true
			s.text = true
		}),
		with("small", func(s *scene) { s.w, s.h, s.mm = 320, 300, 6; s.light = sloping }),
		with("large", func(s *scene) { s.w, s.h, s.mm, s.light, s.text = 1900, 1700, 34, sloping, true }),
	}
}

// place maps a pixel of the scene to mm of the seal, from its centre.
func (s *scene) place(x, y float64) (u, v float64) {
	dx, dy := (x-float64(s.w)*0.52)/s.mm, (y-float64(s.h)*0.47)/s.mm
	k := 1 + s.lean*dy/20
	dx, dy = dx*k, dy*k
	sin, cos := math.Sincos(-s.turn * math.Pi / 180)
	return cos*dx - sin*dy, sin*dx + cos*dy
}

func (p scan) at(x, y float64) float64 {
	x, y = x-0.5, y-0.5
	fx, fy := math.Floor(x), math.Floor(y)
	get := func(i, j int) float64 {
		if i < 0 || j < 0 || i >= p.w || j >= p.h {
			return 0
		}
		return p.ink[j*p.w+i]
	}
	u, v, i, j := x-fx, y-fy, int(fx), int(fy)
	return (1-v)*((1-u)*get(i, j)+u*get(i+1, j)) + v*((1-u)*get(i, j+1)+u*get(i+1, j+1))
}

// render returns the file of the photo and how much ink covers each pixel.
func (s *scene) render(t testing.TB) (file []byte, ink []float64) {
	t.Helper()
	dpi := min(600, max(100, int(s.mm*25.4*1.2)))
	mask := scanPNG(t, encode(t, draw(t, s.spec), dpi), dpi)
	print := scanPNG(t, encode(t, draw(t, seal.Spec{Style: seal.StyleSignature, Name: "甲方盖章有限责任公司年月日期", Width: 60, Height: 5}), dpi), dpi)
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
			a := mask.at(u*mask.perMM+float64(mask.w)/2, v*mask.perMM+float64(mask.h)/2)
			ink[i] = a
			a *= density
			if s.gaps {
				a *= 0.8 + 0.2*math.Sin(u*0.9)*math.Cos(v*1.1)
			}
			base := 1 + grain[y/3*(s.w/3+2)+x/3]
			if s.text {
				px, py := float64(x)/s.mm, math.Mod(float64(y)/s.mm, 9)
				base *= 1 - 0.88*print.at(px*print.perMM, py*print.perMM)
			}
			l := s.light(float64(x)/float64(s.w), float64(y)/float64(s.h))
			onRule := s.rules.A > 0 && math.Mod(float64(y)/s.mm, 8) < 0.3
			for c := range planes {
				paper := float64([]uint8{s.paper.R, s.paper.G, s.paper.B}[c]) / 255
				if onRule {
					paper *= float64([]uint8{s.rules.R, s.rules.G, s.rules.B}[c]) / 255
				}
				tint := float64([]uint8{s.ink.R, s.ink.G, s.ink.B}[c]) / 255
				planes[c][i] = paper * base * l * (1 - a + a*tint)
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

// size is the longer side of the seal, ink to ink, in mm.
func (s *scene) size(t testing.TB) float64 {
	w, h := draw(t, s.spec).Size()
	return max(w, h)
}
