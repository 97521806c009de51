package signer

import (
	"context"
	"errors"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Normalize writes an unsigned PDF as one clean revision that every reader reads alike.
// This helps if the file was saved several times, its cross-reference chain is broken,
// or it has scripts and other actions. Active content (A33: JavaScript, launch, submit
// and import actions, XFA) is left out. Text, pictures, fonts and links are copied as
// they are. A form that asks readers to draw its fields has them drawn. It returns a
// [*Finding] if its pages are made from an XFA form, [ErrSigned] if it is signed, and
// [ErrEncrypted] if it is encrypted.
func Normalize(ctx context.Context, w io.Writer, r io.ReaderAt, size int64) error {
	f, err := pdf.Open(r, size, pdf.DefaultLimits())
	if err == nil {
		if err = readable(f); err == nil {
			_, err = f.Active() // reads every object there is
		}
	}
	if pdf.Damaged(err) {
		if f, err = pdf.Salvage(r, size, pdf.DefaultLimits()); err == nil {
			err = readable(f)
		}
	}
	switch {
	case errors.Is(err, pdf.ErrEncrypted):
		return ErrEncrypted
	case err != nil:
		return &InputError{err}
	}
	form, err := f.Form()
	if err != nil {
		return &InputError{err}
	}
	if form.Signed() {
		return ErrSigned
	}
	if err := (&Document{f: f}).stop(Request{}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if f, err = answered(ctx, f); err != nil {
		return err
	}
	if err := pdf.Rewrite(w, f); err != nil {
		var bad *pdf.MalformedError
		var big *pdf.LimitError
		if errors.As(err, &bad) || errors.As(err, &big) {
			return &InputError{err}
		}
		return err
	}
	return nil
}

// answered returns the file as it is once the fields are drawn that it asks readers to
// draw.
func answered(ctx context.Context, f *pdf.File) (*pdf.File, error) {
	d := &Document{f: f}
	fm, err := newForm(d, nil)
	if err != nil {
		return nil, err
	}
	if ask, err := fm.needsAppearances(); err != nil || !ask {
		return f, inputFault(err)
	}
	if err := d.startAwaited(ctx)(); err != nil {
		return nil, err
	}
	fm.u = f.NewUpdate(d.awaited)
	dict, err := fm.drawn(fm.old.Dict)
	if err == nil {
		err = fm.setDict(dict)
	}
	if err != nil {
		return nil, inputFault(err)
	}
	l, err := fm.u.Layout()
	if err != nil {
		return nil, inputFault(err)
	}
	g := newGrowing(d)
	g.tail = l.Bytes
	if d, err = g.open(); err != nil {
		return nil, err
	}
	return d.f, nil
}

// readable walks through what a signature depends on.
func readable(f *pdf.File) error {
	if f.Encrypted() {
		return pdf.ErrEncrypted
	}
	if err := f.Check(); err != nil {
		return err
	}
	return walk(f)
}
