package envelope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Notice tells the host that something happened to an envelope. It names persons
// and companies by id only.
type Notice struct {
	ID       string        `json:"id"` // the same at each delivery
	Envelope ID            `json:"envelope"`
	Kind     EventKind     `json:"kind"`
	Seq      int64         `json:"seq"`             // number of the entry in the trail, from 1
	Party    int           `json:"party,omitempty"` // from 1
	Person   org.PersonID  `json:"person,omitempty"`
	Org      org.CompanyID `json:"org,omitempty"`
	Status   string        `json:"status"` // state of the envelope afterwards, as Status.String
	At       time.Time     `json:"at"`     // time of the entry in the trail, UTC
}

// Sink takes notices: it is a Go handler of the host, or a sink of envelope/webhook. A
// notice is delivered at least once, and the notices of one envelope in order. After an
// error it is delivered again later, for 72 hours in all; then it is dead: see
// [Service.DeadNotices]. Deliver must return when ctx is done (20 seconds), and may be
// called concurrently for different envelopes.
type Sink interface {
	Deliver(ctx context.Context, n Notice) error
}

const noticeTimeout = 20 * time.Second

// noticeWaits are the pauses after the first delivery, the second, and so on: 72 hours
// in all. The store gives up after Config.MaxDeliveries; its default is one more than
// the number of pauses.
var noticeWaits = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour, 8 * time.Hour, 12 * time.Hour,
	16 * time.Hour, 19 * time.Hour}

func sinkTopic(name string) string { return "envelope/" + name }

// emitNotices writes a notice for every sink, in the transaction of its event. A change
// of a draft concerns only the sender and gives no notice. Each sink has its own order,
// so that none waits for another.
func (s *Service) emitNotices(ctx context.Context, tx *store.Tx, e *record, ev event) error {
	if ev.Kind == EventDrafted {
		return nil
	}
	n := Notice{Envelope: e.ID, Kind: ev.Kind, Seq: e.Events, Party: ev.Party, Person: ev.Person, Org: ev.Org,
		Status: e.Status.String(), At: e.Trail.At}
	for name := range s.sinks {
		n.ID = fmt.Sprintf("%s-%d-%s", e.ID, e.Events, name)
		body, err := json.Marshal(n)
		if err != nil {
			return err
		}
		if err := store.Emit(ctx, tx, store.Event{Topic: sinkTopic(name), Key: sinkTopic(name) + "/" + string(e.ID), Body: body}); err != nil {
			return err
		}
	}
	return nil
}

// stepNotices delivers the notices that are due.
func (s *Service) stepNotices(ctx context.Context) (int, error) {
	const batch = 20
	done := 0
	var errs error
	for name, sink := range s.sinks {
		due, err := s.db.Outbox().Claim(ctx, store.Claim{Worker: "envelope", Topics: []string{sinkTopic(name)}, N: batch, Lease: 2 * batch * noticeTimeout})
		errs = errors.Join(errs, err)
		for _, d := range due {
			ok, err := s.deliverNotice(ctx, sink, d)
			if ok {
				done++
			}
			errs = errors.Join(errs, err)
		}
	}
	return done, errs
}

// deliverNotice gives one notice to its sink. A refusal by the sink is no error of
// Step.
func (s *Service) deliverNotice(ctx context.Context, sink Sink, d store.Delivery) (bool, error) {
	var n Notice
	err := json.Unmarshal(d.Body, &n)
	if err == nil {
		within, cancel := context.WithTimeout(ctx, noticeTimeout)
		err = sink.Deliver(within, n)
		cancel()
	}
	if err == nil {
		return true, ignoreLost(s.db.Outbox().Done(ctx, d))
	}
	wait := noticeWaits[min(d.Attempt, len(noticeWaits))-1]
	return false, ignoreLost(s.db.Outbox().Retry(ctx, d, wait, plain.Scrub(err.Error())))
}

// ignoreLost ignores a lease that ran out: another process has the notice now.
func ignoreLost(err error) error {
	if errors.Is(err, store.ErrLeaseLost) {
		return nil
	}
	return err
}

// DeadNotice is a notice that a sink refused for 72 hours.
type DeadNotice struct {
	Notice
	Event  string // its id, for ReviveNotice
	Reason string // of the last refusal
}

// DeadNotices lists the notices that a sink never accepted, oldest first.
func (s *Service) DeadNotices(ctx context.Context, sink string, after store.Cursor) ([]DeadNotice, store.Cursor, error) {
	dead, next, err := s.db.Outbox().Dead(ctx, sinkTopic(sink), after)
	if err != nil {
		return nil, "", err
	}
	var out []DeadNotice
	for _, d := range dead {
		n := DeadNotice{Event: d.ID, Reason: d.Reason}
		if err := json.Unmarshal(d.Body, &n.Notice); err != nil {
			return nil, "", err
		}
		out = append(out, n)
	}
	return out, next, nil
}

// ReviveNotice delivers a dead notice again, for another 72 hours; later notices of its
// envelope may have been delivered before it.
func (s *Service) ReviveNotice(ctx context.Context, event string) error {
	if err := s.db.Outbox().Revive(ctx, event); err != nil {
		return fault.NotFound(err, ErrNotFound)
	}
	return nil
}
