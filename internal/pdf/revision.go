package pdf

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Revision is one state that a file has been in: everything up to End. Min is the
// offset behind its %%EOF; End is the offset behind the end of line that may follow.
type Revision struct {
	Sections []*Section // newest first; two if the file was linearized
	Min, End int64
	folded   bool // it is several, which cannot be told apart
}

// Numbers returns the object numbers in the revision's sections.
func (r Revision) Numbers() []uint32 {
	var out []uint32
	for _, s := range r.Sections {
		out = append(out, s.Numbers()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Revisions returns the revisions of a file, oldest first. Each must end in its own
// startxref and %%EOF, and lie behind the one before it; only the oldest may have a
// second section, as linearized files do (ISO 32000-2, annex F). What stands before the
// offset covered was signed, so that nobody can have added to it since: revisions there
// that do not keep to this count as one with the first that was signed. 0 covers nothing.
func (f *File) Revisions(covered int64) ([]Revision, error) {
	out, err := f.revisions(f.sections)
	if err == nil {
		return out, nil
	}
	i := slices.IndexFunc(f.sections, func(s *Section) bool { return s.Start < covered })
	if i < 0 {
		return nil, err
	}
	first := Revision{Sections: f.sections[i:], folded: true}
	s := f.sections[i]
	if first.Min, first.End, err = f.revisionEnd(s.End, s.Start-f.base); err != nil {
		return nil, err
	}
	return f.revisions(f.sections[:i], first)
}

// revisions adds the revisions of some sections, newest first, to older ones.
func (f *File) revisions(sections []*Section, older ...Revision) ([]Revision, error) {
	out := older
	for i := len(sections) - 1; i >= 0; i-- {
		s := sections[i]
		group := []*Section{s}
		if len(out) == 0 && i > 0 && sections[i-1].Start < s.Start {
			i--
			group = []*Section{sections[i], s}
		}
		r := Revision{Sections: group}
		var err error
		if r.Min, r.End, err = f.revisionEnd(s.End, group[0].Start-f.base); err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && (s.Start < out[n-1].Min || r.Min <= out[n-1].Min) {
			return nil, malformed(CodeXRef, s.Start, "revisions are not in the order of the file")
		}
		out = append(out, r)
	}
	return out, nil
}

// revisionEnd reads "startxref N %%EOF" behind a section.
func (f *File) revisionEnd(off, want int64) (eof, end int64, err error) {
	b, err := f.window(off, 1<<10)
	if err != nil {
		return 0, 0, err
	}
	bad := malformed(CodeXRef, off, "no startxref of its own and %%%%EOF behind a section")
	p := &parser{b: b, base: off, whole: true}
	if p.keyword("startxref") != nil {
		return 0, 0, bad
	}
	n, err := p.integer()
	if err != nil || n != want {
		return 0, 0, bad
	}
	for p.pos < len(b) && isSpace(b[p.pos]) {
		p.pos++
	}
	if !bytes.HasPrefix(b[p.pos:], []byte("%%EOF")) {
		return 0, 0, bad
	}
	p.pos += len("%%EOF")
	eof = p.off()
	switch rest := b[p.pos:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		p.pos += 2
	case len(rest) > 0 && (rest[0] == '\n' || rest[0] == '\r'):
		p.pos++
	}
	return eof, p.off(), nil
}

// Accounted returns an error for the first byte of a revision, behind the offset from,
// that belongs to nothing the revision declares. Readers that repair files find objects
// there that verifiers do not see (A4, A10).
func (f *File) Accounted(r Revision, from int64) error {
	type span struct{ from, to int64 }
	var spans []span
	for _, s := range r.Sections {
		if !s.Stream {
			spans = append(spans, span{s.Start, s.End})
		}
		// Readers that repair files do so if startxref misses the first byte.
		if b, err := f.window(s.Start, 1); err != nil || isSpace(b[0]) || b[0] == '%' {
			return malformed(CodeXRef, s.Start, "startxref does not name the first byte of a section")
		}
		for _, num := range s.Numbers() {
			e, _, err := s.Find(num)
			if err != nil {
				return err
			}
			if e.Kind != EntryOffset {
				continue
			}
			ind, err := f.IndirectAt(e.Offset)
			if err != nil {
				return err
			}
			if ind.Ref != (Ref{num, e.Gen}) {
				return malformed(CodeObject, e.Offset, "object %d %d found where %d %d should be", ind.Ref.Num, ind.Ref.Gen, num, e.Gen)
			}
			if ind.Off != e.Offset {
				return malformed(CodeObject, e.Offset, "object %d does not start where its row says", num)
			}
			if ind.Off < from || ind.End > r.Min {
				return malformed(CodeObject, e.Offset, "object %d lies outside the revision that declares it", num)
			}
			spans = append(spans, span{ind.Off, ind.End})
		}
		if s.Stream && s.End > r.Min {
			return malformed(CodeXRef, s.Start, "a section outside its revision")
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	last := r.Sections[len(r.Sections)-1].End
	at := from
	for _, s := range spans {
		if s.from < at {
			return malformed(CodeObject, s.from, "two objects overlap")
		}
		if err := f.checkBlank(at, s.from); err != nil {
			return err
		}
		at = s.to
	}
	if at != last {
		return malformed(CodeXRef, at, "objects behind the section that declares them")
	}
	return nil
}

// checkBlank checks that there are only white space and comments between two offsets. A
// reader that repairs files does not treat a comment that names an object as a comment.
func (f *File) checkBlank(from, to int64) error {
	const limit = 1 << 20
	if to-from > limit {
		return &LimitError{"WHITESPACE", limit}
	}
	if from == to {
		return nil
	}
	b, err := f.window(from, to-from)
	if err != nil {
		return err
	}
	p := &parser{b: b, base: from, whole: true}
	if p.space(); p.pos < len(b) || bytes.Contains(b, []byte("obj")) {
		return malformed(CodeObject, p.off(), "bytes that belong to no object")
	}
	return nil
}

// Equal reports whether two objects are the same value, entry by entry in any order.
// Streams are equal if their dictionaries and encoded bytes are.
func Equal(fa *File, a Object, fb *File, b Object) (bool, error) {
	sa, ok := a.(*Stream)
	if !ok {
		return equalDirect(a, b), nil
	}
	sb, ok := b.(*Stream)
	if !ok || !equalDirect(sa.Dict, sb.Dict) {
		return false, nil
	}
	da, err := fa.Encoded(sa)
	if err != nil {
		return false, err
	}
	db, err := fb.Encoded(sb)
	return err == nil && bytes.Equal(da, db), err
}

func equalDirect(a, b Object) bool {
	switch x := a.(type) {
	case Array:
		y, ok := b.(Array)
		return ok && slices.EqualFunc(x, y, equalDirect)
	case *Dict:
		y, ok := b.(*Dict)
		return ok && len(DiffKeys(x, y)) == 0
	case String:
		y, ok := b.(String)
		return ok && bytes.Equal(x.Bytes, y.Bytes)
	case *Stream:
		return false
	}
	switch b.(type) {
	case Array, *Dict, String, *Stream:
		return false
	}
	return a == b || sameNumber(a, b)
}

// sameNumber reports whether two numbers are the same, however they are written: 612 is
// 612.0.
func sameNumber(a, b Object) bool {
	x, ok1 := decimal(a)
	y, ok2 := decimal(b)
	return ok1 && ok2 && x == y
}

// decimal writes a number in the shortest way.
func decimal(o Object) (string, bool) {
	var text string
	switch v := o.(type) {
	case Integer:
		text = strconv.FormatInt(int64(v), 10)
	case Real:
		if _, ok := parseReal(string(v)); !ok {
			return "", false
		}
		text = string(v)
	default:
		return "", false
	}
	digits, negative := strings.CutPrefix(strings.TrimPrefix(text, "+"), "-")
	whole, part, _ := strings.Cut(digits, ".")
	whole, part = strings.TrimLeft(whole, "0"), strings.TrimRight(part, "0")
	if whole == "" && part == "" {
		return "0", true
	}
	if negative {
		whole = "-" + whole
	}
	return whole + "." + part, true
}

// DiffKeys returns the keys whose values differ between two dictionaries. A key that
// stands twice in the second always differs, and in the first if its values differ.
func DiffKeys(a, b *Dict) []Name {
	var out []Name
	inA, inB := a.lookup(), b.lookup()
	for _, e := range a.Entries {
		if other := inB(e.Key); b.Duplicate || other == nil || !equalDirect(e.Value, other.Value) {
			out = append(out, e.Key)
		}
	}
	for _, e := range b.Entries {
		if inA(e.Key) == nil {
			out = append(out, e.Key)
		}
	}
	return out
}

// Edge is a reference from one object to another. Key is the outermost dictionary key
// above it, empty if the object is an array. Deep means that a dictionary lies between.
type Edge struct {
	From uint32
	Key  Name
	Deep bool
}

// Edges calls yield with every reference that object num holds.
func Edges(num uint32, o Object, yield func(to Ref, e Edge)) {
	var walk func(o Object, e Edge, dicts int)
	walk = func(o Object, e Edge, dicts int) { // as deep as direct objects nest
		switch v := o.(type) {
		case Ref:
			e.Deep = dicts > 1
			yield(v, e)
		case Array:
			for _, x := range v {
				walk(x, e, dicts)
			}
		case *Dict:
			for _, x := range v.Entries {
				in := e
				if dicts == 0 {
					in.Key = x.Key
				}
				walk(x.Value, in, dicts+1)
			}
		case *Stream:
			walk(v.Dict, e, dicts)
		}
	}
	walk(o, Edge{From: num}, 0)
}
