package path_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/path"
)

// scene is an authority, its certificates, and times around a signature, which is
// proved to exist at poe and is checked now.
type scene struct {
	*kit
	root, leaf *entity
	poe        time.Time
}

const day = 24 * time.Hour

func newScene(t testing.TB, o ...opt) *scene {
	k := &kit{t: t}
	r := k.root("root")
	return &scene{kit: k, root: r, leaf: k.leaf(r, o...), poe: now.Add(-30 * day)}
}

// says returns an answer about the leaf, made at a time and valid for two days.
func (s *scene) says(status cms.Status, this time.Time) answer {
	return answer{cert: s.leaf, issuer: s.root, status: status, this: this, next: this.Add(2 * day)}
}

func (s *scene) revoked(this, at time.Time, reason int) answer {
	a := s.says(cms.StatusRevoked, this)
	a.at, a.reason = at, reason
	return a
}

// ocsp returns the authority's own response.
func (s *scene) ocsp(a ...answer) *cms.OCSP { return response{by: s.root, answers: a}.parse(s.t) }

// through returns a response of a delegated responder.
func (s *scene) through(r *entity, a ...answer) *cms.OCSP {
	return response{by: r, embed: []*entity{r}, answers: a}.parse(s.t)
}

func (s *scene) responder(o ...opt) *entity {
	return s.issue(s.root, dn("O", "Test", "CN", "responder"), append([]opt{usage(0), purposes(false, 9), noCheck()}, o...)...)
}

func noCheck() opt { return with(cms.OCSPSigningExtensions()[0].Id, false, []byte{5, 0}) }

func (s *scene) crl(this time.Time, e ...entry) *cms.CRL {
	return list{by: s.root, this: this, next: this.Add(2 * day), entries: e}.parse(s.t)
}

func (s *scene) line(at time.Time, reason int) entry {
	return entry{serial: s.leaf.SerialNumber.Int64(), at: at, reason: reason}
}

type bag = path.Evidence

func ocsps(o ...*cms.OCSP) bag { return bag{OCSPs: o} }
func crls(c ...*cms.CRL) bag   { return bag{CRLs: c} }

type outcome struct {
	status path.Status
	why    path.Why
}

// TestRevocation: C17 is the time of the revocation, C18 OCSP, C19 lists.
func TestRevocation(t *testing.T) {
	good, revoked := outcome{status: path.Good}, outcome{status: path.Revoked}
	un := func(w path.Why) outcome { return outcome{path.Unknown, w} }
	const ok, bad, idk = cms.StatusGood, cms.StatusRevoked, cms.StatusUnknown
	const keyCompromise, superseded, hold = 1, 4, 6
	for _, v := range []struct {
		name string
		want outcome
		poe  bool // there is a proof, 30 days ago
		make func(s *scene) bag
	}{
		{"no evidence", un(path.NoEvidence), true, func(s *scene) bag { return bag{} }},
		{"OCSP good", good, false, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, now.Add(-time.Hour)))) }},
		{"OCSP good after the proof", good, true, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, s.poe.Add(time.Hour)))) }},
		{"CRL good", good, false, func(s *scene) bag { return crls(s.crl(now.Add(-time.Hour))) }},
		{"CRL with another revoked", good, false, func(s *scene) bag {
			return crls(s.crl(now.Add(-time.Hour), entry{serial: 99, at: s.poe}))
		}},

		{"C17 revoked, no proof", revoked, false, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), now.Add(-2*time.Hour), 0)))
		}},
		{"C17 revoked before the proof", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe.Add(-time.Second), superseded)))
		}},
		{"C17 revoked at the proof", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe, superseded)))
		}},
		{"C17 revoked after the proof", good, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe.Add(time.Second), superseded)))
		}},
		{"C17 keyCompromise before the proof", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe.Add(-day), keyCompromise)))
		}},
		{"C17 keyCompromise at the proof", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe, keyCompromise)))
		}},
		{"C17 keyCompromise after the proof", good, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe.Add(time.Second), keyCompromise)))
		}},
		{"C17 keyCompromise, no proof", revoked, false, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), now.Add(-time.Hour), keyCompromise)))
		}},
		{"C17 CRL revoked before the proof", revoked, true, func(s *scene) bag {
			return crls(s.crl(now.Add(-time.Hour), s.line(s.poe.Add(-day), 0)))
		}},
		{"C17 CRL revoked after the proof", good, true, func(s *scene) bag {
			return crls(s.crl(now.Add(-time.Hour), s.line(s.poe.Add(day), keyCompromise)))
		}},
		{"C17 revoked by one, good by another", revoked, true, func(s *scene) bag {
			return bag{OCSPs: []*cms.OCSP{s.ocsp(s.says(ok, now.Add(-time.Hour)))}, CRLs: []*cms.CRL{s.crl(s.poe.Add(-day), s.line(s.poe.Add(-day), 0))}}
		}},
		{"C17 revoked by old evidence", revoked, true, func(s *scene) bag {
			return crls(s.crl(s.poe.Add(-20*day), s.line(s.poe.Add(-21*day), 0)))
		}},

		{"hold before the proof", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(now.Add(-time.Hour), s.poe.Add(-day), hold)))
		}},
		{"hold that was lifted", good, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(s.poe.Add(-day), s.poe.Add(-2*day), hold)), s.ocsp(s.says(ok, s.poe.Add(day))))
		}},
		{"hold after good news", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.says(ok, s.poe)), s.ocsp(s.revoked(s.poe.Add(day), s.poe.Add(-day), hold)))
		}},
		{"hold lifted by evidence of the future", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(s.poe.Add(-day), s.poe.Add(-2*day), hold)), s.ocsp(s.says(ok, now.Add(day))))
		}},
		{"keyCompromise is not lifted", revoked, true, func(s *scene) bag {
			return ocsps(s.ocsp(s.revoked(s.poe.Add(-day), s.poe.Add(-2*day), keyCompromise)), s.ocsp(s.says(ok, s.poe.Add(day))))
		}},
		{"removeFromCRL in a full list", un(path.NotKnown), false, func(s *scene) bag {
			return crls(s.crl(now.Add(-time.Hour), s.line(s.poe, 8)))
		}},

		{"C18 unknown", un(path.NotKnown), false, func(s *scene) bag { return ocsps(s.ocsp(s.says(idk, now.Add(-time.Hour)))) }},
		{"C18 unknown from one, good from another", good, false, func(s *scene) bag {
			return ocsps(s.ocsp(s.says(idk, now.Add(-time.Hour))), s.ocsp(s.says(ok, now.Add(-time.Hour))))
		}},
		{"C18 forged", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(response{by: s.root, forged: true, answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 forged news of revocation", good, false, func(s *scene) bag {
			return ocsps(s.ocsp(s.says(ok, now)), response{by: s.root, forged: true, answers: []answer{s.revoked(now, s.poe, 0)}}.parse(s.t))
		}},
		{"C18 another serial number", un(path.NoEvidence), false, func(s *scene) bag {
			a := s.says(ok, now)
			a.serial = 99
			return ocsps(s.ocsp(a))
		}},
		{"C18 another issuer's key", un(path.NoEvidence), false, func(s *scene) bag {
			a := s.says(ok, now)
			a.issuer = s.kit.root("root")
			return ocsps(s.ocsp(a))
		}},
		{"C18 named by SHA-256", good, false, func(s *scene) bag {
			a := s.says(ok, now)
			a.sha256 = true
			return ocsps(s.ocsp(a))
		}},
		{"C18 critical extension of an answer", un(path.NoEvidence), false, func(s *scene) bag {
			a := s.says(ok, now)
			a.exts = []pkix.Extension{{Id: ce(99), Critical: true, Value: []byte{5, 0}}}
			if _, err := cms.ParseOCSP((response{by: s.root, answers: []answer{a}}).der()); err == nil {
				s.t.Error("it was read")
			}
			return bag{}
		}},
		{"C18 responder", good, false, func(s *scene) bag { return ocsps(s.through(s.responder(), s.says(ok, now))) }},
		{"C18 responder named by key", good, false, func(s *scene) bag {
			r := s.responder()
			return ocsps(response{by: r, byKey: true, embed: []*entity{r}, answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 responder not delegated", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(without(ce(37))), s.says(ok, now)))
		}},
		{"C18 responder for other purposes", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(purposes(false, 4)), s.says(ok, now)))
		}},
		{"C18 responder for any purpose", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(with(ce(37), false, []byte{0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0})), s.says(ok, now)))
		}},
		{"C18 responder of another authority", un(path.NotAuthentic), false, func(s *scene) bag {
			other := s.kit.root("other")
			r := s.issue(other, dn("CN", "responder"), usage(0), purposes(false, 9), noCheck())
			return ocsps(s.through(r, s.says(ok, now)))
		}},
		{"C18 responder of a look-alike authority", un(path.NotAuthentic), false, func(s *scene) bag {
			r := s.issue(s.kit.root("root"), dn("CN", "responder"), usage(0), purposes(false, 9), noCheck())
			return ocsps(s.through(r, s.says(ok, now)))
		}},
		{"C18 responder one level down", un(path.NotAuthentic), false, func(s *scene) bag {
			sub := s.sub(s.root, "sub")
			r := s.issue(sub, dn("CN", "responder"), usage(0), purposes(false, 9), noCheck())
			return ocsps(response{by: r, embed: []*entity{r, sub}, answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 self-signed responder", un(path.NotAuthentic), false, func(s *scene) bag {
			r := s.issue(nil, dn("CN", "responder"), usage(0), purposes(false, 9), noCheck())
			return ocsps(s.through(r, s.says(ok, now)))
		}},
		{"C18 responder without its certificate", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(response{by: s.responder(), answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 responder expired", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(valid(s.poe, now.Add(-day))), s.says(ok, now)))
		}},
		{"C18 responder expired since", good, true, func(s *scene) bag {
			return ocsps(s.through(s.responder(valid(s.poe.Add(-day), now.Add(-20*day))), s.says(ok, s.poe.Add(day))))
		}},
		{"C18 responder not yet valid", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(valid(now.Add(day), now.Add(2*day))), s.says(ok, now)))
		}},
		{"C18 responder with an unknown critical extension", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(unknownExt(true)), s.says(ok, now)))
		}},
		{"C18 responder with a weak key", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(keyed(weakRSA(s.t.(*testing.T)))), s.says(ok, now)))
		}},
		{"C18 a decoy of the responder's name", good, false, func(s *scene) bag {
			r := s.responder()
			return ocsps(response{by: r, embed: []*entity{s.responder(), r}, answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 responder to be checked, nothing about it", un(path.NoAuthority), false, func(s *scene) bag {
			return ocsps(s.through(s.responder(without(cms.OCSPSigningExtensions()[0].Id)), s.says(ok, now)))
		}},
		{"C18 responder to be checked, bad news", revoked, false, func(s *scene) bag {
			return ocsps(s.through(s.responder(without(cms.OCSPSigningExtensions()[0].Id)), s.revoked(now, s.poe, 0)))
		}},
		{"C18 responder to be checked, good by a list", good, false, func(s *scene) bag {
			o := s.through(s.responder(without(cms.OCSPSigningExtensions()[0].Id)), s.says(ok, now.Add(-time.Hour)))
			return bag{OCSPs: []*cms.OCSP{o}, CRLs: []*cms.CRL{list{by: s.root, this: now.Add(-time.Hour), next: now.Add(day)}.parse(s.t)}}
		}},
		{"C18 responder revoked", un(path.NoAuthority), false, func(s *scene) bag {
			r := s.responder(without(cms.OCSPSigningExtensions()[0].Id))
			about := s.revoked(now, now.Add(-time.Hour), keyCompromise)
			about.cert = r
			return ocsps(s.through(r, s.says(ok, now)), s.ocsp(about))
		}},
		{"C18 responder revoked after it answered", un(path.NoAuthority), true, func(s *scene) bag {
			r := s.responder(without(cms.OCSPSigningExtensions()[0].Id))
			about := s.revoked(now, now.Add(-time.Hour), keyCompromise)
			about.cert = r
			return ocsps(s.through(r, s.says(ok, s.poe.Add(day))), s.ocsp(about))
		}},
		{"C18 responder vouches for itself", un(path.NoAuthority), false, func(s *scene) bag {
			r := s.responder(without(cms.OCSPSigningExtensions()[0].Id))
			self := s.says(ok, now)
			self.cert = r
			return ocsps(s.through(r, s.says(ok, now), self), s.through(r, self))
		}},
		{"C18 two responders vouch for each other", un(path.NoAuthority), false, func(s *scene) bag {
			a, b := s.responder(without(cms.OCSPSigningExtensions()[0].Id)), s.responder(without(cms.OCSPSigningExtensions()[0].Id))
			aboutA, aboutB := s.says(ok, now), s.says(ok, now)
			aboutA.cert, aboutB.cert = a, b
			return ocsps(s.through(a, s.says(ok, now), aboutB), s.through(b, aboutA))
		}},
		{"C18 the checked certificate answers for itself", un(path.NotAuthentic), false, func(s *scene) bag {
			s.leaf = s.kit.leaf(s.root, purposes(false, 9, 4), noCheck())
			return ocsps(s.through(s.leaf, s.says(ok, now)))
		}},
		{"C18 several answers", good, false, func(s *scene) bag {
			other := s.says(bad, now)
			other.cert, other.at = s.kit.leaf(s.root), s.poe
			return ocsps(s.ocsp(other, s.says(ok, now)))
		}},
		{"C18 several answers, this one revoked", revoked, false, func(s *scene) bag {
			other := s.says(ok, now)
			other.cert = s.kit.leaf(s.root)
			return ocsps(s.ocsp(other, s.revoked(now, s.poe, 0)))
		}},
		{"C18 answers that disagree", revoked, false, func(s *scene) bag {
			return ocsps(s.ocsp(s.says(ok, now), s.revoked(now, s.poe, 0)))
		}},
		{"C18 good and unknown at once", un(path.NotKnown), false, func(s *scene) bag {
			return ocsps(s.ocsp(s.says(ok, now), s.says(idk, now)))
		}},
		{"C18 stale", un(path.Stale), false, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, now.Add(-3*day)))) }},
		{"C18 stale at the proof", un(path.Stale), true, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, s.poe.Add(-3*day)))) }},
		{"C18 covers the proof", good, true, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, s.poe.Add(-day)))) }},
		{"C18 covers the proof to the second", good, true, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, s.poe.Add(-2*day)))) }},
		{"C18 before the proof, without nextUpdate", un(path.Stale), true, func(s *scene) bag {
			a := s.says(ok, s.poe.Add(-time.Second))
			a.next = time.Time{}
			return ocsps(s.ocsp(a))
		}},
		{"C18 after the proof, without nextUpdate", good, true, func(s *scene) bag {
			a := s.says(ok, s.poe)
			a.next = time.Time{}
			return ocsps(s.ocsp(a))
		}},
		{"C18 from the future", un(path.FromTheFuture), false, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, now.Add(path.Skew+time.Second)))) }},
		{"C18 from within the skew", good, false, func(s *scene) bag { return ocsps(s.ocsp(s.says(ok, now.Add(path.Skew)))) }},
		{"C18 signed in the future", un(path.FromTheFuture), false, func(s *scene) bag {
			return ocsps(response{by: s.root, produced: now.Add(day), answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 true later than the skew", un(path.FromTheFuture), false, func(s *scene) bag {
			return ocsps(response{by: s.root, produced: now.Add(path.Skew), answers: []answer{s.says(ok, now.Add(2*path.Skew))}}.parse(s.t))
		}},
		{"C18 true later than it was signed", un(path.NotAuthentic), false, func(s *scene) bag {
			return ocsps(response{by: s.root, produced: now.Add(-day), answers: []answer{s.says(ok, now)}}.parse(s.t))
		}},
		{"C18 nextUpdate before thisUpdate", un(path.NotAuthentic), false, func(s *scene) bag {
			a := s.says(ok, now)
			a.next = now.Add(-day)
			return ocsps(s.ocsp(a))
		}},
		{"C18 made after the certificate ended", un(path.AfterExpiry), true, func(s *scene) bag {
			s.leaf = s.kit.leaf(s.root, valid(s.poe.Add(-day), s.poe.Add(day)))
			return ocsps(s.ocsp(s.says(ok, now)))
		}},
		{"C18 made after it ended, with archiveCutoff", un(path.AfterExpiry), true, func(s *scene) bag {
			s.leaf = s.kit.leaf(s.root, valid(s.poe.Add(-day), s.poe.Add(day)))
			a := s.says(ok, now)
			a.exts = []pkix.Extension{{Id: []int{1, 3, 6, 1, 5, 5, 7, 48, 1, 6}, Value: append([]byte{0x18, 15}, "20000101000000Z"...)}}
			return ocsps(s.ocsp(a))
		}},

		{"C19 another key", un(path.NotAuthentic), false, func(s *scene) bag {
			return crls(list{by: s.root, key: s.kit.root("root"), this: now, next: now.Add(day)}.parse(s.t))
		}},
		{"C19 forged", un(path.NotAuthentic), false, func(s *scene) bag {
			return crls(list{by: s.root, forged: true, this: now, next: now.Add(day)}.parse(s.t))
		}},
		{"C19 another issuer", un(path.NoEvidence), false, func(s *scene) bag {
			return crls(list{by: s.kit.root("other"), this: now, next: now.Add(day)}.parse(s.t))
		}},
		{"C19 no cRLSign", un(path.NotAuthentic), false, func(s *scene) bag {
			s.root = s.kit.root("root", usage(5))
			s.leaf = s.kit.leaf(s.root)
			return crls(s.crl(now))
		}},
		{"C19 user certificates only", good, false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, exts: flagScope(1)}.parse(s.t))
		}},
		{"C19 authorities only", un(path.Partial), false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, exts: flagScope(2)}.parse(s.t))
		}},
		{"C19 indirect", good, false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, exts: flagScope(4)}.parse(s.t))
		}},
		{"C19 attribute certificates only", un(path.NoEvidence), false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, exts: flagScope(5)}.parse(s.t))
		}},
		{"C19 its own part", good, false, func(s *scene) bag {
			s.leaf = s.kit.leaf(s.root, points("http://x/1.crl"))
			return crls(list{by: s.root, this: now, next: now.Add(day), exts: pointScope("http://x/1.crl")}.parse(s.t))
		}},
		{"C19 another part", un(path.Partial), false, func(s *scene) bag {
			s.leaf = s.kit.leaf(s.root, points("http://x/1.crl"))
			return crls(list{by: s.root, this: now, next: now.Add(day), exts: pointScope("http://x/2.crl")}.parse(s.t))
		}},
		{"C19 a part of a certificate that names none", un(path.Partial), false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, next: now.Add(day), exts: pointScope("http://x/1.crl")}.parse(s.t))
		}},
		{"C19 delta", un(path.Partial), false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, exts: []pkix.Extension{{Id: ce(27), Critical: true, Value: []byte{2, 1, 1}}}}.parse(s.t))
		}},
		{"C19 unknown critical", un(path.Partial), false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, exts: []pkix.Extension{{Id: ce(99), Critical: true, Value: []byte{5, 0}}}}.parse(s.t))
		}},
		{"C19 unknown critical of the entry", revoked, false, func(s *scene) bag {
			l := s.line(s.poe, 0)
			l.unknown = true
			return crls(s.crl(now, l))
		}},
		{"C19 stale", un(path.Stale), false, func(s *scene) bag { return crls(s.crl(now.Add(-3 * day))) }},
		{"C19 from the future", un(path.FromTheFuture), false, func(s *scene) bag { return crls(s.crl(now.Add(time.Hour))) }},
		{"C19 after the certificate ended", un(path.AfterExpiry), true, func(s *scene) bag {
			s.leaf = s.kit.leaf(s.root, valid(s.poe.Add(-day), s.poe.Add(day)))
			return crls(s.crl(now))
		}},
		{"C19 signed before the issuer was valid", un(path.NotAuthentic), true, func(s *scene) bag {
			s.root = s.kit.root("root", valid(s.poe.Add(day), now.AddDate(1, 0, 0)))
			s.leaf = s.kit.leaf(s.root)
			return crls(s.crl(s.poe.Add(-day)))
		}},
		{"C19 nextUpdate before thisUpdate", un(path.NotAuthentic), false, func(s *scene) bag {
			return crls(list{by: s.root, this: now, next: now.Add(-day)}.parse(s.t))
		}},
		{"the closest miss is told", un(path.Stale), false, func(s *scene) bag {
			return bag{OCSPs: []*cms.OCSP{nil, s.ocsp(s.says(ok, now.Add(-3*day))), s.ocsp(s.says(idk, now))}, CRLs: []*cms.CRL{nil}}
		}},
		{"SM2", good, false, func(s *scene) bag {
			s.root = s.kit.root("root", keyed(smKey()))
			s.leaf = s.kit.leaf(s.root, keyed(smKey()))
			return bag{OCSPs: []*cms.OCSP{s.through(s.responder(keyed(smKey())), s.says(ok, now))}, CRLs: []*cms.CRL{s.crl(now)}}
		}},
		{"SM2 revoked", revoked, false, func(s *scene) bag {
			s.root = s.kit.root("root", keyed(smKey()))
			s.leaf = s.kit.leaf(s.root, keyed(smKey()))
			return crls(s.crl(now, s.line(s.poe, 0)))
		}},
	} {
		t.Run(v.name, func(t *testing.T) {
			s := newScene(t)
			ev := v.make(s)
			o := path.RevocationOptions{Time: now}
			if v.poe {
				o.PoE = s.poe
			}
			got, err := path.Check([]*x509.Certificate{s.leaf.Certificate, s.root.Certificate}, ev, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got.Status() != got[0].Status {
				t.Fatalf("%d findings", len(got))
			}
			f := got[0]
			if (outcome{f.Status, f.Why}) != v.want {
				t.Errorf("%v %q, want %v %q", f.Status, f.Why, v.want.status, v.want.why)
			}
			if (f.Status != path.Unknown) != (f.OCSP != nil || f.CRL != nil) || (f.Status != path.Unknown) == f.ThisUpdate.IsZero() {
				t.Error("it rests on nothing, or what rests on nothing names evidence")
			}
			if f.Status == path.Revoked && f.RevokedAt.IsZero() {
				t.Error("revoked at no time")
			}
		})
	}
}

// TestRevocationOfPaths: each certificate below the anchor has a finding, and the
// anchor has none.
func TestRevocationOfPaths(t *testing.T) {
	k := &kit{t: t}
	r := k.root("root")
	sub := k.sub(r, "sub")
	leaf := k.leaf(sub)
	certs := []*x509.Certificate{leaf.Certificate, sub.Certificate, r.Certificate}
	about := func(c, i *entity, status cms.Status) *cms.OCSP {
		return response{by: i, answers: []answer{{cert: c, issuer: i, status: status, at: now.Add(-day), this: now, next: now.Add(day)}}}.parse(t)
	}
	check := func(ev path.Evidence) path.Result {
		t.Helper()
		got, err := path.Check(certs, ev, path.RevocationOptions{Time: now})
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		return got
	}
	if got := check(ocsps(about(leaf, sub, cms.StatusGood))); got.Status() != path.Unknown || got[0].Status != path.Good {
		t.Error(got)
	}
	if got := check(ocsps(about(leaf, sub, cms.StatusGood), about(sub, r, cms.StatusGood))); got.Status() != path.Good {
		t.Error(got)
	}
	if got := check(ocsps(about(sub, r, cms.StatusRevoked))); got.Status() != path.Revoked || got[0].Why != path.NoEvidence {
		t.Error(got)
	}
	got, err := path.Check(certs[2:], path.Evidence{}, path.RevocationOptions{Time: now})
	if err != nil || len(got) != 0 || got.Status() != path.Good {
		t.Error(got, err)
	}
	many := make([]*cms.OCSP, 201)
	for i := range many {
		many[i] = about(leaf, sub, cms.StatusGood)
	}
	if _, err := path.Check(certs, ocsps(many...), path.RevocationOptions{Time: now}); code(err) != path.Limit {
		t.Errorf("201 responses: %v", err)
	}
	if _, err := path.Check(certs, ocsps(make([]*cms.OCSP, path.MaxEvidence+1)...), path.RevocationOptions{Time: now}); code(err) != path.Limit {
		t.Errorf("a large bag: %v", err)
	}
}

// TestC19Algorithms: the algorithm inside a list must be the one outside (RFC 5280,
// 5.1.1.2).
func TestC19Algorithms(t *testing.T) {
	k := &kit{t: t}
	r := k.root("root")
	for inner, want := range map[*entity]bool{r: true, k.root("sm", keyed(smKey())): false} {
		_, err := cms.ParseCRL(list{by: r, inner: inner, this: now}.der())
		if (err == nil) != want {
			t.Error(err)
		}
	}
}

// TestManyAnswers: a response is about up to 100 certificates, and Check chooses the
// right one.
func TestManyAnswers(t *testing.T) {
	s := newScene(t)
	fill := func(n int) []byte {
		var all []answer
		for i := range n - 1 {
			a := s.says(cms.StatusGood, now)
			a.serial = int64(1000 + i)
			all = append(all, a)
		}
		return response{by: s.root, answers: append(all, s.revoked(now, s.poe, 4))}.der()
	}
	r, err := cms.ParseOCSP(fill(100))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != cms.StatusGood || !r.About(s.leaf.Certificate, s.root.Certificate) {
		t.Error("the first answer is not the response's")
	}
	a, signer, err := r.Find(s.leaf.Certificate, s.root.Certificate)
	if err != nil || a.Status != cms.StatusRevoked || a.Reason != 4 || signer != s.root.Certificate || r.Status != cms.StatusGood {
		t.Errorf("Find: %+v, %v", a, err)
	}
	if err := r.Check(s.leaf.Certificate, s.root.Certificate); err != nil || r.Status != cms.StatusRevoked || r.Signer != s.root.Certificate {
		t.Errorf("Check: %+v, %v", r, err)
	}
	if err := s.through(s.responder(without(ce(37))), s.says(cms.StatusGood, now)).Check(s.leaf.Certificate, s.root.Certificate); err == nil {
		t.Error("C18 a responder without the right to answer was believed")
	}
	if _, err := cms.ParseOCSP(fill(101)); err == nil {
		t.Error("101 answers were read")
	}
}
