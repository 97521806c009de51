package pageview

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// PDFium reads less of a damaged /ToUnicode map (ISO 32000-2, 9.10.3) than other readers
// do. Before a page is searched, such maps are written anew, in a revision behind the file
// that PDFium alone sees.

// Limits of what is looked at.
const (
	maxFontObjects = 20_000   // resources, forms and fonts of a file
	maxMaps        = 64 << 20 // bytes of maps of a file
	maxMap         = 4 << 20  // bytes of a map
	maxWork        = 1 << 17  // mappings of a map
	maxText        = 512      // bytes that a code stands for (Adobe Technical Note 5411)
)

// mend returns a revision with clean maps in place of damaged ones; nil if there is nothing
// to mend, or the file cannot be read in this way.
func mend(ctx context.Context, r io.ReaderAt, size int64, password string) []byte {
	f, err := pdf.OpenPassword(r, size, pdf.DefaultLimits(), []byte(password))
	if err != nil || f.Locked() != nil {
		return nil
	}
	m := &mender{f: f, u: f.NewUpdate(nil), seen: map[pdf.Object]bool{}}
	err = f.Pages(func(_ int, p pdf.Page) bool {
		m.later(p.Resources)
		return ctx.Err() == nil
	})
	for err == nil && len(m.queue) > 0 {
		o := m.queue[0]
		m.queue = m.queue[1:]
		m.resources(ctx, o)
		err = ctx.Err()
	}
	if err != nil || !m.found {
		return nil
	}
	l, err := m.u.Layout()
	if err != nil {
		return nil
	}
	return l.Bytes
}

// mender looks through the resources of a file.
type mender struct {
	f     *pdf.File
	u     *pdf.Update
	queue []pdf.Object // resources
	seen  map[pdf.Object]bool
	work  int // objects that were looked at
	bytes int // of maps
	found bool
}

// later enqueues resources.
func (m *mender) later(o pdf.Object) {
	if m.first(o) {
		m.queue = append(m.queue, o)
	}
}

// resources looks at fonts, and enqueues the resources of forms. What cannot be read is
// left alone.
func (m *mender) resources(ctx context.Context, o pdf.Object) {
	d, err := m.f.Dict(o)
	if err != nil {
		return
	}
	for _, font := range m.values(d.Get("Font")) {
		if !m.first(font) || ctx.Err() != nil {
			continue
		}
		if fd, err := m.f.Dict(font); err == nil {
			m.font(fd)
			m.later(fd.Get("Resources")) // of Type 3
		}
	}
	for _, form := range m.values(d.Get("XObject")) {
		if !m.first(form) {
			continue
		}
		o, err := m.f.Resolve(form)
		if st, ok := o.(*pdf.Stream); ok && err == nil && st.Dict.Get("Subtype") == pdf.Name("Form") {
			m.later(st.Dict.Get("Resources"))
		}
	}
}

// first reports whether an object is met for the first time, within the limit.
func (m *mender) first(o pdf.Object) bool {
	if o == nil || m.work >= maxFontObjects {
		return false
	}
	if ref, ok := o.(pdf.Ref); ok {
		if m.seen[ref] {
			return false
		}
		m.seen[ref] = true
	}
	m.work++
	return true
}

// values returns the values of a dictionary that is met for the first time.
func (m *mender) values(o pdf.Object) []pdf.Object {
	if !m.first(o) {
		return nil
	}
	d, err := m.f.Dict(o)
	if err != nil || d == nil {
		return nil
	}
	var out []pdf.Object
	for _, e := range d.Entries {
		out = append(out, e.Value)
	}
	return out
}

// font writes the map of a font anew if it is damaged.
func (m *mender) font(d *pdf.Dict) {
	ref, ok := d.Get("ToUnicode").(pdf.Ref)
	if !ok || !m.first(ref) || m.bytes > maxMaps {
		return
	}
	o, err := m.f.Object(ref)
	st, ok := o.(*pdf.Stream)
	if err != nil || !ok {
		return
	}
	data, err := m.f.Decode(st, maxMap)
	if err != nil {
		return
	}
	m.bytes += len(data)
	if c := readMap(data); !c.sound && len(c.to) > 0 && c.width <= 2 {
		m.u.Set(ref, &pdf.Stream{Dict: pdf.NewDict(), Data: c.bytes()})
		m.found = true
	}
}

// charMap is what a map says.
type charMap struct {
	width int               // bytes of a code; only maps of 1 and 2 are written
	to    map[uint32][]byte // code → UTF-16BE
	sound bool              // it is in the form that every reader reads
	work  int               // mappings that were taken, each as often as it stands there
}

// readMap reads a map as other readers do: counts and ends are not looked at, and the last
// mapping of a code counts.
func readMap(data []byte) *charMap {
	c := &charMap{to: map[uint32][]byte{}, sound: true}
	s := scanner{b: data}
	count, counted := 0, false
	for {
		switch w := s.next(); {
		case w.kind == end:
			c.width = max(c.width, 1)
			return c
		case w.kind == word && bytes.HasPrefix(w.text, []byte("begin")):
			section := string(w.text[len("begin"):])
			if section == "codespacerange" || section == "bfchar" || section == "bfrange" {
				c.section(&s, section, count, counted && !w.glued)
			}
		case w.kind == word:
			n, err := strconv.Atoi(string(w.text))
			count, counted = n, err == nil
			continue
		}
		counted = false
	}
}

// section reads the entries of a section. It is sound if it has as many as it says, at most
// 100 (Adobe Technical Note 5411), and its end.
func (c *charMap) section(s *scanner, name string, count int, counted bool) {
	per, n := 2, 0
	if name == "bfrange" {
		per = 3
	}
	var entry []token
	for {
		w := s.next()
		if w.kind == word || w.kind == end {
			c.sound = c.sound && counted && n == count && count <= 100 && len(entry) == 0 && string(w.text) == "end"+name
			if w.kind == word && bytes.HasPrefix(w.text, []byte("begin")) {
				s.back()
			}
			return
		}
		c.sound = c.sound && !w.odd
		if entry = append(entry, w); len(entry) < per {
			continue
		}
		n++
		c.add(name, entry)
		entry = entry[:0]
	}
}

// add takes an entry of a section.
func (c *charMap) add(name string, e []token) {
	low, lowOK := e[0].code()
	switch {
	case !lowOK:
		c.sound = false
	case name == "codespacerange":
		c.width = max(c.width, len(e[0].text))
	case name == "bfchar":
		c.set(low, e[1].text)
	default:
		high, ok := e[1].code()
		if !ok || high < low || high-low > 0xffff {
			return
		}
		if e[2].kind == array {
			c.sound = c.sound && len(e[2].items) == int(high-low)+1
			for i, to := range e[2].items[:min(len(e[2].items), int(high-low)+1)] {
				c.set(low+uint32(i), to)
			}
			return
		}
		to := e[2].text
		for code := low; code <= high && c.work < maxWork && len(to) > 0 && len(to) <= maxText; code++ {
			c.set(code, to)
			to = slices.Clone(to)
			for i := len(to) - 1; i >= max(0, len(to)-2); i-- {
				if to[i]++; to[i] != 0 {
					break
				}
			}
		}
	}
}

func (c *charMap) set(code uint32, to []byte) {
	if c.work++; len(to) == 0 || len(to) > maxText || c.work > maxWork || code > 0xffff {
		return
	}
	c.to[code] = to
	if code > 0xff {
		c.width = max(c.width, 2)
	}
}

// bytes writes the map in the form that every reader reads.
func (c *charMap) bytes() []byte {
	b := []byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n")
	b = fmt.Appendf(b, "1 begincodespacerange\n<%0*x> <%0*x>\nendcodespacerange\n", 2*c.width, 0, 2*c.width, 1<<(8*c.width)-1)
	codes := make([]uint32, 0, len(c.to))
	for code := range c.to {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for part := range slices.Chunk(codes, 100) {
		b = fmt.Appendf(b, "%d beginbfchar\n", len(part))
		for _, code := range part {
			b = fmt.Appendf(b, "<%0*x> <%x>\n", 2*c.width, code, c.to[code])
		}
		b = append(b, "endbfchar\n"...)
	}
	return append(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"...)
}

// Kinds of tokens.
const (
	end = iota
	word
	str
	array
)

// token is a part of a map.
type token struct {
	kind  int
	text  []byte   // of a word; the bytes of a string
	items [][]byte // strings of an array
	odd   bool     // not in the usual form
	glued bool     // to what follows
}

// code returns a string as a code of at most four bytes.
func (t *token) code() (uint32, bool) {
	if t.kind != str || len(t.text) == 0 || len(t.text) > 4 {
		return 0, false
	}
	n := uint32(0)
	for _, b := range t.text {
		n = n<<8 | uint32(b)
	}
	return n, true
}

// scanner cuts a map into tokens.
type scanner struct {
	b        []byte
	pos, was int
}

func (s *scanner) back() { s.pos = s.was }

// skip passes over blanks and comments, and reports whether something follows.
func (s *scanner) skip() bool {
	for s.pos < len(s.b) {
		switch c := s.b[s.pos]; {
		case c <= ' ':
			s.pos++
		case c == '%':
			i := bytes.IndexAny(s.b[s.pos:], "\r\n")
			if i < 0 {
				i = len(s.b) - s.pos
			}
			s.pos += i
		default:
			return true
		}
	}
	return false
}

func (s *scanner) next() token {
	if !s.skip() {
		return token{kind: end}
	}
	s.was = s.pos
	switch c := s.b[s.pos]; c {
	case '<':
		return s.hex()
	case '[':
		return s.array()
	case ']', '>', '(', ')', '{', '}':
		s.pos++
		return token{kind: word, text: []byte{c}}
	}
	i := s.pos + 1
	for i < len(s.b) && s.b[i] > ' ' && !bytes.ContainsRune([]byte("<>[](){}/%"), rune(s.b[i])) {
		i++
	}
	t := token{kind: word, text: s.b[s.pos:i], glued: i < len(s.b) && s.b[i] > ' '}
	s.pos = i
	return t
}

// array reads strings up to a bracket, or to whatever else stands there.
func (s *scanner) array() token {
	s.pos++
	t := token{kind: array}
	for s.skip() && s.b[s.pos] == '<' {
		w := s.hex()
		t.items, t.odd = append(t.items, w.text), t.odd || w.odd
	}
	if s.pos < len(s.b) && s.b[s.pos] == ']' {
		s.pos++
	} else {
		t.odd = true
	}
	return t
}

// hex reads a string in hexadecimal.
func (s *scanner) hex() token {
	s.pos++
	i := bytes.IndexByte(s.b[s.pos:], '>')
	if i < 0 {
		i = len(s.b) - s.pos
	}
	digits := slices.DeleteFunc(slices.Clone(s.b[s.pos:s.pos+i]), func(c byte) bool { return c <= ' ' })
	s.pos = min(s.pos+i+1, len(s.b))
	t := token{kind: str, odd: len(digits)%2 != 0}
	if t.odd {
		digits = append(digits, '0')
	}
	t.text = make([]byte, len(digits)/2)
	if _, err := hex.Decode(t.text, digits); err != nil {
		return token{kind: str, odd: true}
	}
	return t
}
