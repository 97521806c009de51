package witness_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/fogleman/gg"
	"github.com/golang/freetype/truetype"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The seal that both sides draw: 公章 of 42 mm at 600 dpi.
const (
	sealName = "深圳市大家签科技有限公司"
	sealDPI  = 600
	sealMM   = 42.0
	sealEm   = 5.4 // mm of a character
)

func px(mm float64) float64 { return mm * sealDPI / 25.4 }

// rivals are the two ways to put the characters of the embedded face on a ring
// with gg: by its own DrawString, which turns the picture of a character, and as
// paths, from the outlines that x/image reads. Both start with the face parsed.
func rivals(t testing.TB) map[string]func(dc *gg.Context, r rune) {
	t.Helper()
	data, err := seal.SongFont()
	if err != nil {
		t.Fatal(err)
	}
	bitmaps, err := truetype.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	outlines, err := sfnt.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	face := truetype.NewFace(bitmaps, &truetype.Options{Size: px(sealEm), DPI: 72})
	var buf sfnt.Buffer
	return map[string]func(*gg.Context, rune){
		"text": func(dc *gg.Context, r rune) {
			dc.SetFontFace(face)
			dc.DrawStringAnchored(string(r), 0, 0, 0.5, 0.5)
		},
		"paths": func(dc *gg.Context, r rune) {
			if err := fillGlyph(dc, outlines, &buf, r); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// fillGlyph fills a character as a path whose middle is the origin.
func fillGlyph(dc *gg.Context, f *sfnt.Font, buf *sfnt.Buffer, r rune) error {
	glyph, err := f.GlyphIndex(buf, r)
	if err != nil {
		return err
	}
	em := fixed.Int26_6(px(sealEm) * 64)
	bounds, _, err := f.GlyphBounds(buf, glyph, em, font.HintingNone)
	if err != nil {
		return err
	}
	segments, err := f.LoadGlyph(buf, glyph, em, nil)
	if err != nil {
		return err
	}
	x, y := float64(bounds.Min.X+bounds.Max.X)/128, float64(bounds.Min.Y+bounds.Max.Y)/128
	at := func(p fixed.Point26_6) (float64, float64) { return float64(p.X)/64 - x, float64(p.Y)/64 - y }
	for _, s := range segments {
		x0, y0 := at(s.Args[0])
		x1, y1 := at(s.Args[1])
		x2, y2 := at(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			dc.NewSubPath()
			dc.MoveTo(x0, y0)
		case sfnt.SegmentOpLineTo:
			dc.LineTo(x0, y0)
		case sfnt.SegmentOpQuadTo:
			dc.QuadraticTo(x0, y0, x1, y1)
		case sfnt.SegmentOpCubeTo:
			dc.CubicTo(x0, y0, x1, y1, x2, y2)
		}
	}
	dc.Fill()
	return nil
}

// drawByGG draws the seal with gg: ring, star, and the name along the ring.
func drawByGG(character func(*gg.Context, rune)) image.Image {
	side := int(math.Round(px(sealMM)))
	dc := gg.NewContext(side, side)
	dc.Translate(float64(side)/2, float64(side)/2)
	dc.SetColor(color.NRGBA{0xD7, 0x14, 0x1A, 0xFF})
	dc.SetLineWidth(px(1.2))
	dc.DrawCircle(0, 0, px(sealMM/2-0.6))
	dc.Stroke()
	for i := range 10 {
		radius := px(7)
		if i%2 == 1 {
			radius *= math.Sin(math.Pi/10) / math.Sin(3*math.Pi/10)
		}
		angle := -math.Pi/2 + float64(i)*math.Pi/5
		dc.LineTo(radius*math.Cos(angle), radius*math.Sin(angle))
	}
	dc.ClosePath()
	dc.Fill()
	name := []rune(sealName)
	const arc = 250 * math.Pi / 180
	for i, r := range name {
		dc.Push()
		dc.Rotate(-arc/2 + arc*float64(i)/float64(len(name)-1))
		dc.Translate(0, -px(16.4))
		character(dc, r)
		dc.Pop()
	}
	return dc.Image()
}

// coverage is how much of a picture is inked, from 0 to 1.
func coverage(img image.Image) float64 {
	size, sum := img.Bounds().Size(), 0.0
	for y := range size.Y {
		for x := range size.X {
			_, _, _, a := img.At(x, y).RGBA()
			sum += float64(a) / 0xFFFF
		}
	}
	return sum / float64(size.X*size.Y)
}

// drawSeal is the same seal by the library.
func drawSeal(w io.Writer) error {
	art, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: sealName})
	if err != nil {
		return err
	}
	return art.PNG(w, sealDPI)
}

// What is timed is the same work: pictures of one size, with as much ink.
func TestSealsAreAlike(t *testing.T) {
	var b bytes.Buffer
	if err := drawSeal(&b); err != nil {
		t.Fatal(err)
	}
	ours, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	for name, character := range rivals(t) {
		theirs := drawByGG(character)
		if ours.Bounds() != theirs.Bounds() {
			t.Errorf("%s: %v against %v", name, ours.Bounds(), theirs.Bounds())
		}
		if a, b := coverage(ours), coverage(theirs); a < 0.1 || math.Abs(a/b-1) > 0.05 {
			t.Errorf("%s: ink on %.3f of the picture against %.3f", name, a, b)
		}
	}
}

// BenchmarkSeal draws a company seal (公章) and writes it as a PNG of 600 dpi. The
// PNG of gg is written with the least compression that makes it smaller;
// gg-draw-ms leaves the PNG out.
func BenchmarkSeal(b *testing.B) {
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	ways := rivals(b)
	for _, name := range []string{"text", "paths"} {
		character := ways[name]
		b.Run(name, func(b *testing.B) {
			race(b, "gg", 1, func() {
				if err := drawSeal(io.Discard); err != nil {
					b.Fatal(err)
				}
			}, func() {
				if err := fast.Encode(io.Discard, drawByGG(character)); err != nil {
					b.Fatal(err)
				}
			})
			start := time.Now()
			for range 20 {
				drawByGG(character)
			}
			b.ReportMetric(float64(time.Since(start))/20e6, "gg-draw-ms")
		})
	}
}
