package change

import (
	"maps"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// The document security store may grow, and its lists may lose members (A26): it holds
// only candidates, and no verdict depends on its order or keys. Only new streams may be
// added to it, never objects from outside it.

var dssLists = []pdf.Name{"Certs", "OCSPs", "CRLs"}

// checkDSSPart checks a changed object that is a part of the store.
func (s *step) checkDSSPart(num uint32, a, b pdf.Object) bool {
	x, _ := a.(*pdf.Dict)
	y, _ := b.(*pdf.Dict)
	switch {
	case s.reached(num, s.root, "DSS"):
		s.checkDSSDict(x, y)
	case s.reachedBy(num, s.isStore, dssLists...):
		if !s.dssList(a, b) {
			s.other(DSSListObjectChanged, object(num))
			return true
		}
		s.raise(LTA, DSSChanged)
	case s.reachedBy(num, s.isStore, "VRI"):
		s.checkVRI(x, y)
	case s.isVRIEntry(num):
		if s.checkVRIEntry(x, y) {
			s.raise(LTA, DSSChanged)
		}
	default:
		return false
	}
	return true
}

// isStore reports whether an object is the DSS, or the catalog that holds it.
func (s *step) isStore(num uint32) bool {
	cat, _, err := s.prev.Catalog()
	if err != nil {
		return false
	}
	if ref, ok := cat.Get("DSS").(pdf.Ref); ok {
		return num == ref.Num
	}
	return num == s.root
}

// checkDSSValue checks the catalog's /DSS.
func (s *step) checkDSSValue(was, now pdf.Object) {
	if ref, ok := now.(pdf.Ref); ok && !s.isNew(ref) {
		s.other(DSSTakesPart)
		return
	}
	a, err := s.prev.Dict(was)
	b, err2 := s.cur.Dict(now)
	if err != nil || err2 != nil {
		s.other(DSSNoDictionary)
		return
	}
	s.checkDSSDict(a, b)
}

func (s *step) checkDSSDict(a, b *pdf.Dict) {
	if b == nil {
		s.other(DSSRemoved)
		return
	}
	if a == nil {
		a = &pdf.Dict{}
	}
	if b.Duplicate {
		s.other(DSSKeyTwice)
		return
	}
	for _, key := range pdf.DiffKeys(a, b) {
		switch {
		case slices.Contains(dssLists, key):
			if ref, ok := b.Get(key).(pdf.Ref); ok && ref != a.Get(key) && !s.isNew(ref) {
				s.other(DSSListTakesPart, string(key))
				return
			}
			was, err := s.prev.Array(a.Get(key))
			now, err2 := s.cur.Array(b.Get(key))
			if err != nil || err2 != nil || !s.dssList(orEmpty(was), orEmpty(now)) {
				s.other(DSSListChanged, string(key))
				return
			}
		case key == "VRI":
			if ref, ok := b.Get(key).(pdf.Ref); ok && ref != a.Get(key) && !s.isNew(ref) {
				s.other(VRITakesPart)
				return
			}
			was, err := s.prev.Dict(a.Get(key))
			now, err2 := s.cur.Dict(b.Get(key))
			if err != nil || err2 != nil {
				s.other(VRINoDictionary)
				return
			}
			s.checkVRI(was, now)
		case key == "Type" && (b.Get(key) == nil || b.Get(key) == pdf.Name("DSS")): // it is optional
		default:
			s.other(DSSUnknownKey, string(key))
			return
		}
	}
	s.raise(LTA, DSSChanged)
}

// dssList reports whether a list has only old members and new streams.
func (s *step) dssList(a, b pdf.Object) bool {
	was, ok1 := a.(pdf.Array)
	now, ok2 := b.(pdf.Array)
	if !ok1 || !ok2 || !s.counts(len(was)+len(now)) {
		return false
	}
	old := refs(was)
	for _, o := range now {
		ref, ok := o.(pdf.Ref)
		if !ok {
			return false
		}
		if old[ref] {
			continue
		}
		st, err := s.cur.Object(ref)
		if _, isStream := st.(*pdf.Stream); err != nil || !isStream || !s.isNew(ref) {
			return false
		}
	}
	return true
}

// checkVRI checks the entries of single signatures: old ones keep what they had, new ones
// are named by a SHA-1 and hold known keys.
func (s *step) checkVRI(a, b *pdf.Dict) {
	if b == nil {
		s.other(VRIRemoved)
		return
	}
	if a == nil {
		a = &pdf.Dict{}
	}
	if b.Duplicate {
		s.other(VRIKeyTwice)
		return
	}
	if !s.counts(len(a.Entries) + len(b.Entries)) {
		s.other(VRIEntryMalformed)
		return
	}
	for _, key := range pdf.DiffKeys(a, b) {
		if key == "Type" && (b.Get(key) == nil || b.Get(key) == pdf.Name("VRI")) {
			continue
		}
		if ref, ok := b.Get(key).(pdf.Ref); ok && !s.isNew(ref) || !isVRIKey(string(key)) {
			s.other(VRIUnknownEntry, string(key))
			return
		}
		was, err := s.prev.Dict(a.Get(key))
		now, err2 := s.cur.Dict(b.Get(key))
		if err != nil || err2 != nil || now == nil {
			s.other(VRIEntryMalformed)
			return
		}
		if !s.checkVRIEntry(was, now) {
			return
		}
	}
	s.raise(LTA, DSSChanged)
}

// checkVRIEntry checks the entry of one signature, which may gain evidence, and reports
// whether it is right. was is nil for a new one.
func (s *step) checkVRIEntry(was, now *pdf.Dict) bool {
	if now == nil || now.Duplicate {
		s.other(VRIEntryMalformed)
		return false
	}
	if was == nil {
		was = &pdf.Dict{}
	} else {
		s.raise(LTA, VRIGrew)
	}
	for _, e := range was.Entries {
		if now.Entry(e.Key) == nil {
			s.other(VRIEntryReplaced)
			return false
		}
	}
	for _, e := range now.Entries {
		switch e.Key {
		case "Type", "TU", "TS":
		case "Cert", "OCSP", "CRL":
			had, err := s.prev.Array(was.Get(e.Key))
			has, err2 := s.cur.Array(e.Value)
			if err != nil || err2 != nil || !s.evidence(has, had) {
				s.other(VRIForeignMember)
				return false
			}
			kept := refs(has)
			for ref := range refs(had) {
				if !kept[ref] {
					s.other(VRIEntryReplaced)
					return false
				}
			}
		default:
			s.other(VRIUnknownKey, string(e.Key))
			return false
		}
	}
	return true
}

// isVRIEntry reports whether an object is the entry of one signature, and nothing else.
func (s *step) isVRIEntry(num uint32) bool {
	store, err := s.oldStore()
	if err != nil || store == nil {
		return false
	}
	vri, separate := store.Get("VRI").(pdf.Ref)
	to := s.edges.to[num]
	for _, e := range to {
		switch {
		case separate && e.From == vri.Num && !e.Deep && isVRIKey(string(e.Key)):
		case !separate && e.Key == "VRI" && e.Deep && e.From != s.root && s.isStore(e.From):
		default:
			return false
		}
	}
	return len(to) > 0
}

// oldStore returns the older revision's DSS, nil if there is none.
func (s *step) oldStore() (*pdf.Dict, error) {
	cat, _, err := s.prev.Catalog()
	if err != nil {
		return nil, err
	}
	return s.prev.Dict(cat.Get("DSS"))
}

// evidence reports whether everything an entry lists is a stream that is new, or was in
// the entry or in a list of the store before.
func (s *step) evidence(a, had pdf.Array) bool {
	own, old := refs(had), s.members()
	for _, o := range a {
		ref, ok := o.(pdf.Ref)
		if !ok || !s.isNew(ref) && !old[ref] && !own[ref] {
			return false
		}
		st, err := s.cur.Object(ref)
		if _, ok := st.(*pdf.Stream); err != nil || !ok {
			return false
		}
	}
	return true
}

// counts counts members of the store that are read. It returns false if all revisions read
// too many.
func (s *step) counts(n int) bool {
	s.work.members -= n
	return s.work.members >= 0
}

// refs returns the references in a list.
func refs(a pdf.Array) map[pdf.Ref]bool {
	out := make(map[pdf.Ref]bool, len(a))
	for _, o := range a {
		if ref, ok := o.(pdf.Ref); ok {
			out[ref] = true
		}
	}
	return out
}

// members returns what the older store's lists hold, read once. A list that cannot be read
// holds nothing.
func (s *step) members() map[pdf.Ref]bool {
	if s.evidenceOf != nil {
		return s.evidenceOf
	}
	s.evidenceOf = map[pdf.Ref]bool{}
	store, err := s.oldStore()
	if err != nil {
		return s.evidenceOf
	}
	for _, key := range dssLists {
		list, err := s.prev.Array(store.Get(key))
		if err != nil || !s.counts(len(list)) {
			continue
		}
		maps.Copy(s.evidenceOf, refs(list))
	}
	return s.evidenceOf
}

func isVRIKey(s string) bool {
	if len(s) != 40 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}
