package envelope

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Inputs are the boxes that a party fills in when they agree (填写项). Each becomes a field of
// the document, which the party's first signature in it fills and locks.

// Limits of inputs.
const (
	maxParagraph = 1000 // characters (字) of a ParagraphBox
	maxOptions   = 100  // of a DropdownBox, or buttons of one choice
	maxOption    = 50   // characters (字) of an option, a value or a name
	maxPatterns  = 20   // inputs of a party that have a pattern
)

// The smallest AttachmentBox, in mm: it has room for a name and a SHA-256.
const minAttachmentWidth, minAttachmentHeight = 80, 12

// attachmentLetters is the size in points of what an AttachmentBox shows.
const attachmentLetters = 6.5

// isInput reports whether a party fills in boxes of the kind.
func (k BoxKind) isInput() bool { return k == TextBox || k > DateBox }

// takesFile reports whether boxes of the kind take what [Service.Attach] keeps.
func (k BoxKind) takesFile() bool { return k == PictureBox || k == AttachmentBox }

// input is a box that a party fills in, or the buttons of one choice.
type input struct {
	Box
	buttons []Box // of a RadioBox: all, this one first
}

// inputsOf returns the inputs among the boxes of a party, in their order.
func inputsOf(boxes []Box) []input {
	var out []input
	for _, b := range boxes {
		if !b.Kind.isInput() {
			continue
		}
		at := slices.IndexFunc(out, func(in input) bool {
			return b.Kind == RadioBox && in.Kind == RadioBox && in.File == b.File && in.Name == b.Name
		})
		if at < 0 {
			out, at = append(out, input{Box: b}), len(out)
		}
		if b.Kind == RadioBox {
			out[at].buttons = append(out[at].buttons, b)
		}
	}
	return out
}

// title returns what a person knows the input by.
func (in *input) title() string { return cmp.Or(in.Label, in.Name, in.Kind.Zh()) }

// rule returns the rule of an input's field. all are the party's inputs.
func (in *input) rule(all []input) signer.Rule {
	r := in.Rule
	r.Required = r.Required || in.Must
	if r.When != nil {
		w := *r.When
		if o := find(all, in.File, w.Field); o != nil {
			w.Field = o.Field
		}
		r.When = &w
	}
	return r
}

// find returns the input of a name in a file, or nil.
func find(all []input, file int, name string) *input {
	for i := range all {
		if name != "" && all[i].File == file && all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// checkInput checks what a box says of an input, apart from other boxes.
func (b *Box) checkInput() *FieldError {
	bad := func(reason, zh string) *FieldError { return &FieldError{"box", "M68", reason, zh} }
	word := func(s string) bool { return printable(s) && utf8.RuneCountInString(s) <= maxOption }
	if !word(b.Label) {
		return bad(fmt.Sprintf("a label has at most %d printable characters", maxOption), "填写提示过长或包含无效字符")
	}
	switch {
	case !b.Kind.isInput():
		if b.Name != "" || b.Value != "" || len(b.Options) > 0 || !isZero(b.Rule) {
			return bad("nobody fills it in", "该签署位置不能设置填写要求")
		}
		return nil
	case !word(b.Name):
		return bad(fmt.Sprintf("a name has at most %d printable characters", maxOption), "填写项名称过长")
	case (b.Kind == RadioBox) != (b.Value != "") || !word(b.Value):
		return bad("a radio button, and nothing else, has a value", "请填写单选项的值")
	case b.Kind == RadioBox && b.Name == "":
		return bad("a radio button has the name of its choice", "请填写单选项名称")
	case (b.Kind == DropdownBox) != (len(b.Options) > 0) || len(b.Options) > maxOptions:
		return bad(fmt.Sprintf("a dropdown, and nothing else, has 1 to %d options", maxOptions), "请填写下拉框选项")
	case b.Kind == AttachmentBox && (b.Width < minAttachmentWidth || b.Height < minAttachmentHeight):
		return bad(fmt.Sprintf("an attachment needs %d × %d mm", minAttachmentWidth, minAttachmentHeight), "附件位置过小")
	case b.Kind != TextBox && b.Rule.Pattern != "":
		return bad("only a line of text has a pattern", "只有单行文本可以设置格式要求")
	case b.Kind != TextBox && b.Kind != ParagraphBox && !isZero(signer.Rule{Kind: b.Rule.Kind, Pattern: b.Rule.Pattern, Min: b.Rule.Min, Max: b.Rule.Max,
		MinLength: b.Rule.MinLength, MaxLength: b.Rule.MaxLength}):
		return bad("only a text has a form", "只有文本可以设置格式要求")
	}
	for i, o := range b.Options {
		if o == "" || !word(o) || slices.Contains(b.Options[:i], o) {
			return bad("an option is too long, empty, or stands twice", "下拉框选项为空、过长或重复")
		}
	}
	if b.Rule.When != nil && (len(b.Rule.When.In) > maxOptions || !word(b.Rule.When.Field) || slices.ContainsFunc(b.Rule.When.In, func(s string) bool { return !word(s) })) {
		return bad("its condition is too long", "填写项的显示条件有误")
	}
	if !printable(b.Rule.Pattern + b.Rule.Min + b.Rule.Max) {
		return bad("its rule holds control characters", "填写项的格式要求有误")
	}
	if err := b.Rule.Check(b.Name); err != nil {
		return bad(err.Error(), "填写项的格式要求有误")
	}
	return nil
}

func isZero(r signer.Rule) bool { return r == signer.Rule{} }

// checkInputs checks the inputs of a party against each other.
func checkInputs(boxes []Box) *FieldError {
	bad := func(in *input, reason, zh string) *FieldError {
		return &FieldError{"box " + in.title(), "M68", reason, in.title() + zh}
	}
	all := inputsOf(boxes)
	patterns := 0
	for i := range all {
		in := &all[i]
		values, rules := map[string]bool{}, 0
		for _, b := range in.buttons {
			values[b.Value] = true
			if b.Must || !isZero(b.Rule) || b.Label != "" {
				rules++
			}
		}
		if in.Rule.Pattern != "" {
			patterns++
		}
		w := in.Rule.When
		var on *input
		if w != nil {
			on = find(all, in.File, w.Field)
		}
		switch {
		case patterns > maxPatterns:
			return bad(in, fmt.Sprintf("more than %d patterns", maxPatterns), "：格式要求过多")
		case rules > 1 || rules == 1 && !in.Must && isZero(in.Rule) && in.Label == "":
			return bad(in, "the first button of a choice says what all of it needs", "：只能在第一个单选项上设置要求")
		case in.Name != "" && find(all, in.File, in.Name) != in:
			return bad(in, "another box of the party has its name", "：名称重复")
		case in.Kind == RadioBox && (len(in.buttons) < 2 || len(in.buttons) > maxOptions || len(values) < len(in.buttons) || values["Off"]):
			return bad(in, fmt.Sprintf("a choice has 2 to %d buttons, each with a value of its own, not Off", maxOptions), "：单选项须有两个以上不同的值")
		case w != nil && (on == nil || on == in || on.Kind == AttachmentBox):
			return bad(in, "its condition names no other box of the party in this file that has a value", "：显示条件有误")
		}
	}
	return nil
}

// element returns the field of an input. all are the party's inputs.
func (in *input) element(all []input) signer.Element {
	rule := in.rule(all)
	at := signer.Around(in.X, in.Y, in.Width, in.Height)
	switch in.Kind {
	case ParagraphBox:
		return signer.TextField{Name: in.Field, Page: in.Page, Box: at, Multiline: true, Rule: rule}
	case CheckBox:
		return signer.CheckBox{Name: in.Field, Page: in.Page, Box: at, Rule: rule}
	case RadioBox:
		g := signer.RadioGroup{Name: in.Field, Rule: rule}
		for _, b := range in.buttons {
			g.Choices = append(g.Choices, signer.Choice{Value: b.Value, Page: b.Page, Box: signer.Around(b.X, b.Y, b.Width, b.Height)})
		}
		return g
	case DropdownBox:
		return signer.Dropdown{Name: in.Field, Page: in.Page, Box: at, Options: in.Options, Rule: rule}
	case PictureBox:
		return signer.PictureField{Name: in.Field, Page: in.Page, Box: at, Rule: rule}
	case AttachmentBox:
		return signer.TextField{Name: in.Field, Page: in.Page, Box: at, Multiline: true, Size: attachmentLetters, Rule: rule}
	}
	return signer.TextField{Name: in.Field, Page: in.Page, Box: at, Rule: rule}
}

// fills returns what goes into the inputs: what was typed, and the files that were
// attached, both by field. It refuses a text for any other box, because it would be lost.
func fills(boxes []Box, texts map[string]string, attached map[string]Attachment) ([]Fill, error) {
	all := inputsOf(boxes)
	values, left := map[string]string{}, len(texts)
	for i := range all {
		in := &all[i]
		text, typed := texts[in.Field]
		_, brought := attached[in.Field]
		switch {
		case typed && in.Kind.takesFile():
			return nil, &FieldError{"text " + in.Field, "M68", "it takes a file, by Attach", in.title() + "须上传文件"}
		case brought && in.Kind.takesFile():
			values[in.Field] = signer.Pictured
		case typed:
			values[in.Field] = text
			left--
		}
	}
	var out []Fill
	for i := range all {
		in := &all[i]
		rule := in.rule(all)
		if in.Kind.takesFile() && !rule.Holds(values) {
			continue // it waits, in case it is asked for later
		}
		text := values[in.Field]
		if err := in.check(text, rule, values); err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		f := Fill{File: in.File, Field: in.Field, Text: text}
		if a, ok := attached[in.Field]; ok && in.Kind.takesFile() {
			f.Text, f.Attached = a.text(), &a
		}
		out = append(out, f)
	}
	if left > 0 {
		return nil, &FieldError{"text", "M68", "there is no such text box", "填写位置不存在"}
	}
	return out, nil
}

// check checks the value of an input. values are those of all inputs, by field.
func (in *input) check(text string, rule signer.Rule, values map[string]string) error {
	bad := func(reason, zh string) error { return &FieldError{"text " + in.Field, "M68", reason, zh} }
	most, lines := maxText, 1
	if in.Kind == ParagraphBox {
		most, lines = maxParagraph, maxParagraph
	}
	applies := rule.Holds(values)
	switch {
	case strings.TrimSpace(text) == "" && rule.Required && applies:
		return bad("it must be filled in", "请填写"+cmp.Or(in.Label, in.Name, "必填内容"))
	case text == "" || in.Kind.takesFile():
		return nil
	case !applies:
		return bad("its condition does not hold", in.title()+"在当前选择下不能填写")
	case utf8.RuneCountInString(text) > most || strings.Count(text, "\n") >= lines || !printable(strings.ReplaceAll(text, "\n", "")):
		return bad(fmt.Sprintf("it has at most %d printable characters", most), fmt.Sprintf("填写内容不能超过%d个字", most))
	case in.Kind == CheckBox && text != signer.Ticked,
		in.Kind == DropdownBox && !slices.Contains(in.Options, text),
		in.Kind == RadioBox && !slices.ContainsFunc(in.buttons, func(b Box) bool { return b.Value == text }):
		return bad(fmt.Sprintf("%q is not one of its values", text), in.title()+"没有这个选项")
	}
	return inputFault(in, rule.Takes(in.Field, text))
}

// inputFault names the rule that the value of an input breaks.
func inputFault(in *input, err error) error {
	var v *signer.ValueError
	if !errors.As(err, &v) {
		return layoutFault(err)
	}
	named := *v
	named.Field = in.title()
	return &FieldError{"text " + in.Field, "M68", v.Error(), named.Zh()}
}
