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

	at      map[uint32]int // fields and their widgets, by number
	doubled []string       // names that more than one field has
}

// ByObject returns the field that an object is, or that it is a widget of.
func (fm Form) ByObject(num uint32) (Field, bool) {
	i, ok := fm.at[num]
	if !ok {
		return Field{}, false
	}
	return fm.Fields[i], true
}

// Doubled returns the names that more than one field has.
func (fm Form) Doubled() []string { return fm.doubled }

// index fills what is looked up by number and by name. Of an object that stands for two
// fields, the last counts.
func (fm *Form) index() {
	fm.at = make(map[uint32]int, len(fm.Fields))
	names := make(map[string]bool, len(fm.Fields))
	for i, fd := range fm.Fields {
		fm.at[fd.Ref.Num] = i
		for _, k := range fd.Kids {
			fm.at[k.Num] = i
		}
		if names[fd.Name] {
			fm.doubled = append(fm.doubled, fd.Name)
		}
		names[fd.Name] = true
	}
}

// patched returns the form after a revision that changed nothing of it but the values of
// terminal fields, so that the rest is not read again. ok is false if it changed more.
func (fm *Form) patched(f *File, nodes map[uint32]bool, changed []uint32) (out *Form, ok bool, err error) {
	out = fm
	for _, num := range changed {
		if !nodes[num] {
			continue
		}
		i, known := fm.at[num]
		if !known || fm.Fields[i].Ref.Num != num {
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
		if out == fm {
			copied := *fm
			copied.Fields = append([]Field(nil), fm.Fields...)
			out = &copied
		}
		out.Fields[i].Dict = now
	}
	return out, true, nil
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
		fm, err := f.readForm()
		if err != nil {
			return fm, err
		}
		fm.index()
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
		if f.kept.fields++; f.kept.fields > maxFieldsRead {
			return out, &LimitError{"FIELDS_READ", maxFieldsRead}
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
