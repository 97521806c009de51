package path_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// answer is one SingleResponse.
type answer struct {
	cert, issuer *entity
	status       cms.Status
	at           time.Time // of the revocation
	reason       int
	this, next   time.Time
	sha256       bool  // how the certificate is named
	serial       int64 // different from the certificate's
	exts         []pkix.Extension
}

// response is an OCSPResponse; every field may be broken.
type response struct {
	by       *entity // the name in it
	key      *entity // who signs, if not by
	embed    []*entity
	byKey    bool
	answers  []answer
	produced time.Time
	forged   bool
}

func spki(e *entity) []byte {
	in := cryptobyte.String(e.RawSubjectPublicKeyInfo)
	var seq, alg cryptobyte.String
	var bits asn1.BitString
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1(&alg, cbasn1.SEQUENCE) || !seq.ReadASN1BitString(&bits) {
		panic("spki")
	}
	return bits.Bytes
}

func (r response) der() []byte {
	produced := r.produced
	if produced.IsZero() {
		produced = r.answers[0].this
	}
	if r.key == nil {
		r.key = r.by
	}
	tbs := der(func(b *cryptobyte.Builder) {
		if r.byKey {
			h := sha1.Sum(spki(r.by))
			b.AddASN1(ctx(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(h[:]) })
		} else {
			b.AddASN1(ctx(1), func(b *cryptobyte.Builder) { b.AddBytes(r.by.RawSubject) })
		}
		b.AddASN1GeneralizedTime(produced)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, a := range r.answers {
				b.AddASN1(cbasn1.SEQUENCE, a.add)
			}
		})
	})
	basic := signedWith(tbs, r.key, r.forged, r.embed)
	return der(func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1})
				b.AddASN1OctetString(basic)
			})
		})
	})
}

func signedWith(tbs []byte, key *entity, forged bool, embed []*entity) []byte {
	msg := tbs
	if forged {
		msg = append([]byte{0}, tbs...)
	}
	return der(func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		algorithmOf(b, key.key, "")
		b.AddASN1BitString(signWith(key.key, "", msg))
		if len(embed) > 0 {
			b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					for _, e := range embed {
						b.AddBytes(e.Raw)
					}
				})
			})
		}
	})
}

func (a answer) add(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		sum := func(v []byte) []byte { h := sha1.Sum(v); return h[:] }
		oid := asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
		if a.sha256 {
			sum = func(v []byte) []byte { h := sha256.Sum256(v); return h[:] }
			oid = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
		}
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid); b.AddASN1NULL() })
		b.AddASN1OctetString(sum(a.cert.RawIssuer))
		b.AddASN1OctetString(sum(spki(a.issuer)))
		if a.serial != 0 {
			b.AddASN1Int64(a.serial)
			return
		}
		b.AddASN1BigInt(a.cert.SerialNumber)
	})
	switch a.status {
	case cms.StatusGood:
		b.AddASN1(cbasn1.Tag(0).ContextSpecific(), func(*cryptobyte.Builder) {})
	case cms.StatusRevoked:
		b.AddASN1(ctx(1), func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(a.at)
			if a.reason != 0 {
				b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(a.reason)) })
			}
		})
	default:
		b.AddASN1(cbasn1.Tag(2).ContextSpecific(), func(*cryptobyte.Builder) {})
	}
	b.AddASN1GeneralizedTime(a.this)
	if !a.next.IsZero() {
		b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(a.next) })
	}
	if len(a.exts) > 0 {
		b.AddASN1(ctx(1), func(b *cryptobyte.Builder) { addExtensions(b, a.exts) })
	}
}

func (r response) parse(t testing.TB) *cms.OCSP {
	t.Helper()
	o, err := cms.ParseOCSP(r.der())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// entry is one line of a list.
type entry struct {
	serial  int64
	at      time.Time
	reason  int
	unknown bool // a critical extension
	exts    []pkix.Extension
}

// list is a CRL.
type list struct {
	by         *entity
	key        *entity
	name       []byte  // the issuer, if not the subject of by
	inner      *entity // the algorithm stated inside
	this, next time.Time
	entries    []entry
	exts       []pkix.Extension
	forged     bool
}

func (l list) parse(t testing.TB) *cms.CRL {
	t.Helper()
	c, err := cms.ParseCRL(l.der())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (l list) der() []byte {
	if l.key == nil {
		l.key = l.by
	}
	if l.inner == nil {
		l.inner = l.key
	}
	tbs := der(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		algorithmOf(b, l.inner.key, "")
		if l.name == nil {
			l.name = l.by.RawSubject
		}
		b.AddBytes(l.name)
		addTime(b, l.this)
		if !l.next.IsZero() {
			addTime(b, l.next)
		}
		if len(l.entries) > 0 {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, e := range l.entries {
					b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1Int64(e.serial)
						addTime(b, e.at)
						exts := slices.Clone(e.exts)
						if e.reason != 0 {
							exts = append(exts, pkix.Extension{Id: ce(21), Value: []byte{0x0a, 1, byte(e.reason)}})
						}
						if e.unknown {
							exts = append(exts, pkix.Extension{Id: ce(99), Critical: true, Value: []byte{5, 0}})
						}
						if len(exts) > 0 {
							addExtensions(b, exts)
						}
					})
				}
			})
		}
		if len(l.exts) > 0 {
			b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { addExtensions(b, l.exts) })
		}
	})
	return signed(tbs, l.key.key, "", l.forged)
}

// scope is an issuingDistributionPoint.
func scope(f cryptobyte.BuilderContinuation) []pkix.Extension {
	return []pkix.Extension{{Id: ce(28), Critical: true, Value: der(f)}}
}

func pointScope(uri string) []pkix.Extension {
	return scope(func(b *cryptobyte.Builder) {
		b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
			b.AddASN1(ctx(0), func(b *cryptobyte.Builder) { addNames(b, gn{'u', uri}) })
		})
	})
}

func flagScope(tag int) []pkix.Extension {
	return scope(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
	})
}
