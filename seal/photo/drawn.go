package photo

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// drawn reports whether the sheet is a seal on a transparent ground, and not a photo of
// paper with transparent parts.
func (s *sheet) drawn() bool {
	empty := 0
	var opaque []int
	for i, a := range s.alpha.v {
		if a < 0.1 {
			empty++
		} else if a > 0.6 {
			opaque = append(opaque, i)
		}
	}
	if empty*50 < len(s.alpha.v) || len(opaque) == 0 {
		return false
	}
	middle := s.middle(opaque)
	if min(middle[0], middle[1], middle[2]) < 0.6 {
		return true // no pixel could be paper
	}
	other := 0
	for _, i := range opaque {
		for c := range middle {
			if math.Abs(float64(s.rgb[c].v[i]/s.alpha.v[i]-middle[c])) > 0.25 {
				other++
				break
			}
		}
	}
	return other*100 < len(opaque)
}

// middle returns the median colour of some pixels.
func (s *sheet) middle(pixels []int) (m vec) {
	values := make([]float32, len(pixels))
	for c := range m {
		for n, i := range pixels {
			values[n] = s.rgb[c].v[i] / s.alpha.v[i]
		}
		slices.Sort(values)
		m[c] = values[len(values)/2]
	}
	return m
}

// cut takes a seal on a transparent ground out of the picture. box is where there is
// something, in squares of by pixels of the area. It returns errNoInk if the seal is not of
// the kind of ink that is looked for.
func (source *picture) cut(box, area image.Rectangle, by int, o *Options) (*Photo, error) {
	at := image.Rect(box.Min.X*by, box.Min.Y*by, box.Max.X*by, box.Max.Y*by).
		Add(area.Min).Inset(-by).Intersect(area)
	step := (max(at.Dx(), at.Dy()) + drawnSide - 1) / drawnSide
	s, err := source.shrunk(at, step)
	if err != nil {
		return nil, err
	}
	var opaque []int
	for i, a := range s.alpha.v {
		if a > 0.5 {
			opaque = append(opaque, i)
		}
	}
	if len(opaque) < 20 {
		return nil, errNoInk
	}
	p := &Photo{ink: color.NRGBA{A: 255}}
	middle := s.middle(opaque)
	for i, c := range []*uint8{&p.ink.R, &p.ink.G, &p.ink.B} {
		*c = uint8(middle[i]*255 + 0.5)
	}
	if !o.Ink.is(vec{1 - middle[0], 1 - middle[1], 1 - middle[2]}) {
		return nil, errNoInk
	}
	if o.Straighten {
		e := extraction{alpha: s.alpha}
		if p.turn = e.skew(); p.turn != 0 {
			for _, q := range []*plane{&s.rgb[0], &s.rgb[1], &s.rgb[2], &s.alpha} {
				*q = q.turned(p.turn)
			}
		}
	}
	ink := s.alpha.box(0.03)
	if min(ink.Dx(), ink.Dy()) < 8 {
		return nil, errNoInk
	}
	box = p.place(s.alpha.box(0.35), ink, o, at.Min, step)
	alpha := s.alpha.bytes(box)
	if c, ok := o.Color.(color.NRGBA); ok {
		p.ink, p.alpha = c, alpha
		return p, nil
	}
	for c := range s.rgb {
		for i, a := range s.alpha.v {
			if a > 0 {
				s.rgb[c].v[i] = min(s.rgb[c].v[i]/a, 1)
			}
		}
	}
	p.own = make([]uint8, 4*len(alpha))
	for c, channel := range [4][]uint8{s.rgb[0].bytes(box), s.rgb[1].bytes(box), s.rgb[2].bytes(box), alpha} {
		for i, v := range channel {
			p.own[4*i+c] = v
		}
	}
	return p, nil
}

// is reports whether a colour is of the kind; v is what it takes from white light.
func (k Ink) is(v vec) bool {
	x, y := v.chroma()
	hue, strong := math.Atan2(float64(y), float64(x))*180/math.Pi, math.Hypot(float64(x), float64(y)) > 0.09
	switch k {
	case InkRed, InkBlue:
		return strong && k.has(hue)
	case InkBlack:
		return v.mean() > 0.5
	}
	return true
}

// has reports whether a hue is of the kind.
func (k Ink) has(hue float64) bool {
	switch k {
	case InkRed:
		return math.Abs(hue) <= 45
	case InkBlue:
		return hue >= 70 || hue <= -165
	}
	return hue < -100 || hue > -40 // yellow comes from a marker
}
