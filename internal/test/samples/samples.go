// Package samples makes PDF files of every form that a signer meets: tests sign them,
// and external programs verify the results. All of them are written here, byte by byte,
// so that no sample depends on the code under test.
package samples

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
)

// Form is how a file stores its cross-references.
type Form int

// The forms.
const (
	Table  Form = iota // a classic table
	Stream             // objects in an object stream, behind a cross-reference stream
	Hybrid             // a table, with a cross-reference stream for newer readers beside it
)

// Page is one page. Its content is a frame and a line of text.
type Page struct {
	Media  [4]float64 // points; zero means A4
	Crop   [4]float64 // points; zero leaves it out
	Rotate int
}

// Spec says what to make. The zero Spec is one A4 page behind a table.
type Spec struct {
	Form    Form
	Pages   []Page
	Archive string // "", or the flavour of PDF/A (ISO 19005) or PDF/UA (ISO 14289): "1b", "4f", "ua1"
	Intent  string // the colours of the output intent for PDF/A: SRGB, Gray, CMYK or None
	Prefix  int    // junk bytes before the header
	Objects int    // more objects that nothing shows
	Bulk    int    // bytes of one more stream
}

// A4 returns n plain pages.
func A4(n int) []Page { return make([]Page, n) }

type builder struct {
	spec Spec
	objs []string // bodies of objects 1, 2, …
}

// PDF makes the file.
func PDF(s Spec) []byte {
	if len(s.Pages) == 0 {
		s.Pages = A4(1)
	}
	b := &builder{spec: s}
	b.bodies()
	switch s.Form {
	case Stream:
		return b.stream()
	case Hybrid:
		return b.hybrid()
	}
	return b.table()
}

func (b *builder) add(body string) int {
	b.objs = append(b.objs, body)
	return len(b.objs)
}

func box(r [4]float64) string { return fmt.Sprintf("[%g %g %g %g]", r[0], r[1], r[2], r[3]) }

// bodies fills objects: catalog, page tree, pages, contents, font, and extras.
func (b *builder) bodies() {
	b.objs = make([]string, 2)
	font := ""
	if b.spec.Archive == "" { // PDF/A requires embedded fonts; its page has only lines
		n := b.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
		font = fmt.Sprintf("/Font<</F1 %d 0 R>>", n)
	}
	var kids []string
	for i, p := range b.spec.Pages {
		if p.Media == [4]float64{} {
			p.Media = [4]float64{0, 0, 595.28, 841.89}
		}
		ink, resources := b.spec.ink()
		content := fmt.Sprintf(ink+" 2 w %g %g %g %g re S\n", p.Media[0]+20, p.Media[1]+20, p.Media[2]-p.Media[0]-40, p.Media[3]-p.Media[1]-40)
		if font != "" {
			content += fmt.Sprintf("BT /F1 24 Tf %g %g Td (Page %d - sign here) Tj ET\n", p.Media[0]+60, p.Media[1]+100, i+1)
		}
		if b.spec.tagged() {
			content = "/Artifact BMC\n" + content + "EMC\n"
		}
		c := b.add(streamOf("", content))
		page := fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox%s/Resources<<%s%s>>/Contents %d 0 R", box(p.Media), font, resources, c)
		if p.Crop != [4]float64{} {
			page += "/CropBox" + box(p.Crop)
		}
		if p.Rotate != 0 {
			page += fmt.Sprintf("/Rotate %d", p.Rotate)
		}
		kids = append(kids, fmt.Sprintf("%d 0 R", b.add(page+">>")))
	}
	catalog := "<</Type/Catalog/Pages 2 0 R"
	if b.spec.Archive != "" {
		catalog += b.archive()
	}
	b.objs[0] = catalog + ">>"
	b.objs[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(kids), strings.Join(kids, " "))
	for i := range b.spec.Objects {
		b.add(fmt.Sprintf("<</Type/Filler/N %d/Next %d 0 R>>", i, len(b.objs)))
	}
	if b.spec.Bulk > 0 {
		b.add(streamOf("", strings.Repeat("0123456789abcde\n", b.spec.Bulk/16)))
	}
}

func streamOf(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

func (b *builder) head() *bytes.Buffer {
	var out bytes.Buffer
	out.WriteString(strings.Repeat("x", b.spec.Prefix))
	out.WriteString("%PDF-" + b.spec.version() + "\n%\xe2\xe3\xcf\xd3\n")
	return &out
}

const id = "/ID[<0123456789ABCDEF0123456789ABCDEF><0123456789ABCDEF0123456789ABCDEF>]"

// plain writes every object and returns the rows of their table.
func (b *builder) plain(out *bytes.Buffer) string {
	var rows strings.Builder
	rows.WriteString("0000000000 65535 f \n")
	for i, o := range b.objs {
		fmt.Fprintf(&rows, "%010d 00000 n \n", out.Len()-b.spec.Prefix)
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	return rows.String()
}

func (b *builder) table() []byte {
	out := b.head()
	rows := b.plain(out)
	at := out.Len() - b.spec.Prefix
	fmt.Fprintf(out, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(b.objs)+1, rows, len(b.objs)+1, id, at)
	return out.Bytes()
}

// packed splits the objects into those that an object stream may hold and the streams,
// which stand alone.
func (b *builder) packed() (stm string, inside, alone []int) {
	var head, body strings.Builder
	for i, o := range b.objs {
		if strings.HasSuffix(o, "endstream") {
			alone = append(alone, i+1)
			continue
		}
		inside = append(inside, i+1)
		fmt.Fprintf(&head, "%d %d ", i+1, body.Len())
		body.WriteString(o + "\n")
	}
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write([]byte(head.String() + body.String())) // to memory
	_ = zw.Close()
	return streamOf(fmt.Sprintf("/Type/ObjStm/N %d/First %d/Filter/FlateDecode", len(inside), head.Len()), z.String()), inside, alone
}

// row writes cross-reference stream rows of 1, 4 and 2 bytes.
func row(kind byte, a, c int) []byte {
	return []byte{kind, byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a), byte(c >> 8), byte(c)}
}

func (b *builder) stream() []byte {
	out := b.head()
	stm, inside, alone := b.packed()
	off := map[int]int{}
	for _, n := range alone {
		off[n] = out.Len() - b.spec.Prefix
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", n, b.objs[n-1])
	}
	num := len(b.objs) + 1
	off[num] = out.Len() - b.spec.Prefix
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", num, stm)
	x := out.Len() - b.spec.Prefix
	rows := row(0, 0, 65535)
	index := map[int]int{}
	for i, n := range inside {
		index[n] = i
	}
	for n := 1; n <= num; n++ {
		if at, ok := off[n]; ok {
			rows = append(rows, row(1, at, 0)...)
		} else {
			rows = append(rows, row(2, num, index[n])...)
		}
	}
	rows = append(rows, row(1, x, 0)...)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", num+1,
		streamOf(fmt.Sprintf("/Type/XRef/Size %d/W[1 4 2]/Root 1 0 R%s", num+2, id), string(rows)), x)
	return out.Bytes()
}

// hybrid writes every object plainly, and the filler objects a second time where old
// readers do not see them: in an object stream that only the cross-reference stream
// names (ISO 32000-2, 7.5.8.4).
func (b *builder) hybrid() []byte {
	out := b.head()
	rows := b.plain(out)
	stmNum := len(b.objs) + 1
	hidden := stmNum + 1
	stmAt := out.Len() - b.spec.Prefix
	body := "<</Type/Filler/Hidden true>>"
	head := fmt.Sprintf("%d 0 ", hidden)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", stmNum, streamOf(fmt.Sprintf("/Type/ObjStm/N 1/First %d", len(head)), head+body))
	rows += fmt.Sprintf("%010d 00000 n \n", stmAt)
	rows += "0000000000 65535 f \n"
	xNum := hidden + 1
	xAt := out.Len() - b.spec.Prefix
	data := append(row(2, stmNum, 0), row(1, xAt, 0)...)
	fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", xNum,
		streamOf(fmt.Sprintf("/Type/XRef/Size %d/W[1 4 2]/Index[%d 2]/Root 1 0 R", xNum+1, hidden), string(data)))
	rows += fmt.Sprintf("%010d 00000 n \n", xAt)
	at := out.Len() - b.spec.Prefix
	fmt.Fprintf(out, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", xNum+1, rows, xNum+1, id, xAt, at)
	return out.Bytes()
}

// Big writes a one-page file with a stream of size bytes without holding it in
// memory.
func Big(w io.Writer, size int64) error {
	head := fmt.Sprintf("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"+
		"2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n"+
		"4 0 obj\n<</Length %d>>\nstream\n", size)
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	chunk := bytes.Repeat([]byte("0123456789abcde\n"), 4096)
	for left := size; left > 0; {
		n, err := w.Write(chunk[:min(left, int64(len(chunk)))])
		if err != nil {
			return err
		}
		left -= int64(n)
	}
	rows := "0000000000 65535 f \n"
	for i := 1; i <= 4; i++ {
		rows += fmt.Sprintf("%010d 00000 n \n", strings.Index(head, fmt.Sprintf("%d 0 obj", i)))
	}
	tail := "\nendstream\nendobj\n"
	_, err := fmt.Fprintf(w, "%sxref\n0 5\n%strailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", tail, rows, int64(len(head))+size+int64(len(tail)))
	return err
}
