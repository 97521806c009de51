package pdf

import (
	"bytes"
	"errors"
	"io"
)

// maxUnreadable is how many objects of a salvaged file may fail to parse: each may cost
// a search through the rest of the file.
const maxUnreadable = 100

// Salvage opens a file whose cross-reference chain is broken, as a tolerant reader
// would: it scans for "num gen obj" and takes the last object of each number. The
// result is either rewritten, or signed behind a section that lists it all and reads
// back the same; it is never verified. Salvage refuses a file without %%EOF, which may
// be cut off, and an encrypted one.
func Salvage(r io.ReaderAt, size int64, limits Limits) (*File, error) {
	if size > limits.Input {
		return nil, &LimitError{"INPUT", limits.Input}
	}
	f := &File{r: r, size: size, limits: limits, streams: map[uint32]*objStm{}, blocks: map[int64][]byte{}, kept: newKept(size), memo: map[uint32]memo{}}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	if _, err := f.lastEOF(); err != nil {
		return nil, err
	}
	all, err := f.window(0, size)
	if err != nil {
		return nil, err
	}
	f.whole = all
	sec := &Section{made: map[uint32]XRefEntry{}}
	unreadable := 0
	f.sections = []*Section{sec}
	found := trailers{at: -1}
	for at := 0; ; {
		i := bytes.Index(all[at:], []byte(" obj"))
		if i < 0 {
			break
		}
		at += i + 4
		off, num, gen, ok := objectHead(all, at-4)
		if !ok || num == 0 || num > maxNumbered {
			continue
		}
		if int64(len(sec.made)) >= limits.Objects {
			return nil, &LimitError{"OBJECTS", limits.Objects}
		}
		sec.made[uint32(num)] = XRefEntry{Kind: EntryOffset, Offset: int64(off), Gen: uint16(gen)}
		delete(f.streams, uint32(num)) // an earlier object stream of that number
		end := f.salvageObject(sec, int64(off), &found)
		if end == 0 {
			unreadable++
		}
		if unreadable > maxUnreadable {
			return nil, &LimitError{"UNREADABLE", maxUnreadable}
		}
		at = max(at, int(end))
	}
	f.forget() // lengths may be in objects that come later
	found.tables(all)
	if found.encrypted {
		return nil, ErrEncrypted
	}
	if found.dict == nil && found.catalog != nil {
		found.dict = NewDict(Name("Root"), found.catalog)
	}
	if found.dict == nil {
		return nil, malformed(CodeCatalog, -1, "no catalog found")
	}
	sec.Trailer = NewDict(Name("Root"), found.dict.Get("Root"), Name("Info"), found.dict.Get("Info"), Name("ID"), found.dict.Get("ID"))
	sec.size = sec.highest() + 1
	return f, nil
}

// trailers keeps the last trailer dictionary of a file that names a catalog, and the
// last catalog for files that have none.
type trailers struct {
	at        int64
	dict      *Dict
	catalog   Object
	encrypted bool
}

func (t *trailers) note(at int64, d *Dict) {
	t.encrypted = t.encrypted || d.Get("Encrypt") != nil
	if _, ok := d.Get("Root").(Ref); ok && at > t.at {
		t.at, t.dict = at, d
	}
}

// tables records the trailers of cross-reference tables, from the end of the file.
func (t *trailers) tables(b []byte) {
	const limit = 256
	end := len(b)
	for range limit {
		i := bytes.LastIndex(b[:end], []byte("trailer"))
		if i < 0 {
			return
		}
		end = i
		o, err := (&parser{b: b, pos: i + len("trailer"), whole: true}).object()
		if d, ok := o.(*Dict); ok && err == nil {
			t.note(int64(i), d)
		}
	}
}

// salvageObject records the catalog and the members of object streams, and returns
// where the object ends, 0 if it cannot be read.
func (f *File) salvageObject(sec *Section, off int64, found *trailers) int64 {
	ind, err := f.IndirectAt(off)
	if err != nil {
		return 0
	}
	switch v := ind.Object.(type) {
	case *Dict:
		if v.Get("Type") == Name("Catalog") {
			found.catalog = ind.Ref
		}
	case *Stream:
		if v.Dict.Get("Type") == Name("XRef") {
			found.note(off, v.Dict)
		}
		if v.Dict.Get("Type") != Name("ObjStm") {
			break
		}
		s, err := f.objectStream(ind.Ref.Num)
		if err != nil {
			break
		}
		for i, num := range s.nums {
			if num != ind.Ref.Num && num != 0 {
				sec.made[num] = XRefEntry{Kind: EntryCompressed, Stream: ind.Ref.Num, Index: i}
			}
		}
	}
	return ind.End
}

// objectHead reads "num gen" backwards from the space before "obj".
func objectHead(b []byte, at int) (off int, num, gen int64, ok bool) {
	back := func(at int) (int, int64, bool) {
		end := at
		for at > 0 && b[at-1] >= '0' && b[at-1] <= '9' {
			at--
		}
		n, ok := parseDigits(b[at:end])
		return at, n, ok
	}
	at, gen, ok = back(at)
	if !ok || gen > 65535 || at == 0 || !isSpace(b[at-1]) {
		return 0, 0, 0, false
	}
	off, num, ok = back(at - 1)
	return off, num, gen, ok
}

// Damaged reports whether err says that a file is broken in a way that [Salvage] may
// repair.
func Damaged(err error) bool {
	var m *MalformedError
	return errors.As(err, &m) && m.Code != CodeHeader && m.Code != CodeEOF && m.Code != CodeEncrypt
}
