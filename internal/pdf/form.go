package pdf

import (
	"errors"
	"slices"
)

// Field is a terminal form field (ISO 32000-2, 12.7.4) with its full name and
// inherited type.
type Field struct {
	Ref  Ref
	Dict *Dict
	Name string // full name: partial names joined by dots
	Type Name   // Tx, Btn, Ch, Sig
	Kids []Ref  // widgets, if they are not merged with the field
}

// Form is the interactive form of a file.
type Form struct {
	Dict   *Dict // nil if there is none
	Ref    Ref   // zero if the form is in the catalog itself
	Fields []Field

	root    uint32          // the catalog that it was read from
	roots   Array           // its /Fields
	list    uint32          // the object that /Fields is, if it is one
	at      map[uint32]int  // fields and their widgets, by number
	names   map[string]bool // of the fields
	doubled []string        // names that more than one field has
}

// ByObject returns the field that an object is, or that it is a widget of.
func (fm Form) ByObject(num uint32) (Field, bool) {
	i, ok := fm.at[num]
	if !ok || i >= len(fm.Fields) { // a later revision has more
		return Field{}, false
	}
	return fm.Fields[i], true
}

// Doubled returns the names that more than one field has.
func (fm Form) Doubled() []string { return fm.doubled }

// index adds the fields from one on to what is looked up by number and by name. Of an
// object that stands for two fields, the last counts.
func (fm *Form) index(from int) {
	if fm.at == nil {
		fm.at = make(map[uint32]int, len(fm.Fields))
		fm.names = make(map[string]bool, len(fm.Fields))
	}
	for i, fd := range fm.Fields[from:] {
		fm.at[fd.Ref.Num] = from + i
		for _, k := range fd.Kids {
			fm.at[k.Num] = from + i
		}
		if fm.names[fd.Name] {
			fm.doubled = append(fm.doubled, fd.Name)
		}
		fm.names[fd.Name] = true
	}
}

// patched returns the form after a revision that changed nothing of it but the values of
// terminal fields, and added fields at its end, so that the rest is not read again. ok
// is false if it changed more. f gets the nodes that the form was read from.
func (fm *Form) patched(f *File, changed []uint32) (out *Form, ok bool, err error) {
	_, root, err := f.Catalog()
	if err != nil || root.Num != fm.root {
		return nil, false, err
	}
	copied := *fm
	copied.Fields = slices.Clone(fm.Fields)
	copied.doubled = slices.Clone(fm.doubled)
	grown := false
	for _, num := range changed {
		switch {
		case !f.nodes[num]:
			continue
		case num == fm.root || num == fm.Ref.Num || num == fm.list:
			grown = true
			continue
		}
		i, known := fm.at[num]
		if !known || i >= len(fm.Fields) || fm.Fields[i].Ref.Num != num {
			return nil, false, nil
		}
		was := fm.Fields[i]
		now, err := f.Dict(was.Ref)
		if err != nil {
			return nil, false, err
		}
		for _, key := range []Name{"T", "FT", "Kids", "Parent", "Subtype"} {
			if now == nil || now.Duplicate || !equalDirect(was.Dict.Get(key), now.Get(key)) {
				return nil, false, nil
			}
		}
		copied.Fields[i].Dict = now
	}
	if !grown {
		return &copied, true, nil
	}
	ok, err = copied.grow(f, slices.Contains(changed, fm.list))
	return &copied, ok, err
}

// grow reads the form's dictionary again, and the fields behind those that it had. listed
// reports whether the object of its /Fields, if there is one, was changed. grow returns
// false if that is not all that is new.
func (fm *Form) grow(f *File, listed bool) (bool, error) {
	was := *fm
	if err := fm.readDict(f); err != nil {
		return false, err
	}
	if fm.Ref != was.Ref || fm.list != was.list {
		return false, nil
	}
	if fm.list != 0 && !listed {
		return true, nil // its fields are what they were
	}
	if err := fm.readRoots(f); err != nil || len(fm.roots) < len(was.roots) {
		return false, err
	}
	for i, o := range was.roots {
		ref, ok := o.(Ref)
		if !ok || fm.roots[i] != ref {
			return false, nil
		}
	}
	more := fm.roots[len(was.roots):]
	for _, o := range more {
		if ref, ok := o.(Ref); !ok || f.nodes[ref.Num] {
			return false, nil
		}
	}
	if err := fm.readFields(f, more, len(f.nodes)); err != nil {
		return false, err
	}
	for _, fd := range fm.Fields[len(was.Fields):] {
		for _, ref := range append([]Ref{fd.Ref}, fd.Kids...) {
			if _, known := fm.at[ref.Num]; known {
				return false, nil
			}
		}
	}
	fm.index(len(was.Fields))
	return true, nil
}

// maxFieldsRead is how many nodes of field trees are read in all revisions together: each
// revision that changes the tree makes it be read again.
const maxFieldsRead = 250_000

// fieldNode is a field tree node on the way to a terminal field.
type fieldNode struct {
	ref   Ref
	name  string
	typ   Name
	depth int
}

// Form reads the field tree, once. Nodes met twice are read once. The result must not
// be written to.
func (f *File) Form() (Form, error) {
	if f.form == nil {
		f.nodes = map[uint32]bool{}
		var fm Form
		if err := errors.Join(fm.readDict(f), fm.readRoots(f)); err != nil {
			return fm, err
		}
		if err := fm.readFields(f, fm.roots, 0); err != nil {
			return fm, err
		}
		fm.index(0)
		f.form = &fm
	}
	return *f.form, nil
}

// readRoots reads the form's /Fields.
func (fm *Form) readRoots(f *File) (err error) {
	fm.roots = nil
	if fm.Dict != nil {
		var o Object
		o, err = f.Resolve(fm.Dict.Get("Fields"))
		fm.roots, _ = o.(Array) // to readers, anything else is none
	}
	return err
}

// readDict reads the form's dictionary.
func (fm *Form) readDict(f *File) error {
	cat, root, err := f.Catalog()
	if err != nil {
		return err
	}
	fm.root, fm.Ref, fm.list = root.Num, Ref{}, 0
	f.nodes[root.Num] = true
	if ref, ok := cat.Get("AcroForm").(Ref); ok {
		fm.Ref = ref
		f.nodes[ref.Num] = true
	}
	if fm.Dict, err = f.Dict(cat.Get("AcroForm")); err != nil || fm.Dict == nil {
		return err
	}
	if ref, ok := fm.Dict.Get("Fields").(Ref); ok {
		fm.list = ref.Num
		f.nodes[ref.Num] = true
	}
	return nil
}

// readFields adds the terminal fields under some roots. known is how many nodes of the
// form were read before.
func (fm *Form) readFields(f *File, roots Array, known int) error {
	var stack []fieldNode
	for i := len(roots) - 1; i >= 0; i-- {
		if ref, ok := roots[i].(Ref); ok {
			stack = append(stack, fieldNode{ref: ref})
		}
	}
	seen := map[Ref]bool{}
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[n.ref] {
			continue
		}
		seen[n.ref] = true
		f.nodes[n.ref.Num] = true
		if known+len(seen) > f.limits.Fields {
			return &LimitError{"FIELDS", int64(f.limits.Fields)}
		}
		if f.kept.fields++; f.kept.fields > maxFieldsRead {
			return &LimitError{"FIELDS_READ", maxFieldsRead}
		}
		if n.depth > f.limits.FieldDepth {
			return &LimitError{"FIELD_DEPTH", int64(f.limits.FieldDepth)}
		}
		d, err := f.Dict(n.ref)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		field, kids, err := f.fieldNode(n, d)
		if err != nil {
			return err
		}
		if len(kids) == 0 {
			fm.Fields = append(fm.Fields, field)
		}
		for i := len(kids) - 1; i >= 0; i-- {
			stack = append(stack, kids[i])
		}
	}
	return nil
}

// fieldNode reads one node: either a terminal field, or the fields below it.
func (f *File) fieldNode(n fieldNode, d *Dict) (Field, []fieldNode, error) {
	f.from(d, "T", "FT", "Kids")
	t, err := f.Resolve(d.Get("T"))
	if err != nil {
		return Field{}, nil, err
	}
	if s, ok := t.(String); ok {
		if n.name != "" {
			n.name += "."
		}
		n.name += s.Text()
	}
	ft, err := f.Resolve(d.Get("FT"))
	if err != nil {
		return Field{}, nil, err
	}
	if name, ok := ft.(Name); ok {
		n.typ = name
	}
	field := Field{Ref: n.ref, Dict: d, Name: n.name, Type: n.typ}
	a, err := f.Array(d.Get("Kids"))
	if err != nil {
		return field, nil, err
	}
	var below []fieldNode
	for _, k := range a {
		ref, ok := k.(Ref)
		if !ok {
			continue
		}
		f.nodes[ref.Num] = true
		kd, err := f.Dict(ref)
		if err != nil {
			return field, nil, err
		}
		if kd.Get("T") == nil && kd.Get("Subtype") == Name("Widget") {
			field.Kids = append(field.Kids, ref)
			continue
		}
		below = append(below, fieldNode{ref, n.name, n.typ, n.depth + 1})
	}
	return field, below, nil
}

// from records the objects that contain the values of a dictionary.
func (f *File) from(d *Dict, keys ...Name) {
	for _, k := range keys {
		if ref, ok := d.Get(k).(Ref); ok {
			f.nodes[ref.Num] = true
		}
	}
}

// Find returns the field with a full name.
func (fm Form) Find(name string) (Field, bool) {
	for _, fd := range fm.Fields {
		if fd.Name == name {
			return fd, true
		}
	}
	return Field{}, false
}

// Signed reports whether any signature field has a value.
func (fm Form) Signed() bool {
	for _, fd := range fm.Fields {
		if fd.Type == "Sig" && fd.Dict.Get("V") != nil {
			return true
		}
	}
	return false
}
