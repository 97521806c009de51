package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func layout(t testing.TB, in []byte, elements ...signer.Element) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := signer.Layout(t.Context(), &out, open(t, in), elements...); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(out.Bytes(), in) {
		t.Fatal("the input is not the output's prefix")
	}
	return out.Bytes()
}

func form(t testing.TB, b []byte) (*pdf.File, pdf.Form) {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	fm, err := f.Form()
	if err != nil {
		t.Fatal(err)
	}
	return f, fm
}

// mixed returns five pages of different boxes and rotations.
func mixed() samples.Spec {
	return samples.Spec{Pages: []samples.Page{{}, {Rotate: 90}, {Rotate: 180}, {Rotate: 270},
		{Media: [4]float64{-100, -50, 500, 700}, Crop: [4]float64{-80, -20, 480, 680}, Rotate: 90}}}
}

// TestStraddle lays a 骑缝章 across five pages and signs it. Each strip lies at the right
// edge of its page as displayed, the strips make up the seal, each shows its part, and
// the signature locks them all.
func TestStraddle(t *testing.T) {
	const side = 40.0
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	laid := layout(t, samples.PDF(mixed()), signer.Field{Name: "骑缝",
		Straddle: &signer.Straddle{Pages: []int{1, 2, 3, 4, 5}, At: 0.5, Width: side, Height: side}})
	req := request(ca, cred, signer.BT, "")
	req.NewField, req.Field, req.Appearance = nil, "骑缝", box(side)
	signed := sign(t, laid, req)
	f, fm := form(t, signed)
	strips := 0
	err := f.Pages(func(i int, p pdf.Page) bool {
		fd, ok := fm.Find(fmt.Sprintf("骑缝-骑缝-%d", i+1))
		if !ok {
			t.Fatalf("page %d has no strip", i+1)
		}
		r, err := f.Rect(fd.Dict.Get("Rect"))
		if err != nil {
			t.Fatal(err)
		}
		x, y, w, h := p.ToDisplay(r)
		pw, ph := p.Size()
		const mm = 72 / 25.4
		if math.Abs(x+w-pw) > 0.01 || math.Abs(w-side/5*mm) > 0.01 || math.Abs(h-side*mm) > 0.01 || math.Abs(y+h/2-ph/2) > 0.01 {
			t.Errorf("page %d: strip at %.2f %.2f, %.2f × %.2f of %.2f × %.2f", i+1, x, y, w, h, pw, ph)
		}
		ap, _ := fd.Dict.Get("AP").(*pdf.Dict)
		n, _ := ap.Get("N").(*pdf.Dict)
		o, err := f.Resolve(n.Get("On"))
		if err != nil {
			t.Fatal(err)
		}
		st, ok := o.(*pdf.Stream)
		if !ok || fd.Dict.Get("AS") != pdf.Name("On") {
			t.Fatalf("page %d: the strip shows nothing", i+1)
		}
		part, err := f.Rect(st.Dict.Get("BBox"))
		if err != nil || math.Abs(part.X0-side/5*float64(i)) > 1e-3 || math.Abs(part.Width()-side/5) > 1e-3 {
			t.Errorf("page %d shows %+v of the seal", i+1, part)
		}
		strips++
		return true
	})
	if err != nil || strips != 5 {
		t.Fatalf("%d strips, %v", strips, err)
	}
	fd, _ := fm.Find("骑缝")
	v, err := f.Dict(fd.Dict.Get("V"))
	if err != nil {
		t.Fatal(err)
	}
	refs, _ := v.Get("Reference").(pdf.Array)
	ref, _ := refs[0].(*pdf.Dict)
	params, _ := ref.Get("TransformParams").(*pdf.Dict)
	if locked, _ := params.Get("Fields").(pdf.Array); len(locked) != 6 {
		t.Errorf("%d fields are locked, want the signature and five strips", len(locked))
	}
}

func TestStraddleRefuses(t *testing.T) {
	ca := newCA(t, devca.P256)
	in := samples.PDF(samples.Spec{Pages: samples.A4(60)})
	good := signer.Straddle{Pages: []int{1, 2}, At: 0.5, Width: 40, Height: 40}
	for name, c := range map[string]struct {
		change func(*signer.Straddle)
		want   error
	}{
		"one page":       {func(s *signer.Straddle) { s.Pages = []int{1} }, signer.ErrStraddle},
		"too thin":       {func(s *signer.Straddle) { s.Width = 2.9 }, signer.ErrStraddle},
		"order":          {func(s *signer.Straddle) { s.Pages = []int{2, 1} }, signer.ErrStraddle},
		"twice":          {func(s *signer.Straddle) { s.Pages = []int{1, 1} }, signer.ErrStraddle},
		"place":          {func(s *signer.Straddle) { s.At = math.NaN() }, signer.ErrStraddle},
		"side":           {func(s *signer.Straddle) { s.Side = 7 }, signer.ErrStraddle},
		"size":           {func(s *signer.Straddle) { s.Width = 0 }, signer.ErrStraddle},
		"no such page":   {func(s *signer.Straddle) { s.Pages = []int{1, 61} }, nil},
		"larger than it": {func(s *signer.Straddle) { s.Height = 400 }, signer.ErrOffPage},
	} {
		s := good
		c.change(&s)
		err := signer.Layout(t.Context(), &bytes.Buffer{}, open(t, in), signer.Field{Name: "S", Straddle: &s})
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// After a signature new buttons would break it, so strips are signed one by one.
	signed := sign(t, in, request(ca, credential(t, ca), signer.BB, "A"))
	req := request(ca, credential(t, ca), signer.BB, "B")
	req.NewField.Straddle, req.Appearance = &good, box(40)
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, signed), req); !errors.Is(err, signer.ErrSigned) {
		t.Errorf("in a signed document: %v", err)
	}
	strips, err := good.Strips(open(t, signed), box(40))
	if err != nil || len(strips) != 2 {
		t.Fatal(strips, err)
	}
	for i, s := range strips {
		req := request(ca, credential(t, ca), signer.BB, fmt.Sprint("strip", i))
		req.NewField.Page, req.NewField.Box, req.Appearance = s.Page, s.Box, s.Appearance
		signed = sign(t, signed, req)
	}
}

// TestAlso stamps one signature's seal in several places.
func TestAlso(t *testing.T) {
	ca := newCA(t, devca.P256)
	req := request(ca, credential(t, ca), signer.BB, "S")
	req.NewField.Page, req.NewField.Box, req.Appearance = 1, signer.Around(50, 50, 42, 42), box(42)
	for p := 2; p <= 5; p++ {
		req.NewField.Also = append(req.NewField.Also, signer.Place{Page: p, Box: signer.Around(50, 50, 42, 42)})
	}
	out := sign(t, samples.PDF(mixed()), req)
	_, fm := form(t, out)
	if len(fm.Fields) != 5 {
		t.Errorf("%d fields, want 5", len(fm.Fields))
	}
	if n := bytes.Count(out, []byte("1 0 0 rg")) + bytes.Count(out, []byte("/Seal Do")); n != 4 {
		t.Errorf("the seal is painted %d times by reference, want 4", n)
	}
}

// TestFill: text and date fields are laid out empty and filled in the signing
// revision, and locked by it.
func TestFill(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	laid := layout(t, samples.PDF(samples.Spec{}),
		signer.TextField{Name: "日期", Page: 1, Box: signer.Box{X: 20, Y: 40, W: 60, H: 8}},
		signer.TextField{Name: "备注", Page: 1, Box: signer.Box{X: 20, Y: 60, W: 60, H: 8}, Size: 12},
		signer.Field{Name: "甲方", Lock: signer.Lock{Fields: []string{"日期"}}},
		signer.Field{Name: "乙方"})
	req := request(ca, cred, signer.BB, "")
	req.NewField, req.Field = nil, "甲方"
	req.Fill = []signer.Value{{Field: "日期", Text: "2026年3月4日"}}
	signed := sign(t, laid, req)
	_, fm := form(t, signed)
	fd, _ := fm.Find("日期")
	if s, _ := fd.Dict.Get("V").(pdf.String); s.Text() != "2026年3月4日" || fd.Dict.Get("AP") == nil {
		t.Errorf("the date field holds %q", s.Text())
	}
	next := func(v signer.Value) ([]byte, error) {
		r := request(ca, cred, signer.BB, "")
		r.NewField, r.Field, r.Fill = nil, "乙方", []signer.Value{v}
		var out bytes.Buffer
		err := signer.Sign(t.Context(), &out, open(t, signed), r)
		return out.Bytes(), err
	}
	for name, c := range map[string]struct {
		v    signer.Value
		want error
	}{
		"locked":    {signer.Value{Field: "日期", Text: "x"}, signer.ErrNotAllowed},
		"absent":    {signer.Value{Field: "金额", Text: "x"}, signer.ErrNoField},
		"no text":   {signer.Value{Field: "乙方", Text: "x"}, signer.ErrNoField},
		"too long":  {signer.Value{Field: "备注", Text: string(bytes.Repeat([]byte("x"), 500))}, signer.ErrTooLong},
		"no glyph":  {signer.Value{Field: "备注", Text: "\U0001F600"}, signer.ErrNoGlyph},
		"may be":    {signer.Value{Field: "备注", Text: "可以"}, nil},
		"long, but": {signer.Value{Field: "备注", Text: "这一行文字很长，长到必须缩小字号才能放进这个输入框里面去，但还是放得下"}, nil},
	} {
		out, err := next(c.v)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil {
			valid(t, ca, out)
		}
	}
}

// TestA28Rights: the engine refuses what would break an earlier signature (A28,
// A29).
func TestA28Rights(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := layout(t, samples.PDF(samples.Spec{}), signer.Field{Name: "A"}, signer.Field{Name: "B"})
	fill := func(name string, change func(*signer.Request)) signer.Request {
		r := request(ca, cred, signer.BB, "")
		r.NewField, r.Field = nil, name
		if change != nil {
			change(&r)
		}
		return r
	}
	for _, p := range []signer.Certification{signer.AllowNothing, signer.AllowForms, signer.AllowAnnotation} {
		certified := sign(t, in, fill("A", func(r *signer.Request) { r.Certify = p }))
		f, _ := form(t, certified)
		cat, _, err := f.Catalog()
		if err != nil {
			t.Fatal(err)
		}
		perms, err := f.Dict(cat.Get("Perms"))
		if err != nil || perms.Get("DocMDP") == nil {
			t.Errorf("P %d: the catalog names no certification", p)
		}
		err = signer.Sign(t.Context(), &bytes.Buffer{}, open(t, certified), fill("B", nil))
		if allowed := p != signer.AllowNothing; (err == nil) != allowed {
			t.Errorf("P %d: a second signature: %v", p, err)
		}
		// A new field that nobody sees is a signature alone (table 257).
		fresh := request(ca, cred, signer.BB, "C")
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, certified), fresh); errors.Is(err, signer.ErrNotAllowed) != (p == signer.AllowNothing) {
			t.Errorf("P %d: a new field: %v", p, err)
		}
		fresh.NewField.Page, fresh.NewField.Box = 1, signer.Box{X: 10, Y: 10, W: 20, H: 20}
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, certified), fresh); errors.Is(err, signer.ErrNotAllowed) != (p != signer.AllowAnnotation) {
			t.Errorf("P %d: a new field that can be seen: %v", p, err)
		}
		if err := signer.Extend(t.Context(), &bytes.Buffer{}, open(t, certified), signer.BLTA, services(ca)); err != nil {
			t.Errorf("P %d: archiving: %v", p, err)
		}
	}
	signed := sign(t, in, fill("A", nil))
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, signed), fill("B", func(r *signer.Request) { r.Certify = signer.AllowForms })); !errors.Is(err, signer.ErrSigned) {
		t.Errorf("a certification after a signature: %v", err)
	}
	locked := sign(t, in, fill("A", func(r *signer.Request) { r.Lock = &signer.Lock{All: true} }))
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, locked), fill("B", nil)); !errors.Is(err, signer.ErrNotAllowed) {
		t.Errorf("everything is locked: %v", err)
	}
	one := sign(t, in, fill("A", func(r *signer.Request) { r.Lock = &signer.Lock{Fields: []string{"B"}} }))
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, one), fill("B", nil)); !errors.Is(err, signer.ErrNotAllowed) {
		t.Errorf("B is locked: %v", err)
	}
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, in), fill("A", func(r *signer.Request) { r.Lock = &signer.Lock{Fields: []string{"Z"}} })); !errors.Is(err, signer.ErrNoField) {
		t.Errorf("a lock on nothing: %v", err)
	}
}
