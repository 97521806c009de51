package envelope_test

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
)

// noise returns a picture that does not compress.
func noise(t testing.TB, side int) []byte {
	t.Helper()
	im := image.NewNRGBA(image.Rect(0, 0, side, side))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range im.Pix {
		im.Pix[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// T28: a picture has no more pixels in the document than its box needs, so that 45 boxes of
// a large one are a document of some megabytes.
func TestT28LargePictures(t *testing.T) {
	if testing.Short() {
		t.Skip("a picture of millions of pixels")
	}
	c, ctx := newCast(t, nil), t.Context()
	raw := noise(t, 1100) // 4.8 MB
	own, err := c.Seals.CreateFromPicture(ctx, c.partner, "照片签名", raw, 40)
	if err != nil {
		t.Fatal(err)
	}
	large := func(side float64) envelope.ID {
		d := draft(t)
		d.Files[0].Content = blankReader(t, 3)
		d.Signers = d.Signers[1:]
		d.Signers[0].Boxes = nil
		for i := range 45 {
			d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SignatureBox, Page: 1 + i/15, X: 40 + float64(i%3)*60, Y: 40 + float64(i%15/3)*50, Width: side, Height: side})
		}
		return c.send(t, d).ID
	}
	err = c.Envelopes.RequestCode(ctx, c.partner, large(40), envelope.Choice{Signature: own.ID})
	refusedAs(t, "45 pictures of 1.6 MB", "M68", err)
	c.Clock.Advance(time.Hour)
	id := large(20)
	begun := time.Now()
	done, err := c.Sign(c.partner, phoneC, id, envelope.Choice{Signature: own.ID})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Envelopes.Document(ctx, c.partner, done.ID, 0)
	size := len(content(t, b, err))
	t.Logf("%d MiB in %v", size>>20, time.Since(begun))
	if size > 30<<20 {
		t.Errorf("the document has %d MiB", size>>20)
	}
}
