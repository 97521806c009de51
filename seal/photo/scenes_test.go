package photo_test

import (
	"image/color"
	"math"

	"github.com/dajiaqian/dajiaqian/seal"
)

func evenly(x, y float64) float64  { return 1 }
func sloping(x, y float64) float64 { return 0.55 + 0.25*x + 0.2*y }
func steep(x, y float64) float64   { return 0.28 + 0.7*x }
func spot(x, y float64) float64    { return 0.5 + 0.5*math.Exp(-3*((x-0.3)*(x-0.3)+(y-0.4)*(y-0.4))) }
func shadow(x, y float64) float64 { // of a hand, with a soft edge
	return 1 - 0.45/(1+math.Exp(-40*(x+0.4*y-0.75)))
}
func hardShadow(x, y float64) float64 {
	if x+0.3*y > 0.7 {
		return 0.6
	}
	return 1
}
func corner(x, y float64) float64 { // the shadow of a finger
	return 1 - 0.5*math.Exp(-14*((x-0.95)*(x-0.95)+(y-0.95)*(y-0.95)))
}
func warm(x, y float64) [3]float64 { return [3]float64{1, 0.84, 0.58} }
func cold(x, y float64) [3]float64 { return [3]float64{0.72, 0.86, 1} }
func mixed(x, y float64) [3]float64 { // a lamp on the left, a window on the right
	return [3]float64{1 - 0.2*x, 0.88 + 0.02*x, 0.65 + 0.35*x}
}

func scenes() []scene {
	base := scene{spec: round, w: 400, h: 400, mm: 8, paper: white, ink: red, light: evenly, noise: 0.008, quality: 85}
	with := func(name string, change func(s *scene)) scene {
		s := base
		s.name = name
		change(&s)
		return s
	}
	brief := func(name string, change func(s *scene)) scene {
		s := with(name, change)
		s.brief = true
		return s
	}
	skewed := func(s *scene, spec seal.Spec, degrees float64) {
		s.spec, s.turn, s.options.Straighten = spec, degrees, true
	}
	black := color.NRGBA{40, 38, 42, 255}
	return []scene{
		with("plain-png", func(s *scene) { s.quality = 0; s.noise = 0 }),
		brief("uneven-light", func(s *scene) { s.light = sloping }),
		with("lamp-spot", func(s *scene) { s.light = spot; s.spec = starry }),
		brief("shadow", func(s *scene) { s.light = shadow }),
		with("hard-shadow", func(s *scene) { s.light = hardShadow }),
		with("steep-light", func(s *scene) { s.light = steep }),
		with("paper-grain", func(s *scene) { s.grain = 0.05; s.noise = 0.015 }),
		with("jpeg-40", func(s *scene) { s.quality = 40; s.light = sloping }),
		with("jpeg-60-blur", func(s *scene) { s.quality = 60; s.blur = 1 }),
		brief("black-text", func(s *scene) { s.text = true; s.quality = 75 }),
		with("black-text-shadow-star", func(s *scene) { s.text = true; s.light = shadow; s.spec = starry; s.quality = 80 }),
		with("text-over", func(s *scene) { s.over = true; s.quality = 80; s.light = sloping }),
		brief("blue-ink", func(s *scene) { s.ink = blue; s.light = sloping }),
		with("blue-ink-text", func(s *scene) { s.ink = blue; s.text = true }),
		brief("black-ink", func(s *scene) { s.ink = black; s.light = sloping }),
		with("gray-scan-star", func(s *scene) { s.ink, s.spec, s.light, s.mm = color.NRGBA{78, 78, 78, 255}, starry, sloping, 9 }),
		with("black-ink-desk", func(s *scene) { s.ink = black; s.desk = color.NRGBA{120, 84, 56, 255}; s.w, s.h = 500, 480 }),
		brief("faint-ink", func(s *scene) { s.density = 0.45; s.light = sloping }),
		with("pale-ink", func(s *scene) { s.density = 0.28; s.light = spot; s.noise = 0.012 }),
		with("pale-ink-jpeg-40", func(s *scene) { s.density = 0.35; s.quality = 40 }),
		with("uneven-ink", func(s *scene) { s.gaps = true; s.quality = 90 }),
		with("lined-paper", func(s *scene) { s.rules = color.NRGBA{150, 170, 205, 255} }),
		with("table-grid", func(s *scene) { s.rules, s.grid = black, true }),
		with("grid-text-over", func(s *scene) { s.rules, s.grid, s.over, s.light = black, true, true, shadow }),
		brief("yellow-paper", func(s *scene) { s.paper = yellow; s.light = spot; s.text = true }),
		with("warm-light", func(s *scene) { s.warmth = warm; s.light = sloping }),
		with("cold-light", func(s *scene) { s.warmth = cold; s.light = shadow }),
		with("blue-ink-cold-light", func(s *scene) { s.warmth, s.ink = cold, blue }),
		with("mixed-light", func(s *scene) { s.warmth = mixed; s.light = sloping; s.text = true }),
		with("perspective", func(s *scene) { s.lean = 0.08; s.light = sloping }),
		with("turned-round", func(s *scene) { s.turn = 10; s.options.Straighten = true }),
		brief("brown-desk", func(s *scene) { s.desk, s.tilt = color.NRGBA{150, 92, 52, 255}, 4; s.w, s.h = 500, 480 }),
		with("dark-desk", func(s *scene) { s.desk, s.tilt = color.NRGBA{38, 36, 35, 255}, -6; s.w, s.h = 500, 480; s.text = true }),
		with("red-desk", func(s *scene) { s.desk = color.NRGBA{140, 30, 34, 255}; s.w, s.h = 500, 480 }),
		with("desk-of-ink", func(s *scene) { s.desk, s.inset = color.NRGBA{205, 38, 45, 255}, 0.12; s.w, s.h, s.mm = 525, 510, 6 }),
		with("marker", func(s *scene) { s.marker = true; s.light = sloping }),
		with("pale-desk", func(s *scene) { s.desk, s.tilt = color.NRGBA{196, 176, 148, 255}, 3; s.w, s.h = 500, 480 }),
		brief("finger", func(s *scene) { s.finger = true; s.light = corner; s.w, s.h = 460, 450 }),
		brief("blue-signature", func(s *scene) { s.pen = color.NRGBA{30, 50, 140, 255} }),
		with("black-signature-text", func(s *scene) { s.pen = black; s.text = true; s.light = sloping }),
		brief("square-skew+10", func(s *scene) { skewed(s, square, 9.7); s.w, s.h, s.mm = 400, 400, 12 }),
		with("square-skew-10", func(s *scene) { skewed(s, square, -9.2); s.w, s.h, s.mm, s.text = 500, 500, 16, true }),
		brief("oval-skew", func(s *scene) { skewed(s, oval, 7) }),
		with("oval-skew-text", func(s *scene) { skewed(s, oval, -8.5); s.text, s.light = true, shadow }),
		with("oval-desk", func(s *scene) {
			skewed(s, oval, 4)
			s.desk, s.tilt, s.w, s.h = color.NRGBA{150, 92, 52, 255}, 4, 500, 480
		}),
		with("small", func(s *scene) { s.w, s.h, s.mm = 320, 300, 6; s.light = sloping }),
		with("large", func(s *scene) { s.w, s.h, s.mm, s.light, s.text = 860, 800, 15.5, sloping, true }),
		with("far-away", func(s *scene) { s.w, s.h, s.mm, s.light = 1000, 760, 6, sloping }),
	}
}
