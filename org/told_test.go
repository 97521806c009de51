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

// T34: messages about envelopes are limited by sender and phone, by phone, and by sender; one
// too many is neither queued nor counted.
func TestT34Messages(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		tell := func(from org.Actor, phone string) error {
			to, err := org.ParsePhone(phone)
			orgtest.Must(t, err)
			return w.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return w.Inside().Tell(ctx, tx, from, to, "x")
			})
		}
		limited := func(what string, err error, after time.Duration) {
			t.Helper()
			var limit *org.LimitError
			if !errors.As(err, &limit) || limit.What != "message" || limit.After != after {
				t.Errorf("%s: %v", what, err)
			}
		}
		company := func(name string) org.Actor { return org.Actor{Person: "any", Org: org.CompanyID(name)} }
		for range 20 {
			orgtest.Must(t, tell(company("a"), orgtest.Phone(1)))
		}
		limited("the 21st of a company", tell(company("a"), orgtest.Phone(1)), time.Hour)
		limited("by another member", tell(org.Actor{Person: "other", Org: "a"}, orgtest.Phone(1)), time.Hour)
		orgtest.Must(t, tell(org.Actor{Person: "any"}, orgtest.Phone(1))) // in the personal edition
		orgtest.Must(t, tell(company("a"), orgtest.Phone(2)))
		w.Pass(50 * time.Minute)
		for range 30 {
			w.Pass(10 * time.Minute)
			orgtest.Must(t, tell(company("a"), orgtest.Phone(1)))
		}
		limited("the 51st of a day", tell(company("a"), orgtest.Phone(1)), 18*time.Hour+10*time.Minute)

		w.Pass(24 * time.Hour)
		for i := range 200 {
			orgtest.Must(t, tell(company(string(rune('b'+i/20))), orgtest.Phone(1)))
		}
		limited("the 201st of all", tell(company("z"), orgtest.Phone(1)), 24*time.Hour)
	})
}

// T34: a sender has a number of messages in each hour of the clock.
func TestT34MessagesOfASender(t *testing.T) {
	w := newWorld(t, memory.New())
	c := w.config(w.db)
	c.Messages = 3
	few, err := org.New(c)
	orgtest.Must(t, err)
	tell := func(n int) error {
		to, err := org.ParsePhone(orgtest.Phone(n))
		orgtest.Must(t, err)
		return w.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return few.Inside().Tell(ctx, tx, org.Actor{Person: "any", Org: "a"}, to, "x")
		})
	}
	for n := range 3 {
		orgtest.Must(t, tell(n+1))
	}
	var limit *org.LimitError
	if err := tell(4); !errors.As(err, &limit) || limit.After <= 0 || limit.After > time.Hour {
		t.Fatal(err)
	}
	w.Pass(limit.After)
	orgtest.Must(t, tell(4))
}
