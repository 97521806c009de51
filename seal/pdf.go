package seal

import (
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// pointsPerMM turns mm into points of 1/72 inch.
const pointsPerMM = 72 / 25.4

// Vector returns PDF content-stream operators (ISO 32000-2, 8.5) that paint the artwork
// into a box of widthMM by heightMM whose unit is one millimetre, with the origin lower
// left and y up. They are paths filled with the ink in DeviceRGB: no fonts and no
// resources. The graphics state is restored. The operators do not set the opacity; the
// caller who places the content must set it to [Artwork.Opacity].
func (a *Artwork) Vector() (content []byte, widthMM, heightMM float64) {
	b := append([]byte(nil), "q "...)
	for _, v := range []uint8{a.ink.R, a.ink.G, a.ink.B} {
		b = append(appendDecimal(b, float64(v)/255, 4), ' ')
	}
	b = append(b, "rg\n"...)
	for _, s := range a.shapes {
		b = append(b, "q "...)
		b = s.appendMatrix(b)
		b = append(b, " cm\n"...)
		b = font.AppendPDF(b, s.path)
		b = append(b, "f Q\n"...)
	}
	return append(b, "Q\n"...), a.width, a.height
}

// PDF writes the artwork as a PDF 1.4 document with one page of its true size.
func (a *Artwork) PDF(w io.Writer) error {
	content, width, height := a.Vector()
	state, resources := "", ""
	if a.ink.A != 0xFF {
		state = "/Ink gs "
		resources = fmt.Sprintf("/ExtGState << /Ink << /ca %s >> >> ", number(a.Opacity()))
	}
	scale := appendDecimal(nil, pointsPerMM, 7)
	stream := fmt.Appendf(nil, "q %s%s 0 0 %s 0 0 cm\n%sQ\n", state, scale, scale, content)
	objects := [][]byte{
		[]byte("<< /Type /Catalog /Pages 2 0 R >>"),
		[]byte("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
		fmt.Appendf(nil, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Resources << %s>> /Contents 4 0 R >>",
			number(width*pointsPerMM), number(height*pointsPerMM), resources),
		fmt.Appendf(nil, "<< /Length %d >>\nstream\n%sendstream", len(stream), stream),
	}
	b := []byte("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = len(b)
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := len(b)
	b = fmt.Appendf(b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		b = fmt.Appendf(b, "%010d 00000 n \n", offset)
	}
	b = fmt.Appendf(b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	_, err := w.Write(b)
	return err
}
