package seal

import "github.com/dajiaqian/dajiaqian/internal/enum"

// Style is a kind of seal. The zero value is refused.
type Style uint8

// The styles of the manual's 在线制作 page, and others that users expect.
const (
	StyleOfficial       Style = iota + 1 // 公章: round, name ring, star
	StyleSpecial                         // 专用章: round, name ring, purpose below the centre
	StyleDepartment                      // 部门章: round, name ring, star, department below it
	StyleYouthLeague                     // 团章: round, name ring, star between two rules, the body below
	StyleUnion                           // 工会章: round, a fine line inside the rim, name ring, star
	StyleForeign                         // 外企章（中文）: oval, name ring
	StyleInvoice                         // 发票专用章: oval, name ring, tax number, 发票专用章
	StyleFinance                         // 财务专用章: round, name ring, star, 财务专用章
	StyleContract                        // 合同专用章: round, name ring, 合同专用章
	StylePersonnel                       // 人事专用章: round, name ring, 人事专用章
	StyleRepresentative                  // 法人章: square name seal
	StyleSignature                       // 个人签名章: a name without a border
)

var styleNames = [...]string{
	StyleOfficial:       "公章",
	StyleSpecial:        "专用章",
	StyleDepartment:     "部门章",
	StyleYouthLeague:    "团章",
	StyleUnion:          "工会章",
	StyleForeign:        "外企章",
	StyleInvoice:        "发票专用章",
	StyleFinance:        "财务专用章",
	StyleContract:       "合同专用章",
	StylePersonnel:      "人事专用章",
	StyleRepresentative: "法人章",
	StyleSignature:      "个人签名章",
}

// String returns the Chinese name of s, which [ParseStyle] reads back.
func (s Style) String() string { return enum.Name("Style", styleNames[:], s) }

// Size returns the size in mm that a seal of the style has if its Spec does not say:
// the size that the rules of its kind give. It is zero for [StyleSignature], which is
// as wide as its name, and for an unknown style.
func (s Style) Size() (width, height float64) {
	if k, ok := s.round(); ok {
		return k.diameter, k.diameter
	}
	if k, ok := s.oval(); ok {
		return k.width, k.height
	}
	if s == StyleRepresentative {
		return squareSide, squareSide
	}
	return 0, 0
}

// ParseStyle returns the [Style] with the given Chinese name. It knows the names that
// [Style.String] returns and the manual's own spellings 公会章 and 外企章（中文）. It returns a
// [*StyleError] for any other name.
func ParseStyle(name string) (Style, error) {
	switch name {
	case "公会章": // the manual's misspelling of 工会章
		return StyleUnion, nil
	case "外企章（中文）":
		return StyleForeign, nil
	}
	for s := StyleOfficial; s <= StyleSignature; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, &StyleError{Name: name}
}
