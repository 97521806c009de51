package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// What must be true of a site after any crash.

// recover does what a restarted platform does: it steps until nothing is left to do.
// Leases of the dead process expire meanwhile.
func (c *cast) recover(t testing.TB) {
	t.Helper()
	for quiet := 0; quiet < 2; {
		c.Clock.Advance(10 * time.Minute)
		n, err := c.Envelopes.Step(t.Context())
		m, merr := c.Org.Step(t.Context())
		if err := errors.Join(err, merr); err != nil {
			t.Fatalf("recovery: %v", err)
		}
		if quiet++; n+m > 0 {
			quiet = 0
		}
	}
}

// kept checks that nothing that was acknowledged is lost.
func (c *cast) kept(t testing.TB, diary []note) {
	t.Helper()
	for _, n := range diary {
		e, err := c.Envelopes.Get(t.Context(), c.boss, envelope.ID(n.Envelope))
		if err != nil {
			t.Errorf("%+v: %v", n, err)
			continue
		}
		ok := e.Status != envelope.Draft
		switch n.What {
		case "signed":
			ok = e.Parties[n.Party-1].State == envelope.Signed
		case "completed":
			ok = e.Status == envelope.Completed
		case "withdrawn":
			ok = e.Status == envelope.Withdrawn
		}
		if !ok {
			t.Errorf("lost: %+v, the envelope is %v", n, e.Status)
		}
	}
}

// all reads a list to its end.
func all[T any](t testing.TB, page func(store.Cursor) ([]T, store.Cursor, error)) []T {
	t.Helper()
	var out []T
	for after := store.Cursor(""); ; {
		items, next, err := page(after)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, items...)
		if after = next; after == "" {
			return out
		}
	}
}

// books checks the ledger, the charges and the uses of the seal against the envelopes:
// each once, none missing. It returns the envelopes.
func (c *cast) books(t testing.TB) []envelope.Envelope {
	t.Helper()
	ctx := t.Context()
	sent := all(t, func(after store.Cursor) ([]envelope.Envelope, store.Cursor, error) {
		return c.Envelopes.Sent(ctx, c.boss, envelope.Filter{}, after)
	})
	var held, spent int64
	charged := map[string]int{}
	used := map[string]int{}
	for _, e := range sent {
		switch e.Status {
		case envelope.Completed:
			spent += e.Copies()
			charged[string(e.ID)]++
		case envelope.InProgress:
			held += e.Copies()
		}
		if len(e.Parties) > 0 && e.Parties[0].State == envelope.Signed {
			used[string(e.ID)]++
		}
	}
	for _, ch := range all(t, func(after store.Cursor) ([]billing.Charge, store.Cursor, error) {
		return c.Billing.Charges(ctx, c.boss, billing.ChargeFilter{}, after)
	}) {
		charged[ch.Envelope]--
	}
	uses, err := c.uses(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range uses {
		used[id]--
	}
	for what, counts := range map[string]map[string]int{"charges": charged, "uses of the seal": used} {
		for id, n := range counts {
			if n != 0 {
				t.Errorf("envelope %s: %s missing or doubled by %d", id, what, n)
			}
		}
	}
	var bought, free int64
	for _, o := range all(t, func(after store.Cursor) ([]billing.Order, store.Cursor, error) {
		return c.Billing.Orders(ctx, c.boss, after)
	}) {
		if o.State == billing.Paid {
			bought += 32
		}
	}
	var sumHeld int64
	for _, en := range all(t, func(after store.Cursor) ([]billing.Entry, store.Cursor, error) {
		return c.Billing.Ledger(ctx, c.boss, after)
	}) {
		free, sumHeld = free+en.Free, sumHeld+en.Held
	}
	b, err := c.Billing.Balance(ctx, c.boss)
	if err = errors.Join(err, c.Billing.Audit(ctx, c.boss.Org)); err != nil {
		t.Error(err)
	}
	if b.Free != free || b.Held != sumHeld || b.Held != held || b.Free != bought-held-spent {
		t.Errorf("balance %+v; the ledger sums to %d and %d; %d bought, %d under way, %d completed", b, free, sumHeld, bought, held, spent)
	}
	return sent
}

// uses returns the envelopes in whose documents the seal was used.
func (c *cast) uses(ctx context.Context) ([]string, error) {
	var out []string
	for after := store.Cursor(""); ; {
		page, next, err := c.Seals.Uses(ctx, c.boss, c.seal, after)
		for _, u := range page {
			out = append(out, u.Envelope)
		}
		if after = next; err != nil || next == "" {
			return out, err
		}
	}
}

// sound checks everything that an envelope holds: its trail is a chain, each document
// verifies with the signatures that it must have, and download.Audit accepts its
// download, if there is one.
func (c *cast) sound(t testing.TB, e *envelope.Envelope) {
	t.Helper()
	if _, err := c.Envelopes.Trail(t.Context(), c.boss, e.ID); err != nil {
		t.Errorf("trail of %s: %v", e.ID, err)
	}
	want := 0
	for _, p := range e.Parties {
		if p.State == envelope.Signed {
			want += len(p.Consent.Stamps)
		}
	}
	for i := range e.Files {
		if err := c.valid(t, e, i, want); err != nil {
			t.Errorf("envelope %s, %v, file %d: %v", e.ID, e.Status, i, err)
		}
	}
	if !e.Preserved() {
		return
	}
	var z bytes.Buffer
	if err := c.Envelopes.Download(t.Context(), c.boss, e.ID, &z); err != nil {
		t.Errorf("envelope %s: %v", e.ID, err)
		return
	}
	if _, err := c.auditOf(t, z.Bytes()); err != nil {
		t.Errorf("envelope %s: %v", e.ID, err)
	}
}

// settled checks that a recovery has left nothing half done, and that everything is
// sound. It returns the number of envelopes in each state.
func (c *cast) settled(t testing.TB) map[envelope.Status]int {
	t.Helper()
	states := map[envelope.Status]int{}
	for _, e := range c.books(t) {
		states[e.Status]++
		c.sound(t, &e)
		if e.Status == envelope.Completed && !e.Preserved() {
			t.Errorf("envelope %s has no evidence", e.ID)
		}
		for i, p := range e.Parties {
			if p.State == envelope.Signing {
				t.Errorf("envelope %s: party %d is still signing", e.ID, i+1)
			}
		}
	}
	return states
}

// valid checks that every signature of a document is TOTAL-PASSED, and that there are
// want of them.
func (c *cast) valid(t testing.TB, e *envelope.Envelope, file, want int) error {
	b, err := c.Envelopes.Document(t.Context(), c.boss, e.ID, file)
	if err != nil {
		return err
	}
	defer b.Close()
	rep, err := verify.Verify(t.Context(), b, b.Size(), verify.Policy{Roots: c.CA.Roots(), Time: c.Clock.Now(), Revocation: verify.UnsafeSkipRevocation})
	if err != nil {
		return err
	}
	n := 0
	for _, s := range rep.Signatures {
		if s.Indication != verify.TotalPassed {
			return fmt.Errorf("a signature is %v", s.Indication)
		}
		if s.Kind == verify.KindSignature {
			n++
		}
	}
	if n != want {
		return fmt.Errorf("%d signatures, not %d", n, want)
	}
	return nil
}
