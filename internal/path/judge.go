package path

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Judge weighs evidence (A47): see [NewJudge].
type Judge struct {
	ev      Evidence
	bag     *bag // that may have signed lists
	time    time.Time
	latest  time.Time // the time of validation, and Skew
	issued  func(cert, issuer *x509.Certificate) error
	targets map[*x509.Certificate]*cms.Target
	about   map[ocspKey]relevant
	pairs   map[pair]error
	crls    map[crlKey]error
	signers map[signerKey]listSigner
	ocsps   map[answerKey]ocspResult

	checks, allowed int // signature checks: so many, of so many
	room            int // bytes of lists that may still be hashed
	builds          int
	steps           int
	over            bool // something reached a limit: what was not read may be bad news
}

// relevant is the evidence about one certificate.
type relevant struct {
	ocsps []*cms.OCSP
	crls  []*cms.CRL
}

// find returns the evidence about a certificate, once.
func (j *Judge) find(cert, issuer *x509.Certificate) relevant {
	key := ocspKey{cert, issuer}
	out, known := j.about[key]
	if known {
		return out
	}
	for _, r := range j.ev.OCSPs {
		if r != nil && r.About(cert, issuer) {
			out.ocsps = append(out.ocsps, r)
		}
	}
	t := j.target(cert)
	for _, l := range j.ev.CRLs {
		if l != nil && l.About(t) {
			out.crls = append(out.crls, l)
		}
	}
	j.about[key] = out
	return out
}

// step counts a piece of evidence. It returns false if there were too many.
func (j *Judge) step() bool {
	j.steps++
	j.over = j.over || j.steps > maxQuestions
	return !j.over
}

// check counts a signature check, of a list of a number of bytes. It returns false if there
// were too many.
func (j *Judge) check(size int) bool {
	j.checks++
	j.room -= size
	j.over = j.over || j.checks > j.allowed || j.room < 0
	return !j.over
}

// question is one certificate whose status is checked.
type question struct {
	cert    *x509.Certificate
	chain   []*x509.Certificate // its issuer and those above, the anchor last
	control time.Time           // evidence must cover this time
	best    time.Time           // revocations up to this time count
	depth   int                 // signers of evidence whose status is being checked
}

// statement is the content of one authentic piece of evidence.
type statement struct {
	ocsp      *cms.OCSP
	crl       *cms.CRL
	key       string // of the list's signer
	status    cms.Status
	removed   bool        // an entry with removeFromCRL, and no other
	covers    cms.Reasons // for which good news counts
	this      time.Time
	next      time.Time
	made      time.Time
	revokedAt time.Time
	reason    int
	weak      bool // its signer cannot be checked: bad news counts, good news does not
	broken    bool // its times are out of order: the same
}

// whole reports whether good news covers every reason.
func (s *statement) whole() bool { return s.covers&cms.AllReasons == cms.AllReasons }

// revokes reports whether a statement counts as a revocation for a question. What is
// said to be revoked was so at the latest when it was said.
func (s *statement) revokes(q question) bool {
	at := s.revokedAt
	if s.made.Before(at) {
		at = s.made
	}
	return s.status == cms.StatusRevoked && !at.After(q.best)
}

func (j *Judge) status(q question) Finding {
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
	for i := range said {
		if s := &said[i]; s.revokes(q) && j.removed(s, said, q) {
			s.status, s.revokedAt, s.reason = cms.StatusGood, time.Time{}, 0
		}
	}
	var good, revoked *statement
	var covered cms.Reasons
	for i := range said {
		s := &said[i]
		switch {
		case s.removed, s.status == cms.StatusUnknown:
			miss(NotKnown)
			continue
		case s.revokes(q):
			if !j.lifted(s, said, q.cert) && (revoked == nil || s.revokedAt.Before(revoked.revokedAt)) {
				revoked = s
			}
			continue // of a hold that was lifted, the later evidence decides
		}
		if w := j.unfit(s, q); w != "" {
			miss(w)
			continue
		}
		covered |= s.covers
		if good == nil || better(s, good) {
			good = s
		}
	}
	s := revoked
	switch {
	case revoked != nil:
		out.Status = Revoked
	case good != nil && covered&cms.AllReasons == cms.AllReasons:
		out.Status, s = Good, good
	case good != nil:
		miss(Partial)
		return out
	default:
		return out
	}
	out.Why, out.OCSP, out.CRL, out.ThisUpdate = "", s.ocsp, s.crl, s.this
	out.RevokedAt, out.Reason = s.revokedAt, s.reason
	return out
}

// better reports whether good news a is named before b: whole before partial, of whole
// ones the latest, of partial ones the oldest, since all of them are needed.
func better(a, b *statement) bool {
	if a.whole() != b.whole() {
		return a.whole()
	}
	if a.whole() {
		return a.this.After(b.this)
	}
	return a.this.Before(b.this)
}

// removed reports whether a statement is a hold that a delta of its own list removes
// (RFC 5280, 5.2.4). The delta is fit for good news itself.
func (j *Judge) removed(hold *statement, said []statement, q question) bool {
	if hold.reason != cms.CertificateHold || hold.crl == nil {
		return false
	}
	for i := range said {
		s := &said[i]
		if s.removed && s.crl.Updates(hold.crl) && s.key == hold.key && j.unfit(s, q) == "" {
			return true
		}
	}
	return false
}

// lifted reports whether a revocation is a hold that later evidence no longer lists.
// Evidence from the future, or after the certificate's end, when its hold may be
// forgotten, does not lift it.
func (j *Judge) lifted(hold *statement, said []statement, cert *x509.Certificate) bool {
	if hold.reason != cms.CertificateHold {
		return false
	}
	for i := range said {
		s := &said[i]
		if s.status == cms.StatusGood && s.this.After(hold.this) && s.covers&cms.HoldReason != 0 &&
			!s.weak && !s.broken && !s.this.After(j.latest) && !s.this.After(cert.NotAfter) {
			return true
		}
	}
	return false
}

// unfit returns why good news cannot be used, "" if it can.
func (j *Judge) unfit(s *statement, q question) Why {
	switch {
	case s.broken:
		return NotAuthentic
	case s.covers == 0 && !s.removed:
		return Partial
	case s.weak:
		return NoAuthority
	case s.this.After(j.latest), s.made.After(j.latest):
		return FromTheFuture
	case s.this.After(q.cert.NotAfter):
		return AfterExpiry
	case s.this.Before(q.control) && (s.next.IsZero() || s.next.Before(q.control)):
		return Stale
	}
	return ""
}

// statements returns what the authentic evidence says about a certificate.
func (j *Judge) statements(q question, miss func(Why)) []statement {
	var out []statement
	found := j.find(q.cert, q.chain[0])
	for _, r := range found.ocsps {
		if !j.step() {
			return out // Check ends with Limit
		}
		a, signer, err := j.askOCSP(r, q.cert, q.chain[0])
		if err != nil {
			miss(NotAuthentic)
			continue
		}
		s := statement{ocsp: r, status: a.Status, covers: cms.AllReasons, this: a.ThisUpdate, next: a.NextUpdate, made: r.ProducedAt,
			revokedAt: a.RevokedAt, reason: a.Reason, broken: a.ThisUpdate.After(r.ProducedAt.Add(Skew))}
		switch j.judgeResponder(signer, r, q) {
		case Revoked:
			miss(NoAuthority)
			continue
		case Unknown:
			s.weak = true
		}
		out = append(out, s)
	}
	t := j.target(q.cert)
	for _, l := range found.crls {
		if !j.step() {
			return out
		}
		signer := j.findSigner(l, q)
		if signer.path == nil {
			miss(NotAuthentic)
			continue
		}
		found, err := l.Find(t)
		if err != nil {
			var e *cms.Error
			j.over = j.over || errors.As(err, &e) && e.Code == cms.CodeLimit
			miss(NotKnown)
			continue
		}
		s := statement{crl: l, key: string(signer.path[0].RawSubjectPublicKeyInfo), status: cms.StatusGood, covers: l.Covers(t),
			this: l.ThisUpdate, next: l.NextUpdate, made: l.ThisUpdate, revokedAt: found.At, reason: found.Reason,
			broken: !l.NextUpdate.IsZero() && l.NextUpdate.Before(l.ThisUpdate)}
		if found.Listed {
			s.status = cms.StatusRevoked
		} else if found.Removed {
			s.status, s.removed = cms.StatusUnknown, true
		}
		switch j.judgeSigner(signer, l, q) {
		case Revoked:
			miss(NoAuthority)
			continue
		case Unknown:
			s.weak = true
		}
		out = append(out, s)
	}
	return out
}

// target returns what lists need of a certificate.
func (j *Judge) target(cert *x509.Certificate) *cms.Target {
	t := j.targets[cert]
	if t == nil {
		t = cms.NewTarget(cert)
		j.targets[cert] = t
	}
	return t
}
