package signer

import (
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// TextField is a form field for a line of text, or a date, that a party fills in when
// they sign. Until then it is empty, unless it has a Text from the start, which nobody
// can change later. It is read-only: editing it in a reader would break later
// signatures.
type TextField struct {
	Name string // unique in the document, without dots
	Page int    // from 1
	Box  Box
	Size float64 // of the letters in points; 0 means 10.5, 五号
	Text string
}

const defaultTextSize = 10.5

func (t TextField) addTo(f *form) error {
	size := t.Size
	if size == 0 {
		size = defaultTextSize
	}
	if !(size >= 2 && size <= 144) || t.Box == (Box{}) {
		return fmt.Errorf("%w: text field %q needs a box and letters of 2 to 144 points", ErrNoField, t.Name)
	}
	page, err := f.d.page(t.Page)
	if err != nil {
		return err
	}
	var fault error
	_, err = f.addWidget(t.Name, t.Page, t.Box, func(rect pdf.Rect) *pdf.Dict {
		d := pdf.NewDict(pdf.Name("FT"), pdf.Name("Tx"), pdf.Name("Ff"), pdf.Integer(1), // ReadOnly
			pdf.Name("DA"), pdf.String{Bytes: []byte(fmt.Sprintf("/Helv %g Tf 0 g", size))})
		if t.Text == "" {
			return d.With("AP", pdf.NewDict(pdf.Name("N"), f.empty(rect)))
		}
		var ap *pdf.Stream
		if ap, fault = f.line(t.Name, page, rect, size, t.Text); fault != nil {
			return d
		}
		return d.With("V", pdf.TextString(t.Text)).With("AP", pdf.NewDict(pdf.Name("N"), f.u.Add(ap)))
	})
	return errors.Join(err, fault)
}

// line makes the appearance of a text field that shows a text.
func (f *form) line(name string, page pdf.Page, rect pdf.Rect, size float64, text string) (*pdf.Stream, error) {
	_, _, w, h := page.ToDisplay(rect)
	line, err := NewText(w/pointsPerMM, h/pointsPerMM, size, text)
	if err != nil {
		return nil, fmt.Errorf("signer: text field %q: %w", name, err)
	}
	art, err := f.artwork(line)
	if err != nil {
		return nil, err
	}
	return art.stamp(page, rect)
}

// fillIn sets text fields. Only existing empty fields are filled.
func (f *form) fillIn(values []Value) error {
	for _, v := range values {
		fd, ok := f.old.Find(v.Field)
		if !ok || fd.Type != "Tx" {
			return fmt.Errorf("%w: text field %q", ErrNoField, v.Field)
		}
		if fd.Dict.Get("V") != nil {
			return fmt.Errorf("%w: text field %q is filled already", ErrNotAllowed, v.Field)
		}
		if len(fd.Kids) == 0 {
			shown, err := f.filled(fd, fd.Ref, fd.Dict, v.Text)
			if err != nil {
				return err
			}
			f.u.Set(fd.Ref, shown.With("V", pdf.TextString(v.Text)))
			continue
		}
		f.u.Set(fd.Ref, fd.Dict.With("V", pdf.TextString(v.Text)))
		for _, at := range fd.Kids {
			w, err := f.u.Dict(at)
			if err != nil {
				return &InputError{err}
			}
			if w, err = f.filled(fd, at, w, v.Text); err != nil {
				return err
			}
			f.u.Set(at, w)
		}
	}
	return nil
}

// filled returns a widget of a field with the appearance of a text.
func (f *form) filled(fd pdf.Field, at pdf.Ref, w *pdf.Dict, text string) (*pdf.Dict, error) {
	rect, err := f.d.f.Rect(w.Get("Rect"))
	if err != nil {
		return nil, &InputError{err}
	}
	page, err := f.pageOf(at, w)
	if err != nil {
		return nil, err
	}
	ap, err := f.line(fd.Name, page, rect, fieldSize(w), text)
	if err != nil {
		return nil, err
	}
	return w.With("AP", pdf.NewDict(pdf.Name("N"), f.u.Add(ap))), nil
}

// fieldSize reads the size of letters from a field's default appearance.
func fieldSize(d *pdf.Dict) float64 {
	s, _ := d.Get("DA").(pdf.String)
	var font string
	var size float64
	if n, err := fmt.Sscanf(string(s.Bytes), "/%s %g Tf", &font, &size); n == 2 && err == nil && size >= 2 && size <= 144 {
		return size
	}
	return defaultTextSize
}
