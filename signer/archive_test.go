package signer_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// painted is an appearance of given content.
type painted string

func (p painted) Vector() ([]byte, float64, float64) { return []byte(p), 40, 40 }

// deviceColours returns the device colour spaces that the objects from one on use.
func deviceColours(t *testing.T, b []byte, from uint32) []string {
	t.Helper()
	f, _ := form(t, b)
	used := map[string]bool{}
	for num := from; num < f.MaxObject(); num++ {
		o, err := f.Object(pdf.Ref{Num: num})
		if err != nil {
			t.Fatal(err)
		}
		st, ok := o.(*pdf.Stream)
		if !ok {
			continue
		}
		if n, ok := st.Dict.Get("ColorSpace").(pdf.Name); ok {
			used[string(n)] = true
		}
		if st.Dict.Get("Subtype") != pdf.Name("Form") {
			continue
		}
		data, err := f.Decode(st, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		first := true
		whole := pdf.Operators(data, func(op string, args []pdf.Object) bool {
			switch op {
			case "g", "G":
				used["DeviceGray"] = true
			case "rg", "RG":
				used["DeviceRGB"] = true
			case "k", "K":
				used["DeviceCMYK"] = true
			case "f", "S", "B":
				if first {
					used["DeviceGray"] = true // black before a colour is set
				}
			}
			first = first && op != "cs" && op != "g" && op != "rg"
			return true
		})
		if !whole {
			t.Errorf("object %d: content that is not understood: %q", num, data)
		}
	}
	var out []string
	for s := range used {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// TestArchiveColours (ISO 19005-2, 6.2.4.3): in PDF/A, what is added uses no colours of a
// device that the output intent does not define.
func TestArchiveColours(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	im := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	im.Set(3, 3, color.NRGBA{R: 255, A: 128})
	alpha, err := signer.NewPicture(pngOf(t, im), 40, 40)
	if err != nil {
		t.Fatal(err)
	}
	inks, err := signer.NewPicture(planes(t, "\x01\x02\x03\x04", cmyk), 40, 40)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"DeviceCMYK", "DeviceGray", "DeviceRGB"}
	for _, c := range []struct {
		spec    samples.Spec
		allowed []string
	}{
		{samples.Spec{}, all},
		{samples.Spec{Archive: "2b"}, []string{"DeviceGray", "DeviceRGB"}},
		{samples.Spec{Archive: "1b", Intent: samples.Gray}, []string{"DeviceGray"}},
		{samples.Spec{Archive: "3u", Intent: samples.CMYK}, []string{"DeviceCMYK", "DeviceGray"}},
		{samples.Spec{Archive: "4", Intent: samples.None}, nil},
	} {
		in := samples.PDF(c.spec)
		f, _ := form(t, in)
		for name, a := range map[string]signer.Appearance{
			"colours": painted("1 0 0 rg 0 0 1 RG 0 0 9 9 re B 0.5 g 9 9 9 9 re f"), "black": painted("0 0 9 9 re f"),
			"inks": painted("1 0 0 0 k 0 0 9 9 re f"), "picture": alpha, "picture of inks": inks,
			"inline": painted("0 g BI /W 1 /H 1 /BPC 8 /CS /G ID x EI"), "broken": painted("0 g ) f"),
		} {
			laid := layout(t, in, signer.TextField{Name: "T", Page: 1, Box: signer.Box{X: 10, Y: 100, W: 60, H: 10}, Text: "文字"},
				signer.TextField{Name: "Filled", Page: 1, Box: signer.Box{X: 10, Y: 120, W: 60, H: 10}},
				signer.Field{Name: "A", Page: 1, Box: signer.Box{X: 10, Y: 10, W: 40, H: 40}})
			req := request(ca, cred, signer.BT, "")
			req.NewField, req.Field, req.Appearance = nil, "A", a
			req.Fill = []signer.Value{{Field: "Filled", Text: "填写"}}
			var out bytes.Buffer
			err := signer.Sign(t.Context(), &out, open(t, laid), req)
			cmykless := !slices.Contains(c.allowed, "DeviceCMYK")
			strict := c.spec.Archive != "" // not all device colours may be used
			if want := cmykless && (name == "inks" || name == "picture of inks") || strict && (name == "inline" || name == "broken"); errors.Is(err, signer.ErrArchive) != want || !want && err != nil {
				t.Errorf("%+v, %s: %v", c.spec, name, err)
			}
			if err != nil || name == "inline" || name == "broken" {
				continue
			}
			valid(t, ca, out.Bytes())
			for _, used := range deviceColours(t, out.Bytes(), f.MaxObject()) {
				if !slices.Contains(c.allowed, used) {
					t.Errorf("%+v, %s: %s is used", c.spec, name, used)
				}
			}
		}
	}
}
