package signer

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// TestFlattened checks what stamping depends on: one object with its mask, one without
// it when flattened, and the picture itself unchanged.
func TestFlattened(t *testing.T) {
	src := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	src.SetNRGBA(0, 0, color.NRGBA{R: 200, A: 255})
	src.SetNRGBA(1, 0, color.NRGBA{R: 200, A: 51})
	var b bytes.Buffer
	if err := png.Encode(&b, src); err != nil {
		t.Fatal(err)
	}
	im, err := readImage(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	flat := im.flattened()
	if !bytes.Equal(flat.samples, []byte{200, 0, 0, 244, 204, 204}) || flat.alpha != nil {
		t.Errorf("flattened: %v %v", flat.samples, flat.alpha)
	}
	if !bytes.Equal(im.samples, []byte{200, 0, 0, 200, 0, 0}) || !bytes.Equal(im.alpha, []byte{255, 51}) {
		t.Errorf("the picture: %v %v", im.samples, im.alpha)
	}
	if flat.flattened() != flat {
		t.Error("a flat picture is copied")
	}
	for _, c := range []struct {
		im   *rasterImage
		objs int
	}{{im, 2}, {flat, 1}} {
		n := 0
		ref := c.im.xobject(func(pdf.Object) pdf.Ref { n++; return pdf.Ref{Num: uint32(n)} }, c.im.space())
		if n != c.objs || int(ref.Num) != c.objs {
			t.Errorf("%d objects, the picture is %v", n, ref)
		}
	}
}
