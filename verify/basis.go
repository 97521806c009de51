package verify

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/path"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// Basis is what the verdict on a signature rests on, for those who write reports. What
// could not be read is zero. Texts are what the signer wrote into the signature's
// dictionary, at most 1,000 characters of each, in the form of [Signature].Issuer.
type Basis struct {
	Value       []byte    // the signature value
	Represented []byte    // digest of what Value signs, by Signature.Digest: the DTBSR of EN 319 102-1
	ByteRange   [4]int64  // the signed range of the file
	Covered     []byte    // digest of that range, by CoveredBy
	CoveredBy   string    // SHA256, SHA384, SHA512, SM3; SHA1 in old files
	Claimed     time.Time // the signing time that the signer claims

	Reason, Location, Contact, Name string

	Places   []Place             // where it is shown: at most 5,000
	Path     []*x509.Certificate // the signer's first, the trust anchor last; the signer's alone if no path was found
	Anchored bool                // Path ends in a trust anchor

	Stamp     []byte              // the token of its own timestamp (RFC 3161), if it verifies; of a document timestamp, itself
	StampTime time.Time           // that the token states
	Proven    bool                // the authority of Stamp is trusted, so that it proves StampTime
	StampPath []*x509.Certificate // of the time stamping authority, like Path; empty for a document timestamp
	Evidence  []Evidence          // about revocation, of both paths
}

// Place is a rectangle on a page.
type Place struct {
	Page     int        // from 1
	Rect     [4]float64 // x, y, width, height in mm from the page's top left corner; zero without an area
	PageSize [2]float64 // width and height in mm, as the page is displayed
}

// Evidence is what settled whether a certificate was revoked. It has either OCSP or CRL.
type Evidence struct {
	Certificate *x509.Certificate
	OCSP        []byte    // a response in DER (RFC 6960)
	CRL         []byte    // a list in DER (RFC 5280)
	Made        time.Time // thisUpdate
	RevokedAt   time.Time // zero if it was not revoked
	Reason      int       // why it was revoked (RFC 5280, 5.3.1)
}

// Basis returns what the verdict rests on. Its slices are the caller's own; certificates
// and the bytes of Evidence are shared, and must not be written to. The Basis of a
// Signature that [Verify] did not make is zero.
func (s Signature) Basis() Basis {
	c := s.from
	if c == nil {
		return Basis{}
	}
	b := Basis{Covered: bytes.Clone(c.digest), Claimed: c.claimed, Places: slices.Clone(c.shown),
		Reason: c.said[0], Location: c.said[1], Contact: c.said[2], Name: c.said[3],
		Path: slices.Clone(c.chain), Anchored: c.chain != nil}
	if c.end > 0 {
		b.ByteRange = [4]int64{0, c.b, c.c, c.d}
	}
	if c.digest != nil {
		b.CoveredBy = c.hash.String()
	}
	if c.sd != nil {
		b.Value, b.Represented = c.sd.SignatureValue(), c.sd.Represented()
	} else {
		b.Value = bytes.Clone(c.bare)
	}
	if b.Represented == nil && b.Value != nil && b.CoveredBy == s.Digest {
		b.Represented = bytes.Clone(c.digest)
	}
	if b.Path == nil && c.cert != nil {
		b.Path = []*x509.Certificate{c.cert}
	}
	switch {
	case c.ts != nil:
		b.Stamp, b.StampTime, b.Proven = bytes.Clone(c.contents), c.ts.Time, c.Trusted
	case c.stamp != nil:
		b.Stamp, b.StampTime, b.StampPath, b.Proven = bytes.Clone(c.token), c.stamp.Time, slices.Clone(c.tsa), c.proven
	}
	for _, f := range c.found {
		if f.OCSP == nil && f.CRL == nil || f.Status == path.Unknown {
			continue
		}
		e := Evidence{Certificate: f.Cert, Made: f.ThisUpdate}
		if f.OCSP != nil {
			e.OCSP = f.OCSP.Raw()
		} else {
			e.CRL = f.CRL.Raw()
		}
		if f.Status == path.Revoked {
			e.RevokedAt, e.Reason = f.RevokedAt, f.Reason
		}
		b.Evidence = append(b.Evidence, e)
	}
	return b
}

// maxSaid is how many characters of a text are kept.
const maxSaid = 1000

// keepSaid keeps what the signer wrote into the dictionary (ISO 32000-2, table 255).
func (v *verifier) keepSaid(c *candidate) {
	for i, key := range []pdf.Name{"Reason", "Location", "ContactInfo", "Name"} {
		o, err := v.f.Resolve(c.dict.Get(key))
		if s, ok := o.(pdf.String); err == nil && ok {
			s.Bytes = s.Bytes[:min(len(s.Bytes), 4*maxSaid+4)]
			text := []rune(s.Text())
			c.said[i] = plain.Text(string(text[:min(len(text), maxSaid)]))
		}
	}
}
