package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// An Update whose inner Update does not see its ctx looks like two callers. It must end
// all the same.
func TestHiddenNestingEndsInBusy(t *testing.T) {
	cfg := config()
	cfg.BeginTimeout = 20 * time.Millisecond
	db, err := store.Open(t.Context(), memory.New(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(t.Context(), func(context.Context, *store.Tx) error {
		return db.Update(t.Context(), func(context.Context, *store.Tx) error { return nil })
	})
	if !errors.Is(err, store.ErrBusy) {
		t.Fatalf("got %v, want ErrBusy", err)
	}
}

var errLost = errors.New("lost")

// losing is a driver whose errLost asks for another attempt. It records the locks of
// each attempt.
type losing struct {
	store.Driver
	locks *[]string
}

func (l losing) Begin(ctx context.Context, m store.Mode, locks []string) (store.DriverTx, error) {
	*l.locks = append(*l.locks, strings.Join(locks, ","))
	return l.Driver.Begin(ctx, m, locks)
}

func (losing) Retryable(err error) bool { return errors.Is(err, errLost) }

func TestRetriesAreBounded(t *testing.T) {
	var locks []string
	db, err := store.Open(t.Context(), losing{memory.New(), &locks}, config())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, tt := range []struct {
		name        string
		lost, calls int
		want        error
	}{
		{"never lost", 0, 1, nil},
		{"lost twice", 2, 3, nil},
		{"always lost", 1000, 12, store.ErrBusy},
	} {
		calls := 0
		locks = nil
		err := db.Update(t.Context(), func(context.Context, *store.Tx) error {
			if calls++; calls <= tt.lost {
				return errLost
			}
			return nil
		}, "z", "a")
		for i, got := range locks {
			want := "a,z"
			if i >= 2 {
				want = "a,store/losers,z" // transactions that lost run one after the other
			}
			if got != want {
				t.Errorf("%s: attempt %d holds %s, want %s", tt.name, i+1, got, want)
			}
		}
		if !errors.Is(err, tt.want) || calls != tt.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", tt.name, err, calls, tt.want, tt.calls)
		}
	}
}

// The host's clock may be in any zone: what is kept of it is in UTC.
func TestNow(t *testing.T) {
	cfg := config()
	moment := time.Date(2026, 3, 4, 8, 30, 0, 0, time.FixedZone("CST", 8*3600))
	cfg.Now = func() time.Time { return moment }
	db, err := store.Open(t.Context(), memory.New(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), func(_ context.Context, tx *store.Tx) error {
		for _, now := range []time.Time{tx.Now(), db.Now()} {
			if now != moment.UTC() {
				t.Errorf("it is %v, not %v", now, moment.UTC())
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
