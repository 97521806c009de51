package path

import (
	"crypto/x509"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// validate checks a path whose signatures are right, from the anchor down (RFC 5280,
// 6.1). The search checks the signatures themselves and the chaining of names.
func (s *search) validate(path []*x509.Certificate) *Error {
	st := state{maxPathLen: MaxLength, policy: newPolicies(len(path), s.o.Policies, s.user)}
	for i := len(path) - 1; i >= 0; i-- {
		cert := path[i]
		f, err := s.read(cert)
		if err != nil {
			return err
		}
		anchor, leaf := i == len(path)-1, i == 0
		if err := checkTime(cert, s.o.Time, anchor); err != nil {
			return err
		}
		if err := cms.CheckKey(cert.PublicKey); err != nil {
			return errf(Algorithm, cert, "%s", detail(err))
		}
		if !anchor {
			selfIssued := s.names.selfIssued(cert)
			if !selfIssued || leaf { // 6.1.3, b and c
				if err := s.checkNames(cert, f, st.constraints); err != nil {
					return err
				}
			}
			st.policy.certificate(f, selfIssued, leaf)
		}
		if err := checkUsage(cert, f, s.o.Usage, leaf); err != nil {
			return err
		}
		if leaf {
			break
		}
		if err := st.applyIssuer(cert, f, anchor, s.names.selfIssued(cert)); err != nil {
			return err
		}
	}
	return st.policy.end(path[0], s.facts[path[0]])
}

// checkTime checks the time. An anchor's own time counts too, although RFC 5280, 6.1.1
// takes only its name and key from an anchor. What a caller trusts has an end, and a
// root that has ended vouches for nothing (C16). To check an earlier signature, give
// the earlier time.
func checkTime(cert *x509.Certificate, at time.Time, anchor bool) *Error {
	what := "the certificate"
	if anchor {
		what = "the trust anchor"
	}
	switch {
	case cert.NotAfter.Before(cert.NotBefore):
		return errf(Constraints, cert, "%s ends before it begins", what)
	case at.Before(cert.NotBefore):
		return errf(NotYetValid, cert, "%s begins at %s", what, cert.NotBefore.UTC().Format(time.RFC3339))
	case at.After(cert.NotAfter):
		return errf(Expired, cert, "%s ended at %s", what, cert.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// state is what one certificate of a path passes on to the next (RFC 5280, 6.1.2).
type state struct {
	maxPathLen  int
	constraints []*constraints
	policy      policies
}

// applyIssuer checks a certificate as the issuer of the next and takes over its constraints
// (RFC 5280, 6.1.4, k to n). An anchor's own constraints count like those of any other
// (RFC 5937). An anchor of version 1 has no basicConstraints and is trusted by name and
// key alone.
func (st *state) applyIssuer(cert *x509.Certificate, f *facts, anchor, selfIssued bool) *Error {
	if !f.isCA && !(anchor && cert.Version < 3) {
		return errf(Constraints, cert, "basicConstraints does not make it an authority")
	}
	if !anchor && !selfIssued { // l
		if st.maxPathLen == 0 {
			return errf(Constraints, cert, "more authorities follow than pathLenConstraint allows")
		}
		st.maxPathLen--
	}
	if f.pathLen >= 0 && f.pathLen < st.maxPathLen { // m
		st.maxPathLen = f.pathLen
	}
	if f.hasKeyUsage && cert.KeyUsage&x509.KeyUsageCertSign == 0 { // n
		return errf(KeyUsage, cert, "keyUsage without keyCertSign")
	}
	if f.constraints != nil {
		st.constraints = append(st.constraints, f.constraints)
	}
	return st.policy.next(cert, f, anchor, selfIssued)
}

// checkUsage checks what a certificate's key may be used for (RFC 5280, 4.2.1.3 and
// 4.2.1.12). The extKeyUsage of an authority, if present, must allow the use of the
// leaf, as every verifier in use requires. That does not hold for responders, whom their
// issuer names by the responder's own certificate (RFC 6960, 4.2.2.2), and for signers
// of lists, for whom there is no such purpose.
func checkUsage(cert *x509.Certificate, f *facts, u Usage, leaf bool) *Error {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if u == CRLSigning {
		if leaf && cert.KeyUsage&x509.KeyUsageCRLSign == 0 {
			return errf(KeyUsage, cert, "keyUsage without cRLSign")
		}
		return nil
	}
	if leaf {
		if f.hasKeyUsage && cert.KeyUsage&signing == 0 {
			return errf(KeyUsage, cert, "keyUsage without digitalSignature and contentCommitment")
		}
		switch u {
		case TimeStamping:
			if !cms.IsTimeStamping(cert) {
				return errf(KeyUsage, cert, "extKeyUsage is not critical and timeStamping alone")
			}
			return nil
		case OCSPSigning:
			if !allows(cert, x509.ExtKeyUsageOCSPSigning) {
				return errf(KeyUsage, cert, "extKeyUsage does not name OCSPSigning")
			}
			return nil
		}
	}
	if u == OCSPSigning || !f.hasExtKeyUsage || allows(cert, x509.ExtKeyUsageAny) {
		return nil
	}
	ok := false
	switch u {
	case TimeStamping:
		ok = allows(cert, x509.ExtKeyUsageTimeStamping)
	case Signing:
		ok = len(cert.UnknownExtKeyUsage) > 0
		for _, e := range cert.ExtKeyUsage {
			ok = ok || e != x509.ExtKeyUsageTimeStamping && e != x509.ExtKeyUsageOCSPSigning
		}
	}
	if !ok {
		return errf(KeyUsage, cert, "extKeyUsage does not allow the use")
	}
	return nil
}

// allows reports whether extKeyUsage names a purpose.
func allows(cert *x509.Certificate, u x509.ExtKeyUsage) bool {
	for _, e := range cert.ExtKeyUsage {
		if e == u {
			return true
		}
	}
	return false
}

// detail returns the text of an error of package cms without its head.
func detail(err error) string {
	var e *cms.Error
	if errors.As(err, &e) {
		return e.Detail
	}
	return err.Error()
}
