package registry

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org"
)

// Who may use a seal when, decided without ctx, clock or store.

// Period is when a seal is lent: from From until just before To. If From is zero, it is
// the moment the grant is made. If To is zero, the period has no end (无期限).
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Contains reports whether t lies in the period.
func (p Period) Contains(t time.Time) bool {
	return !t.Before(p.From) && (p.To.IsZero() || t.Before(p.To))
}

// startAt fills in a zero From, and refuses a period that is empty or over.
func (p Period) startAt(now time.Time) (Period, error) {
	if p.From.IsZero() {
		p.From = now
	}
	if !p.To.IsZero() && (!p.From.Before(p.To) || !now.Before(p.To)) {
		return Period{}, ErrPeriod
	}
	return p, nil
}

// args returns what a repeated command has in common with the first.
func (p Period) args() []string {
	return []string{p.From.UTC().Format(time.RFC3339Nano), p.To.UTC().Format(time.RFC3339Nano)}
}

func (g *grant) ended() bool { return !g.Ended.IsZero() }

// holds reports whether a grant is good at an instant for a person in a tenure: a grant from
// before the person was disabled does not come back, whatever the clock says (T2).
func (g *grant) holds(now time.Time, tenure string) bool {
	return !g.ended() && g.Period.Contains(now) && g.Tenure == tenure
}

// manages reports whether a role uses the company's seals without a grant: the
// administrators could lend the seals to themselves.
func manages(r org.Role) bool { return r == org.MainAdmin || r == org.SubAdmin }

// MaxPurpose is the longest purpose of an application, in characters.
const MaxPurpose = 200

func checkPurpose(text string) error {
	if strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > MaxPurpose || !plain.Printable(text, "\n　") {
		return ErrPurpose
	}
	return nil
}

// ApplicationState is the state of an application (M51). The zero value is invalid.
type ApplicationState int

// The states.
const (
	Pending  ApplicationState = iota + 1 // 待审批
	Approved                             // 通过
	Refused                              // 不通过
)

var applicationStateNames = [...][2]string{
	Pending:  {"pending", "待审批"},
	Approved: {"approved", "通过"},
	Refused:  {"refused", "不通过"},
}

// String returns the state in English.
func (s ApplicationState) String() string {
	return enum.English("ApplicationState", applicationStateNames[:], s)
}

// Zh returns the platform's word.
func (s ApplicationState) Zh() string { return enum.Zh("未知", applicationStateNames[:], s) }

// decide checks whether an administrator may bring an application into a state. If it
// is in that state already, decide reports that it is done, without an error.
func (a *Application) decide(to ApplicationState, who org.PersonID, role org.Role) (done bool, err error) {
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
