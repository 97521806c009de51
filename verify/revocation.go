package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Revocations gets new evidence about a certificate: a DER OCSP response (RFC 6960), a
// DER CRL (RFC 5280), both, or neither if there is none. The result is checked like the
// evidence in a file. Implementations are safe for concurrent use.
type Revocations interface {
	Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error)
}

// Limits of what is collected from a file.
const (
	maxStored      = 1024     // members of a list of the DSS
	maxStoredBytes = 32 << 20 // of all members together
	maxAnswers     = 256      // of services, for which there is always space
)

// gather collects certificates and evidence from the DSS of the newest revision and
// from the signatures. They are only candidates; none of them is trusted (A26).
func (v *verifier) gather() {
	for _, c := range v.sigs {
		if c.sd == nil {
			continue
		}
		ocsps, crls := c.sd.Revocation()
		for _, der := range ocsps {
			v.addOCSP(der)
		}
		for _, der := range crls {
			v.addCRL(der)
		}
		v.addSigners(c.bag)
	}
	cat, _, err := v.f.Catalog()
	if err != nil {
		return
	}
	store, err := v.f.Dict(cat.Get("DSS"))
	if err != nil || store == nil {
		return
	}
	left := maxStoredBytes
	each := func(key pdf.Name, take func([]byte)) {
		list, err := v.f.Array(store.Get(key))
		if err != nil {
			return
		}
		read := map[pdf.Object]bool{}
		for _, o := range list {
			ref, ok := o.(pdf.Ref)
			if !ok || read[ref] {
				continue
			}
			read[ref] = true
			o, err := v.f.Resolve(ref)
			st, ok := o.(*pdf.Stream)
			if err != nil || !ok {
				continue
			}
			data, err := v.f.Decode(st, cms.MaxCRL)
			if len(read) > maxStored || len(data) > left {
				v.dropped = true
				return
			}
			if err == nil {
				left -= len(data)
				take(data)
			}
		}
	}
	each("Certs", func(der []byte) {
		if c, err := v.memory.ParseCertificate(der); err == nil {
			v.certs = append(v.certs, c)
			v.addSigners([]*x509.Certificate{c})
		}
	})
	each("OCSPs", v.addOCSP)
	each("CRLs", v.addCRL)
	v.stored = path.Evidence{OCSPs: slices.Clone(v.evidence.OCSPs), CRLs: slices.Clone(v.evidence.CRLs)}
	v.stores = v.storeEnds()
}

// storeEnds returns the ends of the revisions that changed the DSS.
func (v *verifier) storeEnds() []int64 {
	var last pdf.Object
	var ends []int64
	var from []uint32 // the objects that the store of the revision before was read from
	for i, r := range v.revs {
		changed := r.Numbers()
		if i > 0 && !slices.ContainsFunc(from, func(n uint32) bool { _, ok := slices.BinarySearch(changed, n); return ok }) &&
			rootOf(r) == rootOf(v.revs[i-1]) {
			continue
		}
		f := v.f.At(r)
		cat, root, err := f.Catalog()
		from = []uint32{root.Num}
		if err != nil || cat.Get("DSS") == nil {
			continue
		}
		if ref, ok := cat.Get("DSS").(pdf.Ref); ok {
			from = append(from, ref.Num)
		}
		now, err := f.Dict(cat.Get("DSS"))
		if err != nil {
			continue
		}
		if same, err := pdf.Equal(nil, last, nil, now); err != nil || !same {
			last, ends = now, append(ends, r.Min)
		}
	}
	return ends
}

// rootOf returns the catalog that a revision's trailer names.
func rootOf(r pdf.Revision) pdf.Ref {
	ref, _ := r.Sections[0].Trailer.Get("Root").(pdf.Ref)
	return ref
}

func (v *verifier) addOCSP(der []byte) {
	if v.countRepeat(der) {
		return
	}
	r, err := v.memory.ParseOCSP(der)
	if err != nil {
		return
	}
	r.Issued = v.checkIssued
	v.evidence.OCSPs = keep(v, v.evidence.OCSPs, r)
}

func (v *verifier) addCRL(der []byte) {
	if v.countRepeat(der) {
		return
	}
	l, err := cms.ParseCRL(der)
	if err != nil {
		return
	}
	l.Memory = v.memory
	v.evidence.CRLs = keep(v, v.evidence.CRLs, l)
}

// keep adds a piece of evidence, for which a judge has to be made again. What the file holds
// leaves space for what services answer. What has no space may be bad news, and nothing
// is settled without it (A47).
func keep[T any](v *verifier, list []T, one T) []T {
	most := path.MaxEvidence
	if !v.asking {
		most -= maxAnswers
	}
	if len(list) >= most {
		v.dropped = true
		return list
	}
	v.judge = nil
	return append(list, one)
}

// addSigners keeps certificates that may have signed lists, and those above them.
func (v *verifier) addSigners(certs []*x509.Certificate) {
	for _, c := range certs {
		switch {
		case !c.IsCA && c.KeyUsage&x509.KeyUsageCRLSign == 0 || v.countRepeat(c.Raw):
		case len(v.evidence.Certs) == path.MaxPool:
			v.dropped = true
		default:
			v.evidence.Certs = append(v.evidence.Certs, c)
		}
	}
}

// countRepeat reports whether a piece of evidence came before: checks are counted.
func (v *verifier) countRepeat(der []byte) bool {
	sum := sha256.Sum256(der)
	if v.seen[sum] {
		return true
	}
	if v.seen == nil {
		v.seen = map[[sha256.Size]byte]bool{}
	}
	v.seen[sum] = true
	return false
}

// checkRevocation checks the certificates of a path (EN 319 102-1, 5.2.5 and 5.2.6). best is
// the proven time of what they made, zero if there is none. For a timestamp's authority
// that nothing newer proves, evidence made since the stamp counts even after its end; a
// later revocation among the candidates still fails it. Evidence that takes too much
// work to check settles nothing.
func (v *verifier) checkRevocation(ctx context.Context, c *candidate, chain []*x509.Certificate, best time.Time, authority bool) error {
	err := v.judgeRevocation(ctx, c, chain, best, authority)
	if code(err) == path.Limit {
		c.fail(Undetermined, TryLater, LimitExceeded)
		return nil
	}
	return err
}

func (v *verifier) judgeRevocation(ctx context.Context, c *candidate, chain []*x509.Certificate, best time.Time, authority bool) error {
	if v.policy.Revocation == UnsafeSkipRevocation {
		c.warn(RevocationNotChecked)
		return nil
	}
	res, err := v.check(chain, best)
	if err != nil {
		return err
	}
	if res.Status() != path.Good && v.policy.Online != nil {
		if err := v.ask(ctx, chain, res); err != nil {
			return err
		}
		if res, err = v.check(chain, best); err != nil {
			return err
		}
	}
	c.found = append(c.found, res...)
	status := res.Status()
	if authority && status == path.Unknown && stale(res) {
		since, err := v.check(chain, stampTime(c, best))
		if err != nil {
			return err
		}
		if since.Status() == path.Good {
			c.warn(RevocationStale)
			return nil
		}
	}
	switch {
	case v.dropped && status != path.Revoked:
		c.fail(Undetermined, TryLater, LimitExceeded)
	case status == path.Good:
	case status == path.Revoked && best.IsZero():
		c.fail(Undetermined, RevokedNoPOE, RevocationRevoked)
	case status == path.Revoked:
		c.fail(TotalFailed, RevokedSub, RevocationRevoked)
	case v.policy.Revocation == UnsafeAllowUnknown:
		c.warn(RevocationNotChecked)
	case stale(res):
		c.fail(Undetermined, TryLater, RevocationStale)
	default:
		c.fail(Undetermined, TryLater, RevocationNoData)
	}
	return nil
}

// stale reports whether only newer evidence is missing.
func stale(res path.Result) bool {
	for _, f := range res {
		if f.Status == path.Unknown && f.Why != path.Stale {
			return false
		}
	}
	return true
}

// stampTime returns the time that a timestamp itself states.
func stampTime(c *candidate, best time.Time) time.Time {
	if !best.IsZero() {
		return best
	}
	if c.Kind == KindTimestamp {
		return c.SigningTime
	}
	if token, _ := c.sd.TimestampToken(); token != nil {
		if ts, err := cms.ParseTimestamp(token); err == nil {
			return ts.Time
		}
	}
	return best
}

// check asks one judge about all paths, so that signatures cost what is new about them.
func (v *verifier) check(chain []*x509.Certificate, best time.Time) (path.Result, error) {
	if v.judge == nil {
		var err error
		if v.judge, err = path.NewJudge(v.evidence, v.policy.Time, v.checkIssued); err != nil {
			return nil, err
		}
	}
	return v.judge.Check(chain, best)
}

// ask gets new evidence about the certificates that lack it. If a service does not
// answer, nothing changes.
func (v *verifier) ask(ctx context.Context, chain []*x509.Certificate, res path.Result) error {
	v.asking = true
	for i, f := range res {
		if f.Status != path.Unknown {
			continue
		}
		ocsp, crl, err := v.policy.Online.Revocation(ctx, chain[i], chain[i+1])
		if cerr := ctx.Err(); cerr != nil {
			return fmt.Errorf("verify: asking about revocation: %w", cerr)
		}
		if err != nil {
			continue
		}
		if ocsp != nil {
			v.addOCSP(ocsp)
		}
		if crl != nil {
			v.addCRL(crl)
		}
	}
	return nil
}
