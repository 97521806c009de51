package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
)

// counts: a Counter counts what the query returns, up to its limit.
func counts(t testing.TB, open opener) {
	ctx, d, s := wide(t, open)
	for i := range 9 {
		write(t, ctx, d, s, wideRow(fmt.Sprint(i), []string{"v", "w"}[i%2], int64(i%3), 0))
	}
	inTx(t, ctx, d, store.Update, func(tx store.DriverTx) {
		if err := tx.Write(ctx, s, wideRow("own", "v", 1, 0), 0); err != nil {
			t.Fatalf("write: %v", err)
		}
		c, ok := tx.(store.Counter)
		if !ok {
			return
		}
		count := func(q store.Query) {
			t.Helper()
			for _, q.Limit = range []int{1, 2, 6, 7, 99} {
				rows, err := tx.Query(ctx, s, q)
				n, cerr := c.Count(ctx, s, q)
				if err = errors.Join(err, cerr); err != nil || n != len(rows) {
					t.Fatalf("%s: counted %d, %v; want %d, as many as it returns", describe(q), n, err, len(rows))
				}
			}
		}
		for equal := range 3 {
			count(store.Query{Index: &s.Indexes[0], Equal: wideRow("", "v", 1, 0).Cols[:equal], Light: true})
		}
		count(store.Query{Index: &s.Indexes[2]})
		count(store.Query{})
		done, cancel := context.WithCancel(ctx)
		cancel()
		_, err := c.Count(done, s, store.Query{Limit: 1})
		want(t, "count", err, context.Canceled)
	})
}

// claims: the transactions of a Claimer do not wait for each other, nor for a writer.
// Others see what one claimed as that one left it.
func claims(t testing.TB, open opener) {
	ctx, d, s := bare(t, open)
	c, ok := d.(store.Claimer)
	if !ok {
		return
	}
	write(t, ctx, d, s, rawRow("a", "ready", 1, "doc"), rawRow("b", "ready", 2, "doc"), rawRow("c", "ready", 3, "doc"))
	wait, cancel := context.WithTimeout(ctx, 20*patience)
	defer cancel()
	begin := func() store.DriverTx {
		t.Helper()
		return keep(t, func() (store.DriverTx, error) { return c.BeginClaim(wait) })
	}
	take := func(tx store.DriverTx, limit int, wanted ...string) {
		t.Helper()
		rows, err := tx.Query(wait, s, store.Query{Index: &s.Indexes[0], Equal: rawRow("", "ready", 0, "").Cols[:1], Limit: limit})
		if err != nil {
			t.Fatalf("claim: %v", err)
		}
		var ids []string
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		same(t, "claimed", ids, wanted)
	}
	end := func(tx store.DriverTx, commit bool) {
		t.Helper()
		if err := tx.End(commit); err != nil {
			t.Fatalf("end: %v", err)
		}
	}
	first, second := begin(), begin()
	take(first, 1, "a")
	take(second, 1, "b")
	done := rawRow("a", "done", 1, "doc")
	done.Version = 2
	if err := first.Write(wait, s, done, 1); err != nil {
		t.Fatalf("write: %v", err)
	}
	third := begin()
	take(third, 9, "c")
	end(third, false)
	end(first, true)
	end(second, false)
	fourth := begin()
	take(fourth, 9, "b", "c")
	end(fourth, true)
}
