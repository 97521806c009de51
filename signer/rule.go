package signer

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Rule says what a field takes. It is kept in the document, under a private key of the
// field (ISO 32000-2, annex E), and [Sign] holds to it. The zero Rule takes any text, and
// may be left empty.
type Rule struct {
	Required  bool      `json:"required,omitempty"` // the field must be filled before, or by, the signature that locks it
	Kind      ValueKind `json:"kind,omitempty"`
	Pattern   string    `json:"pattern,omitempty"`    // a regular expression (RE2) that the whole text matches; at most 200 bytes, and 500 parts with their repetitions
	Min       string    `json:"min,omitempty"`        // of a number or a date, which may be equal; "" for none
	Max       string    `json:"max,omitempty"`        // likewise
	MinLength int       `json:"min_length,omitempty"` // characters
	MaxLength int       `json:"max_length,omitempty"` // characters; 0 for no limit
	When      *When     `json:"when,omitempty"`       // nil: always
}

// When is a condition: another field has one of some values. As long as it does not hold,
// the field stays empty, and is not required.
type When struct {
	Field string   `json:"field"`
	In    []string `json:"in"`
}

// ValueKind is what a text is.
type ValueKind string

// The kinds of values.
const (
	AnyText ValueKind = ""
	Number  ValueKind = "number" // decimal digits with at most one point and a sign, such as -1234.50
	Date    ValueKind = "date"   // 2006-01-02 or 2006年1月2日
)

// ValueError says why a field does not take a value.
type ValueError struct {
	Field   string
	Why, zh string
}

// Error names the field and the reason.
func (e *ValueError) Error() string { return fmt.Sprintf("signer: field %q %s", e.Field, e.Why) }

// Zh says the same in Chinese.
func (e *ValueError) Zh() string { return fmt.Sprintf("填写项“%s”%s", e.Field, e.zh) }

// ruleKey is the private key of a field under which its rule is.
const ruleKey = pdf.Name("DJQ_Rule")

// Limits of rules.
const (
	maxRule     = 8 << 10 // bytes of a rule as it is kept
	maxPattern  = 200     // bytes
	maxExpanded = 500     // parts of a pattern, those that are repeated as often as they are
	maxAsked    = 100     // values of a condition
)

// Check returns a [*ValueError] if the rule itself, of a field, is wrong.
func (r Rule) Check(field string) error {
	err := r.checkForm(field)
	if err == nil && r.Pattern != "" {
		_, err = r.pattern(field)
	}
	return err
}

func (r Rule) bad(field, what string) error {
	return &ValueError{field, "has a rule whose " + what + " is wrong", "的规则有误"}
}

// checkForm is Check without the pattern.
func (r Rule) checkForm(field string) error {
	switch {
	case r.Kind != AnyText && r.Kind != Number && r.Kind != Date:
		return r.bad(field, "kind")
	case r.MinLength < 0 || r.MaxLength < 0 || r.MaxLength > 0 && r.MinLength > r.MaxLength:
		return r.bad(field, "length")
	case (r.Min != "" || r.Max != "") && r.Kind == AnyText:
		return r.bad(field, "range")
	case r.When != nil && (r.When.Field == "" || r.When.Field == field || len(r.When.In) == 0 || len(r.When.In) > maxAsked):
		return r.bad(field, "condition")
	case len(r.Pattern) > maxPattern:
		return r.bad(field, "pattern")
	}
	low, okLow := r.order(r.Min)
	high, okHigh := r.order(r.Max)
	if r.Min != "" && !okLow || r.Max != "" && !okHigh || okLow && okHigh && low.Cmp(high) > 0 {
		return r.bad(field, "range")
	}
	return nil
}

// pattern compiles the pattern, which is not empty. Its longest match from the first
// character on is the whole text if the text matches it.
func (r Rule) pattern(field string) (*regexp.Regexp, error) {
	tree, err := syntax.Parse(r.Pattern, syntax.Perl)
	if err != nil || expanded(tree) > maxExpanded {
		return nil, r.bad(field, "pattern")
	}
	p, err := regexp.Compile(r.Pattern)
	if err != nil {
		return nil, r.bad(field, "pattern")
	}
	p.Longest()
	return p, nil
}

// expanded counts the parts of a pattern; the parser bounds how deep they are nested.
func expanded(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)/2
	for _, sub := range re.Sub {
		n = min(n+expanded(sub), maxExpanded+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxExpanded+1)
}

// order returns a number or a date as a number that is larger the later it is.
func (r Rule) order(text string) (*big.Rat, bool) {
	if r.Kind == Date {
		for _, layout := range []string{"2006-01-02", "2006年1月2日"} {
			if t, err := time.Parse(layout, text); err == nil {
				return new(big.Rat).SetInt64(t.Unix()), true
			}
		}
		return nil, false
	}
	if !numeral.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

var numeral = regexp.MustCompile(`\A[+-]?[0-9]{1,30}(\.[0-9]{1,30})?\z`)

// Takes returns a [*ValueError] if a field with the rule does not take a text that is not
// empty. It does not look at Required and When.
func (r Rule) Takes(field, text string) error {
	n := utf8.RuneCountInString(text)
	switch {
	case n < r.MinLength:
		return &ValueError{field, fmt.Sprintf("takes at least %d characters, not %d", r.MinLength, n), fmt.Sprintf("至少需要 %d 个字", r.MinLength)}
	case r.MaxLength > 0 && n > r.MaxLength:
		return &ValueError{field, fmt.Sprintf("takes at most %d characters, not %d", r.MaxLength, n), fmt.Sprintf("最多 %d 个字", r.MaxLength)}
	}
	if r.Pattern != "" {
		p, err := r.pattern(field)
		if err != nil {
			return err
		}
		if at := p.FindStringIndex(text); at == nil || at[0] != 0 || at[1] != len(text) {
			return &ValueError{field, "does not take a text of this form", "的格式不正确"}
		}
	}
	if r.Kind == AnyText {
		return nil
	}
	v, ok := r.order(text)
	if !ok {
		return &ValueError{field, "takes a " + string(r.Kind), map[ValueKind]string{Number: "必须是数字", Date: "必须是日期"}[r.Kind]}
	}
	if low, ok := r.order(r.Min); ok && v.Cmp(low) < 0 {
		return &ValueError{field, "takes nothing below " + r.Min, "不能小于 " + r.Min}
	}
	if high, ok := r.order(r.Max); ok && v.Cmp(high) > 0 {
		return &ValueError{field, "takes nothing above " + r.Max, "不能大于 " + r.Max}
	}
	return nil
}

// store returns the entry of a field that keeps the rule; nil for the zero Rule.
func (r Rule) store() pdf.Object {
	b, err := json.Marshal(r)
	if err != nil || string(b) == "{}" {
		return nil
	}
	return pdf.TextString(string(b))
}

// readRule reads the rule of a field. A rule that cannot be read refuses everything.
func (f *form) readRule(fd pdf.Field) (Rule, error) {
	o, err := f.d.f.Resolve(fd.Dict.Get(ruleKey))
	if err != nil || o == nil {
		return Rule{}, err
	}
	var r Rule
	s, _ := o.(pdf.String)
	if len(s.Bytes) > 2*maxRule || json.Unmarshal([]byte(s.Text()), &r) != nil {
		return r, &ValueError{fd.Name, "has a rule that cannot be read", "的规则无法读取"}
	}
	return r, r.checkForm(fd.Name)
}

// Holds reports whether the rule's condition holds for the values that fields will have.
func (r Rule) Holds(values map[string]string) bool {
	return r.When == nil || slices.Contains(r.When.In, values[r.When.Field])
}

// checkFill holds what is filled to the rules of the fields, and all that a signature
// locks to what they require.
func (f *form) checkFill(fill []Value, lock *pdf.Dict) error {
	values := map[string]string{} // as far as they are asked for
	for _, v := range fill {
		if _, given := values[v.Field]; given {
			return &ValueError{v.Field, "is filled twice", "重复填写"}
		}
		values[v.Field] = v.Text
		if v.Picture != nil {
			values[v.Field] = Pictured
		}
	}
	for _, v := range fill {
		s, ok := f.slot(v.Field)
		if !ok {
			return fmt.Errorf("%w: %q", ErrNoField, v.Field)
		}
		r, holds, err := f.ruleOf(s, values)
		switch {
		case err != nil:
			return err
		case v.open():
			continue
		case !holds:
			return &ValueError{v.Field, fmt.Sprintf("is for another value of field %q", r.When.Field), "在当前选择下不能填写"}
		case v.Picture != nil:
			continue
		}
		if err := r.Takes(v.Field, v.Text); err != nil {
			return err
		}
	}
	locked, err := f.locked(lock)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, fd := range locked {
		name := group(fd)
		if fd.Dict.Get(ruleKey) == nil || done[name] {
			continue
		}
		done[name] = true
		s, _ := f.slot(name)
		r, holds, err := f.ruleOf(s, values)
		if err == nil && r.Required && holds {
			err = f.know(values, name)
		}
		if err != nil {
			return err
		}
		if r.Required && holds && blank(values[name]) {
			return &ValueError{name, "has to be filled", "为必填项"}
		}
	}
	return nil
}

// blank reports whether a text shows nothing.
func blank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) < 0
}

// ruleOf reads the rule of a slot, and whether its condition holds.
func (f *form) ruleOf(s slot, values map[string]string) (r Rule, holds bool, err error) {
	if r, err = f.readRule(s.fields[0]); err == nil && r.When != nil {
		err = f.know(values, r.When.Field)
	}
	return r, err == nil && r.Holds(values), inputFault(err)
}

// know adds the value that a slot has, unless it is known.
func (f *form) know(values map[string]string, name string) error {
	if _, known := values[name]; known {
		return nil
	}
	s, ok := f.slot(name)
	if !ok {
		return nil
	}
	text, err := f.value(s)
	values[name] = text
	return inputFault(err)
}
