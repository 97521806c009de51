package signer

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// claims are the standards that a document says it conforms to, in its XMP metadata (ISO
// 16684-1).
type claims struct {
	archive    int    // part of PDF/A (ISO 19005), 0 if none
	level      string // "A", "B", "U", "E", "F"
	accessible int    // part of PDF/UA (ISO 14289), 0 if none
}

// Schemas of XMP, and the prefixes that files use even where they do not declare them.
const (
	archiveSchema    = "http://www.aiim.org/pdfa/ns/id/"
	accessibleSchema = "http://www.aiim.org/pdfua/ns/id/"
)

// readClaims reads what a document claims. Metadata that cannot be read claim nothing.
func (d *Document) readClaims() (claims, error) {
	cat, _, err := d.f.Catalog()
	if err != nil {
		return claims{}, &InputError{err}
	}
	o, err := d.f.Resolve(cat.Get("Metadata"))
	if err != nil {
		return claims{}, &InputError{err}
	}
	st, ok := o.(*pdf.Stream)
	if !ok {
		return claims{}, nil
	}
	const limit = 1 << 20
	data, err := d.f.Decode(st, limit)
	if err != nil {
		return claims{}, nil //nolint:nilerr // as above
	}
	return parseClaims(data), nil
}

// parseClaims reads properties that are elements or attributes.
func parseClaims(data []byte) claims {
	var out claims
	dec := xml.NewDecoder(bytes.NewReader(toUTF8(data)))
	dec.Strict = false
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var in xml.Name
	for {
		tok, err := dec.Token()
		if err != nil { // also io.EOF
			return out
		}
		switch t := tok.(type) {
		case xml.StartElement:
			in = t.Name
			for _, a := range t.Attr {
				out.note(a.Name, a.Value)
			}
		case xml.EndElement:
			in = xml.Name{}
		case xml.CharData:
			out.note(in, string(t))
		}
	}
}

// note records a property.
func (c *claims) note(name xml.Name, value string) {
	value = strings.TrimSpace(value)
	part := 0
	if len(value) == 1 && value[0] >= '1' && value[0] <= '4' {
		part = int(value[0] - '0')
	}
	switch name.Space {
	case archiveSchema, "pdfaid":
		switch name.Local {
		case "part":
			c.archive = part
		case "conformance":
			c.level = value
		}
	case accessibleSchema, "pdfuaid":
		if name.Local == "part" {
			c.accessible = part
		}
	}
}

// toUTF8 converts metadata from UTF-16 or UTF-32, which XMP allows (ISO 16684-1, 7.1). They
// are known by their mark, or by the zeros round the first "<".
func toUTF8(b []byte) []byte {
	var order binary.ByteOrder = binary.BigEndian
	has := func(prefix string) bool { return bytes.HasPrefix(b, []byte(prefix)) }
	unit := 1
	switch {
	case has("\x00\x00\xfe\xff"), has("\x00\x00\x00<"):
		unit = 4
	case has("\xff\xfe\x00\x00"), has("<\x00\x00\x00"):
		unit, order = 4, binary.LittleEndian
	case has("\xfe\xff"), has("\x00<"):
		unit = 2
	case has("\xff\xfe"), has("<\x00"):
		unit, order = 2, binary.LittleEndian
	}
	var text []rune
	switch unit {
	case 2:
		units := make([]uint16, 0, len(b)/2)
		for ; len(b) >= 2; b = b[2:] {
			units = append(units, order.Uint16(b))
		}
		text = utf16.Decode(units)
	case 4:
		for ; len(b) >= 4; b = b[4:] {
			text = append(text, rune(order.Uint32(b)&0x7fffffff))
		}
	default:
		return bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	return []byte(strings.TrimPrefix(string(text), "\ufeff"))
}
