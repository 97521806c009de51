package path

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Limits of a search.
const (
	MaxLength = 10   // certificates in a path, with leaf and anchor
	MaxPool   = 1024 // certificates in the bag

	maxChecks      = 200     // signature checks
	maxSteps       = 2000    // candidates that are examined
	maxComparisons = 250_000 // of a name with a name constraint
)

// Usage is what the leaf's key is used for. The zero value is invalid.
type Usage int

// The usages.
const (
	// Signing needs digitalSignature or contentCommitment if keyUsage is present. It
	// accepts any extKeyUsage that is not only for time stamping and OCSP, because
	// signers' certificates do not name one common purpose.
	Signing Usage = iota + 1

	// TimeStamping needs an extKeyUsage that is critical and names only timeStamping
	// (RFC 3161, 2.3).
	TimeStamping

	// OCSPSigning needs OCSPSigning in extKeyUsage (RFC 6960, 4.2.2.2).
	OCSPSigning

	// CRLSigning needs a keyUsage with cRLSign (RFC 5280, 6.3.3, f).
	CRLSigning
)

// Options say when and for what a path must be valid. Time and Usage are required.
type Options struct {
	Time     time.Time
	Usage    Usage
	Policies PolicyInputs
	// Issued checks that issuer's key signed cert; nil means cms.CheckIssued. A caller
	// that builds many paths can remember the results.
	Issued func(cert, issuer *x509.Certificate) error
}

// Build finds a path from leaf to one of the anchors that is valid at o.Time for
// o.Usage. The path has the leaf first and the anchor, as the caller gave it, last; it
// has one certificate if the leaf itself is an anchor, byte for byte.
//
// Anchors come only from the caller: a certificate of the pool counts as an anchor only
// if it equals one byte for byte, and an issuer's name leads to an anchor only if the
// anchor's key verifies the signature (C20). Identifiers of keys only order the search.
// Build returns the first valid path. If there is none, it returns an [*Error] about
// the path that got furthest; if the search reached a limit, its code is [Limit].
//
// Signatures are checked by RFC 5280, 6.1.3, a.1, under the algorithms of package cms:
// no SHA-1, no MD5, no RSA key under 2048 bits. The other rules are in validate. Build
// does not check revocation: see [Check].
func Build(leaf *x509.Certificate, pool, anchors []*x509.Certificate, o Options) ([]*x509.Certificate, error) {
	switch {
	case leaf == nil:
		return nil, errf(BadOptions, nil, "no leaf")
	case o.Time.IsZero():
		return nil, errf(BadOptions, nil, "Options.Time is required")
	case o.Usage < Signing || o.Usage > CRLSigning:
		return nil, errf(BadOptions, nil, "Options.Usage is required")
	case len(pool) > MaxPool:
		return nil, errf(Limit, nil, "a bag of more than %d certificates", MaxPool)
	}
	if o.Issued == nil {
		o.Issued = cms.CheckIssued
	}
	user, err := o.Policies.read()
	if err != nil {
		return nil, err
	}
	return newSearch(newBag(newNames(), pool), anchors, o, user).run(leaf)
}

func newSearch(b *bag, anchors []*x509.Certificate, o Options, user map[string]bool) *search {
	return &search{o: o, user: user, bag: b, names: b.names, anchors: anchors, checked: map[pair]error{},
		facts: map[*x509.Certificate]*facts{}, left: maxComparisons}
}

// bag is the certificates of a pool, each once, and by subject.
type bag struct {
	names  *names
	byName map[string][]*x509.Certificate
}

func newBag(n *names, lists ...[]*x509.Certificate) *bag {
	b := &bag{names: n, byName: map[string][]*x509.Certificate{}}
	for _, c := range distinct(lists...) {
		key := n.subject(c)
		b.byName[key] = append(b.byName[key], c)
	}
	return b
}

// distinct returns the certificates of all lists, each once. Nil ones are left out.
func distinct(lists ...[]*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	seen := map[string]bool{}
	for _, list := range lists {
		for _, c := range list {
			if c != nil && !seen[string(c.Raw)] {
				seen[string(c.Raw)] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// search is one depth-first walk from the leaf up.
type search struct {
	o       Options
	user    map[string]bool // o.Policies.Set
	bag     *bag
	names   *names
	anchors []*x509.Certificate
	checked map[pair]error // results of signature checks
	facts   map[*x509.Certificate]*facts
	checks  int
	steps   int
	left    int // comparisons of names
	worst   failure
}

// names remembers the cms.NameKey of each certificate's names.
type names struct {
	keys map[string]string // of names as they are written
	of   map[*x509.Certificate]nameKeys
}

type nameKeys struct{ subject, issuer string }

func newNames() *names {
	return &names{keys: map[string]string{}, of: map[*x509.Certificate]nameKeys{}}
}

func (n *names) key(raw []byte) string {
	key, known := n.keys[string(raw)]
	if !known {
		key = cms.NameKey(raw)
		n.keys[string(raw)] = key
	}
	return key
}

func (n *names) read(c *x509.Certificate) nameKeys {
	keys, known := n.of[c]
	if !known {
		keys = nameKeys{n.key(c.RawSubject), n.key(c.RawIssuer)}
		n.of[c] = keys
	}
	return keys
}

func (n *names) subject(c *x509.Certificate) string { return n.read(c).subject }

func (n *names) issuer(c *x509.Certificate) string { return n.read(c).issuer }

// issued reports whether a certificate has the name of its issuer's subject (RFC 5280,
// 7.1; A52).
func (n *names) issued(c, issuer *x509.Certificate) bool { return n.issuer(c) == n.subject(issuer) }

// selfIssued reports whether a certificate has its issuer's name (RFC 5280, 3.2).
func (n *names) selfIssued(c *x509.Certificate) bool { return n.issued(c, c) }

// pair is a certificate and a key that may have signed it. One key in many
// certificates is tried once.
type pair struct {
	cert *x509.Certificate
	spki string
}

// candidate is a possible issuer.
type candidate struct {
	cert   *x509.Certificate
	anchor bool
	rank   int // lower is tried earlier
}

// level is a certificate of the path that is being built, and its possible issuers that
// have not been tried.
type level struct {
	cert *x509.Certificate
	next []candidate
}

// failure is the most informative error so far.
type failure struct {
	err   *Error
	score int
}

func (s *search) fail(err *Error, score int) {
	if s.worst.err == nil || score > s.worst.score {
		s.worst = failure{err, score}
	}
}

// How informative a failure is. A path that reached an anchor ranks highest, then a
// weak algorithm, then a wrong key, then a missing issuer. Among equals the longer path
// ranks higher, then the first.
const (
	scoreMissing   = 0
	scoreSignature = 100
	scoreAlgorithm = 200
	scoreAnchored  = 300
)

var errLimit = errors.New("limit") // ends the search; never leaves the package

func (s *search) run(leaf *x509.Certificate) ([]*x509.Certificate, error) {
	for _, a := range s.anchors {
		if a != nil && bytes.Equal(a.Raw, leaf.Raw) {
			err := s.validate([]*x509.Certificate{a})
			if err == nil {
				return []*x509.Certificate{a}, nil
			}
			s.fail(err, scoreAnchored)
			break
		}
	}
	stack := []level{{cert: leaf}}
	stack[0].next = s.findIssuers(stack)
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.next) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		c := top.next[0]
		top.next = top.next[1:]
		if s.steps++; s.steps > maxSteps {
			return nil, errf(Limit, nil, "a search of more than %d steps", maxSteps)
		}
		if err := s.checkIssued(top.cert, c.cert, len(stack)); err != nil {
			if errors.Is(err, errLimit) {
				return nil, errf(Limit, nil, "a search of more than %d signature checks", maxChecks)
			}
			continue
		}
		if !c.anchor {
			if len(stack)+1 >= MaxLength {
				s.fail(errf(Limit, c.cert, "a path of more than %d certificates", MaxLength), scoreMissing+len(stack))
				continue
			}
			stack = append(stack, level{cert: c.cert})
			top = &stack[len(stack)-1]
			if top.next = s.findIssuers(stack); len(top.next) == 0 {
				s.fail(errf(NoChain, c.cert, "its issuer is not known"), scoreMissing+len(stack))
			}
			continue
		}
		found := make([]*x509.Certificate, 0, len(stack)+1)
		for _, l := range stack {
			found = append(found, l.cert)
		}
		found = append(found, c.cert)
		err := s.validate(found)
		if err == nil {
			return found, nil
		}
		if err.Code == Limit {
			return nil, err
		}
		s.fail(err, scoreAnchored+len(found))
	}
	if s.worst.err == nil {
		return nil, errf(NoChain, leaf, "its issuer is not known")
	}
	return nil, s.worst.err
}

// findIssuers returns possible issuers, by name, of the last certificate of a path:
// anchors, then certificates of the pool whose key is the one that it points to, then
// those that were valid. A certificate of the pool that is an anchor counts only as an
// anchor. A certificate whose name and key are already in the path is a loop and is
// left out (RFC 4158, 2.4.2).
func (s *search) findIssuers(path []level) []candidate {
	cert := path[len(path)-1].cert
	var out []candidate
	add := func(c *x509.Certificate, anchor bool) {
		rank := 0
		if !anchor {
			rank = 8
		}
		switch {
		case len(cert.AuthorityKeyId) == 0 || len(c.SubjectKeyId) == 0:
			rank += 2
		case !bytes.Equal(cert.AuthorityKeyId, c.SubjectKeyId):
			rank += 4
		}
		if s.o.Time.Before(c.NotBefore) || s.o.Time.After(c.NotAfter) {
			rank++
		}
		out = append(out, candidate{c, anchor, rank})
	}
	for _, a := range s.anchors {
		if a != nil && s.names.issued(cert, a) && !bytes.Equal(a.Raw, cert.Raw) {
			add(a, true)
		}
	}
	anchors := out
	for _, c := range s.bag.byName[s.names.issuer(cert)] {
		if !slices.ContainsFunc(path, func(l level) bool { return s.twin(l.cert, c) }) &&
			!slices.ContainsFunc(anchors, func(a candidate) bool { return bytes.Equal(a.cert.Raw, c.Raw) }) {
			add(c, false)
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return a.rank - b.rank })
	return out
}

// twin reports whether two certificates have the same name and the same key.
func (s *search) twin(a, b *x509.Certificate) bool {
	return bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo) && s.names.subject(a) == s.names.subject(b)
}

// checkIssued checks that issuer's key signed cert, which stands at depth.
func (s *search) checkIssued(cert, issuer *x509.Certificate, depth int) error {
	key := pair{cert, string(issuer.RawSubjectPublicKeyInfo)}
	err, known := s.checked[key]
	if !known {
		if s.checks++; s.checks > maxChecks {
			return errLimit
		}
		err = s.o.Issued(cert, issuer)
		s.checked[key] = err
	}
	if err == nil {
		return nil
	}
	var e *cms.Error
	if errors.As(err, &e) && e.Code == cms.CodeAlgorithm {
		s.fail(errf(Algorithm, cert, "%s", e.Detail), scoreAlgorithm+depth)
	} else {
		s.fail(errf(Signature, cert, "no key of its issuer's name verifies its signature"), scoreSignature+depth)
	}
	return err
}
