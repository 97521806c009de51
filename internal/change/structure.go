package change

import (
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// checkStructure lets the tree of a tagged document gain elements for new widgets (D6):
// arrays are only appended to, and only with new objects.
func (s *step) checkStructure(num uint32, a, b pdf.Object) bool {
	to := s.edges.to[num]
	if len(to) == 0 || slices.ContainsFunc(to, func(e pdf.Edge) bool { return !s.structural(e) }) {
		return false
	}
	grown := func(a, b pdf.Object) bool {
		more, ok := appended(a, b)
		for _, o := range more {
			switch v := o.(type) {
			case pdf.Integer:
			case pdf.Ref:
				ok = ok && s.isNew(v)
			default:
				ok = false
			}
		}
		return ok
	}
	if _, isArray := a.(pdf.Array); isArray {
		if !grown(a, b) {
			return false
		}
	} else {
		x, ok1 := a.(*pdf.Dict)
		y, ok2 := b.(*pdf.Dict)
		if !ok1 || !ok2 || x.Get("Nums") == nil && x.Get("Type") != pdf.Name("StructTreeRoot") && x.Get("Type") != pdf.Name("StructElem") {
			return false
		}
		for _, key := range pdf.DiffKeys(x, y) {
			switch key {
			case "K", "Nums":
				if !grown(asArray(x.Get(key)), asArray(y.Get(key))) {
					return false
				}
			case "ParentTree":
				if !s.keepsParents(x.Get(key), y.Get(key)) {
					return false
				}
			case "ParentTreeNextKey":
				p, _ := x.Get(key).(pdf.Integer)
				if q, ok := y.Get(key).(pdf.Integer); !ok || q < p {
					return false
				}
			default:
				return false
			}
		}
	}
	s.raise(s.structure(), StructureGrew)
	return true
}

// structure is the level of a growth of the structure: it comes with a signature, or with
// what was filled in.
func (s *step) structure() Level {
	if s.byPerson {
		return Sign
	}
	return Form
}

// keepsParents reports whether a parent tree that is new holds all that the older one held
// (A54).
func (s *step) keepsParents(was, now pdf.Object) bool {
	if ref, ok := now.(pdf.Ref); ok && !s.isNew(ref) {
		return false
	}
	had, ok := readNumbers(s.prev, was)
	has, ok2 := readNumbers(s.cur, now)
	if !ok || !ok2 || now == nil {
		return false
	}
	for n, o := range had {
		if !same(o, has[n]) && !s.keepsElements(o, has[n]) {
			return false
		}
	}
	return true
}

// keepsElements reports whether a list of structure elements that was written once more
// begins as it did.
func (s *step) keepsElements(was, now pdf.Object) bool {
	if ref, ok := now.(pdf.Ref); ok && !s.isNew(ref) {
		return false
	}
	a, err := s.prev.Resolve(was)
	b, err2 := s.cur.Resolve(now)
	if err != nil || err2 != nil {
		return false
	}
	more, ok := appended(a, b)
	for _, o := range more {
		ref, isRef := o.(pdf.Ref)
		ok = ok && isRef && s.isNew(ref)
	}
	return ok
}

// readNumbers reads a number tree (ISO 32000-2, 7.9.7). It returns false if that has very
// many parts, or is none.
func readNumbers(f *pdf.File, root pdf.Object) (map[pdf.Integer]pdf.Object, bool) {
	const limit = 20_000
	out := map[pdf.Integer]pdf.Object{}
	stack := []pdf.Object{root}
	for n := 0; len(stack) > 0; n++ {
		node, err := f.Dict(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
		if err != nil || n == limit {
			return nil, false
		}
		nums, err := f.Array(node.Get("Nums"))
		kids, err2 := f.Array(node.Get("Kids"))
		if err != nil || err2 != nil || len(nums)%2 != 0 || len(nums)/2+len(out) > limit || len(kids)+len(stack) > limit {
			return nil, false
		}
		for i := 0; i < len(nums); i += 2 {
			k, ok := nums[i].(pdf.Integer)
			if _, twice := out[k]; !ok || twice {
				return nil, false
			}
			out[k] = nums[i+1]
		}
		stack = append(stack, kids...)
	}
	return out, true
}

// structural reports whether a reference belongs to a tagged document's structure. The
// keys of number trees occur elsewhere too.
func (s *step) structural(e pdf.Edge) bool {
	if e.Deep {
		return false
	}
	switch e.Key {
	case "K", "P":
		return true
	case "StructTreeRoot":
		return e.From == s.root
	case "ParentTree", "Nums", "Kids":
		return s.inParentTree(e.From)
	case "":
		return s.inParentTree(e.From) || s.reachedBy(e.From, func(uint32) bool { return true }, "K")
	}
	return false
}

// inParentTree reports whether an object is a part of the older revision's parent tree:
// its root or one of its arrays. A tree that can also be reached from elsewhere, such
// as that of the pages, does not count.
func (s *step) inParentTree(num uint32) bool {
	if s.parents == nil {
		s.parents = parentTree(s.prev)
		for n := range s.parents {
			for _, e := range s.edges.to[n] {
				up := e.Key == "ParentTree" || e.Key == "Nums" || e.Key == "Kids" || e.Key == ""
				if e.Deep || !(up && s.parents[e.From] || e.Key == "StructTreeRoot" && e.From == s.root || e.Key == "P" || e.Key == "K") {
					s.parents = map[uint32]bool{}
					return false
				}
			}
		}
	}
	return s.parents[num]
}

// parentTree returns the objects of which the parent tree of a tagged document
// consists. Of a tree with very many nodes only some are known.
func parentTree(f *pdf.File) map[uint32]bool {
	const limit = 500
	out := map[uint32]bool{}
	mark := func(o pdf.Object) bool {
		ref, ok := o.(pdf.Ref)
		known := ok && out[ref.Num]
		if ok {
			out[ref.Num] = true
		}
		return !known
	}
	cat, _, err := f.Catalog()
	if err != nil {
		return out
	}
	mark(cat.Get("StructTreeRoot"))
	root, err := f.Dict(cat.Get("StructTreeRoot"))
	if err != nil {
		return out
	}
	stack := []pdf.Object{root.Get("ParentTree")}
	for n := 0; len(stack) > 0 && n < limit; n++ {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !mark(o) {
			continue
		}
		node, err := f.Dict(o)
		if err != nil {
			return out
		}
		mark(node.Get("Nums"))
		mark(node.Get("Kids"))
		kids, err := f.Array(node.Get("Kids"))
		if err != nil {
			return out
		}
		stack = append(stack, kids[:min(len(kids), limit)]...)
	}
	return out
}

// asArray makes a list of a value that may stand alone.
func asArray(o pdf.Object) pdf.Object {
	switch o.(type) {
	case nil:
		return pdf.Array{}
	case pdf.Array:
		return o
	}
	return pdf.Array{o}
}
