package envelope

import (
	"fmt"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Marks are what the sender has every page of every file show, for everybody. They are laid
// out when the envelope is sent, before anyone signs.
type Marks struct {
	Watermark string         `json:"watermark,omitzero"` // 水印: a line of at most 50 characters along the diagonal; empty for none
	Code      *signer.Corner `json:"code,omitempty"`     // 验真二维码: where a QR code of 18 mm stands, which says Config.VerifyLink; nil for none
}

// maxWatermark is how many characters (字) a watermark has.
const maxWatermark = 50

func (m *Marks) check() error {
	switch {
	case utf8.RuneCountInString(m.Watermark) > maxWatermark || !printable(m.Watermark):
		return &FieldError{"watermark", "M64", fmt.Sprintf("it has at most %d printable characters", maxWatermark), "水印不能超过50个字"}
	case m.Code != nil && (*m.Code < signer.BottomRight || *m.Code > signer.TopRight):
		return &FieldError{"code", "M64", "there is no such corner", "二维码位置无效"}
	}
	return nil
}

// elements returns the marks as what is laid out. link is what the code says.
func (m *Marks) elements(link string) []signer.Element {
	var out []signer.Element
	if m.Watermark != "" {
		out = append(out, signer.Watermark{Text: m.Watermark})
	}
	if m.Code != nil {
		out = append(out, signer.QRCode{Text: link, At: *m.Code})
	}
	return out
}

// clone returns a copy that shares no memory.
func (m Marks) clone() Marks {
	if m.Code != nil {
		at := *m.Code
		m.Code = &at
	}
	return m
}

// verifyLink returns what the QR code of an envelope says.
func (s *Service) verifyLink(id ID) string {
	if s.verifyText == nil {
		return string(id)
	}
	return s.verifyText(id)
}
