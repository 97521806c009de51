// Package devca is a certificate authority in process, for tests and first
// steps: a root, an issuing CA, certificates for persons and companies whose
// names read as the platform's (M81), and a time stamping authority. Its keys
// are made when it starts or read back from a State, and trusted by nobody
// else: a signature made with them has no legal effect.
package devca

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Algorithm is the kind of a key.
type Algorithm int

// The algorithms. The zero value is P256.
const (
	P256 Algorithm = iota
	P384
	RSA2048
	RSA3072
	RSA4096
)

// Config says how to build a CA.
type Config struct {
	Now       func() time.Time // required
	Algorithm Algorithm        // of every key
	State     *State           // a CA made earlier; nil makes a new one
}

// CA issues certificates. It is safe for concurrent use.
type CA struct {
	now     func() time.Time
	alg     Algorithm
	root    *x509.Certificate
	issuing pair
	tsa     pair
}

type pair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// State is what a CA needs to go on in another process: certificates in DER,
// keys in PKCS #8. It holds private keys.
type State struct {
	Root, Issuing, TSA []byte
	IssuingKey, TSAKey []byte
}

const (
	caYears  = 20
	tsaYears = 10
	eeYears  = 2
)

// New makes a CA, or goes on with the one in Config.State.
func New(c Config) (*CA, error) {
	if c.Now == nil {
		return nil, errors.New("devca: Config.Now is required")
	}
	ca := &CA{now: c.Now, alg: c.Algorithm}
	if c.State != nil {
		return ca, ca.load(c.State)
	}
	rootKey, err := ca.newKey()
	if err != nil {
		return nil, err
	}
	rootTmpl := ca.template("大家签开发根证书 Development Root", caYears)
	rootTmpl.IsCA, rootTmpl.BasicConstraintsValid, rootTmpl.MaxPathLen = true, true, 1
	rootTmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	if ca.root, err = issue(rootTmpl, rootTmpl, rootKey.Public(), rootKey); err != nil {
		return nil, err
	}
	tmpl := ca.template("大家签开发签发证书 Development Issuing CA", caYears)
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.MaxPathLenZero = true, true, true
	tmpl.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	if ca.issuing, err = ca.pair(tmpl, pair{ca.root, rootKey}); err != nil {
		return nil, err
	}
	tmpl = ca.template("大家签开发时间戳 Development TSA", tsaYears)
	tmpl.KeyUsage = x509.KeyUsageDigitalSignature
	eku, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		return nil, err
	}
	tmpl.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: eku}}
	ca.tsa, err = ca.pair(tmpl, ca.issuing)
	return ca, err
}

func (ca *CA) load(s *State) error {
	var err error
	if ca.root, err = x509.ParseCertificate(s.Root); err != nil {
		return fmt.Errorf("devca: state: %w", err)
	}
	if ca.issuing, err = loadPair(s.Issuing, s.IssuingKey); err != nil {
		return err
	}
	ca.tsa, err = loadPair(s.TSA, s.TSAKey)
	return err
}

func loadPair(der, key []byte) (pair, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return pair{}, fmt.Errorf("devca: state: %w", err)
	}
	k, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return pair{}, fmt.Errorf("devca: state: %w", err)
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return pair{}, errors.New("devca: state: a key that cannot sign")
	}
	return pair{c, s}, nil
}

// State returns what New needs to go on with this CA elsewhere. The root's key
// is not kept: it has done its work.
func (ca *CA) State() (*State, error) {
	s := &State{Root: ca.root.Raw, Issuing: ca.issuing.cert.Raw, TSA: ca.tsa.cert.Raw}
	var err error
	if s.IssuingKey, err = x509.MarshalPKCS8PrivateKey(ca.issuing.key); err != nil {
		return nil, fmt.Errorf("devca: %w", err)
	}
	s.TSAKey, err = x509.MarshalPKCS8PrivateKey(ca.tsa.key)
	return s, err
}

// Root returns the root certificate.
func (ca *CA) Root() *x509.Certificate { return ca.root }

// Roots returns a pool of the root alone, as a verifier takes it.
func (ca *CA) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.root)
	return pool
}

func (ca *CA) template(name string, years int) *x509.Certificate {
	from := ca.now().Add(-time.Hour).UTC().Truncate(time.Second)
	return &x509.Certificate{
		Subject:   pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: from,
		NotAfter:  from.AddDate(years, 0, 0),
	}
}

func (ca *CA) newKey() (crypto.Signer, error) {
	switch ca.alg {
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	}
	return nil, fmt.Errorf("devca: algorithm %d", ca.alg)
}

func (ca *CA) pair(tmpl *x509.Certificate, issuer pair) (pair, error) {
	key, err := ca.newKey()
	if err != nil {
		return pair{}, err
	}
	cert, err := issue(tmpl, issuer.cert, key.Public(), issuer.key)
	return pair{cert, key}, err
}

func issue(tmpl, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("devca: %w", err)
	}
	t := *tmpl
	t.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, &t, parent, pub, key)
	if err != nil {
		return nil, fmt.Errorf("devca: %w", err)
	}
	return x509.ParseCertificate(der)
}

// Subject names who a certificate is for.
type Subject struct {
	Name    string // 姓名 of a person; empty for a company's seal
	ID      string // identity number as it may be shown, masked: 410*****2028
	Company string // 企业名称, empty for a person in the personal edition
	Code    string // 统一社会信用代码 of the company
	Seal    string // 印章名 of a company's seal
}

// CommonName returns the form of M81: 姓名@证件号@企业@信用代码 for a person,
// 企业@信用代码@印章名 for a seal.
func (s Subject) CommonName() string {
	if s.Name == "" {
		return s.Company + "@" + s.Code + "@" + s.Seal
	}
	cn := s.Name + "@" + s.ID
	if s.Company != "" {
		cn += "@" + s.Company + "@" + s.Code
	}
	return cn
}

// Issue makes a key and a certificate for a subject.
func (ca *CA) Issue(s Subject) (signer.Credential, error) {
	key, err := ca.newKey()
	if err != nil {
		return signer.Credential{}, err
	}
	chain, err := ca.Certify(s, key.Public())
	return signer.Credential{Chain: chain, Key: key}, err
}

// Certify makes a certificate for a key that lives elsewhere. The subject's
// serial number is the identity number as shown, or the credit code.
func (ca *CA) Certify(s Subject, pub crypto.PublicKey) ([]*x509.Certificate, error) {
	if s.Name == "" && (s.Company == "" || s.Seal == "") {
		return nil, errors.New("devca: a subject needs a name, or a company and a seal")
	}
	tmpl := ca.template(s.CommonName(), eeYears)
	tmpl.Subject.SerialNumber = s.ID
	if s.Name == "" {
		tmpl.Subject.SerialNumber = s.Code
	}
	if s.Company != "" {
		tmpl.Subject.Organization = []string{s.Company}
	}
	tmpl.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	cert, err := issue(tmpl, ca.issuing.cert, pub, ca.issuing.key)
	if err != nil {
		return nil, err
	}
	return []*x509.Certificate{cert, ca.issuing.cert}, nil
}

// Timestamp implements signer.Timestamper without a network.
func (ca *CA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return ca.stamp(h, digest, nil)
}

var _ signer.Timestamper = (*CA)(nil)
