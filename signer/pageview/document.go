package pageview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"strings"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerr "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Document is an open PDF. It is safe for concurrent use; calls on one document
// queue. Pages count from 1.
type Document struct {
	v        *Viewer
	r        io.ReaderAt
	size     int64
	password string
	pages    int

	sizes [][2]float64 // of the pages as signer reads them; nil if it cannot read them

	busy   chan struct{} // held while the fields below are used
	mended bool          // r has the maps that a search needs
	closed bool
	inst   pdfium.Pdfium // nil after it was destroyed; the next call replaces it
	ref    references.FPDF_DOCUMENT
	src    *source
}

// Open opens a PDF of size bytes, at most 256 MiB, with its password if it is
// encrypted. The reader must stay open and unchanged until Close; it is read when
// needed, by one goroutine at a time. A read that hangs is not interrupted. If
// Config.Documents are open, Open waits until one is closed, as long as ctx and
// Config.Timeout allow.
func (v *Viewer) Open(ctx context.Context, r io.ReaderAt, size int64, password string) (*Document, error) {
	switch {
	case size <= 0:
		return nil, &InputError{errors.New("an empty file")}
	case size > maxInput:
		return nil, &LimitError{"bytes", maxInput}
	}
	ctx, cancel := context.WithTimeout(ctx, v.cfg.Timeout)
	defer cancel()
	select {
	case v.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, stopped(ctx)
	case <-v.done:
		return nil, ErrClosed
	}
	d := &Document{v: v, r: r, size: size, password: password, busy: make(chan struct{}, 1)}
	v.mu.Lock()
	open := v.docs != nil
	if open {
		v.docs[d] = struct{}{}
	}
	v.mu.Unlock()
	if !open {
		<-v.slots
		return nil, ErrClosed
	}
	err := d.run(ctx, func() error {
		n, err := d.inst.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
		if err != nil {
			return err
		}
		if d.pages = n.PageCount; d.pages > v.cfg.MaxPages {
			return &LimitError{"pages", int64(v.cfg.MaxPages)}
		}
		if d.pages < 1 {
			return &InputError{errors.New("a document without pages")}
		}
		return nil
	})
	if err == nil {
		d.sizes = sizes(r, size)
	}
	if err != nil {
		d.shut()
		return nil, err
	}
	return d, nil
}

// sizes reads the sizes of pages with signer's parser, which knows UserUnit. A file
// that it cannot read, such as an encrypted one, cannot be signed either; PDFium then
// measures its pages.
func sizes(r io.ReaderAt, size int64) [][2]float64 {
	doc, err := signer.Open(r, size)
	if err != nil {
		return nil
	}
	out, err := doc.PageSizes()
	if err != nil {
		return nil
	}
	return out
}

// Pages returns the number of pages.
func (d *Document) Pages() int { return d.pages }

// Close frees the document; a running call ends first. Closing again does nothing.
func (d *Document) Close() error {
	d.shut()
	return nil
}

func (d *Document) shut() {
	d.busy <- struct{}{}
	defer func() { <-d.busy }()
	if d.closed {
		return
	}
	d.closed = true
	if d.inst != nil && d.inst.Close() != nil {
		d.drop()
	}
	d.inst, d.src = nil, nil
	d.v.mu.Lock()
	delete(d.v.docs, d)
	d.v.mu.Unlock()
	<-d.v.slots
}

// stopped wraps the reason why a context ended.
func stopped(ctx context.Context) error { return fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx)) }

// run calls f, which has the instance to itself. When the time is up, the instance is
// destroyed under f. It is also destroyed after a fault inside PDFium, because its
// memory can no longer be trusted.
func (d *Document) run(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, d.v.cfg.Timeout)
	defer cancel()
	select {
	case d.busy <- struct{}{}:
	case <-ctx.Done():
		return stopped(ctx)
	}
	defer func() { <-d.busy }()
	if d.closed {
		return ErrClosed
	}
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	fresh := d.inst == nil
	if fresh {
		inst, err := d.v.pool.GetInstanceWithContext(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSandbox, err)
		}
		d.inst, d.src = inst, &source{r: io.NewSectionReader(d.r, 0, d.size)}
	}
	inst, killed := d.inst, make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		_ = inst.Kill() // its only error says that it is already dead
	})
	var err error
	if fresh {
		err = d.load()
	}
	loaded := err == nil
	if loaded {
		err = f()
	}
	if !stop() {
		<-killed
		d.forget()
		return stopped(ctx)
	}
	if err = d.judge(err); !loaded && d.inst != nil {
		d.drop()
	}
	return err
}

// judge keeps the errors of this package. It treats any other as a fault inside the
// sandbox, after which the instance is destroyed.
func (d *Document) judge(err error) error {
	var input *InputError
	var limit *LimitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &input), errors.As(err, &limit), errors.Is(err, ErrNoPage), errors.Is(err, ErrPassword):
		return err
	case d.src != nil && d.src.err != nil:
		err = fmt.Errorf("pageview: the reader: %w", d.src.err)
	default:
		first, _, _ := strings.Cut(err.Error(), "\n") // the rest is a stack trace of PDFium
		err = fmt.Errorf("%w: %s", ErrSandbox, first)
	}
	d.drop()
	return err
}

func (d *Document) drop() {
	_ = d.inst.Kill() // its only error says that it is already dead
	d.forget()
}

func (d *Document) forget() {
	d.src.r = nil // the library keeps a killed instance's reader for ever
	d.inst, d.src = nil, nil
}

func (d *Document) load() error {
	req := &requests.OpenDocument{FileReader: d.src, FileReaderSize: d.size}
	if d.password != "" {
		req.Password = &d.password
	}
	res, err := d.inst.OpenDocument(req)
	switch {
	case err == nil:
		d.ref = res.Document
		return nil
	case d.src.err != nil:
		return err
	case errors.Is(err, pdfiumerr.ErrPassword):
		return ErrPassword
	case errors.Is(err, pdfiumerr.ErrSecurity):
		return &InputError{errors.New("an encryption that is not supported")}
	case errors.Is(err, pdfiumerr.ErrFormat), errors.Is(err, pdfiumerr.ErrFile), errors.Is(err, pdfiumerr.ErrUnknown),
		errors.Is(err, pdfiumerr.ErrSuccess), errors.Is(err, pdfiumerr.ErrPage):
		return &InputError{errors.New("not a PDF, or damaged beyond repair")}
	}
	return err
}

// mend makes PDFium open the file again with clean maps, if it has damaged ones.
func (d *Document) mend(ctx context.Context) error {
	if d.mended {
		return nil
	}
	more := mend(ctx, d.r, d.size, d.password)
	if d.mended = ctx.Err() == nil; !d.mended || more == nil {
		return ctx.Err()
	}
	d.r, d.size = &longer{d.r, d.size, more}, d.size+int64(len(more))
	d.drop()
	return nil
}

// longer is a file with more behind it.
type longer struct {
	r    io.ReaderAt
	size int64
	more []byte
}

func (l *longer) ReadAt(b []byte, off int64) (n int, err error) {
	if off < l.size {
		n, err = l.r.ReadAt(b[:min(int64(len(b)), l.size-off)], off)
		if err != nil && !errors.Is(err, io.EOF) || n == len(b) {
			return n, err
		}
	}
	if at := off + int64(n) - l.size; at >= 0 && at < int64(len(l.more)) {
		n += copy(b[n:], l.more[at:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// source is the file that PDFium reads. It remembers the reader's first error, which
// PDFium does not pass on.
type source struct {
	r   *io.SectionReader
	err error
}

func (s *source) Seek(off int64, whence int) (int64, error) { return s.r.Seek(off, whence) }

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) && s.err == nil {
		s.err = err
	}
	return n, err
}

// Page draws page n as it is displayed, with its annotations and the seals of
// its signature fields, on white. dpi is from 10 to 1,200; the picture has at
// most Config.MaxPixels.
func (d *Document) Page(ctx context.Context, n, dpi int) (*image.RGBA, error) {
	if dpi < minDPI || dpi > maxDPI {
		return nil, &LimitError{"dpi", maxDPI}
	}
	var out *image.RGBA
	err := d.run(ctx, func() error {
		g, err := d.geometry(n)
		if err != nil {
			return err
		}
		w, h := math.Ceil(g.width*float64(dpi)/25.4), math.Ceil(g.height*float64(dpi)/25.4)
		if w*h > float64(d.v.cfg.MaxPixels) {
			return &LimitError{"pixels", d.v.cfg.MaxPixels}
		}
		out, err = d.draw(n, int(max(w, 1)), int(max(h, 1)))
		return err
	})
	return out, err
}

// draw paints a page and its form fields. For forms it uses the library's own call: a
// form environment of our own would leave memory behind when an instance is killed.
func (d *Document) draw(n, w, h int) (*image.RGBA, error) {
	res, err := d.inst.RenderPageInPixels(&requests.RenderPageInPixels{
		Page: d.page(n), Width: w, Height: h, RenderForm: true, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT})
	if err != nil {
		return nil, err
	}
	defer res.Cleanup()
	im, ok := res.Result.RenderedImage.(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("a picture of type %T", res.Result.RenderedImage)
	}
	return opaque(im), nil
}

// opaque copies a picture out of the sandbox's memory and lays it on white. The page is
// a group that is painted on the paper as a whole (ISO 32000-2, 11.4.7); PDFium's
// pixels are not premultiplied.
func opaque(im *image.RGBA) *image.RGBA {
	out := image.NewRGBA(im.Rect)
	copy(out.Pix, im.Pix)
	for i := 0; i+3 < len(out.Pix); i += 4 {
		px := out.Pix[i : i+4 : i+4]
		if a := uint32(px[3]); a != 255 {
			for c := range 3 {
				px[c] = byte((uint32(px[c])*a + 255*(255-a) + 127) / 255)
			}
			px[3] = 255
		}
	}
	return out
}

// PNG writes page n to w as a PNG, drawn as by [Document.Page].
func (d *Document) PNG(ctx context.Context, w io.Writer, n, dpi int) error {
	im, err := d.Page(ctx, n, dpi)
	if err != nil {
		return err
	}
	return png.Encode(w, im)
}

// Size returns the width and height of page n in millimetres as it is displayed.
func (d *Document) Size(ctx context.Context, n int) (width, height float64, err error) {
	err = d.run(ctx, func() error {
		g, err := d.geometry(n)
		width, height = g.width, g.height
		return err
	})
	return width, height, err
}

func (d *Document) page(n int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: n - 1}}
}

// geometry is a page's visible box in points of user space, its turn, and its
// size in millimetres as it is displayed.
type geometry struct {
	left, bottom, right, top float64
	turns                    int     // quarter turns clockwise
	unit                     float64 // points in one unit of user space
	width, height            float64
}

const pointsPerMM = 72 / 25.4

func (d *Document) geometry(n int) (geometry, error) {
	if n < 1 || n > d.pages {
		return geometry{}, fmt.Errorf("%w: %d of %d", ErrNoPage, n, d.pages)
	}
	box, err := d.inst.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: d.page(n)})
	if errors.Is(err, pdfiumerr.ErrPage) {
		return geometry{}, &InputError{fmt.Errorf("page %d cannot be read", n)}
	}
	if err != nil {
		return geometry{}, err
	}
	rot, err := d.inst.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: d.page(n)})
	if err != nil {
		return geometry{}, err
	}
	r := box.Rect
	g := geometry{left: float64(r.Left), bottom: float64(r.Bottom), right: float64(r.Right), top: float64(r.Top),
		turns: int(rot.PageRotation) & 3}
	g.width, g.height, g.unit = (g.right-g.left)/pointsPerMM, (g.top-g.bottom)/pointsPerMM, 1
	if g.turns%2 != 0 {
		g.width, g.height = g.height, g.width
	}
	if n <= len(d.sizes) && g.width > 0 && g.height > 0 {
		// PDFium does not know UserUnit (ISO 32000-2, table 31). If the sizes differ in
		// another way, the file is broken and the two read it differently; PDFium's
		// size is then used.
		x, y := d.sizes[n-1][0]/g.width, d.sizes[n-1][1]/g.height
		if math.Abs(x-y) <= 1e-3*x {
			g.unit = x
			g.width, g.height = g.width*x, g.height*x
		}
	}
	return g, nil
}

// display maps a rectangle of user space to the displayed page.
func (g geometry) display(l, b, r, t float64) signer.Box {
	var x, y float64
	w, h := r-l, t-b
	switch g.turns {
	case 0:
		x, y = l-g.left, g.top-t
	case 1:
		x, y, w, h = b-g.bottom, l-g.left, h, w
	case 2:
		x, y = g.right-r, b-g.bottom
	case 3:
		x, y, w, h = g.top-t, g.right-r, h, w
	}
	k := g.unit / pointsPerMM
	return signer.Box{X: x * k, Y: y * k, W: w * k, H: h * k}
}
