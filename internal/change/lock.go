package change

import (
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Lock is what a signature's FieldMDP transform locks (ISO 32000-2, 12.8.2.4).
// A nil Lock locks nothing.
type Lock struct {
	action string // All, Include, Exclude
	fields []string
}

// ReadLock reads the transform parameters of a FieldMDP. Parameters that cannot be read
// lock everything, and so do those with more names than left, which is what all locks of
// a file may have.
func ReadLock(f *pdf.File, params *pdf.Dict, left *int) *Lock {
	l := &Lock{action: "All"}
	if *left <= 0 {
		return l
	}
	action, err := f.Resolve(params.Get("Action"))
	names, err2 := f.Array(params.Get("Fields"))
	a, ok := action.(pdf.Name)
	if *left -= len(names); err != nil || err2 != nil || !ok || *left < 0 {
		return l
	}
	for _, o := range names {
		o, err := f.Resolve(o)
		s, ok := o.(pdf.String)
		if err != nil || !ok {
			return l
		}
		l.fields = append(l.fields, s.Text())
	}
	l.action = string(a)
	return l
}

// Covers reports whether the lock includes a field. Names are compared part by part:
// Sig1 does not include Sig10, but includes Sig1.Date (A29).
func (l *Lock) Covers(name string) bool {
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

// names reports whether a lock names a field itself: one that locks everything names
// none.
func (l *Lock) names(name string) bool {
	return l != nil && l.action == "Include" && l.Covers(name)
}
