package postgres_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

type doc struct {
	ID, Org, Number string
	Sent            int64
}

func docs() *store.Table[doc] {
	return store.NewTable("doc", func(d *doc) string { return d.ID },
		store.Text("org", func(d *doc) string { return d.Org }),
		store.Text("number", func(d *doc) string { return d.Number }),
		store.Int("sent", func(d *doc) int64 { return d.Sent })).
		Index("by_org", "org", "sent").Unique("by_number", "number")
}

const benchRows = 2000

func benchRow(i int) doc {
	return doc{ID: fmt.Sprintf("%06d", i), Org: fmt.Sprint(i % 10), Number: fmt.Sprint("N", i), Sent: int64(i)}
}

// BenchmarkFloor measures the typed layer against the same statements through
// database/sql in a second database of the same tables, with the same
// transactions and the same JSON, turn by turn in one run. x-floor is the ratio
// of the two.
func BenchmarkFloor(b *testing.B) {
	ctx := b.Context()
	table := docs()
	db := openDB(b, open(b, pgtest.DSN(b)), table)
	bare := openBare(b)
	err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i := range benchRows {
			if err := table.Insert(ctx, tx, benchRow(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	bare.run(update, func(tx *sql.Tx) {
		for i := range benchRows {
			bare.insert(tx, benchRow(i))
		}
	})
	must(b, bare.pool, "ANALYZE") // the floor gets the best plan

	n, m := benchRows, benchRows
	view := func(fn func(context.Context, *store.Tx) error) func() error {
		return func() error { return db.View(ctx, fn) }
	}
	for _, bb := range []struct {
		name  string
		typed func() error
		floor func()
	}{
		{"get", view(func(ctx context.Context, tx *store.Tx) error {
			_, err := table.Get(ctx, tx, "000777")
			return err
		}), func() { bare.run(snapshot, func(tx *sql.Tx) { bare.get(tx, "000777") }) }},
		{"put", func() error {
			n++
			return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return table.Insert(ctx, tx, benchRow(n)) })
		}, func() { m++; bare.run(update, func(tx *sql.Tx) { bare.insert(tx, benchRow(m)) }) }},
		{"page of 50", view(func(ctx context.Context, tx *store.Tx) error {
			_, err := table.Page(ctx, tx, store.Where("org", "3"), store.Desc("sent"))
			return err
		}), func() { bare.run(snapshot, func(tx *sql.Tx) { bare.page(tx, "3", true) }) }},
		{"light page of 50", view(func(ctx context.Context, tx *store.Tx) error {
			_, err := table.Light(ctx, tx, store.Where("org", "3"), store.Desc("sent"))
			return err
		}), func() { bare.run(snapshot, func(tx *sql.Tx) { bare.page(tx, "3", false) }) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var typed, floor time.Duration
			for b.Loop() {
				start := time.Now()
				bb.floor()
				middle := time.Now()
				err := bb.typed()
				floor, typed = floor+middle.Sub(start), typed+time.Since(middle)
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(typed.Nanoseconds())/float64(b.N), "typed-ns/op")
			b.ReportMetric(float64(typed)/float64(floor), "x-floor")
		})
	}
}

var (
	update   = &sql.TxOptions{Isolation: sql.LevelSerializable}
	snapshot = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
)

// bareSQL is the floor: pgx through database/sql, which prepares each statement once.
type bareSQL struct {
	b    *testing.B
	pool *sql.DB
}

func openBare(b *testing.B) *bareSQL {
	schemas, err := store.Schemas([]store.AnyTable{docs()})
	if err != nil {
		b.Fatal(err)
	}
	s := &bareSQL{b, pool(b, pgtest.DSN(b))}
	must(b, s.pool, postgres.DDL(schemas))
	return s
}

func (s *bareSQL) must(err error) {
	if err != nil {
		s.b.Fatal(err)
	}
}

func (s *bareSQL) run(o *sql.TxOptions, fn func(*sql.Tx)) {
	tx, err := s.pool.BeginTx(s.b.Context(), o)
	s.must(err)
	fn(tx)
	s.must(tx.Commit())
}

func (s *bareSQL) insert(tx *sql.Tx, d doc) {
	body, err := json.Marshal(d)
	s.must(err)
	_, err = tx.Exec(`INSERT INTO doc (id, version, org, number, sent, doc) VALUES ($1, $2, $3, $4, $5, $6)`, d.ID, 1, d.Org, d.Number, d.Sent, body)
	s.must(err)
}

type scanned struct {
	id, org, number string
	version, sent   int64
	body            []byte
	doc             doc
}

func (s *bareSQL) get(tx *sql.Tx, id string) {
	var r scanned
	s.must(tx.QueryRow(`SELECT id, version, doc, org, number, sent FROM doc WHERE id = $1`, id).Scan(&r.id, &r.version, &r.body, &r.org, &r.number, &r.sent))
	s.must(json.Unmarshal(r.body, &r.doc))
}

func (s *bareSQL) page(tx *sql.Tx, org string, whole bool) {
	text := `SELECT id, version, org, number, sent FROM doc WHERE org = $1 ORDER BY sent DESC, id DESC LIMIT 51`
	if whole {
		text = `SELECT id, version, org, number, sent, doc FROM doc WHERE org = $1 ORDER BY sent DESC, id DESC LIMIT 51`
	}
	rows, err := tx.Query(text, org)
	s.must(err)
	defer rows.Close()
	var all []scanned
	for rows.Next() {
		var r scanned
		into := []any{&r.id, &r.version, &r.org, &r.number, &r.sent}
		if whole {
			into = append(into, &r.body)
		}
		s.must(rows.Scan(into...))
		if whole && len(all) < 50 {
			s.must(json.Unmarshal(r.body, &r.doc))
		}
		all = append(all, r)
	}
	s.must(rows.Err())
	if len(all) != 51 {
		s.b.Fatal(len(all))
	}
}

// BenchmarkOutbox measures claiming and finishing an event, by one worker and by four
// with a pool each, like four processes.
func BenchmarkOutbox(b *testing.B) {
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprint(workers, " workers"), func(b *testing.B) {
			dsn, table := pgtest.DSN(b), docs()
			var all []*store.DB
			for range workers {
				all = append(all, openDB(b, open(b, dsn), table))
			}
			err := all[0].Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for i := range b.N {
					if err := store.Emit(ctx, tx, store.Event{Topic: "t", Key: fmt.Sprint(i % 100)}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			var wg sync.WaitGroup
			for _, db := range all {
				wg.Go(func() { drain(b, db.Outbox()) })
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per-s")
		})
	}
}

func drain(b *testing.B, o *store.Outbox) {
	for {
		ds, err := o.Claim(b.Context(), store.Claim{Worker: "w", N: 10, Lease: time.Minute})
		for _, d := range ds {
			if err == nil {
				err = o.Done(b.Context(), d)
			}
		}
		if err != nil {
			b.Error(err)
			return
		}
		if len(ds) > 0 {
			continue
		}
		if s, err := o.Stats(b.Context()); err != nil || s.Ready.N+s.Waiting.N == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
