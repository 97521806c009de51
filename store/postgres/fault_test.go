package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// A server may answer a COMMIT in several ways: the outcome is not known, or it was
// refused for a reason, which shows whether to try again.
func TestCommitRefused(t *testing.T) {
	for state, want := range map[string]struct {
		uncertain, again bool
		kind             error
	}{
		"40001": {again: true}, "40P01": {again: true}, "55P03": {again: true},
		"40003": {uncertain: true}, "57P01": {uncertain: true}, "08006": {uncertain: true},
		"57014": {uncertain: true}, "53200": {uncertain: true}, "XXA00": {uncertain: true},
		"23505": {}, "25P03": {}, "53100": {kind: store.ErrFull}, "58030": {kind: store.ErrDisk},
	} {
		err := postgres.Uncertain(&pgconn.PgError{Code: state})
		if got := errors.Is(err, store.ErrUncertain); got != want.uncertain || postgres.Retryable(err) != want.again {
			t.Errorf("%s: uncertain %v, retried %v: %v", state, got, postgres.Retryable(err), err)
		}
		for _, kind := range []error{store.ErrFull, store.ErrDisk} {
			if errors.Is(err, kind) != (want.kind == kind) {
				t.Errorf("%s: %v", state, err)
			}
		}
	}
}
