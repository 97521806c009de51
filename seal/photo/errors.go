package photo

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Fault says why an uploaded picture of a seal was refused.
type Fault uint8

// The faults. The zero value is none.
const (
	FaultBytes    Fault = iota + 1 // more than MaxBytes
	FaultFormat                    // neither PNG nor JPEG, or a kind of them that is not read
	FaultDamaged                   // broken or cut off
	FaultAnimated                  // an animated PNG
	FaultCMYK                      // a JPEG of four inks, whose colours need a profile
	FaultLarge                     // too many pixels, or too much memory to decode
	FaultSmall                     // the short side is below MinPixelSide
	FaultCrop                      // the crop box is not in the picture, or is too small
	FaultNoInk                     // no ink found
	FaultInk                       // Options.Ink is not a known value
	FaultDark                      // most of it would hide what is under it
)

var faultNames = [...]string{
	FaultBytes:    "the file is too large",
	FaultFormat:   "not a PNG or JPEG picture of a supported kind",
	FaultDamaged:  "the picture is damaged",
	FaultAnimated: "the picture is animated",
	FaultCMYK:     "the picture is in CMYK",
	FaultLarge:    "the picture has too many pixels",
	FaultSmall:    "the picture has too few pixels",
	FaultCrop:     "the crop box does not fit the picture",
	FaultNoInk:    "no seal was found",
	FaultInk:      "unknown kind of ink",
	FaultDark:     "most of the picture is so dark that it would hide the text under it",
}

// String returns the fault in English.
func (f Fault) String() string { return enum.Name("Fault", faultNames[:], f) }

// Error refuses a picture that was uploaded as a seal.
type Error struct {
	Fault         Fault
	Width, Height int // pixels, where they are known
	least         int // pixels of the short side, for PhotoSmall
	err           error
}

// Error names the fault.
func (e *Error) Error() string {
	s := "photo: " + e.Fault.String()
	if e.Width > 0 {
		s += fmt.Sprintf(" (%d × %d)", e.Width, e.Height)
	}
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	return s
}

// Unwrap returns the decoder's error, if there was one.
func (e *Error) Unwrap() error { return e.err }

// Zh returns the message for a Chinese reader.
func (e *Error) Zh() string {
	switch e.Fault {
	case FaultBytes:
		return fmt.Sprintf("印章图片不能超过 %d MB", MaxBytes/1_000_000)
	case FaultFormat:
		return "印章图片应为 PNG 或 JPEG 格式"
	case FaultDamaged:
		return "印章图片已损坏"
	case FaultAnimated:
		return "印章图片不能是动图"
	case FaultCMYK:
		return "印章图片为 CMYK 色彩，请另存为 RGB 后上传"
	case FaultLarge:
		return fmt.Sprintf("印章图片像素过多（最多 %d 万像素）", MaxPixels/10_000)
	case FaultSmall:
		return fmt.Sprintf("印章图片过小，短边不少于 %d 像素", e.least)
	case FaultCrop:
		return "裁剪框超出图片范围或过小"
	case FaultInk:
		return "印章颜色类型无效"
	case FaultDark:
		return "图片颜色过深，会遮挡文件内容，请更换图片"
	default:
		return "未在图片中找到印章"
	}
}
