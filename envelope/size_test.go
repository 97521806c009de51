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

// T28: a picture has no more pixels in the document than its box needs, and stands in it once,
// so that 45 boxes of a large one make a small document. What would make it too large is
// refused before the consent.
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
	large := func(side, less float64) envelope.ID {
		d := draft(t)
		d.Files[0].Content = blankReader(t, 3)
		d.Signers = d.Signers[1:]
		d.Signers[0].Boxes = nil
		for i := range 45 {
			d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SignatureBox, Page: 1 + i/15, X: 40 + float64(i%3)*60, Y: 40 + float64(i%15/3)*50, Width: side - less*float64(i), Height: side - less*float64(i)})
		}
		return c.send(t, d).ID
	}
	t.Run("too large", func(t *testing.T) {
		envelope.SetMaxSigned(t, 4<<20) // the 45 boxes are of three sizes, which take 1.4 to 1.8 MB each
		err := c.Envelopes.RequestCode(ctx, c.partner, large(40, 0.25), envelope.Choice{Signature: own.ID})
		refusedAs(t, "a document of 5 MiB", "M68", err)
	})
	c.Clock.Advance(time.Hour)
	id := large(40, 0.02)
	begun := time.Now()
	done, err := c.Sign(c.partner, phoneC, id, envelope.Choice{Signature: own.ID})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Envelopes.Document(ctx, c.partner, done.ID, 0)
	size := len(content(t, b, err))
	t.Logf("%d MiB in %v", size>>20, time.Since(begun))
	if size > 8<<20 {
		t.Errorf("the document has %d MiB", size>>20)
	}
}
