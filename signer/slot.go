package signer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// slot is what is filled under one name: a field, or the buttons of a [RadioGroup].
//
// A radio group of PDF is one field with several widgets, which some verifiers call
// changed when a later signer fills it. So the buttons of a RadioGroup are fields of their
// own, as the slices of a seal are; a private entry (ISO 32000-2, annex E) tells which
// belong together.
type slot struct {
	name   string
	choice bool // buttons of a RadioGroup
	fields []pdf.Field
}

// choiceKey is the private entry of such a button: the name of its group.
const choiceKey = pdf.Name("DJQ_Choice")

// choiceMark stands between the name of a group and the number of a button in the name of
// its field.
const choiceMark = "-选项-"

// choiceName returns the name of the field of button i, from 0, of a group.
func choiceName(group string, i int) string { return group + choiceMark + strconv.Itoa(i+1) }

// slot returns what is filled under a name.
func (f *form) slot(name string) (slot, bool) {
	if fd, ok := f.find(name); ok {
		return slot{name: name, fields: []pdf.Field{fd}}, true
	}
	buttons := f.choices[name]
	return slot{name, true, buttons}, len(buttons) > 0
}

// group returns the name of the group to which a field belongs; its own if it is none's.
func group(fd pdf.Field) string {
	if s, ok := fd.Dict.Get(choiceKey).(pdf.String); ok {
		return s.Text()
	}
	return fd.Name
}

// names returns the names of the fields.
func (s slot) names() []string {
	var out []string
	for _, fd := range s.fields {
		out = append(out, fd.Name)
	}
	return out
}

// value returns the text of what a slot holds, "" if it is empty.
func (f *form) value(s slot) (string, error) {
	for _, fd := range s.fields {
		text, err := f.valueOf(fd)
		if text != "" || err != nil {
			return text, err
		}
	}
	return "", nil
}

// valueOf returns the text of a field's value, "" if it has none.
func (f *form) valueOf(fd pdf.Field) (string, error) {
	l := looks{f: f.d.f}
	flags, err := f.flags(fd)
	if err != nil {
		return "", err
	}
	if fd.Type == "Btn" && flags&flagPush != 0 {
		if fd.Dict.Get("AS") == pdf.Name("On") {
			return Pictured, nil
		}
		return "", nil
	}
	v, err := l.inherited(fd.Dict, "V")
	if err != nil {
		return "", err
	}
	many, ok := v.(pdf.Array)
	if !ok {
		many = pdf.Array{v}
	}
	var all []string
	for _, v := range many[:min(len(many), maxOptions)] {
		if v, err = f.d.f.Resolve(v); err != nil {
			return "", err
		}
		if t, err := l.text(v); err != nil {
			return "", err
		} else if t != "" && v != pdf.Object(stateOff) {
			all = append(all, t)
		}
	}
	return strings.Join(all, "\n"), nil
}

// flags returns the flags of a field, which may come from one above it.
func (f *form) flags(fd pdf.Field) (pdf.Integer, error) {
	v, err := looks{f: f.d.f}.inherited(fd.Dict, "Ff")
	n, _ := v.(pdf.Integer)
	return n, err
}

// states returns the normal appearances of a button by their states, except Off.
func (f *form) statesOf(w *pdf.Dict) ([]pdf.Name, error) {
	ap, err := f.d.f.Dict(w.Get("AP"))
	if err != nil {
		return nil, err
	}
	o, err := f.d.f.Resolve(ap.Get("N"))
	if err != nil {
		return nil, err
	}
	d, _ := o.(*pdf.Dict)
	var out []pdf.Name
	if d != nil {
		for _, e := range d.Entries {
			if e.Key != stateOff && !slices.Contains(out, e.Key) {
				out = append(out, e.Key)
			}
		}
	}
	return out, nil
}
