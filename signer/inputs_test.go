package signer_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// inputs lays out one field of each kind for two signers, on pages of every rotation.
func inputs(t *testing.T) []byte {
	t.Helper()
	at := func(y float64) signer.Box { return signer.Box{X: 20, Y: y, W: 60, H: 10} }
	return layout(t, samples.PDF(mixed()),
		signer.TextField{Name: "text", Page: 1, Box: at(20), Rule: signer.Rule{Required: true, MaxLength: 10}},
		signer.TextField{Name: "lines", Page: 2, Box: signer.Box{X: 20, Y: 40, W: 60, H: 30}, Multiline: true},
		signer.TextField{Name: "number", Page: 3, Box: at(80), Rule: signer.Rule{Kind: signer.Number, Min: "0", Max: "1000.50"}},
		signer.TextField{Name: "date", Page: 4, Box: at(100), Rule: signer.Rule{Kind: signer.Date, Min: "2026-01-01"}},
		signer.CheckBox{Name: "tick", Page: 1, Box: signer.Box{X: 20, Y: 120, W: 5, H: 5}},
		signer.RadioGroup{Name: "radio", Choices: []signer.Choice{{Value: "是", Page: 1, Box: signer.Box{X: 30, Y: 120, W: 5, H: 5}}, {Value: "否", Page: 2, Box: signer.Box{X: 40, Y: 120, W: 5, H: 5}}}},
		signer.TextField{Name: "why", Page: 1, Box: at(130), Rule: signer.Rule{Required: true, When: &signer.When{Field: "radio", In: []string{"否"}}}},
		signer.Dropdown{Name: "drop", Page: 1, Box: at(140), Options: []string{"甲", "乙"}},
		signer.PictureField{Name: "picture", Page: 4, Box: signer.Box{X: 20, Y: 160, W: 30, H: 30}},
		signer.TextField{Name: "code", Page: 1, Box: at(200), Rule: signer.Rule{Pattern: "[A-Z]{2}[0-9]+"}},
		signer.Field{Name: "A"},
		signer.Field{Name: "B", Lock: signer.Lock{Fields: []string{"text", "why"}}})
}

func all() []signer.Value {
	return []signer.Value{{Field: "text", Text: "文字"}, {Field: "lines", Text: "第一行\n第二行很长很长很长很长很长很长很长很长很长"}, {Field: "number", Text: "12.50"},
		{Field: "date", Text: "2026年3月4日"}, {Field: "tick", Text: signer.Ticked}, {Field: "radio", Text: "否"}, {Field: "why", Text: "因为"},
		{Field: "drop", Text: "乙"}, {Field: "picture", Picture: box(20)}, {Field: "code", Text: "AB12"}}
}

// TestInputs fills a field of every kind in the second of two signatures, and verify
// accepts both.
func TestInputs(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	first := request(ca, cred, signer.BT, "")
	first.NewField, first.Field = nil, "A"
	second := first
	second.Field, second.Fill, second.Level = "B", all(), signer.BLTA
	out := sign(t, sign(t, inputs(t), first), second)
	valid(t, ca, out)
	f, fm := form(t, out)
	for name, want := range map[string]string{"text": "文字", "number": "12.50", "date": "2026年3月4日", "drop": "乙", "code": "AB12", "why": "因为"} {
		fd, _ := fm.Find(name)
		s, _ := fd.Dict.Get("V").(pdf.String)
		content, _ := appearanceOf(t, f, fd.Ref.Num)
		if s.Text() != want || strings.Count(content, " cm\n") < len([]rune(want)) {
			t.Errorf("%s has %q and shows\n%s", name, s.Text(), content)
		}
	}
	for name, want := range map[string]pdf.Name{"tick": "Yes", "radio-选项-1": "Off", "radio-选项-2": "否"} {
		fd, _ := fm.Find(name)
		v, _ := fd.Dict.Get("V").(pdf.Name)
		content, state := appearanceOf(t, f, fd.Ref.Num)
		if state != want || content == "" || v != want && want != "Off" {
			t.Errorf("%s is %s with %q, want %s", name, state, v, want)
		}
	}
	fd, _ := fm.Find("picture")
	if content, _ := appearanceOf(t, f, fd.Ref.Num); content == "" {
		t.Error("the picture is not shown")
	}
	if again := second; true {
		again.NewField, again.Field, again.Fill = &signer.Field{Name: "C"}, "", []signer.Value{{Field: "text", Text: "x"}}
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, out), again); !errors.Is(err, signer.ErrNotAllowed) {
			t.Errorf("filled again: %v", err)
		}
	}
}

// TestRules: each rule refuses what it should, in words, and nothing is written.
func TestRules(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := inputs(t)
	with := func(field, text string) []signer.Value {
		var out []signer.Value
		for _, v := range all() {
			if v.Field != field {
				out = append(out, v)
			}
		}
		if text == "-" {
			return out
		}
		return append(out, signer.Value{Field: field, Text: text})
	}
	for name, c := range map[string]struct {
		fill  []signer.Value
		field string // that the error names; "" if it is taken
	}{
		"all":                       {all(), ""},
		"required":                  {with("text", "-"), "text"},
		"required, blank":           {with("text", ""), "text"},
		"too long":                  {with("text", "一二三四五六七八九十一"), "text"},
		"not required":              {with("code", "-"), ""},
		"another form":              {with("code", "ab12"), "code"},
		"a form at its end":         {with("code", "AB12 "), "code"},
		"no number":                 {with("number", "12,50"), "number"},
		"too small":                 {with("number", "-1"), "number"},
		"too large":                 {with("number", "1000.51"), "number"},
		"just as large":             {with("number", "1000.50"), ""},
		"no date":                   {with("date", "2026-02-30"), "date"},
		"too early":                 {with("date", "2025-12-31"), "date"},
		"another way":               {with("date", "2026-01-01"), ""},
		"no option":                 {with("drop", "丙"), "drop"},
		"no state":                  {with("radio", "也许"), "why"},
		"asked for":                 {with("why", "-"), "why"},
		"not asked for":             {append(with("radio", "-"), signer.Value{Field: "radio", Text: "是"}), "why"},
		"not asked for, left empty": {[]signer.Value{{Field: "text", Text: "x"}, {Field: "radio", Text: "是"}}, ""},
		"twice":                     {append(all(), signer.Value{Field: "code", Text: "AB1"}), "code"},
		"too many lines":            {with("lines", strings.Repeat("行\n", 30)), "lines"},
	} {
		req := request(ca, cred, signer.BT, "")
		req.NewField, req.Field, req.Fill = nil, "B", c.fill
		var out bytes.Buffer
		err := signer.Sign(t.Context(), &out, open(t, in), req)
		var value *signer.ValueError
		switch {
		case c.field == "":
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case c.field == "lines":
			if !errors.Is(err, signer.ErrTooLong) {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &value) || value.Field != c.field || !strings.Contains(value.Zh(), c.field) || out.Len() > 0:
			t.Errorf("%s: %v, want one about %q", name, err, c.field)
		}
	}
	for name, r := range map[string]signer.Rule{
		"kind": {Kind: "colour"}, "length": {MinLength: 3, MaxLength: 2}, "range": {Min: "1"}, "bound": {Kind: signer.Number, Max: "many"},
		"pattern": {Pattern: "("}, "long pattern": {Pattern: strings.Repeat("a", 1001)}, "own condition": {When: &signer.When{Field: "f", In: []string{"x"}}},
		"empty condition": {When: &signer.When{Field: "g"}},
	} {
		var value *signer.ValueError
		err := signer.Layout(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), signer.TextField{Name: "f", Page: 1, Box: signer.Box{X: 1, Y: 1, W: 20, H: 10}, Rule: r})
		if !errors.As(err, &value) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
