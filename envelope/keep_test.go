package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// sweep deletes what no package names and is older than an hour.
func (c *cast) sweep(t *testing.T) int {
	t.Helper()
	c.Clock.Advance(2 * time.Hour)
	before := c.Clock.Now().Add(-time.Hour)
	keep, err := c.Envelopes.Keeper(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := store.Sweep(t.Context(), c.Blobs, func(ctx context.Context, d store.Digest) (bool, error) {
		for _, keep := range []func(context.Context, store.Digest) (bool, error){keep, c.Org.Upkeep().Keeps, c.Seals.Keeps} {
			if kept, err := keep(ctx, d); kept || err != nil {
				return kept, err
			}
		}
		return false, nil
	}, before)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (c *cast) blobs(t *testing.T) []store.Digest {
	t.Helper()
	var out []store.Digest
	for b, err := range c.Blobs.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Digest)
	}
	return out
}

// picture is a PNG of a width in pixels.
func picture(t *testing.T, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// interleaved is a driver that runs something else, once, before the next transaction
// that may write.
type interleaved struct {
	store.Driver
	between *func()
}

func (d interleaved) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	if do := *d.between; do != nil && mode == store.Update {
		*d.between = nil
		do()
	}
	return d.Driver.Begin(ctx, mode, locks)
}

// T21: a sweep deletes what nothing names, such as the revisions between two signatures
// and the files of a deleted draft, and leaves what each envelope and template needs.
func TestT21Sweep(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	done := c.finished(t)
	signed := draft(t)
	signed.Subject = "签了一半"
	half := c.send(t, signed)
	half, err := c.Sign(c.staff, phoneB, half.ID, c.choice(c.staff))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := c.Envelopes.CreateDraft(ctx, c.boss, envelope.NewDraft{Files: []envelope.Upload{{Name: "图.png", Content: bytes.NewReader(picture(t, 30))}}})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := c.Envelopes.CreateDraft(ctx, c.boss, envelope.NewDraft{Files: []envelope.Upload{{Name: "弃.png", Content: bytes.NewReader(picture(t, 40))}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Envelopes.DeleteDraft(ctx, c.boss, gone.ID); err != nil {
		t.Fatal(err)
	}
	orphan, _, err := c.Blobs.Put(ctx, strings.NewReader("nothing names this"))
	if err != nil {
		t.Fatal(err)
	}
	template, err := c.Envelopes.CreateTemplate(ctx, c.boss, envelope.NewTemplate{Name: "模板",
		Files: []envelope.Upload{{Name: "模.pdf", Content: bytes.NewReader(page(t))}},
		Roles: []envelope.Role{{Name: "甲方", Kind: envelope.Person}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := c.sweep(t); n < 4 { // the orphan, two of the deleted draft, and the revisions between two signatures
		t.Errorf("%d blobs went", n)
	}
	left := c.blobs(t)
	for _, d := range []store.Digest{orphan, gone.Files[0].Uploaded, gone.Files[0].Clean} {
		if slices.Contains(left, d) {
			t.Errorf("%s is still there", d)
		}
	}
	for _, e := range []*envelope.Envelope{done, half, kept} {
		for _, f := range e.Files {
			for _, d := range []store.Digest{f.Uploaded, f.Clean, f.Layout, f.Signed, f.Head} {
				if d != (store.Digest{}) && !slices.Contains(left, d) {
					t.Errorf("%v lacks %s", e.Status, d)
				}
			}
		}
	}
	if n := c.sweep(t); n != 0 {
		t.Errorf("another sweep took %d", n)
	}
	// Everything still works.
	if _, err := c.audit(t, c.download(t, c.boss, string(done.ID))); err != nil {
		t.Error(err)
	}
	if half, err = c.Sign(c.partner, phoneC, half.ID, c.choice(c.partner)); err != nil || half.Status != envelope.Completed {
		t.Fatalf("%v, %v", half, err)
	}
	for _, id := range []string{string(done.ID), string(half.ID), string(kept.ID)} {
		again, err := c.Envelopes.CopyDraft(ctx, c.boss, envelope.ID(id))
		if err != nil {
			t.Fatal(err)
		}
		d := draft(t)
		d.Files = nil
		if _, err := c.Envelopes.SaveDraft(ctx, c.boss, again.ID, d); err != nil {
			t.Error(err)
		}
		if _, err := c.Envelopes.Send(ctx, c.boss, again.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Envelopes.Instantiate(ctx, c.boss, template.ID, envelope.Instance{Subject: "实例", Send: true,
		Roles: map[string]envelope.Filler{"甲方": {Name: "王小明", Phone: phoneC}}}); err != nil {
		t.Error(err)
	}
	c.recover(t)
	c.sweep(t)
	c.leap(t, done.RenewBy.Add(-30*24*time.Hour).Sub(c.Clock.Now()))
	if n, err := c.Envelopes.Step(ctx); n < 2 || err != nil {
		t.Errorf("%d renewed, %v", n, err)
	}
	if _, err := c.audit(t, c.download(t, c.boss, string(done.ID))); err != nil {
		t.Error(err)
	}
}

// If a draft's files were replaced, or the draft was deleted, while it was saved or
// copied, it does not come back with files that a sweep may have deleted.
func TestT21FilesOfOldDrafts(t *testing.T) {
	var between func()
	c, ctx := newCast(t, interleaved{memory.New(), &between}), t.Context()
	fresh := func() *envelope.Envelope {
		e, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(t))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := fresh()
	d := draft(t)
	d.Files = nil
	between = func() {
		if _, err := c.Envelopes.SaveDraft(ctx, c.boss, e.ID, draft(t)); err != nil {
			t.Error(err)
		}
	}
	_, err := c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d)
	orgtest.WantOf(t, "saved without files", err, envelope.ErrEdited)
	between = func() {
		if err := c.Envelopes.DeleteDraft(ctx, c.boss, e.ID); err != nil {
			t.Error(err)
		}
	}
	_, err = c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
	if !errors.Is(err, envelope.ErrNotFound) {
		t.Errorf("copied: %v", err)
	}
}
