package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"slices"
)

// table checks the bytes of a cross-reference table and its trailer (ISO 32000-2, 7.5.4
// and 7.5.5), and notes their place.
func (c *appended) table(s *Section) error {
	start := s.Start
	b, err := c.f.window(start, min(64, s.End-start))
	if err != nil {
		return err
	}
	// QUIRK: PDFBox and others let startxref point to the end of line before xref; every reader skips it.
	for n := 0; n < 2 && len(b) > 0 && (b[0] == '\n' || b[0] == '\r'); n++ {
		b = b[1:]
		start++
	}
	bad := func(at int64) error {
		return malformed(CodeXRef, at, "a cross-reference table that is not in the form of ISO 32000-2, 7.5.4")
	}
	c.spans = append(c.spans, span{start, s.End})
	at := start + int64(len("xref"))
	if !bytes.HasPrefix(b, []byte("xref")) {
		return bad(start)
	}
	n, ok := c.line(at)
	if !ok {
		return bad(at)
	}
	at += n
	subs := slices.Clone(s.subs)
	slices.SortFunc(subs, func(a, b subsection) int { return int(a.at - b.at) })
	for _, sub := range subs {
		if at, ok = c.head(at); !ok || at != sub.at {
			return bad(at)
		}
		err := c.f.rowBytes(sub, func(i uint32, row []byte) error {
			if !isRow(row) {
				return bad(at + 20*int64(i))
			}
			if off, _ := parseDigits(row[:10]); row[17] == 'n' && c.declared != nil {
				*c.declared = append(*c.declared, off+c.f.base)
			}
			return nil
		})
		if err != nil {
			return err
		}
		at += 20 * int64(sub.count)
	}
	if b, err = c.f.window(at, min(s.End-at, 64)); err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(b, []byte("trailer"))
	if !ok {
		return bad(at)
	}
	if rest, ok = c.eol(rest); !ok && !c.loose || !bytes.HasPrefix(rest, []byte("<<")) {
		return bad(at)
	}
	at += int64(len(b) - len(rest))
	if at != s.Trailer.Off {
		return bad(at)
	}
	if b, err = c.f.window(at, s.End-at); err != nil {
		return err
	}
	if err := checkValue(b, at); err != nil {
		return err
	}
	return checkKeys(s.Trailer, at)
}

// rowBytes calls each with the 20 bytes of every row of a subsection of a table.
func (f *File) rowBytes(sub subsection, each func(i uint32, row []byte) error) error {
	const many = 800 // of which a block of the file holds two windows
	for i := uint32(0); i < sub.count; i += many {
		n := min(many, sub.count-i)
		b, err := f.window(sub.at+20*int64(i), 20*int64(n))
		if err != nil {
			return err
		}
		for k := range n {
			if err := each(i+k, b[20*k:min(20*k+20, uint32(len(b)))]); err != nil {
				return err
			}
		}
	}
	return nil
}

// line returns the length of an end of line at an offset.
func (c *appended) line(at int64) (int64, bool) {
	b, err := c.f.window(at, 8)
	if err != nil {
		return 0, false
	}
	n := len(bytes.TrimPrefix(b, []byte(" ")))
	if c.loose {
		n = len(bytes.TrimLeft(b, " "))
	}
	blank := len(b) - n
	switch b = b[blank:]; {
	case bytes.HasPrefix(b, []byte("\r\n")):
		return int64(blank) + 2, true
	case len(b) > 0 && (b[0] == '\n' || b[0] == '\r'):
		return int64(blank) + 1, true
	}
	return 0, false
}

// head steps over the head of a subsection: two numbers and an end of line.
func (c *appended) head(at int64) (int64, bool) {
	b, err := c.f.window(at, 32)
	if err != nil {
		return at, false
	}
	i := 0
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if !digits() || i == len(b) || b[i] != ' ' {
		return at, false
	}
	if i++; !digits() {
		return at, false
	}
	n, ok := c.line(at + int64(i))
	return at + int64(i) + n, ok
}

// isRow reports whether b is one of the rows of ISO 32000-2, 7.5.4.
func isRow(b []byte) bool {
	if len(b) != 20 || !allDigits(b[:10]) || b[10] != ' ' || !allDigits(b[11:16]) || b[16] != ' ' || b[17] != 'n' && b[17] != 'f' {
		return false
	}
	end := string(b[18:])
	return end == " \n" || end == " \r" || end == "\r\n"
}

// xrefKeys are the keys that a cross-reference stream may have (ISO 32000-2, tables 5, 15
// and 17), and objStmKeys those of an object stream (table 16).
var (
	xrefKeys   = []Name{"Type", "Size", "Index", "Prev", "W", "Root", "Encrypt", "Info", "ID", "Length", "Filter", "DecodeParms"}
	objStmKeys = []Name{"Type", "N", "First", "Extends", "Length", "Filter", "DecodeParms"}
)

// xrefStream checks a cross-reference stream (ISO 32000-2, 7.5.8): widths that every
// reader takes, pairs in /Index, and exactly the rows that these say.
func (c *appended) xrefStream(ind Indirect) error {
	st, ok := ind.Object.(*Stream)
	if !ok {
		return malformed(CodeXRef, ind.Off, "no stream")
	}
	bad := func(what string) error { return malformed(CodeXRef, ind.Off, "a cross-reference stream with %s", what) }
	data, err := c.plain(st, xrefKeys, ind.Off)
	if err != nil {
		return err
	}
	widths, _ := st.Dict.Get("W").(Array)
	row := 0
	for i, most := range []Integer{1, 8, 4} {
		w, ok := Object(nil), false
		if len(widths) == 3 {
			w = widths[i]
		}
		n, isInt := w.(Integer)
		if ok = isInt && n >= 0 && n <= most; !ok || i < 2 && n == 0 {
			return bad(fmt.Sprintf("widths %v", widths))
		}
		row += int(n)
	}
	size, _ := st.Dict.Get("Size").(Integer)
	index := Array{Integer(0), size}
	if given := st.Dict.Get("Index"); given != nil {
		index, _ = given.(Array)
	}
	rows := Integer(0)
	if len(index)%2 != 0 || len(index) == 0 {
		return bad("an odd /Index")
	}
	for i := 0; i < len(index); i += 2 {
		first, ok1 := index[i].(Integer)
		count, ok2 := index[i+1].(Integer)
		if !ok1 || !ok2 || first < 0 || count < 1 || first+count > size {
			return bad("an /Index that leaves its /Size")
		}
		rows += count
	}
	if int64(rows)*int64(row) != int64(len(data)) {
		return bad("other bytes than its rows")
	}
	return nil
}

// plain returns the decoded data of a cross-reference or object stream. Its keys are
// among those that the standard names, its length is given in place, and its data is
// bare or one whole zlib stream.
func (c *appended) plain(st *Stream, keys []Name, off int64) ([]byte, error) {
	bad := func(what string) error {
		return malformed(CodeStream, off, "an object or cross-reference stream with %s", what)
	}
	for _, e := range st.Dict.Entries {
		if !slices.Contains(keys, e.Key) {
			return nil, bad("a key that it may not have")
		}
	}
	if n, ok := st.Dict.Get("Length").(Integer); !ok || int64(n) != st.Length {
		return nil, bad("its length elsewhere")
	}
	filter := st.Dict.Get("Filter")
	if a, ok := filter.(Array); ok && len(a) == 1 {
		filter = a[0]
	}
	parms := st.Dict.Get("DecodeParms")
	if a, ok := parms.(Array); ok && len(a) == 1 {
		parms = a[0]
	}
	if parms != nil {
		d, ok := parms.(*Dict)
		if !ok || filter == nil {
			return nil, bad("parameters of no filter")
		}
		for _, e := range d.Entries {
			if _, number := e.Value.(Integer); !number || !slices.Contains([]Name{"Predictor", "Colors", "BitsPerComponent", "Columns"}, e.Key) {
				return nil, bad("parameters that its filter does not have")
			}
		}
	}
	switch filter {
	case nil:
	case Name("FlateDecode"):
		raw, err := c.f.Encoded(st)
		if err != nil {
			return nil, err
		}
		if err := wholeZlib(raw, c.f.limits.Decoded); err != nil {
			return nil, bad("data that is not one zlib stream")
		}
	default:
		return nil, bad("another filter than FlateDecode")
	}
	return c.f.Decode(st, c.f.limits.Decoded)
}

// wholeZlib checks that b is one zlib stream with the right check sum, and nothing but an
// end of line behind it.
func wholeZlib(b []byte, limit int64) error {
	r := bytes.NewReader(b)
	zr, err := zlib.NewReader(r)
	if err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(zr, limit+1)); err != nil || n > limit {
		return io.ErrUnexpectedEOF
	}
	if rest := b[len(b)-r.Len():]; len(bytes.Trim(rest, "\r\n")) > 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// objectStream checks an object stream: it is of this revision, its head is pairs of
// numbers in order, its objects fill the rest, and the sections name each of them.
func (c *appended) objectStream(holder uint32, nums []uint32) error {
	e, ok := c.f.Lookup(holder)
	if !ok || e.Kind != EntryOffset || e.Offset < c.from {
		return malformed(CodeObject, -1, "objects in stream %d, which is not of this revision", holder)
	}
	ind, err := c.f.IndirectAt(e.Offset)
	if err != nil {
		return err
	}
	st, ok := ind.Object.(*Stream)
	if !ok {
		return malformed(CodeObject, e.Offset, "object %d is not an object stream", holder)
	}
	data, err := c.plain(st, objStmKeys, e.Offset)
	if err != nil {
		return err
	}
	parsed, err := c.f.objectStream(holder)
	if err != nil {
		return err
	}
	bad := func(what string) error { return malformed(CodeObject, e.Offset, "object stream %d: %s", holder, what) }
	if len(parsed.nums) != len(nums) {
		return bad("it holds objects that no section names")
	}
	head := &tokens{b: data[:parsed.first]}
	for range 2 * len(parsed.nums) {
		if kind, _, err := head.next(); err != nil || kind != 'n' {
			return bad("its head is not pairs of numbers")
		}
	}
	if len(bytes.TrimRight(data[head.pos:parsed.first], " \r\n")) > 0 {
		return bad("its head holds more than its pairs")
	}
	at := parsed.first
	for i, num := range parsed.nums {
		row, ok := c.f.Lookup(num)
		if !ok || row != (XRefEntry{Kind: EntryCompressed, Stream: holder, Index: i}) {
			return bad("it holds objects that no section names")
		}
		off, end := parsed.offs[i], int64(len(data))
		if i+1 < len(parsed.offs) {
			end = parsed.offs[i+1]
		}
		if off < at || end < off || len(bytes.Trim(data[at:off], " \r\n")) > 0 {
			return bad("bytes that belong to no object")
		}
		if at, err = checkCompressed(data, off, end); err != nil {
			return bad("an object in a doubtful form")
		}
	}
	if len(bytes.Trim(data[at:], " \r\n")) > 0 {
		return bad("bytes that belong to no object")
	}
	return nil
}

// checkCompressed checks an object of an object stream and returns where it ends.
func checkCompressed(data []byte, off, end int64) (int64, error) {
	p := &parser{b: data[:end], pos: int(off), whole: true}
	o, err := p.object()
	if err != nil {
		return 0, err
	}
	if err := checkValue(data[off:p.pos], off); err != nil {
		return 0, err
	}
	return int64(p.pos), checkKeys(o, 0)
}

// checkStreamKeys refuses a stream whose data some readers take from elsewhere, or decode
// otherwise (ISO 32000-2, table 5).
func checkStreamKeys(d *Dict, off int64) error {
	for _, key := range []Name{"F", "FFilter", "FDecodeParms"} {
		if d.Get(key) != nil {
			return malformed(CodeStream, off, "a stream with its data in another file")
		}
	}
	filters, ok := d.Get("Filter").(Array)
	if one := d.Get("Filter"); !ok && one != nil {
		filters = Array{one}
	}
	for _, o := range filters {
		switch o {
		case Name("FlateDecode"), Name("LZWDecode"), Name("ASCII85Decode"), Name("ASCIIHexDecode"), Name("RunLengthDecode"),
			Name("DCTDecode"), Name("JPXDecode"), Name("CCITTFaxDecode"), Name("JBIG2Decode"):
		default:
			return malformed(CodeStream, off, "a stream with a filter that is not written out")
		}
	}
	return nil
}
