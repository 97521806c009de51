package verify

import (
	"github.com/dajiaqian/dajiaqian/internal/change"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Permissions of ISO 32000-2, tables 236 and 257. Zero permits what the policy does.
const (
	permitNothing = 1
	permitForms   = 2
	permitNotes   = 3
)

// Limits of transforms: of one signature, and of the names in all of them.
const (
	maxTransforms = 64
	maxLockNames  = 200_000
)

// readTransforms reads what a signature permits later: its DocMDP and FieldMDP references
// (ISO 32000-2, 12.8.2) and the lock of its field (12.7.5.5). Every part may be an
// indirect object (A40). What cannot be read permits nothing.
func (v *verifier) readTransforms(c *candidate) {
	bad := func() { c.fail(TotalFailed, FormatFailure, SigDocMDP) }
	refs, err := v.f.Array(c.dict.Get("Reference"))
	if err != nil || len(refs) > maxTransforms {
		bad()
		return
	}
	for _, o := range refs {
		ref, err := v.f.Dict(o)
		if err != nil || ref == nil {
			bad()
			return
		}
		method, err := v.f.Resolve(ref.Get("TransformMethod"))
		if err != nil {
			bad()
			return
		}
		params, err := v.f.Dict(ref.Get("TransformParams"))
		if err != nil {
			bad()
			return
		}
		switch method {
		case pdf.Name("DocMDP"):
			c.DocMDP = v.readPermission(params, permitForms)
			c.permit(c.DocMDP)
		case pdf.Name("FieldMDP"):
			c.locks = append(c.locks, change.ReadLock(v.f, params, &v.lockNames))
			c.permit(v.readPermission(params, 0))
		}
	}
	v.readFieldLock(c)
}

// readFieldLock reads the lock of the signature's own field. Its fields count if no
// FieldMDP repeats them.
func (v *verifier) readFieldLock(c *candidate) {
	field, err := v.f.Dict(c.field)
	if err != nil || field == nil || field.Get("Lock") == nil {
		return
	}
	lock, err := v.f.Dict(field.Get("Lock"))
	if err != nil || lock == nil {
		c.fail(TotalFailed, FormatFailure, SigFieldLock)
		return
	}
	c.permit(v.readPermission(lock, 0))
	if len(c.locks) == 0 {
		c.locks = append(c.locks, change.ReadLock(v.f, lock, &v.lockNames))
	}
}

// readPermission reads a /P (A41): none if it is absent, and nothing is permitted by one
// that is not understood.
func (v *verifier) readPermission(d *pdf.Dict, none int) int {
	o, err := v.f.Resolve(d.Get("P"))
	switch {
	case err != nil:
		return permitNothing
	case o == nil:
		return none
	}
	if p, ok := o.(pdf.Integer); ok && p >= permitNothing && p <= permitNotes {
		return int(p)
	}
	return permitNothing
}

// permit adds a permission: the strictest counts.
func (c *candidate) permit(p int) {
	if p > 0 && (c.permission == 0 || p < c.permission) {
		c.permission = p
	}
}

// checkPermissions applies what a signature permits to a later revision.
func (v *verifier) checkPermissions(c *candidate, g change.Revision) {
	level := ChangeLevel(g.Level)
	if p := c.permission; p > 0 {
		allowed := [...]ChangeLevel{permitNothing: ChangeLTA, permitForms: ChangeForm, permitNotes: ChangeAnnotation}[p]
		if level > allowed || p <= permitForms && (g.NewVisible || g.Described) {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
		}
	}
	for _, t := range g.Touched {
		for _, l := range c.locks {
			if !t.Archive && l.Covers(t.Field) {
				c.fail(TotalFailed, FormatFailure, SigFieldLock)
			}
		}
	}
}

// checkCertification checks A28: at most one certification, and it comes first.
func (v *verifier) checkCertification() {
	for i, c := range v.sigs {
		if c.DocMDP > 0 && i > 0 {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
		}
	}
}
