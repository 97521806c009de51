package envelope_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// T11: after a rotation of the data key that was interrupted and continued, every phone
// of every envelope opens without the old key, and signing continues.
func TestT11Rotate(t *testing.T) {
	s := newSite(t, t.TempDir())
	at := envelopetest.Start.Add(24 * time.Hour)
	process := func(do func(t *testing.T, c *cast)) {
		t.Helper()
		at = at.Add(24 * time.Hour)
		t.Run("", func(t *testing.T) {
			drv, blobs := s.files(t)
			do(t, s.open(t, at, drv, blobs))
		})
	}
	const more = 150 // drafts: more than one transaction takes
	var sent, kept string
	process(func(t *testing.T, c *cast) {
		d := draft(t)
		d.CopyTo = []envelope.CopyTo{{Name: "赵六", Phone: "13800138009", Download: true}}
		sent = string(c.send(t, d).ID)
		if err := c.Envelopes.Delegate(t.Context(), c.staff, envelope.ID(sent), "张伟", phoneA); err != nil {
			t.Fatal(err)
		}
		for i := range more {
			e, err := c.Envelopes.CreateDraft(t.Context(), c.boss, envelope.NewDraft{Subject: fmt.Sprint(i),
				Signers: []envelope.Signer{{Kind: envelope.Person, Name: "王小明", Phone: phoneC}}})
			if err != nil {
				t.Fatal(err)
			}
			kept = string(e.ID)
		}
		c.recover(t) // until the outbox is empty
	})
	old := s.Keys.Current
	s.Keys.Current = secret.Key{ID: "next"}
	if _, err := rand.Read(s.Keys.Current.Bytes[:]); err != nil {
		t.Fatal(err)
	}
	t.Run("too early", func(t *testing.T) {
		keys, err := secret.NewKeys(s.Keys)
		if err != nil {
			t.Fatal(err)
		}
		drv, _ := s.files(t)
		_, err = store.Open(t.Context(), drv, store.Config{Now: time.Now, NewID: rand.Text, Sealer: keys.Rows()}, org.Tables())
		if !errors.Is(err, secret.ErrDecrypt) {
			t.Errorf("a start without the old key: %v", err)
		}
	})
	s.Keys.Older = []secret.Key{old}
	process(func(t *testing.T, c *cast) {
		f := &faults{armed: true, at: 130}
		drv, blobs := s.files(t)
		hit := s.open(t, at, faultyDriver{drv, f}, blobs)
		n, err := hit.Envelopes.Rotate(t.Context())
		if !errors.Is(err, errFault) {
			t.Fatalf("an interrupted rotation: %d, %v", n, err)
		}
		m, err := c.Envelopes.Rotate(t.Context())
		if err != nil || n == 0 || m == 0 || n+m != more+1 {
			t.Errorf("%d and %d envelopes, %v", n, m, err)
		}
		if m, err = c.Envelopes.Rotate(t.Context()); m != 0 || err != nil {
			t.Errorf("again: %d, %v", m, err)
		}
		if _, err := c.Org.Upkeep().Rotate(t.Context()); err != nil {
			t.Error(err)
		}
		f.n, f.at = 0, 200
		rows, err := hit.DB.Reseal(t.Context())
		if !errors.Is(err, errFault) {
			t.Fatalf("interrupted: %d rows, %v", rows, err)
		}
		if more, err := c.DB.Reseal(t.Context()); err != nil || rows == 0 || more == 0 {
			t.Errorf("%d and %d rows, %v", rows, more, err)
		}
		if more, err := c.DB.Reseal(t.Context()); more != 0 || err != nil {
			t.Errorf("again: %d rows, %v", more, err)
		}
	})
	s.Keys.Older = nil
	process(func(t *testing.T, c *cast) {
		ctx := t.Context()
		if err := c.Envelopes.Remind(ctx, c.boss, envelope.ID(sent), 1); err != nil {
			t.Error(err)
		}
		if _, err := c.Envelopes.CopyDraft(ctx, c.boss, envelope.ID(kept)); err != nil {
			t.Error(err)
		}
		handler := org.Actor{Person: c.boss.Person, Org: c.boss.Org}
		choice := envelope.Choice{Signature: c.Signature(handler), Seal: c.seal}
		if _, err := c.Sign(handler, phoneA, envelope.ID(sent), choice); err != nil {
			t.Fatal(err)
		}
		e, err := c.Sign(c.partner, phoneC, envelope.ID(sent), c.choices[phoneC])
		if err != nil || e.Status != envelope.Completed {
			t.Fatalf("%v, %v", e, err)
		}
		c.recover(t)
		for _, phone := range []string{phoneA, "13800138009"} { // the reminder, and the reader's copy
			if len(c.Sandbox.Inbox(phone)) == 0 {
				t.Errorf("%s was not told", phone)
			}
		}
	})
}
