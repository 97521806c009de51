package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Profile is what a signature is made of besides its digest and value.
type Profile struct {
	Chain []*x509.Certificate // the signer's certificate first
	Hash  crypto.Hash         // SHA-256, SHA-384 or SHA-512
	PSS   bool                // RSASSA-PSS instead of PKCS #1 v1.5
}

// signatureAlgorithm returns the identifier of the profile's scheme.
func (p Profile) signatureAlgorithm() (algorithm, error) {
	if _, ok := digestOID(p.Hash); !ok || len(p.Chain) == 0 {
		return algorithm{}, errf(CodeAlgorithm, "a profile needs SHA-2 and a certificate")
	}
	key := p.Chain[0].PublicKey
	if err := CheckKey(key); err != nil {
		return algorithm{}, err
	}
	switch key.(type) {
	case *rsa.PublicKey:
		if p.PSS {
			return algorithm{oidRSAPSS, pssParams(p.Hash)}, nil
		}
		return algorithm{rsaOID(p.Hash), derNull}, nil
	case *ecdsa.PublicKey:
		return algorithm{oid: ecdsaOID(p.Hash)}, nil
	}
	return algorithm{}, errf(CodeAlgorithm, "a key of an unknown kind")
}

// SignedAttributes makes the DER SET of attributes that a CAdES signature
// covers: content-type, message-digest, signing-certificate-v2 and CMS
// algorithm protection. There is no signing-time: PAdES keeps it in /M
// (EN 319 142-1, 6.3).
func (p Profile) SignedAttributes(digest []byte) ([]byte, error) {
	return p.attributes(oidData, digest)
}

func (p Profile) attributes(contentType asn1.ObjectIdentifier, digest []byte) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	hashOID, _ := digestOID(p.Hash)
	sum := p.Hash.New()
	sum.Write(p.Chain[0].Raw)
	certHash := sum.Sum(nil)
	return attributeSet(cbasn1.SET,
		attr(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(contentType) }),
		attr(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attr(oidSigningCertV2, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						if p.Hash != crypto.SHA256 { // the DEFAULT, which DER leaves out
							addAlgorithm(b, hashOID, nil)
						}
						b.AddASN1OctetString(certHash)
						addIssuerSerial(b, p.Chain[0])
					})
				})
			})
		}),
		attr(oidAlgorithmProtection, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addAlgorithm(b, hashOID, nil)
				b.AddASN1(tag1, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(alg.oid)
					b.AddBytes(alg.params)
				})
			})
		}))
}

// addIssuerSerial adds the IssuerSerial of RFC 5035, 5.
func addIssuerSerial(b *cryptobyte.Builder, c *x509.Certificate) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.Tag(4).Constructed().ContextSpecific(), func(b *cryptobyte.Builder) {
				b.AddBytes(c.RawIssuer)
			})
		})
		b.AddASN1BigInt(c.SerialNumber)
	})
}

func attr(oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(cbasn1.SET, value)
		})
	}
}

// attributeSet sorts attributes as DER asks of a SET OF.
func attributeSet(tag cbasn1.Tag, attrs ...func(*cryptobyte.Builder)) ([]byte, error) {
	var elems [][]byte
	for _, add := range attrs {
		var b cryptobyte.Builder
		add(&b)
		e, err := b.Bytes()
		if err != nil {
			return nil, errf(CodeDER, "%v", err)
		}
		elems = append(elems, e)
	}
	slices.SortFunc(elems, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range elems {
			b.AddBytes(e)
		}
	})
	return b.Bytes()
}

// Assemble makes the ContentInfo of a detached signature from the attributes
// that were signed, the signature value, and a timestamp token, which may be nil.
func (p Profile) Assemble(attrs, signature, token []byte) ([]byte, error) {
	return p.assemble(oidData, nil, attrs, signature, token)
}

func (p Profile) assemble(contentType asn1.ObjectIdentifier, content, attrs, signature, token []byte) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	hashOID, _ := digestOID(p.Hash)
	certs := make([][]byte, len(p.Chain))
	for i, c := range p.Chain {
		certs[i] = c.Raw
	}
	slices.SortFunc(certs, bytes.Compare)
	version := int64(1)
	if content != nil {
		version = 3
	}
	var unsigned []byte
	if token != nil {
		if unsigned, err = attributeSet(tag1, attr(oidTimeStampToken, func(b *cryptobyte.Builder) { b.AddBytes(token) })); err != nil {
			return nil, err
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(tag0, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(version)
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, hashOID, nil) })
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(contentType)
					if content != nil {
						b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
					}
				})
				b.AddASN1(tag0, func(b *cryptobyte.Builder) {
					for _, c := range certs {
						b.AddBytes(c)
					}
				})
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1Int64(1)
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddBytes(p.Chain[0].RawIssuer)
							b.AddASN1BigInt(p.Chain[0].SerialNumber)
						})
						addAlgorithm(b, hashOID, nil)
						if len(attrs) > 0 {
							b.AddBytes(append([]byte{byte(tag0)}, attrs[1:]...)) // IMPLICIT [0]
						}
						addAlgorithm(b, alg.oid, alg.params)
						b.AddASN1OctetString(signature)
						b.AddBytes(unsigned)
					})
				})
			})
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, errf(CodeDER, "%v", err)
	}
	return out, nil
}

// SignAttributes makes the signature value over a set of signed attributes and
// checks it before it is returned, so that a faulty key never signs in vain.
func (p Profile) SignAttributes(key crypto.Signer, attrs []byte) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	sum := p.Hash.New()
	sum.Write(attrs)
	digest := sum.Sum(nil)
	var opts crypto.SignerOpts = p.Hash
	if p.PSS {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: p.Hash}
	}
	sig, err := key.Sign(rand.Reader, digest, opts)
	if err != nil {
		return nil, err
	}
	return sig, p.checkValue(alg, digest, sig)
}

// CheckValue judges a signature value over a set of signed attributes.
func (p Profile) CheckValue(attrs, sig []byte) error {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return err
	}
	sum := p.Hash.New()
	sum.Write(attrs)
	return p.checkValue(alg, sum.Sum(nil), sig)
}

func (p Profile) checkValue(alg algorithm, digest, sig []byte) error {
	return checkSignature(p.Chain[0].PublicKey, alg, p.Hash, digest, sig)
}
