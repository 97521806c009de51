package path

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

type crlKey struct {
	list   *cms.CRL
	signer *x509.Certificate
}

type signerKey struct {
	list  *cms.CRL
	chain *x509.Certificate // the first of the question's chain
}

type ocspKey struct{ cert, issuer *x509.Certificate }

type answerKey struct {
	response *cms.OCSP
	ocspKey
}

type ocspResult struct {
	answer cms.Answer
	signer *x509.Certificate
	err    error
}

// askOCSP returns the answer of a response, checked as far as possible by itself.
func (j *Judge) askOCSP(r *cms.OCSP, cert, issuer *x509.Certificate) (cms.Answer, *x509.Certificate, error) {
	key := answerKey{r, ocspKey{cert, issuer}}
	got, known := j.ocsps[key]
	if !known {
		if !j.check(0) {
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
	s := newSearch(newBag(newNames()), nil, Options{Time: at, Usage: OCSPSigning}, nil)
	if err := s.validate([]*x509.Certificate{signer, issuer}); err != nil {
		return err
	}
	return nil
}

// judgeResponder checks whether the signer of a response may be trusted. Its certificate
// must be good when it signed; no proof shows when that was, so a revocation at any
// time up to now counts. Responders that vouch for each other reach the depth limit and
// are not trusted; none vouches for itself (cms.OCSP.Find).
func (j *Judge) judgeResponder(signer *x509.Certificate, r *cms.OCSP, q question) Status {
	if bytes.Equal(signer.Raw, q.chain[0].Raw) || cms.NoCheck(signer) {
		return Good
	}
	if q.depth == maxResponderDepth {
		return Unknown
	}
	return j.status(question{cert: signer, chain: q.chain, control: r.ProducedAt, best: j.latest, depth: q.depth + 1}).Status
}

// listSigner is the certificate whose key signed a list, and those above it. nil is no
// authority.
type listSigner struct {
	path  []*x509.Certificate
	above bool // it stands above the certificate that is asked about
}

// findSigner returns who signed a list about a question's certificate, with the right to
// (RFC 5280, 6.3.3, f and g). First comes the certificate's issuer. An authority may have
// several keys (a new one, or one for lists alone), and the issuer of an indirect list is
// another authority. Then the signer is any certificate of the list's issuer's name,
// among those of the path and of the bag,
//   - whose keyUsage names cRLSign,
//   - that has a path to the same anchor, valid when the list was made, and
//   - for a list of the certificate's own issuer, whose path has the same names as the
//     issuer's: another authority of that name, elsewhere under the anchor, is not it
//     (A48).
func (j *Judge) findSigner(l *cms.CRL, q question) listSigner {
	key := signerKey{l, q.chain[0]}
	out, known := j.signers[key]
	if !known {
		if out = j.searchSigner(l, q); !j.over {
			j.signers[key] = out
		}
	}
	return out
}

func (j *Judge) searchSigner(l *cms.CRL, q question) listSigner {
	own := l.IssuerKey() == j.bag.names.issuer(q.cert)
	if own && j.askCRL(l, q.chain[0]) == nil {
		return listSigner{q.chain, true}
	}
	anchor := q.chain[len(q.chain)-1]
	for i, c := range q.chain {
		if c.KeyUsage&x509.KeyUsageCRLSign != 0 && j.bag.names.subject(c) == l.IssuerKey() && j.askCRL(l, c) == nil {
			return listSigner{q.chain[i:], true}
		}
	}
	for _, c := range j.bag.byName[l.IssuerKey()] {
		if c.KeyUsage&x509.KeyUsageCRLSign == 0 || j.askCRL(l, c) != nil {
			continue
		}
		j.builds++
		if j.over = j.over || j.builds > maxBuilds+j.allowed; j.over {
			return listSigner{}
		}
		found, err := newSearch(j.bag, []*x509.Certificate{anchor}, Options{Time: l.ThisUpdate, Usage: CRLSigning, Issued: j.ask}, nil).run(c)
		if err != nil {
			var e *Error
			j.over = j.over || errors.As(err, &e) && e.Code == Limit // what was not searched may be bad news
			continue
		}
		if !own || slices.Equal(j.namesOf(found), j.namesOf(q.chain)) {
			return listSigner{found, false}
		}
	}
	return listSigner{}
}

// namesOf returns the names of a path, those of self-issued certificates once.
func (j *Judge) namesOf(path []*x509.Certificate) []string {
	var out []string
	for _, c := range path {
		out = append(out, j.bag.names.subject(c))
	}
	return slices.Compact(out)
}

// judgeSigner checks whether the signer of a list may be trusted: its own certificate,
// and those above it that are not the question's. One above the certificate that is
// asked about has a finding of its own in the result. A signer that answers for itself
// needs no other evidence, but bad news about it counts.
func (j *Judge) judgeSigner(signer listSigner, l *cms.CRL, q question) Status {
	if signer.above {
		return Good
	}
	itself := false
	if t := j.target(signer.path[0]); t.AnswersItself() && l.Covers(t) == cms.AllReasons {
		found, err := l.Find(t)
		if found.Listed {
			return Revoked
		}
		itself = err == nil && !found.Removed
	}
	var all Result
	for i, c := range signer.path[:len(signer.path)-1] {
		if slices.ContainsFunc(q.chain, func(a *x509.Certificate) bool { return bytes.Equal(a.Raw, c.Raw) }) {
			break // and all above it
		}
		f := Finding{}
		if q.depth < maxResponderDepth {
			f = j.status(question{cert: c, chain: signer.path[i+1:], control: l.ThisUpdate, best: j.latest, depth: q.depth + 1})
		}
		if i == 0 && itself && f.Status == Unknown {
			f.Status = Good
		}
		all = append(all, f)
	}
	return all.Status()
}

// ask is the caller's check of a certificate's signature, counted and remembered.
func (j *Judge) ask(cert, issuer *x509.Certificate) error {
	key := pair{cert, string(issuer.RawSubjectPublicKeyInfo)}
	err, known := j.pairs[key]
	if !known {
		if !j.check(0) {
			return errLimit
		}
		err = j.issued(cert, issuer)
		j.pairs[key] = err
	}
	return err
}

// askCRL checks a list's signature, and that the signer was valid, once.
func (j *Judge) askCRL(l *cms.CRL, signer *x509.Certificate) error {
	key := crlKey{l, signer}
	err, known := j.crls[key]
	if !known {
		if !j.check(len(l.Raw())) {
			return errLimit
		}
		err = l.Check(signer)
		if e := checkTime(signer, l.ThisUpdate, false); err == nil && e != nil {
			err = errors.Join(e)
		}
		j.crls[key] = err
	}
	return err
}
