package pdf

import (
	"crypto/sha256"
	"fmt"
	"io"
)

// Builder collects the objects of a new document. The zero value is empty.
type Builder struct {
	objs []Object
}

// Add numbers an object and returns its reference.
func (b *Builder) Add(o Object) Ref {
	b.objs = append(b.objs, o)
	return Ref{Num: uint32(len(b.objs))}
}

// Alloc takes a number whose object is given to [Builder.Set] later.
func (b *Builder) Alloc() Ref { return b.Add(nil) }

// Set gives a number of [Builder.Alloc] its object.
func (b *Builder) Set(ref Ref, o Object) {
	if i := int(ref.Num) - 1; i >= 0 && i < len(b.objs) {
		b.objs[i] = o
	}
}

// Write writes the document as one revision with a classic cross-reference table
// (ISO 32000-1, 7.5). Its /ID is derived from the objects, so that equal objects
// make equal files.
func (b *Builder) Write(w io.Writer, root Ref) error {
	h := sha256.New()
	out := &countWriter{w: io.MultiWriter(w, h)}
	if _, err := io.WriteString(out, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"); err != nil {
		return err
	}
	table := serializer{b: fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", len(b.objs)+1)}
	for i, o := range b.objs {
		table.row(XRefEntry{Kind: EntryOffset, Offset: out.n})
		s := serializer{}
		s.indirect(Ref{Num: uint32(i + 1)}, o)
		if _, err := out.Write(s.b); err != nil {
			return err
		}
	}
	id := String{Bytes: h.Sum(nil)[:16], Hex: true}
	table.b = append(table.b, "trailer\n"...)
	table.b = appendObject(table.b, NewDict(Name("Size"), Integer(len(b.objs)+1), Name("Root"), root, Name("ID"), Array{id, id}))
	table.b = fmt.Appendf(table.b, "\nstartxref\n%d\n%%%%EOF\n", out.n)
	_, err := out.Write(table.b)
	return err
}
