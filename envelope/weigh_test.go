package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/signer"
)

// T28: what one party makes of the documents has limits, which are named before a code is sent.
func TestT28WeightOfAConsent(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	signing := func(n int, b envelope.Box) envelope.NewDraft {
		d := draft(t)
		d.Files[0].Content = blankReader(t, 3)
		d.Signers = d.Signers[1:]
		d.Signers[0].Boxes = boxes(n, 1, b)
		return d
	}
	sign := envelope.Box{Kind: envelope.SignatureBox, X: 60, Y: 60}
	_, err := c.Envelopes.CreateDraft(ctx, c.boss, signing(101, sign))
	refusedAs(t, "101 signatures", "M68", err)
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, signing(100, sign)); err != nil {
		t.Error("100 signatures:", err)
	}
	own := c.choice(c.partner)
	extra := signing(100, sign)
	extra.AllowExtra = true
	own.Extra = []envelope.Box{box(envelope.SignatureBox, 150, 150)}
	err = c.Envelopes.RequestCode(ctx, c.partner, c.send(t, extra).ID, own)
	refusedAs(t, "one more than 100", "M68", err)

	_, err = c.Envelopes.CreateDraft(ctx, c.boss, signing(36, longList()))
	refusedAs(t, "lists of 540 KB", "M68", err)

	write := envelope.Box{Kind: envelope.ParagraphBox, X: 105, Y: 105, Width: 200, Height: 200}
	for n, want := range map[int]bool{20: true, 21: false} {
		e := c.send(t, signing(n, write))
		choice := typed(e, 0, envelope.ParagraphBox, strings.Repeat("文", 1000))
		choice.Signature = c.choice(c.partner).Signature
		c.Clock.Advance(3 * time.Hour)
		err := c.Envelopes.RequestCode(ctx, c.partner, e.ID, choice)
		if want && err != nil {
			t.Error("20,000 characters:", err)
		} else if !want {
			refusedAs(t, "21,000 characters", "M68", err)
		}
	}
}

// T28: a picture that is small as a file and large in memory is refused when it comes.
func TestT28UnpackedPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("pictures of millions of pixels")
	}
	c, ctx := newCast(t, nil), t.Context()
	large := deep(t, 4096, 2049)
	d := draft(t)
	d.Files = []envelope.Upload{{Name: "1.png", Content: bytes.NewReader(large)}}
	d.Signers = nil
	_, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if !errors.Is(err, signer.ErrImageTooLarge) {
		t.Error("an upload:", err)
	}
	d = draft(t)
	d.Signers = d.Signers[1:]
	d.Signers[0].Boxes = boxes(2, 1, envelope.Box{Kind: envelope.PictureBox, X: 50, Y: 50, Width: 50, Height: 50})
	d.Files[0].Content = blankReader(t, 3)
	e := c.send(t, d)
	attach := func(n int, raw []byte) error {
		_, err := c.Envelopes.Attach(ctx, c.partner, e.ID, e.Parties[0].Boxes[n].Field, envelope.Upload{Name: "1.png", Content: bytes.NewReader(raw)})
		return err
	}
	if err := attach(0, large); !errors.Is(err, signer.ErrImageTooLarge) {
		t.Error("a picture for a box:", err)
	}
	half := deep(t, 2048, 2049)
	if err := errors.Join(attach(0, half), attach(1, append(half, 0))); err != nil {
		t.Fatal(err)
	}
	err = c.Envelopes.RequestCode(ctx, c.partner, e.ID, c.choice(c.partner))
	refusedAs(t, "two pictures that are too large together", "M68", err)
}

// T28: the files that parties bring to an envelope have a limit together.
func TestT28BroughtFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("110 MiB")
	}
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Files[0].Content = blankReader(t, 3)
	d.Signers = d.Signers[1:]
	d.Signers[0].Boxes = boxes(11, 1, envelope.Box{Kind: envelope.AttachmentBox, X: 105, Y: 105})
	e := c.send(t, d)
	raw := make([]byte, envelope.MaxFileSize)
	files := slices.DeleteFunc(slices.Clone(e.Parties[0].Boxes), func(b envelope.Box) bool { return b.Kind != envelope.AttachmentBox })
	for i, b := range files {
		raw[0] = byte(i) // another file each
		_, err := c.Envelopes.Attach(ctx, c.partner, e.ID, b.Field, envelope.Upload{Name: "1.png", Content: bytes.NewReader(raw)})
		if i == 10 {
			refusedAs(t, "11 files of 10 MiB", "M68", err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Envelopes.RequestCode(ctx, c.partner, e.ID, c.choice(c.partner)); err != nil {
		t.Error("10 files of 10 MiB:", err)
	}
}

// manyWords is a Finder of several words at once that counts how often it is asked.
type manyWords struct {
	countedWords
	slow bool
}

func (w *manyWords) FindAll(ctx context.Context, r io.ReaderAt, size int64, all []string) ([][]signer.Place, error) {
	if w.asked++; w.slow {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return make([][]signer.Place, len(all)), nil
}

// T28: all words of a file are looked for at once, and not for ever.
func TestT28Keywords(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	finder := &manyWords{}
	c.Finder = finder
	d := draft(t)
	for i := range 20 {
		d.Signers[0].Boxes = append(d.Signers[0].Boxes, envelope.Box{Kind: envelope.SealBox, Keyword: &envelope.Keyword{Word: fmt.Sprint("词", i), Skip: true}})
	}
	if c.send(t, d); finder.asked != 1 {
		t.Errorf("asked %d times", finder.asked)
	}
	if testing.Short() {
		t.Skip("a search that ends after seconds")
	}
	finder.slow = true
	d.Files[0].Content = bytes.NewReader(page(t))
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	refusedAs(t, "a search that does not end", "M68", err)
}

// T25: files that wait for a consent are bounded together before there is one.
func TestT25WaitingFiles(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Files[0].Content = blankReader(t, 3)
	d.Signers = d.Signers[1:]
	for i := range 11 {
		d.Signers[0].Boxes = append(d.Signers[0].Boxes, box(envelope.AttachmentBox, 105, 20+20*float64(i)))
	}
	e := c.send(t, d)
	raw := make([]byte, envelope.MaxFileSize)
	attach := func(n int) error {
		_, err := c.Envelopes.Attach(ctx, c.partner, e.ID, e.Parties[0].Boxes[n+1].Field, envelope.Upload{Name: "1.bin", Content: bytes.NewReader(raw)})
		return err
	}
	for n := range 10 {
		orgtest.Must(t, attach(n))
	}
	refusedAs(t, "110 MiB", "M68", attach(10))
	orgtest.Must(t, attach(9)) // in place of the one before
	orgtest.Must(t, c.Envelopes.Detach(ctx, c.partner, e.ID, e.Parties[0].Boxes[1].Field))
	orgtest.Must(t, attach(10))
}
