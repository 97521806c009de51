package envelope

import (
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// The rules of an envelope's life, without ctx, clock or store: Decide says what
// a command does to a state, Apply does it.

// EventKind names what happened.
type EventKind string

// The kinds of events, as they stand in the trail.
const (
	EventDrafted   EventKind = "drafted"
	EventSent      EventKind = "sent"
	EventActivated EventKind = "activated" // a party's turn came
	EventConsented EventKind = "consented" // a party agreed, with its code
	EventReleased  EventKind = "released"  // its consent lapsed before anything was signed
	EventSigned    EventKind = "signed"    // a party's signatures are in the documents
	EventDeclined  EventKind = "declined"
	EventWithdrawn EventKind = "withdrawn"
	EventSkipped   EventKind = "skipped"     // another of the party's group signed
	EventExtended  EventKind = "extended"    // the deadline was moved
	EventReminded  EventKind = "reminded"    // a party was reminded
	EventDelegated EventKind = "transferred" // a party's task went to another handler
	EventExpired   EventKind = "expired"     // the deadline passed
	EventVoided    EventKind = "voided"      // an agreement undid the completed envelope
	EventOpened    EventKind = "opened"      // a party opened the documents for the first time
	EventArchived  EventKind = "archived"    // the documents got long-term evidence, or fresh evidence
	EventCompleted EventKind = "completed"
	EventEvidence  EventKind = "evidence" // the evidence report was made
)

// Event is one thing that happened. Fields that the kind does not use are zero.
type Event struct {
	Kind     EventKind      `json:"kind"`
	Party    int            `json:"party,omitempty"` // from 1
	Person   string         `json:"person,omitempty"`
	Org      string         `json:"org,omitempty"`
	Binding  string         `json:"binding,omitempty"` // hexadecimal
	Batch    string         `json:"batch,omitempty"`   // hexadecimal, of a consent in a batch
	Method   string         `json:"method,omitempty"`  // of a consent: code, password, face or silent
	Face     *FaceEvidence  `json:"face,omitempty"`
	Stamps   []Stamp        `json:"stamps,omitempty"`
	Heads    []store.Digest `json:"heads,omitempty"` // of the documents afterwards
	Report   *store.Digest  `json:"report,omitempty"`
	Audit    *store.Digest  `json:"audit,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Until    *time.Time     `json:"until,omitempty"`    // the deadline
	To       string         `json:"to,omitempty"`       // keyed index of the new handler's phone
	Envelope string         `json:"envelope,omitempty"` // that voids this one

	consent *Consent
	handler *Party
}

// Command is one of Send, Open, Agree, Release, Sign, Decline, Withdraw, Extend,
// Remind, Transfer, Expire, Void, Archive and Report.
type Command interface{ command() }

type (
	// Send starts the envelope; Layouts are the documents with their fields.
	Send struct {
		Layouts []store.Digest
		Parties []Party // with the fields of their boxes
	}
	// Open records that a party has the documents before it.
	Open struct {
		Party  int
		Person string
	}
	// Agree records a party's consent.
	Agree struct {
		Party       int
		Person, Org string
		Consent     Consent
	}
	// Release takes back a consent of which nothing was signed.
	Release struct {
		Party  int
		Reason string
	}
	// Sign puts a party's finished signatures in place.
	Sign struct {
		Party int
		Heads []store.Digest
	}
	// Decline refuses to sign (拒签).
	Decline struct {
		Party  int
		Reason string
	}
	// Withdraw takes the envelope back (撤销).
	Withdraw struct{ Reason string }
	// Extend moves the deadline to a later time (延期).
	Extend struct{ Until time.Time }
	// Remind tells a party again (催办), at most MaxReminder times.
	Remind struct{ Party int }
	// Delegate gives a company's task to another handler (转他人处理), whose name
	// and phone To holds.
	Delegate struct {
		Party  int
		Person string // who hands it on
		To     Party
	}
	// Expire ends an envelope whose deadline has passed.
	Expire struct{}
	// Void undoes a completed envelope: the agreement By was completed (解约).
	Void struct{ By string }
	// Archive puts documents with long-term evidence (B-LTA) in place of those of a
	// completed envelope, again before RenewBy.
	Archive struct {
		Heads   []store.Digest
		RenewBy time.Time
	}
	// Report adds the evidence report of an archived envelope, and its audit.json.
	Report struct{ Digest, Audit store.Digest }
)

func (Send) command()     {}
func (Open) command()     {}
func (Agree) command()    {}
func (Release) command()  {}
func (Sign) command()     {}
func (Decline) command()  {}
func (Withdraw) command() {}
func (Extend) command()   {}
func (Remind) command()   {}
func (Delegate) command() {}
func (Expire) command()   {}
func (Void) command()     {}
func (Archive) command()  {}
func (Report) command()   {}

// Decide returns the events that a command causes at a time, or why it may not
// be. It changes nothing.
func Decide(e *Envelope, c Command, now time.Time) ([]Event, error) {
	switch c := c.(type) {
	case Send:
		return e.decideSend(c, now)
	case Open:
		p, err := e.turn(c.Party, "open", Active)
		if err != nil || !p.OpenedAt.IsZero() {
			return nil, err
		}
		return []Event{{Kind: EventOpened, Party: c.Party, Person: c.Person}}, nil
	case Agree:
		return e.decideAgree(c, now)
	case Release:
		_, err := e.turn(c.Party, "release", Signing)
		return []Event{{Kind: EventReleased, Party: c.Party, Reason: c.Reason}}, err
	case Sign:
		return e.decideSign(c)
	case Decline:
		if _, err := e.turn(c.Party, "decline", Active); err != nil {
			return nil, err
		}
		return []Event{{Kind: EventDeclined, Party: c.Party, Reason: c.Reason}}, e.inTime(now)
	case Withdraw:
		if e.Status != InProgress && e.Status != Draft {
			return nil, &StateError{e.Status, "withdraw"}
		}
		return []Event{{Kind: EventWithdrawn, Reason: c.Reason}}, nil
	case Extend:
		return e.decideExtend(c, now)
	case Remind:
		p, err := e.turn(c.Party, "remind", Active)
		if err != nil {
			return nil, err
		}
		if p.Reminded >= MaxReminder {
			return nil, ErrReminders
		}
		return []Event{{Kind: EventReminded, Party: c.Party}}, e.inTime(now)
	case Delegate:
		return e.decideTransfer(c, now)
	case Expire:
		return e.decideExpire(now)
	case Void:
		if e.Status != Completed {
			return nil, &StateError{e.Status, "void"}
		}
		return []Event{{Kind: EventVoided, Envelope: c.By}}, nil
	case Archive:
		if e.Status != Completed && e.Status != Voided {
			return nil, &StateError{e.Status, "archive"}
		}
		if len(c.Heads) != len(e.Files) {
			return nil, fmt.Errorf("envelope: %d heads for %d files", len(c.Heads), len(e.Files))
		}
		return []Event{{Kind: EventArchived, Heads: c.Heads, Until: &c.RenewBy}}, nil
	case Report:
		if e.ArchivedAt.IsZero() || e.Evidence != (store.Digest{}) {
			return nil, &StateError{e.Status, "report on"}
		}
		return []Event{{Kind: EventEvidence, Report: &c.Digest, Audit: &c.Audit}}, nil
	}
	return nil, fmt.Errorf("envelope: unknown command %T", c)
}

// turn holds that the envelope is in progress and the party in a given state: one
// that was withdrawn completes no more, nor the reverse (T14).
func (e *Envelope) turn(party int, verb string, want PartyState) (*Party, error) {
	if party < 1 || party > len(e.Parties) {
		return nil, ErrNotFound
	}
	p := &e.Parties[party-1]
	if e.Status != InProgress {
		if p.State == Signed { // who asks again whether he has signed is told that
			return nil, ErrSigned
		}
		return nil, &StateError{e.Status, verb}
	}
	switch {
	case p.State == want:
		return p, nil
	case p.State == Waiting:
		return nil, ErrNotYourTurn
	case p.State == Signed:
		return nil, ErrSigned
	case p.State == Signing:
		return nil, ErrSigning
	case p.State == Skipped:
		return nil, ErrSkipped
	}
	return nil, &StateError{e.Status, verb}
}

// inTime refuses what comes after the deadline, also before Step has noticed it.
func (e *Envelope) inTime(now time.Time) error {
	if !e.Deadline.IsZero() && !now.Before(e.Deadline) {
		return ErrExpired
	}
	return nil
}

func (e *Envelope) decideSend(c Send, now time.Time) ([]Event, error) {
	if e.Status != Draft {
		return nil, &StateError{e.Status, "send"}
	}
	if err := e.inTime(now); err != nil {
		return nil, err
	}
	first := firstStage(c.Parties)
	out := []Event{{Kind: EventSent, Heads: c.Layouts}}
	for i, p := range c.Parties {
		if p.Stage == first {
			out = append(out, Event{Kind: EventActivated, Party: i + 1})
		}
	}
	return out, nil
}

func (e *Envelope) decideAgree(c Agree, now time.Time) ([]Event, error) {
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
	return []Event{{Kind: EventConsented, Party: c.Party, Person: c.Person, Org: c.Org, Method: method, Face: c.Consent.Face,
		Binding: c.Consent.Binding.String(), Batch: c.Consent.Batch, Stamps: c.Consent.Stamps, consent: &c.Consent}}, e.inTime(now)
}

// hasRead holds that a party had the documents before it for as long as the sender
// asks.
func (e *Envelope) hasRead(p *Party, now time.Time) error {
	if e.Reading > 0 && (p.OpenedAt.IsZero() || now.Before(p.OpenedAt.Add(e.Reading))) {
		return ErrReading
	}
	return nil
}

func (e *Envelope) decideExtend(c Extend, now time.Time) ([]Event, error) {
	switch {
	case e.Status != InProgress:
		return nil, &StateError{e.Status, "extend"}
	case e.Deadline.IsZero() || !c.Until.After(e.Deadline) || !c.Until.After(now) || !datable(c.Until):
		return nil, ErrDeadline
	}
	return []Event{{Kind: EventExtended, Until: &c.Until}}, nil
}

// decideTransfer hands a task on within the company: nobody else can sign for a
// person, and nobody takes over what stands in the envelope already.
func (e *Envelope) decideTransfer(c Delegate, now time.Time) ([]Event, error) {
	p, err := e.turn(c.Party, "transfer", Active)
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
	return []Event{{Kind: EventDelegated, Party: c.Party, Person: c.Person, To: c.To.PhoneIx, handler: &c.To}}, e.inTime(now)
}

// decideExpire waits for a signature that is being made: its consent was in time.
func (e *Envelope) decideExpire(now time.Time) ([]Event, error) {
	if e.Status != InProgress || e.inTime(now) == nil {
		return nil, &StateError{e.Status, "expire"}
	}
	for _, p := range e.Parties {
		if p.State == Signing {
			return nil, ErrSigning
		}
	}
	return []Event{{Kind: EventExpired}}, nil
}

// decideSign signs, skips the others of the party's group, opens the next stage
// once the present one is through, and completes the envelope after the last.
func (e *Envelope) decideSign(c Sign) ([]Event, error) {
	p, err := e.turn(c.Party, "sign", Signing)
	if err != nil {
		return nil, err
	}
	if len(c.Heads) != len(e.Files) {
		return nil, fmt.Errorf("envelope: %d heads for %d files", len(c.Heads), len(e.Files))
	}
	out := []Event{{Kind: EventSigned, Party: c.Party, Person: p.PersonID, Org: p.OrgID, Heads: c.Heads}}
	open := false // the stage still waits for somebody
	var rest []Party
	for i, q := range e.Parties {
		switch {
		case i+1 == c.Party || q.State == Signed || q.State == Skipped:
		case p.Group != 0 && q.Group == p.Group && q.Stage == p.Stage:
			out = append(out, Event{Kind: EventSkipped, Party: i + 1})
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
		return append(out, Event{Kind: EventCompleted}), nil
	}
	next := firstStage(rest)
	for i, q := range e.Parties {
		if q.State == Waiting && q.Stage == next {
			out = append(out, Event{Kind: EventActivated, Party: i + 1})
		}
	}
	return out, nil
}

func firstStage(parties []Party) int {
	first := parties[0].Stage
	for _, p := range parties {
		first = min(first, p.Stage)
	}
	return first
}

// Apply returns the state after an event.
func Apply(e Envelope, ev Event, at time.Time) Envelope {
	e.Files = append([]File(nil), e.Files...)
	e.Parties = append([]Party(nil), e.Parties...)
	e.Events++
	var p *Party
	if ev.Party > 0 && ev.Party <= len(e.Parties) {
		p = &e.Parties[ev.Party-1]
	}
	switch ev.Kind {
	case EventSent:
		e.Status, e.SentAt = InProgress, at
		for i := range e.Files {
			e.Files[i].Layout, e.Files[i].Head = ev.Heads[i], ev.Heads[i]
		}
	case EventActivated:
		p.State = Active
	case EventOpened:
		p.OpenedAt = at
	case EventConsented:
		p.State, p.PersonID, p.OrgID, p.Consent = Signing, ev.Person, ev.Org, ev.consent
	case EventReleased:
		p.State, p.Consent = Active, nil
	case EventSigned:
		p.State, p.SignedAt = Signed, at
		for i := range e.Files {
			e.Files[i].Head = ev.Heads[i]
		}
	case EventSkipped:
		p.State, p.Consent = Skipped, nil
	case EventReminded:
		p.Reminded++
	case EventDelegated:
		p.Name, p.Phone, p.PhoneIx, p.Mask = ev.handler.Name, ev.handler.Phone, ev.handler.PhoneIx, ev.handler.Mask
		p.PersonID, p.OrgID, p.Reminded, p.OpenedAt = ev.handler.PersonID, "", 0, time.Time{}
	case EventExtended:
		e.Deadline = *ev.Until
	case EventDeclined:
		p.State = Refused
		e.Status, e.EndedAt = Declined, at
	case EventWithdrawn:
		e.Status, e.EndedAt = Withdrawn, at
	case EventExpired:
		e.Status, e.EndedAt = Expired, at
	case EventCompleted:
		e.Status, e.EndedAt, e.Due = Completed, at, at
		for i := range e.Files {
			e.Files[i].Signed = e.Files[i].Head
		}
	case EventArchived:
		e.ArchivedAt, e.RenewBy = at, *ev.Until
		for i := range e.Files {
			e.Files[i].Head = ev.Heads[i]
		}
	case EventVoided:
		e.Status, e.VoidedBy = Voided, ev.Envelope
	case EventEvidence:
		e.Evidence, e.Audit = *ev.Report, *ev.Audit
	case EventDrafted:
	}
	return e
}
