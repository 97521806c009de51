// Package devca is a certificate authority inside the process, for tests and first
// steps. It has a root, an issuing CA, certificates for persons and companies with
// names in the platform's form (M81), a time stamping authority (RFC 3161), an OCSP
// responder (RFC 6960) and CRLs (RFC 5280), each as a method and over HTTP. Its keys
// are made when it starts, or from a seed, or read back from a [State]. Nobody else
// trusts them: a signature made with them has no legal effect.
package devca

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/signer"
)

// Config says how to build a CA.
type Config struct {
	Now       func() time.Time // required
	Algorithm Algorithm        // of every key
	Seed      []byte           // makes all keys, numbers and signatures from it; nil means random
	URL       string           // where Handler is served, written into certificates; if empty, it is left out
	State     *State           // a CA made earlier; nil makes a new one
}

// CA issues certificates. It is safe for concurrent use.
type CA struct {
	now     func() time.Time
	alg     Algorithm
	url     string
	seed    io.Reader // nil: random
	root    *x509.Certificate
	rootCRL []byte
	issuing pair
	tsa     pair
	ocsp    pair
	mark    []byte // of its own serial numbers

	mu      sync.Mutex
	revoked []Revocation
}

type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// Revocation is an entry of the CA's list.
type Revocation struct {
	Serial *big.Int  `json:"serial"`
	At     time.Time `json:"at"`
	Reason int       `json:"reason"` // RFC 5280, 5.3.1
}

// State is what a CA needs to continue in another process: certificates and the root's
// CRL in DER, keys in PKCS #8. It holds private keys.
type State struct {
	Root       []byte       `json:"root"`
	RootCRL    []byte       `json:"rootCRL"`
	Issuing    []byte       `json:"issuing"`
	TSA        []byte       `json:"tsa"`
	OCSP       []byte       `json:"ocsp"`
	IssuingKey []byte       `json:"issuingKey"`
	TSAKey     []byte       `json:"tsaKey"`
	OCSPKey    []byte       `json:"ocspKey"`
	Revoked    []Revocation `json:"revoked"`
}

const (
	caYears  = 20
	tsaYears = 10
	eeYears  = 2
)

// New makes a CA, or continues the one in Config.State.
func New(c Config) (*CA, error) {
	if err := fault.Required("devca", fault.Field{Name: "Now", OK: c.Now != nil}); err != nil {
		return nil, err
	}
	ca := &CA{now: c.Now, alg: c.Algorithm, url: c.URL}
	if c.Seed != nil {
		ca.seed = newSeeded(c.Seed)
	}
	if c.State != nil {
		return ca, ca.load(c.State)
	}
	return ca, ca.make()
}

func (ca *CA) make() error {
	rootKey, err := ca.newKey(ca.alg)
	if err != nil {
		return err
	}
	issuingKey, err := ca.newKey(ca.alg)
	if err != nil {
		return err
	}
	if err := ca.setMark(issuingKey); err != nil {
		return err
	}
	tmpl := ca.template("大家签开发根证书 Development Root", caYears)
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.MaxPathLen = true, true, 1
	tmpl.KeyUsage = caUsage
	if ca.root, err = ca.issue(tmpl, nil, rootKey.Public(), rootKey); err != nil {
		return err
	}
	if ca.rootCRL, err = ca.list(pair{ca.root, rootKey}, nil, caYears*366*24*time.Hour); err != nil {
		return err
	}
	tmpl = ca.template("大家签开发签发证书 Development Issuing CA", caYears)
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.MaxPathLenZero = true, true, true
	tmpl.KeyUsage = caUsage
	ca.located(tmpl, "root")
	cert, err := ca.issue(tmpl, ca.root, issuingKey.Public(), rootKey)
	if err != nil {
		return err
	}
	ca.issuing = pair{cert, issuingKey}
	if ca.tsa, err = ca.service("大家签开发时间戳 Development TSA", tsaUsage); err != nil {
		return err
	}
	ca.ocsp, err = ca.service("大家签开发状态查询 Development OCSP", ocspUsage)
	return err
}

// setMark derives the mark of the CA's serial numbers from its key.
func (ca *CA) setMark(key crypto.Signer) error {
	der, err := marshalKey(key)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte("devca serial"), der...))
	ca.mark = sum[:]
	return nil
}

// serial draws a number of 16 bytes whose second half is a MAC of the first. So the CA
// recognises its own certificates without keeping a list.
func (ca *CA) serial() (*big.Int, error) {
	b := make([]byte, 8, 16)
	if _, err := io.ReadFull(ca.random(), b); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(append(b, ca.mac(b)...)), nil
}

func (ca *CA) mac(b []byte) []byte {
	m := hmac.New(sha256.New, ca.mark)
	m.Write(b)
	return m.Sum(nil)[:8]
}

// own reports whether the CA issued a serial number.
func (ca *CA) own(n *big.Int) bool {
	b := n.Bytes()
	return len(b) == 16 && hmac.Equal(b[8:], ca.mac(b[:8]))
}

func (ca *CA) random() io.Reader {
	if ca.seed != nil {
		return ca.seed
	}
	return rand.Reader
}

func (ca *CA) load(s *State) error {
	var err error
	if ca.root, err = cms.ParseCertificate(s.Root); err != nil {
		return err
	}
	ca.rootCRL = s.RootCRL
	if ca.issuing, err = loadPair(s.Issuing, s.IssuingKey); err != nil {
		return err
	}
	if ca.tsa, err = loadPair(s.TSA, s.TSAKey); err != nil {
		return err
	}
	if ca.ocsp, err = loadPair(s.OCSP, s.OCSPKey); err != nil {
		return err
	}
	for _, r := range s.Revoked {
		if r.Serial == nil {
			return errors.New("devca: state: a revocation without a serial number")
		}
		ca.revoked = append(ca.revoked, r)
	}
	if err := ca.check(); err != nil {
		return fmt.Errorf("devca: state: %w", err)
	}
	return ca.setMark(ca.issuing.key)
}

// check refuses parts that do not belong together.
func (ca *CA) check() error {
	l, err := cms.ParseCRL(ca.rootCRL)
	if err == nil {
		err = l.Check(ca.root)
	}
	return errors.Join(err, cms.CheckIssued(ca.root, ca.root), cms.CheckIssued(ca.issuing.cert, ca.root),
		cms.CheckIssued(ca.tsa.cert, ca.issuing.cert), cms.CheckIssued(ca.ocsp.cert, ca.issuing.cert))
}

func loadPair(der, key []byte) (pair, error) {
	c, err := cms.ParseCertificate(der)
	if err != nil {
		return pair{}, err
	}
	k, err := parseKey(key)
	if err != nil {
		return pair{}, err
	}
	if pub, ok := k.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(c.PublicKey) {
		return pair{}, errors.New("devca: state: a key that is not its certificate's")
	}
	return pair{c, k}, nil
}

// State returns what [New] needs to continue this CA elsewhere. It does not hold the
// root's key, which is no longer needed.
func (ca *CA) State() (*State, error) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	s := &State{Root: ca.root.Raw, RootCRL: ca.rootCRL, Issuing: ca.issuing.cert.Raw, TSA: ca.tsa.cert.Raw, OCSP: ca.ocsp.cert.Raw,
		Revoked: append([]Revocation(nil), ca.revoked...)}
	var err error
	if s.IssuingKey, err = marshalKey(ca.issuing.key); err != nil {
		return nil, err
	}
	if s.TSAKey, err = marshalKey(ca.tsa.key); err != nil {
		return nil, err
	}
	s.OCSPKey, err = marshalKey(ca.ocsp.key)
	return s, err
}

// Root returns the root certificate.
func (ca *CA) Root() *x509.Certificate { return ca.root }

// Roots returns only the root, in the form that a verifier takes.
func (ca *CA) Roots() []*x509.Certificate { return []*x509.Certificate{ca.root} }

// Timestamp implements [signer.Timestamper] without a network.
func (ca *CA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	known, ok := cms.HashOf(h)
	if !ok {
		return nil, errors.New("devca: a timestamp needs SHA-2")
	}
	return ca.stamp(known, digest, nil)
}

// TokenSize implements [signer.TokenSizer].
func (ca *CA) TokenSize(ctx context.Context, h crypto.Hash) (int, error) {
	known, ok := cms.HashOf(h)
	if !ok {
		return 0, errors.New("devca: a timestamp needs SHA-2")
	}
	token, err := ca.stamp(known, make([]byte, known.Size()), nil)
	if err == nil {
		err = ctx.Err()
	}
	return len(token), err
}

var (
	_ signer.Timestamper = (*CA)(nil)
	_ signer.TokenSizer  = (*CA)(nil)
	_ signer.Revocations = (*CA)(nil)
)
