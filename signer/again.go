package signer

import "github.com/dajiaqian/dajiaqian/internal/pdf"

// maxLooked is how many earlier signatures are looked through for a picture.
const maxLooked = 1000

// addOnce adds the stream of a picture, or of its mask, unless an earlier signature shows the
// same: then it returns that one's object. So a picture stands in the document once, however
// many signatures show it (T28).
func (f *form) addOnce(o pdf.Object) pdf.Ref {
	st, ok := o.(*pdf.Stream)
	if !ok {
		return f.u.Add(o)
	}
	if f.shown == nil {
		f.shown = f.findShown()
	}
	length := pdf.Integer(len(st.Data))
	alike := &pdf.Stream{Dict: st.Dict.With("Length", length), Data: st.Data}
	for _, ref := range f.shown {
		old, err := f.d.f.Object(ref)
		was, ok := old.(*pdf.Stream)
		if err != nil || !ok || was.Dict.Get("Width") != st.Dict.Get("Width") || was.Dict.Get("Height") != st.Dict.Get("Height") {
			continue
		}
		plain := *was // when it is encrypted, it is longer
		plain.Dict = was.Dict.With("Length", length)
		if same, err := pdf.Equal(f.d.f, &plain, f.d.f, alike); same && err == nil {
			return ref
		}
	}
	return f.u.Add(o)
}

// findShown returns the pictures of the signatures of a document, the last first, with their
// masks. Damaged ones are left out.
func (f *form) findShown() []pdf.Ref {
	file, out, seen := f.d.f, []pdf.Ref{}, map[pdf.Ref]bool{}
	take := func(o pdf.Object) *pdf.Stream {
		ref, ok := o.(pdf.Ref)
		if !ok || seen[ref] {
			return nil
		}
		seen[ref] = true
		old, err := file.Object(ref)
		st, ok := old.(*pdf.Stream)
		if err != nil || !ok {
			return nil
		}
		out = append(out, ref)
		return st
	}
	looked := 0
	for i := len(f.old.Fields) - 1; i >= 0 && looked < maxLooked; i-- {
		fd := f.old.Fields[i]
		if fd.Type != "Sig" {
			continue
		}
		looked++
		if st := take(f.pictureOf(fd.Dict)); st != nil {
			take(st.Dict.Get("SMask"))
		}
	}
	return out
}

// pictureOf returns the picture in the normal appearance of a signature, nil if it has none.
func (f *form) pictureOf(widget *pdf.Dict) pdf.Object {
	at := pdf.Object(widget)
	for _, key := range []pdf.Name{"AP", "N", "Resources", "XObject"} {
		d, err := f.d.f.Resolve(at)
		if st, ok := d.(*pdf.Stream); ok {
			d = st.Dict
		}
		dict, ok := d.(*pdf.Dict)
		if err != nil || !ok {
			return nil
		}
		at = dict.Get(key)
	}
	d, err := f.d.f.Dict(at)
	if err != nil || d == nil {
		return nil
	}
	return d.Get(pictureName)
}
