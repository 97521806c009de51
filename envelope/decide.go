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
	EventCompleted EventKind = "completed"
	EventEvidence  EventKind = "evidence" // the evidence report was made
)

// Event is one thing that happened. Fields that the kind does not use are zero.
type Event struct {
	Kind    EventKind      `json:"kind"`
	Party   int            `json:"party,omitempty"` // from 1
	Person  string         `json:"person,omitempty"`
	Org     string         `json:"org,omitempty"`
	Binding string         `json:"binding,omitempty"` // hexadecimal
	Stamps  []Stamp        `json:"stamps,omitempty"`
	Heads   []store.Digest `json:"heads,omitempty"` // of the documents afterwards
	Report  *store.Digest  `json:"report,omitempty"`
	Reason  string         `json:"reason,omitempty"`

	consent *Consent
}

// Command is one of Send, Agree, Release, Sign, Decline, Withdraw, Report.
type Command interface{ command() }

type (
	// Send starts the envelope; Layouts are the documents with their fields.
	Send struct {
		Layouts []store.Digest
		Parties []Party // with the fields of their boxes
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
	// Report adds the evidence report of a completed envelope.
	Report struct{ Digest store.Digest }
)

func (Send) command()     {}
func (Agree) command()    {}
func (Release) command()  {}
func (Sign) command()     {}
func (Decline) command()  {}
func (Withdraw) command() {}
func (Report) command()   {}

// Decide returns the events that a command causes, or why it may not be. It
// changes nothing.
func Decide(e *Envelope, c Command) ([]Event, error) {
	switch c := c.(type) {
	case Send:
		if e.Status != Draft {
			return nil, &StateError{e.Status, "send"}
		}
		first := firstStage(c.Parties)
		out := []Event{{Kind: EventSent, Heads: c.Layouts}}
		for i, p := range c.Parties {
			if p.Stage == first {
				out = append(out, Event{Kind: EventActivated, Party: i + 1})
			}
		}
		return out, nil
	case Agree:
		p, err := e.turn(c.Party, "agree", Active)
		if err != nil {
			return nil, err
		}
		if p.PersonID != "" && p.PersonID != c.Person {
			return nil, ErrNotFound
		}
		return []Event{{Kind: EventConsented, Party: c.Party, Person: c.Person, Org: c.Org,
			Binding: fmt.Sprintf("%x", c.Consent.Binding), Stamps: c.Consent.Stamps, consent: &c.Consent}}, nil
	case Release:
		_, err := e.turn(c.Party, "release", Signing)
		return []Event{{Kind: EventReleased, Party: c.Party, Reason: c.Reason}}, err
	case Sign:
		return e.decideSign(c)
	case Decline:
		_, err := e.turn(c.Party, "decline", Active)
		return []Event{{Kind: EventDeclined, Party: c.Party, Reason: c.Reason}}, err
	case Withdraw:
		if e.Status != InProgress && e.Status != Draft {
			return nil, &StateError{e.Status, "withdraw"}
		}
		return []Event{{Kind: EventWithdrawn, Reason: c.Reason}}, nil
	case Report:
		if e.Status != Completed || e.Evidence != (store.Digest{}) {
			return nil, &StateError{e.Status, "report on"}
		}
		return []Event{{Kind: EventEvidence, Report: &c.Digest}}, nil
	}
	return nil, fmt.Errorf("envelope: unknown command %T", c)
}

// turn holds that the envelope is in progress and the party in a given state.
func (e *Envelope) turn(party int, verb string, want PartyState) (*Party, error) {
	if e.Status != InProgress {
		return nil, &StateError{e.Status, verb}
	}
	if party < 1 || party > len(e.Parties) {
		return nil, ErrNotFound
	}
	p := &e.Parties[party-1]
	switch {
	case p.State == want:
		return p, nil
	case p.State == Waiting:
		return nil, ErrNotYourTurn
	case p.State == Signed:
		return nil, ErrSigned
	case p.State == Signing:
		return nil, ErrSigning
	}
	return nil, &StateError{e.Status, verb}
}

// decideSign signs, opens the next stage once the present one is through, and
// completes the envelope after the last.
func (e *Envelope) decideSign(c Sign) ([]Event, error) {
	p, err := e.turn(c.Party, "sign", Signing)
	if err != nil {
		return nil, err
	}
	if len(c.Heads) != len(e.Files) {
		return nil, fmt.Errorf("envelope: %d heads for %d files", len(c.Heads), len(e.Files))
	}
	out := []Event{{Kind: EventSigned, Party: c.Party, Person: p.PersonID, Org: p.OrgID, Heads: c.Heads}}
	var rest []Party
	for i, q := range e.Parties {
		if i+1 == c.Party || q.State == Signed {
			continue
		}
		if q.State != Waiting {
			return out, nil // its stage is still open
		}
		rest = append(rest, q)
	}
	if len(rest) == 0 {
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
	case EventConsented:
		p.State, p.PersonID, p.OrgID, p.Consent = Signing, ev.Person, ev.Org, ev.consent
	case EventReleased:
		p.State, p.Consent = Active, nil
	case EventSigned:
		p.State, p.SignedAt = Signed, at
		for i := range e.Files {
			e.Files[i].Head = ev.Heads[i]
		}
	case EventDeclined:
		p.State = Refused
		e.Status, e.EndedAt = Declined, at
	case EventWithdrawn:
		e.Status, e.EndedAt = Withdrawn, at
	case EventCompleted:
		e.Status, e.EndedAt = Completed, at
	case EventEvidence:
		e.Evidence = *ev.Report
	}
	return e
}
