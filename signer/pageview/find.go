package pageview

import (
	"context"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/requests"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Match is one place where a keyword stands.
type Match struct {
	Page int // from 1
	// Box encloses the ink of the word's characters, in millimetres from the top left
	// corner of the page as it is displayed. If a word is broken over lines, it
	// encloses the part on the first line. If the glyphs are not known, it encloses the
	// space that they take on the line.
	Box signer.Box
}

// Centre returns the middle of the box.
func (m Match) Centre() (x, y float64) { return m.Box.X + m.Box.W/2, m.Box.Y + m.Box.H/2 }

// Find returns every place where a keyword of at most 200 characters stands, in reading
// order: by page, then from top to bottom, then from left to right. It returns no error
// if there is no match.
//
// Case counts. White space does not count, neither in the keyword nor on the page, so
// 甲方 finds 甲　方. Full and half width and other compatibility forms of a character are
// equal (Unicode NFKC). A word is found even if the file cuts it into pieces, in lines
// of any direction, and over the end of a line. Text outside the CropBox is left out.
// Invisible text, such as that under a scan, is found; text of annotations and form
// fields is not.
//
// Find returns a [*LimitError] if a page has more than 200,000 characters, or if there
// are more than 10,000 matches.
func (d *Document) Find(ctx context.Context, keyword string) ([]Match, error) {
	all, err := d.FindAll(ctx, []string{keyword})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// FindAll is [Document.Find] for several keywords. It reads every page once, and returns the
// matches of each keyword, in their order.
func (d *Document) FindAll(ctx context.Context, keywords []string) ([][]Match, error) {
	var words [][]rune
	for _, k := range keywords {
		word := fold(k)
		if len(word) == 0 || utf8.RuneCountInString(k) > maxKeyword {
			return nil, ErrKeyword
		}
		words = append(words, word)
	}
	if err := d.run(ctx, func() error { return d.mend(ctx) }); err != nil {
		return nil, err
	}
	out := make([][]Match, len(words))
	err := d.run(ctx, func() error {
		for n := 1; n <= d.pages; n++ {
			if ctx.Err() != nil {
				return ctx.Err() // run reports it
			}
			if err := d.findOn(ctx, n, words, out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// findOn adds the matches of words on a page.
func (d *Document) findOn(ctx context.Context, n int, wanted [][]rune, out [][]Match) error {
	g, err := d.geometry(n)
	if err != nil {
		return err
	}
	text, err := d.text(n, g)
	if err != nil {
		return err
	}
	page := newWords(text)
	for i, word := range wanted {
		if err := ctx.Err(); err != nil {
			return err // run reports it
		}
		boxes, err := page.search(word)
		if err != nil {
			return err
		}
		for _, box := range boxes {
			out[i] = append(out[i], Match{n, box})
		}
		if len(out[i]) > maxMatches {
			return &LimitError{"matches", maxMatches}
		}
	}
	return nil
}

// text reads the characters of a page that lie within its visible box, in the
// order in which PDFium reads them.
func (d *Document) text(n int, g geometry) ([]char, error) {
	tp, err := d.inst.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: d.page(n)})
	if err != nil {
		return nil, err
	}
	count, err := d.inst.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: tp.TextPage})
	if err != nil {
		return nil, err
	}
	if count.Count > maxChars {
		return nil, &LimitError{"characters", maxChars}
	}
	res, err := d.inst.GetPageTextStructured(&requests.GetPageTextStructured{Page: d.page(n), Mode: requests.GetPageTextStructuredModeChars})
	if err != nil {
		return nil, err
	}
	out := make([]char, 0, len(res.Chars))
	var high rune // the first half of a character beyond the basic plane
	for i, c := range res.Chars {
		text := c.Text
		if text == string(utf8.RuneError) {
			// The library drops surrogates, which PDFium uses for such characters.
			u, err := d.inst.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: tp.TextPage, Index: i})
			if err != nil {
				return nil, err
			}
			if r := rune(u.Unicode); utf16.DecodeRune(high, r) != utf8.RuneError {
				text, high = string(utf16.DecodeRune(high, r)), 0
			} else {
				high = r
				continue
			}
		}
		runes := fold(text)
		if len(runes) == 0 {
			continue
		}
		p := c.PointPosition
		if min(p.Right-p.Left, p.Top-p.Bottom) < inkless {
			loose, err := d.inst.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: tp.TextPage, Index: i})
			if err != nil {
				return nil, err
			}
			r := loose.Rect
			p.Left, p.Bottom, p.Right, p.Top = float64(r.Left), float64(r.Bottom), float64(r.Right), float64(r.Top)
		}
		box := g.display(p.Left, p.Bottom, p.Right, p.Top)
		if x, y := box.X+box.W/2, box.Y+box.H/2; x < 0 || y < 0 || x > g.width || y > g.height {
			continue
		}
		out = append(out, newChar(runes, box, c.Angle, g.turns))
	}
	_, err = d.inst.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: tp.TextPage})
	return out, err
}

// inkless is the size in points below which a box means that PDFium has no glyph to
// measure, because the font is not embedded. The space from the font's metrics is used
// instead.
const inkless = 0.05

// Find opens a file without a password and returns where a word stands in it: see
// [Document.Find]. A Viewer implements envelope.Finder by it.
func (v *Viewer) Find(ctx context.Context, r io.ReaderAt, size int64, keyword string) ([]signer.Place, error) {
	all, err := v.FindAll(ctx, r, size, []string{keyword})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// FindAll is [Viewer.Find] for several words: see [Document.FindAll]. An envelope is
// searched by it.
func (v *Viewer) FindAll(ctx context.Context, r io.ReaderAt, size int64, keywords []string) (all [][]signer.Place, err error) {
	d, err := v.Open(ctx, r, size, "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	found, err := d.FindAll(ctx, keywords)
	if err != nil {
		return nil, err
	}
	all = make([][]signer.Place, len(found))
	for i := range found {
		for _, m := range found[i] {
			all[i] = append(all[i], signer.Place{Page: m.Page, Box: m.Box})
		}
	}
	return all, nil
}
