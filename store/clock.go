package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MaxStride is how far the clock may move between two looks at it: more is a leap. A platform
// that rested for longer than that reports a leap when it starts again.
const MaxStride = 30 * 24 * time.Hour

// clockPace is how old the stored look at the clock may become.
const clockPace = time.Hour

// ClockError says that the clock leapt. Who gets it does nothing that cannot be undone.
type ClockError struct{ Before, Now time.Time }

// Error names both times.
func (e *ClockError) Error() string {
	return fmt.Sprintf("store: the clock leapt from %s to %s; if that is wrong, mend it before more is done",
		e.Before.Format(time.RFC3339), e.Now.Format(time.RFC3339))
}

// Zh returns the Chinese text.
func (e *ClockError) Zh() string { return "系统时钟发生跳变，请先核对服务器时间" }

// look is when a kind of worker last looked at the clock.
type look struct {
	Worker string    `json:"worker"`
	At     time.Time `json:"at"`
}

func newLookTable() *Table[look] {
	return NewTable("store_clock", func(l *look) string { return l.Worker })
}

// CheckClock returns a [*ClockError] once if the clock moved by more than [MaxStride], forward
// or back, since a worker of this name last looked, in this process or, if it has not yet, in
// any. Workers that delete, expire or forget look first (T35).
func (db *DB) CheckClock(ctx context.Context, worker string) error {
	now := db.Now()
	db.mu.Lock()
	before, seen := db.looks[worker]
	db.mu.Unlock()
	if seen && before.Truncate(clockPace).Equal(now.Truncate(clockPace)) {
		return nil
	}
	if !seen {
		err := db.View(ctx, func(ctx context.Context, tx *Tx) error {
			rec, err := db.clock.Get(ctx, tx, worker)
			before, seen = rec.V.At, err == nil
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	err := db.Update(ctx, func(ctx context.Context, tx *Tx) error { return db.clock.Put(ctx, tx, look{worker, now}) })
	if err != nil {
		return err
	}
	db.mu.Lock()
	db.looks[worker] = now
	db.mu.Unlock()
	if seen && now.Sub(before).Abs() > MaxStride {
		db.cfg.Log.ErrorContext(ctx, "the clock leapt", "worker", worker, "before", before, "now", now)
		return &ClockError{before, now}
	}
	return nil
}
