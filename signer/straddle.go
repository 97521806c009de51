package signer

import (
	"fmt"
	"strconv"
	"strings"

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

// Straddle is a seal stamped across the edges of several pages (骑缝章): fanned
// out, the pages show it whole. Each page gets an equal strip at its edge, the
// first page the strip that lies innermost. The strips are read-only button
// fields that the signature's lock names; ISO 32000-2, 12.7.5.5 lets a signature
// field itself have one widget only.
type Straddle struct {
	Pages         []int // from 1, at least two, in ascending order
	Side          Side
	At            float64 // along the side, 0 at its top or left end, 1 at the other; the seal's centre
	Width, Height float64 // of the whole seal in mm
}

// minSlice is the thinnest strip in mm that is still seen as part of a seal.
const minSlice = 1

// sliceMark stands between a signature field's name and its page numbers in the
// names of its slices.
const sliceMark = "-骑缝-"

// addSlices makes the button fields of a straddling seal.
func (f *form) addSlices(name string, s Straddle) (names []string, refs []pdf.Ref, err error) {
	n := len(s.Pages)
	if n < 2 {
		return nil, nil, fmt.Errorf("%w: a seal across pages needs two of them", ErrStraddle)
	}
	if s.Side < Right || s.Side > Bottom || !(s.At >= 0 && s.At <= 1) || !(s.Width > 0 && s.Height > 0) {
		return nil, nil, fmt.Errorf("%w: side, place or size is out of range", ErrStraddle)
	}
	across := s.Width
	if s.Side == Top || s.Side == Bottom {
		across = s.Height
	}
	if across/float64(n) < minSlice {
		return nil, nil, fmt.Errorf("%w: %d pages leave strips of %.2f mm, less than %d; use ranges of pages", ErrStraddle, n, across/float64(n), minSlice)
	}
	for i, no := range s.Pages {
		if i > 0 && no <= s.Pages[i-1] {
			return nil, nil, fmt.Errorf("%w: pages are not in ascending order", ErrStraddle)
		}
		page, err := f.d.page(no)
		if err != nil {
			return nil, nil, err
		}
		slice := name + sliceMark + strconv.Itoa(no)
		ref, err := f.addWidget(slice, no, s.box(page, n), func(rect pdf.Rect) *pdf.Dict {
			return pdf.NewDict(pdf.Name("FT"), pdf.Name("Btn"), pdf.Name("Ff"), pdf.Integer(1|1<<16), // ReadOnly, Pushbutton
				pdf.Name("AP"), pdf.NewDict(pdf.Name("N"), pdf.NewDict(pdf.Name("Off"), f.empty(rect))),
				pdf.Name("AS"), pdf.Name("Off"), sideKey, pdf.Name(s.Side.String()))
		})
		if err != nil {
			return nil, nil, err
		}
		names, refs = append(names, slice), append(refs, ref)
	}
	return names, refs, nil
}

// sideKey is a private entry (ISO 32000-2, annex E) of a slice's widget, from
// which the signer learns which way the seal was cut.
const sideKey = pdf.Name("DJQ_Side")

func (s Side) String() string { return [...]string{"Right", "Left", "Top", "Bottom"}[s] }

// box is the strip on a page, in mm.
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

// slicesOf returns the slices of a signature field in the order of their pages:
// those just made, or those its lock names.
func (f *form) slicesOf(ref pdf.Ref, field, lock *pdf.Dict) ([]pdf.Ref, error) {
	if cut, ok := f.slices[ref]; ok || lock == nil {
		return cut, nil
	}
	t, _ := field.Get("T").(pdf.String)
	names, err := f.d.f.Array(lock.Get("Fields"))
	if err != nil {
		return nil, &InputError{err}
	}
	var out []pdf.Ref
	for _, o := range names {
		s, ok := o.(pdf.String)
		if !ok || !strings.HasPrefix(s.Text(), t.Text()+sliceMark) {
			continue
		}
		if fd, ok := f.old.Find(s.Text()); ok && fd.Type == "Btn" {
			out = append(out, fd.Ref)
		}
	}
	return out, nil
}

// showSlices gives each slice its strip of the artwork, which stands in the file
// once.
func (f *form) showSlices(cut []pdf.Ref, art *artwork) error {
	if len(cut) == 0 {
		return nil
	}
	whole := art.whole(f)
	n := float64(len(cut))
	for i, ref := range cut {
		d, err := f.u.Dict(ref)
		if err != nil {
			return &InputError{err}
		}
		page, err := f.pageOf(d)
		if err != nil {
			return err
		}
		k := float64(i) // the strip, counted from the artwork's left or bottom
		strip := pdf.Rect{X1: art.w, Y1: art.h}
		side := d.Get(sideKey)
		switch side {
		case pdf.Name("Left"), pdf.Name("Bottom"):
			k = n - 1 - k
		}
		switch side {
		case pdf.Name("Top"), pdf.Name("Bottom"):
			strip.Y0, strip.Y1 = k*art.h/n, (k+1)*art.h/n
		default:
			strip.X0, strip.X1 = k*art.w/n, (k+1)*art.w/n
		}
		ap := formXObject(strip, upright(page.Rotate), []byte("/Seal Do"))
		ap.Dict = ap.Dict.With("Resources", pdf.NewDict(pdf.Name("XObject"), pdf.NewDict(pdf.Name("Seal"), whole)))
		d = d.With("AP", pdf.NewDict(pdf.Name("N"), pdf.NewDict(pdf.Name("On"), f.u.Add(ap)))).With("AS", pdf.Name("On"))
		f.u.Set(ref, d)
	}
	return nil
}
