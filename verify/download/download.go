// Package download checks the download of a finished envelope, offline and without the
// platform that made it.
package download

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/verify"
)

// Report is what [Audit] found in the download of a finished envelope.
type Report struct {
	Envelope string // id
	Subject  string
	Files    []File
	Consents []Consent      // one for each party that signed, in the order of signing
	Events   int            // in the trail
	Evidence *verify.Report // on the evidence report
}

// File is one document of a download.
type File struct {
	Name   string // as uploaded
	Path   string // in the download
	Report *verify.Report
}

// Consent is what a party agreed to before it signed, according to the trail.
type Consent struct {
	Party   int       // from 1
	Person  string    // id
	At      time.Time // UTC
	Binding string    // hexadecimal SHA-256 of documents, places, seals and texts
	Method  string    // how the party showed its will (意愿认证方式): code, password, face; silent for 静默签
	Face    string    // with face: the provider's number of the check
}

// Error says what in a download is wrong.
type Error struct {
	Part   string // name in the download, or "trail"
	Reason string
	Err    error // the cause, or nil
}

// Error names the part of the download and what is wrong.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("download: %s: %s: %v", e.Part, e.Reason, e.Err)
	}
	return fmt.Sprintf("download: %s: %s", e.Part, e.Reason)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Zh returns the sentence to show.
func (e *Error) Zh() string { return "存证包校验失败：" + e.Part }

// Limits of Audit.
const (
	maxAuditParts = 16        // entries of a download
	maxAuditPart  = 256 << 20 // bytes of one, unpacked
)

const (
	auditName    = "audit.json"
	evidenceName = "evidence.pdf"
)

// Audit checks the download of a finished envelope, a ZIP, offline and without the
// platform that made it:
//
//   - evidence.pdf is a valid certified document by the policy. The name of its only
//     signature field contains the SHA-256 of audit.json, so no byte of that can change.
//   - The trail in audit.json is whole, and says the same about the documents as the
//     rest of audit.json: as they were laid out, signed and archived.
//   - Every party that signed had agreed before; the report says how.
//   - Every document is there, begins with the archived bytes, and is valid by the
//     policy. Only validation data and timestamps follow those bytes.
//   - Nothing else is in the download.
//
// It returns an [*Error] if a check fails. Parts are unpacked one at a time into memory,
// at most 256 MiB each.
func Audit(ctx context.Context, r io.ReaderAt, size int64, policy verify.Policy) (*Report, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &Error{"download", "it is no ZIP", err}
	}
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		if parts[f.Name] != nil || len(parts) == maxAuditParts {
			return nil, &Error{f.Name, "it stands twice, or there is too much", nil}
		}
		parts[f.Name] = f
	}
	data, err := unpack(parts, auditName, audit.MaxRecord)
	if err != nil {
		return nil, err
	}
	out := &Report{}
	if out.Evidence, err = checkEvidence(ctx, parts, data, policy); err != nil {
		return nil, err
	}
	record, err := audit.DecodeRecord(data)
	if err != nil {
		return nil, &Error{auditName, "it does not hold", err}
	}
	if err := checkTrail(record); err != nil {
		return nil, err
	}
	if out.Consents, err = readConsents(record); err != nil {
		return nil, err
	}
	out.Envelope, out.Subject, out.Events = record.Envelope, record.Subject, len(record.Trail)
	for _, f := range record.Files {
		rep, err := checkDocument(ctx, parts, f, policy)
		if err != nil {
			return nil, err
		}
		out.Files = append(out.Files, File{f.Name, f.Path, rep})
	}
	for name := range parts {
		return nil, &Error{name, "nothing speaks of it", nil}
	}
	return out, nil
}

// unpack reads a part and removes it from parts.
func unpack(parts map[string]*zip.File, name string, most int64) ([]byte, error) {
	f := parts[name]
	delete(parts, name)
	if f == nil {
		return nil, &Error{name, "it is missing", nil}
	}
	r, err := f.Open()
	if err != nil {
		return nil, &Error{name, "it cannot be unpacked", err}
	}
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, &Error{name, "it cannot be unpacked", err}
	}
	if int64(len(data)) > most {
		return nil, &Error{name, fmt.Sprintf("it has more than %d bytes", most), nil}
	}
	return data, nil
}

// checkEvidence checks the evidence report, and that it is about this audit.json.
func checkEvidence(ctx context.Context, parts map[string]*zip.File, record []byte, policy verify.Policy) (*verify.Report, error) {
	data, err := unpack(parts, evidenceName, maxAuditPart)
	if err != nil {
		return nil, err
	}
	rep, err := verifyPart(ctx, evidenceName, data, policy)
	if err != nil {
		return nil, err
	}
	want := audit.EvidenceField(sum(record))
	for _, s := range rep.Signatures {
		if s.Kind == verify.KindSignature && s.Field == want && s.DocMDP > 0 {
			return rep, nil
		}
	}
	return nil, &Error{auditName, "the evidence report speaks of another", nil}
}

func verifyPart(ctx context.Context, name string, data []byte, policy verify.Policy) (*verify.Report, error) {
	rep, err := verify.Verify(ctx, bytes.NewReader(data), int64(len(data)), policy)
	if err != nil {
		return nil, &Error{name, "it cannot be judged", err}
	}
	if !rep.Valid() {
		return nil, &Error{name, fmt.Sprintf("it is %v %v", rep.Verdict, rep.Reasons), nil}
	}
	return rep, nil
}

// checkTrail checks that the trail and the record say the same about the documents.
func checkTrail(r audit.Record) error {
	var layouts, signed, archived []string
	completed := false
	for _, e := range r.Trail {
		var body struct {
			Heads []string `json:"heads"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return &Error{"trail", "an entry cannot be read", err}
		}
		switch e.Kind {
		case "sent":
			layouts = body.Heads
		case "signed":
			signed = body.Heads
		case "archived":
			archived = body.Heads
		case "completed":
			completed = true
		}
	}
	var want [3][]string
	for _, f := range r.Files {
		want[0], want[1], want[2] = append(want[0], f.Layout), append(want[1], f.Signed), append(want[2], f.Archived)
	}
	if !completed || !slices.Equal(layouts, want[0]) || !slices.Equal(signed, want[1]) || !slices.Equal(archived, want[2]) {
		return &Error{"trail", "it tells of other documents", nil}
	}
	return nil
}

// readConsents reads the consents of the parties that signed, and checks that nobody signed
// without a valid one.
func readConsents(r audit.Record) ([]Consent, error) {
	standing := map[int]Consent{}
	var out []Consent
	for _, e := range r.Trail {
		var body struct {
			Party   int    `json:"party"`
			Person  string `json:"person"`
			Binding string `json:"binding"`
			Method  string `json:"method"`
			Face    struct {
				Transaction string `json:"transaction"`
			} `json:"face"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return nil, &Error{"trail", "an entry cannot be read", err}
		}
		switch e.Kind {
		case "consented":
			standing[body.Party] = Consent{body.Party, body.Person, e.At, body.Binding, body.Method, body.Face.Transaction}
		case "released":
			delete(standing, body.Party)
		case "signed":
			c, ok := standing[body.Party]
			if !ok || c.Person != body.Person || c.Method == "" {
				return nil, &Error{"trail", fmt.Sprintf("party %d signed without having agreed", body.Party), nil}
			}
			delete(standing, body.Party)
			out = append(out, c)
		}
	}
	return out, nil
}

// checkDocument checks one document: it is the archived one, followed at most by new
// evidence.
func checkDocument(ctx context.Context, parts map[string]*zip.File, f audit.RecordFile, policy verify.Policy) (*verify.Report, error) {
	data, err := unpack(parts, f.Path, maxAuditPart)
	if err != nil {
		return nil, err
	}
	if f.Size < 0 || f.Size > int64(len(data)) || sum(data[:f.Size]) != f.Archived {
		return nil, &Error{f.Path, "it is not the document that was archived", nil}
	}
	rep, err := verifyPart(ctx, f.Path, data, policy)
	if err != nil || f.Size == int64(len(data)) {
		return rep, err
	}
	return rep, checkTail(rep, f)
}

// checkTail checks that only validation data and timestamps came after the timestamp
// that ends the archived bytes.
func checkTail(rep *verify.Report, f audit.RecordFile) error {
	for _, s := range rep.Signatures {
		var n counter
		if s.Kind != verify.KindTimestamp || s.Revision(&n) != nil || int64(n) != f.Size {
			continue
		}
		if s.ChangeLevel == verify.ChangeNone || s.ChangeLevel == verify.ChangeLTA {
			return nil
		}
		return &Error{f.Path, fmt.Sprintf("it was changed after it was archived: %v", s.ChangeLevel), nil}
	}
	return &Error{f.Path, "no timestamp ends what was archived", nil}
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
