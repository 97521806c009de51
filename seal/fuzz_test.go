package seal_test

import (
	"image/color"
	"io"
	"reflect"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

// FuzzDraw checks that a Spec is refused or drawn, and that the drawing encodes. The
// seeds in testdata/fuzz are the kinds of input that issue reports name.
func FuzzDraw(f *testing.F) {
	f.Add(uint8(seal.StyleOfficial), "深圳市大家签科技有限公司", "", "91350100M000100Y43", "", 42.0, 0.0, 0, uint8(0xFF), uint8(0), 0.0, uint8(0), 0.0)
	f.Add(uint8(seal.StyleContract), "ABC（中国）·公司", "合同专用章", "", "4403012345678", 0.0, 0.0, 0, uint8(0x80), uint8(0), -1.0, uint8(4), 300.0)
	f.Add(uint8(seal.StyleInvoice), "深圳市大家签科技有限公司", "", "91350100M000100Y43", "", 40.0, 30.0, 99, uint8(0xFF), uint8(15), 2.0, uint8(16), 30.0)
	f.Add(uint8(seal.StyleUnion), "深圳市大家签科技有限公司", "", "", "", 42.0, 0.0, 0, uint8(0xFF), uint8(9), -1.0, uint8(10), 0.2)
	f.Fuzz(func(t *testing.T, style uint8, name, text, code, ring string, width, height float64, serial int, alpha, one uint8, valueOne float64, two uint8, valueTwo float64) {
		spec := seal.Spec{
			Style: seal.Style(style), Name: name, Text: text, Code: code, RingCode: ring, Serial: serial,
			Width: width, Height: height, Color: color.NRGBA{A: alpha},
		}
		measure := reflect.ValueOf(&spec.Measure).Elem() // every field is a float64
		measure.Field(int(one) % measure.NumField()).SetFloat(valueOne)
		measure.Field(int(two) % measure.NumField()).SetFloat(valueTwo)
		art, err := seal.Draw(spec)
		if err != nil {
			if _, ok := err.(interface{ Zh() string }); !ok {
				t.Fatalf("%T has no Chinese sentence: %v", err, err)
			}
			return
		}
		w, h := art.Size()
		if !(w > 0 && w <= seal.MaxSide && h > 0 && h <= seal.MaxSide) {
			t.Fatalf("%v×%v mm", w, h)
		}
		if err := art.PNG(io.Discard, 72); err != nil {
			t.Fatal(err)
		}
		if err := art.SVG(io.Discard); err != nil {
			t.Fatal(err)
		}
		if content, _, _ := art.Vector(); len(content) == 0 {
			t.Fatal("no content")
		}
	})
}
