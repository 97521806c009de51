package signer

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Errors of this package. A fault of the input itself is an [*InputError].
var (
	ErrEncrypted           = errors.New("signer: the document is encrypted")
	ErrPassword            = errors.New("signer: the document needs a password")
	ErrSigned              = errors.New("signer: the document is already signed")
	ErrNoField             = errors.New("signer: there is no such field, or it cannot be as it is asked for")
	ErrFieldExists         = errors.New("signer: a field of that name exists")
	ErrFieldSigned         = errors.New("signer: the field is already signed")
	ErrOffPage             = errors.New("signer: the box does not lie on the page")
	ErrBoxTooSmall         = errors.New("signer: the appearance is larger than its box")
	ErrNotAllowed          = errors.New("signer: an earlier signature does not allow it")
	ErrStraddle            = errors.New("signer: a seal across pages that cannot be cut")
	ErrUnsupported         = errors.New("signer: a signature of a kind that is not known here")
	ErrPlaceholderTooSmall = errors.New("signer: the signature does not fit the space reserved for it")
)

// InputError says that the input is not a PDF that can be signed, and why.
type InputError struct{ Err error }

// Error names the reason.
func (e *InputError) Error() string { return "signer: unusable document: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *InputError) Unwrap() error { return e.Err }

// Document is an opened PDF. It is not safe for concurrent use; the reader under
// it must stay open and unchanged.
type Document struct {
	f        *pdf.File
	password string
	awaited  map[uint32]bool // numbers that new objects must not have
	scanned  bool            // awaited is known
	colours  *palette        // once it is read
	walks    int             // through the pages, each for one of them
	pages    []pdf.Page      // once it is worth it
	at       map[pdf.Ref]int // object → index in pages
}

// Open reads what is needed of a PDF of size bytes, at most 256 MiB: the
// cross-reference chain, the page tree and the form. Memory does not grow with the
// file. If the cross-references are broken and there is no signature, it reads the
// whole file as readers do, by the objects found in it; a revision written behind it
// then lists them all (ISO 32000-2, 7.5.4). Open returns [ErrPassword] if the file
// needs a password.
func Open(r io.ReaderAt, size int64) (*Document, error) { return OpenPassword(r, size, "") }

// OpenPassword is [Open] for an encrypted file, with the user's or the owner's
// password. What is added to the file is encrypted like the rest, except the signature
// itself (ISO 32000-2, 7.6.2). It returns [ErrEncrypted] if the file does not use the
// standard security handler.
func OpenPassword(r io.ReaderAt, size int64, password string) (*Document, error) {
	f, err := pdf.OpenPassword(r, size, pdf.DefaultLimits(), []byte(password))
	if err != nil {
		return salvage(r, size, err)
	}
	switch err := f.Locked(); {
	case errors.Is(err, pdf.ErrPassword):
		return nil, ErrPassword
	case errors.Is(err, pdf.ErrEncrypted):
		return nil, ErrEncrypted
	case err != nil:
		return nil, &InputError{err}
	}
	if err := walk(f); pdf.Damaged(err) {
		return salvage(r, size, err)
	}
	return &Document{f: f, password: password}, nil
}

// walk reads what every signature depends on: the catalog, the page tree, the form.
func walk(f *pdf.File) error {
	n, err := f.PageCount()
	if err == nil && n == 0 {
		return &pdf.MalformedError{Code: pdf.CodePages, Offset: -1, Detail: "a document without pages"}
	}
	if err != nil {
		return err
	}
	_, err = f.Form()
	return err
}

// inputFault returns an [*InputError] for a fault of the file, and any other error as it is.
func inputFault(err error) error {
	if pdf.IsFault(err) {
		return &InputError{err}
	}
	return err
}

// salvage opens a file that cannot be read for the given reason.
func salvage(r io.ReaderAt, size int64, reason error) (*Document, error) {
	if !pdf.Damaged(reason) {
		return nil, &InputError{reason}
	}
	f, err := pdf.Salvage(r, size, pdf.DefaultLimits())
	if errors.Is(err, pdf.ErrEncrypted) {
		err = ErrEncrypted
	}
	if err == nil {
		err = walk(f)
	}
	switch {
	case err != nil && err.Error() == reason.Error():
		return nil, &InputError{reason}
	case err != nil:
		return nil, &InputError{errors.Join(reason, err)}
	}
	form, err := f.Form()
	if err != nil {
		return nil, &InputError{err}
	}
	if form.Signed() {
		// A section that lists everything would not be a later revision of what was
		// signed.
		return nil, &InputError{errors.Join(reason, ErrSigned)}
	}
	return &Document{f: f}, nil
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

// Fields returns the names of the signature fields in the order of the form, and
// whether each is signed.
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

// FreshName returns a name for a new field that no field of the document has, of whatever
// kind: stem and a number, from 1.
func (d *Document) FreshName(stem string) (string, error) {
	f, err := newForm(d, nil)
	if err != nil {
		return "", err
	}
	return f.fresh(stem), nil
}

// FieldState is a signature field that a document has.
type FieldState struct {
	Name   string
	Signed bool
}

// page returns page n, from 1.
func (d *Document) page(n int) (pdf.Page, error) {
	const few = 4
	switch {
	case n < 1:
		return pdf.Page{}, fmt.Errorf("%w: page %d", ErrOffPage, n)
	case d.pages != nil && n <= len(d.pages):
		return d.pages[n-1], nil
	case d.pages == nil && d.walks < few:
		d.walks++
		if p, err := d.f.Page(n - 1); err == nil {
			return p, nil
		}
	}
	if err := d.index(); err != nil {
		return pdf.Page{}, err
	}
	if n > len(d.pages) {
		return pdf.Page{}, fmt.Errorf("%w: page %d of %d", ErrOffPage, n, len(d.pages))
	}
	return d.pages[n-1], nil
}

// index keeps all pages for quick access.
func (d *Document) index() error {
	if d.pages != nil {
		return nil
	}
	var all []pdf.Page
	err := d.f.Pages(func(_ int, p pdf.Page) bool {
		all = append(all, p)
		return true
	})
	if err != nil {
		return &InputError{err}
	}
	d.at = map[pdf.Ref]int{}
	for i, p := range slices.Backward(all) {
		d.at[p.Ref] = i // the first, if it stands in the tree twice
	}
	d.pages = all
	return nil
}

const pointsPerMM = 72 / 25.4
