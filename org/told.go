package org

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// defaultMessages is how many messages about envelopes one sender causes within an hour of
// the clock, unless Config.Messages says otherwise (T34).
const defaultMessages = 2_000

// toldLimits limits the messages about envelopes that go to one phone: those of one sender,
// and all (T34).
func toldLimits() (one, all limited) {
	const day = 24 * time.Hour
	return limited{"message", []limit{{time.Hour, 20}, {day, 50}}}, limited{"message", []limit{{day, 200}}}
}

// Tell queues a short message about an envelope, and [Service.Step] sends it if and only if
// the caller's transaction commits. The sender is a company, or a person in the personal
// edition. It returns a *LimitError, and neither queues nor counts anything, if the
// sender has told this phone 20 times within an hour or 50 times within a day, if all senders
// have told it 200 times within a day, or if the sender has told Config.Messages times within
// this hour.
func (in Inside) Tell(ctx context.Context, tx *store.Tx, sender Actor, phone secret.Text, text string) error {
	s, from, to := in.s, cmp.Or(string(sender.Org), string(sender.Person)), in.s.keys.Index("phone", phone)
	one, all := toldLimits()
	own, wait, err := readTally(ctx, tx, one, from+"/"+to)
	if err != nil {
		return err
	}
	total, longer, err := readTally(ctx, tx, all, to)
	if err != nil {
		return err
	}
	hour, fuller, err := s.readHour(ctx, tx, from)
	if err != nil {
		return err
	}
	if wait = max(wait, longer, fuller); wait > 0 {
		return &LimitError{What: one.what, After: wait}
	}
	hour.V.N++
	hour.V.Times = nil // the time that is added is the last
	for _, rec := range []store.Rec[rate]{own, total, hour} {
		if err := addNow(ctx, tx, rec); err != nil {
			return err
		}
	}
	return s.notify(ctx, tx, phone, text)
}

// readHour returns what counts the messages of a sender in this hour, and how long it has to
// wait.
func (s *Service) readHour(ctx context.Context, tx *store.Tx, from string) (rec store.Rec[rate], wait time.Duration, err error) {
	now := tx.Now()
	hour := now.Truncate(time.Hour)
	id := "messages/" + from + "/" + hour.UTC().Format("2006-01-02T15")
	rec, err = rates.Get(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return rec, 0, err
	}
	rec.V.ID = id
	if rec.V.N >= s.messages {
		wait = hour.Add(time.Hour).Sub(now)
	}
	return rec, wait, nil
}
