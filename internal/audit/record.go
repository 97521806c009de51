package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Record is the audit.json of a finished envelope: what was signed, by digest, and the
// whole trail. The certified evidence report beside it contains the SHA-256 of its
// bytes, so that not one of them can change.
type Record struct {
	Version  int          `json:"version"`  // 1
	Envelope string       `json:"envelope"` // id
	Subject  string       `json:"subject"`
	Files    []RecordFile `json:"files"`
	Trail    []Entry      `json:"trail"`
}

// RecordFile is one document in its stages, as SHA-256 in hexadecimal.
type RecordFile struct {
	Name     string `json:"name"`     // as uploaded
	Path     string `json:"path"`     // in the archive
	Uploaded string `json:"uploaded"` // as uploaded
	Layout   string `json:"layout"`   // with its empty fields, as shown to the signers
	Signed   string `json:"signed"`   // after the last signature
	Archived string `json:"archived"` // with its long-term evidence: the first Size bytes of the file in the archive
	Size     int64  `json:"size"`     // bytes; what follows them is new evidence
}

// recordVersion is the version that this program writes and reads.
const recordVersion = 1

// MaxRecord is the largest audit.json that is read, in bytes.
const MaxRecord = 64 << 20

// Encode writes a record in the only form that [DecodeRecord] reads.
func (r Record) Encode() ([]byte, error) {
	r.Version = recordVersion
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return append(b, '\n'), nil
}

// ErrRecord says that the bytes are not a record in the form of [Record.Encode].
var ErrRecord = errors.New("audit: not a record")

// DecodeRecord reads a record and checks its trail. It refuses everything that
// [Record.Encode] would not have written, even an added blank.
func DecodeRecord(data []byte) (Record, error) {
	var r Record
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Record{}, fmt.Errorf("%w: more than one value", ErrRecord)
	}
	if r.Version != recordVersion {
		return Record{}, fmt.Errorf("%w: version %d", ErrRecord, r.Version)
	}
	again, err := r.Encode()
	if err != nil || !bytes.Equal(again, data) {
		return Record{}, fmt.Errorf("%w: not in its one form", ErrRecord)
	}
	if len(r.Trail) == 0 || len(r.Files) == 0 {
		return Record{}, fmt.Errorf("%w: it is empty", ErrRecord)
	}
	return r, Check(r.Trail, Hash{})
}

// EvidenceField returns the name of the signature field of the evidence report to a
// record whose bytes have the given SHA-256 in hexadecimal.
func EvidenceField(digest string) string { return "Evidence-" + digest }
