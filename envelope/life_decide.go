package envelope

import (
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// decide returns the events that a command causes at a time, or an error if the command
// is not allowed. It changes nothing.
func decide(e *life, c command, now time.Time) ([]event, error) {
	if err := e.crowded(c); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case draftCommand:
		if e.Status != 0 && e.Status != Draft {
			return nil, &StateError{e.Status, "edit"}
		}
		return []event{{Kind: EventDrafted, Heads: c.Content.heads(), Detail: &detail{Draft: &drafted{c.ID, c.Sender, c.Content}}}}, nil
	case knowCommand:
		return e.decideKnow(c)
	case sendCommand:
		return e.decideSend(c, now)
	case openCommand:
		p, err := e.turn(c.Party, "open", Active)
		if err != nil || !p.OpenedAt.IsZero() {
			return nil, err
		}
		return []event{{Kind: EventOpened, Party: c.Party, Person: c.Person}}, nil
	case agreeCommand:
		return e.decideAgree(c, now)
	case releaseCommand:
		p, err := e.turn(c.Party, "release", Signing)
		if err != nil {
			return nil, err
		}
		ev := event{Kind: EventReleased, Party: c.Party, Reason: c.Reason}
		if e.paysAlone(p) {
			ev.Org, ev.Frees = p.OrgID, true
		}
		return []event{ev}, nil
	case signCommand:
		return e.decideSign(c)
	case declineCommand:
		if _, err := e.turn(c.Party, "decline", Active); err != nil {
			return nil, err
		}
		return []event{{Kind: EventDeclined, Party: c.Party, Reason: c.Reason}}, e.inTime(now)
	case withdrawCommand:
		if e.Status != InProgress && e.Status != Draft {
			return nil, &StateError{e.Status, "withdraw"}
		}
		return []event{{Kind: EventWithdrawn, Reason: c.Reason}}, nil
	case extendCommand:
		return e.decideExtend(c, now)
	case remindCommand:
		p, err := e.turn(c.Party, "remind", Active)
		if err != nil {
			return nil, err
		}
		if p.Reminded >= maxReminder {
			return nil, ErrReminders
		}
		return []event{{Kind: EventReminded, Party: c.Party}}, e.inTime(now)
	case delegateCommand:
		return e.decideDelegate(c, now)
	case expireCommand:
		return e.decideExpire(now)
	case voidCommand:
		if e.Status != Completed {
			return nil, &StateError{e.Status, "void"}
		}
		return []event{{Kind: EventVoided, Envelope: c.By}}, nil
	case archiveCommand:
		if e.Status != Completed && e.Status != Voided {
			return nil, &StateError{e.Status, "archive"}
		}
		if len(c.Heads) != len(e.Files) {
			return nil, fmt.Errorf("envelope: %d heads for %d files", len(c.Heads), len(e.Files))
		}
		return []event{{Kind: EventArchived, Heads: c.Heads, Until: &c.RenewBy}}, nil
	case reportCommand:
		if e.ArchivedAt.IsZero() || e.Evidence != (store.Digest{}) {
			return nil, &StateError{e.Status, "report on"}
		}
		return []event{{Kind: EventEvidence, Report: &c.Digest, Audit: &c.Audit}}, nil
	}
	return nil, fmt.Errorf("envelope: unknown command")
}

// maxEntries is how long a trail gets by what may be done again and again.
const maxEntries = 10_000

// crowded refuses what may be done again and again, in an envelope whose trail is long (T28).
func (e *life) crowded(c command) error {
	switch c.(type) {
	case draftCommand, delegateCommand, extendCommand:
		if e.Events >= maxEntries {
			return &FieldError{"envelope", "", fmt.Sprintf("its trail has %d entries", e.Events), "操作次数过多"}
		}
	}
	return nil
}

func (e *life) decideSend(c sendCommand, now time.Time) ([]event, error) {
	if e.Status != Draft {
		return nil, &StateError{e.Status, "send"}
	}
	if err := e.inTime(now); err != nil {
		return nil, err
	}
	if e.Deadline.After(now.Add(maxLife)) { // others may pay for it, and cannot end it
		return nil, ErrDeadline
	}
	if len(c.Layouts) != len(e.Files) {
		return nil, fmt.Errorf("envelope: %d layouts for %d files", len(c.Layouts), len(e.Files))
	}
	first := firstStage(c.Parties)
	out := []event{{Kind: EventSent, Heads: c.Layouts, OnDemand: c.OnDemand, Detail: &detail{Parties: c.Parties, Readers: c.Readers}}}
	for i, p := range c.Parties {
		if p.Stage == first {
			out = append(out, event{Kind: EventActivated, Party: i + 1})
		}
	}
	return out, nil
}

func (e *life) decideAgree(c agreeCommand, now time.Time) ([]event, error) {
	p, err := e.turn(c.Party, "agree", Active)
	if err != nil {
		return nil, err
	}
	if p.PersonID != "" && p.PersonID != c.Person {
		return nil, ErrNotFound
	}
	method := "silent"
	if c.Consent.Silent == "" {
		if err := e.hasRead(p, now); err != nil {
			return nil, err
		}
		if err := e.accepts(c.Party, c.Consent.Method); err != nil {
			return nil, err
		}
		method = c.Consent.Method.String()
	}
	return []event{{Kind: EventConsented, Party: c.Party, Person: c.Person, Org: c.Org, Pays: c.Pays && e.unpaid(c.Org), Method: method, Face: c.Consent.Face,
		Binding: c.Consent.Binding.String(), Batch: c.Consent.Batch, Stamps: c.Consent.Stamps, Detail: &detail{Consent: &c.Consent}}}, e.inTime(now)
}

func (e *life) decideExtend(c extendCommand, now time.Time) ([]event, error) {
	switch {
	case e.Status != InProgress:
		return nil, &StateError{e.Status, "extend"}
	case e.inTime(now) != nil:
		return nil, ErrExpired // also before Step has noticed it
	case e.Deadline.IsZero() || !c.Until.After(e.Deadline) || !c.Until.After(now) || c.Until.After(now.Add(maxLife)):
		return nil, ErrDeadline
	}
	return []event{{Kind: EventExtended, Until: &c.Until}}, nil
}

// decideKnow sets once who a party or a reader is: the first answer stays.
func (e *life) decideKnow(c knowCommand) ([]event, error) {
	var known org.PersonID
	switch {
	case c.Party >= 1 && c.Party <= len(e.Parties):
		known = e.Parties[c.Party-1].PersonID
	case c.Party == 0 && c.Reader >= 1 && c.Reader <= len(e.Readers):
		known = e.Readers[c.Reader-1].PersonID
	default:
		return nil, ErrNotFound
	}
	if known != "" {
		return nil, nil
	}
	return []event{{Kind: EventKnown, Party: c.Party, Reader: c.Reader, Person: c.Person}}, nil
}

// decideDelegate gives a task to another handler within the company. The task of a person
// stays theirs, and the new handler must not be in the envelope already.
func (e *life) decideDelegate(c delegateCommand, now time.Time) ([]event, error) {
	p, err := e.turn(c.Party, "delegate", Active)
	if err != nil {
		return nil, err
	}
	if p.Kind == Person {
		return nil, ErrNoDelegate
	}
	for _, q := range e.Parties {
		same := q.PhoneIx == c.To.PhoneIx || q.PersonID != "" && q.PersonID == c.To.PersonID
		if same && q.Company == p.Company {
			return nil, ErrTwice
		}
	}
	return []event{{Kind: EventDelegated, Party: c.Party, Person: c.Person, Detail: &detail{Handler: &c.To}}}, e.inTime(now)
}

// decideExpire waits for a signature that is being made: its consent was in time.
func (e *life) decideExpire(now time.Time) ([]event, error) {
	if e.Status != InProgress || e.inTime(now) == nil {
		return nil, &StateError{e.Status, "expire"}
	}
	for _, p := range e.Parties {
		if p.State == Signing {
			return nil, ErrSigning
		}
	}
	return []event{{Kind: EventExpired}}, nil
}

// decideSign signs, skips the others of the party's group, opens the next stage once
// the present one is complete, and completes the envelope after the last.
func (e *life) decideSign(c signCommand) ([]event, error) {
	p, err := e.turn(c.Party, "sign", Signing)
	if err != nil {
		return nil, err
	}
	if len(c.Heads) != len(e.Files) {
		return nil, fmt.Errorf("envelope: %d heads for %d files", len(c.Heads), len(e.Files))
	}
	out := []event{{Kind: EventSigned, Party: c.Party, Person: p.PersonID, Org: p.OrgID, Heads: c.Heads}}
	open := false // the stage still waits for a party
	var rest []partyRecord
	for i, q := range e.Parties {
		switch {
		case i+1 == c.Party || q.State == Signed || q.State == Skipped:
		case p.Group != 0 && q.Group == p.Group && q.Stage == p.Stage:
			out = append(out, event{Kind: EventSkipped, Party: i + 1})
		case q.State == Waiting:
			rest = append(rest, q)
		default:
			open = true
		}
	}
	switch {
	case open:
		return out, nil
	case len(rest) == 0:
		return append(out, event{Kind: EventCompleted}), nil
	}
	next := firstStage(rest)
	for i, q := range e.Parties {
		if q.State == Waiting && q.Stage == next {
			out = append(out, event{Kind: EventActivated, Party: i + 1})
		}
	}
	return out, nil
}
