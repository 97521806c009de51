package path

import (
	"crypto/x509"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Limits of evidence.
const (
	MaxEvidence = 1024 // OCSP responses, and CRLs, in the bag

	maxQuestions      = 50_000 // pieces of evidence that are examined for one path
	maxResponderDepth = 2      // signers of evidence whose own status is checked, one after the other

	checksPerPath = 8        // signature checks that each further path may take
	maxListBytes  = 64 << 20 // of lists whose signatures are checked
	bytesPerPath  = 64 << 10 // of the same, for each further path
	maxBuilds     = 64       // paths that are searched for signers of lists
)

// Skew is how far clocks may differ.
const Skew = 5 * time.Minute

// Evidence holds parsed, untrusted candidates. It is never written to.
type Evidence struct {
	OCSPs []*cms.OCSP
	CRLs  []*cms.CRL
	Certs []*x509.Certificate // at most MaxPool that may have signed the CRLs
}

// RevocationOptions state the relevant times.
type RevocationOptions struct {
	// Time is the time of validation. Required.
	Time time.Time

	// PoE is the best signature time: the earliest time at which something trusted,
	// such as a timestamp, proves that the signature existed. Zero means that there is
	// no such proof, and Time counts (EN 319 102-1, 5.2.6 and 5.6.2.3).
	PoE time.Time

	// Issued checks that issuer's key signed cert; nil means cms.CheckIssued.
	Issued func(cert, issuer *x509.Certificate) error
}

// Status is what is known about a certificate.
type Status int

// The statuses. The zero value means that nothing is known.
const (
	Unknown Status = iota
	Good           // not revoked at the relevant time
	Revoked        // revoked at or before it
)

// Why says why a status is [Unknown].
type Why string

// Reasons, from no evidence at all to what was closest to an answer.
const (
	NoEvidence    Why = "NO_EVIDENCE"   // nothing in the bag is about the certificate
	NotAuthentic  Why = "NOT_AUTHENTIC" // not signed by the issuer or by a signer with its authority
	NotKnown      Why = "NOT_KNOWN"     // the responder does not know the certificate, or an entry is not understood
	Partial       Why = "PARTIAL"       // lists that do not cover the certificate, or not for all reasons
	NoAuthority   Why = "NO_AUTHORITY"  // the signer's own certificate is revoked or cannot be checked
	FromTheFuture Why = "FUTURE"        // made after the time of validation
	AfterExpiry   Why = "AFTER_EXPIRY"  // made after the certificate ended, when its revocation may be forgotten
	Stale         Why = "STALE"         // made before the relevant time, and ended before it
)

var closeness = [...]Why{NoEvidence, NotAuthentic, NotKnown, Partial, NoAuthority, FromTheFuture, AfterExpiry, Stale}

// Finding is what is known about one certificate.
type Finding struct {
	Cert       *x509.Certificate
	Status     Status
	Why        Why       // of Unknown
	OCSP       *cms.OCSP // the evidence for Status: this, or
	CRL        *cms.CRL  // this; the oldest, if several lists together cover all reasons
	ThisUpdate time.Time // of that evidence
	RevokedAt  time.Time // also for Good, if the revocation came after the relevant time
	Reason     int       // CRLReason of RevokedAt (RFC 5280, 5.3.1)
}

// Result has one Finding for each certificate of a path below the anchor, the
// leaf's first.
type Result []Finding

// Status returns [Revoked] if any certificate is, otherwise [Unknown] if any is,
// otherwise [Good]. A path of only an anchor has nothing to check and is Good.
func (r Result) Status() Status {
	s := Good
	for _, f := range r {
		switch f.Status {
		case Revoked:
			return Revoked
		case Unknown:
			s = Unknown
		}
	}
	return s
}

// Check is [Judge.Check] for one path.
func Check(path []*x509.Certificate, ev Evidence, o RevocationOptions) (Result, error) {
	if len(ev.Certs) <= MaxPool {
		ev.Certs = distinct(path, ev.Certs)
		ev.Certs = ev.Certs[:min(len(ev.Certs), MaxPool)]
	}
	j, err := NewJudge(ev, o.Time, o.Issued)
	if err != nil {
		return nil, err
	}
	return j.Check(path, o.PoE)
}

// NewJudge returns a judge of evidence at a time of validation. issued checks that
// issuer's key signed cert; nil means cms.CheckIssued. A judge remembers what it found
// out, so that many paths cost what is new about each. It is not safe for concurrent use.
//
// NewJudge returns an [*Error] with code [BadOptions] or [Limit].
func NewJudge(ev Evidence, at time.Time, issued func(cert, issuer *x509.Certificate) error) (*Judge, error) {
	switch {
	case at.IsZero():
		return nil, errf(BadOptions, nil, "the time of validation is required")
	case len(ev.OCSPs) > MaxEvidence || len(ev.CRLs) > MaxEvidence:
		return nil, errf(Limit, nil, "a bag of more than %d pieces of evidence", MaxEvidence)
	case len(ev.Certs) > MaxPool:
		return nil, errf(Limit, nil, "a bag of more than %d certificates", MaxPool)
	}
	if issued == nil {
		issued = cms.CheckIssued
	}
	return &Judge{ev: ev, bag: newBag(newNames(), ev.Certs), time: at, latest: at.Add(Skew), issued: issued,
		targets: map[*x509.Certificate]*cms.Target{}, about: map[ocspKey]relevant{}, pairs: map[pair]error{}, crls: map[crlKey]error{},
		signers: map[signerKey]listSigner{}, ocsps: map[answerKey]ocspResult{}, allowed: maxChecks - checksPerPath, room: maxListBytes}, nil
}

// Check checks the revocation of the certificates of a path that [Build] returned. It
// does not check the anchor. proven is the
// earliest time at which something trusted proves that the signature existed; it is the
// relevant time. If it is zero, that is the time of validation.
//
// Evidence counts only if it is authentic: signed by the certificate's issuer, by a
// responder that the issuer certified for OCSP signing (RFC 6960, 4.2.2.2), or by
// another signer of lists (judge.findSigner). The signer's certificate was valid when it
// signed. A signer other than the issuer is itself not revoked, by evidence among ev
// that it did not sign itself, unless its own issuer released it from that.
//
// A certificate is [Good] if such evidence, made no later than the time of validation plus [Skew], says
// so, and the evidence
//   - covers it, for all reasons: one response, or lists that do so together (RFC 5280,
//     6.3.3; see [cms.CRL.Covers]), and
//   - was made at or after the relevant time, or before it with a nextUpdate at or
//     after it (EN 319 102-1, 5.2.5), and
//   - was not made after the certificate ended, because an issuer may then forget the
//     revocation (RFC 5280, 3.3). The extensions archiveCutoff (RFC 6960, 4.4.4) and
//     expiredCertsOnCRL, which promise the opposite, are not trusted (C18).
//
// A certificate is [Revoked] if any authentic evidence says that it was revoked at or
// before the relevant time, for any reason (C17): a revocation is permanent. This holds
// however old the evidence is, and for evidence that could not show the opposite: a
// delta list, a list of some reasons or of other certificates, one with an extension
// that is not known (C19). A date later than the evidence counts as the time of the
// evidence. If the certificate was revoked later, it is Good by the same evidence,
// because the signature is proved to have existed before. For keyCompromise the proof
// must be strictly before the revocation. That rule holds here for every reason, so
// equal times are Revoked. invalidityDate is not used.
//
// certificateHold counts as a revocation from its date. Evidence with a later
// thisUpdate that covers the certificate and no longer lists it lifts the hold from its
// beginning. So does removeFromCRL in a delta list that belongs to the list with the
// hold ([cms.CRL.Updates]); that list must itself be fit for good news, because a delta
// never renews it. removeFromCRL elsewhere is not understood.
//
// Check does not check that the evidence itself existed in time: if its issuer's key
// may have been broken since, the caller must give only evidence with a proof.
//
// It returns an [*Error] with code [BadOptions] or [Limit].
func (j *Judge) Check(path []*x509.Certificate, proven time.Time) (Result, error) {
	switch {
	case len(path) == 0 || len(path) > MaxLength:
		return nil, errf(BadOptions, nil, "a path of %d certificates", len(path))
	case proven.After(j.latest):
		return nil, errf(BadOptions, nil, "a proof of existence after the time of validation")
	}
	j.over, j.allowed, j.room, j.steps = false, j.allowed+checksPerPath, j.room+bytesPerPath, 0
	control, best := proven, proven
	if proven.IsZero() {
		control, best = j.time, j.latest
	}
	var out Result
	for i := range len(path) - 1 {
		out = append(out, j.status(question{cert: path[i], chain: path[i+1:], control: control, best: best}))
	}
	if j.over {
		return nil, errf(Limit, nil, "evidence that takes more than %d signature checks or %d steps, or of too many bytes", maxChecks, maxQuestions)
	}
	return out, nil
}
