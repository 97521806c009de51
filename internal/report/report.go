// Package report sets Chinese text on A4 pages as a PDF with an embedded font:
// headings, rows of label and value, and wrapped paragraphs. It knows nothing about the
// content of the text.
package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/signintech/gopdf"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// Lengths in millimetres, sizes in points.
const (
	pageWidth, pageHeight = 210.0, 297.0
	left, right           = 22.0, 188.0
	top, bottom           = 22.0, 275.0
	labelWidth            = 36.0
	bodySize              = 9.5
	line                  = 5.4
)

// Page builds a document. It keeps the first fault, which [Page.Bytes] returns.
type Page struct {
	pdf   *gopdf.GoPdf
	face  *font.Face
	y     float64
	pages int
	foot  string
	count string // the form of the page's number
	err   error
}

func mm(v float64) float64 { return v * 72 / 25.4 }

// New starts a document with a title. foot is the text at the foot of every page. Equal
// input gives equal bytes: the document has no date, and no information dictionary,
// which gopdf would put in a place where ISO 32000 does not allow it.
func New(title, foot string) (*Page, error) { return NewNumbered(title, foot, "第 %d 页") }

// NewNumbered is [New] with the form of the number of a page, which has one %d.
func NewNumbered(title, foot, count string) (*Page, error) {
	ttf, err := font.SongTTF()
	if err != nil {
		return nil, err
	}
	face, err := font.Song()
	if err != nil {
		return nil, err
	}
	p := &Page{pdf: &gopdf.GoPdf{}, face: face, foot: foot, count: count}
	p.pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: mm(pageWidth), H: mm(pageHeight)}})
	if err := p.pdf.AddTTFFontByReader("song", bytes.NewReader(ttf)); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p.turn()
	p.set(18)
	w, err := p.pdf.MeasureTextWidth(title)
	p.note(err)
	p.put((pageWidth-w*25.4/72)/2, p.y, title)
	p.y += 13
	return p, nil
}

func (p *Page) note(err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("report: %w", err)
	}
}

func (p *Page) set(size float64) { p.note(p.pdf.SetFontWithStyle("song", gopdf.Regular, size)) }

// turn begins a page.
func (p *Page) turn() {
	p.pdf.AddPage()
	p.pages++
	p.set(8)
	p.put(left, bottom+7, p.cut(p.clean(p.foot), right-left-16))
	p.put(right-14, bottom+7, fmt.Sprintf(p.count, p.pages))
	p.y = top
	p.set(bodySize)
}

func (p *Page) put(x, y float64, s string) {
	p.pdf.SetXY(mm(x), mm(y))
	p.note(p.pdf.Cell(nil, s))
}

// clean shows characters that the font lacks as 〓, the printers' sign for a missing
// type: a rare name neither stops a report nor disappears from it.
func (p *Page) clean(s string) string {
	missing := map[rune]bool{}
	for _, r := range p.face.Missing(s) {
		missing[r] = true
	}
	out := []rune(s)
	for i, r := range out {
		if missing[r] || r < ' ' {
			out[i] = '〓'
		}
	}
	return string(out)
}

// Heading begins a section.
func (p *Page) Heading(s string) {
	if p.y > bottom-20 {
		p.turn()
	}
	p.y += 2.5
	p.set(12)
	p.put(left, p.y, p.clean(s))
	p.y += 6.5
	p.pdf.SetLineWidth(0.4)
	p.pdf.Line(mm(left), mm(p.y), mm(right), mm(p.y))
	p.y += 2.5
	p.set(bodySize)
}

// Row sets a label and its value, which may take several lines.
func (p *Page) Row(label, value string) {
	p.set(bodySize)
	lines := p.wrap(p.clean(value), right-left-labelWidth)
	for i, l := range lines {
		if p.y > bottom-line {
			p.turn()
		}
		if i == 0 {
			p.put(left, p.y, p.clean(label))
		}
		p.put(left+labelWidth, p.y, l)
		p.y += line
	}
}

// Text sets a paragraph.
func (p *Page) Text(s string) {
	p.set(bodySize)
	for _, l := range p.wrap(p.clean(s), right-left) {
		if p.y > bottom-line {
			p.turn()
		}
		p.put(left, p.y, l)
		p.y += line
	}
}

// Gap leaves half a line free.
func (p *Page) Gap() { p.y += line / 2 }

// Room keeps a height in mm free on one page. It returns the page, from 1, and the
// distance from its top.
func (p *Page) Room(height float64) (page int, y float64) {
	if p.y+height > bottom {
		p.turn()
	}
	y = p.y
	p.y += height
	return p.pages, y
}

// wrap breaks a text at the end of the column. Chinese breaks anywhere, but no line
// begins with a mark that closes; a word of letters goes to the next line whole; what has
// no break, such as a digest, continues in the next line.
func (p *Page) wrap(s string, width float64) []string {
	var out []string
	var cur []rune
	w := 0.0
	for _, r := range s {
		adv := p.measure(string(r))
		if w+adv > mm(width) && len(cur) > 0 && !strings.ContainsRune(closing, r) {
			keep := lastWord(cur, r)
			out = append(out, strings.TrimRight(string(cur[:len(cur)-keep]), " "))
			cur = append([]rune(nil), cur[len(cur)-keep:]...)
			w = p.measure(string(cur))
			if r == ' ' {
				continue
			}
		}
		cur, w = append(cur, r), w+adv
	}
	return append(out, string(cur))
}

// closing are the marks that hang over the end of a line.
const closing = "，。；：、！？）》”’,.;:)"

// lastWord returns how many characters at the end of a line belong to the word that the
// next one continues: none if it breaks there, or if the word fills half the line.
func lastWord(cur []rune, next rune) int {
	n := 0
	for n < len(cur) && inWord(cur[len(cur)-1-n]) {
		n++
	}
	if !inWord(next) || n > len(cur)/2 || n > 40 {
		return 0
	}
	return n
}

func inWord(r rune) bool { return r > ' ' && r < 0x2000 }

func (p *Page) measure(s string) float64 {
	w, err := p.pdf.MeasureTextWidth(s)
	p.note(err)
	return w
}

// cut shortens a text to a width in mm.
func (p *Page) cut(s string, width float64) string {
	if p.measure(s) <= mm(width) {
		return s
	}
	w := p.measure("…")
	for i, r := range s {
		if w += p.measure(string(r)); w > mm(width) {
			return s[:i] + "…"
		}
	}
	return s
}

// Bytes returns the finished PDF.
func (p *Page) Bytes() ([]byte, error) {
	if p.err != nil {
		return nil, p.err
	}
	var out bytes.Buffer
	if _, err := p.pdf.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}
