package envelope_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/seal/photo"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// TestM40UploadedSeals (M40, M44): a seal cut out of a photo and a signature from a
// picture stamp like drawn ones, and the result verifies.
func TestM40UploadedSeals(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	ring := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	for i := range 300 * 300 {
		x, y := i%300-150, i/300-150
		ring.SetNRGBA(i%300, i/300, color.NRGBA{255, 255, 255, 255})
		if d := x*x + y*y; d < 100*100 && d > 80*80 {
			ring.SetNRGBA(i%300, i/300, color.NRGBA{200, 30, 30, 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, ring); err != nil {
		t.Fatal(err)
	}
	cut, err := photo.Clean(file.Bytes(), photo.Options{Size: 42})
	if err != nil {
		t.Fatal(err)
	}
	stamp, err := c.Seals.CreateFromPhoto(ctx, c.boss, "扫描公章", cut)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Seals.Grant(ctx, c.boss, stamp.ID, c.staff.Person, registry.Period{}); err != nil {
		t.Fatal(err)
	}
	mine, err := c.Seals.CreateFromPicture(ctx, c.partner, "照片签名", file.Bytes(), 16)
	if err != nil {
		t.Fatal(err)
	}
	e := c.send(t, draft(t))
	if _, err = c.Sign(c.staff, phoneB, e.ID, envelope.Choice{Seal: stamp.ID, Signature: c.Signature(c.staff)}); err != nil {
		t.Fatal(err)
	}
	if e, err = c.Sign(c.partner, phoneC, e.ID, envelope.Choice{Signature: mine.ID}); err != nil {
		t.Fatal(err)
	}
	c.result(t, e, 3) // one person's, the seal, the other person's
}
