package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// What a server says of a COMMIT: that it is not known what became of it, or why it
// was not done, and whether to try again.
func TestCommitRefused(t *testing.T) {
	for state, want := range map[string]struct{ uncertain, again bool }{
		"40001": {false, true}, "40P01": {false, true},
		"40003": {true, false}, "57P01": {true, false}, "08006": {true, false},
		"23505": {false, false}, "53100": {false, false},
	} {
		err := postgres.Uncertain(&pgconn.PgError{Code: state})
		if got := errors.Is(err, store.ErrUncertain); got != want.uncertain || postgres.Retryable(err) != want.again {
			t.Errorf("%s: uncertain %v, retried %v: %v", state, got, postgres.Retryable(err), err)
		}
	}
}
