package signer

import (
	"context"
	"errors"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Normalize writes an unsigned PDF as one clean revision: a file that was saved
// several times, whose cross-reference chain is broken, or that carries scripts
// and other actions becomes one that every reader reads alike. Active content
// (A33: JavaScript, launch, submit and import actions, XFA) is left out. Text,
// pictures, fonts and links are copied as they are. A signed file is refused
// with ErrSigned, an encrypted one with ErrEncrypted.
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
	if err := ctx.Err(); err != nil {
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

// readable walks what a signature rests on.
func readable(f *pdf.File) error {
	if f.Encrypted() {
		return pdf.ErrEncrypted
	}
	if err := f.Check(); err != nil {
		return err
	}
	return walk(f)
}
