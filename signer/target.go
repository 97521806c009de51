package signer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// target returns the field to sign: the named one, or a new one.
func (f *form) target(req Request) (pdf.Ref, error) {
	if req.NewField != nil {
		return f.add(*req.NewField)
	}
	fd, ok := f.find(req.Field)
	if !ok || fd.Type != "Sig" {
		return pdf.Ref{}, fmt.Errorf("%w: %q", ErrNoField, req.Field)
	}
	if fd.Dict.Get("V") != nil {
		return pdf.Ref{}, fmt.Errorf("%w: %q", ErrFieldSigned, req.Field)
	}
	return fd.Ref, nil
}

// lockOf returns what the signature of a field locks: the field's own lock, what the
// request adds, and the fields that it fills, since to verifiers these are filled by a
// signer only if the signature locks them. Nil locks nothing.
func (f *form) lockOf(field *pdf.Dict, req Request) (*pdf.Dict, error) {
	var lock *pdf.Dict
	switch v := field.Get("Lock").(type) {
	case *pdf.Dict:
		lock = v
	case pdf.Ref:
		d, err := f.u.Dict(v)
		if err != nil {
			return nil, &InputError{err}
		}
		lock = d
	}
	var more []string
	for _, v := range req.Fill {
		more = append(more, v.Field)
	}
	more = f.fieldNames(more)
	action, _ := lock.Get("Action").(pdf.Name)
	if req.Lock != nil {
		for _, n := range req.Lock.Fields {
			if !f.names[n] {
				return nil, fmt.Errorf("%w: %q, which was to be locked", ErrNoField, n)
			}
		}
		switch {
		case lock == nil || req.Lock.All:
			l := *req.Lock
			if !l.All {
				l.Fields = append(f.fieldNames(l.Fields), more...)
			}
			return l.dict(), nil
		case action != "Include":
			return nil, fmt.Errorf("%w: the field has a lock of another kind", ErrNotAllowed)
		}
		more = append(more, f.fieldNames(req.Lock.Fields)...)
	}
	switch {
	case lock == nil && len(more) == 0:
		return nil, nil
	case lock == nil:
		return Lock{Fields: more}.dict(), nil
	case action == "All":
		return lock, nil
	}
	return f.lockMore(lock, action, more)
}

// lockMore adds fields to a lock that names some, or all but some.
func (f *form) lockMore(lock *pdf.Dict, action pdf.Name, more []string) (*pdf.Dict, error) {
	held, err := f.d.f.Array(lock.Get("Fields"))
	if err != nil {
		return nil, &InputError{err}
	}
	l, err := readLock(f.d.f, lock)
	if err != nil {
		return nil, inputFault(err)
	}
	names := slices.Clone(held)
	for _, n := range more {
		switch {
		case l.covers(n):
		case action == "Exclude":
			return nil, fmt.Errorf("%w: the field's lock leaves out %q, which is to be filled", ErrNotAllowed, n)
		default:
			names = append(names, pdf.TextString(n))
		}
	}
	return lock.With("Fields", names), nil
}

// show gives the field's widget its appearance, and also the buttons that its lock
// names.
func (f *form) show(ref pdf.Ref, field, lock *pdf.Dict, a Appearance) (*pdf.Dict, error) {
	art, err := f.artwork(a)
	if err != nil {
		return nil, err
	}
	at, widget, err := f.widgetOf(ref, field)
	if err != nil {
		return nil, err
	}
	copies, cut, err := f.buttonsOf(ref, field, lock)
	if err != nil {
		return nil, err
	}
	if err := f.showCopies(copies, art); err != nil {
		return nil, err
	}
	if err := f.showSlices(cut, art); err != nil {
		return nil, err
	}
	rect, err := f.d.f.Rect(widget.Get("Rect"))
	if err != nil {
		return nil, &InputError{err}
	}
	if len(cut) > 0 && rect.Width() == 0 {
		return field, nil // only a 骑缝章
	}
	page, err := f.pageOf(at, widget)
	if err != nil {
		return nil, err
	}
	ap, err := art.stamp(page, rect)
	if err != nil {
		return nil, err
	}
	widget = widget.With("AP", pdf.NewDict(pdf.Name("N"), f.u.Replace(appearance(widget), ap)))
	if at == ref {
		return widget, nil
	}
	f.u.Set(at, widget)
	return field, nil
}

// widgetOf returns the annotation of a signature field: the field itself, or its only
// Kid if another program separated them. A widget that is never visible shows no seal,
// and is refused.
func (f *form) widgetOf(ref pdf.Ref, field *pdf.Dict) (pdf.Ref, *pdf.Dict, error) {
	const unseen = 2 | 32 // Hidden, NoView (ISO 32000-2, table 167)
	at, widget := ref, field
	for _, fd := range f.old.Fields {
		if fd.Ref != ref || len(fd.Kids) == 0 {
			continue
		}
		if len(fd.Kids) > 1 {
			return at, nil, fmt.Errorf("%w: it has %d widgets", ErrNoField, len(fd.Kids))
		}
		at = fd.Kids[0]
		d, err := f.u.Dict(at)
		if err != nil {
			return at, nil, &InputError{err}
		}
		widget = d
	}
	if flags, _ := widget.Get("F").(pdf.Integer); flags&unseen != 0 {
		return at, nil, fmt.Errorf("%w: its widget is hidden", ErrNoField)
	}
	return at, widget, nil
}

// buttonsOf returns the buttons that also show a signature, in order: those just made,
// or those that its lock names. A lock on every field names none, and means all buttons
// of the field. Slices have a side.
func (f *form) buttonsOf(ref pdf.Ref, field, lock *pdf.Dict) (copies, cut []pdf.Ref, err error) {
	all, made := f.buttons[ref]
	if !made && lock != nil {
		t, _ := field.Get("T").(pdf.String)
		locked, err := f.locked(lock)
		if err != nil {
			return nil, nil, err
		}
		for _, fd := range locked {
			ours := strings.HasPrefix(fd.Name, t.Text()+sliceMark) || strings.HasPrefix(fd.Name, t.Text()+copyMark)
			if ours && fd.Type == "Btn" {
				all = append(all, fd.Ref)
			}
		}
	}
	for _, b := range all {
		d, err := f.u.Dict(b)
		if err != nil {
			return nil, nil, &InputError{err}
		}
		if d.Get(sideKey) != nil {
			cut = append(cut, b)
		} else {
			copies = append(copies, b)
		}
	}
	return copies, cut, nil
}

// locked returns the fields that a lock includes.
func (f *form) locked(lock *pdf.Dict) ([]pdf.Field, error) {
	if lock == nil {
		return nil, nil
	}
	l, err := readLock(f.d.f, lock)
	if err != nil {
		return nil, inputFault(err)
	}
	var out []pdf.Field
	for _, fd := range f.old.Fields {
		if l.covers(fd.Name) {
			out = append(out, fd)
		}
	}
	return out, nil
}

// pageOf returns the page that a widget stands on: the one it names, or, since /P is
// optional, the one that lists it.
func (f *form) pageOf(at pdf.Ref, widget *pdf.Dict) (pdf.Page, error) {
	ref, ok := widget.Get("P").(pdf.Ref)
	if !ok {
		return f.pageListing(at)
	}
	if p, ok := f.on[ref]; ok {
		return p, nil
	}
	if err := f.d.index(); err != nil {
		return pdf.Page{}, err
	}
	i, ok := f.d.at[ref]
	if !ok {
		return pdf.Page{}, fmt.Errorf("%w: its widget's page is not in the document", ErrNoField)
	}
	return f.d.pages[i], nil
}

// pageListing returns the first page that lists a widget among its annotations.
func (f *form) pageListing(widget pdf.Ref) (pdf.Page, error) {
	var page pdf.Page
	found := false
	var bad error
	err := f.d.f.Pages(func(_ int, p pdf.Page) bool {
		var a pdf.Array
		var o pdf.Object
		o, bad = f.d.f.Resolve(p.Dict.Get("Annots"))
		a, _ = o.(pdf.Array)
		if bad == nil && slices.Contains(a, pdf.Object(widget)) {
			page, found = p, true
		}
		return bad == nil && !found
	})
	if err = errors.Join(err, bad); err != nil {
		return page, &InputError{err}
	}
	if !found {
		return page, fmt.Errorf("%w: its widget is on no page", ErrNoField)
	}
	return page, nil
}
