package signer

import (
	"fmt"
	"strconv"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Place is a box on a page.
type Place struct {
	Page int // from 1
	Box  Box
}

// copyMark stands between a signature field's name and the number of a copy in
// the names of the fields that repeat its appearance.
const copyMark = "-盖章-"

// maxCopies is how many further places may show one signature.
const maxCopies = 1000

// addCopies makes the read-only button fields that show a signature's
// appearance in further places.
func (f *form) addCopies(name string, places []Place) (names []string, refs []pdf.Ref, err error) {
	if len(places) > maxCopies {
		return nil, nil, fmt.Errorf("%w: more than %d places for one signature", ErrNoField, maxCopies)
	}
	for i, p := range places {
		if p.Box == (Box{}) {
			return nil, nil, fmt.Errorf("%w: a further place without a box", ErrOffPage)
		}
		copied := name + copyMark + strconv.Itoa(i+1)
		ref, err := f.addButton(copied, p)
		if err != nil {
			return nil, nil, err
		}
		names, refs = append(names, copied), append(refs, ref)
	}
	return names, refs, nil
}

// addButton makes an empty read-only button field with more entries.
func (f *form) addButton(name string, p Place, more ...pdf.Object) (pdf.Ref, error) {
	return f.addWidget(name, p.Page, p.Box, func(rect pdf.Rect) *pdf.Dict {
		d := f.released(rect)
		d.Entries = append(d.Entries, pdf.NewDict(more...).Entries...)
		return d
	})
}

// released returns the entries of a read-only button that shows nothing. What it shows
// later is a state, since PDF/A wants those of every button (ISO 19005-2, 6.3.3).
func (f *form) released(rect pdf.Rect) *pdf.Dict {
	return pdf.NewDict(pdf.Name("FT"), pdf.Name("Btn"), pdf.Name("Ff"), pdf.Integer(flagReadOnly|flagPush),
		pdf.Name("AP"), pdf.NewDict(pdf.Name("N"), pdf.NewDict(stateOff, f.empty(rect))), pdf.Name("AS"), stateOff)
}

// press gives a button an appearance.
func (f *form) press(ref pdf.Ref, d *pdf.Dict, ap *pdf.Stream) { f.u.Set(ref, f.pressed(d, ap)) }

// pressed returns a button with an appearance.
func (f *form) pressed(d *pdf.Dict, ap *pdf.Stream) *pdf.Dict {
	off := appearance(d)
	if states, ok := off.(*pdf.Dict); ok {
		off = states.Get(stateOff)
	}
	on := pdf.NewDict(pdf.Name("On"), f.u.Replace(off, ap))
	return d.With("AP", pdf.NewDict(pdf.Name("N"), on)).With("AS", pdf.Name("On"))
}

// appearance returns the /N of a widget's /AP, which may be a reference.
func appearance(widget *pdf.Dict) pdf.Object {
	ap, ok := widget.Get("AP").(*pdf.Dict)
	if !ok {
		return nil
	}
	return ap.Get("N")
}

// showCopies paints the artwork in the middle of each button. The file holds the
// artwork once.
func (f *form) showCopies(copies []pdf.Ref, art *artwork) error {
	for _, ref := range copies {
		d, err := f.u.Dict(ref)
		if err != nil {
			return &InputError{err}
		}
		rect, err := f.d.f.Rect(d.Get("Rect"))
		if err != nil {
			return &InputError{err}
		}
		page, err := f.pageOf(ref, d)
		if err != nil {
			return err
		}
		box, err := art.fit(page, rect)
		if err != nil {
			return err
		}
		f.press(ref, d, art.window(f, box, page))
	}
	return nil
}

// window returns a form that shows a part of the artwork.
func (a *artwork) window(f *form, part pdf.Rect, page pdf.Page) *pdf.Stream {
	ap := formXObject(part, upright(page.Rotate), []byte("/Seal Do"))
	ap.Dict = ap.Dict.With("Resources", pdf.NewDict(pdf.Name("XObject"), pdf.NewDict(pdf.Name("Seal"), a.whole(f))))
	return ap
}
