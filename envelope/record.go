package envelope

import (
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// record is the row of an envelope: its life, and what is not part of the life. Only
// events change the life.
type record struct {
	life
	Trail  audit.Head `json:"trail"` // the last entry of its trail
	Upkeep upkeep     `json:"upkeep"`
}

// upkeep is what the platform needs to look after an envelope, and no event contains.
// It may be changed at any time and means nothing for the contract.
type upkeep struct {
	Phones       []secret.Ciphertext `json:"phones,omitempty"`        // of the parties, in their order; empty of those who are known
	ReaderPhones []secret.Ciphertext `json:"reader_phones,omitempty"` // of the readers, in their order
	Said         int                 `json:"said,omitzero"`           // bytes of all that was saved in the draft
	Tries        int                 `json:"tries,omitzero"`          // to make or renew evidence, since the last success
	Due          time.Time           `json:"due,omitzero"`            // the time of the next try
	Lease        lease               `json:"lease,omitzero"`          // of the party whose signatures are being made
	Work         *work               `json:"work,omitempty"`          // what is made of them, if it takes long
	Retry        retry               `json:"retry,omitzero"`          // of signatures that could not be made
}

// forgetPhones drops the phones that the sender gave of those who are known: they are told on
// the phone that they have now.
func (e *record) forgetPhones() {
	e.Upkeep.Phones, e.Upkeep.ReaderPhones = slices.Clone(e.Upkeep.Phones), slices.Clone(e.Upkeep.ReaderPhones)
	for i, p := range e.Parties {
		if p.PersonID != "" && i < len(e.Upkeep.Phones) {
			e.Upkeep.Phones[i] = secret.Ciphertext{}
		}
	}
	for i, r := range e.Readers {
		if r.PersonID != "" && i < len(e.Upkeep.ReaderPhones) {
			e.Upkeep.ReaderPhones[i] = secret.Ciphertext{}
		}
	}
}

// retry says how often something failed, and before when it is not tried again.
type retry struct {
	Tries int       `json:"tries"`
	Since time.Time `json:"since"` // the first failure
	At    time.Time `json:"at"`
}

// failed counts one more failure: the first is followed at once, the others by pauses that
// double, up to an hour.
func (r *retry) failed(now time.Time) {
	if r.Tries++; r.Tries == 1 {
		r.Since = now
	}
	pause := time.Duration(0)
	if r.Tries > 1 {
		pause = min(time.Hour, 10*time.Second<<min(r.Tries-2, 10))
	}
	r.At = now.Add(pause)
}

// waits reports whether it is not time yet. A pause that is longer than pauses are is of a
// clock that was wrong (T35).
func (r *retry) waits(now time.Time) bool { return now.Before(r.At) && !beyondPauses(r.At, now) }

// beyondPauses reports whether a time is later than any pause lasts.
func beyondPauses(at, now time.Time) bool { return at.After(now.Add(2 * time.Hour)) }

// work is how far the signatures of a consent are made. Who takes the lease over goes on from
// there, and makes no signature twice.
type work struct {
	Party   int            `json:"party"` // from 1
	Binding store.Digest   `json:"binding"`
	Base    []store.Digest `json:"base"`  // the documents from which it began
	Heads   []store.Digest `json:"heads"` // the documents as they are now
	Done    int            `json:"done"`  // of the stamps of the consent
}

// lease is the right to make signatures in an envelope's documents for a while. It lets
// two parties of one stage queue instead of wasting the work of their keys.
type lease struct {
	Party int       `json:"party"` // from 1; 0 if nobody has it
	Token string    `json:"token"` // of the process that makes the signatures
	Until time.Time `json:"until"`
}
