package signer

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// archivePart returns the part of PDF/A (ISO 19005) that a document claims to conform
// to, 0 if none: pdfaid:part of its XMP metadata.
func (d *Document) archivePart() (int, error) {
	cat, _, err := d.f.Catalog()
	if err != nil {
		return 0, &InputError{err}
	}
	o, err := d.f.Resolve(cat.Get("Metadata"))
	if err != nil {
		return 0, &InputError{err}
	}
	st, ok := o.(*pdf.Stream)
	if !ok {
		return 0, nil
	}
	const limit = 1 << 20
	data, err := d.f.Decode(st, limit)
	if err != nil {
		return 0, nil //nolint:nilerr // metadata that cannot be read claim nothing
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	inPart := false
	for {
		tok, err := dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return 0, nil
			}
			return 0, nil // as above
		}
		switch t := tok.(type) {
		case xml.StartElement:
			inPart = t.Name.Local == "part" && t.Name.Space == "pdfaid"
			for _, a := range t.Attr {
				if a.Name.Local == "part" && a.Name.Space == "pdfaid" {
					return part(a.Value), nil
				}
			}
		case xml.EndElement:
			inPart = false
		case xml.CharData:
			if inPart {
				return part(string(t)), nil
			}
		}
	}
}

func part(s string) int {
	switch s = strings.TrimSpace(s); s {
	case "1", "2", "3", "4":
		return int(s[0] - '0')
	}
	return 0
}
