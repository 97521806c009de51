package pdf

import (
	"crypto/sha256"
	"fmt"
	"slices"
)

// Update collects new and changed objects and writes them as one incremental
// update (ISO 32000-2, 7.5.6). It uses the cross-reference form of the file's
// last section.
type Update struct {
	f     *File
	next  uint32
	avoid map[uint32]bool
	objs  map[uint32]updateObject
}

type updateObject struct {
	gen  uint16
	body Object
}

// Reserved is a value of known width that is filled in later: its bytes are in the
// update as given, and [Layout] says where.
type Reserved struct {
	Key  string
	Text []byte
}

// NewUpdate starts an update of f. Its new objects have none of the numbers to avoid: see
// [File.Awaited].
func (f *File) NewUpdate(avoid map[uint32]bool) *Update {
	return &Update{f: f, next: f.MaxObject(), avoid: avoid, objs: map[uint32]updateObject{}}
}

// Alloc takes an unused object number.
func (u *Update) Alloc() Ref {
	u.skip()
	ref := Ref{Num: u.next}
	u.next++
	return ref
}

// skip passes over the numbers to avoid. They become null objects, which is what they are
// to the references: below /Size, readers repair a file for what is missing.
func (u *Update) skip() {
	for ; u.avoid[u.next]; u.next++ {
		u.Set(Ref{Num: u.next}, nil)
	}
}

// Takes reports whether the update has a new object with one of some numbers.
func (u *Update) Takes(numbers map[uint32]bool) bool {
	for num, o := range u.objs {
		if numbers[num] && o.body != nil {
			return true
		}
	}
	return numbers[u.next] // of a cross-reference stream
}

// Set gives ref a new body.
func (u *Update) Set(ref Ref, body Object) { u.objs[ref.Num] = updateObject{ref.Gen, body} }

// Ambiguous returns the number of an object that the update changes, although in the file a
// key of its dictionary stands twice with different values: to some readers the update
// changes more than to others. ok is false if there is none.
func (u *Update) Ambiguous() (num uint32, ok bool, err error) {
	for num, o := range u.objs {
		was, err := u.f.Object(Ref{num, o.gen})
		if err != nil {
			return 0, false, err
		}
		if d, isDict := was.(*Dict); isDict && d.Ambiguous() {
			return num, true, nil
		}
	}
	return 0, false, nil
}

// Changes reports whether the update has a body for ref.
func (u *Update) Changes(ref Ref) bool {
	o, ok := u.objs[ref.Num]
	return ok && o.gen == ref.Gen
}

// Add allocates a number for body.
func (u *Update) Add(body Object) Ref {
	ref := u.Alloc()
	u.Set(ref, body)
	return ref
}

// Replace adds body in the place of old, if old names an object that this update added
// and that nothing else refers to. Otherwise old stays as it is.
func (u *Update) Replace(old, body Object) Ref {
	if ref, ok := old.(Ref); ok && ref.Num >= u.f.MaxObject() {
		u.Set(ref, body)
		return ref
	}
	return u.Add(body)
}

// Object returns ref's body as it will be after the update.
func (u *Update) Object(ref Ref) (Object, error) {
	if o, ok := u.objs[ref.Num]; ok && o.gen == ref.Gen {
		return o.body, nil
	}
	return u.f.Object(ref)
}

// Dict returns ref's dictionary as it will be after the update.
func (u *Update) Dict(ref Ref) (*Dict, error) {
	o, err := u.Object(ref)
	if err != nil {
		return nil, err
	}
	d, ok := o.(*Dict)
	if !ok {
		return nil, malformed(CodeObject, -1, "object %d is not a dictionary", ref.Num)
	}
	return d, nil
}

// Layout is a serialised update: Bytes follow the file's own bytes directly. Places
// holds the offset of each [Reserved] text within Bytes.
type Layout struct {
	Bytes  []byte
	Places map[string]int
}

// Layout serialises the update.
func (u *Update) Layout() (Layout, error) {
	s := serializer{places: map[string]int{}}
	lost, err := u.mend()
	if err != nil {
		return Layout{}, err
	}
	last, err := u.f.window(u.f.size-1, 1)
	if err != nil {
		return Layout{}, err
	}
	if last[0] != '\n' && last[0] != '\r' {
		s.b = append(s.b, '\n')
	}
	if u.f.whole != nil || u.f.sections[0].Stream {
		u.skip() // the next number is that of a cross-reference stream
	}
	if u.next > maxNumbered {
		return Layout{}, &LimitError{"NUMBERS", maxNumbered}
	}
	start := u.f.size - u.f.base
	nums := make([]uint32, 0, len(u.objs))
	for n := range u.objs {
		nums = append(nums, n)
	}
	slices.Sort(nums)
	rows := make([]XRefEntry, 0, len(nums)+1)
	for _, n := range nums {
		o := u.objs[n]
		rows = append(rows, XRefEntry{Kind: EntryOffset, Offset: start + int64(len(s.b)), Gen: o.gen})
		once, _ := unique(o.body)
		body, err := u.f.outgoing(Ref{n, o.gen}, once)
		if err != nil {
			return Layout{}, err
		}
		s.indirect(Ref{n, o.gen}, body)
	}
	old := u.f.sections[0]
	xref := start + int64(len(s.b))
	trailer := u.trailer(old, s.b)
	switch {
	case u.f.whole != nil:
		s.recovered(u, lost, nums, rows, xref, trailer)
	case old.Stream:
		s.xrefStream(u.next, nums, rows, xref, trailer)
	default:
		s.table(u.next, nums, rows, trailer)
	}
	s.b = fmt.Appendf(s.b, "startxref\n%d\n%%%%EOF\n", xref)
	if u.f.whole != nil {
		err = u.readBack(s.b, lost)
	}
	return Layout{s.b, s.places}, err
}

// trailer carries over what the last trailer says about the whole document: everything
// but what describes a section (ISO 32000-2, 7.5.6). The second half of /ID is derived
// from the update, so that equal inputs give equal files.
func (u *Update) trailer(old *Section, body []byte) *Dict {
	d := &Dict{}
	for _, e := range old.Trailer.Entries {
		switch e.Key {
		case "Size", "Prev", "XRefStm", "ID", "Type", "W", "Index", "Length", "Filter", "DecodeParms", "DL", "F", "FFilter", "FDecodeParms":
		default:
			d.Entries = append(d.Entries, e)
		}
	}
	sum := sha256.Sum256(fmt.Appendf(append([]byte(nil), body...), "%d", u.f.size))
	second := String{Bytes: sum[:16], Hex: true}
	first := second
	if id, err := u.f.Array(old.Trailer.Get("ID")); err == nil && len(id) == 2 {
		if s, ok := id[0].(String); ok {
			first = String{Bytes: s.Bytes, Hex: true}
		}
	}
	if u.f.Encrypted() {
		first = String{Bytes: u.f.firstID(), Hex: true} // the key depends on it
	}
	d = d.With("ID", Array{first, second})
	return d.With("Prev", Integer(old.Start-u.f.base))
}

// serializer writes objects and their cross-reference section.
type serializer struct {
	b      []byte
	places map[string]int
}

func (s *serializer) indirect(ref Ref, body Object) {
	s.b = fmt.Appendf(s.b, "%d %d obj\n", ref.Num, ref.Gen)
	switch v := body.(type) {
	case *Stream:
		s.b = appendObject(s.b, v.Dict.With("Length", Integer(len(v.Data))))
		s.b = append(s.b, "\nstream\n"...)
		s.b = append(s.b, v.Data...)
		s.b = append(s.b, "\nendstream"...)
	case *Dict:
		s.dict(v)
	default:
		s.b = appendObject(s.b, body)
	}
	s.b = append(s.b, "\nendobj\n"...)
}

// dict writes a dictionary whose values may be Reserved.
func (s *serializer) dict(d *Dict) {
	s.b = append(s.b, "<<"...)
	for _, e := range d.Entries {
		r, ok := e.Value.(Reserved)
		if !ok {
			one := appendObject(nil, &Dict{Entries: []Entry{e}})
			s.b = append(s.b, one[2:len(one)-2]...)
			s.b = append(s.b, '\n')
			continue
		}
		s.b = appendName(s.b, e.Key)
		s.b = append(s.b, ' ')
		s.places[r.Key] = len(s.b)
		s.b = append(s.b, r.Text...)
		s.b = append(s.b, '\n')
	}
	s.b = append(s.b, ">>"...)
}

// runs calls yield for each run of consecutive numbers.
func runs(nums []uint32, yield func(from, to int)) {
	for i := 0; i < len(nums); {
		j := i + 1
		for j < len(nums) && nums[j] == nums[j-1]+1 {
			j++
		}
		yield(i, j)
		i = j
	}
}

func (s *serializer) table(size uint32, nums []uint32, rows []XRefEntry, trailer *Dict) {
	s.b = append(s.b, "xref\n"...)
	if len(nums) == 0 {
		s.b = append(s.b, "0 0\n"...) // some readers require a subsection
	}
	runs(nums, func(from, to int) {
		s.b = fmt.Appendf(s.b, "%d %d\n", nums[from], to-from)
		for _, r := range rows[from:to] {
			s.row(r)
		}
	})
	s.b = append(s.b, "trailer\n"...)
	s.b = appendObject(s.b, trailer.With("Size", Integer(size)))
	s.b = append(s.b, '\n')
}

func (s *serializer) row(r XRefEntry) {
	if r.Kind == EntryFree {
		s.b = fmt.Appendf(s.b, "%010d %05d f \n", r.Offset, r.Gen)
		return
	}
	s.b = fmt.Appendf(s.b, "%010d %05d n \n", r.Offset, r.Gen)
}

func (s *serializer) xrefStream(size uint32, nums []uint32, rows []XRefEntry, xref int64, trailer *Dict) {
	nums = append(nums, size)
	rows = append(rows, XRefEntry{Kind: EntryOffset, Offset: xref})
	var index Array
	runs(nums, func(from, to int) {
		index = append(index, Integer(nums[from]), Integer(to-from))
	})
	third := 2 // bytes of a generation, or of a place in an object stream
	for _, r := range rows {
		if r.Index > 0xffff {
			third = 3
		}
	}
	data := make([]byte, 0, (6+third)*len(rows))
	for _, r := range rows {
		data = appendRow(data, r, third)
	}
	d := NewDict(Name("Type"), Name("XRef"), Name("Size"), Integer(size+1),
		Name("W"), Array{Integer(1), Integer(5), Integer(third)}, Name("Index"), index)
	d.Entries = append(d.Entries, trailer.Entries...)
	s.indirect(Ref{Num: size}, &Stream{Dict: d, Data: data})
}
