package postgres_test

import (
	"os"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func open(t testing.TB, dsn string) *postgres.Driver {
	t.Helper()
	d, err := postgres.Open(t.Context(), dsn, postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDriver(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Driver { return open(t, pgtest.DSN(t)) })
}

func TestDurable(t *testing.T) {
	storetest.RunDurable(t, func(t testing.TB) func(testing.TB) store.Driver {
		dsn := pgtest.DSN(t)
		return func(t testing.TB) store.Driver { return open(t, dsn) }
	})
}

func TestDriverOnThePoolOfAHost(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Driver { return postgres.New(pool(t, pgtest.DSN(t))) })
}
