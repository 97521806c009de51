package billing

import (
	"fmt"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
)

// The arithmetic of a balance, without ctx, clock or store.

// MaxCopies is the largest number of copies (份) of one package or hold. It keeps
// every sum of a balance far from the limits of int64.
const MaxCopies = 1_000_000_000

// lot is what is left of one purchase.
type lot struct {
	Order   string    `json:"order"`
	Left    int64     `json:"left"`    // copies, above zero
	Expires time.Time `json:"expires"` // zero: never
}

func (l *lot) live(now time.Time) bool { return l.Expires.IsZero() || now.Before(l.Expires) }

// sooner orders lots as they are used up: those that expire first, then those
// that never do, each in the order they were bought.
func sooner(a, b lot) int {
	switch {
	case a.Expires.IsZero() && b.Expires.IsZero():
		return 0
	case a.Expires.IsZero():
		return 1
	case b.Expires.IsZero():
		return -1
	}
	return a.Expires.Compare(b.Expires)
}

// take is what a hold took from one lot, kept so that it can be put back.
type take struct {
	Order   string    `json:"order"`
	Copies  int64     `json:"copies"`
	Expires time.Time `json:"expires"`
}

// account is the balance of one company: free copies are in lots, held copies have left
// them.
type account struct {
	Org  org.CompanyID `json:"org"`
	Lots []lot         `json:"lots"` // in the order of sooner
	Held int64         `json:"held"` // copies
}

// free returns the copies in lots that are live.
func (a *account) free(now time.Time) int64 {
	var n int64
	for _, l := range a.Lots {
		if l.live(now) {
			n += l.Left
		}
	}
	return n
}

// add puts copies into the lot of an order.
func (a *account) add(l lot) {
	i := slices.IndexFunc(a.Lots, func(o lot) bool { return o.Order == l.Order })
	if i >= 0 {
		a.Lots[i].Left += l.Left
		return
	}
	a.Lots = append(a.Lots, l)
	slices.SortStableFunc(a.Lots, sooner)
}

// expire drops the lots that have expired and returns how many copies were lost.
func (a *account) expire(now time.Time) int64 {
	var n int64
	a.Lots = slices.DeleteFunc(a.Lots, func(l lot) bool {
		if l.live(now) {
			return false
		}
		n += l.Left
		return true
	})
	return n
}

// hold takes copies out of the live lots. With too few it changes nothing.
func (a *account) hold(copies int64, now time.Time) ([]take, error) {
	if copies < 1 || copies > MaxCopies {
		return nil, ErrCopies
	}
	if a.free(now) < copies {
		return nil, ErrInsufficient
	}
	a.Held += copies
	var out []take
	for i := range a.Lots {
		l := &a.Lots[i]
		n := min(copies, l.Left)
		if n == 0 || !l.live(now) {
			continue
		}
		l.Left -= n
		copies -= n
		out = append(out, take{l.Order, n, l.Expires})
	}
	a.Lots = slices.DeleteFunc(a.Lots, func(l lot) bool { return l.Left == 0 })
	return out, nil
}

// release puts back what a hold took. If a lot has expired meanwhile, its copies have
// expired too.
func (a *account) release(takes []take) {
	for _, t := range takes {
		a.Held -= t.Copies
		a.add(lot{t.Order, t.Copies, t.Expires})
	}
}

// charge forgets what a hold took; it does not matter if the lot has expired meanwhile.
func (a *account) charge(takes []take) {
	for _, t := range takes {
		a.Held -= t.Copies
	}
}

// settlement is how a hold ended. The zero value means that it has not ended.
type settlement string

const (
	charged  settlement = "charge"
	released settlement = "release"
)

// holding is what an envelope holds until it is charged or released.
type holding struct {
	Envelope string        `json:"envelope"`
	Org      org.CompanyID `json:"org"`
	Copies   int64         `json:"copies"`
	Takes    []take        `json:"takes"`
	Settled  settlement    `json:"settled"`
	Times    int           `json:"times,omitzero"` // how often copies were held for the envelope before
}

// subject names one hold of an envelope in the ledger.
func (h *holding) subject() string {
	if h.Times == 0 {
		return h.Envelope
	}
	return fmt.Sprintf("%s/%d", h.Envelope, h.Times+1)
}

// checkAgain checks a second hold for the same envelope: nil if it asks for what is already
// held.
func (h *holding) checkAgain(company org.CompanyID, copies int64) error {
	switch {
	case h.Org != company || h.Copies != copies:
		return ErrHeld
	case h.Settled != "":
		return ErrSettled
	}
	return nil
}

// settle ends a hold. done reports that it had already ended in this way.
func (h *holding) settle(company org.CompanyID, how settlement) (done bool, err error) {
	switch {
	case h.Org != company:
		return false, ErrNoHold
	case h.Settled == how:
		return true, nil
	case h.Settled != "":
		return false, ErrSettled
	}
	h.Settled = how
	return false, nil
}
