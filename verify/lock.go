package verify

import (
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// fieldLock is what a signature's FieldMDP transform locks (ISO 32000-2,
// 12.8.2.4).
type fieldLock struct {
	action string // All, Include, Exclude
	fields []string
}

// covers tells whether the lock holds a field. Names are compared part by part:
// Sig1 does not hold Sig10, and holds Sig1.Date (A29).
func (l *fieldLock) covers(name string) bool {
	if l == nil {
		return false
	}
	named := false
	for _, f := range l.fields {
		if name == f || strings.HasPrefix(name, f+".") {
			named = true
		}
	}
	switch l.action {
	case "Include":
		return named
	case "Exclude":
		return !named
	}
	return true // All, and anything that is not understood
}

// names tells whether a lock names a field itself: one that locks everything names
// none.
func (l *fieldLock) names(name string) bool {
	return l != nil && l.action == "Include" && l.covers(name)
}

// transforms reads the signature reference dictionaries: DocMDP and FieldMDP.
func (v *verifier) transforms(c *candidate) {
	refs, err := v.f.Array(c.dict.Get("Reference"))
	if err != nil {
		c.fail(TotalFailed, FormatFailure, SigDocMDP)
		return
	}
	for _, o := range refs {
		ref, err := v.f.Dict(o)
		if err != nil || ref == nil {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
			return
		}
		params, err := v.f.Dict(ref.Get("TransformParams"))
		if err != nil {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
			return
		}
		switch ref.Get("TransformMethod") {
		case pdf.Name("DocMDP"):
			c.DocMDP = 2 // the default of table 257
			if p, ok := params.Get("P").(pdf.Integer); ok {
				c.DocMDP = int(p)
			}
			if c.DocMDP < 1 || c.DocMDP > 3 {
				c.DocMDP = 1
			}
		case pdf.Name("FieldMDP"):
			c.lock = v.readLock(params)
		}
	}
}

func (v *verifier) readLock(params *pdf.Dict) *fieldLock {
	l := &fieldLock{action: "All"}
	if a, ok := params.Get("Action").(pdf.Name); ok {
		l.action = string(a)
	}
	names, err := v.f.Array(params.Get("Fields"))
	if err != nil {
		l.action = "All"
	}
	for _, o := range names {
		if s, ok := o.(pdf.String); ok {
			l.fields = append(l.fields, s.Text())
		}
	}
	return l
}
