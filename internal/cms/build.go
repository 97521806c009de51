package cms

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Profile is everything in a signature except its digest and value.
type Profile struct {
	Chain []*x509.Certificate // the signer's certificate first
	Hash  Hash
	PSS   bool // RSASSA-PSS instead of PKCS #1 v1.5
	GM    bool // the content types of GM/T 0010 instead of those of RFC 5652

	// Time is the signing time that the signature claims in a signed attribute; zero
	// leaves it out, as PAdES requires.
	Time time.Time
}

// data and signedData return the content types of the profile.
func (p Profile) data() asn1.ObjectIdentifier {
	if p.GM {
		return oidGMData
	}
	return oidData
}

func (p Profile) signedData() asn1.ObjectIdentifier {
	if p.GM {
		return oidGMSignedData
	}
	return oidSignedData
}

// SignedAttributes makes the DER SET of attributes that a CAdES signature
// covers: content-type, message-digest, signing-certificate-v2 and CMS
// algorithm protection. There is a signing-time only if the profile has a Time (EN 319
// 122-1, 6.3): PAdES keeps it in /M (EN 319 142-1, 6.3).
func (p Profile) SignedAttributes(digest []byte) ([]byte, error) {
	return p.attributes(p.data(), digest)
}

func (p Profile) attributes(contentType asn1.ObjectIdentifier, digest []byte) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	hashOID, certHash := p.Hash.oid(), p.Hash.Sum(p.Chain[0].Raw)
	attrs := []func(*cryptobyte.Builder){
		attr(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(contentType) }),
		attr(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
		attr(oidSigningCertV2, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						if p.Hash != SHA256 { // the DEFAULT, which DER leaves out
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
		}),
	}
	if !p.Time.IsZero() {
		attrs = append(attrs, attr(oidSigningTime, func(b *cryptobyte.Builder) { addTime(b, p.Time) }))
	}
	return attributeSet(cbasn1.SET, attrs...)
}

// addTime adds a time as RFC 5652, 11.3, has it: UTCTime from 1950 to 2049.
func addTime(b *cryptobyte.Builder, t time.Time) {
	if t = t.UTC(); t.Year() < 1950 || t.Year() > 2049 {
		b.AddASN1GeneralizedTime(t)
		return
	}
	b.AddASN1UTCTime(t)
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

// attributeSet sorts attributes as DER requires of a SET OF.
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
	return p.assemble(p.data(), nil, attrs, signature, token)
}

func (p Profile) assemble(contentType asn1.ObjectIdentifier, content, attrs, signature, token []byte) ([]byte, error) {
	alg, err := p.signatureAlgorithm()
	if err != nil {
		return nil, err
	}
	hashOID := p.Hash.oid()
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
		b.AddASN1ObjectIdentifier(p.signedData())
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

// AddTimestamp returns a SignedData with a timestamp token among its unsigned
// attributes. Everything else keeps its bytes. It returns an error if there is already
// a token.
func AddTimestamp(der, token []byte) ([]byte, error) {
	sd, err := Parse(der)
	if err != nil {
		return nil, err
	}
	if len(sd.unsigned) > 0 {
		return nil, errf(CodeAttributes, "unsigned attributes are there already")
	}
	unsigned, err := attributeSet(tag1, attr(oidTimeStampToken, func(b *cryptobyte.Builder) { b.AddBytes(token) }))
	if err != nil {
		return nil, err
	}
	// ContentInfo, [0], SignedData, signerInfos, SignerInfo: the last element of
	// each is the one that grows.
	var b cryptobyte.Builder
	grow(&b, der, []cbasn1.Tag{cbasn1.SEQUENCE, tag0, cbasn1.SEQUENCE, cbasn1.SET, cbasn1.SEQUENCE}, unsigned)
	return b.Bytes()
}

// grow copies an element and appends to the innermost of its last elements.
func grow(b *cryptobyte.Builder, der []byte, tags []cbasn1.Tag, more []byte) {
	in := cryptobyte.String(der)
	var body cryptobyte.String
	if !in.ReadASN1(&body, tags[0]) {
		b.SetError(errf(CodeDER, "a SignedData of a wrong form"))
		return
	}
	b.AddASN1(tags[0], func(b *cryptobyte.Builder) {
		if len(tags) == 1 {
			b.AddBytes(body)
			b.AddBytes(more)
			return
		}
		for !body.Empty() {
			var one cryptobyte.String
			var tag cbasn1.Tag
			if !body.ReadAnyASN1Element(&one, &tag) {
				b.SetError(errf(CodeDER, "a SignedData of a wrong form"))
				return
			}
			if body.Empty() {
				grow(b, one, tags[1:], more)
				return
			}
			b.AddBytes(one)
		}
	})
}
