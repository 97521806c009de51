package verify

import (
	"crypto/x509"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/path"
)

// findLevel returns the baseline level of a trusted CAdES signature (EN 319 142-1, 6). It
// depends on what proves the time, whether the file has evidence about every
// certificate of its path and its timestamp's, and whether a document timestamp covers
// that evidence.
func (v *verifier) findLevel(c *candidate, chain []*x509.Certificate, best time.Time) {
	if c.Level != "B-B" && c.Level != "B-T" || best.IsZero() {
		return
	}
	c.Level = "B-T"
	if !v.hasEvidence(chain) || c.tsa != nil && !v.hasEvidence(c.tsa) {
		return
	}
	c.Level = "B-LT"
	for _, p := range v.proofs {
		if slices.ContainsFunc(v.stores, func(end int64) bool { return p.end > end && p.end > c.end }) {
			c.Level = "B-LTA"
		}
	}
}

// showClaims sets what a signature says of itself, for a policy that trusts nobody: the time
// of its timestamp, and the level that its parts would have. Nothing of it is checked but
// that the timestamps are about these bytes.
func (v *verifier) showClaims(c *candidate) {
	at := time.Time{}
	if c.stamp != nil {
		at = c.stamp.Time
	}
	archived := false
	for _, a := range v.sigs {
		if a.ts == nil || !a.Intact || a.end <= c.end {
			continue
		}
		if at.IsZero() || a.ts.Time.Before(at) {
			at = a.ts.Time
		}
		archived = archived || slices.ContainsFunc(v.stores, func(end int64) bool { return a.end > end })
	}
	if at.IsZero() {
		return
	}
	c.SigningTime, c.TimeSource, c.claims = at, TimeTimestamp, true
	switch stored := len(v.stored.OCSPs)+len(v.stored.CRLs) > 0; {
	case c.Level != "B-B":
	case archived && stored:
		c.Level = "B-LTA"
	case stored:
		c.Level = "B-LT"
	default:
		c.Level = "B-T"
	}
}

// hasEvidence reports whether the file has authentic evidence about every certificate of a
// path, whatever it says and however old it is.
func (v *verifier) hasEvidence(chain []*x509.Certificate) bool {
	if len(v.stored.OCSPs)+len(v.stored.CRLs) == 0 {
		return len(chain) < 2
	}
	if v.storeJudge == nil {
		ev := v.stored
		ev.Certs = v.evidence.Certs
		var err error
		if v.storeJudge, err = path.NewJudge(ev, v.policy.Time, v.checkIssued); err != nil {
			return false
		}
	}
	res, err := v.storeJudge.Check(chain, v.policy.Time)
	if err != nil {
		return false
	}
	for _, f := range res {
		switch {
		case f.Status != path.Unknown:
		case f.Why == path.NoEvidence, f.Why == path.NotAuthentic, f.Why == path.NotKnown, f.Why == path.Partial:
			return false
		}
	}
	return true
}
