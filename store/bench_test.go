package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

const benchRows = 2000

// BenchmarkFloor measures the typed layer on SQLite against prepared SQL on a
// second file, with the same transactions and the same JSON, turn by turn in
// one run. x-floor is the ratio of the two.
func BenchmarkFloor(b *testing.B) {
	ctx := b.Context()
	table := docs()
	driver, err := sqlite.Open(ctx, filepath.Join(b.TempDir(), "typed.db"), sqlite.Config{})
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(ctx, driver, config(), []store.AnyTable{table})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	bare := openBare(b)

	row := func(i int) doc {
		return doc{ID: fmt.Sprintf("%06d", i), Org: fmt.Sprint(i % 10), Number: fmt.Sprint("N", i), Sent: int64(i)}
	}
	bare.exec("BEGIN IMMEDIATE")
	for i := range benchRows {
		bare.insert(row(i))
	}
	bare.exec("COMMIT")
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i := range benchRows {
			if err := table.Insert(ctx, tx, row(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}

	n, m := benchRows, benchRows
	for _, bb := range []struct {
		name         string
		typed, floor func()
	}{
		{"get", func() {
			err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := table.Get(ctx, tx, "000777")
				return err
			})
		}, func() { bare.exec("BEGIN"); bare.get("000777"); bare.exec("COMMIT") }},
		{"put", func() {
			n++
			err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return table.Insert(ctx, tx, row(n)) })
		}, func() { m++; bare.exec("BEGIN IMMEDIATE"); bare.insert(row(m)); bare.exec("COMMIT") }},
		{"page of 50", func() {
			err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := table.Page(ctx, tx, store.Where("org", "3"), store.Desc("sent"))
				return err
			})
		}, func() { bare.exec("BEGIN"); bare.page("3"); bare.exec("COMMIT") }},
		{"light page of 50", func() {
			err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				_, err := table.Light(ctx, tx, store.Where("org", "3"), store.Desc("sent"))
				return err
			})
		}, func() { bare.exec("BEGIN"); bare.light("3"); bare.exec("COMMIT") }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var typed, floor time.Duration
			for b.Loop() {
				start := time.Now()
				bb.floor()
				middle := time.Now()
				bb.typed()
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

type bareSQL struct {
	b     *testing.B
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func openBare(b *testing.B) *bareSQL {
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { pool.Close() })
	conn, err := pool.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s := &bareSQL{b, conn, map[string]*sql.Stmt{}}
	s.exec(`CREATE TABLE doc (id TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, generation INTEGER NOT NULL, org TEXT NOT NULL, number TEXT NOT NULL, sent INTEGER NOT NULL, doc BLOB NOT NULL) STRICT`)
	s.exec(`CREATE INDEX by_org ON doc (org, sent, id)`)
	s.exec(`CREATE INDEX by_number ON doc (number, id)`)
	s.exec(`CREATE UNIQUE INDEX by_number_u ON doc (number) WHERE number <> ''`)
	return s
}

func (s *bareSQL) stmt(text string) *sql.Stmt {
	if s.stmts[text] == nil {
		stmt, err := s.conn.PrepareContext(context.Background(), text)
		if err != nil {
			s.b.Fatal(err)
		}
		s.stmts[text] = stmt
	}
	return s.stmts[text]
}

func (s *bareSQL) exec(text string, args ...any) {
	if _, err := s.stmt(text).Exec(args...); err != nil {
		s.b.Fatal(err)
	}
}

func (s *bareSQL) insert(d doc) {
	body, err := json.Marshal(d)
	if err != nil {
		s.b.Fatal(err)
	}
	s.exec(`INSERT INTO doc (id, version, generation, org, number, sent, doc) VALUES (?, ?, ?, ?, ?, ?, ?)`, d.ID, 1, 1, d.Org, d.Number, d.Sent, body)
}

type scanned struct {
	id, org, number string
	version, sent   int64
	generation      int64
	body            []byte
	doc             doc
}

func (s *bareSQL) get(id string) {
	var r scanned
	err := s.stmt(`SELECT id, version, generation, doc, org, number, sent FROM doc WHERE id = ?`).QueryRow(id).Scan(&r.id, &r.version, &r.generation, &r.body, &r.org, &r.number, &r.sent)
	if err == nil {
		err = json.Unmarshal(r.body, &r.doc)
	}
	if err != nil {
		s.b.Fatal(err)
	}
}

func (s *bareSQL) page(org string) {
	s.rows(`SELECT id, version, generation, org, number, sent, doc FROM doc WHERE org = ? ORDER BY sent DESC, id DESC LIMIT 51`, org, true)
}

func (s *bareSQL) light(org string) {
	s.rows(`SELECT id, version, generation, org, number, sent FROM doc WHERE org = ? ORDER BY sent DESC, id DESC LIMIT 51`, org, false)
}

func (s *bareSQL) rows(text, org string, docs bool) {
	rows, err := s.stmt(text).Query(org)
	if err != nil {
		s.b.Fatal(err)
	}
	defer rows.Close()
	var all []scanned
	for rows.Next() {
		var r scanned
		into := []any{&r.id, &r.version, &r.generation, &r.org, &r.number, &r.sent}
		if docs {
			into = append(into, &r.body)
		}
		if err := rows.Scan(into...); err != nil {
			s.b.Fatal(err)
		}
		if docs && len(all) < 50 {
			if err := json.Unmarshal(r.body, &r.doc); err != nil {
				s.b.Fatal(err)
			}
		}
		all = append(all, r)
	}
	if rows.Err() != nil || len(all) != 51 {
		s.b.Fatal(len(all), rows.Err())
	}
}
