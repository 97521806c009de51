package storetest

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
)

// Host is a database that an adapter and its host share through a database/sql driver:
// a driver, the host's own pool, and the adapter's Join. Pool begins serializable
// transactions that can write at once.
type Host struct {
	Driver store.Driver
	Pool   *sql.DB
	Begin  *sql.TxOptions
	Join   func(ctx context.Context, db *store.DB, tx *sql.Tx) (*store.DB, error)
}

// RunJoin checks the Join of an adapter for database/sql against what [store.DB.Join]
// promises. open makes a new, empty database each time; the suite closes its driver.
func RunJoin(t *testing.T, open func(testing.TB) Host) {
	for name, check := range map[string]func(*guest){
		"kept when the host commits":              joinCommit,
		"gone when the host rolls back":           joinRollBack,
		"an update that fails is undone alone":    joinUndo,
		"a transaction inside is still refused":   joinNested,
		"a view writes nothing":                   joinView,
		"keyed locks, events, both in one commit": joinLocks,
	} {
		t.Run(name, func(t *testing.T) { check(invite(t, open)) })
	}
}

// guest is a bench whose host has a table of orders.
type guest struct {
	*bench
	host   Host
	tx     *sql.Tx
	joined *store.DB
}

func invite(t *testing.T, open func(testing.TB) Host) *guest {
	g := &guest{host: open(t)}
	g.bench = setUp(t, func(testing.TB) store.Driver { return g.host.Driver })
	if _, err := g.host.Pool.ExecContext(g.ctx, "CREATE TABLE orders (number bigint PRIMARY KEY, contract text)"); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.tx, err = g.host.Pool.BeginTx(g.ctx, g.host.Begin); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.tx.Rollback() }) // for a test that broke off
	if g.joined, err = g.host.Join(g.ctx, g.DB, g.tx); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *guest) order() {
	g.Helper()
	if _, err := g.tx.ExecContext(g.ctx, "INSERT INTO orders (number, contract) VALUES (1, 'a')"); err != nil {
		g.Fatal(err)
	}
}

func (g *guest) add(id string) error {
	return g.joined.Update(g.ctx, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(g.items.Insert(ctx, tx, item{ID: id}), store.Emit(ctx, tx, store.Event{Topic: "made", Key: id}))
	})
}

// left checks how many rows the host's table and the store have.
func (g *guest) left(orders, items, events int) {
	g.Helper()
	var n int
	if err := g.host.Pool.QueryRowContext(g.ctx, "SELECT count(*) FROM orders").Scan(&n); err != nil || n != orders {
		g.Errorf("%d orders, %v, want %d", n, err, orders)
	}
	same(g, "items", len(g.list()), items)
	s, err := g.Outbox().Stats(g.ctx)
	if err != nil || s.Ready.N != events {
		g.Errorf("%s events, %v, want %d", s.Ready, err, events)
	}
}

func joinCommit(g *guest) {
	if err := g.add("a"); err != nil {
		g.Fatal(err)
	}
	g.order()
	if err := g.joined.View(g.ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := g.items.Get(ctx, tx, "a")
		return err
	}); err != nil {
		g.Errorf("its own row: %v", err)
	}
	if err := g.tx.Commit(); err != nil {
		g.Fatal(err)
	}
	g.left(1, 1, 1)
}

func joinRollBack(g *guest) {
	if err := g.add("a"); err != nil {
		g.Fatal(err)
	}
	g.order()
	if err := g.tx.Rollback(); err != nil {
		g.Fatal(err)
	}
	g.left(0, 0, 0)
}

func joinUndo(g *guest) {
	g.order()
	if err := g.add("a"); err != nil {
		g.Fatal(err)
	}
	want(g, "a taken id", g.add("a"), store.ErrExists)
	stop := errors.New("stop")
	err := g.joined.Update(g.ctx, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(g.items.Insert(ctx, tx, item{ID: "b"}), stop)
	})
	want(g, "an error of fn", err, stop)
	if err := g.add("c"); err != nil {
		g.Fatal(err)
	}
	if err := g.tx.Commit(); err != nil {
		g.Fatal(err)
	}
	g.left(1, 2, 2)
}

func joinNested(g *guest) {
	err := g.joined.Update(g.ctx, func(ctx context.Context, tx *store.Tx) error {
		none := func(context.Context, *store.Tx) error { return nil }
		want(g, "joined in joined", g.joined.Update(ctx, none), store.ErrNested)
		want(g, "its own in joined", g.DB.View(ctx, none), store.ErrNested)
		return nil
	})
	if err != nil {
		g.Fatal(err)
	}
}

func joinView(g *guest) {
	err := g.joined.View(g.ctx, func(ctx context.Context, tx *store.Tx) error { return g.items.Insert(ctx, tx, item{ID: "a"}) })
	want(g, "insert in a view", err, store.ErrReadOnly)
}

func joinLocks(g *guest) {
	if err := g.add("a"); err != nil {
		g.Fatal(err)
	}
	err := g.joined.Update(g.ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := g.items.Get(ctx, tx, "a")
		if err != nil {
			return err
		}
		r.V.Note = "changed"
		return g.items.Update(ctx, tx, r)
	}, "hot", "hotter")
	if err == nil {
		err = g.tx.Commit()
	}
	if err != nil {
		g.Fatal(err)
	}
	same(g, "note", g.get("a").V.Note, "changed")
}
