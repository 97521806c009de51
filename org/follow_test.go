package org_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// M70: rooms that follow are told, in the same commit, when a phone becomes a verified
// person's, and of nobody who is not verified; what they refuse does not happen.
func TestM70Follow(t *testing.T) {
	w := newWorld(t, memory.New(), "")
	ctx := t.Context()
	var told []string
	var refuse error
	w.Follow(func(_ context.Context, _ *store.Tx, p org.Person, phoneIx string) error {
		told = append(told, p.ID+" "+phoneIx)
		return refuse
	})
	stranger := w.register(t, 9)
	if _, err := w.change(t, org.Actor{Person: stranger.ID}, 9, 10, asIs); err != nil || len(told) != 0 {
		t.Fatalf("told of who is not verified: %v, %v", told, err)
	}
	p := w.verified(t, 1)
	me := org.Actor{Person: p.ID}
	index := func(n int) string {
		phone, err := org.ParsePhone(phoneN(n))
		must(t, err)
		_, ix, err := w.Inside().EncryptPhone("envelope", "party", "1", phone)
		must(t, err)
		return ix
	}
	if len(told) != 1 || told[0] != p.ID+" "+index(1) {
		t.Errorf("verified: told %v", told)
	}
	if _, err := w.change(t, me, 1, 2, asIs); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[1] != p.ID+" "+index(2) {
		t.Errorf("moved: told %v", told)
	}
	known := func(ix, name string) string {
		var id string
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
	for what, got := range map[string]string{"another name": known(index(2), "别人"), "a phone he left": known(index(1), p.Name),
		"who is not verified": known(index(10), stranger.Name)} {
		if got != "" {
			t.Errorf("%s is %q", what, got)
		}
	}
	refuse = errors.New("not now")
	if _, err := w.change(t, me, 2, 3, asIs); !errors.Is(err, refuse) || known(index(2), p.Name) != p.ID {
		t.Errorf("refused by who follows: %v", err)
	}
}
