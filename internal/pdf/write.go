package pdf

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
)

// appendObject writes o in PDF syntax. Entries that came from a file and were not
// replaced keep their bytes.
func appendObject(b []byte, o Object) []byte {
	switch v := o.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case Integer:
		return strconv.AppendInt(b, int64(v), 10)
	case Real:
		return append(b, v...)
	case Name:
		return appendName(b, v)
	case String:
		return appendString(b, v)
	case Ref:
		return fmt.Appendf(b, "%d %d R", v.Num, v.Gen)
	case Array:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendObject(b, e)
		}
		return append(b, ']')
	case *Dict:
		b = append(b, "<<"...)
		for _, e := range v.Entries {
			b = appendName(b, e.Key)
			if len(e.Raw) > 0 {
				b = append(b, ' ')
				b = append(b, e.Raw...)
				continue
			}
			switch e.Value.(type) {
			case Name, String, Array, *Dict:
			default:
				b = append(b, ' ')
			}
			b = appendObject(b, e.Value)
		}
		return append(b, ">>"...)
	}
	return append(b, "null"...) // a *Stream is never a direct object
}

// AppendDirect writes a direct object or a reference in PDF syntax.
func AppendDirect(b []byte, o Object) []byte { return appendObject(b, o) }

func appendName(b []byte, n Name) []byte {
	b = append(b, '/')
	for i := 0; i < len(n); i++ {
		if c := n[i]; c > ' ' && c < 0x7f && c != '#' && !isDelim(c) {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "#%02X", c)
		}
	}
	return b
}

func appendString(b []byte, s String) []byte {
	if s.Hex {
		return fmt.Appendf(b, "<%X>", s.Bytes)
	}
	b = append(b, '(')
	for _, c := range s.Bytes {
		switch c {
		case '(', ')', '\\':
			b = append(b, '\\', c)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, ')')
}

// Float makes a number with at most four decimals.
func Float(f float64) Object {
	s := strconv.FormatFloat(f, 'f', 4, 64)
	end := len(s)
	for end > 0 && s[end-1] == '0' {
		end--
	}
	s = s[:end]
	if s[len(s)-1] == '.' {
		n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
		if err == nil {
			return Integer(n)
		}
	}
	return Real(s)
}

// TextString encodes s as a PDF text string (ISO 32000-2, 7.9.2.2): ASCII as
// it is, anything else as UTF-16BE with a byte order mark.
func TextString(s string) String {
	ascii := true
	for i := 0; i < len(s); i++ {
		ascii = ascii && s[i] >= ' ' && s[i] < 0x7f
	}
	if ascii {
		return String{Bytes: []byte(s)}
	}
	out := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return String{Bytes: out, Hex: true}
}

// Text decodes a text string: UTF-16BE, UTF-16LE and UTF-8 by their marks, otherwise
// PDFDocEncoding, of which only the part shared with Latin-1 is mapped.
func (s String) Text() string {
	b := s.Bytes
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		return decodeUTF16(b[2:], 0, 1)
	case len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe:
		return decodeUTF16(b[2:], 1, 0)
	case len(b) >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf:
		return string(b[3:])
	}
	out := make([]rune, 0, len(b))
	for _, c := range b {
		out = append(out, rune(c))
	}
	return string(out)
}

func decodeUTF16(b []byte, hi, lo int) string {
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, uint16(b[i+hi])<<8|uint16(b[i+lo]))
	}
	return string(utf16.Decode(u))
}

// countWriter keeps the number of bytes that went through it.
type countWriter struct {
	w io.Writer
	n int64
}

func (c *countWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
