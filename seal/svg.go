package seal

import (
	"fmt"
	"io"
	"strconv"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// SVG writes the artwork as an SVG 1.1 document of its true size in mm. The text is
// drawn as paths, so no font is needed to show it.
func (a *Artwork) SVG(w io.Writer) error {
	width, height := number(a.width), number(a.height)
	b := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%smm" height="%smm" viewBox="0 0 %s %s">`+"\n"+
		`<g fill="#%02x%02x%02x"%s transform="matrix(1 0 0 -1 0 %s)">`+"\n",
		width, height, width, height, a.ink.R, a.ink.G, a.ink.B, a.svgOpacity(), height)
	for _, s := range a.shapes {
		b = append(b, `<path transform="matrix(`...)
		b = s.appendMatrix(b)
		b = append(b, `)" d="`...)
		for _, seg := range s.path {
			b = append(b, " MLQC"[seg.Op])
			b = font.AppendPoints(b, seg.P[:seg.Op.Points()])
		}
		b = append(b, "\"/>\n"...)
	}
	b = append(b, "</g>\n</svg>\n"...)
	_, err := w.Write(b)
	return err
}

func (a *Artwork) svgOpacity() string {
	if a.ink.A == 0xFF {
		return ""
	}
	return fmt.Sprintf(` fill-opacity="%s"`, number(a.Opacity()))
}

// appendMatrix writes the matrix from thousandths to mm as "a b c d e f".
func (s shape) appendMatrix(b []byte) []byte {
	m := s.to
	for _, v := range []float64{m.a / font.Thousandths, m.b / font.Thousandths, m.c / font.Thousandths, m.d / font.Thousandths} {
		b = append(appendDecimal(b, v, 8), ' ')
	}
	return appendDecimal(append(appendDecimal(b, m.e, 4), ' '), m.f, 4)
}

// number writes a length in mm to a tenth of a micrometre.
func number(v float64) string { return string(appendDecimal(nil, v, 4)) }

// appendDecimal writes v with at most the given decimals and no exponent.
func appendDecimal(b []byte, v float64, decimals int) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, v, 'f', decimals, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[start:]) == "-0" {
		b = append(b[:start], '0')
	}
	return b
}
