package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of the outbox.
const (
	MaxClaim = 100            // deliveries per call
	MaxBody  = 1 << 20        // bytes of an event
	MaxPause = 24 * time.Hour // of a lease, and of a pause before the next delivery
	maxNote  = 1 << 10        // bytes kept of a reason
)

// claimLock makes the workers of all processes claim one after the other.
const claimLock Lock = "store/outbox"

// Event is something to be reported to other systems. Events of one Key are delivered
// in the order in which they were committed, across topics. Consumers that must not
// wait for each other use different keys. An empty Key asks for no order.
type Event struct {
	Topic string
	Key   string
	Body  []byte
}

// Delivery is an event that a worker has claimed. ID is the same at each delivery, so
// the receiver can recognise a repetition.
type Delivery struct {
	Event
	ID      string
	Created time.Time
	Attempt int // 1 at the first delivery
	rec     Rec[eventRow]
}

type eventState string

// At most one event of a key is ready. The open ones (ready, waiting) are always the
// last of their key, so the newest row shows whether any is open.
const (
	eventReady   eventState = "ready"   // to be claimed at Due, which a lease moves
	eventWaiting eventState = "waiting" // behind another of its key
	eventDone    eventState = "done"
	eventDead    eventState = "dead"
)

type eventRow struct {
	ID       string     `json:"id"`
	Topic    string     `json:"topic"`
	Key      string     `json:"key,omitempty"`
	Seq      int64      `json:"seq"`
	Body     []byte     `json:"body"`
	State    eventState `json:"state"`
	Created  time.Time  `json:"created"`
	Due      time.Time  `json:"due"`
	Attempts int        `json:"attempts"`
	Worker   string     `json:"worker,omitempty"`
	Reason   string     `json:"reason,omitempty"`
}

func newEventTable() *Table[eventRow] {
	return NewTable("outbox", func(e *eventRow) string { return e.ID },
		Text("topic", func(e *eventRow) string { return e.Topic }),
		Text("ordering_key", func(e *eventRow) string { return e.Key }),
		Int("seq", func(e *eventRow) int64 { return e.Seq }),
		Text("state", func(e *eventRow) string { return string(e.State) }),
		Time("created", func(e *eventRow) time.Time { return e.Created }),
		Time("due", func(e *eventRow) time.Time { return e.Due })).
		Index("by_due", "state", "due").
		Index("by_topic", "state", "topic", "due").
		Index("by_age", "state", "created").
		Unique("by_key", "ordering_key", "seq")
}

// waits reports whether an event is not due yet. What is due later than any pause lasts was
// written by a clock that was ahead, and does not wait for it (T35).
func (e *eventRow) waits(now time.Time) bool {
	return e.Due.After(now) && !e.Due.After(now.Add(MaxPause))
}

// Emit writes an event in the transaction that causes it: both are kept, or neither.
// Topic is required; a body has at most [MaxBody] bytes.
func Emit(ctx context.Context, tx *Tx, e Event) error {
	switch {
	case e.Topic == "":
		return errors.New("store: an event needs a topic")
	case len(e.Body) > MaxBody:
		return fmt.Errorf("%w: an event of %d bytes, at most %d", ErrTooLarge, len(e.Body), MaxBody)
	}
	now, table := tx.Now(), tx.db.outbox.table
	row := eventRow{ID: tx.NewID(), Topic: e.Topic, Key: e.Key, Seq: 1, Body: e.Body, State: eventReady, Created: now, Due: now}
	if e.Key != "" {
		last, err := table.Page(ctx, tx, Where("ordering_key", e.Key), Desc("seq"), Limit(1))
		if err != nil {
			return err
		}
		for _, r := range last.Items {
			row.Seq = r.V.Seq + 1
			if r.V.State == eventReady || r.V.State == eventWaiting {
				row.State = eventWaiting
			}
		}
	}
	return table.Insert(ctx, tx, row)
}

// Outbox hands out the events written with [Emit], each at least once. It hands out the
// next event of a key only when the one before is done or dead. It may be used
// concurrently, from many processes.
type Outbox struct {
	db    *DB
	table *Table[eventRow]
}

// Claim describes what a worker takes from the outbox.
type Claim struct {
	Worker string        // required; kept with the event for information
	Topics []string      // none means all
	N      int           // from 1 to MaxClaim
	Lease  time.Duration // required, at most MaxPause; when it ends before Done, another worker may claim the event
}

// Claim takes due events, the longest due first, and leases them. It returns no events
// and no error if there is nothing to do. An event that was handed out
// Config.MaxDeliveries times and never finished is dead.
func (o *Outbox) Claim(ctx context.Context, c Claim) ([]Delivery, error) {
	if c.Worker == "" || c.N < 1 || c.N > MaxClaim || c.Lease <= 0 || c.Lease > MaxPause {
		return nil, fmt.Errorf("store: Claim needs a Worker, an N from 1 to %d and a Lease up to %v", MaxClaim, MaxPause)
	}
	scopes := [][]Clause{{Where("state", eventReady), Asc("due"), Limit(c.N)}}
	if len(c.Topics) > 0 {
		scopes = nil
		for _, topic := range slices.Compact(slices.Sorted(slices.Values(c.Topics))) {
			scopes = append(scopes, []Clause{Where("state", eventReady), Where("topic", topic), Asc("due"), Limit(c.N)})
		}
	}
	for {
		out, spent, err := o.claim(ctx, c, scopes)
		if err == nil {
			err = o.bury(ctx, spent)
		}
		if err != nil {
			return nil, err
		}
		if len(out) > 0 || len(spent) == 0 {
			return out, nil
		}
	}
}

// claim takes events, and finds those that were handed out too often.
func (o *Outbox) claim(ctx context.Context, c Claim, scopes [][]Clause) (out []Delivery, spent []Rec[eventRow], err error) {
	err = o.take(ctx, func(ctx context.Context, tx *Tx) error {
		out, spent = nil, nil
		now := tx.Now()
		var due []Rec[eventRow]
		for _, scope := range scopes {
			page, err := o.table.Page(ctx, tx, scope...)
			if err != nil {
				return err
			}
			due = append(due, page.Items...)
		}
		slices.SortStableFunc(due, func(a, b Rec[eventRow]) int { return a.V.Due.Compare(b.V.Due) })
		for _, r := range due {
			switch {
			case len(out) == c.N:
				return nil
			case r.V.waits(now):
				continue
			case r.V.Attempts >= o.db.cfg.MaxDeliveries:
				spent = append(spent, r)
				continue
			}
			r.V.Attempts++
			r.V.Worker, r.V.Due = c.Worker, now.Add(c.Lease)
			if err := o.table.Update(ctx, tx, r); err != nil {
				return err
			}
			r.Version++
			out = append(out, Delivery{
				Event: Event{Topic: r.V.Topic, Key: r.V.Key, Body: bytes.Clone(r.V.Body)},
				ID:    r.V.ID, Created: r.V.Created, Attempt: r.V.Attempts, rec: r,
			})
		}
		return nil
	})
	return out, spent, err
}

// take runs fn at once if the driver lets workers claim side by side, and otherwise one
// after the other. fn may change when an event is due, but not its state, because that
// concerns others.
func (o *Outbox) take(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if c, ok := o.db.driver.(Claimer); ok {
		return o.db.run(ctx, Update, c.BeginClaim, fn)
	}
	return o.db.Update(ctx, fn, claimLock)
}

// bury closes events that were handed out too often. Another worker may have been
// faster.
func (o *Outbox) bury(ctx context.Context, spent []Rec[eventRow]) error {
	for _, r := range spent {
		err := o.db.Update(ctx, func(ctx context.Context, tx *Tx) error {
			return o.finish(ctx, tx, r, eventDead, "no worker finished it in time")
		})
		if err != nil && !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return nil
}

// Done says that the event was delivered and makes the next of its key available. It
// returns [ErrLeaseLost] if the lease ran out and another worker took the event.
func (o *Outbox) Done(ctx context.Context, d Delivery) error {
	return o.settle(ctx, d, func(ctx context.Context, tx *Tx, r Rec[eventRow]) error {
		return o.finish(ctx, tx, r, eventDone, "")
	})
}

// Retry gives the event back, to be claimed again after a pause of at most [MaxPause]. After
// Config.MaxDeliveries deliveries the event is dead instead, and no longer blocks its
// key. Retry keeps the first 1,024 bytes of reason. It returns [ErrLeaseLost] in the
// same case as [Outbox.Done].
func (o *Outbox) Retry(ctx context.Context, d Delivery, after time.Duration, reason string) error {
	return o.settle(ctx, d, func(ctx context.Context, tx *Tx, r Rec[eventRow]) error {
		if r.V.Attempts >= o.db.cfg.MaxDeliveries {
			return o.finish(ctx, tx, r, eventDead, reason)
		}
		r.V.Due, r.V.Worker, r.V.Reason = tx.Now().Add(min(after, MaxPause)), "", note(reason)
		return o.table.Update(ctx, tx, r)
	})
}

func (o *Outbox) settle(ctx context.Context, d Delivery, fn func(context.Context, *Tx, Rec[eventRow]) error) error {
	err := o.db.Update(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, tx, d.rec) })
	if errors.Is(err, ErrConflict) {
		return fmt.Errorf("%w: event %s", ErrLeaseLost, d.ID)
	}
	return err
}

// finish closes an event and makes the next of its key ready.
func (o *Outbox) finish(ctx context.Context, tx *Tx, r Rec[eventRow], state eventState, reason string) error {
	r.V.State, r.V.Reason, r.V.Worker = state, note(reason), ""
	if err := o.table.Update(ctx, tx, r); err != nil {
		return err
	}
	if r.V.Key == "" {
		return nil
	}
	next, err := o.table.Page(ctx, tx, Where("ordering_key", r.V.Key), Where("seq", r.V.Seq+1))
	if err != nil {
		return err
	}
	for _, n := range next.Items {
		if n.V.State != eventWaiting { // r was revived, and n was delivered before it
			continue
		}
		n.V.State = eventReady
		if err := o.table.Update(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// Dead lists the dead events of a topic, oldest due first, each with its reason.
func (o *Outbox) Dead(ctx context.Context, topic string, after Cursor) ([]DeadEvent, Cursor, error) {
	var out []DeadEvent
	var next Cursor
	err := o.db.View(ctx, func(ctx context.Context, tx *Tx) error {
		page, err := o.table.Page(ctx, tx, Where("state", eventDead), Where("topic", topic), Asc("due"), After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, DeadEvent{
				Event: Event{Topic: r.V.Topic, Key: r.V.Key, Body: bytes.Clone(r.V.Body)},
				ID:    r.V.ID, Created: r.V.Created, Reason: r.V.Reason,
			})
		}
		return nil
	})
	return out, next, err
}

// DeadEvent is an event that is no longer delivered.
type DeadEvent struct {
	Event
	ID      string
	Created time.Time
	Reason  string
}

// Revive gives a dead event another Config.MaxDeliveries deliveries, under the same ID.
// It is no longer in order: later events of its key may have gone before it. Revive
// returns [ErrNotFound] if there is no such dead event.
func (o *Outbox) Revive(ctx context.Context, id string) error {
	return o.db.Update(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := o.table.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.V.State != eventDead {
			return ErrNotFound
		}
		r.V.State, r.V.Attempts, r.V.Due, r.V.Reason = eventReady, 0, tx.Now(), ""
		return o.table.Update(ctx, tx, r)
	}, claimLock)
}

// Purge deletes the done events that were emitted before the given moment and returns
// how many. Dead ones stay until someone has looked at them.
func (o *Outbox) Purge(ctx context.Context, before time.Time) (int, error) {
	for total := 0; ; {
		var n int
		err := o.db.Update(ctx, func(ctx context.Context, tx *Tx) error {
			n = 0
			page, err := o.table.Page(ctx, tx, Where("state", eventDone), Asc("created"), Limit(MaxLimit))
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				if !r.V.Created.Before(before) {
					break
				}
				if err := o.table.Delete(ctx, tx, r); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < MaxLimit {
			return total, nil
		}
	}
}

// OutboxStats shows how far behind the outbox is.
type OutboxStats struct {
	Ready   Count         // to be claimed, leased, or pausing before a retry
	Waiting Count         // behind another event of the same key
	Dead    Count         // no longer delivered
	Age     time.Duration // since the oldest ready event was emitted; 0 if there is none
}

// Stats measures the outbox on one snapshot.
func (o *Outbox) Stats(ctx context.Context) (OutboxStats, error) {
	var s OutboxStats
	err := o.db.View(ctx, func(ctx context.Context, tx *Tx) error {
		s = OutboxStats{}
		for state, count := range map[eventState]*Count{eventReady: &s.Ready, eventWaiting: &s.Waiting, eventDead: &s.Dead} {
			var err error
			if *count, err = o.table.Count(ctx, tx, Where("state", state)); err != nil {
				return err
			}
		}
		oldest, err := o.table.Light(ctx, tx, Where("state", eventReady), Asc("created"), Limit(1))
		if err != nil {
			return err
		}
		for _, l := range oldest.Items {
			s.Age = max(0, tx.Now().Sub(l.Time("created")))
		}
		return nil
	})
	return s, err
}

// note shortens a reason to what may be kept, and removes what JSON cannot carry.
func note(reason string) string {
	return strings.ToValidUTF8(reason[:min(len(reason), maxNote)], "")
}
