package cms

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// unreadable is the keyUsage of a certificate whose extension is not understood: a bit
// that RFC 5280 does not have, so that it is not absent and allows nothing.
const unreadable x509.KeyUsage = 1 << 15

// fillExtensions reads the extensions of a certificate (RFC 5280, 4.2) into out.
func fillExtensions(out *x509.Certificate, wrap *reader) bool {
	list := wrap.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		one := list.element(cbasn1.SEQUENCE)
		e := pkix.Extension{Id: one.oid()}
		if one.peek(cbasn1.BOOLEAN) && !one.s.ReadASN1Boolean(&e.Critical) {
			return false
		}
		e.Value = one.element(cbasn1.OCTET_STRING).s
		if !one.done() || len(out.Extensions) == maxExtensions {
			return false
		}
		out.Extensions = append(out.Extensions, e)
		fillExtension(out, e)
	}
	return list.done() && wrap.done()
}

// fillExtension reads those extensions that are used from the certificate's fields.
// Package path reads the rest itself.
func fillExtension(out *x509.Certificate, e pkix.Extension) {
	value := func() *reader { return &reader{s: cryptobyte.String(e.Value)} }
	switch e.Id.String() {
	case "2.5.29.14":
		if v := value().element(cbasn1.OCTET_STRING); !v.bad {
			out.SubjectKeyId = v.s
		}
	case "2.5.29.15":
		out.KeyUsage = readUsage(value())
	case "2.5.29.19":
		top := value()
		v := top.element(cbasn1.SEQUENCE)
		if v.peek(cbasn1.BOOLEAN) && v.s.ReadASN1Boolean(&out.IsCA) {
			out.BasicConstraintsValid = true
		}
	case "2.5.29.31":
		out.CRLDistributionPoints = pointURIs(value())
	case "2.5.29.35":
		if v := value().element(cbasn1.SEQUENCE); v.peek(cbasn1.Tag(0).ContextSpecific()) {
			out.AuthorityKeyId = v.element(cbasn1.Tag(0).ContextSpecific()).s
		}
	case "2.5.29.37":
		readPurposes(out, value())
	case "1.3.6.1.5.5.7.1.1":
		readAccess(out, value())
	}
}

// readUsage reads keyUsage (RFC 5280, 4.2.1.3).
func readUsage(v *reader) x509.KeyUsage {
	var bits asn1.BitString
	if !v.s.ReadASN1BitString(&bits) || !v.done() {
		return unreadable
	}
	out := x509.KeyUsage(0)
	for i := range 9 {
		out |= x509.KeyUsage(bits.At(i)) << i
	}
	if out == 0 {
		return unreadable
	}
	return out
}

// purposeOf returns the extended key usage of an identifier, if it is one of those that
// have a meaning here.
func purposeOf(id asn1.ObjectIdentifier) (x509.ExtKeyUsage, bool) {
	switch id.String() {
	case "2.5.29.37.0":
		return x509.ExtKeyUsageAny, true
	case "1.3.6.1.5.5.7.3.1":
		return x509.ExtKeyUsageServerAuth, true
	case "1.3.6.1.5.5.7.3.2":
		return x509.ExtKeyUsageClientAuth, true
	case "1.3.6.1.5.5.7.3.3":
		return x509.ExtKeyUsageCodeSigning, true
	case "1.3.6.1.5.5.7.3.4":
		return x509.ExtKeyUsageEmailProtection, true
	case "1.3.6.1.5.5.7.3.8":
		return x509.ExtKeyUsageTimeStamping, true
	case "1.3.6.1.5.5.7.3.9":
		return x509.ExtKeyUsageOCSPSigning, true
	}
	return 0, false
}

// readPurposes reads extKeyUsage (RFC 5280, 4.2.1.12), nothing if it has a wrong form.
func readPurposes(out *x509.Certificate, top *reader) {
	list := top.element(cbasn1.SEQUENCE)
	var known []x509.ExtKeyUsage
	var unknown []asn1.ObjectIdentifier
	for !list.bad && !list.s.Empty() && len(known)+len(unknown) < maxExtensions {
		id := list.oid()
		if p, ok := purposeOf(id); ok {
			known = append(known, p)
		} else {
			unknown = append(unknown, id)
		}
	}
	if list.done() && top.done() {
		out.ExtKeyUsage, out.UnknownExtKeyUsage = known, unknown
	}
}

const uriName = cbasn1.Tag(0x86) // the choice of GeneralName

// pointURIs returns the URIs of cRLDistributionPoints (RFC 5280, 4.2.1.13).
func pointURIs(top *reader) []string {
	var out []string
	list := top.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		point := list.element(cbasn1.SEQUENCE)
		if !point.peek(tag0) {
			continue
		}
		name := point.element(tag0)
		if !name.peek(tag0) {
			continue
		}
		for names := name.element(tag0); names.peek(uriName) && len(out) < maxPlaces; {
			out = append(out, string(names.element(uriName).s))
		}
	}
	return out
}

// readAccess reads authorityInfoAccess (RFC 5280, 4.2.2.1).
func readAccess(out *x509.Certificate, top *reader) {
	list := top.element(cbasn1.SEQUENCE)
	for !list.bad && !list.s.Empty() {
		one := list.element(cbasn1.SEQUENCE)
		method := one.oid()
		if !one.peek(uriName) || len(out.OCSPServer)+len(out.IssuingCertificateURL) == maxPlaces {
			continue
		}
		switch uri := string(one.element(uriName).s); method.String() {
		case "1.3.6.1.5.5.7.48.1":
			out.OCSPServer = append(out.OCSPServer, uri)
		case "1.3.6.1.5.5.7.48.2":
			out.IssuingCertificateURL = append(out.IssuingCertificateURL, uri)
		}
	}
}
