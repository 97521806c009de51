package signer

import (
	"context"
	"errors"
	"hash"
	"io"
	"sync"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// growing is a document with revisions that are not written yet. Memory holds only the
// revisions; the input is read in place, and hashed once.
type growing struct {
	doc    *Document
	base   *pdf.File // doc's
	tail   []byte
	states map[cms.Hash]hash.Hash // over the input
}

func newGrowing(d *Document) *growing { return &growing{doc: d, base: d.f} }

// Size returns the length with the new revisions, in bytes.
func (g *growing) Size() int64 { return g.base.Size() + int64(len(g.tail)) }

// ReadAt reads across the input and the new revisions.
func (g *growing) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	if size := g.base.Size(); off < size {
		part := b[:min(int64(len(b)), size-off)]
		m, err := g.base.ReaderAt().ReadAt(part, off)
		if m < len(part) {
			return m, err
		}
		n, off = m, size
	}
	at := off - g.base.Size()
	if n == len(b) {
		return n, nil
	}
	if at > int64(len(g.tail)) {
		return n, io.EOF
	}
	m := copy(b[n:], g.tail[at:])
	if n += m; n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// read hashes the whole input, writing it to w, which may be nil, and finds out which
// numbers it refers to.
func (g *growing) read(ctx context.Context, w io.Writer, hashes ...cms.Hash) error {
	g.states = map[cms.Hash]hash.Hash{}
	var all []io.Writer
	if w != nil {
		all = append(all, w)
	}
	for _, h := range hashes {
		if g.states[h] == nil {
			g.states[h] = h.New()
			all = append(all, g.states[h])
		}
	}
	scanned := g.doc.startAwaited(ctx)
	return errors.Join(copyTo(ctx, io.MultiWriter(all...), g.base), scanned())
}

// digest returns the hash over input and tail, leaving out the bytes of the tail
// between two places.
func (g *growing) digest(h cms.Hash, tail []byte, from, to int) ([]byte, error) {
	state, err := h.Clone(g.states[h])
	if err != nil {
		return nil, err
	}
	state.Write(tail[:from])
	state.Write(tail[to:])
	return state.Sum(nil), nil
}

// open reads the document as it is with the new revisions.
func (g *growing) open() (*Document, error) {
	if len(g.tail) == 0 {
		return g.doc, nil
	}
	f, err := pdf.OpenPassword(g, g.Size(), pdf.DefaultLimits(), []byte(g.doc.password))
	if err == nil {
		err = f.Locked()
	}
	if err != nil {
		return nil, &InputError{err}
	}
	return &Document{f: f, password: g.doc.password, awaited: g.doc.awaited, scanned: g.doc.scanned}, nil
}

const piece = 256 << 10 // bytes that are copied at a time

var pieces = sync.Pool{New: func() any { return new([piece]byte) }}

// copyTo copies the whole input, and checks ctx every 256 KiB.
func copyTo(ctx context.Context, w io.Writer, f *pdf.File) error {
	r := io.NewSectionReader(f.ReaderAt(), 0, f.Size())
	buf := pieces.Get().(*[piece]byte)[:]
	defer pieces.Put((*[piece]byte)(buf))
	var copied int64
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buf)
		if _, werr := w.Write(buf[:n]); werr != nil {
			return werr
		}
		copied += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if copied != f.Size() {
		return &InputError{io.ErrUnexpectedEOF}
	}
	return nil
}
