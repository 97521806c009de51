package pdf

import (
	"errors"
	"slices"
)

// EntryKind is the kind of a cross-reference entry.
type EntryKind int

// The kinds of entries (ISO 32000-2, tables 18 and 22).
const (
	EntryFree EntryKind = iota
	EntryOffset
	EntryCompressed
)

// XRefEntry is one cross-reference entry. Offset counts from the start of the file,
// even if the header is not there.
type XRefEntry struct {
	Kind   EntryKind
	Offset int64  // EntryOffset: of the object
	Gen    uint16 // EntryOffset
	Stream uint32 // EntryCompressed: number of the object stream
	Index  int    // EntryCompressed: place in it
}

// Section is one cross-reference section: a table with its trailer, or a
// cross-reference stream.
type Section struct {
	Trailer *Dict
	Stream  bool  // a cross-reference stream
	Start   int64 // of the xref keyword, or of the stream object
	End     int64 // behind the trailer dictionary, or behind endobj
	Hybrid  *Section

	subs []subsection
	rows rowSource
	size uint32 // the trailer's /Size
	made map[uint32]XRefEntry
}

// subsection is a run of consecutive object numbers. at is the offset of its first row,
// in the file for tables, in the decoded data for streams.
type subsection struct {
	first, count uint32
	at           int64
}

// rowSource reads the row of a subsection. A table reads it from the file on demand, so
// that the cost of opening a file does not depend on its number of objects.
type rowSource interface {
	row(sub subsection, i uint32) (XRefEntry, error)
}

// readChain reads the section at start and all that it builds on.
func (f *File) readChain(start int64) error {
	visited := map[int64]bool{}
	for {
		if visited[start] {
			return malformed(CodeXRef, start, "the cross-reference sections form a circle")
		}
		visited[start] = true
		if len(f.sections) == f.limits.Sections {
			return &LimitError{"SECTIONS", int64(f.limits.Sections)}
		}
		s, err := f.readSection(start)
		if err != nil {
			return err
		}
		f.sections = append(f.sections, s)
		prev := s.Trailer.Get("Prev")
		if prev == nil {
			return nil
		}
		n, ok := prev.(Integer)
		if !ok || n < 0 {
			return malformed(CodeXRef, s.Start, "/Prev is not an offset")
		}
		start = int64(n) + f.base
	}
}

func (f *File) readSection(start int64) (*Section, error) {
	if start < 0 || start >= f.size {
		return nil, malformed(CodeXRef, start, "a cross-reference section outside the file")
	}
	b, err := f.window(start, 64)
	if err != nil {
		return nil, err
	}
	p := &parser{b: b, base: start, whole: true}
	p.space()
	var s *Section
	if w, _ := p.word(); string(w) == "xref" {
		s, err = f.readTable(start)
	} else {
		s, err = f.readXRefStream(start)
	}
	if err != nil {
		return nil, err
	}
	size, ok := s.Trailer.Get("Size").(Integer)
	if !ok || size < 0 {
		return nil, malformed(CodeXRef, start, "the trailer has no /Size")
	}
	if size > maxNumbered+1 || s.highest() > maxNumbered {
		return nil, &LimitError{"NUMBERS", maxNumbered}
	}
	for _, sub := range s.subs {
		f.rows += int64(sub.count)
	}
	if f.rows > maxRows {
		return nil, &LimitError{"ROWS", maxRows}
	}
	s.size = uint32(size)
	return s, nil
}

// maxRows is how many rows all cross-reference sections together may have.
const maxRows = 2_000_000

// readTable reads the heads of a table's subsections, its trailer, and the
// stream that a hybrid file names there.
func (f *File) readTable(start int64) (*Section, error) {
	s := &Section{Start: start, rows: tableRows{f}}
	at := start
	err := f.parse(at, func(p *parser) error {
		err := p.keyword("xref")
		at = p.off()
		return err
	})
	if err != nil {
		return nil, err
	}
	for trailer := false; !trailer; {
		err := f.parse(at, func(p *parser) error {
			p.space()
			w, err := p.word()
			if err != nil {
				return err
			}
			if string(w) == "trailer" {
				trailer = true
				return f.readTrailer(p, s)
			}
			first, ok := parseDigits(w)
			count, err := p.integer()
			if errors.Is(err, errShort) {
				return err
			}
			if !ok || err != nil || first > maxNumbered || count > maxNumbered+1 {
				return malformed(CodeXRef, p.off(), "a subsection head expected")
			}
			for p.pos < len(p.b) && isSpace(p.b[p.pos]) {
				p.pos++
			}
			if p.pos == len(p.b) && !p.whole {
				return errShort
			}
			sub := subsection{uint32(first), uint32(count), p.off()}
			at = sub.at + 20*count
			if at > f.size {
				return malformed(CodeXRef, p.off(), "a subsection longer than the file")
			}
			s.subs = append(s.subs, sub)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if err := s.sortSubs(); err != nil {
		return nil, err
	}
	if stm := s.Trailer.Get("XRefStm"); stm != nil {
		x, ok := stm.(Integer)
		if !ok {
			return nil, malformed(CodeXRef, s.Start, "/XRefStm is not an offset")
		}
		if s.Hybrid, err = f.readXRefStream(int64(x) + f.base); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (f *File) readTrailer(p *parser, s *Section) error {
	o, err := p.object()
	if err != nil {
		return err
	}
	d, ok := o.(*Dict)
	if !ok {
		return malformed(CodeXRef, p.off(), "the trailer is not a dictionary")
	}
	s.Trailer, s.End = d, p.off()
	return nil
}

// sortSubs orders the subsections by object number and refuses overlaps, which readers
// resolve differently.
func (s *Section) sortSubs() error {
	slices.SortFunc(s.subs, func(a, b subsection) int { return int(int64(a.first) - int64(b.first)) })
	for i := 1; i < len(s.subs); i++ {
		if s.subs[i].first < s.subs[i-1].first+s.subs[i-1].count {
			return malformed(CodeXRef, s.Start, "object %d stands in two subsections", s.subs[i].first)
		}
	}
	return nil
}

func (s *Section) highest() uint32 {
	var n uint32
	for i := len(s.subs) - 1; i >= 0 && n == 0; i-- {
		if c := s.subs[i].count; c > 0 {
			n = s.subs[i].first + c - 1
		}
	}
	for num := range s.made {
		n = max(n, num)
	}
	if s.Hybrid != nil {
		n = max(n, s.Hybrid.highest())
	}
	return n
}

// entry returns the entry of num in the section's own table or stream.
func (s *Section) entry(num uint32) (XRefEntry, bool, error) {
	if s.made != nil {
		e, ok := s.made[num]
		return e, ok, nil
	}
	i, found := slices.BinarySearchFunc(s.subs, num, func(sub subsection, n uint32) int {
		switch {
		case n < sub.first:
			return 1
		case n >= sub.first+sub.count:
			return -1
		}
		return 0
	})
	if !found {
		return XRefEntry{}, false, nil
	}
	e, err := s.rows.row(s.subs[i], num-s.subs[i].first)
	return e, err == nil, err
}

// Find returns the entry of num in the section. In a hybrid file (ISO 32000-2, 7.5.8.4)
// the stream counts if the table has no entry or says "free".
func (s *Section) Find(num uint32) (XRefEntry, bool, error) {
	e, ok, err := s.entry(num)
	if err != nil || s.Hybrid == nil || (ok && e.Kind != EntryFree) {
		return e, ok, err
	}
	if h, hok, err := s.Hybrid.entry(num); err != nil || hok {
		return h, hok, err
	}
	return e, ok, nil
}

// Ambiguous reports whether a hybrid section's table and stream name different places
// for one object: old and new readers then see different documents. An object that only
// the stream names, and the table calls free, is hidden from old readers by design (ISO
// 32000-2, 7.5.8.4).
func (s *Section) Ambiguous() bool {
	if s.Hybrid == nil {
		return false
	}
	for _, num := range s.Hybrid.Numbers() {
		a, ok, err := s.entry(num)
		b, hidden, err2 := s.Hybrid.entry(num)
		if err != nil || err2 != nil {
			return true
		}
		if ok && hidden && a.Kind != EntryFree && a != b {
			return true
		}
	}
	return false
}

// Numbers returns the object numbers of the section, in order.
func (s *Section) Numbers() []uint32 {
	var out []uint32
	for _, sub := range s.subs {
		for i := range sub.count {
			out = append(out, sub.first+i)
		}
	}
	if s.made == nil && s.Hybrid == nil {
		return out
	}
	for num := range s.made {
		out = append(out, num)
	}
	if s.Hybrid != nil {
		out = append(out, s.Hybrid.Numbers()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Numbers returns the object numbers of all sections, in order.
func (f *File) Numbers() []uint32 {
	var out []uint32
	for _, s := range f.sections {
		out = append(out, s.Numbers()...)
	}
	if len(f.sections) == 1 {
		return out
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// IsSection reports whether there is a cross-reference section, or the stream of a
// hybrid one, at off.
func (f *File) IsSection(off int64) bool {
	return slices.ContainsFunc(f.sections, func(s *Section) bool {
		return s.Start == off || s.Hybrid != nil && s.Hybrid.Start == off
	})
}

// Lookup returns the newest entry of an object number. If a section is malformed, the
// object counts as absent; [File.Check] reports it.
func (f *File) Lookup(num uint32) (XRefEntry, bool) {
	e, ok, err := f.find(num)
	return e, ok && err == nil
}

func (f *File) find(num uint32) (XRefEntry, bool, error) {
	if f.whole != nil { // its table is still being made
		return f.search(num)
	}
	m, known := f.memo[num]
	if !known {
		m.entry, m.ok, m.err = f.search(num)
		f.memo[num] = m
	}
	return m.entry, m.ok, m.err
}

// Check reads every cross-reference row and returns an error for the first broken one.
func (f *File) Check() error {
	for _, s := range f.sections {
		for _, num := range s.Numbers() {
			if _, _, err := s.Find(num); err != nil {
				return err
			}
		}
	}
	return nil
}

// tableRows reads the 20-byte rows of ISO 32000-2, 7.5.4.
type tableRows struct{ f *File }

func (t tableRows) row(sub subsection, i uint32) (XRefEntry, error) {
	at := sub.at + 20*int64(i)
	b, err := t.f.window(at, 20)
	if err != nil {
		return XRefEntry{}, err
	}
	if len(b) < 18 || b[10] != ' ' || b[16] != ' ' {
		return XRefEntry{}, malformed(CodeXRef, at, "not a cross-reference row")
	}
	off, ok1 := parseDigits(b[:10])
	gen, ok2 := parseDigits(b[11:16])
	if !ok1 || !ok2 || gen > 65535 || (len(b) == 20 && !isSpace(b[18])) || (len(b) == 20 && !isSpace(b[19])) {
		return XRefEntry{}, malformed(CodeXRef, at, "not a cross-reference row")
	}
	switch b[17] {
	case 'f':
		return XRefEntry{Kind: EntryFree, Gen: uint16(gen)}, nil
	case 'n':
		return XRefEntry{Kind: EntryOffset, Offset: off + t.f.base, Gen: uint16(gen)}, nil
	}
	return XRefEntry{}, malformed(CodeXRef, at, "a row is neither in use nor free")
}

// streamRows reads the rows of a cross-reference stream (ISO 32000-2, 7.5.8.3).
type streamRows struct {
	data []byte
	w    [3]int
	base int64
}

func (r streamRows) row(sub subsection, i uint32) (XRefEntry, error) {
	width := r.w[0] + r.w[1] + r.w[2]
	at := sub.at + int64(width)*int64(i)
	if at+int64(width) > int64(len(r.data)) {
		return XRefEntry{}, malformed(CodeXRef, -1, "a cross-reference stream is too short")
	}
	b := r.data[at : at+int64(width)]
	typ := uint64(1)
	if r.w[0] > 0 {
		typ = bigEndian(b[:r.w[0]])
	}
	f2 := bigEndian(b[r.w[0] : r.w[0]+r.w[1]])
	f3 := bigEndian(b[r.w[0]+r.w[1]:])
	switch {
	case typ == 0:
		return XRefEntry{Kind: EntryFree, Gen: uint16(min(f3, 65535))}, nil
	case typ == 1 && f2 < 1<<40 && f3 <= 65535:
		return XRefEntry{Kind: EntryOffset, Offset: int64(f2) + r.base, Gen: uint16(f3)}, nil
	case typ == 2 && f2 < 1<<32 && f3 < 1<<31:
		return XRefEntry{Kind: EntryCompressed, Stream: uint32(f2), Index: int(f3)}, nil
	}
	return XRefEntry{}, malformed(CodeXRef, -1, "a cross-reference stream row of type %d", typ)
}

func bigEndian(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

func (f *File) readXRefStream(start int64) (*Section, error) {
	ind, err := f.IndirectAt(start)
	if err != nil {
		return nil, err
	}
	st, ok := ind.Object.(*Stream)
	if !ok || st.Dict.Get("Type") != Name("XRef") {
		return nil, malformed(CodeXRef, start, "neither a table nor a cross-reference stream")
	}
	rows := streamRows{base: f.base}
	w, _ := st.Dict.Get("W").(Array)
	if len(w) != 3 {
		return nil, malformed(CodeXRef, start, "/W does not have three numbers")
	}
	width := 0
	for i := range rows.w {
		n, ok := w[i].(Integer)
		if !ok || n < 0 || n > 8 {
			return nil, malformed(CodeXRef, start, "/W is out of range")
		}
		rows.w[i] = int(n)
		width += int(n)
	}
	if width == 0 {
		return nil, malformed(CodeXRef, start, "/W gives rows no bytes")
	}
	if rows.data, err = f.Decode(st, f.limits.XRefDecoded); err != nil {
		return nil, err
	}
	s := &Section{Trailer: st.Dict, Stream: true, Start: start, End: ind.End}
	index, ok := st.Dict.Get("Index").(Array)
	if !ok {
		size, _ := st.Dict.Get("Size").(Integer)
		index = Array{Integer(0), size}
	}
	at := int64(0)
	for i := 0; i+1 < len(index); i += 2 {
		first, ok1 := index[i].(Integer)
		count, ok2 := index[i+1].(Integer)
		if !ok1 || !ok2 || first < 0 || count < 0 || first > maxNumbered || count > maxNumbered+1 {
			return nil, malformed(CodeXRef, start, "/Index is out of range")
		}
		if at+int64(count)*int64(width) > int64(len(rows.data)) {
			return nil, malformed(CodeXRef, start, "a cross-reference stream shorter than its /Index")
		}
		s.subs = append(s.subs, subsection{uint32(first), uint32(count), at})
		at += int64(count) * int64(width)
	}
	s.rows = rows
	return s, s.sortSubs()
}
