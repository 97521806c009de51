package pdf

import (
	"fmt"
	"io"
)

// Rewrite writes what f shows as one clean revision: every object that can be reached
// from the catalog and the information dictionary, once, renumbered, with its stream
// data unchanged, behind one cross-reference table. Active content is left out.
func Rewrite(w io.Writer, f *File) error {
	if f.Encrypted() {
		return ErrEncrypted
	}
	rw := &rewriter{f: f, nums: map[Ref]uint32{}}
	cat, root, err := f.Catalog()
	if err != nil {
		return err
	}
	out := &countWriter{w: w}
	if _, err := io.WriteString(out, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"); err != nil {
		return err
	}
	rw.number(root)
	info := f.Trailer().Get("Info")
	var rows []XRefEntry
	trailer := NewDict(Name("Root"), Ref{Num: 1})
	if ref, ok := info.(Ref); ok {
		if d, err := f.Dict(ref); err == nil && d != nil {
			trailer = trailer.With("Info", Ref{Num: rw.number(ref)})
		}
	}
	for i := 0; i < len(rw.order); i++ {
		if int64(i) > f.limits.Objects {
			return &LimitError{"OBJECTS", f.limits.Objects}
		}
		var body Object = cat
		if i > 0 {
			if body, err = f.Object(rw.order[i]); err != nil {
				return err
			}
		}
		if d, ok := body.(*Dict); ok && isActive(d) {
			body = nil // an action that others refer to
		}
		if body, err = rw.body(body); err != nil {
			return err
		}
		rows = append(rows, XRefEntry{Kind: EntryOffset, Offset: out.n})
		s := serializer{}
		s.indirect(Ref{Num: uint32(i + 1)}, body)
		if _, err := out.Write(s.b); err != nil {
			return err
		}
	}
	xref := out.n
	s := serializer{b: fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", len(rows)+1)}
	for _, r := range rows {
		s.row(r)
	}
	trailer = trailer.With("Size", Integer(len(rows)+1))
	if id, err := f.Array(f.Trailer().Get("ID")); err == nil && len(id) == 2 {
		trailer = trailer.With("ID", id)
	}
	s.b = append(s.b, "trailer\n"...)
	s.b = appendObject(s.b, trailer)
	s.b = fmt.Appendf(s.b, "\nstartxref\n%d\n%%%%EOF\n", xref)
	_, err = out.Write(s.b)
	return err
}

// rewriter renumbers references in the order it meets them.
type rewriter struct {
	f     *File
	nums  map[Ref]uint32
	order []Ref
}

func (rw *rewriter) number(ref Ref) uint32 {
	if n, ok := rw.nums[ref]; ok {
		return n
	}
	rw.order = append(rw.order, ref)
	n := uint32(len(rw.order))
	rw.nums[ref] = n
	return n
}

// body copies a whole indirect object, reading a stream's data.
func (rw *rewriter) body(o Object) (Object, error) {
	st, ok := o.(*Stream)
	if !ok {
		return rw.copy(o), nil
	}
	data, err := rw.f.Encoded(st)
	if err != nil {
		return nil, err
	}
	d, _ := rw.copy(st.Dict.With("Length", nil)).(*Dict)
	return &Stream{Dict: d, Data: data}, nil
}

// copy renumbers the references in o. Its depth is that of direct objects, which the
// parser limits.
func (rw *rewriter) copy(o Object) Object {
	switch v := o.(type) {
	case Ref:
		return Ref{Num: rw.number(v)}
	case Array:
		out := make(Array, len(v))
		for i := range v {
			out[i] = rw.copy(v[i])
		}
		return out
	case *Dict:
		out := &Dict{Entries: make([]Entry, 0, len(v.Entries))}
		for _, e := range v.Entries {
			if v.Entry(e.Key).Off != e.Off {
				continue // an earlier value of a duplicate key
			}
			if activeKey(v, e) {
				continue
			}
			out.Entries = append(out.Entries, Entry{Key: e.Key, Value: rw.copy(e.Value)})
		}
		return out
	}
	return o
}
