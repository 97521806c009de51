package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// The files life_*.go are the pure half of the package: the life of an envelope without
// context, clock, transaction or store. decide returns the events that a command
// causes, apply returns the state after an event, and fold leads from event to event to
// the state after all. Nothing else changes a life. A test in internal/arch checks this.

// life is the state of an envelope: the result of its events.
type life struct {
	ID     ID        `json:"id"`
	Sender org.Actor `json:"sender"`
	content
	Status     Status        `json:"status"`
	OnDemand   bool          `json:"on_demand,omitzero"`   // the report is made only when it is asked for
	Payer      org.CompanyID `json:"payer,omitzero"`       // of a person's envelope: the company that pays, once it agreed
	VoidedBy   ID            `json:"voided_by,omitzero"`   // id of the envelope that voided this one
	CreatedAt  time.Time     `json:"created_at"`           // when the draft was first stored
	SentAt     time.Time     `json:"sent_at,omitzero"`     //
	EndedAt    time.Time     `json:"ended_at,omitzero"`    //
	ArchivedAt time.Time     `json:"archived_at,omitzero"` // when the documents got long-term evidence (B-LTA)
	RenewBy    time.Time     `json:"renew_by,omitzero"`    // the end of the TSA's certificate: the evidence must be renewed before it
	Audit      store.Digest  `json:"audit,omitzero"`       // audit.json, with the evidence report
	Evidence   store.Digest  `json:"evidence,omitzero"`    // the evidence report
	Events     int64         `json:"events"`               // number of entries in its trail
}

// content is what the sender fills in. Each event of a draft has all of it.
type content struct {
	From       string         `json:"from"` // 发起方: name of the sender's company, or of the sender
	Subject    string         `json:"subject"`
	Note       string         `json:"note,omitzero"`
	Source     billing.Source `json:"source"`
	AllowExtra bool           `json:"allow_extra,omitzero"` // signers may add seals where the sender set none (追加印章, M75)
	Files      []File         `json:"files"`
	Parties    []partyRecord  `json:"parties"`
	Readers    []readerRecord `json:"readers,omitempty"`
	Filled     []Filled       `json:"filled,omitempty"`    // texts that the sender put in, from a template
	Template   string         `json:"template,omitzero"`   // id of the template from which it was made
	Deadline   time.Time      `json:"deadline,omitzero"`   // nobody can agree after it; zero: see end
	Reading    time.Duration  `json:"reading_ns,omitzero"` // minimum time from opening to agreeing
	Methods    Methods        `json:"methods,omitzero"`    // how parties may show their will, unless a party has its own
	Marks      Marks          `json:"marks,omitzero"`
	Voids      ID             `json:"voids,omitzero"` // id of the completed envelope that this one voids (解约)
}

// partyRecord is one signer. It has the phone only as a keyed index and a mask: the
// ciphertext is in upkeep.
type partyRecord struct {
	Kind    PartyKind `json:"kind"`
	Stage   int       `json:"stage,omitzero"`
	Group   int       `json:"group,omitzero"`
	Name    string    `json:"name"`
	PhoneIx string    `json:"phone_ix"` // keyed index of the phone
	Mask    string    `json:"mask"`     // the phone as shown
	Company string    `json:"company,omitzero"`
	Silent  string    `json:"silent,omitzero"`
	Methods Methods   `json:"methods,omitzero"`
	Boxes   []Box     `json:"boxes,omitempty"`

	State    PartyState    `json:"state"`
	PersonID org.PersonID  `json:"person,omitzero"` // set once phone and name belong to a verified person
	OrgID    org.CompanyID `json:"org,omitzero"`    // set once known
	Consent  *Consent      `json:"consent,omitzero"`
	SignedAt time.Time     `json:"signed_at,omitzero"`
	Reminded int           `json:"reminded,omitzero"`
	OpenedAt time.Time     `json:"opened_at,omitzero"`
}

// readerRecord is a person who is told without signing (抄送). The ciphertext of their
// phone is in upkeep.
type readerRecord struct {
	Name     string       `json:"name"`
	PhoneIx  string       `json:"phone_ix"`
	Mask     string       `json:"mask"`
	PersonID org.PersonID `json:"person,omitzero"` // set once phone and name belong to a verified person
	Company  string       `json:"company,omitzero"`
	Download bool         `json:"download,omitzero"`
	AtSend   bool         `json:"at_send,omitzero"`
}

// unpaid reports whether a company that agrees would be the first to pay.
func (e *life) unpaid(company org.CompanyID) bool {
	return company != "" && e.Sender.Org == "" && e.Payer == ""
}

// paysAlone reports whether a party's company pays because the party agreed, and no other company
// has agreed meanwhile, which would then sign free of charge.
func (e *life) paysAlone(p *partyRecord) bool {
	if e.Payer == "" || p.OrgID != e.Payer {
		return false
	}
	for i := range e.Parties {
		q := &e.Parties[i]
		if q != p && q.Company != "" && (q.State == Signing || q.State == Signed) {
			return false
		}
	}
	return true
}

// copies returns what the envelope costs: one copy per file (M55).
func (e *life) copies() int64 { return int64(len(e.Files)) }

// preserved reports whether the long-term evidence is made: see [Envelope.Preserved].
func (e *life) preserved() bool { return preserved(e.ArchivedAt, e.OnDemand, e.Evidence) }

func preserved(archived time.Time, onDemand bool, evidence store.Digest) bool {
	return !archived.IsZero() && (onDemand || evidence != (store.Digest{}))
}

// accepted returns the methods that the sender accepts from a party, counted from 1.
func (e *life) accepted(party int) Methods {
	var own Methods
	if party >= 1 && party <= len(e.Parties) {
		own = e.Parties[party-1].Methods
	}
	return acceptedOf(own, e.Methods)
}

// acceptedOf returns the methods asked for one party, else for all, else a code.
func acceptedOf(own, all Methods) Methods {
	switch {
	case own != 0:
		return own
	case all != 0:
		return all
	}
	return ByCode
}

// accepts returns a *MethodError for a method that the sender did not ask for.
func (e *life) accepts(party int, m Methods) error {
	if want := e.accepted(party); m == 0 || m&^want != 0 {
		return &MethodError{Want: want, Got: m}
	}
	return nil
}

// heads returns the newest revisions of the files.
func (e *content) heads() []store.Digest {
	out := make([]store.Digest, len(e.Files))
	for i, f := range e.Files {
		out[i] = f.Head
	}
	return out
}

// turn checks that the envelope is in progress and the party is in a given state.
func (e *life) turn(party int, verb string, want PartyState) (*partyRecord, error) {
	if party < 1 || party > len(e.Parties) {
		return nil, ErrNotFound
	}
	p := &e.Parties[party-1]
	if e.Status != InProgress {
		if p.State == Signed { // a party that asks again is told that it has signed
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

// maxLife is when an envelope without a deadline ends, after it was sent, and how far away a
// deadline may be when it is set: copies are not held for ever.
const maxLife = 366 * 24 * time.Hour

// end is when the envelope expires; zero for a draft without a deadline.
func (e *life) end() time.Time {
	if e.Deadline.IsZero() && !e.SentAt.IsZero() {
		return e.SentAt.Add(maxLife)
	}
	return e.Deadline
}

// inTime returns ErrExpired after the deadline, even before Step has noticed it.
func (e *life) inTime(now time.Time) error {
	if end := e.end(); !end.IsZero() && !now.Before(end) {
		return ErrExpired
	}
	return nil
}

// hasRead checks that a party had the documents open for as long as the sender asks.
func (e *life) hasRead(p *partyRecord, now time.Time) error {
	if e.Reading > 0 && (p.OpenedAt.IsZero() || now.Before(p.OpenedAt.Add(e.Reading))) {
		return ErrReading
	}
	return nil
}

// firstStage returns the lowest stage of some parties; 0 if there are none.
func firstStage(parties []partyRecord) int {
	if len(parties) == 0 {
		return 0
	}
	first := parties[0].Stage
	for _, p := range parties {
		first = min(first, p.Stage)
	}
	return first
}
