package pdf

// kept is what has been read of a file and is the same in every revision of it, by
// offset. An object whose length is in another object is not kept, because a later
// revision may change it.
type kept struct {
	objects map[int64]Indirect
	large   Indirect // the last one that is too large for objects
	streams map[int64]*objStm
	bytes   int64 // of decoded object streams
	decoded int64 // bytes that were decoded in all
	parsed  int64 // bytes of large objects, and of members of object streams, that were parsed in all
	limit   int64 // of decoded
	fields  int   // nodes of field trees that were read
}

// Limits of what is kept.
const (
	maxKept        = 32 << 20 // bytes of decoded object streams
	maxKeptObjects = 4096
	maxKeptObject  = 16 << 10 // bytes; larger ones are read again
	maxParsed      = 96 << 20 // bytes of what is read again and again (A46)
)

// newKept limits what a file of size bytes may decode to in all: 100 times its size and
// 1 MiB, at most 256 MiB.
func newKept(size int64) *kept {
	return &kept{objects: map[int64]Indirect{}, streams: map[int64]*objStm{}, limit: min(256<<20, 100*size+1<<20)}
}

func (k *kept) object(off int64, ind Indirect) {
	if st, ok := ind.Object.(*Stream); ok {
		if _, direct := st.Dict.Get("Length").(Integer); !direct {
			return
		}
	} else if ind.End-ind.Off > maxKeptObject {
		k.large = ind
		return
	}
	if len(k.objects) >= maxKeptObjects {
		clear(k.objects)
	}
	k.objects[off] = ind
}

// spend counts decoded bytes.
func (k *kept) spend(n int) error {
	if k.decoded += int64(n); k.decoded > k.limit {
		return &LimitError{"DECODED_TOTAL", k.limit}
	}
	return nil
}

// parse counts bytes of a large object, or of a member of an object stream, that are parsed.
func (k *kept) parse(n int64) error {
	if k.parsed += n; k.parsed > maxParsed {
		return &LimitError{"PARSED", maxParsed}
	}
	return nil
}

func (k *kept) find(off int64) (Indirect, bool) {
	if ind, ok := k.objects[off]; ok {
		return ind, true
	}
	return k.large, k.large.Off == off && off > 0
}

func (f *File) forget() {
	clear(f.streams)
	clear(f.kept.objects)
	clear(f.kept.streams)
	f.kept.bytes = 0
}

// At returns the file as it was when a revision was the newest: the same bytes up to
// its end, with the cross-reference sections of that time. Objects that were read of
// one are not read again for the other.
func (f *File) At(r Revision) *File {
	out := *f
	out.size, out.form, out.nodes, out.memo = r.End, nil, nil, map[uint32]memo{}
	out.blocks, out.streams = map[int64][]byte{}, map[uint32]*objStm{}
	for i, s := range f.sections {
		if s == r.Sections[0] {
			out.sections, out.newer = f.sections[i:], f.newer+i
		}
	}
	return &out
}

// Next is [File.At] for the revision after f's own, whose newest is of. It takes over
// what f knows about objects that the revision does not change; f looks them up again
// from then on.
func (f *File) Next(of *File, r Revision) *File {
	out := of.At(r)
	nums := r.Numbers()
	out.memo, f.memo = f.memo, map[uint32]memo{}
	for _, n := range nums {
		delete(out.memo, n)
	}
	if f.form != nil {
		out.nodes = f.nodes
		form, ok, err := f.form.patched(out, nums)
		if out.form = form; !ok || err != nil {
			out.form, out.nodes = nil, nil
		}
	}
	return out
}

// memo is what was found out about an object number.
type memo struct {
	entry XRefEntry
	ok    bool
	err   error
}
