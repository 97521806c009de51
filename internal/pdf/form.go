package pdf

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
}

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
		fm, err := f.readForm()
		if err != nil {
			return fm, err
		}
		f.form = &fm
	}
	return *f.form, nil
}

func (f *File) readForm() (Form, error) {
	var out Form
	cat, root, err := f.Catalog()
	if err != nil {
		return out, err
	}
	f.nodes[root.Num] = true
	if ref, ok := cat.Get("AcroForm").(Ref); ok {
		out.Ref = ref
		f.nodes[ref.Num] = true
	}
	if out.Dict, err = f.Dict(cat.Get("AcroForm")); err != nil || out.Dict == nil {
		return out, err
	}
	f.from(out.Dict, "Fields")
	roots, err := f.Array(out.Dict.Get("Fields"))
	if err != nil {
		return out, err
	}
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
		if len(seen) > f.limits.Fields {
			return out, &LimitError{"FIELDS", int64(f.limits.Fields)}
		}
		if n.depth > f.limits.FieldDepth {
			return out, &LimitError{"FIELD_DEPTH", int64(f.limits.FieldDepth)}
		}
		d, err := f.Dict(n.ref)
		if err != nil {
			return out, err
		}
		if d == nil {
			continue
		}
		field, kids, err := f.fieldNode(n, d)
		if err != nil {
			return out, err
		}
		if len(kids) == 0 {
			out.Fields = append(out.Fields, field)
		}
		for i := len(kids) - 1; i >= 0; i-- {
			stack = append(stack, kids[i])
		}
	}
	return out, nil
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
