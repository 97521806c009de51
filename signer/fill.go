package signer

import (
	"fmt"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/widget"
)

// CheckFill returns the error that [Sign] would return for what is filled in with the
// signature of a field: a [*ValueError] if a rule of a field refuses it, or [ErrTooLong],
// [ErrNoGlyph] or [ErrNoField]. It is for those who ask a signer to agree before a key is
// used.
func (d *Document) CheckFill(field string, fill []Value) error {
	form, err := newForm(d, d.f.NewUpdate(d.awaited))
	if err != nil {
		return err
	}
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
		fd, ok := f.find(v.Field)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoField, v.Field)
		}
		switch old, err := f.valueOf(fd); {
		case err != nil:
			return &InputError{err}
		case old != "":
			return fmt.Errorf("%w: field %q is filled already", ErrNotAllowed, v.Field)
		}
		flags, _ := fd.Dict.Get("Ff").(pdf.Integer)
		push := fd.Type == "Btn" && flags&flagPush != 0
		if push != (v.Picture != nil) && !v.open() {
			return fmt.Errorf("%w: %q does not take a value of this kind", ErrNoField, v.Field)
		}
		var err error
		switch {
		case v.open() && fd.Type != "Tx":
			err = f.leaveOpen(fd)
		case push:
			err = f.fillPicture(fd, v.Picture)
		case fd.Type == "Tx":
			err = f.fillText(fd, v.Text, flags&flagMultiline != 0)
		case fd.Type == "Ch":
			err = f.choose(fd, v.Text)
		case fd.Type == "Btn":
			err = f.tick(fd, v.Text)
		default:
			err = fmt.Errorf("%w: %q is no field to be filled", ErrNoField, v.Field)
		}
		if err != nil {
			return err
		}
	}
	return nil
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

func (f *form) fillText(fd pdf.Field, text string, multiline bool) error {
	if err := f.setValue(fd, pdf.TextString(text)); err != nil {
		return err
	}
	return f.widgets(fd, func(w *pdf.Dict, page pdf.Page, rect pdf.Rect) (*pdf.Dict, error) {
		ap, err := f.written(fd.Name, page, rect, fieldSize(w), text, multiline)
		if err != nil {
			return nil, err
		}
		return w.With("AP", pdf.NewDict(pdf.Name("N"), f.u.Add(ap))), nil
	})
}

// choose takes an option of a list, by its export value or as it is shown.
func (f *form) choose(fd pdf.Field, text string) error {
	look := widget.Look{}
	l := looks{f: f.d.f, form: f.old.Dict}
	if err := l.choice(fd.Dict.With("V", pdf.TextString(text)), flagCombo, &look); err != nil {
		return &InputError{err}
	}
	if !slices.Contains(look.Options, look.Text) {
		return &ValueError{fd.Name, fmt.Sprintf("has no option %q", text), "没有这个选项"}
	}
	return f.fillText(fd, text, false)
}

// tick turns on the widgets of a button that have a state, and the others off.
func (f *form) tick(fd pdf.Field, state string) error {
	known := false
	err := f.widgets(fd, func(w *pdf.Dict, _ pdf.Page, _ pdf.Rect) (*pdf.Dict, error) {
		states, err := f.d.f.Dict(appearance(w))
		if err != nil {
			return nil, &InputError{err}
		}
		as := stateOff
		if states.Get(pdf.Name(state)) != nil {
			known, as = true, pdf.Name(state)
		}
		return w.With("AS", as), nil
	})
	if err != nil {
		return err
	}
	if !known {
		return &ValueError{fd.Name, fmt.Sprintf("has no state %q", state), "没有这个选项"}
	}
	return f.setValue(fd, pdf.Name(state))
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
