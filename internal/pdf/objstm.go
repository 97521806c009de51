package pdf

// objStm is a decoded object stream (ISO 32000-2, 7.5.7).
type objStm struct {
	data  []byte
	first int64
	nums  []uint32
	offs  []int64
}

func (f *File) objectStream(num uint32) (*objStm, error) {
	if s, ok := f.streams[num]; ok {
		return s, nil
	}
	e, ok := f.Lookup(num)
	if !ok || e.Kind != EntryOffset {
		return nil, malformed(CodeObject, -1, "object stream %d is missing or itself compressed", num)
	}
	o, err := f.load(Ref{num, e.Gen}, e)
	if err != nil {
		return nil, err
	}
	if s, ok := f.kept.streams[e.Offset]; ok {
		f.streams[num] = s
		return s, nil
	}
	st, ok := o.(*Stream)
	if !ok || st.Dict.Get("Type") != Name("ObjStm") {
		return nil, malformed(CodeObject, e.Offset, "object %d is not an object stream", num)
	}
	n, ok1 := st.Dict.Get("N").(Integer)
	first, ok2 := st.Dict.Get("First").(Integer)
	if !ok1 || !ok2 || n < 0 || first < 0 {
		return nil, malformed(CodeObject, e.Offset, "object stream %d without /N or /First", num)
	}
	if int64(n) > int64(f.limits.ObjStm) {
		return nil, &LimitError{"OBJSTM", int64(f.limits.ObjStm)}
	}
	if err := f.checkExtends(num, st); err != nil {
		return nil, err
	}
	out := &objStm{first: int64(first)}
	if out.data, err = f.Decode(st, f.limits.Decoded); err != nil {
		return nil, err
	}
	if int64(first) > int64(len(out.data)) {
		return nil, malformed(CodeObject, e.Offset, "object stream %d is shorter than its /First", num)
	}
	seen := map[uint32]bool{}
	p := &parser{b: out.data[:first], whole: true}
	for range int(n) {
		num, err := p.integer()
		if err != nil {
			return nil, err
		}
		off, err := p.integer()
		if err != nil {
			return nil, err
		}
		if num > maxNumbered || int64(first)+off > int64(len(out.data)) {
			return nil, malformed(CodeObject, e.Offset, "an object stream names an object outside itself")
		}
		if seen[uint32(num)] {
			return nil, malformed(CodeObject, e.Offset, "object %d stands twice in an object stream", num)
		}
		seen[uint32(num)] = true
		out.nums = append(out.nums, uint32(num))
		out.offs = append(out.offs, int64(first)+off)
	}
	if f.kept.bytes += int64(len(out.data)); f.kept.bytes > maxKept {
		f.forget()
		f.kept.bytes = int64(len(out.data))
	}
	if _, direct := st.Dict.Get("Length").(Integer); direct && f.whole == nil {
		f.kept.streams[e.Offset] = out
	}
	f.streams[num] = out
	return out, nil
}

// Members returns the numbers of the objects in an object stream, none if num is no such.
func (f *File) Members(num uint32) ([]uint32, error) {
	e, ok := f.Lookup(num)
	if !ok || e.Kind != EntryOffset {
		return nil, nil
	}
	o, err := f.load(Ref{num, e.Gen}, e)
	if err != nil {
		return nil, err
	}
	if st, ok := o.(*Stream); !ok || st.Dict.Get("Type") != Name("ObjStm") {
		return nil, nil
	}
	s, err := f.objectStream(num)
	if err != nil {
		return nil, err
	}
	return s.nums, nil
}

// readCompressed reads object num from the place its entry names (A17). The stream's own index
// must agree: readers differ if it does not.
func (f *File) readCompressed(num uint32, e XRefEntry) (Object, error) {
	s, err := f.objectStream(e.Stream)
	if err != nil {
		return nil, err
	}
	if e.Index >= len(s.nums) || s.nums[e.Index] != num {
		return nil, malformed(CodeObject, -1, "object %d is not at place %d of object stream %d", num, e.Index, e.Stream)
	}
	p := &parser{b: s.data, pos: int(s.offs[e.Index]), whole: true}
	o, err := p.object()
	if err == nil {
		err = f.kept.parse(int64(p.pos) - s.offs[e.Index])
	}
	if err != nil {
		return nil, err
	}
	return f.member(num, o)
}

// checkExtends follows /Extends, where some readers look for objects too: it must lead to
// other object streams, 8 at most, without a circle.
func (f *File) checkExtends(num uint32, st *Stream) error {
	const limit = 8
	for range limit {
		next := st.Dict.Get("Extends")
		if next == nil {
			return nil
		}
		ref, ok := next.(Ref)
		if !ok || ref.Num == num {
			return malformed(CodeObject, -1, "object stream %d extends no other stream", num)
		}
		o, err := f.Object(ref)
		if err != nil {
			return err
		}
		if st, ok = o.(*Stream); !ok || st.Dict.Get("Type") != Name("ObjStm") {
			return malformed(CodeObject, -1, "object stream %d extends no object stream", num)
		}
	}
	return &LimitError{"EXTENDS", limit}
}
