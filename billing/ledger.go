package billing

import (
	"slices"
	"time"
)

// The arithmetic of a balance, without ctx, clock or store.

// lot is what is left of one purchase.
type lot struct {
	Order   string
	Left    int64     // copies
	Expires time.Time // zero: never
}

func (l *lot) live(now time.Time) bool { return l.Expires.IsZero() || now.Before(l.Expires) }

// take is what a hold took from one lot.
type take struct {
	Order   string
	Copies  int64
	Expires time.Time
}

// account is the balance of one company: what is free lies in lots, what is held
// lies in holds.
type account struct {
	Org  string
	Lots []lot
	Held int64 // copies
}

// free returns the copies that can be held now.
func (a *account) free(now time.Time) int64 {
	var n int64
	for _, l := range a.Lots {
		if l.live(now) {
			n += l.Left
		}
	}
	return n
}

// hold takes copies out of the lots, those that expire first before the others.
// It changes nothing and answers false if there are too few.
func (a *account) hold(copies int64, now time.Time) ([]take, bool) {
	if copies <= 0 || a.free(now) < copies {
		return nil, false
	}
	slices.SortStableFunc(a.Lots, func(x, y lot) int {
		switch {
		case x.Expires.IsZero() && y.Expires.IsZero():
			return 0
		case x.Expires.IsZero():
			return 1
		case y.Expires.IsZero():
			return -1
		}
		return x.Expires.Compare(y.Expires)
	})
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
	a.drop()
	return out, true
}

// release puts back what a hold took. Copies of a lot that expired meanwhile
// stay expired: they come back to a lot that is not live.
func (a *account) release(takes []take) {
	for _, t := range takes {
		a.Held -= t.Copies
		i := slices.IndexFunc(a.Lots, func(l lot) bool { return l.Order == t.Order })
		if i < 0 {
			a.Lots = append(a.Lots, lot{t.Order, 0, t.Expires})
			i = len(a.Lots) - 1
		}
		a.Lots[i].Left += t.Copies
	}
}

// charge forgets what a hold took.
func (a *account) charge(takes []take) {
	for _, t := range takes {
		a.Held -= t.Copies
	}
}

// drop forgets lots that are empty.
func (a *account) drop() {
	a.Lots = slices.DeleteFunc(a.Lots, func(l lot) bool { return l.Left == 0 })
}

// total is every copy of the account, expired ones too: what the ledger sums to.
func (a *account) total() int64 {
	n := a.Held
	for _, l := range a.Lots {
		n += l.Left
	}
	return n
}
