package signer

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// evidence is what a DSS holds for one signature: certificates, OCSP responses
// and CRLs in DER, each once.
type evidence struct {
	certs, ocsps, crls [][]byte

	late bool // a certificate was revoked after the signature was proven: good for this one alone
}

func add(list [][]byte, der []byte) [][]byte {
	for _, have := range list {
		if bytes.Equal(have, der) {
			return list
		}
	}
	return append(list, der)
}

func (e *evidence) merge(o evidence) {
	e.late = e.late || o.late
	for _, c := range o.certs {
		e.certs = add(e.certs, c)
	}
	for _, c := range o.ocsps {
		e.ocsps = add(e.ocsps, c)
	}
	for _, c := range o.crls {
		e.crls = add(e.crls, c)
	}
}

// collector walks chains from signers up to anchors and asks about every
// certificate on the way.
type collector struct {
	svc  Services
	at   time.Time // evidence must be valid at this time; zero requires nothing
	done map[string]evidence

	// proven is when a timestamp proves that the signature was there: what is revoked later
	// was good for it (EN 319 102-1). If it is zero, nothing revoked is.
	proven time.Time
}

// since sets the time at which evidence must still be valid.
func (c *collector) since(at time.Time) {
	if at.After(c.at) {
		c.done = nil // evidence for an earlier signature may be too old for this one
	}
	c.at = at
}

// fresh refuses evidence that ran out.
func (c *collector) fresh(cert *x509.Certificate, next time.Time) error {
	if next.IsZero() || !next.Before(c.at) {
		return nil
	}
	return fmt.Errorf("%w: what is said of %s ran out at %v", ErrNoEvidence, cert.Subject, next)
}

// maxPath is the longest chain that is followed.
const maxPath = 10

// collect gets the evidence for a signer's certificate, with pool for its issuers. It
// does not ask twice about a certificate.
func (c *collector) collect(ctx context.Context, leaf *x509.Certificate, pool []*x509.Certificate) (evidence, error) {
	return c.walk(ctx, leaf, pool, 0)
}

func (c *collector) walk(ctx context.Context, cert *x509.Certificate, pool []*x509.Certificate, depth int) (evidence, error) {
	if e, ok := c.done[string(cert.Raw)]; ok {
		return e, nil
	}
	if depth == maxPath {
		return evidence{}, fmt.Errorf("%w: a chain of more than %d certificates", ErrNoEvidence, maxPath)
	}
	e := evidence{certs: [][]byte{cert.Raw}}
	if c.anchor(cert) || bytes.Equal(cert.RawIssuer, cert.RawSubject) {
		return e, nil
	}
	issuer, err := c.issuer(ctx, cert, pool)
	if err != nil {
		return e, err
	}
	responder, err := c.ask(ctx, cert, issuer, &e)
	if err != nil {
		return e, err
	}
	if c.done == nil {
		c.done = map[string]evidence{}
	}
	if !e.late {
		c.done[string(cert.Raw)] = e // before the responder's, which may lead here again
	}
	if responder != nil && !cms.NoCheck(responder) {
		more, err := c.walk(ctx, responder, append(pool, issuer), depth+1)
		if err != nil {
			return e, err
		}
		e.merge(more)
	} else if responder != nil {
		e.certs = add(e.certs, responder.Raw)
	}
	above, err := c.walk(ctx, issuer, pool, depth+1)
	if err != nil {
		return e, err
	}
	e.merge(above)
	if delete(c.done, string(cert.Raw)); !e.late {
		c.done[string(cert.Raw)] = e
	}
	return e, nil
}

func (c *collector) anchor(cert *x509.Certificate) bool {
	for _, r := range c.svc.Roots {
		if bytes.Equal(r.Raw, cert.Raw) {
			return true
		}
	}
	return false
}

func (c *collector) issuer(ctx context.Context, cert *x509.Certificate, pool []*x509.Certificate) (*x509.Certificate, error) {
	for _, list := range [][]*x509.Certificate{c.svc.Roots, pool} {
		for _, p := range list {
			if c.svc.Memory.CheckIssued(cert, p) == nil {
				return p, nil
			}
		}
	}
	finder, ok := c.svc.Revocations.(IssuerFinder)
	if !ok {
		return nil, fmt.Errorf("%w: the issuer of %s is not known; put it into Roots", ErrNoEvidence, cert.Subject)
	}
	p, err := finder.Issuer(ctx, cert)
	if err != nil {
		return nil, err
	}
	if err := c.svc.Memory.CheckIssued(cert, p); err != nil {
		return nil, fmt.Errorf("%w: %s did not issue %s", ErrNoEvidence, p.Subject, cert.Subject)
	}
	return p, nil
}

// ask gets and checks the evidence about one certificate. It returns the delegated
// responder that signed it, or nil if the issuer did.
func (c *collector) ask(ctx context.Context, cert, issuer *x509.Certificate, e *evidence) (*x509.Certificate, error) {
	ocsp, crl, err := c.svc.Revocations.Revocation(ctx, cert, issuer)
	if err != nil {
		return nil, fmt.Errorf("signer: revocation: %w", err)
	}
	var responder *x509.Certificate
	if ocsp != nil {
		r, err := c.svc.Memory.ParseOCSP(ocsp)
		if err == nil {
			r.Issued = c.svc.Memory.CheckIssued
			err = r.Check(cert, issuer)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrNoEvidence, cert.Subject, err)
		}
		if err := errors.Join(c.judge(cert, r.Status, r.RevokedAt, e), c.fresh(cert, r.NextUpdate)); err != nil {
			return nil, err
		}
		if r.Signer != issuer {
			responder = r.Signer
		}
		e.ocsps = add(e.ocsps, ocsp)
	}
	if crl != nil {
		l, err := cms.ParseCRL(crl)
		if err == nil {
			l.Memory = c.svc.Memory
			err = l.Check(issuer)
		}
		var found cms.Found
		target := cms.NewTarget(cert)
		if err == nil {
			found, err = l.Find(target)
		}
		status := cms.StatusGood
		if found.Listed || found.Removed {
			status = cms.StatusRevoked
		} else if err == nil && l.Covers(target) != cms.AllReasons {
			err = errors.New("a CRL of only some certificates, reasons or changes, or one that is not understood")
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrNoEvidence, cert.Subject, err)
		}
		if err := errors.Join(c.judge(cert, status, found.At, e), c.fresh(cert, l.NextUpdate)); err != nil {
			return nil, err
		}
		e.crls = add(e.crls, crl)
	}
	if ocsp == nil && crl == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoEvidence, cert.Subject)
	}
	return responder, nil
}

// judge refuses what is revoked, unless that was after the signature was proven.
func (c *collector) judge(cert *x509.Certificate, s cms.Status, revoked time.Time, e *evidence) error {
	switch s {
	case cms.StatusGood:
		return nil
	case cms.StatusRevoked:
		if !c.proven.IsZero() && revoked.After(c.proven) {
			e.late = true
			return nil
		}
		return fmt.Errorf("%w: %s", ErrRevoked, cert.Subject)
	}
	return fmt.Errorf("%w: the issuer does not know %s", ErrNoEvidence, cert.Subject)
}
