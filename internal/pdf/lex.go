package pdf

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
)

// errShort says that a token reaches the end of the window: the caller reads more of
// the file and parses again.
var errShort = errors.New("pdf: window too short")

// parser reads objects from a window of a file. base is the offset of the window's
// first byte; whole means that nothing follows the window.
type parser struct {
	b     []byte
	pos   int
	base  int64
	whole bool
	depth int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelim(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelim(c) }

func (p *parser) off() int64 { return p.base + int64(p.pos) }

func (p *parser) bad(format string, args ...any) error {
	return malformed(CodeSyntax, p.off(), format, args...)
}

// end returns the error for a token that reaches the end of the window.
func (p *parser) end() error {
	if p.whole {
		return malformed(CodeSyntax, p.off(), "the file ends inside an object")
	}
	return errShort
}

// space skips white space and comments.
func (p *parser) space() {
	for p.pos < len(p.b) {
		c := p.b[p.pos]
		if c == '%' {
			for p.pos < len(p.b) && p.b[p.pos] != '\n' && p.b[p.pos] != '\r' {
				p.pos++
			}
			continue
		}
		if !isSpace(c) {
			return
		}
		p.pos++
	}
}

// word reads a run of regular characters.
func (p *parser) word() ([]byte, error) {
	start := p.pos
	for p.pos < len(p.b) && isRegular(p.b[p.pos]) {
		p.pos++
	}
	if p.pos == len(p.b) && !p.whole {
		return nil, errShort
	}
	return p.b[start:p.pos], nil
}

// keyword reads exactly the given keyword after white space.
func (p *parser) keyword(want string) error {
	p.space()
	at := p.off()
	w, err := p.word()
	if err != nil {
		return err
	}
	if string(w) != want {
		return malformed(CodeSyntax, at, "%q expected", want)
	}
	return nil
}

// integer reads an unsigned integer after white space.
func (p *parser) integer() (int64, error) {
	p.space()
	at := p.off()
	w, err := p.word()
	if err != nil {
		return 0, err
	}
	n, ok := parseDigits(w)
	if !ok {
		return 0, malformed(CodeSyntax, at, "an unsigned integer expected")
	}
	return n, nil
}

func parseDigits(w []byte) (int64, bool) {
	if len(w) == 0 || len(w) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range w {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// object reads one direct object or reference.
func (p *parser) object() (Object, error) {
	p.space()
	if p.pos >= len(p.b) {
		return nil, p.end()
	}
	switch c := p.b[p.pos]; {
	case c == '/':
		return p.name()
	case c == '(':
		return p.literal()
	case c == '<':
		if p.pos+1 >= len(p.b) {
			return nil, p.end()
		}
		if p.b[p.pos+1] == '<' {
			return p.nested(p.dict)
		}
		return p.hex()
	case c == '[':
		return p.nested(p.array)
	case c >= '0' && c <= '9':
		return p.numberOrRef()
	case c == '+' || c == '-' || c == '.':
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		return p.number(w)
	case isRegular(c):
		at := p.off()
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		switch string(w) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "null":
			return nil, nil
		}
		if len(w) > 20 {
			w = w[:20]
		}
		return nil, malformed(CodeSyntax, at, "unknown keyword %q", w)
	default:
		return nil, p.bad("unexpected %q", c)
	}
}

// nested runs a container's reader one level deeper.
func (p *parser) nested(read func() (Object, error)) (Object, error) {
	if p.depth >= maxDepth {
		return nil, &LimitError{"NESTING", maxDepth}
	}
	p.depth++
	defer func() { p.depth-- }()
	return read()
}

func (p *parser) name() (Object, error) {
	p.pos++
	w, err := p.word()
	if err != nil {
		return nil, err
	}
	// The limit counts the decoded name: written again, each byte may take three.
	if len(w) > 3*maxName {
		return nil, &LimitError{"NAME", maxName}
	}
	if bytes.IndexByte(w, '#') < 0 && len(w) <= maxName {
		return Name(w), nil
	}
	out := make([]byte, 0, len(w))
	for i := 0; i < len(w); i++ {
		if w[i] == '#' && i+2 < len(w) {
			hi, lo := unhex(w[i+1]), unhex(w[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		// QUIRK: ISO 32000-2, 7.3.5: a lone # is not allowed; old producers wrote it as itself.
		out = append(out, w[i])
	}
	if len(out) > maxName {
		return nil, &LimitError{"NAME", maxName}
	}
	return Name(out), nil
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (p *parser) literal() (Object, error) {
	p.pos++
	var out []byte
	for level := 1; ; {
		if p.pos >= len(p.b) {
			return nil, p.end()
		}
		if len(out) > maxString {
			return nil, &LimitError{"STRING", maxString}
		}
		c := p.b[p.pos]
		p.pos++
		switch c {
		case '(':
			level++
		case ')':
			if level--; level == 0 {
				return String{Bytes: out}, nil
			}
		case '\r': // an end of line of any form reads as one line feed
			if p.pos < len(p.b) && p.b[p.pos] == '\n' {
				p.pos++
			}
			c = '\n'
		case '\\':
			var keep bool
			if c, keep = p.escape(); !keep {
				continue
			}
		}
		out = append(out, c)
	}
}

// escape reads what follows a backslash in a literal string.
func (p *parser) escape() (c byte, keep bool) {
	if p.pos >= len(p.b) {
		return 0, false
	}
	c = p.b[p.pos]
	p.pos++
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case '\r':
		if p.pos < len(p.b) && p.b[p.pos] == '\n' {
			p.pos++
		}
		return 0, false
	case '\n':
		return 0, false
	}
	if c < '0' || c > '7' {
		return c, true
	}
	n := int(c - '0')
	for i := 0; i < 2 && p.pos < len(p.b) && p.b[p.pos] >= '0' && p.b[p.pos] <= '7'; i++ {
		n = n<<3 | int(p.b[p.pos]-'0')
		p.pos++
	}
	return byte(n), true
}

func (p *parser) hex() (Object, error) {
	p.pos++
	end := bytes.IndexByte(p.b[p.pos:], '>')
	if end < 0 {
		return nil, p.end()
	}
	if end > 2*maxString {
		return nil, &LimitError{"STRING", maxString}
	}
	out := make([]byte, (end+1)/2)
	if n, err := hex.Decode(out, p.b[p.pos:p.pos+end]); err == nil { // the usual case: even, without white space
		p.pos += end + 1
		return String{Bytes: out[:n], Hex: true}, nil
	}
	out = out[:0]
	hi := -1
	for _, c := range p.b[p.pos : p.pos+end] {
		if isSpace(c) {
			continue
		}
		d := unhex(c)
		switch {
		case d < 0:
			return nil, p.bad("%q in a hexadecimal string", c)
		case hi < 0:
			hi = d
		default:
			out = append(out, byte(hi<<4|d))
			hi = -1
		}
	}
	if hi >= 0 {
		out = append(out, byte(hi<<4))
	}
	p.pos += end + 1
	return String{Bytes: out, Hex: true}, nil
}

func (p *parser) array() (Object, error) {
	p.pos++
	out := Array{}
	for {
		p.space()
		if p.pos >= len(p.b) {
			return nil, p.end()
		}
		if p.b[p.pos] == ']' {
			p.pos++
			return out, nil
		}
		if len(out) == maxElements {
			return nil, &LimitError{"ELEMENTS", maxElements}
		}
		o, err := p.object()
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
}

func (p *parser) dict() (Object, error) {
	d := &Dict{Off: p.off()}
	p.pos += 2
	var seen map[Name]bool // only for dictionaries long enough to need it
	for {
		p.space()
		if p.pos+1 >= len(p.b) {
			return nil, p.end()
		}
		if p.b[p.pos] == '>' && p.b[p.pos+1] == '>' {
			p.pos += 2
			d.End = p.off()
			return d, nil
		}
		if p.b[p.pos] != '/' {
			return nil, p.bad("a key expected")
		}
		k, err := p.name()
		if err != nil {
			return nil, err
		}
		key, _ := k.(Name)
		p.space()
		from := p.pos
		v, err := p.object()
		if err != nil {
			return nil, err
		}
		switch {
		case len(d.Entries) < 16:
			d.Duplicate = d.Duplicate || d.Entry(key) != nil
		default:
			if seen == nil {
				seen = make(map[Name]bool)
				for _, e := range d.Entries {
					seen[e.Key] = true
				}
			}
			d.Duplicate = d.Duplicate || seen[key]
			seen[key] = true
		}
		d.Entries = append(d.Entries, Entry{Key: key, Value: v, Raw: p.b[from:p.pos], Off: p.base + int64(from)})
	}
}

// numberOrRef reads a number, or "num gen R".
func (p *parser) numberOrRef() (Object, error) {
	w, err := p.word()
	if err != nil {
		return nil, err
	}
	num, ok := parseDigits(w)
	if !ok || num > 1<<32-1 {
		return p.number(w)
	}
	after := p.pos
	p.space()
	if p.pos >= len(p.b) && !p.whole {
		return nil, errShort
	}
	if p.pos < len(p.b) && p.b[p.pos] >= '0' && p.b[p.pos] <= '9' {
		g, err := p.word()
		if err != nil {
			return nil, err
		}
		gen, ok := parseDigits(g)
		p.space()
		if ok && gen <= 65535 {
			if p.pos+1 >= len(p.b) && !p.whole {
				return nil, errShort
			}
			if p.pos < len(p.b) && p.b[p.pos] == 'R' && (p.pos+1 == len(p.b) || !isRegular(p.b[p.pos+1])) {
				p.pos++
				return Ref{uint32(num), uint16(gen)}, nil
			}
		}
	}
	p.pos = after
	return Integer(num), nil
}

func (p *parser) number(w []byte) (Object, error) {
	if len(w) > maxNumber {
		return nil, &LimitError{"NUMBER", maxNumber}
	}
	if n, err := strconv.ParseInt(string(w), 10, 64); err == nil {
		return Integer(n), nil
	}
	if _, ok := parseReal(string(w)); ok {
		return Real(w), nil
	}
	return nil, p.bad("%q is not a number", w)
}

// parseReal reads a PDF real: digits with a sign and one point, no exponent.
func parseReal(s string) (float64, bool) {
	digits := 0
	for i, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case (c == '+' || c == '-') && i == 0:
		case c == '.':
		default:
			return 0, false
		}
	}
	if digits == 0 {
		// QUIRK: ISO 32000-2, 7.3.3: "." and "-." mean zero to every reader.
		return 0, s == "." || s == "-." || s == "+."
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
