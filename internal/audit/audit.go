// Package audit is the trail of an envelope (T18): entries chained by hashes, so that none
// can be changed, dropped or moved without breaking all that follow. Package envelope
// writes it, and anyone can check it.
//
// Entries name persons, companies, seals and documents by identifier and digest
// only: erasing a person leaves the chain whole.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// Hash is a SHA-256 value. The Prev of a chain's first entry is zero.
type Hash [32]byte

// MarshalText writes the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return fmt.Errorf("audit: a hash of %d characters", len(text))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Entry is one link. Body is the canonical JSON of what happened; it is kept as
// the bytes that were hashed.
type Entry struct {
	Seq   int64     `json:"seq"` // from 1
	At    time.Time `json:"at"`  // UTC, microseconds
	Kind  string    `json:"kind"`
	Actor string    `json:"actor"`
	Body  []byte    `json:"body"`
	Prev  Hash      `json:"prev"`
	Hash  Hash      `json:"hash"`
}

// Head is what the next entry of a chain follows. The zero Head belongs to an empty
// chain.
type Head struct {
	At   time.Time `json:"at"`
	Hash Hash      `json:"hash"`
}

// Head returns what the entry after e follows.
func (e *Entry) Head() Head { return Head{e.At, e.Hash} }

// Next makes the entry number seq, which follows a head. The clocks of two processes
// differ, so it makes sure that an entry is never older than the one before.
func Next(after Head, seq int64, at time.Time, kind, actor string, body []byte) Entry {
	at = at.UTC().Truncate(time.Microsecond)
	if at.Before(after.At) {
		at = after.At
	}
	e := Entry{Seq: seq, At: at, Kind: kind, Actor: actor, Body: body, Prev: after.Hash}
	e.Hash = e.sum()
	return e
}

// sum hashes every field with its length before it, so that no two different entries
// are hashed as the same bytes.
func (e *Entry) sum() Hash {
	h := sha256.New()
	field := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	field([]byte("dajiaqian audit entry 1"))
	field(e.Prev[:])
	field(binary.BigEndian.AppendUint64(nil, uint64(e.Seq)))
	field(binary.BigEndian.AppendUint64(nil, uint64(e.At.UnixMicro())))
	field([]byte(e.Kind))
	field([]byte(e.Actor))
	field(e.Body)
	return Hash(h.Sum(nil))
}

// BrokenError says which entry of a chain is wrong.
type BrokenError struct {
	Seq    int64
	Reason string
}

// Error names the entry and what is wrong.
func (e *BrokenError) Error() string { return fmt.Sprintf("audit: entry %d: %s", e.Seq, e.Reason) }

// Check checks a whole chain. A cut at its end shows only against a head that was kept
// elsewhere: want is the hash of that head, and zero skips this check.
func Check(chain []Entry, want Hash) error {
	var prev Hash
	for i, e := range chain {
		switch {
		case e.Seq != int64(i+1):
			return &BrokenError{e.Seq, fmt.Sprintf("stands at place %d", i+1)}
		case e.Prev != prev:
			return &BrokenError{e.Seq, "does not follow the entry before it"}
		case e.Hash != e.sum():
			return &BrokenError{e.Seq, "was altered"}
		case i > 0 && e.At.Before(chain[i-1].At):
			return &BrokenError{e.Seq, "is older than the entry before it"}
		}
		prev = e.Hash
	}
	if want != (Hash{}) && prev != want {
		return &BrokenError{int64(len(chain)), "is not the last of the chain"}
	}
	return nil
}
