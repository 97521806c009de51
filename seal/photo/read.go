package photo

import (
	"image"

	"github.com/dajiaqian/dajiaqian/internal/raster"
)

// limits are the bounds of Clean; tests lower them.
type limits struct {
	pixels int   // width times height
	side   int   // of the short side at least
	crop   int   // of a side of the crop box at least
	memory int64 // bytes that a decoded JPEG may take
}

// jpegMemory is the most memory that a decoded JPEG may take, in bytes: 40 million
// pixels of three samples.
const jpegMemory = 120_000_000

// A source returns the pixels of a picture as they are stored, as often as needed.
type source interface {
	// rows calls visit with runs of pixels (R, G, B, A) that begin at (x, y) and are
	// dx apart. It may stop before row end.
	rows(end int, visit func(x, dx, y int, row []byte)) error
	hasAlpha() bool
}

// A picture is a photo as it should be seen.
type picture struct {
	source
	w, h        int // upright
	orientation int // 1 to 8, as in EXIF
}

// readPhoto checks the headers of a PNG or JPEG, recognised by content.
func readPhoto(data []byte, limits *limits) (*picture, error) {
	if len(data) > MaxBytes {
		return nil, &Error{Fault: FaultBytes}
	}
	p := &picture{orientation: 1}
	switch {
	case raster.IsPNG(data):
		s, orientation, err := openPNG(data)
		if err != nil {
			return nil, err
		}
		if err := limits.check(s.w, s.h, 0); err != nil {
			return nil, err
		}
		p.source, p.w, p.h, p.orientation = s, s.w, s.h, orientation
	case raster.IsJPEG(data):
		var err error
		if p.source, p.w, p.h, p.orientation, err = openJPEG(data, limits); err != nil {
			return nil, err
		}
	default:
		return nil, &Error{Fault: FaultFormat}
	}
	if p.orientation >= 5 {
		p.w, p.h = p.h, p.w
	}
	return p, nil
}

// check refuses pictures by their size. memory is what decoding takes, in bytes.
func (l *limits) check(w, h int, memory int64) error {
	fault := Fault(0)
	switch {
	case int64(w)*int64(h) > int64(l.pixels) || memory > l.memory:
		fault = FaultLarge
	case min(w, h) < l.side:
		fault = FaultSmall
	default:
		return nil
	}
	return &Error{Fault: fault, Width: w, Height: h, least: l.side}
}

// stored maps a point of the upright picture to the stored one, in pixel corners.
func (p *picture) stored(x, y int) image.Point {
	switch p.orientation {
	case 2:
		x = p.w - x
	case 3:
		x, y = p.w-x, p.h-y
	case 4:
		y = p.h - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, p.w-x
	case 7:
		x, y = p.h-y, p.w-x
	case 8:
		x, y = p.h-y, x
	}
	return image.Pt(x, y)
}

// A sheet is a part of a picture, averaged: light of 0 to 1 in three colours,
// multiplied by the opacity if there is one.
type sheet struct {
	rgb   [3]plane
	alpha plane // empty if the picture has none
}

// shrunk returns the box of the picture averaged over squares of by pixels.
func (p *picture) shrunk(box image.Rectangle, by int) (*sheet, error) {
	w, h := max(1, box.Dx()/by), max(1, box.Dy()/by)
	box.Max = image.Pt(min(box.Max.X, box.Min.X+w*by), min(box.Max.Y, box.Min.Y+h*by))
	part := image.Rectangle{Min: p.stored(box.Min.X, box.Min.Y), Max: p.stored(box.Max.X, box.Max.Y)}.Canon()
	if p.orientation >= 5 {
		w, h = h, w
	}
	s := &sheet{rgb: [3]plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}}
	if p.hasAlpha() {
		s.alpha = newPlane(w, h)
	}
	err := p.rows(part.Max.Y, func(x, dx, y int, row []byte) {
		if y < part.Min.Y || y >= part.Max.Y {
			return
		}
		first := max(0, (part.Min.X-x+dx-1)/dx)
		x += first * dx
		line := (y - part.Min.Y) / by * w
		for i := 4 * first; i < len(row) && x < part.Max.X; i, x = i+4, x+dx {
			k := line + (x-part.Min.X)/by
			if s.alpha.v == nil {
				s.rgb[0].v[k] += float32(row[i])
				s.rgb[1].v[k] += float32(row[i+1])
				s.rgb[2].v[k] += float32(row[i+2])
				continue
			}
			a := float32(row[i+3])
			s.alpha.v[k] += a
			a /= 255
			s.rgb[0].v[k] += float32(row[i]) * a
			s.rgb[1].v[k] += float32(row[i+1]) * a
			s.rgb[2].v[k] += float32(row[i+2]) * a
		}
	})
	if err != nil {
		return nil, &Error{Fault: FaultDamaged, Width: p.w, Height: p.h, err: err}
	}
	scale := 1 / float32(255*min(by, part.Dx())*min(by, part.Dy()))
	for _, q := range []*plane{&s.rgb[0], &s.rgb[1], &s.rgb[2], &s.alpha} {
		for i := range q.v {
			q.v[i] = min(q.v[i]*scale, 1)
		}
		*q = q.upright(p.orientation)
	}
	return s, nil
}

// onWhite puts transparent parts on white paper.
func (s *sheet) onWhite() *[3]plane {
	for i, a := range s.alpha.v {
		for c := range s.rgb {
			s.rgb[c].v[i] += 1 - a
		}
	}
	s.alpha = plane{}
	return &s.rgb
}

// upright turns a plane as an orientation requires.
func (p plane) upright(orientation int) plane {
	if orientation == 1 || len(p.v) == 0 {
		return p
	}
	q := picture{w: p.w, h: p.h, orientation: orientation}
	if orientation >= 5 {
		q.w, q.h = p.h, p.w
	}
	out := newPlane(q.w, q.h)
	for y := range q.h {
		for x := range q.w {
			// A pixel's middle is half a pixel from its corner on either side.
			a, b := q.stored(x, y), q.stored(x+1, y+1)
			out.v[y*q.w+x] = p.v[min(a.Y, b.Y)*p.w+min(a.X, b.X)]
		}
	}
	return out
}
