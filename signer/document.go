package signer

import (
	"errors"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Errors of this package. Faults of the input itself are *InputError.
var (
	ErrEncrypted           = errors.New("signer: the document is encrypted")
	ErrPassword            = errors.New("signer: the document needs a password")
	ErrSigned              = errors.New("signer: the document is already signed")
	ErrNoField             = errors.New("signer: there is no such signature field")
	ErrFieldExists         = errors.New("signer: a field of that name exists")
	ErrFieldSigned         = errors.New("signer: the field is already signed")
	ErrOffPage             = errors.New("signer: the box does not lie on the page")
	ErrBoxTooSmall         = errors.New("signer: the appearance is larger than its box")
	ErrPlaceholderTooSmall = errors.New("signer: the signature does not fit the space reserved for it")
)

// InputError says that the input is not a PDF that can be signed, and why.
type InputError struct{ Err error }

func (e *InputError) Error() string { return "signer: unusable document: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *InputError) Unwrap() error { return e.Err }

// Document is an opened PDF. It is not safe for concurrent use; the reader under
// it must stay open and unchanged.
type Document struct {
	f *pdf.File
}

// Open reads what is needed of a PDF of size bytes, at most 256 MiB: the
// cross-reference chain, not the objects. Memory does not grow with the file.
// A file that needs a password is refused with ErrPassword.
func Open(r io.ReaderAt, size int64) (*Document, error) { return OpenPassword(r, size, "") }

// OpenPassword is Open for an encrypted file: password is its user's or its
// owner's. What is added to it is encrypted as the file is, but for the
// signature itself (ISO 32000-2, 7.6.2). Other than the standard security handler
// is refused with ErrEncrypted.
func OpenPassword(r io.ReaderAt, size int64, password string) (*Document, error) {
	f, err := pdf.OpenPassword(r, size, pdf.DefaultLimits(), []byte(password))
	if err != nil {
		return nil, &InputError{err}
	}
	switch err := f.Locked(); {
	case errors.Is(err, pdf.ErrPassword):
		return nil, ErrPassword
	case errors.Is(err, pdf.ErrEncrypted):
		return nil, ErrEncrypted
	case err != nil:
		return nil, &InputError{err}
	}
	return &Document{f}, nil
}

// Pages returns the number of pages.
func (d *Document) Pages() (int, error) {
	n, err := d.f.PageCount()
	if err != nil {
		return 0, &InputError{err}
	}
	return n, nil
}

// PageSize returns the size in millimetres of a page as it is displayed. Pages
// count from 1.
func (d *Document) PageSize(page int) (width, height float64, err error) {
	p, err := d.page(page)
	if err != nil {
		return 0, 0, err
	}
	w, h := p.Size()
	return w / pointsPerMM, h / pointsPerMM, nil
}

// Fields returns the names of the signature fields in the order of the form,
// and tells of each whether it is signed.
func (d *Document) Fields() ([]FieldState, error) {
	form, err := d.f.Form()
	if err != nil {
		return nil, &InputError{err}
	}
	var out []FieldState
	for _, fd := range form.Fields {
		if fd.Type == "Sig" {
			out = append(out, FieldState{fd.Name, fd.Dict.Get("V") != nil})
		}
	}
	return out, nil
}

// FieldState is a signature field that a document has.
type FieldState struct {
	Name   string
	Signed bool
}

func (d *Document) page(n int) (pdf.Page, error) {
	if n < 1 {
		return pdf.Page{}, fmt.Errorf("%w: page %d", ErrOffPage, n)
	}
	p, err := d.f.Page(n - 1)
	if err != nil {
		return p, &InputError{err}
	}
	return p, nil
}

const pointsPerMM = 72 / 25.4
