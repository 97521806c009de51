package seal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/idcode"
)

// ErrUnknownStyle is the sentinel of every [StyleError].
var ErrUnknownStyle = errors.New("seal: unknown style")

// StyleError names a style that does not exist.
type StyleError struct {
	Name string // as it was given
}

// Error names the style.
func (e *StyleError) Error() string { return fmt.Sprintf("%v: %q", ErrUnknownStyle, e.Name) }

// Unwrap returns [ErrUnknownStyle].
func (e *StyleError) Unwrap() error { return ErrUnknownStyle }

// Zh returns the message for a Chinese reader.
func (e *StyleError) Zh() string {
	return fmt.Sprintf("印章样式“%s”不存在", e.Name)
}

// TextFault says what is wrong with a text on a seal.
type TextFault uint8

// The faults. The zero value is none.
const (
	TextEmpty     TextFault = iota + 1 // required, and empty or only blanks
	TextTooLong                        // over the limit of characters
	TextEncoding                       // not valid UTF-8
	TextControl                        // a control or invisible format character
	TextBidi                           // a direction mark, or a right-to-left script
	TextEmoji                          // an emoji or a part of one
	TextCombining                      // a combining mark, which needs shaping
)

var textFaultNames = [...][2]string{
	TextEmpty:     {"is empty", "不能为空"},
	TextTooLong:   {"is too long", "过长"},
	TextEncoding:  {"is not valid UTF-8", "编码有误"},
	TextControl:   {"has a control character", "含有控制字符"},
	TextBidi:      {"has a direction mark or right-to-left script", "含有文字方向控制符或从右向左书写的文字"},
	TextEmoji:     {"has an emoji", "含有表情符号"},
	TextCombining: {"has a combining mark", "含有组合字符"},
}

// String returns the fault in English.
func (f TextFault) String() string { return enum.English("TextFault", textFaultNames[:], f) }

// Zh returns what is wrong in Chinese.
func (f TextFault) Zh() string { return enum.Zh("含有组合字符", textFaultNames[:], f) }

// TextError refuses Spec.Name or Spec.Text.
type TextError struct {
	Field string // "Name" or "Text"
	Fault TextFault
	Rune  rune // the offending character, where there is one
	Max   int  // the limit, for TextTooLong
}

// Error names the field and the fault.
func (e *TextError) Error() string {
	switch {
	case e.Fault == TextTooLong:
		return fmt.Sprintf("seal: %s %v: more than %d characters", e.Field, e.Fault, e.Max)
	case e.Rune != 0:
		return fmt.Sprintf("seal: %s %v: %U", e.Field, e.Fault, e.Rune)
	}
	return fmt.Sprintf("seal: %s %v", e.Field, e.Fault)
}

// Zh returns the message for a Chinese reader.
func (e *TextError) Zh() string {
	what := "印章名称"
	if e.Field == "Text" {
		what = "横排文字"
	}
	if e.Fault == TextTooLong {
		return fmt.Sprintf("%s过长，最多 %d 个字", what, e.Max)
	}
	return what + e.Fault.Zh()
}

// GlyphError names every character that the font cannot show, each once, in the order
// of the text.
type GlyphError struct {
	Runes []rune
}

// Error names the characters.
func (e *GlyphError) Error() string {
	var b strings.Builder
	b.WriteString("seal: the font lacks")
	for _, r := range e.Runes {
		fmt.Fprintf(&b, " %q (%U)", r, r)
	}
	return b.String()
}

// Zh returns the message for a Chinese reader.
func (e *GlyphError) Zh() string {
	return "字体缺少以下字符：" + strings.Join(strings.Split(string(e.Runes), ""), "、")
}

// CodeFault says what is wrong with a code.
type CodeFault uint8

// The faults. The zero value is none.
const (
	CodeLength    CodeFault = iota + 1 // wrong number of characters
	CodeCharacter                      // a character that the code may not have in that place
	CodeCheck                          // a check character does not fit (GB 32100-2015, 附录 A; GB 11714)
	CodeTwice                          // both Code and RingCode are set
	CodePlace                          // this style has no ring for a code
)

var codeFaultNames = [...]string{
	CodeLength:    "wrong length",
	CodeCharacter: "character not allowed",
	CodeCheck:     "check character does not fit",
	CodeTwice:     "Code and RingCode are both set",
	CodePlace:     "this style has no ring for a code",
}

// String returns the fault in English.
func (f CodeFault) String() string { return enum.Name("CodeFault", codeFaultNames[:], f) }

// CodeError refuses Spec.Code or Spec.RingCode.
type CodeError struct {
	Field string // "Code" or "RingCode"
	Code  string // as it was given
	Fault CodeFault
}

// Error names the code and the fault.
func (e *CodeError) Error() string {
	return fmt.Sprintf("seal: %s %q: %v", e.Field, e.Code, e.Fault)
}

// Zh returns the message for a Chinese reader.
func (e *CodeError) Zh() string {
	what := "统一社会信用代码"
	if e.Field == "RingCode" {
		what = "信息编码"
	}
	switch e.Fault {
	case CodeLength:
		if e.Field == "RingCode" {
			return fmt.Sprintf("%s应为 %d 至 %d 位数字", what, MinRing, MaxRing)
		}
		return fmt.Sprintf("%s应为 %d 位", what, idcode.CreditSize)
	case CodeCharacter:
		return what + "含有不允许的字符"
	case CodeCheck:
		return what + "校验码错误"
	case CodeTwice:
		return "统一社会信用代码与自定义编码只能选择一项"
	default:
		return "该印章样式不支持信息编码"
	}
}

// SizeError refuses a measure in mm (degrees for Measure.NameSweep, a number for
// Serial) that is out of its limits.
type SizeError struct {
	Field           string
	Value, Min, Max float64
}

// Error names the field and its limits.
func (e *SizeError) Error() string {
	return fmt.Sprintf("seal: %s is %g, not %g to %g", e.Field, e.Value, e.Min, e.Max)
}

// Zh returns the message for a Chinese reader.
func (e *SizeError) Zh() string {
	return fmt.Sprintf("印章尺寸超出范围（%s：%g，应为 %g 至 %g）", e.Field, e.Value, e.Min, e.Max)
}

// FitError names the text that does not fit in the seal at a legible size.
type FitError struct {
	Field string // "Name", "Text", "Code", "RingCode" or "Serial"
}

// Error names the field.
func (e *FitError) Error() string { return fmt.Sprintf("seal: %s does not fit the seal", e.Field) }

// Zh returns the message for a Chinese reader.
func (e *FitError) Zh() string {
	return fmt.Sprintf("印章尺寸过小，放不下文字（%s）", e.Field)
}

// ColorError refuses a colour that is no ink, or covers too little.
type ColorError struct {
	Color string
}

// Error names the colour.
func (e *ColorError) Error() string {
	return fmt.Sprintf("seal: color %q is not red, blue, black, #rrggbb or #rrggbbaa, or covers less than %g", e.Color, MinOpacity)
}

// Zh returns the message for a Chinese reader.
func (e *ColorError) Zh() string { return fmt.Sprintf("印章颜色“%s”无效", e.Color) }

// DPIError refuses a resolution that is outside its limits or gives the picture too
// many pixels.
type DPIError struct {
	DPI      int
	Min, Max int // the limits for this artwork
}

// Error names the resolution and its limits.
func (e *DPIError) Error() string {
	return fmt.Sprintf("seal: %d dpi is not within %d to %d", e.DPI, e.Min, e.Max)
}

// Zh returns the message for a Chinese reader.
func (e *DPIError) Zh() string {
	return fmt.Sprintf("分辨率 %d 超出范围，应为 %d 至 %d", e.DPI, e.Min, e.Max)
}
