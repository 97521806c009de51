package pdf

import "bytes"

// streamTails are the forms of what stands behind the data of a stream.
var streamTails = func() map[string]bool {
	out := map[string]bool{}
	for _, before := range []string{"", "\n", "\r", "\r\n"} {
		for _, between := range []string{"\n", "\r", "\r\n", " ", " \n", " \r\n"} {
			out[before+"endstream"+between+"endobj"] = true
		}
	}
	return out
}()

// checkObject checks the bytes of an object, up to its stream's data if it has some, and
// returns where its keyword obj stands. They are the tokens of ISO 32000-2, 7.2 and 7.3,
// without comments, without the white space that readers disagree about, and each
// written as only one value can be written.
func checkObject(b []byte, base int64, stream bool) (mark int, err error) {
	t := &tokens{b: b, base: base}
	for _, want := range []byte{'n', 'n'} {
		if k, _, err := t.next(); err != nil || k != want {
			return 0, t.bad("an object does not start with two numbers")
		}
	}
	k, w, err := t.next()
	if err != nil || k != 'k' || string(w) != "obj" {
		return 0, t.bad("an object does not start with two numbers and obj")
	}
	mark = t.pos - len("obj")
	for {
		k, w, err := t.next()
		if err != nil {
			return 0, err
		}
		switch {
		case k != 'k':
		case string(w) == "endobj" && !stream && t.pos == len(b):
			return mark, nil
		case string(w) == "stream" && stream:
			if rest := string(b[t.pos:]); rest != "\n" && rest != "\r\n" {
				return 0, t.bad("stream is not followed by one end of line")
			}
			return mark, nil
		case isValueWord(w):
		default:
			return 0, t.bad("a keyword where none may stand")
		}
	}
}

// isValueWord reports whether a keyword is a part of a value.
func isValueWord(w []byte) bool {
	switch string(w) {
	case "R", "true", "false", "null":
		return true
	}
	return false
}

// checkValue checks bytes that hold one value and no object around it.
func checkValue(b []byte, base int64) error {
	t := &tokens{b: b, base: base}
	for t.pos < len(b) {
		if kind, w, err := t.next(); err != nil {
			return err
		} else if kind == 'k' && !isValueWord(w) {
			return t.bad("a keyword where none may stand")
		}
	}
	return nil
}

// tokens splits bytes into the tokens of PDF.
type tokens struct {
	b    []byte
	pos  int
	base int64
}

func (t *tokens) bad(what string) error {
	return malformed(CodeSyntax, t.base+int64(t.pos), "%s", what)
}

// next returns the next token: n a whole number, r another number, k a keyword, / a name,
// ( a string, and < > [ ] for the brackets.
func (t *tokens) next() (kind byte, word []byte, err error) {
	for t.pos < len(t.b) && isBlank(t.b[t.pos]) {
		t.pos++
	}
	if t.pos == len(t.b) {
		return 0, nil, t.bad("an object without an end")
	}
	start := t.pos
	switch c := t.b[t.pos]; c {
	case '[', ']':
		t.pos++
		return c, nil, nil
	case '(':
		return c, nil, t.literal()
	case '<', '>':
		if t.pos+1 < len(t.b) && t.b[t.pos+1] == c {
			t.pos += 2
			return c, nil, nil
		}
		if c == '>' {
			return 0, nil, t.bad("a bracket that closes nothing")
		}
		return '(', nil, t.hex()
	case '/':
		t.pos++
		for t.pos < len(t.b) && isRegular(t.b[t.pos]) {
			t.pos++
		}
		return c, nil, t.name(t.b[start+1 : t.pos])
	}
	for t.pos < len(t.b) && isRegular(t.b[t.pos]) {
		t.pos++
	}
	if w := t.b[start:t.pos]; len(w) > 0 {
		kind = kindOf(w)
		if kind == 0 {
			t.pos = start
			return 0, nil, t.bad("a number that readers take for different values")
		}
		return kind, w, nil
	}
	return 0, nil, t.bad("a byte that starts no token")
}

// isBlank reports whether c is white space that every reader takes for such.
func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// kindOf tells numbers from keywords. A whole number has at most ten digits and no sign
// but a minus; a real one has digits on a side of its point. What mixes them is neither.
func kindOf(w []byte) byte {
	digits := bytes.TrimPrefix(w, []byte("-"))
	if c := w[0]; c >= 'a' && c <= 'z' || c == 'R' {
		return 'k'
	}
	whole, part, point := bytes.Cut(digits, []byte("."))
	if len(whole) > 10 || len(part) > 20 || len(whole)+len(part) == 0 || !allDigits(whole) || !allDigits(part) {
		return 0
	}
	if n, _ := parseDigits(whole); n > 1<<31-1 {
		return 0
	}
	if point || len(digits) != len(w) {
		return 'r'
	}
	return 'n'
}

func allDigits(w []byte) bool {
	for _, c := range w {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// name checks a name: a byte of white space, a delimiter or # is written as #xx, and no
// letter or digit is.
func (t *tokens) name(w []byte) error {
	for i := 0; i < len(w); i++ {
		if w[i] < '!' {
			return t.bad("a control character in a name")
		}
		if w[i] != '#' {
			continue
		}
		if i+2 >= len(w) || unhex(w[i+1]) < 0 || unhex(w[i+2]) < 0 {
			return t.bad("a # in a name that is not followed by two digits")
		}
		c := byte(unhex(w[i+1])<<4 | unhex(w[i+2]))
		if c == 0 || c < 0x7f && c != '#' && isRegular(c) && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return t.bad("a name with a letter in disguise")
		}
		i += 2
	}
	return nil
}

// literal steps over a string in parentheses.
func (t *tokens) literal() error {
	for level := 0; t.pos < len(t.b); t.pos++ {
		switch t.b[t.pos] {
		case '\\':
			t.pos++
		case '(':
			level++
		case ')':
			if level--; level == 0 {
				t.pos++
				return nil
			}
		}
	}
	return t.bad("a string without an end")
}

// hex steps over a hexadecimal string, whose digits are in pairs.
func (t *tokens) hex() error {
	end := bytes.IndexByte(t.b[t.pos:], '>')
	if end < 0 {
		return t.bad("a string without an end")
	}
	digits := 0
	for _, c := range t.b[t.pos+1 : t.pos+end] {
		if unhex(c) >= 0 {
			digits++
		} else if !isBlank(c) {
			return t.bad("a hexadecimal string with other bytes than digits")
		}
	}
	if digits%2 != 0 {
		return t.bad("a hexadecimal string with half a byte")
	}
	t.pos += end + 1
	return nil
}

// checkKeys refuses a dictionary, however deep, that has a key twice: readers take the
// first or the last.
func checkKeys(o Object, off int64) error {
	stack := []Object{o}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch v := o.(type) {
		case Array:
			stack = append(stack, v...)
		case *Dict:
			if v.Duplicate {
				return malformed(CodeObject, off, "a dictionary with a key twice")
			}
			for _, e := range v.Entries {
				stack = append(stack, e.Value)
			}
		}
	}
	return nil
}
