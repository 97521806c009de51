package cms

import (
	"bytes"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// The reasons of RFC 5280, 5.3.1 that are not permanent.
const (
	CertificateHold = 6
	RemoveFromCRL   = 8
)

// Limits of entries.
const (
	maxEntryExts    = 16   // extensions of one entry
	maxEntryIssuers = 1000 // names that are compared in one search of an indirect list
)

var (
	oidCRLReason         = asn1.ObjectIdentifier{2, 5, 29, 21}
	oidCertificateIssuer = asn1.ObjectIdentifier{2, 5, 29, 29}
)

// entry is one of revokedCertificates.
type entry struct {
	serial  []byte  // the content of the INTEGER
	at      *reader // the time, which is read only if the entry counts
	reason  int
	issuer  []byte // the Name in certificateIssuer; nil if there is none
	strange bool   // it has a critical extension that is not known
	exts    bool
}

// readEntry reads one entry. It returns false if it has a wrong form: an extension
// that is read has bytes behind its value, or stands twice.
func readEntry(list *reader) (entry, bool) {
	var out entry
	e := list.element(cbasn1.SEQUENCE)
	out.serial = e.element(cbasn1.INTEGER).s
	if n := out.serial; len(n) == 0 || len(n) > 1 && (n[0] == 0 && n[1] < 0x80 || n[0] == 0xff && n[1] >= 0x80) {
		return out, false // an integer in more bytes than it needs would not be found
	}
	tag := cbasn1.GeneralizedTime
	if e.peek(cbasn1.UTCTime) {
		tag = cbasn1.UTCTime
	}
	out.at = &reader{s: e.raw(tag)}
	if !e.peek(cbasn1.SEQUENCE) {
		return out, e.done()
	}
	out.exts = true
	ok := e.extensions(maxEntryExts, func(oid asn1.ObjectIdentifier, critical bool, v *reader) bool {
		switch {
		case oid.Equal(oidCRLReason):
			return v.s.ReadASN1Enum(&out.reason) && v.done()
		case oid.Equal(oidCertificateIssuer):
			in := v.element(cbasn1.SEQUENCE)
			if !v.done() {
				return false
			}
			var ok bool
			// Without a directoryName, the entry belongs to no certificate.
			if out.issuer, ok = lastDirectory(in); out.issuer == nil {
				out.issuer = []byte{}
			}
			return ok
		}
		out.strange = out.strange || critical
		return true
	})
	return out, ok && e.done()
}

// scan reads each entry once, so that a list with an entry of a wrong form is refused
// as a whole. A critical extension that is not known leaves the list without good news
// for every certificate (RFC 5280, 5.3).
func (c *CRL) scan(v2 bool) bool {
	r := &reader{s: cryptobyte.String(c.entries)}
	for !r.s.Empty() {
		e, ok := readEntry(r)
		if !ok || e.exts && !v2 {
			return false
		}
		c.strange = c.strange || e.strange
		c.foreign = c.foreign || e.issuer != nil
	}
	return true
}

// Found is what a list says about one certificate.
type Found struct {
	Listed  bool // it is revoked, or on hold
	At      time.Time
	Reason  int
	Removed bool // an entry with removeFromCRL
}

// Find searches the entries of a target. In an indirect list an entry belongs to the
// issuer that its own or the last earlier certificateIssuer names, and before the first
// of them to the list's issuer (RFC 5280, 5.3.3; A49). If several entries name the target,
// the earliest date counts, and a reason that is permanent. It returns an error if it
// cannot be decided whose an entry of this number is.
func (c *CRL) Find(t *Target) (Found, error) {
	var out Found
	serial, err := asn1.Marshal(t.Cert.SerialNumber)
	if err != nil {
		return out, errf(CodeRevocation, "a serial number that cannot be written: %v", err)
	}
	number := serialContent(serial)
	own := c.issuerKey == t.issuer
	var issuer []byte // nil is the list's issuer
	var compared []byte
	last, names := false, 0
	r := &reader{s: cryptobyte.String(c.entries)}
	for !r.s.Empty() {
		if !c.foreign { // then an entry of another number says nothing
			skipped := *r
			if e := skipped.element(cbasn1.SEQUENCE); !bytes.Equal(e.element(cbasn1.INTEGER).s, number) {
				r = &skipped
				continue
			}
		}
		e, ok := readEntry(r)
		if !ok {
			return Found{}, errf(CodeRevocation, "a CRL entry of a wrong form")
		}
		if e.issuer != nil {
			issuer = e.issuer
		}
		if !bytes.Equal(e.serial, number) {
			continue
		}
		switch {
		case issuer == nil:
			if !own {
				continue
			}
		case len(issuer) == 0:
			err = errf(CodeRevocation, "an entry of an issuer that is not a directory name")
			continue
		default:
			if compared == nil || !bytes.Equal(compared, issuer) {
				if names++; names > maxEntryIssuers {
					if out.Listed { // which is bad news in any case
						return out, nil
					}
					return out, errf(CodeLimit, "entries of more than %d issuers", maxEntryIssuers)
				}
				compared, last = issuer, bytes.Equal(issuer, t.Cert.RawIssuer) || NameKey(issuer) == t.issuer
			}
			if !last {
				continue
			}
		}
		at := e.at.utcOrGeneralized()
		if !e.at.done() { // at the latest when the list was made
			at = c.ThisUpdate
		}
		out.add(at, e.reason)
	}
	if out.Listed {
		return out, nil
	}
	return out, err
}

// add joins one more entry, or one more answer.
func (f *Found) add(at time.Time, reason int) {
	if reason == RemoveFromCRL {
		f.Removed = true
		return
	}
	if !f.Listed || at.Before(f.At) {
		f.At = at
	}
	if !f.Listed || f.Reason == CertificateHold {
		f.Reason = reason
	}
	f.Listed = true
}

// serialContent returns the content of a short element.
func serialContent(der []byte) []byte {
	in := &reader{s: cryptobyte.String(der)}
	return in.element(cbasn1.INTEGER).s
}
