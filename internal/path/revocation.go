package path

import (
	"crypto/x509"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Limits of evidence.
const (
	MaxEvidence = 1024 // OCSP responses, and CRLs, in the bag

	maxQuestions      = 50_000 // pieces of evidence that are examined
	maxResponderDepth = 2      // responders whose own status is checked, one after the other
)

// Skew is how far clocks may differ.
const Skew = 5 * time.Minute

// Evidence holds parsed, untrusted candidates. It is never written to.
type Evidence struct {
	OCSPs []*cms.OCSP
	CRLs  []*cms.CRL
}

// RevocationOptions state the relevant times.
type RevocationOptions struct {
	// Time is the time of validation. Required.
	Time time.Time

	// PoE is the best signature time: the earliest time at which something trusted,
	// such as a timestamp, proves that the signature existed. Zero means that there is
	// no such proof, and Time counts (EN 319 102-1, 5.2.6 and 5.6.2.3).
	PoE time.Time
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
	NotAuthentic  Why = "NOT_AUTHENTIC" // not signed by the issuer or by a responder with its authority
	NotKnown      Why = "NOT_KNOWN"     // the responder does not know the certificate, or an entry is not understood
	NoAuthority   Why = "NO_AUTHORITY"  // the responder's own certificate is revoked or cannot be checked
	FromTheFuture Why = "FUTURE"        // made after the time of validation
	AfterExpiry   Why = "AFTER_EXPIRY"  // made after the certificate ended, when its revocation may be forgotten
	Stale         Why = "STALE"         // made before the relevant time, and ended before it
)

var closeness = [...]Why{NoEvidence, NotAuthentic, NotKnown, NoAuthority, FromTheFuture, AfterExpiry, Stale}

// Finding is what is known about one certificate.
type Finding struct {
	Cert       *x509.Certificate
	Status     Status
	Why        Why       // of Unknown
	OCSP       *cms.OCSP // the evidence for Status: this, or
	CRL        *cms.CRL  // this
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

// Check checks the revocation of the certificates of a path that [Build] returned. It
// does not check the anchor. The relevant time is o.PoE, or o.Time if o.PoE is zero.
//
// Evidence counts under three conditions. The certificate's issuer signed it, or a
// responder that the issuer certified for OCSP signing (RFC 6960, 4.2.2.2). The
// signer's certificate was valid when it signed. A responder without
// id-pkix-ocsp-nocheck is itself not revoked, by evidence among ev that it did not
// sign itself.
//
// A certificate is [Good] if such evidence, made no later than o.Time plus [Skew], says
// so, and the evidence
//   - was made at or after the relevant time, or before it with a nextUpdate at or
//     after it (EN 319 102-1, 5.2.5), and
//   - was not made after the certificate ended, because an issuer may then forget the
//     revocation (RFC 5280, 3.3). The extensions archiveCutoff (RFC 6960, 4.4.4) and
//     expiredCertsOnCRL, which promise the opposite, are not trusted (C18).
//
// A certificate is [Revoked] if any such evidence, however old, says that it was
// revoked at or before the relevant time, for any reason (C17): a revocation is
// permanent. If it was revoked later, it is Good by the same evidence, because the
// signature is proved to have existed before. For keyCompromise the proof must be
// strictly before the revocation. That rule holds here for every reason, so equal times
// are Revoked. invalidityDate is not used.
//
// certificateHold counts as a revocation from its date. Evidence with a later
// thisUpdate that no longer lists the certificate lifts it from its beginning.
// removeFromCRL belongs in delta CRLs, which are not used; an entry with it is not
// understood.
//
// Check does not check that the evidence itself existed in time: if its issuer's key
// may have been broken since, the caller must give only evidence with a proof.
//
// It returns an [*Error] with code [BadOptions] or [Limit].
func Check(path []*x509.Certificate, ev Evidence, o RevocationOptions) (Result, error) {
	switch {
	case len(path) == 0 || len(path) > MaxLength:
		return nil, errf(BadOptions, nil, "a path of %d certificates", len(path))
	case o.Time.IsZero():
		return nil, errf(BadOptions, nil, "RevocationOptions.Time is required")
	case o.PoE.After(o.Time.Add(Skew)):
		return nil, errf(BadOptions, nil, "a proof of existence after the time of validation")
	case len(ev.OCSPs) > MaxEvidence || len(ev.CRLs) > MaxEvidence:
		return nil, errf(Limit, nil, "a bag of more than %d pieces of evidence", MaxEvidence)
	}
	control := o.PoE
	if control.IsZero() {
		control = o.Time
	}
	j := &judge{ev: ev, now: o.Time, crls: map[crlKey]error{}, ocsps: map[ocspKey]ocspResult{}}
	var out Result
	for i := range len(path) - 1 {
		out = append(out, j.status(question{cert: path[i], issuer: path[i+1], control: control, best: control}))
	}
	if j.checks > maxChecks || j.steps > maxQuestions {
		return nil, errf(Limit, nil, "evidence that takes more than %d signature checks or %d steps", maxChecks, maxQuestions)
	}
	return out, nil
}

type judge struct {
	ev     Evidence
	now    time.Time
	checks int
	steps  int
	crls   map[crlKey]error
	ocsps  map[ocspKey]ocspResult
}

type crlKey struct {
	list   *cms.CRL
	issuer *x509.Certificate
}

type ocspKey struct {
	response     *cms.OCSP
	cert, issuer *x509.Certificate
}

type ocspResult struct {
	answer cms.Answer
	signer *x509.Certificate
	err    error
}

// question is one certificate whose status is checked.
type question struct {
	cert, issuer *x509.Certificate
	control      time.Time // evidence must cover this time
	best         time.Time // revocations up to this time count
	depth        int       // responders whose status is being checked
}

// statement is the content of one authentic piece of evidence.
type statement struct {
	ocsp      *cms.OCSP
	crl       *cms.CRL
	status    cms.Status
	this      time.Time
	next      time.Time
	made      time.Time
	revokedAt time.Time
	reason    int
	weak      bool // its responder cannot be checked: bad news counts, good news does not
}

// The reasons of RFC 5280, 5.3.1 that are not permanent.
const (
	certificateHold = 6
	removeFromCRL   = 8
)

func (j *judge) status(q question) Finding {
	out := Finding{Cert: q.cert, Why: NoEvidence}
	miss := func(w Why) {
		for _, c := range closeness {
			if c == w {
				return
			}
			if c == out.Why {
				out.Why = w
				return
			}
		}
	}
	said := j.statements(q, miss)
	var good, revoked *statement
	for i := range said {
		s := &said[i]
		switch {
		case s.status == cms.StatusRevoked && s.reason == removeFromCRL, s.status == cms.StatusUnknown:
			miss(NotKnown)
			continue
		case s.status == cms.StatusRevoked && !s.revokedAt.After(q.best) && !lifted(s, said, j.now):
			if revoked == nil || s.revokedAt.Before(revoked.revokedAt) {
				revoked = s
			}
			continue
		case s.status == cms.StatusRevoked && !s.revokedAt.After(q.best):
			continue // a hold that was lifted: the later evidence decides
		}
		if w := j.unfit(s, q); w != "" {
			miss(w)
			continue
		}
		if good == nil || s.this.After(good.this) {
			good = s
		}
	}
	s := revoked
	switch {
	case revoked != nil:
		out.Status = Revoked
	case good != nil:
		out.Status, s = Good, good
	default:
		return out
	}
	out.Why, out.OCSP, out.CRL, out.ThisUpdate = "", s.ocsp, s.crl, s.this
	out.RevokedAt, out.Reason = s.revokedAt, s.reason
	return out
}

// lifted reports whether a revocation is a hold that later evidence, but not evidence
// from the future, no longer lists.
func lifted(hold *statement, said []statement, now time.Time) bool {
	if hold.reason != certificateHold {
		return false
	}
	for _, s := range said {
		if s.status == cms.StatusGood && s.this.After(hold.this) && !s.weak && !s.this.After(now.Add(Skew)) {
			return true
		}
	}
	return false
}

// unfit returns why good news cannot be used, "" if it can.
func (j *judge) unfit(s *statement, q question) Why {
	latest := j.now.Add(Skew)
	switch {
	case s.weak:
		return NoAuthority
	case s.this.After(latest), s.made.After(latest):
		return FromTheFuture
	case s.this.After(q.cert.NotAfter):
		return AfterExpiry
	case s.this.Before(q.control) && (s.next.IsZero() || s.next.Before(q.control)):
		return Stale
	}
	return ""
}

// statements returns what the authentic evidence says about a certificate.
func (j *judge) statements(q question, miss func(Why)) []statement {
	var out []statement
	for _, r := range j.ev.OCSPs {
		if j.steps++; j.steps > maxQuestions {
			return out // Check ends with Limit
		}
		if r == nil || !r.About(q.cert, q.issuer) {
			continue
		}
		a, signer, err := j.askOCSP(r, q.cert, q.issuer)
		if err != nil || a.ThisUpdate.After(r.ProducedAt.Add(Skew)) {
			miss(NotAuthentic)
			continue
		}
		s := statement{ocsp: r, status: a.Status, this: a.ThisUpdate, next: a.NextUpdate, made: r.ProducedAt,
			revokedAt: a.RevokedAt, reason: a.Reason}
		switch j.judgeResponder(signer, r, q) {
		case Revoked:
			miss(NoAuthority)
			continue
		case Unknown:
			s.weak = true
		}
		out = append(out, s)
	}
	for _, l := range j.ev.CRLs {
		if j.steps++; j.steps > maxQuestions {
			return out
		}
		if l == nil || !l.About(q.cert) {
			continue
		}
		if j.askCRL(l, q.issuer) != nil || !l.NextUpdate.IsZero() && l.NextUpdate.Before(l.ThisUpdate) {
			miss(NotAuthentic)
			continue
		}
		status, at, reason, err := l.Find(q.cert.SerialNumber)
		if err != nil {
			miss(NotKnown)
			continue
		}
		out = append(out, statement{crl: l, status: status, this: l.ThisUpdate, next: l.NextUpdate, made: l.ThisUpdate,
			revokedAt: at, reason: reason})
	}
	return out
}

// askOCSP returns the answer of a response, checked as far as possible by itself.
func (j *judge) askOCSP(r *cms.OCSP, cert, issuer *x509.Certificate) (cms.Answer, *x509.Certificate, error) {
	key := ocspKey{r, cert, issuer}
	got, known := j.ocsps[key]
	if !known {
		if j.checks++; j.checks > maxChecks {
			return cms.Answer{}, nil, errLimit
		}
		got.answer, got.signer, got.err = r.Find(cert, issuer)
		if got.err == nil {
			got.err = signerHolds(got.signer, issuer, r.ProducedAt)
		}
		j.ocsps[key] = got
	}
	return got.answer, got.signer, got.err
}

// signerHolds checks a responder's certificate by the rules of a path whose anchor is
// its issuer, at the time when it signed. An issuer that answers itself only needs to
// have been valid: no keyUsage is about OCSP.
func signerHolds(signer, issuer *x509.Certificate, at time.Time) error {
	if signer == issuer {
		if err := checkTime(issuer, at, false); err != nil {
			return err
		}
		return nil
	}
	s := &search{o: Options{Time: at, Usage: OCSPSigning}, facts: map[*x509.Certificate]*facts{}, left: maxComparisons}
	if err := s.validate([]*x509.Certificate{signer, issuer}); err != nil {
		return err
	}
	return nil
}

// judgeResponder checks whether the signer of a response may be trusted. Its certificate
// must be good when it signed; no proof shows when that was, so a revocation at any
// time up to now counts. Responders that vouch for each other reach the depth limit and
// are not trusted; none vouches for itself (cms.OCSP.Find).
func (j *judge) judgeResponder(signer *x509.Certificate, r *cms.OCSP, q question) Status {
	if string(signer.Raw) == string(q.issuer.Raw) || cms.NoCheck(signer) {
		return Good
	}
	if q.depth == maxResponderDepth {
		return Unknown
	}
	return j.status(question{cert: signer, issuer: q.issuer, control: r.ProducedAt, best: j.now, depth: q.depth + 1}).Status
}

// askCRL checks a list's signature once.
func (j *judge) askCRL(l *cms.CRL, issuer *x509.Certificate) error {
	key := crlKey{l, issuer}
	err, known := j.crls[key]
	if !known {
		if j.checks++; j.checks > maxChecks {
			return errLimit
		}
		if err = l.Check(issuer); err == nil {
			if e := checkTime(issuer, l.ThisUpdate, false); e != nil {
				err = e
			}
		}
		j.crls[key] = err
	}
	return err
}
