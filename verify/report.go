package verify

import (
	"errors"
	"io"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Verdict is the answer for a whole document. The zero value is Unreadable.
type Verdict int

// The verdicts.
const (
	Unreadable    Verdict = iota // not a PDF, or nothing in it can be checked
	Unsigned                     // no signature of any kind
	Invalid                      // a signature failed, or one cannot be reached
	Indeterminate                // nothing failed, but something could not be established
	Valid                        // every signature passed
)

var verdictNames = [...]string{
	Unreadable:    "unreadable",
	Unsigned:      "unsigned",
	Invalid:       "invalid",
	Indeterminate: "indeterminate",
	Valid:         "valid",
}

// String returns the name in the contract, such as "valid".
func (v Verdict) String() string { return enum.Name("Verdict", verdictNames[:], v) }

// Indication is the main status of EN 319 102-1, 5.1.3. The zero value is Failed.
type Indication int

// The indications.
const (
	TotalFailed Indication = iota
	Undetermined
	TotalPassed
)

var indicationNames = [...]string{
	TotalFailed:  "TOTAL_FAILED",
	Undetermined: "INDETERMINATE",
	TotalPassed:  "TOTAL_PASSED",
}

// String returns the name of EN 319 102-1.
func (i Indication) String() string { return enum.Name("Indication", indicationNames[:], i) }

// SubIndication refines an indication (EN 319 102-1, table 5 and 6).
type SubIndication string

// The sub-indications used here.
const (
	FormatFailure                 SubIndication = "FORMAT_FAILURE"
	HashFailure                   SubIndication = "HASH_FAILURE"
	SigCryptoFailure              SubIndication = "SIG_CRYPTO_FAILURE"
	SigConstraintsFailure         SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure       SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure      SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailureNoPOE SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	RevokedSub                    SubIndication = "REVOKED"
	RevokedNoPOE                  SubIndication = "REVOKED_NO_POE"
	NoSigningCertificate          SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoChain                       SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	OutOfBoundsNoPOE              SubIndication = "OUT_OF_BOUNDS_NO_POE"
	NotYetValid                   SubIndication = "NOT_YET_VALID"
	TimestampOrderFailure         SubIndication = "TIMESTAMP_ORDER_FAILURE"
	TryLater                      SubIndication = "TRY_LATER"
)

// Kind reports whether something is a signature or a document timestamp.
type Kind int

// The kinds.
const (
	KindSignature Kind = iota
	KindTimestamp
)

var kindNames = [...]string{
	KindSignature: "signature",
	KindTimestamp: "timestamp",
}

// String returns the name in the contract.
func (k Kind) String() string { return enum.Name("Kind", kindNames[:], k) }

// Coverage says how much of the file a signature covers.
type Coverage int

// The coverages. The zero value covers nothing.
const (
	CoversNone     Coverage = iota
	CoversPart              // something, but not a whole revision
	CoversRevision          // everything up to the end of its revision
	CoversFile              // everything
)

var coverageNames = [...]string{
	CoversNone:     "none",
	CoversPart:     "partial",
	CoversRevision: "whole_revision",
	CoversFile:     "whole_file",
}

// String returns the name in the contract, such as "whole_file".
func (c Coverage) String() string { return enum.Name("Coverage", coverageNames[:], c) }

// TimeSource says where a signing time comes from.
type TimeSource int

// The sources. A claimed time is what the signer's clock said: it is shown, but nothing
// proves it. A timestamp's time is shown if its authority is trusted, or if the policy
// trusts nobody.
const (
	TimeNone TimeSource = iota
	TimeClaimed
	TimeTimestamp
)

var timeSourceNames = [...]string{
	TimeNone:      "none",
	TimeClaimed:   "claimed",
	TimeTimestamp: "timestamp",
}

// String returns the name in the contract, such as "claimed".
func (t TimeSource) String() string { return enum.Name("TimeSource", timeSourceNames[:], t) }

// Signature is what was found about one signature.
type Signature struct {
	Field         string // full name of its field; empty if no field reaches it
	Kind          Kind
	Indication    Indication
	SubIndication SubIndication
	Reasons       []Reason // why it did not pass
	Warnings      []Reason // what a careful reader should know

	Intact      bool // the bytes it covers are the bytes that were signed
	Trusted     bool // its certificate leads to a trust anchor at the relevant time
	Coverage    Coverage
	ChangeLevel ChangeLevel // the worst of the later changes
	Changes     []Change    // the later changes: at most 200 per revision, and 1,000 in all

	Signer      string // common name of the certificate, or its organisation, unit or e-mail address (M81)
	SignerID    string // identity number or credit code, masked (M81)
	Issuer      string // like Signer: what breaks lines or turns text is written as <U+000A>
	SigningTime time.Time
	TimeSource  TimeSource
	Algorithm   string // RSA, RSA-PSS, ECDSA, Ed25519, SM2
	Digest      string // SHA256, SHA384, SHA512, SM3; SHA1 in old files
	Level       string // B-B, B-T, B-LT, B-LTA, proved, or claimed if the policy trusts nobody; CMS of older profiles; TS of a document timestamp
	SubFilter   string

	Page           int        // from 1; 0 if it is not on a page
	Rect           [4]float64 // x, y, width, height in mm from the page's top left corner
	DocMDP         int        // 1 to 3 for a certification, otherwise 0
	RevisionNumber int        // of the file, from 1; 0 if the signature ends none

	r    io.ReaderAt
	end  int64 // of what it covers
	from *candidate
}

// ErrNoRevision says that a signature covers no whole revision.
var ErrNoRevision = errors.New("verify: the signature covers no whole revision")

// Revision writes the file as the signature covers it: everything up to the end of its
// revision. The reader that [Verify] got must still be open. It returns [ErrNoRevision]
// if the signature covers no whole revision.
func (s Signature) Revision(w io.Writer) error {
	if s.RevisionNumber == 0 {
		return ErrNoRevision
	}
	n, err := io.Copy(w, io.NewSectionReader(s.r, 0, s.end))
	if err == nil && n != s.end {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Report is what [Verify] found about a file.
type Report struct {
	Verdict    Verdict
	Reasons    []Reason    // about the document as a whole
	Signatures []Signature // in the order of the file
	Mentions   []Mention   // what looks like a signature besides: at most 1,024
	Time       time.Time   // the time of validation that the policy gave
}

// Valid reports whether the file has a signature and all of them passed.
func (r *Report) Valid() bool { return r.Verdict == Valid }

// decide derives the document's verdict.
func (r *Report) decide() {
	worst := TotalPassed
	for _, s := range r.Signatures {
		worst = min(worst, s.Indication)
	}
	switch {
	case len(r.Reasons) > 0 && (len(r.Signatures) > 0 || r.has(SigUnreachable)):
		r.Verdict = Invalid
	case len(r.Signatures) == 0:
		r.Verdict = Unsigned
	case worst == TotalFailed:
		r.Verdict = Invalid
	case worst == Undetermined:
		r.Verdict = Indeterminate
	default:
		r.Verdict = Valid
	}
}

func (r *Report) has(code Reason) bool {
	for _, c := range r.Reasons {
		if c == code {
			return true
		}
	}
	return false
}
