package org_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// BenchmarkAuthorize authorizes one command in memory; at most 30 µs.
func BenchmarkAuthorize(b *testing.B) {
	w := newWorld(b, memory.New())
	boss := w.firm(b)
	m := w.member(b, boss, 2)
	orgtest.Must(b, w.db.View(b.Context(), func(ctx context.Context, tx *store.Tx) error {
		for b.Loop() {
			if _, err := w.Inside().Authorize(ctx, tx, m, org.ActionEnvelopeSend); err != nil {
				return err
			}
		}
		return nil
	}))
}

var benchRows = flag.Int("rows", 10_000, "members that BenchmarkMembers makes; the company has a tenth of them")

// BenchmarkMembers reads a page of fifty members of a company that has a tenth of all;
// at most 1.5 ms on SQLite, with -rows 1000000.
func BenchmarkMembers(b *testing.B) {
	d, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "org.db"), sqlite.Config{})
	orgtest.Must(b, err)
	w := newWorld(b, d)
	defer w.db.Close()
	boss := w.firm(b)
	orgtest.Must(b, org.FillMembers(b.Context(), w.db, string(boss.Org), *benchRows))
	var after store.Cursor
	for range 3 { // from the middle of the list
		_, after, err = w.Members(b.Context(), boss, org.MemberFilter{State: org.Active}, after)
		orgtest.Must(b, err)
	}
	for b.Loop() {
		page, _, err := w.Members(b.Context(), boss, org.MemberFilter{State: org.Active}, after)
		if err != nil || len(page) != 50 {
			b.Fatal(fmt.Sprint(len(page), err))
		}
	}
}
