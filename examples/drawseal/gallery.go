package main

import (
	"bytes"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/fogleman/gg"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"

	"github.com/dajiaqian/dajiaqian/seal"
)

// exhibits returns one seal of every style, of a company that does not exist.
func exhibits() []seal.Spec {
	const (
		company = "上海测试科技有限公司"
		code    = "91310115591693856A"
		police  = "3101150123456"
	)
	return []seal.Spec{
		{Style: seal.StyleOfficial, Name: company, Code: code},
		{Style: seal.StyleContract, Name: company, RingCode: police},
		{Style: seal.StyleFinance, Name: company, RingCode: police},
		{Style: seal.StyleInvoice, Name: company, Code: code, Serial: 1},
		{Style: seal.StyleSpecial, Name: company, Text: "业务专用章"},
		{Style: seal.StyleDepartment, Name: company, Text: "采购部"},
		{Style: seal.StylePersonnel, Name: company, RingCode: police},
		{Style: seal.StyleForeign, Name: "测试（中国）国际贸易有限公司", Code: code},
		{Style: seal.StyleUnion, Name: company + "工会委员会", RingCode: police},
		{Style: seal.StyleYouthLeague, Name: "中国共产主义青年团", Text: company + "委员会"},
		{Style: seal.StyleRepresentative, Name: "张晓明", Text: "印"},
		{Style: seal.StyleSignature, Name: "张晓明"},
	}
}

// The sheet, in mm. At galleryDPI it is 1205 pixels wide.
const (
	galleryDPI  = 150
	columns     = 4
	cellWidth   = 51.0
	cellHeight  = 54.0
	labelHeight = 3.4
)

// black is the ink of labels, and of the seals that are not red.
var black = color.NRGBA{0x11, 0x11, 0x11, 0xFF}

// drawAll writes the sheet and the page of every style.
func (o *options) drawAll() error {
	specs := exhibits()
	arts := make([]*seal.Artwork, len(specs))
	for i := range specs {
		if err := o.dress(&specs[i]); err != nil {
			return err
		}
		art, err := seal.Draw(specs[i])
		if err != nil {
			return fmt.Errorf("%v: %w", specs[i].Style, err)
		}
		arts[i] = art
	}
	sheet, err := drawSheet(specs, arts)
	if err != nil {
		return err
	}
	page, err := drawPage(specs, arts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.gallery, 0o755); err != nil {
		return err
	}
	err = replace(filepath.Join(o.gallery, "gallery.png"), func(w io.Writer) error {
		return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, sheet)
	})
	if err != nil {
		return err
	}
	return replace(filepath.Join(o.gallery, "gallery.html"), func(w io.Writer) error {
		_, err := w.Write(page)
		return err
	})
}

// drawSheet puts the seals and their labels on white.
func drawSheet(specs []seal.Spec, arts []*seal.Artwork) (*image.Paletted, error) {
	pixels := func(mm float64) float64 { return mm * galleryDPI / 25.4 }
	face, err := labelFace(pixels(labelHeight))
	if err != nil {
		return nil, err
	}
	rows := (len(arts) + columns - 1) / columns
	sheet := gg.NewContext(int(math.Round(pixels(columns*cellWidth))), int(math.Round(pixels(float64(rows)*cellHeight))))
	sheet.SetColor(color.White)
	sheet.Clear()
	sheet.SetColor(black)
	sheet.SetFontFace(face)
	for i, art := range arts {
		var b bytes.Buffer
		if err := art.PNG(&b, galleryDPI); err != nil {
			return nil, err
		}
		img, err := png.Decode(&b)
		if err != nil {
			return nil, err
		}
		x, y := pixels((float64(i%columns)+0.5)*cellWidth), pixels((float64(i/columns)+0.5)*cellHeight)
		sheet.DrawImageAnchored(img, int(x), int(y-pixels(labelHeight)), 0.5, 0.5)
		sheet.DrawStringAnchored(specs[i].Style.String()+" "+sizeOf(art), x, y+pixels(cellHeight/2-labelHeight), 0.5, 0.2)
	}
	// With a palette the file is a third of the size.
	paletted := image.NewPaletted(sheet.Image().Bounds(), ramps(arts[0].Color(), black))
	draw.Draw(paletted, paletted.Rect, sheet.Image(), image.Point{}, draw.Src)
	return paletted, nil
}

// ramps returns a palette of steps from white to each ink.
func ramps(inks ...color.NRGBA) color.Palette {
	const steps = 64
	var palette color.Palette
	for _, ink := range inks {
		for i := range steps {
			mix := func(v uint8) uint8 { return uint8(255 - (255-int(v))*i/(steps-1)) }
			palette = append(palette, color.NRGBA{mix(ink.R), mix(ink.G), mix(ink.B), 0xFF})
		}
	}
	return palette
}

// labelFace returns the embedded face in a size in pixels.
func labelFace(size float64) (font.Face, error) {
	data, err := seal.SongFont()
	if err != nil {
		return nil, err
	}
	f, err := opentype.Parse(data)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
}

// sizeOf returns the size of art in whole mm.
func sizeOf(art *seal.Artwork) string {
	w, h := art.Size()
	if w == h {
		return fmt.Sprintf("%.0f mm", w)
	}
	return fmt.Sprintf("%.0f×%.0f mm", w, h)
}

// command returns the command that draws the seal of spec alone.
func command(spec seal.Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "drawseal -style %v -name %s", spec.Style, spec.Name)
	for _, f := range []struct{ name, value string }{
		{"code", spec.Code}, {"ring-code", spec.RingCode}, {"text", spec.Text},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, " -%s %s", f.name, f.value)
		}
	}
	if spec.Serial != 0 {
		fmt.Fprintf(&b, " -serial %d", spec.Serial)
	}
	return b.String() + " -out seal.png"
}

const pageText = `<!DOCTYPE html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>印章样式</title>
<style>
body { margin: 8mm; font-family: sans-serif; color: #222; background: #fff }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(56mm, 1fr)); gap: 6mm }
figure { margin: 0; display: flex; flex-direction: column; align-items: center; justify-content: space-between }
.seal { flex: 1; display: flex; align-items: center }
figcaption { margin-top: 3mm; text-align: center }
code { display: block; margin-top: 1mm; font-size: 11px; color: #666; overflow-wrap: anywhere }
</style>
<h1>印章样式</h1>
<main>
{{range .}}<figure>
<div class="seal">{{.SVG}}</div>
<figcaption>{{.Title}} <small>{{.Size}}</small><code>{{.Command}}</code></figcaption>
</figure>
{{end}}</main>
</html>
`

// drawPage shows the seals as vectors at their true size.
func drawPage(specs []seal.Spec, arts []*seal.Artwork) ([]byte, error) {
	type exhibit struct {
		SVG                  template.HTML
		Title, Size, Command string
	}
	all := make([]exhibit, len(arts))
	for i, art := range arts {
		var b strings.Builder
		if err := art.SVG(&b); err != nil {
			return nil, err
		}
		all[i] = exhibit{template.HTML(b.String()), specs[i].Style.String(), sizeOf(art), command(specs[i])}
	}
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = page.Execute(&b, all)
	return b.Bytes(), err
}
