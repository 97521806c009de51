package seal

import (
	"fmt"
	"image/color"
	"math"
)

// Limits of what Draw accepts. Sides are in millimetres.
const (
	MinSide    = 5.0   // shortest side of a seal
	MaxSide    = 100.0 // longest side of a seal
	MaxName    = 60    // characters of Spec.Name
	MaxText    = 20    // characters of Spec.Text
	MinRing    = 13    // digits of Spec.RingCode
	MaxRing    = 20    // digits of Spec.RingCode
	MaxSerial  = 99    // Spec.Serial
	MinOpacity = 0.2   // alpha of Spec.Color, of 1: no seal is invisible
)

// None as the value of a Measure leaves the part out: no border, no star.
const None = -1.0

// Spec is everything that decides how a seal looks. Style and Name are required; fields
// that are zero take the regulated default of the Style.
type Spec struct {
	Style Style
	Name  string // company or person, 1 to MaxName characters

	// Text is the horizontal line below the centre: the department of a 部门章, the
	// purpose of a 专用章 or 发票专用章. It has up to [MaxText] characters; more than nine on a
	// 团章 take two lines. On a 法人章 it follows the name (印, 之印). If it is empty, the
	// style decides: 财务专用章, 发票专用章 and so on; 工会委员会 on a 工会章 whose name lacks 工会; 共青团委员会
	// on a 团章 whose name does not say that it is a body of the 团.
	Text string

	// Code is the 统一社会信用代码 (GB 32100-2015) along the lower rim. On a 发票专用章 it is the
	// tax number and stands in the middle. Empty means 信息编码 否 in the manual.
	Code string

	// RingCode is a free code of [MinRing] to [MaxRing] digits in the same place, such
	// as the 13 digits of a police register. It cannot be set together with Code.
	RingCode string

	// Serial distinguishes several seals of one company, 1 to [MaxSerial]: (1) at the
	// foot of a 发票专用章, the only style that has one. Zero is none.
	Serial int

	Width, Height float64     // mm; a Height of zero follows from the Width
	Color         color.Color // the ink, with its alpha as the opacity; nil is seal red, for a 个人签名章 black
	Font          *Font       // the face of Name and Text; nil is the embedded Song face
	Measure       Measure     // finer adjustments
}

// Measure overrides the numbers of a layout, in millimetres except NameSweep. Zero is
// the default of the style at its size. A number is ignored if the style does not have
// that part.
type Measure struct {
	Border     float64 `json:"border"`      // width of the rim; may be None
	Star       float64 `json:"star"`        // diameter of the circle round the points of the star; may be None
	NameHeight float64 `json:"name_height"` // height of an ideograph of the name before it has to shrink
	NameGap    float64 `json:"name_gap"`    // from the inside of the rim to the name
	NameSweep  float64 `json:"name_sweep"`  // degrees of the ring that the name may take at most; of the parameter on an oval
	CodeHeight float64 `json:"code_height"` // height of a digit of the code
	CodeGap    float64 `json:"code_gap"`    // from the inside of the rim to the code
	TextHeight float64 `json:"text_height"` // height of an ideograph of Text
	TextDrop   float64 `json:"text_drop"`   // from the centre of the seal down to the middle of Text

	LineWidth float64 `json:"line_width"` // 工会章: width of the fine line inside the rim; may be None
	LineGap   float64 `json:"line_gap"`   // 工会章: from the inside of the rim to the fine line

	RuleLength float64 `json:"rule_length"` // 团章: length of each rule beside the star; may be None
	RuleWidth  float64 `json:"rule_width"`  // 团章: how thick the rules are

	TextWidth    float64 `json:"text_width"`    // 发票专用章: width of an ideograph of Text
	NumberHeight float64 `json:"number_height"` // 发票专用章: height of a digit of the tax number
	NumberWidth  float64 `json:"number_width"`  // 发票专用章: width of a digit of the tax number
	NumberSpan   float64 `json:"number_span"`   // 发票专用章: width of the whole tax number
	SerialHeight float64 `json:"serial_height"` // 发票专用章: height of a digit of Serial
	SerialWidth  float64 `json:"serial_width"`  // 发票专用章: width of a digit of Serial
	SerialDrop   float64 `json:"serial_drop"`   // 发票专用章: from the centre of the seal down to the head of Serial
}

// The names of inks that ParseColor knows.
const (
	inkRed   = "red"
	inkBlue  = "blue"
	inkBlack = "black"
)

// ParseColor returns the ink that text names: red, blue, black or #rrggbb, or #rrggbbaa
// with aa as the opacity. It returns a [*ColorError] for any other text.
func ParseColor(text string) (color.NRGBA, error) {
	switch text {
	case inkRed:
		return color.NRGBA{0xD7, 0x14, 0x1A, 0xFF}, nil
	case inkBlue:
		return color.NRGBA{0x1B, 0x3F, 0xA0, 0xFF}, nil
	case inkBlack:
		return color.NRGBA{0x11, 0x11, 0x11, 0xFF}, nil
	}
	c := color.NRGBA{A: 0xFF}
	parts := []*uint8{&c.R, &c.G, &c.B, &c.A}
	if len(text) != 7 && len(text) != 9 || text[0] != '#' {
		return color.NRGBA{}, &ColorError{text}
	}
	for i, part := range parts[:len(text)/2] {
		hi, lo := hexDigit(text[1+2*i]), hexDigit(text[2+2*i])
		if hi < 0 || lo < 0 {
			return color.NRGBA{}, &ColorError{text}
		}
		*part = uint8(hi<<4 | lo)
	}
	return c, nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// ink resolves the colour of spec.
func (spec *Spec) ink() (color.NRGBA, error) {
	if spec.Color == nil {
		if spec.Style == StyleSignature {
			return ParseColor(inkBlack)
		}
		return ParseColor(inkRed)
	}
	return Ink(spec.Color)
}

// Ink returns a colour as the ink of a seal. It returns a [*ColorError] if the opacity
// is below [MinOpacity].
func Ink(of color.Color) (color.NRGBA, error) {
	c := color.NRGBAModel.Convert(of).(color.NRGBA)
	if float64(c.A) < MinOpacity*0xFF {
		return color.NRGBA{}, &ColorError{fmt.Sprintf("#%02x%02x%02x of opacity %.2f", c.R, c.G, c.B, float64(c.A)/0xFF)}
	}
	return c, nil
}

// side checks one side of the seal; zero becomes the default.
func side(field string, value, standard float64) (float64, error) {
	if value == 0 {
		return standard, nil
	}
	if !(value >= MinSide && value <= MaxSide) { // catches NaN
		return 0, &SizeError{Field: field, Value: value, Min: MinSide, Max: MaxSide}
	}
	return value, nil
}

// A bound is one number of Measure with its default and its limits in mm.
type bound struct {
	name            string
	to              *float64
	value, standard float64
	low, high       float64
	optional        bool
}

// settle takes every bound's value or default.
func settle(bounds []bound) (err error) {
	for _, f := range bounds {
		if *f.to, err = measure(f.name, f.value, f.standard, f.low, f.high, f.optional); err != nil {
			return err
		}
	}
	return nil
}

// measure checks one number of Measure against its limits in mm; zero becomes the
// default. None is allowed if optional is set, and becomes zero.
func measure(field string, value, standard, low, high float64, optional bool) (float64, error) {
	switch {
	case value == 0:
		return standard, nil
	case value == None && optional:
		return 0, nil
	case math.IsNaN(value) || value < low || value > high:
		return 0, &SizeError{Field: field, Value: value, Min: low, Max: high}
	}
	return value, nil
}
