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
	x, ok1 := a.(*pdf.Dict)
	y, ok2 := b.(*pdf.Dict)
	_, isArray := a.(pdf.Array)
	switch {
	case isArray:
		if !grown(a, b) {
			return false
		}
	case !ok1 || !ok2 || y.Duplicate:
		return false
	case s.inParentTree(num) && x.Get("Type") != pdf.Name("StructTreeRoot"): // a node of the parent tree
		for _, key := range pdf.DiffKeys(x, y) {
			if key != "Nums" && key != "Kids" && key != "Limits" {
				return false
			}
		}
		if !s.parentsKept() {
			return false
		}
	case x.Get("Type") != pdf.Name("StructTreeRoot") && x.Get("Type") != pdf.Name("StructElem"):
		return false
	default:
		for _, key := range pdf.DiffKeys(x, y) {
			switch key {
			case "K":
				if !grown(asArray(x.Get(key)), asArray(y.Get(key))) {
					return false
				}
			case "ParentTree":
				if ref, ok := y.Get(key).(pdf.Ref); ok && !s.isNew(ref) || !s.parentsKept() {
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

// structure is the level of a growth of the structure: it comes with a signature, with a
// document timestamp, whose elements say nothing, or with what was filled in.
func (s *step) structure() Level {
	switch {
	case s.byPerson:
		return Sign
	case s.byTime():
		return LTA
	}
	return Form
}

// byTime reports whether the revision is that of document timestamps alone.
func (s *step) byTime() bool { return !s.byPerson && len(s.signers) > 0 }

// parents are the parent trees of the older and of the newer revision.
type parents struct {
	had, has map[pdf.Integer]pdf.Object
	ok       bool
}

// readParents reads both parent trees, once.
func (s *step) readParents() *parents {
	if s.trees == nil {
		s.trees = &parents{}
		var ok, ok2 bool
		s.trees.had, ok = s.readTree(s.prev)
		s.trees.has, ok2 = s.readTree(s.cur)
		s.trees.ok = ok && ok2
	}
	return s.trees
}

// parentsKept reports whether the newer parent tree holds all that the older one held
// (A54).
func (s *step) parentsKept() bool {
	t := s.readParents()
	for n, o := range t.had {
		if !same(o, t.has[n]) && !s.keepsElements(o, t.has[n]) {
			return false
		}
	}
	return t.ok
}

// newParent reports whether the parent tree gained an entry.
func (s *step) newParent(n pdf.Integer) bool {
	t := s.readParents()
	return t.ok && t.had[n] == nil && t.has[n] != nil
}

// readTree reads the parent tree of a revision. It returns false if that is none.
func (s *step) readTree(f *pdf.File) (map[pdf.Integer]pdf.Object, bool) {
	cat, _, err := f.Catalog()
	if err != nil {
		return nil, false
	}
	root, err := f.Dict(cat.Get("StructTreeRoot"))
	if err != nil || root == nil {
		return nil, false
	}
	return s.work.readNumbers(f, root.Get("ParentTree"))
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
func (w *work) readNumbers(f *pdf.File, root pdf.Object) (map[pdf.Integer]pdf.Object, bool) {
	const limit = 20_000
	out := map[pdf.Integer]pdf.Object{}
	seen := map[pdf.Object]bool{}
	stack := []pdf.Object{root}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if ref, ok := o.(pdf.Ref); ok {
			if seen[ref] {
				return nil, false
			}
			seen[ref] = true
		}
		node, err := f.Dict(o)
		if err != nil {
			return nil, false
		}
		nums, err := f.Array(node.Get("Nums"))
		kids, err2 := f.Array(node.Get("Kids"))
		w.numbers -= 1 + len(nums) + len(kids)
		if err != nil || err2 != nil || len(nums)%2 != 0 || w.numbers < 0 || len(nums)/2+len(out) > limit || len(kids)+len(stack) > limit {
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

// checkElement checks a new structure element: it describes new widgets and annotations,
// not what the pages had, and brings no file along (D6).
func (s *step) checkElement(num uint32, d *pdf.Dict) {
	if d.Get("Type") != pdf.Name("StructElem") && (d.Get("S") == nil || d.Get("P") == nil || d.Get("FT") != nil) {
		return
	}
	bad := d.Get("AF") != nil
	if s.byTime() { // nobody answers for what it says
		bad = bad || d.Get("S") != pdf.Name("Form")
		for _, e := range d.Entries {
			bad = bad || !slices.Contains([]pdf.Name{"Type", "S", "P", "Pg", "K"}, e.Key)
		}
	}
	for _, o := range asArray(d.Get("K")).(pdf.Array) {
		k, err := s.cur.Dict(o)
		ref, isRef := o.(pdf.Ref)
		switch {
		case err != nil || k == nil: // a number is a part of a page's content
			bad = true
		case k.Get("Type") == pdf.Name("OBJR"):
			at, ok := k.Get("Obj").(pdf.Ref)
			bad = bad || !ok || s.widgets[at] == Unchecked && !s.notes[at]
		case k.Get("Type") == pdf.Name("StructElem"):
			bad = bad || !isRef || !s.isNew(ref)
		default:
			bad = true
		}
	}
	if bad {
		s.other(ElementSays, object(num))
	}
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
