package pdf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
)

// maxAwaited is how many objects a file may refer to that it does not have.
const maxAwaited = 100_000

// Awaited returns the object numbers from MaxObject on that the file refers to, although
// it has no such objects: new ones with these numbers would turn up where the reference
// stands. It reads the whole file, and its object streams, and takes what looks like a
// reference for one. It may run beside other uses of f.
func (f *File) Awaited(ctx context.Context) (map[uint32]bool, error) {
	s := awaited{from: f.MaxObject(), found: map[uint32]bool{}}
	if err := s.scanFile(ctx, f.r, f.size); err != nil {
		return nil, err
	}
	own := f.fork()
	for _, num := range own.holders() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o, err := own.Object(Ref{Num: num})
		st, ok := o.(*Stream)
		if err != nil || !ok {
			continue // nobody reads what is in it
		}
		data, err := own.Decode(st, own.limits.Decoded)
		if err != nil {
			continue
		}
		s.scan(data)
	}
	if len(s.found) > maxAwaited {
		return nil, &LimitError{"AWAITED", maxAwaited}
	}
	return s.found, nil
}

// fork returns the file with nothing kept of it, for use beside f.
func (f *File) fork() *File {
	out := *f
	out.streams, out.blocks, out.kept = map[uint32]*objStm{}, map[int64][]byte{}, newKept(f.size)
	out.form, out.nodes, out.memo, out.nesting = nil, nil, map[uint32]memo{}, 0
	return &out
}

// holders returns the numbers of the object streams that the sections name.
func (f *File) holders() []uint32 {
	found := map[uint32]bool{}
	add := func(e XRefEntry) {
		if e.Kind == EntryCompressed {
			found[e.Stream] = true
		}
	}
	for _, s := range f.sections {
		for _, e := range s.made {
			add(e)
		}
		for _, t := range []*Section{s, s.Hybrid} {
			if t == nil || !t.Stream {
				continue
			}
			for _, num := range t.Numbers() {
				if e, ok, err := t.entry(num); ok && err == nil {
					add(e)
				}
			}
		}
	}
	out := make([]uint32, 0, len(found))
	for num := range found {
		out = append(out, num)
	}
	slices.Sort(out)
	return out
}

// awaited collects references.
type awaited struct {
	from  uint32
	found map[uint32]bool
}

const piece = 256 << 10 // bytes that are scanned at a time

var pieces = sync.Pool{New: func() any { return new([piece]byte) }}

// scanFile scans a file in pieces that overlap.
func (s *awaited) scanFile(ctx context.Context, r io.ReaderAt, size int64) error {
	const overlap = 1 << 10
	buf := pieces.Get().(*[piece]byte)[:]
	defer pieces.Put((*[piece]byte)(buf))
	for at := int64(0); at < size; at += piece - overlap {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(int64(len(buf)), size-at)]
		if _, err := r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		s.scan(b)
	}
	return nil
}

// scan looks for two numbers before an R that stands alone.
func (s *awaited) scan(b []byte) {
	for at := 0; len(s.found) <= maxAwaited; at++ {
		i := bytes.IndexByte(b[at:], 'R')
		if i < 0 {
			return
		}
		at += i
		if at+1 < len(b) && isRegular(b[at+1]) {
			continue
		}
		_, rest, ok := lastNumber(b[:at])
		if !ok {
			continue
		}
		if num, _, ok := lastNumber(rest); ok && num >= int64(s.from) && num <= maxNumbered {
			s.found[uint32(num)] = true
		}
	}
}

// lastNumber returns the whole number that ends b, behind which there is white space, and
// what stands before it.
func lastNumber(b []byte) (n int64, rest []byte, ok bool) {
	end := len(b)
	for end > 0 && isSpace(b[end-1]) {
		end--
	}
	from := end
	for from > 0 && end-from < 12 && b[from-1] >= '0' && b[from-1] <= '9' {
		from--
	}
	if end == len(b) || from == end {
		return 0, nil, false
	}
	n, ok = parseDigits(b[from:end])
	return n, b[:from], ok
}
