package seal_test

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/seal"
)

// A company seal of 42 mm with its credit code, as a picture for printing.
func ExampleDraw() {
	art, err := seal.Draw(seal.Spec{
		Style: seal.StyleOfficial,
		Name:  "深圳市大家签科技有限公司",
		Code:  "91350100M000100Y43",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var picture bytes.Buffer
	if err := art.PNG(&picture, 600); err != nil {
		fmt.Println(err)
		return
	}
	w, h := art.Size()
	fmt.Printf("%v × %v mm, PNG: %t\n", w, h, bytes.HasPrefix(picture.Bytes(), []byte("\x89PNG")))
	// Output: 42 × 42 mm, PNG: true
}

// Errors come in English and in Chinese.
func ExampleDraw_errors() {
	_, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "某某公司", Code: "91350100M000100Y44"})
	fmt.Println(err)
	var code *seal.CodeError
	if errors.As(err, &code) {
		fmt.Println(code.Zh())
	}
	// Output:
	// seal: Code "91350100M000100Y44": check character does not fit
	// 统一社会信用代码校验码错误
}

// A person's name as a signature, in blue and 10 mm high.
func ExampleArtwork_Vector() {
	blue, err := seal.ParseColor("blue")
	if err != nil {
		fmt.Println(err)
		return
	}
	art, err := seal.Draw(seal.Spec{Style: seal.StyleSignature, Name: "张晓明", Height: 10, Color: blue})
	if err != nil {
		fmt.Println(err)
		return
	}
	content, w, h := art.Vector()
	fmt.Printf("%.0f × %.0f mm; starts %q\n", w, h, content[:25])
	// Output: 30 × 9 mm; starts "q 0.1059 0.2471 0.6275 rg"
}

func ExampleParseStyle() {
	style, err := seal.ParseStyle("公会章") // as the manual spells it
	fmt.Println(style, err)
	_, err = seal.ParseStyle("玉玺")
	fmt.Println(err)
	// Output:
	// 工会章 <nil>
	// seal: unknown style: "玉玺"
}

// What was written on a phone with a finger becomes a signature 40 mm wide.
func ExampleDrawHandwriting() {
	written, err := seal.ParseHandwriting([]byte(`{"width":600,"height":300,"strokes":[
		[{"x":80,"y":100,"t":0},{"x":300,"y":85,"t":60},{"x":520,"y":90,"t":100}],
		[{"x":310,"y":30,"t":300},{"x":290,"y":160,"t":380},{"x":140,"y":260,"t":450}]]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	art, err := seal.DrawHandwriting(written, seal.Pen{Width: 40})
	if err != nil {
		fmt.Println(err)
		return
	}
	w, h := art.Size()
	fmt.Printf("%.1f × %.1f mm\n", w, h)
	// Output: 37.4 × 20.0 mm
}

// A seal as if stamped years ago (做旧).
func ExampleArtwork_AgedPNG() {
	art, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "深圳市大家签科技有限公司"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var old, again bytes.Buffer
	if err := errors.Join(
		art.AgedPNG(&old, 300, seal.Age{Seed: 2026}),
		art.AgedPNG(&again, 300, seal.Age{Seed: 2026}),
	); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bytes.Equal(old.Bytes(), again.Bytes()))
	// Output: true
}
