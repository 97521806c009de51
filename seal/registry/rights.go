package registry

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/org"
)

// Who may use a seal when, decided without ctx, clock or store.

// Period is when a seal is lent: from From until just before To. A zero From is
// the moment the grant is made, a zero To is without end (无期限).
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Contains reports whether t lies in the period.
func (p Period) Contains(t time.Time) bool {
	return !t.Before(p.From) && (p.To.IsZero() || t.Before(p.To))
}

// starting fills in a zero From and refuses a period that is empty or over.
func (p Period) starting(now time.Time) (Period, error) {
	if p.From.IsZero() {
		p.From = now
	}
	if !p.To.IsZero() && (!p.From.Before(p.To) || !now.Before(p.To)) {
		return Period{}, ErrPeriod
	}
	return p, nil
}

// args are what a repeated command has in common with the first.
func (p Period) args() []string {
	return []string{p.From.UTC().Format(time.RFC3339Nano), p.To.UTC().Format(time.RFC3339Nano)}
}

func (g *grant) ended() bool { return !g.Ended.IsZero() }

// holds tells whether a grant is good at an instant for someone who has been a
// member since another: a grant from before he was disabled does not come back
// with him (T2).
func (g *grant) holds(now, since time.Time) bool {
	return !g.ended() && g.Period.Contains(now) && !g.At.Before(since)
}

// manages tells who uses the company's seals without a grant: the administrators,
// who could lend them to themselves.
func manages(r org.Role) bool { return r == org.MainAdmin || r == org.SubAdmin }

// MaxPurpose is the longest purpose of an application, in characters.
const MaxPurpose = 200

func checkPurpose(text string) error {
	if strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > MaxPurpose || !utf8.ValidString(text) {
		return ErrPurpose
	}
	return nil
}

// ApplicationState is where an application stands (M51). The zero value is
// invalid.
type ApplicationState int

// The states.
const (
	Pending  ApplicationState = iota + 1 // 待审批
	Approved                             // 通过
	Refused                              // 不通过
)

// Zh returns the platform's word.
func (s ApplicationState) Zh() string {
	switch s {
	case Pending:
		return "待审批"
	case Approved:
		return "通过"
	case Refused:
		return "不通过"
	}
	return ""
}

// decide tells whether an administrator may bring an application into a state.
// Again the same is done already and no error.
func (a *Application) decide(to ApplicationState, who string, role org.Role) (done bool, err error) {
	switch {
	case a.State == to:
		return true, nil
	case a.State != Pending:
		return false, ErrDecided
	case a.Person == who && role != org.MainAdmin:
		return false, ErrOwnApplication
	}
	return false, nil
}
