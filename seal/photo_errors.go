package seal

import "fmt"

// A PhotoFault says why an uploaded picture of a seal was refused.
type PhotoFault uint8

// The faults. The zero value is none.
const (
	PhotoBytes      PhotoFault = iota + 1 // more than MaxPhotoBytes
	PhotoFormat                           // neither PNG nor JPEG, or a kind of them that is not read
	PhotoDamaged                          // broken or cut off
	PhotoAnimated                         // an animated PNG
	PhotoCMYK                             // a JPEG of four inks, whose colours need a profile
	PhotoLarge                            // too many pixels, or too much memory to decode
	PhotoSmall                            // the short side is below MinPhotoSide
	PhotoCrop                             // the crop box is not in the picture, or too small
	PhotoNoInk                            // no ink found
	PhotoInkUnknown                       // PhotoOptions.Ink is none of its values
)

// String returns the fault in English.
func (f PhotoFault) String() string {
	switch f {
	case PhotoBytes:
		return "the file is too large"
	case PhotoFormat:
		return "not a PNG or JPEG picture of a supported kind"
	case PhotoDamaged:
		return "the picture is damaged"
	case PhotoAnimated:
		return "the picture is animated"
	case PhotoCMYK:
		return "the picture is in CMYK"
	case PhotoLarge:
		return "the picture has too many pixels"
	case PhotoSmall:
		return "the picture has too few pixels"
	case PhotoCrop:
		return "the crop box does not fit the picture"
	case PhotoNoInk:
		return "no seal was found"
	case PhotoInkUnknown:
		return "unknown kind of ink"
	default:
		return fmt.Sprintf("PhotoFault(%d)", uint8(f))
	}
}

// A PhotoError refuses a picture that was uploaded as a seal.
type PhotoError struct {
	Fault         PhotoFault
	Width, Height int // pixels, where they are known
	least         int // pixels of the short side, for PhotoSmall
	err           error
}

func (e *PhotoError) Error() string {
	s := "seal: " + e.Fault.String()
	if e.Width > 0 {
		s += fmt.Sprintf(" (%d × %d)", e.Width, e.Height)
	}
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	return s
}

// Unwrap returns the decoder's error, if there was one.
func (e *PhotoError) Unwrap() error { return e.err }

// Zh returns the message for a Chinese reader.
func (e *PhotoError) Zh() string {
	switch e.Fault {
	case PhotoBytes:
		return fmt.Sprintf("印章图片不能超过 %d MB", MaxPhotoBytes/1_000_000)
	case PhotoFormat:
		return "印章图片应为 PNG 或 JPEG 格式"
	case PhotoDamaged:
		return "印章图片已损坏"
	case PhotoAnimated:
		return "印章图片不能是动图"
	case PhotoCMYK:
		return "印章图片为 CMYK 色彩，请另存为 RGB 后上传"
	case PhotoLarge:
		return fmt.Sprintf("印章图片像素过多（最多 %d 万像素）", MaxPhotoPixels/10_000)
	case PhotoSmall:
		return fmt.Sprintf("印章图片过小，短边不少于 %d 像素", e.least)
	case PhotoCrop:
		return "裁剪框超出图片范围或过小"
	case PhotoInkUnknown:
		return "印章颜色类型无效"
	default:
		return "未在图片中找到印章"
	}
}
