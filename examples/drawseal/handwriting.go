package main

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/seal"
)

// handwriting draws the handwriting in the file of -strokes.
func (o *options) handwriting() (*seal.Artwork, error) {
	data, err := readFile(o.strokes, seal.MaxHandwritingBytes)
	if err != nil {
		return nil, fmt.Errorf("-strokes: %w", err)
	}
	written, err := seal.ParseHandwriting(data)
	if err != nil {
		return nil, fmt.Errorf("-strokes %s: %w", o.strokes, err)
	}
	var pen seal.Pen
	if pen.Color, err = o.ink(); err != nil {
		return nil, err
	}
	if o.size != "" {
		if pen.Width, pen.Height, err = size(o.size); err != nil {
			return nil, err
		}
	}
	return seal.DrawHandwriting(written, pen)
}
