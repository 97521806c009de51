package org

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// limit is how often something may happen within a time.
type limit struct {
	within time.Duration
	most   int
}

// limited is what is counted, and how often it may happen for one subject.
type limited struct {
	what   string // as in LimitError.What
	limits []limit
}

// SendLimit is how many codes a phone gets within a time.
type SendLimit struct {
	Within time.Duration
	Most   int
}

// DefaultSendLimits are one code a minute, five an hour, ten a day (T7).
func DefaultSendLimits() []SendLimit {
	return []SendLimit{{time.Minute, 1}, {time.Hour, 5}, {24 * time.Hour, 10}}
}

// smsLimits limits the codes that go to a phone.
func (s *Service) smsLimits() limited {
	out := limited{what: "sms"}
	for _, l := range s.sendLimits {
		out.limits = append(out.limits, limit{l.Within, l.Most})
	}
	return out
}

// loginLimits limits the passwords tried on a phone, with an account or without. If
// someone uses them up, only the password is shut out: the code still logs in.
func loginLimits() limited {
	return limited{"login", []limit{{15 * time.Minute, 10}}}
}

// faceLimits limits the faces of an identity number that did not pass (T23), and faceOpens
// those that were opened since the last one passed, each of which the provider charges (T31).
// Both count over a purge (T27).
func faceLimits() limited { return limited{"face", []limit{{24 * time.Hour, 3}}} }
func faceOpens() limited  { return limited{"face", []limit{{24 * time.Hour, 10}}} }

// openFace counts a face check that is opened for an identity number.
func (s *Service) openFace(ctx context.Context, tx *store.Tx, numberIx string) error {
	if err := s.checkAllowed(ctx, tx, faceLimits(), numberIx); err != nil {
		return err
	}
	return s.spendOne(ctx, tx, faceOpens(), opened(numberIx))
}

// opened is the subject under which opened checks are counted.
func opened(numberIx string) string { return "opened/" + numberIx }

// companyLimits limits the companies that an identity number makes, closed ones included.
func companyLimits() limited { return limited{"company", []limit{{30 * 24 * time.Hour, 20}}} }

// inviteLimits limits the messages that a company's invitations send to one phone, and
// to all (T24).
func inviteLimits() (onePhone, all limited) {
	const day = 24 * time.Hour
	return limited{"invite", []limit{{day, 10}}}, limited{"invite", []limit{{day, 500}}}
}

// uploadLimits limits the pictures that a company sends for review (T25).
func uploadLimits() limited {
	return limited{"upload", []limit{{24 * time.Hour, 100}}}
}

// clockSkew is how far ahead the clock of another process may be. What lies further in the
// future was written by a clock that was wrong, and does not count (T35).
const clockSkew = time.Minute

// judgeRate returns how long to wait, zero if now is allowed, and the times that still
// count. times is in order. Pure.
func judgeRate(times []time.Time, limits []limit, now time.Time) (wait time.Duration, kept []time.Time) {
	var longest time.Duration
	for _, l := range limits {
		longest = max(longest, l.within)
	}
	for _, t := range times {
		if now.Sub(t) < longest && !t.After(now.Add(clockSkew)) {
			kept = append(kept, t)
		}
	}
	for _, l := range limits {
		if len(kept) < l.most {
			continue
		}
		decisive := kept[len(kept)-l.most]
		wait = max(wait, l.within-now.Sub(decisive))
	}
	return wait, kept
}

func rateID(l limited, subject string) string { return l.what + "/" + subject }

// readTally returns what still counts for a subject, and how long it has to wait.
func readTally(ctx context.Context, tx *store.Tx, l limited, subject string) (rec store.Rec[rate], wait time.Duration, err error) {
	rec, err = rates.Get(ctx, tx, rateID(l, subject))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return rec, 0, err
	}
	rec.V.ID = rateID(l, subject)
	wait, rec.V.Times = judgeRate(rec.V.Times, l.limits, tx.Now())
	return rec, wait, nil
}

// addNow counts one more time.
func addNow(ctx context.Context, tx *store.Tx, rec store.Rec[rate]) error {
	rec.V.Times = append(rec.V.Times, tx.Now())
	if rec.Version == 0 {
		return rates.Insert(ctx, tx, rec.V)
	}
	return rates.Update(ctx, tx, rec)
}

// checkAllowed returns a LimitError if the subject has used up its times.
func (s *Service) checkAllowed(ctx context.Context, tx *store.Tx, l limited, subject string) error {
	_, wait, err := readTally(ctx, tx, l, subject)
	if err == nil && wait > 0 {
		err = &LimitError{What: l.what, After: wait}
	}
	return err
}

// count records one more time, whether it is allowed or not.
func (s *Service) count(ctx context.Context, tx *store.Tx, l limited, subject string) error {
	rec, _, err := readTally(ctx, tx, l, subject)
	if err != nil {
		return err
	}
	return addNow(ctx, tx, rec)
}

// spendOne counts one more time, or returns a LimitError and counts nothing.
func (s *Service) spendOne(ctx context.Context, tx *store.Tx, l limited, subject string) error {
	rec, wait, err := readTally(ctx, tx, l, subject)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &LimitError{What: l.what, After: wait}
	}
	return addNow(ctx, tx, rec)
}

// forgive deletes what was counted.
func (s *Service) forgive(ctx context.Context, tx *store.Tx, l limited, subject string) error {
	rec, err := rates.Get(ctx, tx, rateID(l, subject))
	if errors.Is(err, store.ErrNotFound) || err == nil && len(rec.V.Times) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	rec.V.Times = nil
	return rates.Update(ctx, tx, rec)
}

// countedTimes returns how often something was counted within its longest limit.
func (s *Service) countedTimes(ctx context.Context, tx *store.Tx, l limited, subject string) (int, error) {
	rec, _, err := readTally(ctx, tx, l, subject)
	return len(rec.V.Times), err
}
