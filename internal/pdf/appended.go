package pdf

import (
	"bytes"
	"slices"
)

// Readers that repair files look for objects, trailers and ends in every byte that their
// first reading did not settle. So the bytes that a revision appends to a signed file
// must have one form, which leaves nothing to repair: the grammar in docs/attacks.md
// (A34 to A38; ISO 32000-2, 7.5.4 to 7.5.8).

// CheckAppended returns an error for the first thing in a later revision that two readers
// could take for two things. from is where the revision before it ends, behind its
// %%EOF. f is the file as of that revision.
func (f *File) CheckAppended(r Revision, from int64) error {
	c := &appended{f: f, rev: r, from: from, seen: map[int64]bool{}, holders: map[uint32][]uint32{}}
	for _, s := range r.Sections {
		if err := c.section(s); err != nil {
			return err
		}
	}
	for holder, nums := range c.holders {
		if err := c.objectStream(holder, nums); err != nil {
			return err
		}
	}
	slices.SortFunc(c.spans, func(a, b span) int { return int(a.from - b.from) })
	at := from
	for _, s := range c.spans {
		if s.from < at {
			return malformed(CodeObject, s.from, "two objects overlap")
		}
		if err := c.gap(at, s.from); err != nil {
			return err
		}
		at = s.to
	}
	if last := r.Sections[len(r.Sections)-1].End; at != last {
		return malformed(CodeXRef, at, "objects behind the section that declares them")
	}
	if err := c.tail(at); err != nil {
		return err
	}
	return c.hidden()
}

// appended is one check of an appended revision.
type appended struct {
	f        *File
	rev      Revision
	from     int64
	spans    []span
	seen     map[int64]bool      // offsets of its objects
	marks    []int64             // where the keywords obj of its objects stand
	holders  map[uint32][]uint32 // object streams, and what the sections say is in them
	declared *[]int64            // where the rows of tables point to, if that is asked
	loose    bool                // of a signed revision: blanks may stand where ends of lines may
}

type span struct{ from, to int64 }

// section checks a cross-reference section and every object that it names.
func (c *appended) section(s *Section) error {
	if s.Hybrid != nil {
		return malformed(CodeXRef, s.Start, "a hybrid section")
	}
	if s.Stream {
		ind, err := c.object(s.Start)
		if err != nil {
			return err
		}
		if err := c.xrefStream(ind); err != nil {
			return err
		}
	} else if err := c.table(s); err != nil {
		return err
	}
	for _, num := range s.Numbers() {
		e, _, err := s.Find(num)
		if err != nil {
			return err
		}
		switch e.Kind {
		case EntryCompressed:
			c.holders[e.Stream] = append(c.holders[e.Stream], num)
		case EntryOffset:
			ind, err := c.object(e.Offset)
			if err != nil {
				return err
			}
			if ind.Ref != (Ref{num, e.Gen}) {
				return malformed(CodeObject, e.Offset, "object %d %d found where %d %d should be", ind.Ref.Num, ind.Ref.Gen, num, e.Gen)
			}
		}
	}
	return nil
}

// object checks the form of the object at an offset, and notes its place.
func (c *appended) object(off int64) (Indirect, error) {
	ind, err := c.f.IndirectAt(off)
	if err != nil {
		return ind, err
	}
	if ind.Off != off {
		return ind, malformed(CodeObject, off, "an object does not start where its row says")
	}
	if ind.Off < c.from || ind.End > c.rev.Min {
		return ind, malformed(CodeObject, off, "object %d lies outside the revision that declares it", ind.Ref.Num)
	}
	if c.seen[off] { // a cross-reference stream that lists itself
		return ind, nil
	}
	c.seen[off] = true
	head, tail := span{ind.Off, ind.End}, span{}
	c.spans = append(c.spans, head)
	st, isStream := ind.Object.(*Stream)
	if isStream {
		head, tail = span{ind.Off, st.Offset}, span{st.Offset + st.Length, ind.End}
	}
	b, err := c.f.window(head.from, head.to-head.from)
	if err != nil {
		return ind, err
	}
	mark, err := checkObject(b, head.from, isStream)
	if err != nil {
		return ind, err
	}
	c.marks = append(c.marks, head.from+int64(mark))
	if !isStream {
		return ind, checkKeys(ind.Object, off)
	}
	if b, err = c.f.window(tail.from, tail.to-tail.from); err != nil {
		return ind, err
	}
	if !streamTails[string(b)] {
		return ind, malformed(CodeStream, tail.from, "a stream ends in %q", b)
	}
	if err := checkStreamKeys(st.Dict, off); err != nil {
		return ind, err
	}
	return ind, checkKeys(st.Dict, off)
}

// gap checks what stands between two objects: ends of lines and blanks.
func (c *appended) gap(from, to int64) error {
	const limit = 1 << 10
	if to-from > limit {
		return &LimitError{"WHITESPACE", limit}
	}
	if from == to {
		return malformed(CodeObject, from, "no end of line before an object")
	}
	b, err := c.f.window(from, to-from)
	if err != nil {
		return err
	}
	for i, ch := range b {
		if ch != '\n' && ch != '\r' && ch != ' ' {
			return malformed(CodeObject, from+int64(i), "bytes that belong to no object")
		}
	}
	if len(bytes.Trim(b, " ")) == 0 {
		return malformed(CodeObject, from, "no end of line before an object")
	}
	return nil
}

// tail checks what follows the section: ends of lines, at most one comment, startxref,
// the offset and %%EOF, each on a line of its own.
func (c *appended) tail(at int64) error {
	b, err := c.f.window(at, c.rev.Min-at)
	if err != nil {
		return err
	}
	bad := malformed(CodeXRef, at, "the end of the revision is not in the form of ISO 32000-2, 7.5.5")
	b, ok := c.eol(b)
	if !ok {
		return bad
	}
	// QUIRK: iText writes its version as a comment between the trailer and startxref; every reader skips it.
	if len(b) > 0 && b[0] == '%' {
		if b, ok = c.comment(b); !ok {
			return bad
		}
	}
	if b, ok = bytes.CutPrefix(b, []byte("startxref")); !ok {
		return bad
	}
	if b, ok = c.eol(b); !ok {
		return bad
	}
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	if n == 0 || n > 10 {
		return bad
	}
	if b, ok = c.eol(b[n:]); !ok || string(b) != "%%EOF" {
		return bad
	}
	return nil
}

// eol steps over one or more ends of lines, LF, CR or CRLF, before each of which one
// blank may stand.
func (c *appended) eol(b []byte) (rest []byte, ok bool) {
	if c.loose {
		rest = bytes.TrimLeft(b, " \r\n")
		return rest, len(rest) < len(b)
	}
	for {
		line := bytes.TrimPrefix(b, []byte(" "))
		if len(line) == 0 || line[0] != '\n' && line[0] != '\r' {
			return b, ok
		}
		b, ok = line[1:], true
	}
}

// comment steps over a line of printable ASCII that no reader takes for anything else.
func (c *appended) comment(b []byte) (rest []byte, ok bool) {
	end := bytes.IndexAny(b, "\r\n")
	if end < 0 {
		return b, false
	}
	for _, ch := range b[:end] {
		if ch < ' ' || ch > '~' {
			return b, false
		}
	}
	for _, word := range []string{"obj", "trailer", "xref", "%%EOF", "stream"} {
		if bytes.Contains(b[:end], []byte(word)) {
			return b, false
		}
	}
	return c.eol(b[end:])
}
