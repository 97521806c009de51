package change

import "github.com/dajiaqian/dajiaqian/internal/pdf"

// acting are the keys that make a field, a widget or an annotation act (A42).
var acting = []pdf.Name{"A", "AA", "PA"}

// checkActs refuses a new field, widget or annotation that acts. An annotation that is no
// widget may lead to another page or an address.
func (s *step) checkActs(num uint32, d *pdf.Dict, note bool) {
	ref := pdf.Ref{Num: num}
	if num > 0 && s.widgets[ref] == Unchecked && !s.added[ref] && d.Get("Subtype") == nil && d.Get("FT") == nil {
		return // an attribute of a structure element is also called A
	}
	for _, key := range acting {
		if d.Get(key) != nil && !(note && key == "A" && s.onlyLeads(d.Get(key))) {
			s.other(ActionAdded, object(num), string(key))
		}
	}
}

// onlyLeads reports whether an action leads to a place in this document or to an address,
// and to no further action.
func (s *step) onlyLeads(o pdf.Object) bool {
	a, err := s.cur.Dict(o)
	if err != nil || a == nil || a.Get("Next") != nil {
		return false
	}
	kind := a.Get("S")
	return kind == pdf.Name("GoTo") || kind == pdf.Name("URI")
}
