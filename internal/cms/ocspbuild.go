package cms

import (
	"crypto"
	"crypto/sha1" //nolint:gosec // names keys in CertIDs, as every responder asks; it carries no verdict
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// certID adds the CertID of a certificate.
func certID(b *cryptobyte.Builder, cert, issuer *x509.Certificate) {
	name, key := sha1.Sum(cert.RawIssuer), sha1.Sum(keyBits(issuer))
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addAlgorithm(b, oidSHA1, derNull)
		b.AddASN1OctetString(name[:])
		b.AddASN1OctetString(key[:])
		b.AddASN1BigInt(cert.SerialNumber)
	})
}

// OCSPRequest asks for the status of a certificate. A nonce of up to 32 bytes
// may be given.
func OCSPRequest(cert, issuer *x509.Certificate, nonce []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { certID(b, cert, issuer) })
			})
			if nonce != nil {
				b.AddASN1(tag2, func(b *cryptobyte.Builder) { addNonce(b, nonce) })
			}
		})
	})
	return b.Bytes()
}

func addNonce(b *cryptobyte.Builder, nonce []byte) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidOCSPNonce)
			b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
		})
	})
}

// ParseOCSPRequest returns the serial number of the one certificate asked about,
// and the nonce.
func ParseOCSPRequest(der []byte) (serial *big.Int, nonce []byte, err error) {
	bad := errf(CodeRevocation, "an OCSP request of a wrong form")
	if len(der) > 4<<10 || CheckDepth(der) != nil {
		return nil, nil, bad
	}
	top := &reader{s: cryptobyte.String(der)}
	tbs := top.element(cbasn1.SEQUENCE).element(cbasn1.SEQUENCE)
	list := tbs.element(cbasn1.SEQUENCE)
	id := list.element(cbasn1.SEQUENCE).element(cbasn1.SEQUENCE)
	id.algorithm()
	id.element(cbasn1.OCTET_STRING)
	id.element(cbasn1.OCTET_STRING)
	serial = new(big.Int)
	if id.bad || !id.s.ReadASN1Integer(serial) || !id.done() || !list.done() {
		return nil, nil, bad
	}
	if tbs.peek(tag2) {
		var ok bool
		if nonce, _, ok = nonceAmong(tbs.element(tag2)); !ok {
			return nil, nil, bad
		}
	}
	return serial, nonce, nil
}

// Answer is what a responder says about a certificate.
type Answer struct {
	Cert, Issuer *x509.Certificate
	Status       Status
	RevokedAt    time.Time
	Reason       int
	ThisUpdate   time.Time
	NextUpdate   time.Time
	Nonce        []byte
}

// OCSPResponse signs an answer with the key of the profile's first certificate, which
// the response contains.
func (p Profile) OCSPResponse(key crypto.Signer, a Answer) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	var t cryptobyte.Builder
	t.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag1, func(b *cryptobyte.Builder) { b.AddBytes(p.Chain[0].RawSubject) })
		b.AddASN1GeneralizedTime(a.ThisUpdate.UTC())
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				certID(b, a.Cert, a.Issuer)
				switch a.Status {
				case StatusGood:
					b.AddASN1(cbasn1.Tag(0x80), func(*cryptobyte.Builder) {})
				case StatusRevoked:
					b.AddASN1(tag1, func(b *cryptobyte.Builder) {
						b.AddASN1GeneralizedTime(a.RevokedAt.UTC())
						b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(a.Reason)) })
					})
				default:
					b.AddASN1(cbasn1.Tag(0x82), func(*cryptobyte.Builder) {})
				}
				b.AddASN1GeneralizedTime(a.ThisUpdate.UTC())
				b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(a.NextUpdate.UTC()) })
			})
		})
		if a.Nonce != nil {
			b.AddASN1(tag1, func(b *cryptobyte.Builder) { addNonce(b, a.Nonce) })
		}
	})
	tbs, err := t.Bytes()
	if err != nil {
		return nil, errf(CodeDER, "%v", err)
	}
	sig, err := alg.sign(key, p.Chain[0].PublicKey, p.Hash, tbs)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidOCSPBasic)
				b.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddBytes(tbs)
						addAlgorithm(b, alg.oid, alg.params)
						b.AddASN1BitString(sig)
						b.AddASN1(tag0, func(b *cryptobyte.Builder) {
							b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(p.Chain[0].Raw) })
						})
					})
				})
			})
		})
	})
	return b.Bytes()
}

// OCSPFailure returns an OCSPResponse without an answer: 1 malformed request, 6
// unauthorized (RFC 6960, 4.2.1).
func OCSPFailure(status int) []byte { return []byte{0x30, 3, 0x0a, 1, byte(status)} }

// OCSPSigningExtensions returns what a delegated responder's certificate needs besides
// its key usage.
func OCSPSigningExtensions() []pkix.Extension {
	return []pkix.Extension{{Id: oidOCSPNoCheck, Value: derNull}}
}
