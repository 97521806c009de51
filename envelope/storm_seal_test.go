package envelope_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// The commands of a storm on seals, grants, applications and permissions.

func (p *player) makeSeal() {
	var a org.Actor
	var h hat
	var want bool
	many := 0
	p.lock(func(m *model) {
		h = m.admin(p.r)
		for _, q := range m.seals {
			if q.firm == h.firm && !q.gone && (h.firm >= 0 || q.owner == h.acc) {
				many++
			}
		}
		a, want = m.actor(h), m.mayDo(h, org.ActionSealCreate)
		p.say("%s", m.name(h))
	})
	if many > 3 {
		return
	}
	spec := seal.Spec{Style: seal.StyleOfficial, Code: "1"}
	if h.firm < 0 {
		spec = seal.Spec{}
	}
	name := fmt.Sprintf("印章-%d", p.s.keys.Add(1))
	var info registry.Info
	err := p.call("Create", func(ctx context.Context, key string) (err error) {
		info, err = p.s.seals(key).Create(ctx, a, name, spec)
		return err
	})
	if p.expect(err, want) {
		p.lock(func(m *model) {
			m.seals = append(m.seals, &ownedSeal{id: info.ID, firm: h.firm, owner: h.acc, loans: map[int]loan{}})
		})
	}
}

func (p *player) discardSeal() {
	var a org.Actor
	var q *ownedSeal
	var want, last, either bool
	p.lock(func(m *model) {
		h := m.admin(p.r)
		q = m.seals[m.sealOf(p.r, h.firm)]
		if q.firm < 0 && p.r.IntN(2) == 0 {
			h = hat{q.owner, -1}
		}
		others := 0
		for _, o := range m.seals {
			if o != q && o.firm == q.firm && !o.gone && (q.firm >= 0 || o.owner == q.owner) {
				others++
			}
		}
		last = others == 0
		a, want = m.actor(h), m.mayDo(h, org.ActionSealCreate) && q.firm == h.firm && (h.firm >= 0 || q.owner == h.acc)
		either = q.firm < 0 && q.owner == h.acc && h.firm >= 0 // their own, in a company's edition
		p.say("%s, seal %d", m.name(h), m.sealIndex(q.id))
	})
	if last {
		return
	}
	err := p.call("Discard", func(ctx context.Context, key string) error { return p.s.seals(key).Discard(ctx, a, q.id) })
	if p.expect(err, want || either && err == nil) {
		p.lock(func(*model) { q.gone = true })
	}
}

// period returns a time for which a seal is lent: without end, now, later, or one that is over.
func (p *player) period(now time.Time) registry.Period {
	hours := time.Duration(1+p.r.IntN(60)) * time.Hour
	switch p.r.IntN(6) {
	case 0:
		return registry.Period{To: now.Add(hours)}
	case 1:
		return registry.Period{From: now.Add(time.Hour), To: now.Add(time.Hour + hours)}
	case 2:
		return registry.Period{From: now.Add(-hours), To: now.Add(time.Minute - hours/2)}
	case 3:
		return registry.Period{From: now.Add(-hours), To: now.Add(hours)}
	}
	return registry.Period{}
}

// begun fills in the beginning of a period, and reports whether it is good now (M49).
func begun(q registry.Period, now time.Time) (registry.Period, bool) {
	if q.From.IsZero() {
		q.From = now
	}
	return q, q.To.IsZero() || q.From.Before(q.To) && now.Before(q.To)
}

func (p *player) grant() {
	var a org.Actor
	var h, to hat
	var seal int
	var want bool
	now := p.s.Clock.Now()
	period := p.period(now)
	full, good := begun(period, now)
	var id registry.SealID
	var who org.PersonID
	p.lock(func(m *model) {
		h = m.admin(p.r)
		seal, to = m.sealOf(p.r, h.firm), hat{m.member(p.r, h.firm), h.firm}
		q := m.seals[seal]
		a, id, who = m.actor(h), q.id, m.accounts[to.acc].id
		want = h.firm >= 0 && m.mayDo(h, org.ActionSealGrant) && q.firm == h.firm && !q.gone && m.post(to).active() && good
		m.possible("loan", to, seal)
		p.say("%s lends seal %d to %s, %v", m.name(h), seal, m.name(to), period)
	})
	err := p.call("Grant", func(ctx context.Context, key string) error { return p.s.seals(key).Grant(ctx, a, id, who, period) })
	if p.expect(err, want) {
		p.lend(seal, to, full)
	}
}

// lend notes a grant that was made.
func (p *player) lend(seal int, to hat, period registry.Period) {
	p.lock(func(m *model) {
		if post := m.post(to); post != nil && m.seals[seal].loans != nil {
			m.seals[seal].loans[to.acc] = loan{period, post.tenure}
		}
	})
}

func (p *player) takeBack() {
	var a org.Actor
	var q *ownedSeal
	var acc int
	var who org.PersonID
	var want, either bool
	p.lock(func(m *model) {
		h := m.admin(p.r)
		q, acc = m.seals[m.sealOf(p.r, h.firm)], m.member(p.r, h.firm)
		a, who = m.actor(h), m.accounts[acc].id
		want = h.firm >= 0 && m.mayDo(h, org.ActionSealGrant) && q.firm == h.firm
		either = q.gone
		p.say("%s takes seal %d from %s", m.name(h), m.sealIndex(q.id), m.name(hat{acc, h.firm}))
	})
	err := p.call("Revoke", func(ctx context.Context, key string) error { return p.s.seals(key).Revoke(ctx, a, q.id, who) })
	if p.expect(err, want && (!either || err == nil)) {
		p.lock(func(*model) { delete(q.loans, acc) })
	}
}

func (p *player) apply() {
	var a org.Actor
	var h hat
	var seal int
	var want bool
	var id registry.SealID
	now := p.s.Clock.Now()
	period := p.period(now)
	_, good := begun(period, now)
	p.lock(func(m *model) {
		h = m.anyHat(p.r)
		seal = m.sealOf(p.r, h.firm)
		q := m.seals[seal]
		a, id = m.actor(h), q.id
		want = h.firm >= 0 && m.mayDo(h, org.ActionSealApply) && q.firm == h.firm && !q.gone && good
		for _, o := range m.asked {
			want = want && !(o.acc == h.acc && o.seal == seal && o.state == registry.Pending)
		}
		p.say("%s asks for seal %d, %v", m.name(h), seal, period)
	})
	var app registry.Application
	err := p.call("Apply", func(ctx context.Context, key string) (err error) {
		app, err = p.s.seals(key).Apply(ctx, a, id, "合同", period)
		return err
	})
	if p.expect(err, want) {
		p.lock(func(m *model) {
			m.asked = append(m.asked, &asking{id: app.ID, firm: h.firm, acc: h.acc, seal: seal, period: period, state: registry.Pending})
		})
	}
}

func (p *player) decideApplication() {
	var o *asking
	var a org.Actor
	var h hat
	var want bool
	to := registry.Approved
	if p.r.IntN(5) == 0 {
		to = registry.Refused
	}
	now := p.s.Clock.Now()
	p.lock(func(m *model) {
		var ok bool
		if o, ok = one(p.r, m.asked[max(0, len(m.asked)-5):]); !ok {
			return
		}
		if h = m.admin(p.r); p.r.IntN(4) == 0 {
			h = hat{o.acc, o.firm} // their own (T6)
		}
		a = m.actor(h)
		q := m.seals[o.seal]
		_, good := begun(o.period, now)
		switch want = h.firm == o.firm && m.mayDo(h, org.ActionSealGrant); {
		case !want || o.state == to:
		case o.state != registry.Pending, o.acc == h.acc && m.post(h).role != org.MainAdmin:
			want = false
		case to == registry.Approved:
			want = !q.gone && m.post(hat{o.acc, o.firm}).active() && good
		}
		m.possible("loan", hat{o.acc, o.firm}, o.seal)
		p.say("%s on that of %s for seal %d, %v", m.name(h), m.name(hat{o.acc, o.firm}), o.seal, o.state)
	})
	if o == nil {
		return
	}
	what, do := "Approve seal", (*registry.Service).Approve
	if to == registry.Refused {
		what, do = "Refuse seal", (*registry.Service).Refuse
	}
	err := p.call(what, func(ctx context.Context, key string) error { _, err := do(p.s.seals(key), ctx, a, o.id); return err })
	if !p.expect(err, want) {
		return
	}
	was := o.state
	p.lock(func(*model) { o.state = to })
	if to == registry.Approved && was == registry.Pending {
		full, _ := begun(o.period, p.s.Clock.Now())
		p.lend(o.seal, hat{o.acc, o.firm}, full)
	}
}

func (p *player) permit() {
	var a org.Actor
	var want bool
	now := p.s.Clock.Now()
	q := &silent{times: 1 + p.r.IntN(6)/4, until: now.Add(time.Duration(1+p.r.IntN(2000)) * time.Hour)}
	terms := envelope.PermissionTerms{Times: q.times, Until: q.until}
	p.lock(func(m *model) {
		h := m.admin(p.r)
		q.by, q.firm, q.seal = h.acc, h.firm, m.sealOf(p.r, h.firm)
		a, terms.Seal = m.actor(h), m.seals[q.seal].id
		want = h.firm >= 0 && m.mayDo(h, org.ActionSealGrant) && m.mayUse(h, q.seal, now) && m.seals[q.seal].firm >= 0
		for i := range 1 + p.r.IntN(3) {
			acc := m.member(p.r, h.firm)
			if i == 0 && p.r.IntN(2) == 0 {
				acc = h.acc // who gives it sends too
			}
			q.senders = append(q.senders, acc)
			terms.Senders = append(terms.Senders, m.accounts[acc].id)
			want = want && m.post(hat{acc, h.firm}).active()
		}
		if post := m.post(h); post != nil {
			q.tenure = post.tenure
		}
		p.say("%s permits %v to send with seal %d until %v", m.name(h), q.senders, q.seal, q.until)
	})
	var made envelope.Permission
	err := p.call("Permit", func(ctx context.Context, key string) (err error) {
		made, err = p.s.envelopes(key).Permit(ctx, a, terms)
		return err
	})
	if p.expect(err, want) {
		p.lock(func(m *model) { q.id = made.ID; m.silents = append(m.silents, q) })
	}
}

func (p *player) endPermission() {
	var q *silent
	var a org.Actor
	var want bool
	p.lock(func(m *model) {
		var ok bool
		if q, ok = one(p.r, m.silents); !ok {
			return
		}
		h := m.admin(p.r)
		a, want = m.actor(h), h.firm == q.firm && m.mayDo(h, org.ActionSealGrant)
		p.say("%s", m.name(h))
	})
	if q == nil {
		return
	}
	err := p.call("Revoke permission", func(ctx context.Context, key string) error { return p.s.envelopes(key).Revoke(ctx, a, q.id) })
	if p.expect(err, want) {
		p.lock(func(*model) { q.revoked = true })
	}
}
