package envelope_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// noted is a driver whose tables are known.
type noted struct {
	store.Driver
	schemas []store.Schema
}

func (n *noted) Ensure(ctx context.Context, s []store.Schema) error {
	for _, one := range s {
		n.schemas = append(n.schemas[:len(n.schemas):len(n.schemas)], one)
	}
	return n.Driver.Ensure(ctx, s)
}

// notedClaimer is one whose driver is a [store.Claimer].
type notedClaimer struct {
	*noted
	store.Claimer
}

// noting returns a driver that is given to the store, and what will know its tables.
func noting(d store.Driver) (store.Driver, *noted) {
	n := &noted{Driver: d}
	if c, ok := d.(store.Claimer); ok {
		return notedClaimer{n, c}, n
	}
	return n, n
}

// rowSealer opens the rows of every World: their key is the same.
func rowSealer(t testing.TB) *secret.Rows {
	t.Helper()
	keys, err := secret.NewKeys(envelopetest.Keys())
	if err != nil {
		t.Fatal(err)
	}
	return keys.Rows()
}

// left is a row that an envelope leaves, and the number of its table.
type left struct {
	table int
	store.Row
}

// rows reads all rows of the tables that grow with envelopes. Rates and codes are of persons,
// and purged.
func (n *noted) rows(t testing.TB) map[string]left {
	t.Helper()
	tx, err := n.Begin(t.Context(), store.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]left{}
	for i := range n.schemas {
		s := &n.schemas[i]
		if !strings.HasPrefix(s.Name, "envelope") && !strings.HasPrefix(s.Name, "billing_") && s.Name != "seal_use" && s.Name != "outbox" && s.Name != "org_audit" {
			continue
		}
		all, err := tx.Query(t.Context(), s, store.Query{Limit: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if r.Doc, err = rowSealer(t).Open(s.Name, r.ID, r.Doc[1:]); err != nil {
				t.Fatal(err)
			}
			out[s.Name+"/"+r.ID] = left{i, r}
		}
	}
	if err := tx.End(false); err != nil {
		t.Fatal(err)
	}
	return out
}

// pattern is what one real envelope left, to be copied.
type pattern struct {
	name  string
	share int // of a thousand envelopes
	id    string
	rows  []left
	still bool // its times must not change: it waits for a moment
}

// filler copies patterns.
type filler struct {
	n        *noted
	patterns []pattern
	mine     []string // ids of persons and the company, which most copies do not have
	made     int
}

var (
	moments = regexp.MustCompile(`"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"`)
	digests = regexp.MustCompile(`"[0-9a-f]{64}"`)
)

// fill makes copies until there are n. Every tenth is of the company and the persons of the
// cast, the others of thousands of others. Ids and digests are of their own; times lie up to
// five days before.
func (f *filler) fill(t testing.TB, n int) {
	t.Helper()
	const batch = 1000
	rows := rowSealer(t)
	for f.made < n {
		tx, err := f.n.Begin(t.Context(), store.Update, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range min(batch, n-f.made) {
			if err := f.copy(t.Context(), tx, f.made, rows); err != nil {
				t.Fatal(err)
			}
			f.made++
		}
		if err := tx.End(true); err != nil {
			t.Fatal(err)
		}
	}
}

// choose returns the pattern of the i-th copy.
func (f *filler) choose(i int) *pattern {
	at := i * 7919 % 1000
	for k := range f.patterns {
		if at -= f.patterns[k].share; at < 0 {
			return &f.patterns[k]
		}
	}
	return &f.patterns[0]
}

func (f *filler) copy(ctx context.Context, tx store.DriverTx, i int, rows *secret.Rows) error {
	p, r := f.choose(i), rand.New(rand.NewPCG(uint64(i), 1))
	fresh := func(n int) string {
		b := make([]byte, n)
		for k := range b {
			b[k] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[r.IntN(32)]
		}
		return string(b)
	}
	id := fresh(len(p.id))
	swaps := []string{p.id, id}
	if i%10 != 0 {
		for _, m := range f.mine {
			swaps = append(swaps, m, m[:len(m)-6]+fmt.Sprintf("%06d", i%9973))
		}
	}
	earlier := time.Duration(r.Int64N(int64(5 * 24 * time.Hour)))
	if p.still {
		earlier = 0
	}
	for _, row := range p.rows {
		own := swaps
		if !strings.Contains(row.ID, p.id) {
			own = append(swaps[:len(swaps):len(swaps)], row.ID, fresh(len(row.ID)))
		}
		swap := strings.NewReplacer(own...)
		out := row.Row
		out.ID, out.Cols = swap.Replace(row.ID), nil
		for _, v := range row.Cols {
			if v.Text = swap.Replace(v.Text); v.Kind == store.KindTime && v.Int > 0 && v.Int < 1<<52 {
				v.Int -= earlier.Microseconds()
			}
			out.Cols = append(out.Cols, v)
		}
		doc := []byte(swap.Replace(string(row.Doc)))
		doc = moments.ReplaceAllFunc(doc, func(b []byte) []byte {
			at, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
			if err != nil {
				return b
			}
			return fmt.Appendf(nil, "%q", at.Add(-earlier.Truncate(time.Microsecond)).Format(time.RFC3339Nano))
		})
		if f.n.schemas[row.table].Name == "envelope" {
			doc = digests.ReplaceAllFunc(doc, func(b []byte) []byte {
				if bytes.Equal(b, []byte(`"`+strings.Repeat("0", 64)+`"`)) {
					return b
				}
				sum := sha256.Sum256(append([]byte(id), b...))
				return []byte(`"` + hex.EncodeToString(sum[:]) + `"`)
			})
		}
		sealed, err := rows.Seal(f.n.schemas[row.table].Name, out.ID, doc)
		if err != nil {
			return err
		}
		out.Doc = append([]byte{0}, sealed...)
		if err := tx.Write(ctx, &f.n.schemas[row.table], out, 0); err != nil {
			return fmt.Errorf("%s of %s: %w", f.n.schemas[row.table].Name, p.name, err)
		}
	}
	return nil
}

// doneWaiting lets both services do what waits. What fails is part of the pattern.
func (c *cast) doneWaiting(ctx context.Context) {
	for range 100 {
		n, _ := c.Envelopes.Step(ctx)
		m, _ := c.Org.Step(ctx)
		if n+m == 0 {
			return
		}
	}
}

// ids returns those that are in rows of the cast.
func (c *cast) ids() []string {
	return []string{string(c.boss.Org), string(c.boss.Person), string(c.staff.Person), string(c.partner.Person)}
}
