package signer

import (
	"fmt"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// rights are what the signatures in a document still allow further ones to do.
type rights struct {
	signed bool
	docMDP int // of the certification, or of a lock with the same effect; 0 if there is none
	locks  []fieldLock
}

// fieldLock is a FieldMDP transform (ISO 32000-2, 12.8.2.4).
type fieldLock struct {
	action pdf.Name
	fields map[string]bool
}

// readLock reads the action and the names of a lock or of the parameters of FieldMDP. What
// cannot be read locks everything.
func readLock(f *pdf.File, d *pdf.Dict) (fieldLock, error) {
	l := fieldLock{fields: map[string]bool{}}
	o, err := f.Resolve(d.Get("Action"))
	if err != nil {
		return l, err
	}
	l.action, _ = o.(pdf.Name)
	names, err := f.Array(d.Get("Fields"))
	for _, n := range names {
		if n, err = f.Resolve(n); err != nil {
			return l, err
		}
		s, ok := n.(pdf.String)
		if !ok {
			l.action = "All"
			break
		}
		l.fields[s.Text()] = true
	}
	return l, err
}

// covers reports whether the lock includes a field; names are compared part by part.
func (l fieldLock) covers(name string) bool {
	named := l.fields[name]
	for i := range len(name) {
		named = named || name[i] == '.' && l.fields[name[:i]]
	}
	switch l.action {
	case "Include":
		return named
	case "Exclude":
		return !named
	}
	return true
}

// maxSignatures is how many signatures and document timestamps a document may
// have; verifiers refuse more.
const maxSignatures = 1024

// findSigned returns the signed fields of a document that will get more of them.
func (d *Document) findSigned(more int) ([]pdf.Field, error) {
	form, err := d.f.Form()
	if err != nil {
		return nil, &InputError{err}
	}
	var out []pdf.Field
	for _, fd := range form.Fields {
		if fd.Type != "Sig" || fd.Dict.Get("V") == nil {
			continue
		}
		if len(out)+more == maxSignatures {
			return nil, &InputError{&pdf.LimitError{Resource: "SIGNATURES", Limit: maxSignatures}}
		}
		out = append(out, fd)
	}
	return out, nil
}

// readRights reads the transforms of every signature.
func (d *Document) readRights() (rights, error) {
	var out rights
	signed, err := d.findSigned(1)
	if err != nil {
		return out, err
	}
	for _, fd := range signed {
		out.signed = true
		if err := out.readLock(d.f, fd.Dict); err != nil {
			return out, &InputError{err}
		}
		v, err := d.f.Dict(fd.Dict.Get("V"))
		if err != nil {
			return out, &InputError{err}
		}
		if v == nil || v.Get("Reference") == nil {
			continue
		}
		refs, err := d.f.Array(v.Get("Reference"))
		if err != nil {
			return out, &InputError{err}
		}
		for _, o := range refs {
			if err := out.read(d.f, o); err != nil {
				return out, &InputError{err}
			}
		}
	}
	return out, nil
}

func (r *rights) restrict(p int) {
	if r.docMDP == 0 || p < r.docMDP {
		r.docMDP = p
	}
}

// readLock reads what the lock of a signed field requires of the whole document (ISO
// 32000-2, table 236).
func (r *rights) readLock(f *pdf.File, field *pdf.Dict) error {
	lock, err := f.Dict(field.Get("Lock"))
	if err != nil {
		return err
	}
	return r.readPermission(f, lock, 0)
}

// readPermission reads a /P, which may be an indirect object; none stands for an absent
// one. One that is not understood permits nothing, as verifiers take it.
func (r *rights) readPermission(f *pdf.File, d *pdf.Dict, none int) error {
	o, err := f.Resolve(d.Get("P"))
	if err != nil {
		return err
	}
	p, ok := o.(pdf.Integer)
	switch {
	case o == nil && none == 0:
	case o == nil:
		r.restrict(none)
	case !ok || p < 1 || p > 3:
		r.restrict(1)
	default:
		r.restrict(int(p))
	}
	return nil
}

func (r *rights) read(f *pdf.File, o pdf.Object) error {
	ref, err := f.Dict(o)
	if err != nil || ref == nil {
		return err
	}
	params, err := f.Dict(ref.Get("TransformParams"))
	if err != nil {
		return err
	}
	method, err := f.Resolve(ref.Get("TransformMethod"))
	if err != nil {
		return err
	}
	switch method {
	case pdf.Name("DocMDP"):
		return r.readPermission(f, params, 2) // the default of table 257
	case pdf.Name("FieldMDP"):
		l, err := readLock(f, params)
		if err != nil {
			return err
		}
		r.locks = append(r.locks, l)
		return r.readPermission(f, params, 0)
	}
	return nil
}

// checkRequest refuses a signing that would break an earlier signature.
func (r *rights) checkRequest(req Request, form *form) error {
	if req.Certify != NoCertification && r.signed {
		return fmt.Errorf("%w: a certification must be the first signature", ErrSigned)
	}
	if r.docMDP == 1 {
		return fmt.Errorf("%w: the certification allows no further signature", ErrNotAllowed)
	}
	if f := req.NewField; r.docMDP == 2 && f != nil && (f.Box != Box{} || f.Straddle != nil || len(f.Also) > 0) {
		return fmt.Errorf("%w: the certification allows no new field that can be seen", ErrNotAllowed)
	}
	touched := []string{req.Field}
	if req.NewField != nil {
		touched = []string{req.NewField.Name}
	}
	for _, v := range req.Fill {
		touched = append(touched, form.fieldNames([]string{v.Field})...)
	}
	for _, name := range touched {
		if r.locked(name) {
			return fmt.Errorf("%w: field %q is locked by an earlier signature", ErrNotAllowed, name)
		}
	}
	return nil
}

func (r *rights) locked(name string) bool {
	return slices.ContainsFunc(r.locks, func(l fieldLock) bool { return l.covers(name) })
}
