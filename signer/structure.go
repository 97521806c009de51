package signer

import (
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// tag gives a new widget its place in the structure of a tagged document, for those who
// hear it read (ISO 14289-1, 7.18: an element Form, an order of tabs, a description). Only
// documents that claim PDF/UA, or a level of PDF/A that requires the tags, get it. In
// PDF/UA-2, what nobody sees has none (ISO 14289-2, 8.9.2.4.13).
func (f *form) tag(widget, page pdf.Ref, d *pdf.Dict, label string, seen bool) (*pdf.Dict, error) {
	t, err := f.tags()
	if err != nil || t == nil {
		return d, err
	}
	if t.second {
		d = d.With("Contents", pdf.TextString(label))
	}
	if t.pages[page] = true; t.second && !seen {
		return d.With("TU", pdf.TextString(label)), nil
	}
	n := t.next
	t.next++
	elem := f.u.Add(pdf.NewDict(pdf.Name("Type"), pdf.Name("StructElem"), pdf.Name("S"), pdf.Name("Form"),
		pdf.Name("P"), t.parent, pdf.Name("Pg"), page, pdf.Name("K"),
		pdf.NewDict(pdf.Name("Type"), pdf.Name("OBJR"), pdf.Name("Obj"), widget, pdf.Name("Pg"), page)))
	t.elements = append(t.elements, elem)
	t.entries = append(t.entries, n, elem)
	return d.With("StructParent", n).With("TU", pdf.TextString(label)), nil
}

// tags is what the structure of a document gains.
type tags struct {
	root     pdf.Ref // of the structure
	parent   pdf.Ref // the element, or root, to which new elements belong
	next     pdf.Integer
	elements pdf.Array
	entries  pdf.Array // of the parent tree: numbers and elements in turn
	pages    map[pdf.Ref]bool
	second   bool // by PDF/UA-2
}

// tags finds where the structure grows, nil if it does not.
func (f *form) tags() (*tags, error) {
	if f.tagged != nil {
		if f.tagged.root == (pdf.Ref{}) {
			return nil, nil
		}
		return f.tagged, nil
	}
	f.tagged = &tags{pages: map[pdf.Ref]bool{}}
	p, err := f.d.palette()
	if err != nil || p.accessible == 0 && p.level != "A" {
		return nil, err
	}
	cat, _, err := f.d.f.Catalog()
	if err != nil {
		return nil, inputFault(err)
	}
	ref, ok := cat.Get("StructTreeRoot").(pdf.Ref)
	if !ok {
		return nil, nil
	}
	root, err := f.d.f.Dict(ref)
	if err != nil || root == nil {
		return nil, inputFault(err)
	}
	t := f.tagged
	t.second = p.accessible == 2
	if t.next, err = f.nextParent(root); err != nil {
		return nil, inputFault(err)
	}
	t.root, t.parent = ref, ref
	if kids, err := f.list(root.Get("K")); err != nil {
		return nil, inputFault(err)
	} else if len(kids) == 1 { // the element of the whole document
		if only, ok := kids[0].(pdf.Ref); ok {
			t.parent = only
		}
	}
	return t, nil
}

// list returns an array, or a single object as an array of one.
func (f *form) list(o pdf.Object) (pdf.Array, error) {
	r, err := f.d.f.Resolve(o)
	if a, ok := r.(pdf.Array); ok || r == nil || err != nil {
		return a, err
	}
	return pdf.Array{o}, nil
}

// nextParent returns the first number that the parent tree does not have: what the root
// says it is, or more.
func (f *form) nextParent(root *pdf.Dict) (pdf.Integer, error) {
	const most = 20_000 // nodes
	said, err := f.d.f.Resolve(root.Get("ParentTreeNextKey"))
	if err != nil {
		return 0, err
	}
	next, _ := said.(pdf.Integer)
	next = max(next, 0)
	stack := pdf.Array{root.Get("ParentTree")}
	for visited := 0; len(stack) > 0; visited++ {
		if visited == most || len(stack) > most {
			return 0, &pdf.LimitError{Resource: "PARENT_TREE", Limit: most}
		}
		node, err := f.d.f.Dict(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
		if err != nil {
			return 0, err
		}
		nums, err := f.d.f.Array(node.Get("Nums"))
		if err != nil {
			return 0, err
		}
		for i := 0; i < len(nums); i += 2 {
			if n, ok := nums[i].(pdf.Integer); ok {
				next = max(next, n+1)
			}
		}
		kids, err := f.d.f.Array(node.Get("Kids"))
		if err != nil {
			return 0, err
		}
		stack = append(stack, kids...)
	}
	return next, nil
}

// finishTags enters the new elements into the structure, and sets the order of tabs of
// their pages.
func (f *form) finishTags() error {
	t := f.tagged
	if t == nil {
		return nil
	}
	for page := range t.pages {
		d, err := f.u.Dict(page)
		if err != nil {
			return err
		}
		if d.Get("Tabs") != pdf.Name("S") {
			f.u.Set(page, d.With("Tabs", pdf.Name("S")))
		}
	}
	if len(t.elements) == 0 {
		return nil
	}
	if err := f.append(t.parent, "K", t.elements); err != nil {
		return err
	}
	root, err := f.u.Dict(t.root)
	if err != nil {
		return err
	}
	tree, err := f.d.f.Dict(root.Get("ParentTree"))
	if err != nil {
		return err
	}
	first, last := t.entries[0], t.entries[len(t.entries)-2]
	leaf := pdf.NewDict(pdf.Name("Limits"), pdf.Array{first, last}, pdf.Name("Nums"), t.entries)
	ref, indirect := root.Get("ParentTree").(pdf.Ref)
	switch {
	case tree == nil:
		root = root.With("ParentTree", f.u.Add(leaf.With("Limits", nil)))
	case tree.Get("Kids") != nil && indirect:
		err = f.append(ref, "Kids", pdf.Array{f.u.Add(leaf)})
	case indirect:
		err = f.append(ref, "Nums", t.entries)
	default:
		key, more := pdf.Name("Nums"), t.entries
		if tree.Get("Kids") != nil {
			key, more = "Kids", pdf.Array{f.u.Add(leaf)}
		}
		had, lerr := f.list(tree.Get(key))
		if lerr != nil {
			return lerr
		}
		root = root.With("ParentTree", tree.With(key, append(append(pdf.Array(nil), had...), more...)))
	}
	if err != nil {
		return err
	}
	f.u.Set(t.root, root.With("ParentTreeNextKey", t.next))
	return nil
}

// append adds to the array that an object has under a key: to the array's own object, if
// it has one.
func (f *form) append(ref pdf.Ref, key pdf.Name, more pdf.Array) error {
	d, err := f.u.Dict(ref)
	if err != nil {
		return err
	}
	had, err := f.list(d.Get(key))
	if err != nil {
		return err
	}
	all := append(append(pdf.Array(nil), had...), more...)
	if held, ok := d.Get(key).(pdf.Ref); ok {
		o, err := f.u.Object(held)
		if err != nil {
			return err
		}
		if _, isArray := o.(pdf.Array); isArray {
			f.u.Set(held, all)
			return nil
		}
	}
	f.u.Set(ref, d.With(key, all))
	return nil
}
