package store

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Outcome is how an Update or a View ended. Its zero value is invalid.
type Outcome uint8

const (
	// Committed means that its function and the commit returned nil.
	Committed Outcome = iota + 1
	// RolledBack says that its function, the end of its ctx or a fault of the database undid it.
	RolledBack
	// Conflicted is [RolledBack] with [ErrConflict]: someone changed a record since it
	// was read.
	Conflicted
	// GaveUp is [ErrBusy]: it could not start in time, or lost on every attempt.
	GaveUp
	// Unknown is [ErrUncertain].
	Unknown
)

var outcomeNames = []string{Committed: "committed", RolledBack: "rolled_back", Conflicted: "conflicted", GaveUp: "gave_up", Unknown: "unknown"}

// String returns one lower-case word, for the label of a metric.
func (o Outcome) String() string { return enum.Name("Outcome", outcomeNames, o) }

func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Committed
	case errors.Is(err, ErrUncertain):
		return Unknown
	case errors.Is(err, ErrBusy):
		return GaveUp
	case errors.Is(err, ErrConflict):
		return Conflicted
	}
	return RolledBack
}

// Transaction describes an Update or a View that has ended, with all its attempts.
type Transaction struct {
	Mode     Mode
	Outcome  Outcome
	Attempts int           // from 1; each but the last lost to others and was run again
	Took     time.Duration // by Config.Now, from the call to its return
	Waited   time.Duration // part of Took: until transactions began, for locks, connections, the one writer of a file
	Err      error         // what the caller gets
}

// Stats are counters since Open, of this process.
type Stats struct {
	Running int64 // now; the others count transactions that have ended

	Views   int64
	Updates int64
	Retries int64 // attempts that lost to others and were run again

	// How they ended; RolledBack also counts refusals, which are normal.
	Committed, RolledBack, Conflicted, GaveUp, Unknown int64
}

func (s *Stats) add(t *Transaction) {
	if t.Mode == View {
		s.Views++
	} else {
		s.Updates++
	}
	s.Retries += int64(t.Attempts - 1)
	switch t.Outcome {
	case Committed:
		s.Committed++
	case RolledBack:
		s.RolledBack++
	case Conflicted:
		s.Conflicted++
	case GaveUp:
		s.GaveUp++
	case Unknown:
		s.Unknown++
	}
}

// Stats returns the counters at one moment. A DB from [DB.Join] has none, because its
// work ends with the host's transaction. [Outbox.Stats] shows how far the outbox is
// behind.
func (db *DB) Stats() Stats {
	db.mu.Lock()
	defer db.mu.Unlock()
	s := db.stats
	s.Running = int64(db.running)
	return s
}

// errPanicked is reported for a transaction whose function panicked.
var errPanicked = errors.New("store: the function of the transaction panicked")

// watch follows one transaction. Without Config.Watch it reads no clock.
type watch struct {
	told  func(context.Context, Transaction)
	clock func() time.Time
	start time.Time
	t     Transaction
}

func (db *DB) watch(mode Mode) watch {
	w := watch{told: db.cfg.Watch, clock: db.cfg.Now, t: Transaction{Mode: mode, Attempts: 1}}
	if db.host != nil {
		w.told = nil
	}
	w.start = w.now()
	return w
}

func (w *watch) now() time.Time {
	if w.told == nil {
		return time.Time{}
	}
	return w.clock()
}

// waited adds the time since from.
func (w *watch) waited(from time.Time) {
	if w.told != nil {
		w.t.Waited += w.clock().Sub(from)
	}
}

// over reports how the transaction ended.
func (w *watch) over(ctx context.Context) {
	if w.told != nil {
		w.t.Took = w.clock().Sub(w.start)
		w.told(ctx, w.t)
	}
}
