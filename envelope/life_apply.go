package envelope

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// errEvent means that an event does not fit the state before it: the trail is not the
// trail of this envelope.
var errEvent = errors.New("envelope: the event does not fit the state before it")

// fold returns the state after one more event of an envelope. Called with all events in their
// order, from a zero life, it leads to the state of the envelope.
func fold(e life, ev dated) (life, error) {
	e, err := apply(e, ev.Event, ev.At)
	if err != nil {
		return e, fmt.Errorf("event %d: %w", e.Events+1, err)
	}
	return e, nil
}

// apply returns the state after an event, or errEvent. It handles every event, and does
// not change the state before.
func apply(e life, ev event, at time.Time) (life, error) {
	before := e
	e.Files, e.Parties, e.Readers = slices.Clone(e.Files), slices.Clone(e.Parties), slices.Clone(e.Readers)
	e.Events++
	err := e.apply(ev, at)
	if err != nil {
		return before, fmt.Errorf("%w: %s", err, ev.Kind)
	}
	return e, nil
}

// whileStatus has the statuses in which an event can happen. An event of a party that is
// not listed happens while the envelope is in progress.
var whileStatus = map[EventKind][]Status{
	EventDrafted:   {0, Draft},
	EventSent:      {Draft},
	EventKnown:     {Draft, InProgress, Completed, Withdrawn, Declined, Expired, Voided},
	EventWithdrawn: {Draft, InProgress},
	EventVoided:    {Completed},
	EventArchived:  {Completed, Voided},
	EventEvidence:  {Completed, Voided},
}

// fromState has the states in which a party can have an event.
var fromState = map[EventKind][]PartyState{
	EventActivated: {Waiting},
	EventOpened:    {Active},
	EventConsented: {Active},
	EventReleased:  {Signing},
	EventSigned:    {Signing},
	EventSkipped:   {Waiting, Active, Signing},
	EventReminded:  {Active},
	EventDelegated: {Active},
	EventDeclined:  {Active},
}

// apply changes a state that shares no slices.
func (e *life) apply(ev event, at time.Time) error {
	while, listed := whileStatus[ev.Kind]
	if !listed {
		while = []Status{InProgress}
	}
	if !slices.Contains(while, e.Status) {
		return errEvent
	}
	switch ev.Kind {
	case EventDrafted:
		return e.applyDraft(ev.Detail, at)
	case EventSent:
		return e.applySend(ev, at)
	case EventKnown:
		return e.applyKnown(ev)
	case EventExtended:
		if ev.Until == nil || e.Deadline.IsZero() || !ev.Until.After(e.Deadline) || e.inTime(at) != nil {
			return errEvent
		}
		e.Deadline = *ev.Until
	case EventWithdrawn:
		e.Status, e.EndedAt = Withdrawn, at
	case EventExpired:
		if e.inTime(at) == nil {
			return errEvent
		}
		e.Status, e.EndedAt = Expired, at
	case EventCompleted:
		for _, p := range e.Parties {
			if p.State != Signed && p.State != Skipped {
				return errEvent
			}
		}
		e.Status, e.EndedAt = Completed, at
		for i := range e.Files {
			e.Files[i].Signed = e.Files[i].Head
		}
	case EventArchived:
		if ev.Until == nil {
			return errEvent
		}
		e.ArchivedAt, e.RenewBy = at, *ev.Until
		return e.setHeads(ev.Heads)
	case EventVoided:
		e.Status, e.VoidedBy = Voided, ev.Envelope
	case EventEvidence:
		if ev.Report == nil || ev.Audit == nil || e.ArchivedAt.IsZero() || e.Evidence != (store.Digest{}) {
			return errEvent
		}
		e.Evidence, e.Audit = *ev.Report, *ev.Audit
	default:
		return e.applyParty(ev, at)
	}
	return nil
}

// applyParty applies an event of one party.
func (e *life) applyParty(ev event, at time.Time) error {
	if ev.Party < 1 || ev.Party > len(e.Parties) {
		return errEvent
	}
	p := &e.Parties[ev.Party-1]
	if !slices.Contains(fromState[ev.Kind], p.State) {
		return errEvent
	}
	switch ev.Kind {
	case EventActivated:
		p.State = Active
	case EventOpened:
		p.OpenedAt = at
	case EventConsented:
		if ev.Detail == nil || ev.Detail.Consent == nil || ev.Pays && !e.unpaid(ev.Org) {
			return errEvent
		}
		p.State, p.PersonID, p.OrgID, p.Consent = Signing, ev.Person, ev.Org, ev.Detail.Consent
		if ev.Pays {
			e.Payer = ev.Org
		}
	case EventReleased:
		if ev.Frees && (ev.Org != e.Payer || ev.Org == "") {
			return errEvent
		}
		p.State, p.Consent = Active, nil
		if ev.Frees {
			e.Payer = ""
		}
	case EventSigned:
		p.State, p.SignedAt = Signed, at
		return e.setHeads(ev.Heads)
	case EventSkipped:
		p.State, p.Consent = Skipped, nil
	case EventReminded:
		p.Reminded++
	case EventDelegated:
		if ev.Detail == nil || ev.Detail.Handler == nil {
			return errEvent
		}
		to := ev.Detail.Handler
		p.Name, p.PhoneIx, p.Mask, p.PersonID, p.OrgID = to.Name, to.PhoneIx, to.Mask, to.PersonID, ""
		p.Reminded, p.OpenedAt = 0, time.Time{}
	case EventDeclined:
		p.State = Refused
		e.Status, e.EndedAt = Declined, at
	default:
		return errEvent
	}
	return nil
}

func (e *life) applyDraft(d *detail, at time.Time) error {
	if d == nil || d.Draft == nil {
		return errEvent
	}
	if e.Status == 0 {
		e.CreatedAt = at
	}
	e.ID, e.Sender, e.content, e.Status = d.Draft.ID, d.Draft.Sender, d.Draft.content, Draft
	return nil
}

func (e *life) applySend(ev event, at time.Time) error {
	if ev.Detail == nil {
		return errEvent
	}
	e.Status, e.SentAt, e.OnDemand = InProgress, at, ev.OnDemand
	e.Parties, e.Readers = slices.Clone(ev.Detail.Parties), slices.Clone(ev.Detail.Readers)
	if err := e.setHeads(ev.Heads); err != nil {
		return err
	}
	for i := range e.Files {
		e.Files[i].Layout = e.Files[i].Head
	}
	return nil
}

func (e *life) applyKnown(ev event) error {
	var person *org.PersonID
	switch {
	case ev.Party >= 1 && ev.Party <= len(e.Parties):
		person = &e.Parties[ev.Party-1].PersonID
	case ev.Party == 0 && ev.Reader >= 1 && ev.Reader <= len(e.Readers):
		person = &e.Readers[ev.Reader-1].PersonID
	}
	if person == nil || *person != "" {
		return errEvent
	}
	*person = ev.Person
	return nil
}

func (e *life) setHeads(heads []store.Digest) error {
	if len(heads) != len(e.Files) {
		return errEvent
	}
	for i := range e.Files {
		e.Files[i].Head = heads[i]
	}
	return nil
}
