package signer

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// CheckFill returns the error that [Sign] would return for what is filled in with the
// signature of a field: a [*ValueError] if a rule of a field refuses it, or [ErrTooLong],
// [ErrNoGlyph], [ErrNoField] or [ErrNotAllowed]. It is for those who ask a signer to agree
// before a key is used. It does not look at what earlier signatures allow.
func (d *Document) CheckFill(field string, fill []Value) error {
	form, err := newForm(d, d.f.NewUpdate(d.awaited))
	if err != nil {
		return err
	}
	form.measured = true
	_, _, _, err = form.fillFor(Request{Field: field, Fill: fill})
	return err
}

// fillFor finds the signature field of a request and what its signature locks, and fills in
// what the request does.
func (f *form) fillFor(req Request) (ref pdf.Ref, field, lock *pdf.Dict, err error) {
	if ref, err = f.target(req); err != nil {
		return ref, nil, nil, err
	}
	if field, err = f.u.Dict(ref); err != nil {
		return ref, nil, nil, &InputError{err}
	}
	if lock, err = f.lockOf(field, req); err != nil {
		return ref, nil, nil, err
	}
	if err = f.checkFill(req.Fill, lock); err == nil {
		err = f.fillIn(req.Fill)
	}
	return ref, field, lock, err
}

// fillIn fills fields. Only existing empty fields are filled.
func (f *form) fillIn(values []Value) error {
	for _, v := range values {
		s, ok := f.slot(v.Field)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoField, v.Field)
		}
		switch old, err := f.value(s); {
		case err != nil:
			return inputFault(err)
		case old != "":
			return fmt.Errorf("%w: field %q is filled already", ErrNotAllowed, v.Field)
		}
		var err error
		if s.choice {
			err = f.choose(s, v)
		} else {
			err = f.fill(s.fields[0], v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *form) fill(fd pdf.Field, v Value) error {
	flags, err := f.flags(fd)
	if err != nil {
		return inputFault(err)
	}
	push := fd.Type == "Btn" && flags&flagPush != 0
	switch {
	case push != (v.Picture != nil) && !v.open():
		return fmt.Errorf("%w: %q does not take a value of this kind", ErrNoField, v.Field)
	case fd.Type != "Tx" && fd.Type != "Ch" && fd.Type != "Btn":
		return fmt.Errorf("%w: %q is no field to be filled", ErrNoField, v.Field)
	case v.open() && (fd.Type != "Tx" || fd.Dict.Get(ruleKey) == nil && flags&flagReadOnly == 0):
		return f.leaveOpen(fd)
	case push:
		return f.fillPicture(fd, v.Picture)
	case fd.Type == "Tx":
		return f.fillText(fd, v.Text, flags)
	case fd.Type == "Ch":
		return f.fillOption(fd, v.Text, flags)
	}
	return f.tick(fd, v.Text)
}

// widgets calls change for each widget of a field, with its page, and gives it the entries
// that change returns.
func (f *form) widgets(fd pdf.Field, change func(w *pdf.Dict, page pdf.Page, rect pdf.Rect) (*pdf.Dict, error)) error {
	at := fd.Kids
	if len(at) == 0 {
		at = []pdf.Ref{fd.Ref}
	}
	for _, ref := range at {
		w, err := f.u.Dict(ref)
		if err != nil {
			return &InputError{err}
		}
		rect, err := f.d.f.Rect(w.Get("Rect"))
		if err != nil {
			return &InputError{err}
		}
		page, err := f.pageOf(ref, w)
		if err != nil {
			return err
		}
		if w, err = change(w, page, rect); err != nil {
			return err
		}
		f.u.Set(ref, w)
	}
	return nil
}

// leaveOpen writes an empty field again: to some verifiers, a field that a signature locks
// was changed by whoever wrote it before the lock.
func (f *form) leaveOpen(fd pdf.Field) error {
	return f.widgets(fd, func(w *pdf.Dict, _ pdf.Page, _ pdf.Rect) (*pdf.Dict, error) { return w, nil })
}

// setValue gives a field its value.
func (f *form) setValue(fd pdf.Field, v pdf.Object) error {
	d, err := f.u.Dict(fd.Ref)
	if err != nil {
		return &InputError{err}
	}
	f.u.Set(fd.Ref, d.With("V", v))
	return nil
}

// fillText fills a text field. One whose letters stand in cells is drawn as its form says.
func (f *form) fillText(fd pdf.Field, text string, flags pdf.Integer) error {
	if flags&flagPassword != 0 {
		return &ValueError{fd.Name, "takes a password, which would be shown to everybody", "是密码框，不能填写"}
	}
	l := looks{f: f.d.f, form: f.old.Dict}
	most, err := l.inherited(fd.Dict, "MaxLen")
	if err != nil {
		return inputFault(err)
	}
	if n, ok := most.(pdf.Integer); ok && n >= 0 && utf8.RuneCountInString(text) > int(min(n, maxShown)) {
		return &ValueError{fd.Name, fmt.Sprintf("takes at most %d characters", n), fmt.Sprintf("最多 %d 个字", n)}
	}
	if err := f.setValue(fd, pdf.TextString(text)); err != nil {
		return err
	}
	if flags&flagComb != 0 && most != nil {
		return f.drawFilled(fd, pdf.TextString(text))
	}
	return f.widgets(fd, func(w *pdf.Dict, page pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		ap, err := f.written(fd.Name, page, rect, fieldSize(w), text, flags&flagMultiline != 0)
		if err != nil || f.measured {
			return w, err
		}
		return w.With("AP", pdf.NewDict(pdf.Name("N"), f.u.Add(ap))), nil
	})
}

// drawFilled draws the widgets of a field as its form says for a value.
func (f *form) drawFilled(fd pdf.Field, v pdf.Object) error {
	faces, err := formFaces()
	if err != nil {
		return err
	}
	l := looks{f: f.d.f, form: f.old.Dict, faces: faces}
	return f.widgets(fd, func(w *pdf.Dict, _ pdf.Page, _ pdf.Rect) (*pdf.Dict, error) {
		look, turn, err := l.read(fd, w.With("V", v))
		if err != nil {
			return nil, inputFault(err)
		}
		ap, err := f.drawLook(look, turn)
		if err != nil {
			return nil, err
		}
		return w.With("AP", pdf.NewDict(pdf.Name("N"), ap)), nil
	})
}

// fillOption takes an option of a list, by its export value or as it is shown; a list that
// may be edited takes any text. The value is the export value (ISO 32000-2, table 234).
func (f *form) fillOption(fd pdf.Field, text string, flags pdf.Integer) error {
	l := looks{f: f.d.f, form: f.old.Dict}
	exports, shown, err := l.options(fd.Dict)
	if err != nil {
		return inputFault(err)
	}
	i := slices.Index(exports, text)
	if i < 0 {
		i = slices.Index(shown, text)
	}
	export := text
	switch {
	case i >= 0:
		export, text = exports[i], shown[i]
	case flags&flagCombo == 0 || flags&flagEdit == 0:
		return &ValueError{fd.Name, fmt.Sprintf("has no option %q", text), "没有这个选项"}
	}
	if flags&flagCombo == 0 {
		if err := f.setValue(fd, pdf.TextString(export)); err != nil {
			return err
		}
		return f.drawFilled(fd, pdf.TextString(export))
	}
	if err := f.fillText(fd, text, 0); err != nil {
		return err
	}
	return f.setValue(fd, pdf.TextString(export))
}

// tick turns on the widgets of a button that have a state, and the others off. A state may
// be called as the field's options call it.
func (f *form) tick(fd pdf.Field, state string) error {
	exports, _, err := looks{f: f.d.f}.options(fd.Dict)
	if err != nil {
		return inputFault(err)
	}
	n, value := 0, pdf.Name("")
	err = f.widgets(fd, func(w *pdf.Dict, _ pdf.Page, _ pdf.Rect) (*pdf.Dict, error) {
		states, err := f.statesOf(w)
		if err != nil {
			return nil, inputFault(err)
		}
		as := stateOff
		for _, s := range states {
			if s == pdf.Name(state) || n < len(exports) && exports[n] == state {
				as, value = s, s
			}
		}
		n++
		return w.With("AS", as), nil
	})
	if err != nil {
		return err
	}
	if value == "" {
		return &ValueError{fd.Name, fmt.Sprintf("has no state %q", state), "没有这个选项"}
	}
	return f.setValue(fd, value)
}

// choose presses the button of a RadioGroup that has a value.
func (f *form) choose(s slot, v Value) error {
	known := v.open()
	for _, fd := range s.fields {
		states, err := f.statesOf(fd.Dict)
		if err != nil {
			return inputFault(err)
		}
		if v.Picture == nil && v.Text != "" && slices.Contains(states, pdf.Name(v.Text)) && !known {
			known, err = true, f.tick(fd, v.Text)
		} else {
			err = f.leaveOpen(fd)
		}
		if err != nil {
			return err
		}
	}
	if !known {
		return &ValueError{s.name, fmt.Sprintf("has no state %q", v.Text), "没有这个选项"}
	}
	return nil
}

func (f *form) fillPicture(fd pdf.Field, a Appearance) error {
	art, err := f.artwork(a)
	if err != nil {
		return err
	}
	return f.widgets(fd, func(w *pdf.Dict, page pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		ap, err := art.stamp(page, rect)
		if err != nil {
			return nil, err
		}
		return f.pressed(w, ap), nil
	})
}
