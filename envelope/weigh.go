package envelope

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/raster"
	"github.com/dajiaqian/dajiaqian/signer"
)

// Limits of what one consent makes of the documents: all of it is made in a few seconds, and
// held in memory meanwhile (T28). TestHeaviest measures them.
const (
	maxStamps    = 100       // signatures of a party in all files
	maxTyped     = 20_000    // characters (字) that a party types in all boxes
	maxUnpacked  = 64 << 20  // bytes of a PNG once it is unpacked, and of all that a party brings; a JPEG is not unpacked
	maxBrought   = 100 << 20 // bytes of all files that parties bring
	maxAllSigned = 80 << 20  // bytes of all documents with their signatures

	stampSize  = 64 << 10 // bytes that a signature, its timestamp and a drawn seal take at most
	letterSize = 400      // bytes that a letter takes, which is drawn
)

// maxSigned is the size of a document with its signatures, which is read again for each of
// them, in bytes. Only tests change it.
var maxSigned int64 = 32 << 20

// fitFills checks what a signer types and brings, and returns how many bytes it adds to each
// document.
func (s *Service) fitFills(ctx context.Context, a *agreed) ([]int64, error) {
	e := &a.rec.V
	sizes := make([]int64, len(e.Files))
	typed, unpacked, brought := 0, int64(0), int64(0)
	for i := range e.Parties {
		for _, f := range e.Parties[i].brought() {
			brought += f.Attached.Size
		}
	}
	for _, f := range a.consent.Fills {
		letters := utf8.RuneCountInString(f.Text)
		if f.Attached == nil {
			typed += letters
		} else {
			brought += f.Attached.Size
		}
		if !e.Parties[a.party-1].pictured(f.Field) {
			sizes[f.File] += int64(letters) * letterSize
			continue
		}
		raw, err := s.readBlob(ctx, f.Attached.Digest)
		if err != nil {
			return nil, err
		}
		unpacked += unpackedSize(raw)
		sizes[f.File] += int64(len(raw)) * 5 / 4 // it is packed again
	}
	bad := func(reason, zh string) ([]int64, error) { return nil, &FieldError{"boxes", "M68", reason, zh} }
	switch {
	case typed > maxTyped:
		return bad(fmt.Sprintf("more than %d characters in all", maxTyped), fmt.Sprintf("填写内容合计不能超过%d个字", maxTyped))
	case unpacked > maxUnpacked:
		return bad(fmt.Sprintf("PNG pictures of more than %d MiB in all, unpacked", maxUnpacked>>20), "图片合计过大，请缩小图片或使用JPEG格式")
	case brought > maxBrought:
		return bad(fmt.Sprintf("files of more than %d MiB in all", maxBrought>>20), "附件合计过大")
	}
	return sizes, nil
}

// pictured reports whether a box of the party shows the picture that it takes.
func (p *partyRecord) pictured(field string) bool {
	for i := range p.Boxes {
		if p.Boxes[i].Field == field {
			return p.Boxes[i].Kind == PictureBox
		}
	}
	return false
}

// checkUnpacked returns [signer.ErrImageTooLarge] for a PNG that takes too much memory.
func checkUnpacked(raw []byte) error {
	if unpackedSize(raw) > maxUnpacked {
		return fmt.Errorf("%w: a PNG of more than %d MiB, unpacked", signer.ErrImageTooLarge, maxUnpacked>>20)
	}
	return nil
}

// unpackedSize returns how many bytes a picture takes when it is unpacked; 0 for one that is
// not.
func unpackedSize(raw []byte) int64 {
	if !raster.IsPNG(raw) {
		return 0
	}
	c, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return 0 // it is refused where it is read
	}
	pixel := int64(4)
	if c.ColorModel == color.NRGBA64Model || c.ColorModel == color.RGBA64Model {
		pixel = 8
	}
	return int64(c.Width) * int64(c.Height) * pixel
}
