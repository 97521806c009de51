package postgres_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// silent is a connection that loses what is sent, as if the other machine were gone.
type silent struct {
	net.Conn
	gone *atomic.Bool
}

func (s silent) Write(p []byte) (int, error) {
	if s.gone.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// A server that no longer answers blocks neither the end of a transaction nor, later,
// those who wait for its keyed locks.
func TestSilentServer(t *testing.T) {
	for _, commit := range []bool{true, false} {
		var gone atomic.Bool
		cfg, err := pgx.ParseConfig(pgtest.DSN(t))
		if err != nil {
			t.Fatal(err)
		}
		dial := cfg.DialFunc
		cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			return silent{c, &gone}, err
		}
		pool := stdlib.OpenDB(*cfg)
		defer pool.Close()
		d, table := postgres.New(pool), ledger()
		d.Wait(100 * time.Millisecond)
		db := openDB(t, d, table)
		refused := errors.New("refused")
		begun := time.Now()
		err = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := table.Insert(ctx, tx, entry{ID: "one"}); err != nil {
				return err
			}
			gone.Store(true)
			if !commit {
				return refused
			}
			return nil
		}, "key")
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		if want := map[bool]error{true: store.ErrUncertain, false: refused}[commit]; !errors.Is(err, want) {
			t.Errorf("commit %v: %v", commit, err)
		}
		gone.Store(false)
		if err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return nil }, "another"); err != nil {
			t.Error(err)
		}
	}
}
