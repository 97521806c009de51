package signer

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// TextField is a form field for text (文本), a number (数字) or a date (日期) that a party
// fills in when they sign. Until then it is empty, unless it has a Text from the start,
// which nobody can change later. It is read-only: editing it in a reader would break later
// signatures.
type TextField struct {
	Name      string // unique in the document, without dots
	Page      int    // from 1
	Box       Box
	Size      float64 // of the letters in points; 0 means 10.5, 五号. In one line, letters that do not fit are made smaller, down to 4 points
	Multiline bool    // the text is broken into lines (多行文本), at most as many as the box has room for
	Text      string
	Rule      Rule
}

const defaultTextSize = 10.5

// letterSize returns a size of letters, which is 2 to 144 points.
func letterSize(name string, size float64) (float64, error) {
	if size == 0 {
		size = defaultTextSize
	}
	if !(size >= 2 && size <= 144) {
		return 0, fmt.Errorf("%w: field %q needs letters of 2 to 144 points", ErrNoField, name)
	}
	return size, nil
}

func defaultAppearance(size float64) pdf.String {
	return pdf.String{Bytes: fmt.Appendf(nil, "/Helv %g Tf 0 g", size)}
}

func (t TextField) addTo(f *form) error {
	if err := t.Rule.Check(t.Name); err != nil {
		return err
	}
	size, err := letterSize(t.Name, t.Size)
	if err != nil {
		return err
	}
	return f.addDrawn(t.Name, t.Page, t.Box, func(p pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		flags := pdf.Integer(flagReadOnly)
		if t.Multiline {
			flags |= flagMultiline
		}
		d := pdf.NewDict(pdf.Name("FT"), pdf.Name("Tx"), pdf.Name("Ff"), flags, pdf.Name("DA"), defaultAppearance(size), ruleKey, t.Rule.store())
		if t.Text == "" {
			return d.With("AP", pdf.NewDict(pdf.Name("N"), f.empty(rect))), nil
		}
		if err := t.Rule.Takes(t.Name, t.Text); err != nil {
			return nil, err
		}
		ap, err := f.written(t.Name, p, rect, size, t.Text, t.Multiline)
		if err != nil {
			return nil, err
		}
		return d.With("V", pdf.TextString(t.Text)).With("AP", pdf.NewDict(pdf.Name("N"), f.u.Add(ap))), nil
	})
}

// written makes the appearance of a text field that shows a text.
func (f *form) written(name string, page pdf.Page, rect pdf.Rect, size float64, text string, multiline bool) (*pdf.Stream, error) {
	if multiline {
		return f.paragraph(name, page, rect, size, text)
	}
	_, _, w, h := page.ToDisplay(rect)
	if f.measured {
		_, err := setLines(w/pointsPerMM, h/pointsPerMM, size, text)
		if err != nil {
			err = fmt.Errorf("signer: text field %q: %w", name, err)
		}
		return nil, err
	}
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

// paragraph makes the appearance of text that is broken into lines. It returns ErrTooLong
// if the box has no room for them all.
func (f *form) paragraph(name string, page pdf.Page, rect pdf.Rect, size float64, text string) (*pdf.Stream, error) {
	look := f.look(page, rect)
	face, err := songFace()
	if err != nil {
		return nil, err
	}
	look.Faces, look.Size, look.Multiline, look.Text = face, size, true, text
	taken, room, err := look.Lines(size)
	if err == nil && taken > room {
		err = fmt.Errorf("%w: %d lines, where %d have room", ErrTooLong, taken, room)
	}
	var st *pdf.Stream
	if err == nil && !f.measured {
		st, err = f.drawStream(look, page.Rotate)
	}
	if err = lookFault(err); err != nil {
		return nil, fmt.Errorf("signer: text field %q: %w", name, err)
	}
	return st, nil
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
