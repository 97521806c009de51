package verify

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

// judgeTrust decides who signed and when, for all signatures. First come the document
// timestamps, the newest first, since each proves that what it covers existed; then the
// signatures (EN 319 102-1, 5.6). A claimed time proves nothing (C15).
func (v *verifier) judgeTrust(ctx context.Context) error {
	v.gather()
	for i := len(v.sigs) - 1; i >= 0; i-- {
		if c := v.sigs[i]; c.Intact && c.Kind == KindTimestamp {
			if err := v.trustArchive(ctx, c); err != nil {
				return err
			}
		}
	}
	for _, c := range v.sigs {
		if c.Intact && c.Kind == KindSignature {
			if err := v.trustSignature(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// proof is a time at which something trusted proves that the bytes up to an end
// existed.
type proof struct {
	end  int64
	time time.Time
}

// findProof returns the earliest proof that covers a signature, zero if none does.
func (v *verifier) findProof(c *candidate) time.Time {
	var best time.Time
	for _, p := range v.proofs {
		if p.end > c.end && (best.IsZero() || p.time.Before(best)) {
			best = p.time
		}
	}
	return best
}

// trustArchive checks a document timestamp at the time that newer ones prove for it (A27).
func (v *verifier) trustArchive(ctx context.Context, c *candidate) error {
	ts := c.ts
	c.SigningTime, c.TimeSource = ts.Time, TimeTimestamp
	at := v.findProof(c)
	ok, err := v.trustToken(ctx, c, ts, at)
	if err != nil {
		return err
	}
	if c.Trusted = ok; ok {
		if !at.IsZero() && ts.Time.After(at.Add(path.Skew)) {
			c.fail(Undetermined, TimestampOrderFailure, TimeOrder)
			return nil
		}
		v.proofs = append(v.proofs, proof{c.end, ts.Time})
	}
	return nil
}

// trustSignature checks a signature at the best proven time: that of its own timestamp,
// of a document timestamp that covers it, or the time of validation.
func (v *verifier) trustSignature(ctx context.Context, c *candidate) error {
	best := v.findProof(c)
	if c.sd != nil {
		token, other := c.sd.TimestampToken()
		if other {
			c.fail(Undetermined, SigConstraintsFailure, CMSUnsignedExtra)
		}
		if token != nil {
			ts, err := v.memory.ParseTimestamp(token)
			if err == nil {
				v.addSigners(ts.Certificates)
				err = ts.Check(c.sd.SignatureValue())
			}
			ok := false
			switch {
			case err == nil:
				c.token, c.stamp = token, ts
				if ok, err = v.trustToken(ctx, c, ts, best); err != nil {
					return err
				}
			case isWeak(err): // it proves no time, and is no fault of the signature
				c.warn(TimeWeak)
			default:
				c.fail(TotalFailed, FormatFailure, TimeToken)
				return nil
			}
			if c.tsa != nil && c.Level == "B-B" {
				c.Level = "B-T"
			}
			if c.proven = ok; ok {
				if c.TimeSource == TimeClaimed && c.SigningTime.After(ts.Time.Add(time.Minute)) {
					c.warn(SigClaimedTimeLater)
				}
				if best.IsZero() || ts.Time.Before(best) {
					best = ts.Time
				}
			}
		}
	}
	if !best.IsZero() {
		c.SigningTime, c.TimeSource = best, TimeTimestamp
	}
	if len(v.policy.Roots) == 0 {
		v.showClaims(c)
	}
	at := best
	if at.IsZero() {
		at = v.policy.Time
	}
	chain := v.findPath(c, c.cert, c.bag, at, path.Signing)
	if chain == nil {
		return nil
	}
	c.Trusted, c.chain = true, chain
	if err := v.checkRevocation(ctx, c, chain, best, false); err != nil {
		return err
	}
	v.findLevel(c, chain, best)
	return nil
}

// trustToken checks a timestamp's authority: its path at the relevant time for the
// token itself, which is the end of its proof or the time of validation.
func (v *verifier) trustToken(ctx context.Context, c *candidate, ts *cms.Timestamp, proven time.Time) (bool, error) {
	if ts.Time.After(v.policy.Time.Add(path.Skew)) {
		c.fail(Undetermined, TimestampOrderFailure, TimeFuture)
		return false, nil
	}
	if ts.Time.Before(ts.Signer.NotBefore) || ts.Time.After(ts.Signer.NotAfter) {
		c.fail(Undetermined, TimestampOrderFailure, TimeUntrusted)
		return false, nil
	}
	at := proven
	if at.IsZero() {
		at = v.policy.Time
	}
	before := len(c.Reasons)
	chain := v.findPath(c, ts.Signer, ts.Certificates, at, path.TimeStamping)
	if chain == nil {
		if len(c.Reasons) > before {
			c.fail(Undetermined, NoChain, TimeUntrusted)
		}
		return false, nil
	}
	if c.Kind == KindSignature {
		c.tsa = chain
	} else {
		c.chain = chain
	}
	before = len(c.Reasons)
	if err := v.checkRevocation(ctx, c, chain, proven, true); err != nil {
		return false, err
	}
	if len(c.Reasons) > before || v.policy.Revocation == UnsafeSkipRevocation {
		return len(c.Reasons) == before, nil
	}
	return true, nil
}

// findPath finds a path from a certificate to an anchor (RFC 5280, 6), or returns why
// there is none.
func (v *verifier) findPath(c *candidate, leaf *x509.Certificate, bag []*x509.Certificate, at time.Time, usage path.Usage) []*x509.Certificate {
	o := path.Options{Time: at, Usage: usage, Issued: v.checkIssued}
	if p := v.policy.CertificatePolicies; usage == path.Signing {
		o.Policies = path.PolicyInputs{Set: p.Set, Explicit: p.RequireExplicit, InhibitMapping: p.InhibitMapping, InhibitAny: p.InhibitAny}
	}
	chain, err := path.Build(leaf, bag, v.policy.Roots, o)
	if code(err) == path.NoChain && len(v.certs) > 0 && v.isAuthentic(leaf, bag) {
		pool := append(append([]*x509.Certificate(nil), bag...), v.certs...)
		chain, err = path.Build(leaf, pool[:min(len(pool), path.MaxPool)], v.policy.Roots, o)
	}
	if err == nil {
		return chain
	}
	switch code(err) {
	case path.Expired:
		c.fail(Undetermined, OutOfBoundsNoPOE, ChainExpired)
	case path.NotYetValid:
		c.fail(Undetermined, NotYetValid, ChainNotYetValid)
	case path.Algorithm:
		c.fail(Undetermined, CryptoConstraintsFailure, CMSAlgorithm)
	case path.KeyUsage:
		c.fail(Undetermined, ChainConstraintsFailure, ChainKeyUsage)
	case path.Constraints:
		c.fail(Undetermined, ChainConstraintsFailure, ChainConstraints)
	case path.Limit:
		c.fail(Undetermined, ChainConstraintsFailure, LimitExceeded)
	default:
		c.fail(Undetermined, NoChain, NoCertificateChainFound)
	}
	return nil
}

func code(err error) path.Code {
	var e *path.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// isAuthentic reports whether every certificate that came with a signature is what its
// issuer signed, as far as that can be known. If one was changed, the DSS is not
// searched for another: the signature's own bytes were changed.
func (v *verifier) isAuthentic(leaf *x509.Certificate, bag []*x509.Certificate) bool {
	const limit = 100
	checks := 0
	issued := func(c *x509.Certificate) bool {
		for _, list := range [][]*x509.Certificate{v.policy.Roots, bag, v.certs} {
			for _, issuer := range list {
				if bytes.Equal(issuer.Raw, c.Raw) && issuer != c {
					return true
				}
				if checks == limit || !bytes.Equal(c.RawIssuer, issuer.RawSubject) && v.nameKey(c.RawIssuer) != v.nameKey(issuer.RawSubject) {
					continue
				}
				checks++
				if v.checkIssued(c, issuer) == nil {
					return true
				}
			}
		}
		return false
	}
	for _, c := range bag {
		if c != leaf && !issued(c) {
			return false
		}
	}
	return true
}
