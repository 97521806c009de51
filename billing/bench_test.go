package billing_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// BenchmarkHoldAndCharge measures one envelope in memory: a transaction that holds, and
// a second one that charges.
func BenchmarkHoldAndCharge(b *testing.B) {
	w := newWorld(b, memory.New())
	boss := w.Firm(b, 0)
	n := 0
	for b.Loop() {
		if n%100 == 0 {
			w.topUp(b, boss, "p100")
		}
		n++
		e := fmt.Sprint("e", n)
		orgtest.Must(b, w.hold(boss.Org, e, 1))
		orgtest.Must(b, w.charge(boss.Org, e, 1))
	}
}

// BenchmarkFloor measures hold and charge on SQLite (WAL, synchronous FULL) against
// the bare driver's commit of one row on a second file, turn by turn in one run.
// commit-rate is the bare driver's time over this one's: at least 0.5.
func BenchmarkFloor(b *testing.B) {
	w := newWorld(b, orgtest.SQLite(b))
	boss := w.Firm(b, 0)
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	orgtest.Must(b, err)
	defer pool.Close()
	bare, err := pool.Conn(b.Context())
	orgtest.Must(b, err)
	for _, text := range []string{
		`CREATE TABLE doc (id TEXT NOT NULL PRIMARY KEY, org TEXT NOT NULL, at INTEGER NOT NULL, doc BLOB NOT NULL) STRICT`,
		`CREATE INDEX by_org ON doc (org, at, id)`,
	} {
		_, err := bare.ExecContext(b.Context(), text)
		orgtest.Must(b, err)
	}
	insert, err := bare.PrepareContext(b.Context(), `INSERT INTO doc (id, org, at, doc) VALUES (?, ?, ?, ?)`)
	orgtest.Must(b, err)
	rows := 0
	commit := func() {
		_, err := bare.ExecContext(b.Context(), "BEGIN IMMEDIATE")
		orgtest.Must(b, err)
		rows++
		_, err = insert.ExecContext(b.Context(), fmt.Sprintf("%06d", rows), boss.Org, rows, []byte(`{"Kind":"hold","Free":-1,"Held":1}`))
		orgtest.Must(b, err)
		_, err = bare.ExecContext(b.Context(), "COMMIT")
		orgtest.Must(b, err)
	}
	n := 0
	for _, bb := range []struct {
		name string
		do   func()
	}{
		{"hold", func() { orgtest.Must(b, w.hold(boss.Org, fmt.Sprint("e", n), 1)) }},
		{"charge", func() { orgtest.Must(b, w.charge(boss.Org, fmt.Sprint("e", n), 1)) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var floor, ours time.Duration
			for b.Loop() {
				n++
				if n%100 == 1 {
					w.topUp(b, boss, "p100")
				}
				if bb.name == "charge" {
					orgtest.Must(b, w.hold(boss.Org, fmt.Sprint("e", n), 1))
				}
				start := time.Now()
				commit()
				middle := time.Now()
				bb.do()
				floor, ours = floor+middle.Sub(start), ours+time.Since(middle)
			}
			b.ReportMetric(float64(ours.Microseconds())/float64(b.N), "µs/commit")
			b.ReportMetric(float64(floor)/float64(ours), "commit-rate")
		})
	}
}

// BenchmarkHoldParallel measures holds by 64 workers on one balance; it fails if any
// worker gives up. On PostgreSQL at least 1,000 a second.
func BenchmarkHoldParallel(b *testing.B) { sixtyFour(b, (*world).holdOnly) }

// BenchmarkHoldAndChargeParallel measures the same with the charge of each.
func BenchmarkHoldAndChargeParallel(b *testing.B) { sixtyFour(b, (*world).holdAndCharge) }

func (w *world) holdOnly(company org.CompanyID, envelope string) error {
	return w.hold(company, envelope, 1)
}

func (w *world) holdAndCharge(company org.CompanyID, envelope string) error {
	return errors.Join(w.hold(company, envelope, 1), w.charge(company, envelope, 1))
}

func sixtyFour(b *testing.B, do func(w *world, company org.CompanyID, envelope string) error) {
	for name, open := range map[string]func(testing.TB) store.Driver{"SQLite": orgtest.SQLite, "PostgreSQL": orgtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, open(b))
			boss := w.Firm(b, 0)
			for range b.N/100 + 1 {
				w.topUp(b, boss, "p100")
			}
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := do(w, org.CompanyID(string(boss.Org)), w.NewID()); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-s")
		})
	}
}

var benchRows = flag.Int("rows", 10_000, "charges that BenchmarkCharges makes; the company has a tenth of them")

// BenchmarkCharges reads a page of fifty charges of a company that has a tenth of all,
// plain and filtered; at most 1.5 ms on SQLite, with -rows 1000000.
func BenchmarkCharges(b *testing.B) {
	w := newWorld(b, orgtest.SQLite(b))
	boss := w.Firm(b, 0)
	start := w.Now()
	orgtest.Must(b, billing.FillCharges(b.Context(), w.DB, string(boss.Org), *benchRows, start))
	middle := start.Add(time.Duration(*benchRows) * time.Minute / 2)
	for name, f := range map[string]billing.ChargeFilter{
		"all": {}, "source": {Source: billing.API}, "period": {From: middle.Add(-30 * 24 * time.Hour), To: middle},
		"both": {From: middle.Add(-30 * 24 * time.Hour), To: middle, Source: billing.API},
	} {
		b.Run(name, func(b *testing.B) {
			var after store.Cursor
			for range 2 {
				var err error
				_, after, err = w.Charges(b.Context(), boss, f, after)
				orgtest.Must(b, err)
			}
			for b.Loop() {
				page, _, err := w.Charges(b.Context(), boss, f, after)
				if err != nil || len(page) != 50 {
					b.Fatal(len(page), err)
				}
			}
		})
	}
}
