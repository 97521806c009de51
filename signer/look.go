package signer

import (
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/font"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/widget"
)

// Flags of fields (ISO 32000-2, tables 229, 231 and 233).
const (
	flagReadOnly    = 1
	flagMultiline   = 1 << 12
	flagPassword    = 1 << 13
	flagNoToggleOff = 1 << 14
	flagRadio       = 1 << 15
	flagPush        = 1 << 16
	flagCombo       = 1 << 17
	flagEdit        = 1 << 18
	flagComb        = 1 << 24
)

// looks reads what the widgets of form fields show.
type looks struct {
	f     *pdf.File
	form  *pdf.Dict
	faces widget.Typeface
}

// formFaces are the faces of text in forms: a sans one of the widths of Helvetica, which
// most forms name, and the Song face for what it lacks.
func formFaces() (widget.Typeface, error) {
	sans, err := font.Sans()
	if err != nil {
		return nil, err
	}
	song, err := font.Song()
	return widget.Typeface{sans, song}, err
}

// inherited returns an entry of a field: its own, or that of a field above it (ISO
// 32000-2, 12.7.4.1).
func (l looks) inherited(d *pdf.Dict, key pdf.Name) (pdf.Object, error) {
	for range pdf.DefaultLimits().FieldDepth {
		if d == nil {
			return nil, nil
		}
		if o, err := l.f.Resolve(d.Get(key)); o != nil || err != nil {
			return o, err
		}
		var err error
		if d, err = l.f.Dict(d.Get("Parent")); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// read returns what a widget of a field shows, and by how many degrees it is turned.
func (l looks) read(fd pdf.Field, w *pdf.Dict) (out widget.Look, turn int, err error) {
	rect, err := l.f.Rect(w.Get("Rect"))
	if err != nil {
		return out, 0, err
	}
	out = widget.Look{Width: rect.Width(), Height: rect.Height(), Faces: l.faces}
	if turn, err = l.characteristics(w, &out); err != nil {
		return out, 0, err
	}
	if turn%180 != 0 {
		out.Width, out.Height = out.Height, out.Width
	}
	if err = l.appearance(w, &out); err != nil {
		return out, 0, err
	}
	flags, err := l.inherited(w, "Ff")
	if err != nil {
		return out, 0, err
	}
	ff, _ := flags.(pdf.Integer)
	switch fd.Type {
	case "Btn":
		switch {
		case ff&flagPush != 0:
			out.Kind, out.Align = widget.Push, widget.Centre
		case ff&flagRadio != 0:
			out.Kind = widget.Radio
		default:
			out.Kind = widget.Check
		}
		return out, turn, nil
	case "Ch":
		return out, turn, l.choice(w, ff, &out)
	}
	v, err := l.inherited(w, "V")
	if err != nil {
		return out, 0, err
	}
	if out.Text, err = l.text(v); err != nil {
		return out, 0, err
	}
	if ff&flagPassword != 0 {
		out.Text = strings.Repeat("*", len([]rune(out.Text)))
	}
	out.Multiline = ff&flagMultiline != 0
	if n, err := l.inherited(w, "MaxLen"); err != nil {
		return out, 0, err
	} else if n, ok := n.(pdf.Integer); ok && ff&flagComb != 0 && n > 0 && n <= 1000 {
		out.Comb = int(n)
	}
	return out, turn, nil
}

// text returns the text of a value, which may be a stream (ISO 32000-2, table 228).
func (l looks) text(v pdf.Object) (string, error) {
	switch v := v.(type) {
	case pdf.String:
		return v.Text(), nil
	case *pdf.Stream:
		b, err := l.f.Decode(v, maxShown)
		return pdf.String{Bytes: b}.Text(), err
	case pdf.Name:
		return string(v), nil
	}
	return "", nil
}

// characteristics reads /MK and /BS (ISO 32000-2, tables 192 and 168).
func (l looks) characteristics(w *pdf.Dict, out *widget.Look) (turn int, err error) {
	mk, err := l.f.Dict(w.Get("MK"))
	if err != nil {
		return 0, err
	}
	if out.Back, err = l.colour(mk.Get("BG")); err != nil {
		return 0, err
	}
	if out.Border.Ink, err = l.colour(mk.Get("BC")); err != nil {
		return 0, err
	}
	caption, err := l.f.Resolve(mk.Get("CA"))
	if err != nil {
		return 0, err
	}
	if s, ok := caption.(pdf.String); ok {
		out.Text = s.Text()
		if len(s.Bytes) == 1 {
			out.Mark = widget.Mark(s.Bytes[0])
		}
	}
	if r, err := l.f.Resolve(mk.Get("R")); err != nil {
		return 0, err
	} else if r, ok := r.(pdf.Integer); ok && r%90 == 0 {
		turn = int((r%360 + 360) % 360)
	}
	bs, err := l.f.Dict(w.Get("BS"))
	if err != nil {
		return 0, err
	}
	out.Border.Width = 1
	width, err := l.f.Resolve(bs.Get("W"))
	if err != nil {
		return 0, err
	}
	if n, ok := pdf.Number(width); ok && n >= 0 && n <= 100 {
		out.Border.Width = n
	}
	style, err := l.f.Resolve(bs.Get("S"))
	out.Border.Under = style == pdf.Name("U")
	return turn, err
}

// colour returns the operators that set a colour of /MK.
func (l looks) colour(o pdf.Object) (string, error) {
	a, err := l.f.Array(o)
	if err != nil {
		return "", err
	}
	op, ok := map[int]string{1: "g", 3: "rg", 4: "k"}[len(a)]
	if !ok {
		return "", nil
	}
	return operands(a) + op, nil
}

// operands writes numbers as operands.
func operands(a []pdf.Object) string {
	var b strings.Builder
	for _, o := range a {
		n, _ := pdf.Number(o)
		fmt.Fprintf(&b, "%g ", min(max(n, 0), 1))
	}
	return b.String()
}

// appearance reads /DA and /Q (ISO 32000-2, table 228), which the form states for the
// fields that do not.
func (l looks) appearance(w *pdf.Dict, out *widget.Look) error {
	da, err := l.inherited(w, "DA")
	if err == nil && da == nil {
		da, err = l.f.Resolve(l.form.Get("DA"))
	}
	if err != nil {
		return err
	}
	if s, ok := da.(pdf.String); ok && len(s.Bytes) < 4096 {
		pdf.Operators(s.Bytes, func(op string, args []pdf.Object) bool {
			switch {
			case op == "Tf" && len(args) == 2:
				if n, ok := pdf.Number(args[1]); ok && n >= 0 && n <= 1000 {
					out.Size = n
				}
			case op == "g" && len(args) == 1, op == "rg" && len(args) == 3, op == "k" && len(args) == 4:
				out.Ink = operands(args) + op
			}
			return true
		})
	}
	q, err := l.inherited(w, "Q")
	if err == nil && q == nil {
		q, err = l.f.Resolve(l.form.Get("Q"))
	}
	if n, ok := q.(pdf.Integer); ok && n >= 0 && n <= 2 {
		out.Align = widget.Align(n)
	}
	return err
}

// options reads the options of a field: their export values, and how they are shown.
func (l looks) options(d *pdf.Dict) (exports, shown []string, err error) {
	o, err := l.inherited(d, "Opt")
	if err != nil {
		return nil, nil, err
	}
	opts, _ := o.(pdf.Array)
	for _, o := range opts {
		if o, err = l.f.Resolve(o); err != nil {
			return nil, nil, err
		}
		both := [2]pdf.Object{o, o}
		if pair, ok := o.(pdf.Array); ok && len(pair) == 2 {
			both = [2]pdf.Object{pair[0], pair[1]}
		}
		var texts [2]string
		for i, o := range both {
			if o, err = l.f.Resolve(o); err == nil {
				texts[i], err = l.text(o)
			}
			if err != nil {
				return nil, nil, err
			}
		}
		exports, shown = append(exports, texts[0]), append(shown, texts[1])
	}
	return exports, shown, nil
}

// choice reads the options of a choice field and which of them are chosen (ISO 32000-2,
// table 234).
func (l looks) choice(w *pdf.Dict, ff pdf.Integer, out *widget.Look) error {
	exports, shown, err := l.options(w)
	if err != nil {
		return err
	}
	out.Options = shown
	v, err := l.inherited(w, "V")
	if err != nil {
		return err
	}
	values, many := v.(pdf.Array)
	if !many && v != nil {
		values = pdf.Array{v}
	}
	chosen := map[string]bool{}
	for _, v := range values {
		t, err := l.text(v)
		if err != nil {
			return err
		}
		chosen[t] = true
		if !many {
			out.Text = t
		}
	}
	out.Chosen = map[int]bool{}
	for i, e := range exports {
		if chosen[e] || chosen[out.Options[i]] {
			out.Chosen[i] = true
			out.Text = out.Options[i]
		}
	}
	if ff&flagCombo != 0 {
		return nil
	}
	out.Kind = widget.List
	top, err := l.inherited(w, "TI")
	if n, ok := top.(pdf.Integer); ok && n > 0 && int(n) < len(exports) {
		out.Top = int(n)
	}
	return err
}
