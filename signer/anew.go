package signer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/widget"
)

// needsAppearances reports whether the form asks readers to draw its fields anew (ISO
// 32000-2, table 224, /NeedAppearances). Readers then draw nothing where a seal is.
func (f *form) needsAppearances() (bool, error) {
	o, err := f.d.f.Resolve(f.old.Dict.Get("NeedAppearances"))
	return o == true, err
}

// drawn takes that demand back, and draws the fields that readers would have drawn:
// otherwise the seal would not be seen, or the other fields would not. In a signed
// document this would change what was signed, and [FoundNeedAppearances] stops the signing.
func (f *form) drawn(dict *pdf.Dict) (*pdf.Dict, error) {
	ask, err := f.needsAppearances()
	if err != nil || !ask || f.old.Signed() {
		return dict, err
	}
	faces, err := formFaces()
	if err != nil {
		return nil, err
	}
	l := looks{f: f.d.f, form: f.old.Dict, faces: faces}
	for _, fd := range f.old.Fields {
		widgets := fd.Kids
		if len(widgets) == 0 {
			widgets = []pdf.Ref{fd.Ref}
		}
		for _, ref := range widgets {
			if err := f.drawAnew(l, fd, ref); err != nil {
				return nil, fmt.Errorf("field %q: %w", fd.Name, err)
			}
		}
	}
	return dict.With("NeedAppearances", nil), nil
}

// drawAnew gives one widget the appearance of its value, unless it has it.
func (f *form) drawAnew(l looks, fd pdf.Field, ref pdf.Ref) error {
	w, err := f.u.Dict(ref)
	if err != nil {
		return err
	}
	if w.Get("Subtype") != pdf.Name("Widget") || f.u.Changes(ref) {
		return nil
	}
	look, turn, err := l.read(fd, w)
	if err != nil {
		return err
	}
	switch {
	case fd.Type == "Sig":
		return nil
	case look.Kind == widget.Check || look.Kind == widget.Radio:
		return f.drawStates(l, ref, w, look, turn)
	}
	has, err := l.shows(w, look)
	if err != nil || has {
		return err
	}
	ap, err := f.drawLook(look, turn)
	if errors.Is(err, ErrNoGlyph) && w.Get("AP") != nil {
		return nil // drawn by who had the font for it
	}
	if err != nil {
		return err
	}
	f.u.Set(ref, w.With("AP", pdf.NewDict(pdf.Name("N"), ap)))
	return nil
}

// shows reports whether a widget has an appearance that says its value.
func (l looks) shows(w *pdf.Dict, look widget.Look) (bool, error) {
	ap, err := l.f.Dict(w.Get("AP"))
	if err != nil {
		return false, err
	}
	n, err := l.f.Resolve(ap.Get("N"))
	if err != nil {
		return false, err
	}
	st, ok := n.(*pdf.Stream)
	if !ok || look.Kind == widget.List {
		return false, nil
	}
	if look.Kind == widget.Push {
		return true, nil // its caption is no value
	}
	data, err := l.f.Decode(st, maxShown)
	if err != nil {
		return false, nil // nobody can read it
	}
	var said strings.Builder
	say := func(o pdf.Object) {
		if s, ok := o.(pdf.String); ok {
			said.WriteString(s.Text())
		}
	}
	whole := pdf.Operators(data, func(op string, args []pdf.Object) bool {
		if len(args) == 0 {
			return true
		}
		switch op {
		case "Tj", "'", "\"":
			say(args[len(args)-1])
		case "TJ":
			a, _ := args[0].(pdf.Array)
			for _, o := range a {
				say(o)
			}
		}
		return true
	})
	return whole && plain(said.String()) == plain(look.Text), nil
}

// plain leaves out the spaces of a text, which lines may have and their source not.
func plain(s string) string { return strings.Join(strings.Fields(s), "") }

// drawLook adds the appearance stream of a look that is turned in its rectangle.
func (f *form) drawLook(look widget.Look, turn int) (pdf.Ref, error) {
	st, err := f.drawStream(look, turn)
	if err != nil {
		return pdf.Ref{}, lookFault(err)
	}
	return f.u.Add(st), nil
}

// drawStream makes that stream.
func (f *form) drawStream(look widget.Look, turn int) (*pdf.Stream, error) {
	content, err := look.Draw()
	if err != nil {
		return nil, err
	}
	p, err := f.d.palette()
	if err != nil {
		return nil, err
	}
	content, resources, err := p.recolour(content, pdf.NewDict())
	if err != nil {
		return nil, err
	}
	if content, err = pdf.Deflate(content); err != nil {
		return nil, err
	}
	st := formXObject(pdf.Rect{X1: look.Width, Y1: look.Height}, upright(turn), content)
	st.Dict = st.Dict.With("Resources", resources).With("Filter", pdf.Name("FlateDecode"))
	return st, nil
}

// lookFault returns the error of this package for one of drawing.
func lookFault(err error) error {
	switch {
	case errors.Is(err, widget.ErrNoGlyph):
		return fmt.Errorf("%w: %w", ErrNoGlyph, err)
	case errors.Is(err, widget.ErrTooLong):
		return fmt.Errorf("%w: %w", ErrTooLong, err)
	}
	return err
}

// drawStates sets which of its states a button shows, and draws the states if it has
// none (ISO 32000-2, 12.7.5.2.3).
func (f *form) drawStates(l looks, ref pdf.Ref, w *pdf.Dict, look widget.Look, turn int) error {
	v, err := l.inherited(w, "V")
	if err != nil {
		return err
	}
	value, _ := v.(pdf.Name)
	ap, err := l.f.Dict(w.Get("AP"))
	if err != nil {
		return err
	}
	n, err := l.f.Resolve(ap.Get("N"))
	if err != nil {
		return err
	}
	const off = pdf.Name("Off")
	states, _ := n.(*pdf.Dict)
	on := pdf.Name("Yes")
	if value != "" && value != off {
		on = value
	}
	if states != nil {
		for _, e := range states.Entries {
			if e.Key != off {
				on = e.Key
			}
		}
	}
	as := off
	if value == on {
		as = on
	}
	if states.Get(on) != nil {
		if w.Get("AS") != as {
			f.u.Set(ref, w.With("AS", as))
		}
		return nil
	}
	drawn := pdf.NewDict()
	for _, state := range []pdf.Name{on, off} {
		look.On = state == on
		st, err := f.drawLook(look, turn)
		if err != nil {
			return err
		}
		drawn = drawn.With(state, st)
	}
	f.u.Set(ref, w.With("AP", pdf.NewDict(pdf.Name("N"), drawn)).With("AS", as))
	return nil
}
