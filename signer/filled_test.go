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

// TestFillAnyField fills fields as other programs make them: with entries that are
// inherited or indirect, export values, cells, values of every form. What has a value stays.
func TestFillAnyField(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	const w = "/Type/Annot/Subtype/Widget/Rect[100 100 300 160]/F 4/P 3 0 R"
	const form1 = "<</Subtype/Form/BBox[0 0 1 1]/Length 0>>\nstream\n\nendstream"
	const refused, filled = "refused", "filled already"
	text := func(s string) signer.Value { return signer.Value{Field: "x", Text: s} }
	for name, c := range map[string]struct {
		fill signer.Value
		want string // of /V, or how it is refused
		objs []string
	}{
		"too long":            {text("abcd"), refused, []string{"<</FT/Tx/T(x)/MaxLen 3" + w + ">>"}},
		"just as long":        {text("abc"), "abc", []string{"<</FT/Tx/T(x)/MaxLen 3" + w + ">>"}},
		"cells":               {text("123"), "123", []string{"<</FT/Tx/T(x)/MaxLen 8/Ff 16777216" + w + ">>"}},
		"password":            {text("secret"), refused, []string{"<</FT/Tx/T(x)/Ff 8192" + w + ">>"}},
		"stream":              {text("new"), filled, []string{"<</FT/Tx/T(x)/V 6 0 R" + w + ">>", "<</Length 3>>\nstream\nold\nendstream"}},
		"several values":      {text("c"), filled, []string{"<</FT/Ch/T(x)/Opt[(a)(b)(c)]/V[(a)(b)]" + w + ">>"}},
		"inherited value":     {signer.Value{Field: "x.y", Text: "new"}, filled, []string{"<</FT/Tx/T(x)/V(old)/Kids[6 0 R]>>", "<</T(y)/Parent 5 0 R" + w + ">>"}},
		"export":              {text("CN"), "CN", []string{"<</FT/Ch/T(x)/Ff 131072/Opt[[(CN)(China)][(FR)(France)]]" + w + ">>"}},
		"shown":               {text("China"), "CN", []string{"<</FT/Ch/T(x)/Ff 131072/Opt[[(CN)(China)][(FR)(France)]]" + w + ">>"}},
		"list":                {text("b"), "b", []string{"<</FT/Ch/T(x)/Opt[(a)(b)]" + w + ">>"}},
		"no option":           {text("c"), refused, []string{"<</FT/Ch/T(x)/Ff 131072/Opt[(a)(b)]" + w + ">>"}},
		"edited":              {text("c"), "c", []string{"<</FT/Ch/T(x)/Ff 393216/Opt[(a)(b)]" + w + ">>"}},
		"inherited lines":     {signer.Value{Field: "x.y", Text: "a\nb"}, "a\nb", []string{"<</FT/Tx/T(x)/Ff 4096/Kids[6 0 R]>>", "<</T(y)/Parent 5 0 R" + w + ">>"}},
		"indirect lines":      {text("a\nb"), "a\nb", []string{"<</FT/Tx/T(x)/Ff 6 0 R" + w + ">>", "4096"}},
		"choice by option":    {text("two"), "1", []string{"<</FT/Btn/T(x)/Ff 49152/Opt[(one)(two)]/Kids[6 0 R 7 0 R]>>", "<</Parent 5 0 R/AS/Off/AP<</N<</0 8 0 R/Off 8 0 R>>>>" + w + ">>", "<</Parent 5 0 R/AS/Off/AP<</N<</1 8 0 R/Off 8 0 R>>>>" + w + ">>", form1}},
		"indirect appearance": {text("Yes"), "Yes", []string{"<</FT/Btn/T(x)/AP 7 0 R" + w + ">>", form1, "<</N<</Yes 6 0 R/Off 6 0 R>>>>"}},
		"off":                 {text("Off"), refused, []string{"<</FT/Btn/T(x)/AP<</N<</Yes 6 0 R/Off 6 0 R>>>>" + w + ">>", form1}},
		"a rule of no form":   {text("a"), refused, []string{`<</FT/Tx/T(x)/DJQ_Rule({"pattern":5})` + w + ">>"}},
		"a rule too large":    {text("a"), refused, []string{`<</FT/Tx/T(x)/DJQ_Rule({"when":{"field":"y","in":["` + strings.Repeat("a", 9<<10) + `"]}})` + w + ">>"}},
		"a costly pattern":    {text("a"), refused, []string{`<</FT/Tx/T(x)/DJQ_Rule({"pattern":"` + `.?{1000}.?{1000}` + `"})` + w + ">>"}},
	} {
		objs := append([]string{"<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Annots[5 0 R]>>", "<</Fields[5 0 R]/DA(/Helv 12 Tf 0 g)>>"}, c.objs...)
		req := request(ca, cred, signer.BT, "S")
		req.Fill = []signer.Value{c.fill}
		var out bytes.Buffer
		err := signer.Sign(t.Context(), &out, open(t, objects(0, objs...)), req)
		var value *signer.ValueError
		switch {
		case c.want == refused:
			if !errors.As(err, &value) || out.Len() > 0 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		case c.want == filled:
			if !errors.Is(err, signer.ErrNotAllowed) || !strings.Contains(err.Error(), filled) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", name, err)
			continue
		}
		valid(t, ca, out.Bytes())
		_, fm := form(t, out.Bytes())
		fd, _ := fm.Find(c.fill.Field)
		got := ""
		switch v := fd.Dict.Get("V").(type) {
		case pdf.String:
			got = v.Text()
		case pdf.Name:
			got = string(v)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestRequiredByLocks: a field is required by every lock that includes it, however it says
// so, and by a later signature unless an earlier one filled it.
func TestRequiredByLocks(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	agree := signer.CheckBox{Name: "agree", Page: 1, Box: signer.Box{X: 20, Y: 20, W: 5, H: 5}, Rule: signer.Rule{Required: true}}
	for lock, required := range map[string]bool{"/Action/Exclude/Fields[(other)]": true, "/Action/Exclude/Fields[(agree)]": false, "/Action/Include/Fields[7 0 R]": true,
		"/Action/All": true, "/Action/Include/Fields[(other)]": false} {
		in := layout(t, objects(0, "<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Annots[5 0 R]>>", "<</Fields[5 0 R]>>",
			"<</FT/Sig/T(S)/Type/Annot/Subtype/Widget/Rect[100 100 300 300]/F 4/P 3 0 R/Lock 6 0 R>>", "<</Type/SigFieldLock"+lock+">>", "(agree)"), agree)
		var value *signer.ValueError
		if err := open(t, in).CheckFill("S", nil); errors.As(err, &value) != required {
			t.Errorf("%s: %v", lock, err)
		}
	}
	in := layout(t, samples.PDF(samples.Spec{}), agree,
		signer.RadioGroup{Name: "way", Rule: signer.Rule{Required: true}, Choices: []signer.Choice{{Value: "a", Page: 1, Box: signer.Box{X: 30, Y: 20, W: 5, H: 5}}, {Value: "b", Page: 1, Box: signer.Box{X: 40, Y: 20, W: 5, H: 5}}}},
		signer.PictureField{Name: "pic", Page: 1, Box: signer.Box{X: 20, Y: 30, W: 30, H: 30}, Rule: signer.Rule{Required: true}},
		signer.TextField{Name: "why", Page: 1, Box: signer.Box{X: 20, Y: 70, W: 60, H: 10}, Rule: signer.Rule{Required: true, When: &signer.When{Field: "pic", In: []string{""}}}},
		signer.Field{Name: "A", Lock: signer.Lock{Fields: []string{"agree", "way", "pic"}}}, signer.Field{Name: "B", Lock: signer.Lock{All: true}})
	all := []signer.Value{{Field: "agree", Text: signer.Ticked}, {Field: "way", Text: "b"}, {Field: "pic", Picture: box(20)}}
	for i, v := range all {
		fill := append(append([]signer.Value(nil), all[:i]...), all[i+1:]...)
		var value *signer.ValueError
		if err := open(t, in).CheckFill("A", fill); !errors.As(err, &value) || value.Field != v.Field {
			t.Errorf("without %s: %v", v.Field, err)
		}
	}
	req := request(ca, cred, signer.BT, "")
	req.NewField, req.Field, req.Fill = nil, "A", all
	signed := sign(t, in, req)
	req.Field, req.Fill = "B", nil // the picture is there, so that nobody asks why
	valid(t, ca, sign(t, signed, req))
}

// TestPatterns: a pattern is judged against the whole text, by itself, and may not cost much.
func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		ok            bool // the pattern
		takes         bool
	}{
		{"[0-9]+", "12", true, true}, {"[0-9]+", "12a", true, false}, {"a|ab", "ab", true, true}, {"(?i)ab", "AB", true, true}, {`\Qa.b`, "a.b", true, true},
		{"^a$", "a", true, true}, {"[0-9]+)|(?:x", "1abc", false, false}, {"(", "", false, false}, {"(?:.?){1000}", "", false, false}, {"(?:a{10}){10}", "", true, false},
		{"(?:a{30}){30}", "", false, false}, {"((a{9}){9}){9}", "", false, false}, {strings.Repeat("a", 201), "", false, false}, {`\pL{100}`, "", false, false},
	} {
		r := signer.Rule{Pattern: c.pattern}
		if err := r.Check("f"); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.pattern, err)
		}
		if c.text == "" {
			continue
		}
		if err := r.Takes("f", c.text); (err == nil) != c.takes {
			t.Errorf("%s takes %q: %v", c.pattern, c.text, err)
		}
	}
	for _, r := range []signer.Rule{{Kind: signer.Number, Min: "10", Max: "1"}, {Kind: signer.Date, Min: "2026-02-02", Max: "2026-02-01"}} {
		if err := r.Check("f"); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
}
