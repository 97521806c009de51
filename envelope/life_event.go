package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// EventKind names what happened.
type EventKind string

// The kinds of events, as they are written in the trail.
const (
	EventDrafted   EventKind = "drafted" // a draft was made, or saved again
	EventSent      EventKind = "sent"
	EventActivated EventKind = "activated" // a party's turn came
	EventKnown     EventKind = "known"     // a party or reader became known as a verified person
	EventConsented EventKind = "consented" // a party agreed, with its code
	EventReleased  EventKind = "released"  // its consent lapsed before anything was signed
	EventSigned    EventKind = "signed"    // a party's signatures are in the documents
	EventDeclined  EventKind = "declined"
	EventWithdrawn EventKind = "withdrawn"
	EventSkipped   EventKind = "skipped"   // another of the party's group signed
	EventExtended  EventKind = "extended"  // the deadline was moved
	EventReminded  EventKind = "reminded"  // a party was reminded
	EventDelegated EventKind = "delegated" // a party's task went to another handler
	EventExpired   EventKind = "expired"   // the deadline passed
	EventVoided    EventKind = "voided"    // an agreement undid the completed envelope
	EventOpened    EventKind = "opened"    // a party opened the documents for the first time
	EventArchived  EventKind = "archived"  // the documents got long-term evidence, or new evidence
	EventCompleted EventKind = "completed"
	EventEvidence  EventKind = "evidence" // the evidence report was made
)

// event is one thing that happened. Fields that the kind does not use are zero. Its
// JSON is the body of the trail's entry, which goes into audit.json: it names persons
// by id. Personal data is in the detail, which is stored
// beside the entry; the body has the digest of the detail.
type event struct {
	Kind     EventKind           `json:"kind"`
	Party    int                 `json:"party,omitempty"`  // from 1
	Reader   int                 `json:"reader,omitempty"` // from 1
	Person   org.PersonID        `json:"person,omitempty"`
	Org      org.CompanyID       `json:"org,omitempty"`
	Binding  string              `json:"binding,omitempty"` // hexadecimal
	Batch    string              `json:"batch,omitempty"`   // hexadecimal, of a consent in a batch
	Method   string              `json:"method,omitempty"`  // of a consent: code, password, face or silent
	Face     *org.SignFaceResult `json:"face,omitempty"`
	Stamps   []Stamp             `json:"stamps,omitempty"`
	Heads    []store.Digest      `json:"heads,omitempty"` // of the documents afterwards
	Report   *store.Digest       `json:"report,omitempty"`
	Audit    *store.Digest       `json:"audit,omitempty"`
	Reason   string              `json:"reason,omitempty"`
	Until    *time.Time          `json:"until,omitempty"`     // the deadline; of evidence, the time before which it is renewed
	Envelope ID                  `json:"envelope,omitempty"`  // id of the envelope that voids this one
	OnDemand bool                `json:"on_demand,omitempty"` // of a send: the report is made only when it is asked for
	Pays     bool                `json:"pays,omitempty"`      // of a consent: the company pays for the envelope
	Frees    bool                `json:"frees,omitempty"`     // of a release: the company, which paid, does not pay any more
	Digest   *store.Digest       `json:"detail,omitempty"`    // SHA-256 of the detail

	Detail *detail `json:"-"`
}

// detail is the personal data of an event. Without Salt, that data could be guessed
// from the digest.
type detail struct {
	Salt    string         `json:"salt"`
	Draft   *drafted       `json:"draft,omitempty"`   // drafted: all that the sender filled in
	Parties []partyRecord  `json:"parties,omitempty"` // sent: with the fields of their boxes, and the known persons
	Readers []readerRecord `json:"readers,omitempty"` // sent: with the known persons
	Handler *partyRecord   `json:"handler,omitempty"` // delegated: name and phone
	Consent *Consent       `json:"consent,omitempty"` // consented
}

// drafted is a draft as it was stored.
type drafted struct {
	ID     ID        `json:"id"`
	Sender org.Actor `json:"sender"`
	content
}

// dated is an event with the time of its entry.
type dated struct {
	Event event
	At    time.Time
}
