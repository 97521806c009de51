package signer

import (
	"fmt"
	"strconv"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Side is an edge of a page as it is displayed.
type Side int

// The sides. The zero value is Right, where 骑缝章 usually stand.
const (
	Right Side = iota
	Left
	Top
	Bottom
)

var sideNames = [...]string{
	Right:  "Right",
	Left:   "Left",
	Top:    "Top",
	Bottom: "Bottom",
}

// String returns the side in English.
func (s Side) String() string { return enum.Name("Side", sideNames[:], s) }

// Straddle is a seal stamped across the edges of several pages (骑缝章): when the pages
// are fanned out, they show the whole seal. Each page gets an equal strip at its edge;
// the first page gets the innermost strip. If there are so many pages that strips would be
// thinner than 1 mm, the whole seal is repeated: as seldom as possible, for about as many
// pages each time, and all by one signature. The strips are read-only button fields that
// the signature's lock names, because a signature field itself may have only one widget
// (ISO 32000-2, 12.7.5.5).
type Straddle struct {
	Pages         []int // from 1, at least two, in ascending order
	Side          Side
	At            float64 // position of the seal's centre along the side, 0 at its top or left end, 1 at the other
	Width, Height float64 // of the whole seal in mm
}

// minSlice is the thinnest strip in mm that still looks like a part of a seal.
const minSlice = 1

// sliceMark stands between a signature field's name and its page numbers in the
// names of its slices.
const sliceMark = "-骑缝-"

// addSlices makes the button fields of a straddling seal.
func (f *form) addSlices(name string, s Straddle) (names []string, refs []pdf.Ref, err error) {
	if err := s.check(); err != nil {
		return nil, nil, err
	}
	for _, pages := range s.seals() {
		for i, no := range pages {
			page, err := f.d.page(no)
			if err != nil {
				return nil, nil, err
			}
			slice := name + sliceMark + strconv.Itoa(no)
			ref, err := f.addButton(slice, Place{no, s.box(page, len(pages))}, sideKey, pdf.Name(s.Side.String()),
				stripKey, pdf.Array{pdf.Integer(i), pdf.Integer(len(pages))})
			if err != nil {
				return nil, nil, err
			}
			names, refs = append(names, slice), append(refs, ref)
		}
	}
	return names, refs, nil
}

// across returns the extent of the seal in mm in the direction in which it is cut.
func (s Straddle) across() float64 {
	if s.Side == Top || s.Side == Bottom {
		return s.Height
	}
	return s.Width
}

// seals returns the pages of each repetition of the seal.
func (s Straddle) seals() [][]int {
	n, most := len(s.Pages), int(s.across()/minSlice)
	k := (n + most - 1) / most
	var out [][]int
	for i := range k {
		out = append(out, s.Pages[i*n/k:(i+1)*n/k])
	}
	return out
}

func (s Straddle) check() error {
	n := len(s.Pages)
	if n < 2 {
		return fmt.Errorf("%w: a seal across pages needs two of them", ErrStraddle)
	}
	if s.Side < Right || s.Side > Bottom || !(s.At >= 0 && s.At <= 1) || !(s.Width > 0 && s.Height > 0) {
		return fmt.Errorf("%w: side, place or size is out of range", ErrStraddle)
	}
	if s.across() < 3*minSlice {
		return fmt.Errorf("%w: %.1f mm cannot be cut into strips", ErrStraddle, s.across())
	}
	for i := 1; i < n; i++ {
		if s.Pages[i] <= s.Pages[i-1] {
			return fmt.Errorf("%w: pages are not in ascending order", ErrStraddle)
		}
	}
	return nil
}

// sideKey is a private entry (ISO 32000-2, annex E) of a slice's widget. It tells the
// signer in which direction the seal was cut.
const sideKey = pdf.Name("DJQ_Side")

// stripKey is another: which strip it is, from 0, and of how many.
const stripKey = pdf.Name("DJQ_Strip")

// stripOf reads the entry of a slice; that of an older layout is the place in its lock.
func stripOf(d *pdf.Dict, i, n int) (int, int) {
	a, _ := d.Get(stripKey).(pdf.Array)
	if len(a) != 2 {
		return i, n
	}
	at, ok := a[0].(pdf.Integer)
	of, ok2 := a[1].(pdf.Integer)
	if !ok || !ok2 || of < 1 || of > pdf.Integer(n) || at < 0 || at >= of {
		return i, n
	}
	return int(at), int(of)
}

func parseSide(name string) (Side, error) {
	for i, n := range sideNames {
		if n == name {
			return Side(i), nil
		}
	}
	return 0, fmt.Errorf("%w: side %q", ErrStraddle, name)
}

// part returns strip i of n, in the coordinates of the artwork.
func (s Side) part(i, n int, w, h float64) pdf.Rect {
	k, m := float64(i), float64(n) // counted from the artwork's left or bottom
	if s == Left || s == Bottom {
		k = m - 1 - k
	}
	if s == Top || s == Bottom {
		return pdf.Rect{Y0: k * h / m, X1: w, Y1: (k + 1) * h / m}
	}
	return pdf.Rect{X0: k * w / m, X1: (k + 1) * w / m, Y1: h}
}

// partOf is part for strips that were laid out for a seal of perhaps another size: a
// smaller one stands in their middle.
func (s Side) partOf(i, n int, art *artwork, page pdf.Page, rect pdf.Rect) (pdf.Rect, error) {
	_, _, w, h := page.ToDisplay(rect)
	w, h = w/pointsPerMM, h/pointsPerMM
	if s == Top || s == Bottom {
		h *= float64(n)
	} else {
		w *= float64(n)
	}
	slack := 0.02 * float64(n) // mm
	dx, dy := (art.w-w)/2, (art.h-h)/2
	switch {
	case dx > slack/2 || dy > slack/2:
		return pdf.Rect{}, fmt.Errorf("%w: %.1f × %.1f mm across pages for %.1f × %.1f mm", ErrBoxTooSmall, art.w, art.h, w, h)
	case dx > -slack/2 && dy > -slack/2: // the same except for rounding
		return s.part(i, n, art.w, art.h), nil
	}
	r := s.part(i, n, w, h)
	return pdf.Rect{X0: r.X0 + dx, Y0: r.Y0 + dy, X1: r.X1 + dx, Y1: r.Y1 + dy}, nil
}

// box returns one of n strips on a page, in mm.
func (s Straddle) box(p pdf.Page, n int) Box {
	w, h := p.Size()
	w, h = w/pointsPerMM, h/pointsPerMM
	strip := Box{W: s.Width, H: s.Height / float64(n)}
	if s.Side == Right || s.Side == Left {
		strip = Box{W: s.Width / float64(n), H: s.Height}
	}
	// The centre stays far enough from the corners for the whole seal.
	clamp := func(at, extent, size float64) float64 {
		return min(max(at*extent-size/2, 0), max(0, extent-size))
	}
	switch s.Side {
	case Right:
		strip.X, strip.Y = w-strip.W, clamp(s.At, h, strip.H)
	case Left:
		strip.X, strip.Y = 0, clamp(s.At, h, strip.H)
	case Top:
		strip.X, strip.Y = clamp(s.At, w, strip.W), 0
	case Bottom:
		strip.X, strip.Y = clamp(s.At, w, strip.W), h-strip.H
	}
	return strip
}

// showSlices gives each slice its strip of the artwork. The file holds the artwork
// once.
func (f *form) showSlices(cut []pdf.Ref, art *artwork) error {
	if len(cut) == 0 {
		return nil
	}
	for i, ref := range cut {
		d, err := f.u.Dict(ref)
		if err != nil {
			return &InputError{err}
		}
		page, err := f.pageOf(ref, d)
		if err != nil {
			return err
		}
		name, _ := d.Get(sideKey).(pdf.Name)
		side, err := parseSide(string(name))
		if err != nil {
			return err
		}
		rect, err := f.d.f.Rect(d.Get("Rect"))
		if err != nil {
			return &InputError{err}
		}
		at, of := stripOf(d, i, len(cut))
		part, err := side.partOf(at, of, art, page, rect)
		if err != nil {
			return err
		}
		f.press(ref, d, art.window(f, part, page))
	}
	return nil
}
