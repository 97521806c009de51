package pdf

// activeActions are the action types that do more than show another place in
// the document (ISO 32000-2, 12.6.4).
var activeActions = map[Name]bool{
	"JavaScript": true, "Launch": true, "SubmitForm": true, "ImportData": true, "Rendition": true,
	"Movie": true, "Sound": true, "GoTo3DView": true, "RichMediaExecute": true, "GoToE": true,
}

// isActive reports whether a dictionary is an action that runs something.
func isActive(d *Dict) bool {
	s, ok := d.Get("S").(Name)
	return ok && activeActions[s]
}

// activeKey reports whether entry e of d makes a document act by itself: additional
// actions, script names, XFA forms, appearances left to the reader. A resource may be
// called AA too, so that key counts only where actions may be.
func activeKey(d *Dict, e Entry) bool {
	switch e.Key {
	case "AA":
		t, _ := d.Get("Type").(Name)
		return t == "Catalog" || t == "Page" || t == "Annot" || d.Get("FT") != nil || d.Get("Subtype") == Name("Widget")
	case "XFA":
		return d.Get("Fields") != nil
	case "JavaScript":
		return d.Get("Type") == nil
	case "NeedAppearances":
		return e.Value == true
	}
	a, ok := e.Value.(*Dict)
	return ok && isActive(a)
}

// Active returns the keys and action types of active content, each once; nil if there
// is none. It reads every object of the file.
func (f *File) Active() ([]string, error) {
	seen := map[string]bool{}
	var out []string
	note := func(s string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	var look func(o Object)
	look = func(o Object) { // as deep as direct objects nest, which the parser limits
		switch v := o.(type) {
		case *Stream:
			look(v.Dict)
		case Array:
			for _, e := range v {
				look(e)
			}
		case *Dict:
			if s, _ := v.Get("S").(Name); isActive(v) {
				note(string(s))
			}
			for _, e := range v.Entries {
				if activeKey(v, e) {
					note(string(e.Key))
				}
				look(e.Value)
			}
		}
	}
	for _, num := range f.Numbers() {
		e, ok := f.Lookup(num)
		if !ok || e.Kind == EntryFree {
			continue
		}
		o, err := f.load(Ref{num, e.Gen}, e)
		if err != nil {
			return nil, err
		}
		look(o)
	}
	return out, nil
}
