package witness_test

import (
	"bytes"
	"fmt"
	"strings"
)

// sample says what PDF to make: one A4 page, and behind it what makes the file
// large.
type sample struct {
	bulk    int  // bytes of one more stream
	objects int  // more objects that nothing shows
	fields  bool // an AcroForm with one text field
}

// The samples that are timed.
var (
	small = sample{bulk: 100 << 10}
	large = sample{bulk: 10 << 20}
	many  = sample{objects: 40_000}
)

// frame is what the page shows.
const frame = "0 0 1 RG 2 w 60 700 200 40 re S"

// changed is a file whose frame stands elsewhere: one byte differs.
func changed(file []byte) []byte {
	return bytes.Replace(file, []byte(frame), []byte(strings.Replace(frame, "700", "701", 1)), 1)
}

// pdf makes the file, byte by byte: it rests neither on the library nor on a
// package that judges it.
func (s sample) pdf() []byte {
	stream := func(data string) string {
		return fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(data), data)
	}
	catalog, page := "<</Type/Catalog/Pages 2 0 R>>", ""
	if s.fields {
		catalog = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]/DA(/F1 12 Tf 0 g)/DR<</Font<</F1 6 0 R>>>>>>>>"
		page = "/Annots[5 0 R]"
	}
	bodies := []string{
		catalog,
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<<>>/Contents 4 0 R" + page + ">>",
		stream(frame),
	}
	if s.fields {
		bodies = append(bodies,
			"<</Type/Annot/Subtype/Widget/FT/Tx/T(Note)/V(kept)/F 4/Rect[60 600 300 620]/P 3 0 R/DA(/F1 12 Tf 0 g)>>",
			"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	}
	if s.bulk > 0 {
		bodies = append(bodies, stream(strings.Repeat("0123456789abcde\n", s.bulk/16)))
	}
	for i := range s.objects {
		bodies = append(bodies, fmt.Sprintf("<</Type/Filler/N %d/Next %d 0 R>>", i, len(bodies)))
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	rows := bytes.NewBufferString("0000000000 65535 f \n")
	for i, body := range bodies {
		fmt.Fprintf(rows, "%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R/ID[<0123456789ABCDEF0123456789ABCDEF><0123456789ABCDEF0123456789ABCDEF>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(bodies)+1, rows, len(bodies)+1, at)
	return out.Bytes()
}
