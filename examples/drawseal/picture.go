package main

import (
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

// pictureFlags are the flags for the picture of an existing seal.
type pictureFlags struct {
	from, crop string
	straighten bool
}

func (p *pictureFlags) flags(fs *flag.FlagSet) {
	fs.StringVar(&p.from, "from", "", "PNG or JPEG `picture` of a seal to cut out, its ink kept unless -color paints it; -size is its longer side, for example -from scan.jpg -size 42 -out seal.png")
	fs.StringVar(&p.crop, "crop", "", "`X,Y,W,H` of the seal in pixels of the upright picture (default: looks for the seal), for example -from scan.jpg -crop 100,80,900,900")
	fs.BoolVar(&p.straighten, "straighten", false, "turns a square or oval seal upright, by up to 10 degrees, for example -straighten -from scan.jpg -size 20 -out seal.png")
}

// cleanPicture cuts a seal out of its picture.
func (o *options) cleanPicture(fs *flag.FlagSet) error {
	p := &o.picture
	if p.from == "" {
		return errors.New("-crop and -straighten go with -from, for example -from scan.jpg")
	}
	if err := only(fs, "from", "crop", "straighten", "size", "color", "out"); err != nil {
		return err
	}
	switch {
	case o.size == "":
		return errors.New("-size is missing: how many mm the longer side of the seal has, for example -size 42")
	case o.out == "":
		return errors.New("-out is missing: say where the seal goes, for example -out seal.png")
	case !strings.EqualFold(filepath.Ext(o.out), ".png"):
		return fmt.Errorf("-out %s does not end in .png: a picture stays a picture", o.out)
	}
	options := photo.Options{Straighten: p.straighten}
	var err error
	if options.Size, err = strconv.ParseFloat(o.size, 64); err != nil || math.IsNaN(options.Size) {
		return fmt.Errorf("-size %q is not MM, for example -size 42", o.size)
	}
	if options.Crop, err = crop(p.crop); err != nil {
		return err
	}
	if o.color != "" {
		if options.Color, err = seal.ParseColor(o.color); err != nil {
			return fmt.Errorf("-color: %w", err)
		}
	}
	data, err := readFile(p.from, 64<<20) // photo.Clean has a lower limit, and a sentence for it
	if err != nil {
		return fmt.Errorf("-from: %w", err)
	}
	photo, err := photo.Clean(data, options)
	if err != nil {
		return fmt.Errorf("-from %s: %w", p.from, err)
	}
	return replace(o.out, func(w io.Writer) error { return photo.PNG(w) })
}

// crop reads X,Y,W,H; an empty text means the whole picture.
func crop(text string) (image.Rectangle, error) {
	if text == "" {
		return image.Rectangle{}, nil
	}
	parts := strings.Split(text, ",")
	var n [4]int
	ok := len(parts) == len(n)
	for i := 0; ok && i < len(n); i++ {
		v, err := strconv.Atoi(strings.TrimSpace(parts[i]))
		ok = err == nil && v >= 0 && v <= photo.MaxPixels && (i < 2 || v > 0)
		n[i] = v
	}
	if !ok {
		return image.Rectangle{}, fmt.Errorf("-crop %q is not X,Y,W,H in pixels, for example -crop 100,80,900,900", text)
	}
	return image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]), nil
}
