package pdf

import (
	"bytes"
	"slices"
)

// hidden looks in every appended byte, the data of streams and strings too, for what a
// reader that repairs files takes for an object, a trailer or an end.
func (c *appended) hidden() error {
	slices.Sort(c.marks)
	tables := 0
	for _, s := range c.rev.Sections {
		if !s.Stream {
			tables++
		}
	}
	declares := func(_, keyword int64) bool {
		_, ok := slices.BinarySearch(c.marks, keyword)
		return ok
	}
	seen := finds{}
	for at := c.from; at < c.rev.Min; at += chunk - overlap {
		b, err := c.f.window(at, min(chunk, c.rev.Min-at))
		if err != nil {
			return err
		}
		if off := seen.scan(b, at, declares); off >= 0 {
			return malformed(CodeObject, off, "bytes that readers take for an object that is not declared")
		}
	}
	if seen.trailers > tables || seen.tables > tables || seen.starts > 1 {
		return malformed(CodeXRef, c.from, "bytes that readers take for another trailer or end of the file")
	}
	return nil
}

// finds counts keywords; last is where the last of each stood, since windows overlap.
type finds struct {
	trailers, tables, starts int
	last                     [3]int64
}

func (n *finds) count(which int, of *int, off int64) {
	if off > n.last[which] {
		n.last[which] = off
		*of++
	}
}

// overlap is by how many bytes the windows overlap in which keywords are looked for.
const overlap = 512

// scan returns the offset of the first object in b that is not declared, or -1, and counts
// the other keywords. b starts at base. declares is asked about the offsets of an object's
// number and of its keyword obj.
func (n *finds) scan(b []byte, base int64, declares func(num, keyword int64) bool) int64 {
	for i := 0; ; i += len("obj") {
		at := bytes.Index(b[i:], []byte("obj"))
		if at < 0 {
			break
		}
		i += at
		if i > 2 && b[i-1] == 'd' && b[i-2] == 'n' && b[i-3] == 'e' {
			continue
		}
		if num, ok := afterNumbers(b[:i]); ok && !declares(base+int64(num), base+int64(i)) {
			return base + int64(i)
		}
	}
	n.find(0, &n.trailers, b, base, "trailer", func(rest []byte) bool { return bytes.HasPrefix(rest, []byte("<<")) })
	n.findXRef(b, base)
	return -1
}

// findXRef counts startxref, and xref that is not a part of it.
func (n *finds) findXRef(b []byte, base int64) {
	digit := func(rest []byte) bool { return len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' }
	for i := 0; ; {
		at := bytes.Index(b[i:], []byte("xref"))
		if at < 0 {
			return
		}
		i += at + len("xref")
		if !follows(b[i:], digit) {
			continue
		}
		if bytes.HasSuffix(b[:i], []byte("startxref")) {
			n.count(1, &n.starts, base+int64(i))
		} else {
			n.count(2, &n.tables, base+int64(i))
		}
	}
}

// find counts a keyword where then accepts what follows it.
func (n *finds) find(which int, of *int, b []byte, base int64, word string, then func(rest []byte) bool) {
	for i := 0; ; {
		at := bytes.Index(b[i:], []byte(word))
		if at < 0 {
			return
		}
		i += at + len(word)
		if follows(b[i:], then) {
			n.count(which, of, base+int64(i))
		}
	}
}

// follows reports whether then accepts what follows behind white space and comments. If
// these are very long, it does.
func follows(b []byte, then func(rest []byte) bool) bool {
	p := &parser{b: b[:min(len(b), reach)], whole: true}
	p.space()
	rest := p.b[p.pos:]
	return len(rest) == 0 && len(b) >= reach || then(rest)
}

// reach is how many bytes before and behind a keyword are looked at.
const reach = 256

// afterNumbers reports whether b ends in two whole numbers, with white space and comments
// between and behind them, and returns where the first begins. If these are very long, it
// says so too.
func afterNumbers(b []byte) (num int, ok bool) {
	from := max(0, len(b)-reach)
	if num, ok := plainNumbers(b, from); ok {
		return num, true
	}
	cut := from > 0
	all := trimBack(b[from:])
	gen := trimDigits(all)
	if len(gen) == len(all) {
		return from, cut && len(all) == 0
	}
	before := trimBack(gen)
	first := trimDigits(before)
	return from + len(first), len(before) < len(gen) && (len(first) < len(before) || cut && len(before) == 0)
}

// plainNumbers is afterNumbers for numbers that are followed by one blank each, as nearly
// all are.
func plainNumbers(b []byte, from int) (num int, ok bool) {
	i := len(b)
	for range 2 {
		if i--; i < from || b[i] != ' ' {
			return 0, false
		}
		digits := i
		for i > from && b[i-1] >= '0' && b[i-1] <= '9' {
			i--
		}
		if i == digits {
			return 0, false
		}
	}
	return i, true
}

func trimDigits(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] >= '0' && b[len(b)-1] <= '9' {
		b = b[:len(b)-1]
	}
	return b
}

// trimBack takes white space and whole comments off the end.
func trimBack(b []byte) []byte {
	for {
		n := len(b)
		for n > 0 && isSpace(b[n-1]) {
			n--
		}
		line := b[:n]
		ended := n < len(b) && bytes.ContainsAny(b[n:], "\r\n")
		if start := bytes.LastIndexAny(line, "\r\n") + 1; ended {
			if at := bytes.IndexByte(line[start:], '%'); at >= 0 {
				b = line[:start+at]
				continue
			}
		}
		return line
	}
}
