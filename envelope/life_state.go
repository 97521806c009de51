package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// The files life_*.go are the pure half of the package: the life of an envelope
// without context, clock, transaction or store. decide says which events a command
// causes, apply gives the state after an event, and fold gives the state after all of
// them. Nothing else changes a life. A test in internal/arch holds this.

// life is the state of an envelope: what its events made of it.
type life struct {
	ID     ID        `json:"id"`
	Sender org.Actor `json:"sender"`
	content
	Status     Status       `json:"status"`
	OnDemand   bool         `json:"on_demand,omitzero"`   // the report is made when it is asked for
	VoidedBy   ID           `json:"voided_by,omitzero"`   // id of the envelope that undid this one
	CreatedAt  time.Time    `json:"created_at"`           // when the draft was first kept
	SentAt     time.Time    `json:"sent_at,omitzero"`     //
	EndedAt    time.Time    `json:"ended_at,omitzero"`    //
	ArchivedAt time.Time    `json:"archived_at,omitzero"` // when the documents got long-term evidence (B-LTA)
	RenewBy    time.Time    `json:"renew_by,omitzero"`    // the end of the TSA's certificate: until then it has to be renewed
	Audit      store.Digest `json:"audit,omitzero"`       // audit.json, with the evidence report
	Evidence   store.Digest `json:"evidence,omitzero"`    // the evidence report
	Events     int64        `json:"events"`               // entries of its trail
}

// content is what the sender fills in. An event of a draft holds all of it.
type content struct {
	From       string         `json:"from"` // 发起方: name of the sender's company, or their own
	Subject    string         `json:"subject"`
	Note       string         `json:"note,omitzero"`
	Source     billing.Source `json:"source"`
	AllowExtra bool           `json:"allow_extra,omitzero"` // signers may add seals where the sender set none (追加印章, M75)
	Files      []File         `json:"files"`
	Parties    []partyRecord  `json:"parties"`
	Readers    []readerRecord `json:"readers,omitempty"`
	Filled     []Filled       `json:"filled,omitempty"`    // texts that the sender put in, from a template
	Template   string         `json:"template,omitzero"`   // id of the template that it was made from
	Deadline   time.Time      `json:"deadline,omitzero"`   // nobody agrees after it; zero is none
	Reading    time.Duration  `json:"reading_ns,omitzero"` // from opening to agreeing, at least
	Methods    Methods        `json:"methods,omitzero"`    // how parties may show their will, where they say nothing
	Voids      ID             `json:"voids,omitzero"`      // id of the completed envelope that this one undoes (解约)
}

// partyRecord is one signer. Its phone stands here as a keyed index and a mask only:
// the ciphertext is in upkeep.
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
	PersonID org.PersonID  `json:"person,omitzero"` // once phone and name are a verified person's
	OrgID    org.CompanyID `json:"org,omitzero"`    // once known
	Consent  *Consent      `json:"consent,omitzero"`
	SignedAt time.Time     `json:"signed_at,omitzero"`
	Reminded int           `json:"reminded,omitzero"`
	OpenedAt time.Time     `json:"opened_at,omitzero"`
}

// readerRecord is one who is told without signing (抄送). The ciphertext of its phone
// is in upkeep.
type readerRecord struct {
	Name     string       `json:"name"`
	PhoneIx  string       `json:"phone_ix"`
	Mask     string       `json:"mask"`
	PersonID org.PersonID `json:"person,omitzero"` // once phone and name are a verified person's
	Company  string       `json:"company,omitzero"`
	Download bool         `json:"download,omitzero"`
	AtSend   bool         `json:"at_send,omitzero"`
}

// copies returns what the envelope costs: one copy a file (M55).
func (e *life) copies() int64 { return int64(len(e.Files)) }

// preserved reports whether the long-term evidence is made: see Envelope.Preserved.
func (e *life) preserved() bool { return preserved(e.ArchivedAt, e.OnDemand, e.Evidence) }

func preserved(archived time.Time, onDemand bool, evidence store.Digest) bool {
	return !archived.IsZero() && (onDemand || evidence != (store.Digest{}))
}

// accepted returns the methods that the sender accepts of a party, counted from 1.
func (e *life) accepted(party int) Methods {
	var own Methods
	if party >= 1 && party <= len(e.Parties) {
		own = e.Parties[party-1].Methods
	}
	return acceptedOf(own, e.Methods)
}

// acceptedOf is what was asked for of one party, else of all, else a code.
func acceptedOf(own, all Methods) Methods {
	switch {
	case own != 0:
		return own
	case all != 0:
		return all
	}
	return ByCode
}

// accepts refuses a method that the sender did not ask for.
func (e *life) accepts(party int, m Methods) error {
	if want := e.accepted(party); m == 0 || m&^want != 0 {
		return &MethodError{Want: want, Got: m}
	}
	return nil
}

// heads are the newest revisions of the files.
func (e *content) heads() []store.Digest {
	out := make([]store.Digest, len(e.Files))
	for i, f := range e.Files {
		out[i] = f.Head
	}
	return out
}

// turn checks that the envelope is in progress and the party in a given state.
func (e *life) turn(party int, verb string, want PartyState) (*partyRecord, error) {
	if party < 1 || party > len(e.Parties) {
		return nil, ErrNotFound
	}
	p := &e.Parties[party-1]
	if e.Status != InProgress {
		if p.State == Signed { // a party that asks again whether it has signed is told that
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
func (e *life) inTime(now time.Time) error {
	if !e.Deadline.IsZero() && !now.Before(e.Deadline) {
		return ErrExpired
	}
	return nil
}

// hasRead checks that a party had the documents before it for as long as the sender
// asks.
func (e *life) hasRead(p *partyRecord, now time.Time) error {
	if e.Reading > 0 && (p.OpenedAt.IsZero() || now.Before(p.OpenedAt.Add(e.Reading))) {
		return ErrReading
	}
	return nil
}

// firstStage is the lowest stage of some parties, 0 of none.
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
