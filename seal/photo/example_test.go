package photo_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"

	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// A photo of a seal, here a drawn one on shaded paper, becomes a picture without paper,
// in the ink's own colour and at the seal's true size.
func ExampleClean() {
	paper := image.NewRGBA(image.Rect(0, 0, 400, 400))
	for y := range 400 {
		for x := range 400 {
			light := uint8(180 + x/8)
			c := color.RGBA{light, light, light - 10, 255}
			if d := math.Hypot(float64(x-200), float64(y-200)); d < 30 || d > 130 && d < 150 {
				c = color.RGBA{light - 20, light / 4, light / 4, 255}
			}
			paper.SetRGBA(x, y, c)
		}
	}
	var upload bytes.Buffer
	if err := jpeg.Encode(&upload, paper, nil); err != nil {
		fmt.Println(err)
		return
	}
	cut, err := photo.Clean(upload.Bytes(), photo.Options{Size: 42})
	if err != nil {
		fmt.Println(err)
		return
	}
	preview := cut.Preview() // to be shown before anything is stored
	middle := image.Pt(preview.Rect.Dx()/2, preview.Rect.Dy()/2)
	fmt.Println("star:", preview.NRGBAAt(middle.X, middle.Y).A, "paper:", preview.NRGBAAt(middle.X+80, middle.Y).A)
	var picture bytes.Buffer
	if err := cut.PNG(&picture); err != nil {
		fmt.Println(err)
		return
	}
	w, _ := cut.Size()
	fmt.Printf("%.0f mm with its margins\n", w)
	// Output:
	// star: 255 paper: 0
	// 43 mm with its margins
}
