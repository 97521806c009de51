package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dajiaqian/dajiaqian/seal"
)

// drawOne draws the seal that the flags describe.
func (o *options) drawOne() error {
	encode, err := o.encoder()
	if err != nil {
		return err
	}
	art, err := o.artwork()
	if err != nil {
		return err
	}
	return replace(o.out, func(w io.Writer) error { return encode(art, w) })
}

// artwork draws what the flags describe, or what was written by hand.
func (o *options) artwork() (*seal.Artwork, error) {
	if o.strokes != "" {
		return o.handwriting()
	}
	spec, err := o.spec()
	if err != nil {
		return nil, err
	}
	return seal.Draw(spec)
}

// encoder returns the encoder for the ending of -out.
func (o *options) encoder() (func(*seal.Artwork, io.Writer) error, error) {
	ext := strings.ToLower(filepath.Ext(o.out))
	if o.age != "" && (ext == ".svg" || ext == ".pdf") {
		return nil, errors.New("-age wears pixels: -out must end in .png")
	}
	switch ext {
	case ".png":
		if o.age != "" {
			return o.aged()
		}
		return func(a *seal.Artwork, w io.Writer) error { return a.PNG(w, o.dpi) }, nil
	case ".svg":
		return (*seal.Artwork).SVG, nil
	case ".pdf":
		return (*seal.Artwork).PDF, nil
	case "":
		if o.out == "" {
			return nil, errors.New("-out is missing: say where the seal goes, for example -out seal.png")
		}
	}
	return nil, fmt.Errorf("-out %s does not end in .png, .svg or .pdf", o.out)
}

// aged returns an encoder that ages the seal by the seed of -age.
func (o *options) aged() (func(*seal.Artwork, io.Writer) error, error) {
	seed, err := strconv.ParseUint(o.age, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("-age %q is not a whole number, for example -age 7", o.age)
	}
	age := seal.Age{Seed: seed, Wear: o.wear}
	return func(a *seal.Artwork, w io.Writer) error { return a.AgedPNG(w, o.dpi, age) }, nil
}

func (o *options) spec() (spec seal.Spec, err error) {
	if o.style == "" {
		return spec, errors.New("-style is missing, for example -style 公章")
	}
	spec = seal.Spec{Name: o.name, Code: o.code, RingCode: o.ringCode, Text: o.text, Serial: o.serial}
	if spec.Style, err = seal.ParseStyle(o.style); err != nil {
		return spec, fmt.Errorf("-style: %w", err)
	}
	if o.size != "" {
		if spec.Width, spec.Height, err = size(o.size); err != nil {
			return spec, err
		}
	}
	return spec, o.dress(&spec)
}

// dress gives spec the ink and the face of the flags.
func (o *options) dress(spec *seal.Spec) error {
	var err error
	if spec.Color, err = o.ink(); err != nil {
		return err
	}
	if o.font == "" {
		if o.fontFace != 0 {
			return errors.New("-font-face goes with -font")
		}
		return nil
	}
	data, err := readFile(o.font, 64<<20) // the limit of ParseFont
	if err != nil {
		return fmt.Errorf("-font: %w", err)
	}
	if spec.Font, err = seal.ParseFontFace(data, o.fontFace); err != nil {
		return fmt.Errorf("-font %s: %w", o.font, err)
	}
	return nil
}

// ink returns the colour of -color, or nil.
func (o *options) ink() (color.Color, error) {
	if o.color == "" {
		return nil, nil
	}
	ink, err := seal.ParseColor(o.color)
	if err != nil {
		return nil, fmt.Errorf("-color: %w", err)
	}
	return ink, nil
}

// size reads MM or MMxMM.
func size(text string) (width, height float64, err error) {
	w, h, two := strings.Cut(strings.NewReplacer("×", "x", "X", "x").Replace(text), "x")
	width, err = strconv.ParseFloat(w, 64)
	if err == nil && two {
		height, err = strconv.ParseFloat(h, 64)
	}
	if err != nil || !(width > 0) || two && !(height > 0) {
		return 0, 0, fmt.Errorf("-size %q is not MM or MMxMM, for example -size 42 or -size 45x30", text)
	}
	return width, height, nil
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case st.Size() > limit:
		return nil, fmt.Errorf("%s has more than %d MiB", path, limit>>20)
	}
	return os.ReadFile(path)
}
