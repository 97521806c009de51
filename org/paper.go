package org

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // a paper is a JPEG
	_ "image/png"  // or a PNG
	"io"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/store"
)

// Paper is one of the pictures that a manual review needs (M22 to M25). The zero value
// is invalid.
type Paper int

// The papers.
const (
	PaperLicence      Paper = iota + 1 // 营业执照
	PaperLegalFront                    // 法定代表人身份证正面
	PaperLegalBack                     // 法定代表人身份证背面
	PaperHolding                       // 经办人手持身份证
	PaperHandlerFront                  // 经办人身份证正面
	PaperHandlerBack                   // 经办人身份证背面
	PaperAuthority                     // 认证授权书, stamped with the 公章
)

var paperNames = [...][2]string{
	PaperLicence:      {"licence", "营业执照"},
	PaperLegalFront:   {"legal representative, front", "法定代表人身份证正面"},
	PaperLegalBack:    {"legal representative, back", "法定代表人身份证背面"},
	PaperHolding:      {"handler holding their card", "经办人手持身份证"},
	PaperHandlerFront: {"handler, front", "经办人身份证正面"},
	PaperHandlerBack:  {"handler, back", "经办人身份证背面"},
	PaperAuthority:    {"letter of authority", "认证授权书"},
}

// String returns the paper in English.
func (p Paper) String() string { return enum.English("Paper", paperNames[:], p) }

// Zh returns the platform's word; empty for no paper.
func (p Paper) Zh() string { return enum.Zh("", paperNames[:], p) }

// Papers returns every paper, in the order of the page.
func Papers() []Paper {
	return []Paper{PaperLicence, PaperLegalFront, PaperLegalBack, PaperHolding, PaperHandlerFront, PaperHandlerBack, PaperAuthority}
}

const (
	// MaxPaperName is the longest file name with its ending, in characters (M23).
	MaxPaperName = 100

	// maxPaperMemory is the most memory, in bytes, that decoding one picture may take.
	maxPaperMemory = 512 << 20
)

// MaxBytes is the largest file of a paper: 5 MiB for the licence and the letter of
// authority (M22, M25), 10 MiB for the pictures of identity cards (M23); 0 for no
// paper. The manual writes 5M and 10M.
func (p Paper) MaxBytes() int64 {
	switch p {
	case PaperLicence, PaperAuthority:
		return 5 << 20
	case PaperLegalFront, PaperLegalBack, PaperHolding, PaperHandlerFront, PaperHandlerBack:
		return 10 << 20
	}
	return 0
}

// PaperFault is why a file was refused. The zero value is invalid.
type PaperFault int

// The faults.
const (
	PaperUnknown    PaperFault = iota + 1 // not one of the papers
	PaperName                             // the file's name is empty, too long, or has control characters
	PaperTooLarge                         // more bytes than MaxBytes
	PaperFormat                           // the content is neither PNG nor JPEG, whatever the name says
	PaperDamaged                          // the picture does not decode to its end
	PaperDimensions                       // more pixels than can be decoded in 512 MiB
)

var paperFaultNames = [...][2]string{
	PaperUnknown:    {"no such paper", "材料类型有误"},
	PaperName:       {"file name empty, too long or with control characters", "文件名（包含后缀名）的最大长度为100字符"},
	PaperTooLarge:   {"file too large", "文件大小超过限制"},
	PaperFormat:     {"neither PNG nor JPEG", "仅支持上传JPG、JPEG、PNG格式的图片"},
	PaperDamaged:    {"picture is damaged", "图片已损坏，请重新上传"},
	PaperDimensions: {"too many pixels", "图片尺寸过大"},
}

// String returns the fault in English.
func (f PaperFault) String() string { return enum.English("PaperFault", paperFaultNames[:], f) }

// Zh returns the sentence to show.
func (f PaperFault) Zh() string {
	return enum.Zh("图片已损坏，请重新上传", paperFaultNames[:], f)
}

// PaperError says why a file was refused. It quotes neither name nor content.
type PaperError struct {
	Paper Paper
	Fault PaperFault
}

// Error names the paper by its number and the fault.
func (e *PaperError) Error() string {
	return fmt.Sprintf("org: paper %d: %v", int(e.Paper), e.Fault)
}

// Zh returns the sentence to show beside the paper.
func (e *PaperError) Zh() string {
	if z := e.Paper.Zh(); z != "" {
		return z + "：" + e.Fault.Zh()
	}
	return e.Fault.Zh()
}

// paper is the stored record of one picture; the picture is in the blobs, encrypted.
type paper struct {
	Review string    `json:"review"`
	Kind   Paper     `json:"kind"`
	Digest string    `json:"digest"` // SHA-256 of the picture as it was uploaded, in hexadecimal
	Blob   string    `json:"blob"`   // digest of its ciphertext; empty once the picture was purged
	Key    string    `json:"key"`    // id of the data key
	Bytes  int64     `json:"bytes"`  // of the picture
	Type   string    `json:"type"`   // image/png or image/jpeg
	At     time.Time `json:"at"`
}

func paperID(review string, p Paper) string { return fmt.Sprintf("%s/%d", review, p) }

var papers = store.NewTable("org_paper", func(p *paper) string { return paperID(p.Review, p.Kind) },
	store.Text("review", func(p *paper) string { return p.Review }),
	store.Text("blob", func(p *paper) string { return p.Blob })).
	Index("by_review", "review").
	Index("by_blob", "blob")

// checkName checks the rule of M23 on file names: 1 to MaxPaperName characters,
// including the ending. Pure.
func checkName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n > 0 && n <= MaxPaperName && plain.Printable(name, "　")
}

// readPaper reads a picture, at most one byte more than it may have.
func readPaper(p Paper, name string, r io.Reader) ([]byte, error) {
	if p.MaxBytes() == 0 {
		return nil, &PaperError{p, PaperUnknown}
	}
	if !checkName(name) {
		return nil, &PaperError{p, PaperName}
	}
	b, err := io.ReadAll(io.LimitReader(r, p.MaxBytes()+1))
	if err != nil {
		return nil, fmt.Errorf("org: reading a paper: %w", err)
	}
	if int64(len(b)) > p.MaxBytes() {
		return nil, &PaperError{p, PaperTooLarge}
	}
	return b, nil
}

// checkPicture decodes a picture from its first to its last row and returns its type:
// the content decides, not the name (M22, M23, M25). It decodes one at a time, within
// maxPaperMemory; the others wait, at most until ctx is done.
func (s *Service) checkPicture(ctx context.Context, p Paper, b []byte) (mime string, err error) {
	select {
	case s.decoding <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-s.decoding }()
	cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
	switch {
	case errors.Is(err, image.ErrFormat) || err == nil && format != "png" && format != "jpeg":
		return "", &PaperError{p, PaperFormat} // a host may have registered other formats
	case err != nil:
		return "", &PaperError{p, PaperDamaged}
	case int64(cfg.Width)*int64(cfg.Height) > maxPaperMemory/pixelBytes(cfg.ColorModel):
		return "", &PaperError{p, PaperDimensions}
	}
	if _, _, err := image.Decode(bytes.NewReader(b)); err != nil {
		return "", &PaperError{p, PaperDamaged}
	}
	return "image/" + format, nil
}

// pixelBytes returns how many bytes a decoder may need for one pixel: a progressive
// JPEG keeps three coefficients of four bytes beside the picture.
func pixelBytes(m color.Model) int64 {
	switch m {
	case color.YCbCrModel, color.CMYKModel, color.GrayModel:
		return 16
	}
	return 8
}
