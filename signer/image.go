package signer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// ImageOptions says how a picture becomes a page. The zero value is useful.
type ImageOptions struct {
	// TrueSize makes the page as large as the picture, at the density that the file
	// states (pHYs, JFIF, EXIF), or 96 pixels per inch if it states none. The default
	// is an A4 page, in portrait or landscape as the picture is, with the picture in
	// the middle, at its true size or scaled down to the margins.
	TrueSize bool
	// Margin in millimetres of the A4 page; 0 means 10, negative means none.
	Margin float64
	// Opaque lays a picture with alpha on white, for PDF/A-1, which has no
	// transparency.
	Opaque    bool
	MaxBytes  int64 // of the file; 0 means 10 MiB
	MaxPixels int64 // width times height; 0 means 40 million
}

// Sizes of a page in millimetres.
const (
	a4Short, a4Long = 210.0, 297.0
	maxPageSide     = 14400 / pointsPerMM // ISO 32000-1, annex C.2
	minPageSide     = 3 / pointsPerMM
)

// ImageToPDF writes a PDF of one page that shows a picture: a PNG or JPEG, recognised
// by its content. Equal pictures make equal files.
//
// A JPEG (baseline or progressive; gray, RGB or CMYK) is kept without being decoded,
// but without everything that its pixels do not need: no place, camera, thumbnail or
// comment of the picture comes into the PDF. EXIF orientation is followed. A PNG of any
// kind is kept without loss at 8 bits per sample, with its alpha as a soft mask.
//
// It returns [ErrImageFormat], [ErrImageDamaged] or [ErrImageTooLarge] if the picture
// is refused, and the errors of r and w. It checks sizes before it decodes pixels;
// decoding a PNG takes up to twelve bytes per pixel.
func ImageToPDF(ctx context.Context, w io.Writer, r io.Reader, o ImageOptions) error {
	if o.MaxBytes == 0 {
		o.MaxBytes = maxImageBytes
	}
	if o.MaxPixels == 0 {
		o.MaxPixels = maxImagePixels
	}
	if o.MaxBytes < 0 || o.MaxPixels < 0 {
		return errors.New("signer: ImageOptions has a negative limit")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(r, o.MaxBytes+1))
	if err != nil {
		return fmt.Errorf("signer: reading the picture: %w", err)
	}
	im, err := readImageWithin(data, o.MaxBytes, o.MaxPixels)
	if err != nil {
		return err
	}
	if o.Opaque {
		im = im.flattened()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	page, box, err := o.place(im)
	if err != nil {
		return err
	}
	return im.document(page, box).Write(w, pdf.Ref{Num: 1})
}

// place returns the size of the page and the picture's box on it, in millimetres.
func (o ImageOptions) place(im *rasterImage) (page, box Box, err error) {
	w, h := im.size()
	dx, dy := im.density()
	box.W, box.H = float64(w)/dx*25.4, float64(h)/dy*25.4
	if o.TrueSize {
		if long := max(box.W, box.H); long > maxPageSide {
			return page, box, fmt.Errorf("%w: a page of %.0f mm", ErrImageTooLarge, long)
		}
		return Box{W: max(box.W, minPageSide), H: max(box.H, minPageSide)}, box, nil
	}
	page = Box{W: a4Short, H: a4Long}
	if box.W > box.H {
		page.W, page.H = page.H, page.W
	}
	margin := max(o.Margin, 0)
	if o.Margin == 0 {
		margin = 10
	}
	if margin > a4Short/2-5 {
		return page, box, fmt.Errorf("signer: ImageOptions.Margin of %v mm leaves no room", o.Margin)
	}
	scale := min(1, (page.W-2*margin)/box.W, (page.H-2*margin)/box.H)
	box.W, box.H = box.W*scale, box.H*scale
	box.X, box.Y = (page.W-box.W)/2, (page.H-box.H)/2
	return page, box, nil
}

// document makes the objects of a document with one page; the catalog is the
// first.
func (im *rasterImage) document(page, box Box) *pdf.Builder {
	const mm = pointsPerMM
	b := &pdf.Builder{}
	root, tree, leaf := b.Alloc(), b.Alloc(), b.Alloc()
	content := im.paint("Im", box.X*mm, (page.H-box.Y-box.H)*mm, box.W*mm, box.H*mm)
	b.Set(root, pdf.NewDict(pdf.Name("Type"), pdf.Name("Catalog"), pdf.Name("Pages"), tree))
	b.Set(tree, pdf.NewDict(pdf.Name("Type"), pdf.Name("Pages"), pdf.Name("Count"), pdf.Integer(1), pdf.Name("Kids"), pdf.Array{leaf}))
	text := b.Add(&pdf.Stream{Dict: pdf.NewDict(), Data: content})
	b.Set(leaf, pdf.NewDict(pdf.Name("Type"), pdf.Name("Page"), pdf.Name("Parent"), tree,
		pdf.Name("MediaBox"), pdf.Rect{X1: page.W * mm, Y1: page.H * mm}.Array(), pdf.Name("Contents"), text,
		pdf.Name("Resources"), pdf.NewDict(pdf.Name("XObject"), pdf.NewDict(pdf.Name("Im"), im.xobject(b.Add, im.space())))))
	return b
}
