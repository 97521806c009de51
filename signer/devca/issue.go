package devca

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
)

const (
	caUsage    = smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign
	serviceUse = smx509.KeyUsageDigitalSignature
	signerUse  = smx509.KeyUsageDigitalSignature | smx509.KeyUsageContentCommitment
)

// tsaUsage is timeStamping, alone and critical (RFC 3161, 2.3).
func tsaUsage(t *smx509.Certificate) error {
	eku, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	t.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: eku}}
	return err
}

// ocspUsage is the usage of a delegated responder (RFC 6960, 4.2.2.2).
func ocspUsage(t *smx509.Certificate) error {
	t.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageOCSPSigning}
	t.ExtraExtensions = cms.OCSPSigningExtensions()
	return nil
}

func (ca *CA) template(name string, years int) *smx509.Certificate {
	from := ca.now().Add(-time.Hour).UTC().Truncate(time.Second)
	return &smx509.Certificate{
		Subject:   pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: from,
		NotAfter:  from.AddDate(years, 0, 0),
	}
}

// located writes where the status and the issuer of a certificate are found; by names
// the file of its issuer.
func (ca *CA) located(t *smx509.Certificate, by string) {
	if ca.url == "" {
		return
	}
	if by == "issuing" {
		t.OCSPServer = []string{ca.url + "/ocsp"}
	}
	t.IssuingCertificateURL = []string{ca.url + "/" + by + ".cer"}
	t.CRLDistributionPoints = []string{ca.url + "/" + by + ".crl"}
}

// service makes the certificate of one of the CA's own services.
func (ca *CA) service(name string, usage func(*smx509.Certificate) error) (pair, error) {
	key, err := ca.newKey(ca.alg)
	if err != nil {
		return pair{}, err
	}
	tmpl := ca.template(name, tsaYears)
	tmpl.KeyUsage = serviceUse
	if err := usage(tmpl); err != nil {
		return pair{}, err
	}
	ca.located(tmpl, "issuing")
	cert, err := ca.issue(tmpl, ca.issuing.cert, key.Public(), ca.issuing.key)
	return pair{cert, key}, err
}

// issue signs a certificate; without a parent it signs itself.
func (ca *CA) issue(t *smx509.Certificate, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := ca.serial()
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial
	p := t
	if parent != nil {
		if p, err = smx509.ParseCertificate(parent.Raw); err != nil {
			return nil, fmt.Errorf("devca: %w", err)
		}
	}
	der, err := smx509.CreateCertificate(ca.random(), t, p, pub, ca.use(key))
	if err != nil {
		return nil, fmt.Errorf("devca: %w", err)
	}
	return cms.ParseCertificate(der)
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
func (ca *CA) Issue(s Subject) (signer.Credential, error) { return ca.IssueAs(s, ca.alg) }

// IssueAs is [CA.Issue] for a key of another kind than the CA's own.
func (ca *CA) IssueAs(s Subject, alg Algorithm) (signer.Credential, error) {
	key, err := ca.newKey(alg)
	if err != nil {
		return signer.Credential{}, err
	}
	chain, err := ca.Certify(s, key.Public())
	return signer.Credential{Chain: chain, Key: ca.use(key)}, err
}

// Certify makes a certificate for a key that is kept elsewhere. The subject's serial
// number is the identity number as shown, or the credit code.
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
	tmpl.KeyUsage = signerUse
	ca.located(tmpl, "issuing")
	cert, err := ca.issue(tmpl, ca.issuing.cert, pub, ca.issuing.key)
	if err != nil {
		return nil, err
	}
	return []*x509.Certificate{cert, ca.issuing.cert}, nil
}
