package pdf

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"slices"
)

// Salvaged reports whether the file was opened by [Salvage]. An update of it has a
// cross-reference section that lists every object and builds on none.
func (f *File) Salvaged() bool { return f.whole != nil }

// mend prepares the update of a salvaged file. A stream whose /Length is wrong is
// written again with the right one. An object that cannot be read is left out, unless
// another one refers to it.
func (u *Update) mend() (lost map[uint32]bool, err error) {
	if u.f.whole == nil {
		return nil, nil
	}
	lost = map[uint32]bool{}
	reasons := map[uint32]error{}
	used := map[uint32]bool{}
	note := func(num uint32, o Object) { Edges(num, o, func(to Ref, _ Edge) { used[to.Num] = true }) }
	made := u.f.sections[0].made
	for _, num := range inPlace(made) {
		e := made[num]
		if o, ok := u.objs[num]; ok && o.gen == e.Gen {
			note(num, o.body)
			continue
		}
		ref := Ref{num, e.Gen}
		o, err := u.f.load(ref, e)
		if err != nil {
			var bad *MalformedError
			if !errors.As(err, &bad) {
				return nil, err
			}
			lost[num], reasons[num] = true, err
			continue
		}
		note(num, o)
		st, ok := o.(*Stream)
		if !ok || !st.mended {
			continue
		}
		data, err := u.f.Encoded(st)
		if err != nil {
			return nil, err
		}
		u.Set(ref, &Stream{Dict: st.Dict, Data: data})
	}
	for _, num := range slices.Sorted(maps.Keys(lost)) {
		if used[num] {
			return nil, reasons[num]
		}
	}
	return lost, nil
}

// inPlace returns the numbers of objects in the order of their places, so that no
// object stream is decoded twice.
func inPlace(made map[uint32]XRefEntry) []uint32 {
	return slices.SortedFunc(maps.Keys(made), func(a, b uint32) int {
		x, y := made[a], made[b]
		return cmp.Or(cmp.Compare(x.Stream, y.Stream), cmp.Compare(x.Offset, y.Offset), cmp.Compare(x.Index, y.Index), cmp.Compare(a, b))
	})
}

// recovered writes the section of an update of a salvaged file. It is a table that
// begins at object 0 and has no gaps, like that of a file which was never updated (ISO
// 32000-2, 7.5.4). If objects are in object streams, which a table cannot express, it
// is a cross-reference stream.
func (s *serializer) recovered(u *Update, lost map[uint32]bool, nums []uint32, rows []XRefEntry, xref int64, trailer *Dict) {
	all := map[uint32]XRefEntry{0: {Kind: EntryFree, Gen: 65535}}
	packed := false
	for num, e := range u.f.sections[0].made {
		if lost[num] {
			continue
		}
		e.Offset -= u.f.base
		all[num] = e
	}
	for i, num := range nums {
		all[num] = rows[i]
	}
	for _, e := range all {
		packed = packed || e.Kind == EntryCompressed
	}
	packed = packed || u.next > 2*uint32(len(all))+1000 // a table would be mostly gaps
	nums, rows = nil, nil
	free := -1
	for num := range u.next {
		e, ok := all[num]
		if !ok && packed {
			continue
		}
		if e.Kind == EntryFree { // each names the next free one, the last names 0
			if free >= 0 {
				rows[free].Offset = int64(num)
			}
			free = len(rows)
		}
		nums, rows = append(nums, num), append(rows, e)
	}
	trailer = trailer.With("Prev", nil)
	if packed {
		s.xrefStream(u.next, nums, rows, xref, trailer)
	} else {
		s.table(u.next, nums, rows, trailer)
	}
}

// appendRow writes a row of a cross-reference stream with /W [1 5 third].
func appendRow(b []byte, r XRefEntry, third int) []byte {
	kind, second, last := byte(1), r.Offset, int(r.Gen)
	switch r.Kind {
	case EntryFree:
		kind = 0
	case EntryCompressed:
		kind, second, last = 2, int64(r.Stream), r.Index
	}
	b = append(b, kind)
	for shift := 32; shift >= 0; shift -= 8 {
		b = append(b, byte(second>>shift))
	}
	for shift := 8 * (third - 1); shift >= 0; shift -= 8 {
		b = append(b, byte(last>>shift))
	}
	return b
}

// readBack opens a salvaged file with its update like any reader, and compares every
// object with what was salvaged. It leaves out objects with places that are still to be
// filled.
func (u *Update) readBack(b []byte, lost map[uint32]bool) error {
	f := u.f
	limits := f.limits
	r := joined{f.whole, b}
	size := int64(len(r.a) + len(r.b))
	limits.Input = max(limits.Input, size)
	g, err := Open(r, size, limits)
	if err != nil {
		return err
	}
	if len(g.sections) != 1 || g.Encrypted() || g.Trailer().Get("Root") != f.Trailer().Get("Root") {
		return malformed(CodeXRef, -1, "the salvaged file does not read back")
	}
	made := f.sections[0].made
	nums := inPlace(made)
	for _, num := range slices.Sorted(maps.Keys(u.objs)) {
		if _, was := made[num]; !was {
			nums = append(nums, num)
		}
	}
	for _, num := range nums {
		ref, ok := Ref{Num: num}, false
		var want Object
		if o, set := u.objs[num]; set {
			if open(o.body) {
				continue
			}
			ref.Gen, want, ok = o.gen, o.body, true
		} else if e := made[num]; !lost[num] {
			ref.Gen, ok = e.Gen, true
			if want, err = f.load(ref, e); err != nil {
				return err
			}
		}
		if !ok {
			continue // free
		}
		got, err := g.Object(ref)
		if err != nil {
			return err
		}
		same, err := Equal(f, measured(want), g, measured(got))
		if err != nil {
			return err
		}
		if !same {
			return malformed(CodeObject, -1, "object %d does not read back as it was salvaged", num)
		}
	}
	return nil
}

// measured returns a stream without its /Length, which is compared by its data.
func measured(o Object) Object {
	st, ok := o.(*Stream)
	if !ok {
		return o
	}
	out := *st
	out.Dict = st.Dict.With("Length", nil)
	return &out
}

// open reports whether a body has places that are still to be filled.
func open(o Object) bool {
	d, ok := o.(*Dict)
	return ok && slices.ContainsFunc(d.Entries, func(e Entry) bool {
		_, reserved := e.Value.(Reserved)
		return reserved
	})
}

// joined reads two runs of bytes one after the other.
type joined struct{ a, b []byte }

// ReadAt implements io.ReaderAt.
func (j joined) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, io.EOF
	}
	n := 0
	if off < int64(len(j.a)) {
		n = copy(p, j.a[off:])
	}
	if n < len(p) {
		m, err := bytes.NewReader(j.b).ReadAt(p[n:], off+int64(n)-int64(len(j.a)))
		return n + m, err
	}
	return n, nil
}
