package pdf

import (
	"bytes"
	"errors"
	"io"
)

// File is an opened PDF. It is not safe for concurrent use.
type File struct {
	r        io.ReaderAt
	size     int64
	base     int64 // bytes before %PDF-, which offsets do not count
	limits   Limits
	sections []*Section // newest first
	index    []listing  // of many sections; shared by all revisions
	newer    int        // sections that are newer than this revision
	streams  map[uint32]*objStm
	blocks   map[int64][]byte // parts of the file by their number
	kept     *kept            // what all revisions of the file share
	form     *Form            // once it is read
	nodes    map[uint32]bool  // objects from which it was read
	memo     map[uint32]memo  // entries that were looked up
	rows     int64            // of all sections
	nesting  int              // of stream lengths and object streams being read
	whole    []byte           // the file, if it is salvaged: wrong stream lengths are corrected
	crypt    *crypt           // of an encrypted file that is unlocked
	locked   error            // why an encrypted file is not unlocked
}

// Open reads the cross-reference chain of a file of size bytes. An encrypted file
// is opened with the empty password.
func Open(r io.ReaderAt, size int64, limits Limits) (*File, error) {
	return OpenPassword(r, size, limits, nil)
}

// OpenPassword is [Open] with the password of a file's user or owner, in UTF-8 and
// unchanged: the caller applies the form of RFC 4013 for spaces and accents. A file is
// opened even if the password does not unlock it: [File.Locked] returns why, and
// reading an object of it is an error.
func OpenPassword(r io.ReaderAt, size int64, limits Limits, password []byte) (*File, error) {
	if size > limits.Input {
		return nil, &LimitError{"INPUT", limits.Input}
	}
	f := &File{r: r, size: size, limits: limits, streams: map[uint32]*objStm{}, blocks: map[int64][]byte{}, kept: newKept(size), memo: map[uint32]memo{}}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	start, err := f.startXRef()
	if err != nil {
		return nil, err
	}
	if err := f.readChain(start); err != nil {
		return nil, err
	}
	f.index = indexSections(f.sections)
	if f.Encrypted() {
		f.crypt, f.locked = f.unlock(password)
		f.forget() // drops what was read before there was a key
	}
	return f, nil
}

// Size returns the length of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Base returns the number of bytes before the header. Offsets in the file count
// from there.
func (f *File) Base() int64 { return f.base }

// ReaderAt returns the reader the file was opened with.
func (f *File) ReaderAt() io.ReaderAt { return f.r }

// Sections returns the cross-reference sections, newest first.
func (f *File) Sections() []*Section { return append([]*Section(nil), f.sections...) }

// Trailer returns the newest trailer dictionary.
func (f *File) Trailer() *Dict { return f.sections[0].Trailer }

// MaxObject returns one more than the highest object number that any section
// declares or describes: the first number that is free for a new object.
func (f *File) MaxObject() uint32 {
	var n uint32 = 1
	for _, s := range f.sections {
		n = max(n, s.size, s.highest()+1)
	}
	return n
}

// window reads up to n bytes at off; fewer only at the end of the file. Small windows
// are cut from blocks that are kept, because objects that are read together mostly lie
// together. The result must not be written to.
func (f *File) window(off, n int64) ([]byte, error) {
	n = min(n, f.size-off)
	if off < 0 || n <= 0 {
		return nil, malformed(CodeEOF, off, "outside the file")
	}
	if first := off / blockSize; (off+n-1)/blockSize == first {
		b, err := f.block(first)
		if err != nil {
			return nil, err
		}
		at := off - first*blockSize
		return b[at : at+n : at+n], nil
	}
	b := make([]byte, n)
	if _, err := f.r.ReadAt(b, off); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}

// Blocks of the file that are kept, at most 4 MiB.
const (
	blockSize = 32 << 10
	maxBlocks = 128
)

func (f *File) block(i int64) ([]byte, error) {
	if b, ok := f.blocks[i]; ok {
		return b, nil
	}
	off := i * blockSize
	b := make([]byte, min(blockSize, f.size-off))
	if _, err := f.r.ReadAt(b, off); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(f.blocks) >= maxBlocks {
		for old := range f.blocks {
			delete(f.blocks, old) // if it is in use, it is read again
			break
		}
	}
	f.blocks[i] = b
	return b, nil
}

// parse runs read over a window that grows until read no longer asks for more. The first is
// the rest of the block, which costs no copy.
func (f *File) parse(off int64, read func(p *parser) error) error {
	const least = 2 << 10
	for n := blockSize - max(off, 0)%blockSize; ; n = max(4*n, least) {
		b, err := f.window(off, n)
		if err != nil {
			return err
		}
		p := &parser{b: b, base: off, whole: off+int64(len(b)) == f.size}
		err = read(p)
		short := errors.Is(err, errShort)
		used := int64(p.pos)
		if short {
			used = int64(len(b))
		}
		if used > maxKeptObject && f.whole == nil {
			if err := f.kept.parse(used); err != nil {
				return err
			}
		}
		if !short {
			return err
		}
		if n > f.limits.Object {
			return &LimitError{"OBJECT", f.limits.Object}
		}
	}
}

func (f *File) readHeader() error {
	b, err := f.window(0, 1024)
	if err != nil {
		return malformed(CodeHeader, 0, "an empty file")
	}
	i := bytes.Index(b, []byte("%PDF-"))
	if i < 0 {
		return malformed(CodeHeader, 0, "no %%PDF- in the first 1,024 bytes")
	}
	f.base = int64(i)
	return nil
}

// startXRef returns the offset that the last startxref names.
func (f *File) startXRef() (int64, error) {
	end, err := f.lastEOF()
	if err != nil {
		return 0, err
	}
	n := min(end, 2048)
	tail, err := f.window(end-n, n)
	if err != nil {
		return 0, err
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, malformed(CodeXRef, end, "no startxref at the end")
	}
	p := &parser{b: tail, pos: i + len("startxref"), base: end - n, whole: true}
	off, err := p.integer()
	if err != nil {
		return 0, malformed(CodeXRef, p.off(), "startxref names no offset")
	}
	return off + f.base, nil
}

// lastEOF returns the offset behind the last %%EOF.
//
// QUIRK: ISO 32000-2, 7.5.5: %%EOF ends the file; servers and disks leave bytes behind it,
// which readers pass over.
func (f *File) lastEOF() (int64, error) {
	const mark, most, step = "%%EOF", 1 << 20, 32 << 10
	for end := f.size; end > max(0, f.size-most); end -= step {
		from := max(0, end-step)
		b, err := f.window(from, min(f.size, end+int64(len(mark)))-from)
		if err != nil {
			return 0, err
		}
		if i := bytes.LastIndex(b, []byte(mark)); i >= 0 {
			return from + int64(i+len(mark)), nil
		}
	}
	return 0, malformed(CodeEOF, f.size, "no %%%%EOF at the end: the file is cut off")
}

// Behind returns how many bytes stand behind the last %%EOF, without the end of its line.
func (f *File) Behind() int64 {
	end, err := f.lastEOF()
	if err != nil {
		return 0
	}
	b, err := f.window(end, 2)
	if err != nil {
		return 0
	}
	n := f.size - end
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return n - 2
	case b[0] == '\n' || b[0] == '\r':
		return n - 1
	}
	return n
}

// Indirect is a whole indirect object as it is in the file.
type Indirect struct {
	Ref    Ref
	Object Object
	Off    int64 // of its number
	End    int64 // behind endobj
}

// IndirectAt parses the indirect object that starts at off. For streams the
// length is checked against the endstream keyword.
func (f *File) IndirectAt(off int64) (Indirect, error) {
	if ind, ok := f.kept.find(off); ok && ind.End <= f.size { // an older revision ends earlier
		return ind, nil
	}
	ind, err := f.indirectAt(off)
	if err == nil && f.whole == nil {
		f.kept.object(off, ind)
	}
	return ind, err
}

func (f *File) indirectAt(off int64) (Indirect, error) {
	var out Indirect
	var stream bool
	var dataOff int64
	err := f.parse(off, func(p *parser) error {
		p.space()
		out.Off = p.off()
		num, err := p.integer()
		if err != nil {
			return err
		}
		gen, err := p.integer()
		if err != nil {
			return err
		}
		if num > maxNumbered || gen > 65535 {
			return &LimitError{"NUMBERS", maxNumbered}
		}
		if err := p.keyword("obj"); err != nil {
			return err
		}
		out.Ref = Ref{uint32(num), uint16(gen)}
		if out.Object, err = p.object(); err != nil {
			return err
		}
		p.space()
		end := p.off()
		w, err := p.word()
		if err != nil {
			return err
		}
		switch string(w) {
		case "endobj":
			out.End, stream = p.off(), false
			return nil
		case "stream":
			stream = true
			dataOff, err = p.streamStart()
			return err
		}
		// QUIRK: ISO 32000-2, 7.3.10: endobj ends an object; for readers the next object does so too.
		next, err := p.startsNext(w)
		if err == nil && !next {
			err = malformed(CodeObject, p.off(), "endobj expected after object %d", num)
		}
		out.End, stream = end, false
		return err
	})
	if err != nil {
		return out, err
	}
	if !stream {
		out.Object, err = f.incoming(out.Ref, out.Object)
		return out, err
	}
	d, ok := out.Object.(*Dict)
	if !ok {
		return out, malformed(CodeStream, off, "a stream without a dictionary")
	}
	// A length may be in an object stream, whose own length may be in another: a circle
	// ends here.
	if f.nesting == 4 {
		return out, malformed(CodeStream, off, "stream lengths depend on each other")
	}
	f.nesting++
	length, err := f.Resolve(d.Get("Length"))
	f.nesting--
	if err != nil {
		return out, err
	}
	n, ok := length.(Integer)
	mended := false
	if !ok || n < 0 || int64(n) > f.size-dataOff {
		n, err = 0, malformed(CodeStream, off, "a stream with an impossible /Length")
	} else {
		out.End, err = f.streamEnd(dataOff + int64(n))
	}
	if err != nil && f.whole != nil {
		if i := bytes.Index(f.whole[dataOff:], []byte("endstream")); i >= 0 {
			n, err = Integer(trimEOL(f.whole[dataOff:dataOff+int64(i)])), nil
			out.End, mended = dataOff+int64(i)+int64(len("endstream")), true
		}
	}
	if err == nil {
		out.Object, err = f.incoming(out.Ref, &Stream{Dict: d, Offset: dataOff, Length: int64(n), mended: mended})
	}
	return out, err
}

// trimEOL returns the length of b without the end of line at its end.
func trimEOL(b []byte) int {
	n := len(b)
	if n > 0 && b[n-1] == '\n' {
		n--
	}
	if n > 0 && b[n-1] == '\r' {
		n--
	}
	return n
}

// streamStart steps over the end of line behind the stream keyword.
func (p *parser) streamStart() (int64, error) {
	if p.pos+1 >= len(p.b) {
		return 0, p.end()
	}
	switch {
	case p.b[p.pos] == '\r' && p.b[p.pos+1] == '\n':
		p.pos += 2
	case p.b[p.pos] == '\n':
		p.pos++
	case p.b[p.pos] == '\r':
		// QUIRK: ISO 32000-2, 7.3.8.1: a lone carriage return is not allowed; some producers write it.
		p.pos++
	default:
		return 0, malformed(CodeStream, p.off(), "no end of line after stream")
	}
	return p.off(), nil
}

// streamEnd expects "endstream endobj" at off and returns the offset behind it.
func (f *File) streamEnd(off int64) (int64, error) {
	var end int64
	err := f.parse(off, func(p *parser) error {
		if err := p.keyword("endstream"); err != nil {
			return streamTail(err, off, "endstream")
		}
		p.space()
		end = p.off()
		w, err := p.word()
		if err != nil {
			return err
		}
		if string(w) == "endobj" {
			end = p.off()
			return nil
		}
		// QUIRK: as behind other objects.
		next, err := p.startsNext(w)
		if err == nil && !next {
			err = malformed(CodeStream, off, "endobj expected where /Length ends")
		}
		return err
	})
	return end, err
}

// startsNext reports whether a word that was read begins another object, or what follows
// the objects.
func (p *parser) startsNext(w []byte) (bool, error) {
	switch string(w) {
	case "xref", "startxref", "trailer":
		return true, nil
	}
	if _, ok := parseDigits(w); !ok {
		return false, nil
	}
	_, err := p.integer()
	if err == nil {
		err = p.keyword("obj")
	}
	if errors.Is(err, errShort) {
		return false, err
	}
	return err == nil, nil
}

func streamTail(err error, off int64, want string) error {
	if errors.Is(err, errShort) {
		return err
	}
	return malformed(CodeStream, off, "%s expected where /Length ends", want)
}

// Object returns the object that ref names in the newest revision; nil if it is free,
// absent, or of another generation.
func (f *File) Object(ref Ref) (Object, error) {
	e, ok := f.Lookup(ref.Num)
	if !ok {
		return nil, nil // ISO 32000-2, 7.3.10: a reference to an undefined object is the null object
	}
	return f.load(ref, e)
}

// load reads an object where its entry points. What stands there must have its own
// number and generation (A16).
func (f *File) load(ref Ref, e XRefEntry) (Object, error) {
	switch e.Kind {
	case EntryOffset:
		if e.Gen != ref.Gen {
			return nil, nil
		}
		ind, err := f.IndirectAt(e.Offset)
		if err != nil {
			return nil, err
		}
		return ind.named(ref, e.Offset)
	case EntryCompressed:
		if ref.Gen != 0 {
			return nil, nil
		}
		return f.readCompressed(ref.Num, e)
	}
	return nil, nil
}

// Peek returns the entry and the object of a number, nil if it is not in use. It keeps
// nothing of them: it is for a pass over all objects.
func (f *File) Peek(num uint32) (XRefEntry, Object, error) {
	e, ok, err := f.search(num)
	if err != nil || !ok {
		return XRefEntry{}, nil, nil // as Lookup does
	}
	if e.Kind != EntryOffset {
		o, err := f.load(Ref{Num: num}, e)
		return e, o, err
	}
	ind, known := f.kept.find(e.Offset)
	if !known || ind.End > f.size {
		if ind, err = f.indirectAt(e.Offset); err != nil {
			return e, nil, err
		}
	}
	o, err := ind.named(Ref{num, e.Gen}, e.Offset)
	return e, o, err
}

// named returns the object if it has the number that its entry has (A16).
func (i Indirect) named(ref Ref, off int64) (Object, error) {
	if i.Ref != ref {
		return nil, malformed(CodeObject, off, "object %d %d found where %d %d should be", i.Ref.Num, i.Ref.Gen, ref.Num, ref.Gen)
	}
	return i.Object, nil
}

// Resolve follows references until it reaches an object that is not a reference.
func (f *File) Resolve(o Object) (Object, error) {
	for i := 0; ; i++ {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		if i == 16 {
			return nil, malformed(CodeObject, -1, "references name references in a circle")
		}
		var err error
		if o, err = f.Object(ref); err != nil {
			return nil, err
		}
	}
}

// Dict resolves o and returns it as a dictionary; nil if it is the null object.
func (f *File) Dict(o Object) (*Dict, error) {
	o, err := f.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	d, ok := o.(*Dict)
	if !ok {
		return nil, malformed(CodeObject, -1, "a dictionary expected")
	}
	return d, nil
}

// Array resolves o and returns it as an array; nil if it is the null object.
func (f *File) Array(o Object) (Array, error) {
	o, err := f.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	a, ok := o.(Array)
	if !ok {
		return nil, malformed(CodeObject, -1, "an array expected")
	}
	return a, nil
}

// Catalog returns the document catalog and its reference.
func (f *File) Catalog() (*Dict, Ref, error) {
	ref, ok := f.Trailer().Get("Root").(Ref)
	if !ok {
		return nil, Ref{}, malformed(CodeCatalog, -1, "the trailer names no catalog")
	}
	d, err := f.Dict(ref)
	if err != nil {
		return nil, ref, err
	}
	if d == nil {
		return nil, ref, malformed(CodeCatalog, -1, "the catalog is missing")
	}
	return d, ref, nil
}

// Encrypted reports whether the file has an encryption dictionary.
func (f *File) Encrypted() bool { return f.Trailer().Get("Encrypt") != nil }
