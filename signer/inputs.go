package signer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/font"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/widget"
)

// Values that conditions ask for.
const (
	Ticked   = "Yes"     // of a CheckBox that is ticked
	Pictured = "picture" // of a PictureField that shows a picture
)

const stateOff = pdf.Name("Off")

// CheckBox is a box (勾选框) that a party may tick when they sign. Its value is [Ticked].
type CheckBox struct {
	Name string // unique in the document, without dots
	Page int    // from 1
	Box  Box
	Rule Rule
}

// RadioGroup is a choice (单选项) of which a party takes one. Its value is that of the
// choice.
type RadioGroup struct {
	Name    string   // unique in the document, without dots
	Choices []Choice // 2 to 100
	Rule    Rule
}

// Choice is one button of a RadioGroup.
type Choice struct {
	Value string // unique in the group, not "Off"
	Page  int    // from 1
	Box   Box
}

// Dropdown is a list (下拉框) from which a party takes one option, which is then shown.
type Dropdown struct {
	Name    string // unique in the document, without dots
	Page    int    // from 1
	Box     Box
	Size    float64  // of the letters in points; 0 means 10.5, 五号
	Options []string // 1 to 1,000, each once
	Rule    Rule
}

// PictureField is a place for a picture (图片) that a party brings when they sign. Its value
// is Value.Picture.
type PictureField struct {
	Name string // unique in the document, without dots
	Page int    // from 1
	Box  Box
	Rule Rule
}

// Limits of choices.
const (
	maxChoices = 100
	maxOptions = 1000
)

func (c CheckBox) addTo(f *form) error {
	if err := c.Rule.Check(c.Name); err != nil {
		return err
	}
	return f.addDrawn(c.Name, c.Page, c.Box, func(p pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		states, err := f.states(p, rect, widget.Check, Ticked)
		if err != nil {
			return nil, err
		}
		return pdf.NewDict(pdf.Name("FT"), pdf.Name("Btn"), pdf.Name("Ff"), pdf.Integer(flagReadOnly),
			pdf.Name("AS"), stateOff, pdf.Name("AP"), states, ruleKey, c.Rule.store()), nil
	})
}

func (r RadioGroup) addTo(f *form) error {
	if err := r.Rule.Check(r.Name); err != nil {
		return err
	}
	if len(r.Choices) < 2 || len(r.Choices) > maxChoices {
		return fmt.Errorf("%w: %q needs 2 to %d choices", ErrNoField, r.Name, maxChoices)
	}
	if err := f.claim(r.Name); err != nil {
		return err
	}
	for i, c := range r.Choices {
		if c.Value == "" || c.Value == string(stateOff) || strings.ContainsRune(c.Value, 0) ||
			slices.ContainsFunc(r.Choices[:i], func(o Choice) bool { return o.Value == c.Value }) {
			return fmt.Errorf("%w: %q has a choice without a value of its own", ErrNoField, r.Name)
		}
		err := f.addDrawn(choiceName(r.Name, i), c.Page, c.Box, func(p pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
			states, err := f.states(p, rect, widget.Radio, pdf.Name(c.Value))
			if err != nil {
				return nil, err
			}
			return pdf.NewDict(pdf.Name("FT"), pdf.Name("Btn"), pdf.Name("Ff"), pdf.Integer(flagReadOnly),
				pdf.Name("AS"), stateOff, pdf.Name("AP"), states, choiceKey, pdf.TextString(r.Name), ruleKey, r.Rule.store()), nil
		})
		if err != nil {
			return err
		}
		f.grouped[r.Name] = append(f.grouped[r.Name], choiceName(r.Name, i))
	}
	return nil
}

func (c Dropdown) addTo(f *form) error {
	if err := c.Rule.Check(c.Name); err != nil {
		return err
	}
	size, err := letterSize(c.Name, c.Size)
	if err != nil {
		return err
	}
	if len(c.Options) == 0 || len(c.Options) > maxOptions {
		return fmt.Errorf("%w: %q needs 1 to %d options", ErrNoField, c.Name, maxOptions)
	}
	var options pdf.Array
	for i, o := range c.Options {
		if o == "" || slices.Contains(c.Options[:i], o) {
			return fmt.Errorf("%w: %q has an option twice, or one without a text", ErrNoField, c.Name)
		}
		options = append(options, pdf.TextString(o))
	}
	return f.addDrawn(c.Name, c.Page, c.Box, func(p pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		for _, o := range c.Options { // each can be chosen
			_, _, w, h := p.ToDisplay(rect)
			if _, err := setLines(w/pointsPerMM, h/pointsPerMM, size, o); err != nil {
				return nil, fmt.Errorf("signer: text field %q: %w", c.Name, err)
			}
		}
		return pdf.NewDict(pdf.Name("FT"), pdf.Name("Ch"), pdf.Name("Ff"), pdf.Integer(flagReadOnly|flagCombo),
			pdf.Name("Opt"), options, pdf.Name("DA"), defaultAppearance(size),
			pdf.Name("AP"), pdf.NewDict(pdf.Name("N"), f.empty(rect)), ruleKey, c.Rule.store()), nil
	})
}

func (c PictureField) addTo(f *form) error {
	if err := c.Rule.Check(c.Name); err != nil {
		return err
	}
	return f.addDrawn(c.Name, c.Page, c.Box, func(_ pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		d := f.released(rect)
		d.Entries = append(d.Entries, pdf.NewDict(ruleKey, c.Rule.store()).Entries...)
		return d, nil
	})
}

// states draws what a button shows when it is on and off, on a page.
func (f *form) states(p pdf.Page, rect pdf.Rect, kind widget.Kind, on pdf.Name) (*pdf.Dict, error) {
	out := pdf.NewDict()
	for _, state := range []pdf.Name{on, stateOff} {
		look := f.look(p, rect)
		look.Kind, look.On, look.Mark = kind, state == on, widget.Tick
		if kind == widget.Radio {
			look.Mark = widget.Disc
		}
		look.Border = widget.Border{Width: 0.7, Ink: "0 g"}
		ref, err := f.drawLook(look, p.Rotate)
		if err != nil {
			return nil, err
		}
		out = out.With(state, ref)
	}
	return pdf.NewDict(pdf.Name("N"), out), nil
}

// look returns a look of the size of a rectangle as the page shows it.
func (f *form) look(p pdf.Page, rect pdf.Rect) widget.Look {
	_, _, w, h := p.ToDisplay(rect)
	return widget.Look{Width: w, Height: h}
}

// songFace is the face of texts that are filled in.
func songFace() (widget.Typeface, error) {
	song, err := font.Song()
	return widget.Typeface{song}, err
}
