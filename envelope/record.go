package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

// record is the row of an envelope: its life, and beside it what is no part of it.
// The life is what its events give, and is never changed but by them.
type record struct {
	life
	Trail  audit.Head `json:"trail"` // the last entry of its trail
	Upkeep upkeep     `json:"upkeep"`
}

// upkeep is what the platform needs to look after an envelope, and what no event
// says: it may be changed at any time and means nothing for the contract.
type upkeep struct {
	Phones       []secret.Ciphertext `json:"phones,omitempty"`        // of the parties, in their order; encrypted again when keys change
	ReaderPhones []secret.Ciphertext `json:"reader_phones,omitempty"` // of the readers, in their order
	Tries        int                 `json:"tries,omitzero"`          // at making or renewing evidence, since the last success
	Due          time.Time           `json:"due,omitzero"`            // when that is tried next
	Lease        lease               `json:"lease,omitzero"`          // whose signatures are being made
}

// lease is the right to make signatures in an envelope's documents for a while, so
// that two parties of one stage queue instead of wasting their keys' work.
type lease struct {
	Party int       `json:"party"` // from 1; 0 where nobody has it
	Token string    `json:"token"` // of the process that makes them
	Until time.Time `json:"until"`
}
