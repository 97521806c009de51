package report

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// builder writes elements, one a line. Names that start without a prefix are of the
// report's own namespace.
type builder struct {
	out   bytes.Buffer
	depth int
}

// attr is an attribute.
type attr struct{ name, value string }

func (b *builder) open(name string, attrs []attr) {
	b.out.WriteString(strings.Repeat("  ", b.depth) + "<" + name)
	for _, a := range attrs {
		b.out.WriteString(" " + a.name + `="` + escape(a.value) + `"`)
	}
}

// in writes an element with what inside writes.
func (b *builder) in(name string, inside func(), attrs ...attr) {
	b.open(name, attrs)
	b.out.WriteString(">\n")
	b.depth++
	inside()
	b.depth--
	b.out.WriteString(strings.Repeat("  ", b.depth) + "</" + name + ">\n")
}

// text writes an element with a text.
func (b *builder) text(name, s string) {
	b.open(name, nil)
	b.out.WriteString(">" + escape(s) + "</" + name + ">\n")
}

// empty writes an element without content.
func (b *builder) empty(name string, attrs ...attr) {
	b.open(name, attrs)
	b.out.WriteString("/>\n")
}

// bytes writes an element with a base64Binary.
func (b *builder) bytes(name string, v []byte) { b.text(name, base64.StdEncoding.EncodeToString(v)) }

// time writes an element with a dateTime, which must hold the time.
func (b *builder) time(name string, t time.Time) {
	b.text(name, t.UTC().Format("2006-01-02T15:04:05Z"))
}

// isDate reports whether a dateTime can hold a time (XML Schema 1.0 part 2, 3.2.7).
func isDate(t time.Time) bool {
	t = t.UTC()
	return !t.IsZero() && t.Year() > 0 && t.Year() < 10000
}

// refer writes an element that points to an object of the report.
func (b *builder) refer(name, id string) { b.empty(name, attr{"VOReference", id}) }

// escape makes a text of anyone safe in XML 1.0: what does something instead of being
// shown is written as its number (A45), which leaves no character that XML forbids.
func escape(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, string(utf8.RuneError))
	}
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(plain.Text(s))) // a Buffer takes everything
	return out.String()
}
