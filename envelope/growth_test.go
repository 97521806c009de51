package envelope_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

var growth = flag.Int("growth", 0, "TestGrowth measures beside 100, 1,000 and so on up to this many envelopes")

// brokenCredentials has no certificate while it is broken.
type brokenCredentials struct {
	envelope.Credentials
	broken bool
}

func (b *brokenCredentials) For(ctx context.Context, who envelope.Subject) (signer.Credential, error) {
	if b.broken {
		return signer.Credential{}, errNoCertificate
	}
	return b.Credentials.For(ctx, who)
}

// silentSink takes every notice.
type silentSink struct{}

func (silentSink) Deliver(context.Context, envelope.Notice) error { return nil }

// grown is a platform that has many envelopes.
type grown struct {
	*cast
	filler
	credentials *brokenCredentials
	size        func() int64 // bytes of the database
	empty       int64        // the same before there were copies
}

// newGrown makes one envelope of every kind through the service, whose rows are then copied.
func newGrown(t testing.TB, d store.Driver, size func() int64) *grown {
	t.Helper()
	driver, n := noting(d)
	g := &grown{filler: filler{n: n}, size: size}
	blobs, err := dir.New(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	g.cast = castOf(t, envelopetest.Config{Driver: driver, Blobs: func(store.Blobs) store.Blobs { return blobs }, Sinks: map[string]envelope.Sink{"host": silentSink{}},
		Credentials: func(c envelope.Credentials) envelope.Credentials {
			g.credentials = &brokenCredentials{Credentials: c}
			return g.credentials
		}})
	for range 9 {
		g.Buy(g.boss, "32")
	}
	g.mine = g.ids()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g.pattern(t, "expired", 10, false, func() envelope.ID {
		d := g.draft(t)
		d.Deadline = g.Clock.Now().Add(time.Hour)
		id := g.sent(t, d)
		g.Clock.Advance(2 * time.Hour)
		return id
	})
	g.pattern(t, "completed", 700, false, func() envelope.ID {
		id := g.sent(t, g.draft(t))
		g.signs(t, id)
		g.signs(t, id)
		return id
	})
	g.pattern(t, "the first signer's turn, with a deadline", 100, false, func() envelope.ID {
		d := g.draft(t)
		d.Deadline = g.Clock.Now().AddDate(0, 6, 0)
		return g.sent(t, d)
	})
	g.pattern(t, "the second signer's turn", 80, false, func() envelope.ID {
		id := g.sent(t, g.draft(t))
		g.signs(t, id)
		return id
	})
	g.pattern(t, "waits for a person who is not known", 20, false, func() envelope.ID {
		d := g.draft(t)
		d.Signers[0] = envelope.Signer{Kind: envelope.Person, Name: "赵未来", Phone: "13800138099", Boxes: d.Signers[1].Boxes}
		d.Signers[1].Boxes = nil
		return g.sent(t, d)
	})
	g.pattern(t, "draft", 60, false, func() envelope.ID {
		e, err := g.Envelopes.CreateDraft(ctx, g.staff, g.draft(t))
		must(err)
		return e.ID
	})
	g.pattern(t, "withdrawn", 20, false, func() envelope.ID {
		id := g.sent(t, g.draft(t))
		must(g.Envelopes.Withdraw(ctx, g.staff, id, "有误"))
		return id
	})
	g.pattern(t, "declined", 9, false, func() envelope.ID {
		id := g.sent(t, g.draft(t))
		must(g.Envelopes.Decline(ctx, g.staff, id, "有误"))
		return id
	})
	g.pattern(t, "its signatures cannot be made", 1, true, func() envelope.ID {
		id := g.sent(t, g.draft(t))
		g.credentials.broken = true
		will, err := g.Will(g.staff, phoneB, id, g.choice(g.staff), envelope.ByPassword)
		must(err)
		if _, err := g.Envelopes.Submit(ctx, g.staff, id, g.choice(g.staff), will); !errors.Is(err, errNoCertificate) {
			t.Fatal(err)
		}
		g.doneWaiting(ctx)
		g.credentials.broken = false
		return id
	})
	if size != nil {
		g.empty = size()
	}
	return g
}

// pattern makes an envelope, and remembers the rows that it leaves.
func (g *grown) pattern(t testing.TB, name string, share int, still bool, make func() envelope.ID) {
	t.Helper()
	before := g.n.rows(t)
	p := pattern{name: name, share: share, id: string(make()), still: still}
	g.doneWaiting(t.Context())
	for k, r := range g.n.rows(t) {
		if _, old := before[k]; !old {
			p.rows = append(p.rows, r)
		}
	}
	g.patterns = append(g.patterns, p)
}

func (g *grown) draft(t testing.TB) envelope.NewDraft {
	d := draft(t)
	d.Methods = envelope.ByPassword
	return d
}

func (g *grown) sent(t testing.TB, d envelope.NewDraft) envelope.ID {
	t.Helper()
	e, err := g.Envelopes.CreateDraft(t.Context(), g.staff, d)
	if err == nil {
		e, err = g.Envelopes.Send(t.Context(), g.staff, e.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// signs lets the party whose turn it is sign, and returns how long its Submit takes.
func (g *grown) signs(t testing.TB, id envelope.ID) time.Duration {
	t.Helper()
	e, err := g.Envelopes.Get(t.Context(), g.staff, id)
	if err != nil {
		t.Fatal(err)
	}
	who := g.partner
	if e.Parties[0].State == envelope.Active {
		who = g.staff
	}
	choice := g.choice(who)
	will, err := g.Will(who, "", id, choice, envelope.ByPassword)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if _, err := g.Envelopes.Submit(t.Context(), who, id, choice, will); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}

// TestGrowth prints what commands take beside more and more envelopes: what a person waits
// for does not grow with what the platform has (T29). Only the company's pages and counts do,
// up to 50 and 999 of its envelopes.
func TestGrowth(t *testing.T) {
	if *growth == 0 {
		t.Skip("-growth 100000 runs it")
	}
	t.Run("SQLite", func(t *testing.T) {
		g := grownSQLite(t)
		g.table(t)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		dsn := pgtest.DSN(t)
		d, err := postgres.Open(t.Context(), dsn, postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
		g := newGrown(t, d, func() int64 {
			ask(t, "pgx", dsn, "VACUUM ANALYZE") // as autovacuum does meanwhile
			return ask(t, "pgx", dsn, "SELECT pg_database_size(current_database())")
		})
		g.table(t)
	})
}

func grownSQLite(t testing.TB) *grown {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	d, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return newGrown(t, d, func() int64 {
		return ask(t, "sqlite", path, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
	})
}

// ask returns the number that a query answers; 0 if it answers none.
func ask(t testing.TB, driver, dsn, query string) (n int64) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return n
}

func (g *grown) table(t *testing.T) {
	var out strings.Builder
	first := map[string]float64{}
	for n := 100; n <= *growth; n *= 10 {
		g.fill(t, n)
		bytes := g.size() - g.empty
		line := g.measure(t, n)
		line = append(line, figure{"bytes of rows an envelope", float64(bytes) / float64(n), "KB", 1000, false})
		if n == 100 {
			out.WriteString("\n| envelopes |")
			for _, f := range line {
				fmt.Fprintf(&out, " %s, %s |", f.what, f.unit)
			}
		}
		fmt.Fprintf(&out, "\n| %d |", n)
		for _, f := range line {
			fmt.Fprintf(&out, " %.2f |", f.value/f.scale)
			if n <= 10_000 { // until then pages and counts fill up to what they have at most
				first[f.what] = f.value
			} else if f.flat && f.value > 3*first[f.what]+3e6 {
				t.Errorf("%s grows beside %d envelopes: %.2f %s, beside 10,000 %.2f", f.what, n, f.value/f.scale, f.unit, first[f.what]/f.scale)
			}
		}
	}
	t.Log(out.String())
}

// figure is one cell of the table. Times are in nanoseconds.
type figure struct {
	what  string
	value float64
	unit  string
	scale float64
	flat  bool
}

// measure returns the figures beside n envelopes: medians of repetitions.
func (g *grown) measure(t *testing.T, n int) []figure {
	ctx := t.Context()
	var out []figure
	add := func(what string, all []time.Duration) {
		slices.Sort(all)
		out = append(out, figure{what, float64(all[len(all)/2]), "ms", 1e6, true})
	}
	timed := func(do func() error) (all []time.Duration) {
		for range 9 {
			begun := time.Now()
			err := do()
			if all = append(all, time.Since(begun)); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	c := costOf(t, func() error {
		g.doneWaiting(ctx)
		var sends, submits, steps []time.Duration
		for range 3 {
			const each = 3
			for range each {
				e, err := g.Envelopes.CreateDraft(ctx, g.staff, g.draft(t))
				if err != nil {
					return err
				}
				begun := time.Now()
				if _, err = g.Envelopes.Send(ctx, g.staff, e.ID); err != nil {
					return err
				}
				sends = append(sends, time.Since(begun))
				submits = append(submits, g.signs(t, e.ID))
				g.signs(t, e.ID)
			}
			begun := time.Now()
			if _, err := g.Envelopes.Step(ctx); err != nil {
				return err
			}
			steps = append(steps, time.Since(begun)/each)
			g.doneWaiting(ctx)
		}
		add("send", sends)
		add("submit", submits)
		add("Step, each with work", steps)
		add("Step, idle", timed(func() error {
			n, err := g.Envelopes.Step(ctx)
			if err == nil && n > 0 {
				err = fmt.Errorf("%d were done", n)
			}
			return err
		}))
		add("Counts", timed(func() error { _, err := g.Envelopes.Counts(ctx, g.staff); return err }))
		for _, l := range []struct {
			what string
			page func(after store.Cursor) (store.Cursor, error)
		}{
			{"Tasks", func(after store.Cursor) (store.Cursor, error) {
				_, next, err := g.Envelopes.Tasks(ctx, g.staff, after)
				return next, err
			}},
			{"Sent", func(after store.Cursor) (store.Cursor, error) {
				_, next, err := g.Envelopes.Sent(ctx, g.staff, envelope.Filter{}, after)
				return next, err
			}},
			{"Sent, completed", func(after store.Cursor) (store.Cursor, error) {
				_, next, err := g.Envelopes.Sent(ctx, g.staff, envelope.Filter{Status: envelope.Completed}, after)
				return next, err
			}},
		} {
			last := store.Cursor("")
			add(l.what, timed(func() error { _, err := l.page(""); return err }))
			for next, err := l.page(""); next != ""; next, err = l.page(last) {
				if err != nil {
					return err
				}
				last = next
			}
			add(l.what+", last page", timed(func() error { _, err := l.page(last); return err }))
		}
		return nil
	})
	var named []store.Digest
	if err := g.Envelopes.Named(ctx, func(d store.Digest) error { named = append(named, d); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(named, func(a, b store.Digest) int { return slices.Compare(a[:], b[:]) })
	listed := listedBlobs{g.Blobs, slices.Compact(named)}
	var sweeps []time.Duration
	var most cost
	for range 3 {
		most.add(costOf(t, func() error {
			begun := time.Now()
			keep, err := g.Envelopes.Keeper(ctx)
			if err != nil {
				return err
			}
			_, err = store.Sweep(ctx, listed, keep, g.Clock.Now().Add(-24*time.Hour))
			sweeps = append(sweeps, time.Since(begun))
			return err
		}))
	}
	slices.Sort(sweeps)
	held := 32 * len(listed.named)
	runtime.KeepAlive(named)
	return append(out,
		figure{"sweep, 1,000 envelopes", float64(sweeps[1]) / float64(n) * 1000, "ms", 1e6, false},
		figure{"heap at rest", float64(before.HeapAlloc), "MiB", 1 << 20, false},
		figure{"its peak", float64(c.peak), "MiB", 1 << 20, false},
		figure{"its peak in a sweep", float64(most.peak) - float64(held), "MiB", 1 << 20, false})
}

// listedBlobs lists blobs that are not there, as a store of them would.
type listedBlobs struct {
	store.Blobs
	named []store.Digest
}

func (l listedBlobs) List(context.Context) iter.Seq2[store.BlobInfo, error] {
	return func(yield func(store.BlobInfo, error) bool) {
		for _, d := range l.named {
			if !yield(store.BlobInfo{Digest: d}, nil) {
				return
			}
		}
	}
}

// BenchmarkGrowth: an idle Step beside 100 and 1,000 envelopes.
func BenchmarkGrowth(b *testing.B) {
	g := grownSQLite(b)
	for _, n := range []int{100, 1000} {
		g.fill(b, n)
		b.Run(fmt.Sprint("idle Step beside ", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := g.Envelopes.Step(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
