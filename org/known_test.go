package org_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// M70: an event says, in the same commit, that a phone now belongs to a verified
// person. There is none for a person who is not verified.
func TestM70Known(t *testing.T) {
	w := newWorld(t, memory.New())
	ctx := t.Context()
	var told []string
	hear := func() {
		due, err := w.db.Outbox().Claim(ctx, store.Claim{Worker: "test", Topics: []string{org.TopicKnown}, N: 10, Lease: time.Minute})
		orgtest.Must(t, err)
		for _, d := range due {
			k, err := w.Inside().ReadKnown(d.Body)
			orgtest.Must(t, err)
			told = append(told, string(k.Person)+" "+k.PhoneIx)
			orgtest.Must(t, w.db.Outbox().Done(ctx, d))
		}
	}
	stranger := w.register(t, 9)
	if _, err := w.change(t, org.Actor{Person: stranger.ID}, 9, 10, asIs); err != nil {
		t.Fatal(err)
	}
	if hear(); len(told) != 0 {
		t.Fatalf("told of who is not verified: %v", told)
	}
	p := w.verified(t, 1)
	me := org.Actor{Person: p.ID}
	index := func(n int) string {
		phone, err := org.ParsePhone(orgtest.Phone(n))
		orgtest.Must(t, err)
		_, ix, err := w.Inside().EncryptPhone("envelope", "party", "1", phone)
		orgtest.Must(t, err)
		return ix
	}
	if hear(); len(told) != 1 || told[0] != string(p.ID)+" "+index(1) {
		t.Errorf("verified: told %v", told)
	}
	if _, err := w.change(t, me, 1, 2, asIs); err != nil {
		t.Fatal(err)
	}
	if hear(); len(told) != 2 || told[1] != string(p.ID)+" "+index(2) {
		t.Errorf("moved: told %v", told)
	}
	known := func(ix, name string) org.PersonID {
		var id org.PersonID
		err := w.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			id, err = w.Inside().Verified(ctx, tx, ix, name)
			return err
		})
		if err != nil && !errors.Is(err, org.ErrNotFound) {
			t.Error(err)
		}
		return id
	}
	if got := known(index(2), p.Name); got != p.ID {
		t.Errorf("by phone and name: %q", got)
	}
	for what, got := range map[string]org.PersonID{"another name": known(index(2), "别人"), "a phone he left": known(index(1), p.Name),
		"who is not verified": known(index(10), stranger.Name)} {
		if got != "" {
			t.Errorf("%s is %q", what, got)
		}
	}
}
