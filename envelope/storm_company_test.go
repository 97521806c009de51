package envelope_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// deed is something that players do, as often as its weight.
type deed struct {
	name   string
	weight int
	do     func(*player)
}

// deeds are all that players do.
func deeds() []deed {
	return []deed{
		{"invite", 3, (*player).invite},
		{"open link", 1, (*player).openLink},
		{"join", 5, (*player).join},
		{"decide applicant", 5, (*player).decideApplicant},
		{"disable", 2, (*player).disable},
		{"enable", 3, (*player).enable},
		{"sub-administrator", 4, (*player).setSubAdmin},
		{"hand over", 1, (*player).handOver},
		{"purge", 4, (*player).purge},
		{"register", 4, (*player).register},
		{"make seal", 2, (*player).makeSeal},
		{"discard seal", 2, (*player).discardSeal},
		{"grant", 10, (*player).grant},
		{"take back", 4, (*player).takeBack},
		{"apply", 3, (*player).apply},
		{"decide application", 4, (*player).decideApplication},
		{"permit", 9, (*player).permit},
		{"end permission", 4, (*player).endPermission},
		{"buy", 3, (*player).buy},
		{"org step", 4, (*player).orgStep},
		{"advance", 12, (*player).advance},
		{"draft", 16, (*player).draft},
		{"change draft", 3, (*player).changeDraft},
		{"send", 26, (*player).send},
		{"open", 3, (*player).open},
		{"sign", 75, (*player).sign},
		{"sign batch", 5, (*player).signBatch},
		{"decline", 2, (*player).decline},
		{"withdraw", 2, (*player).withdraw},
		{"retract", 2, (*player).retract},
		{"remind", 2, (*player).remind},
		{"extend", 2, (*player).extend},
		{"hand on", 3, (*player).handOn},
		{"void", 3, (*player).void},
		{"template", 1, (*player).template},
		{"instantiate", 4, (*player).instantiate},
		{"step", 12, (*player).step},
		{"sweep", 1, (*player).sweep},
		{"read", 20, (*player).read},
		{"follow link", 4, (*player).followLink},
		{"lists", 8, (*player).lists},
	}
}

// found makes the two companies: one with two sub-administrators, two members and two seals, one
// with two members and a seal.
func (s *storm) found() {
	m := s.model
	for range stormPeople {
		m.live = append(m.live, -1)
	}
	for slot := range len(stormPeople) - 1 { // the last is not registered yet
		s.enrol(slot)
	}
	for i, f := range []struct{ name, code string }{{companyName, "91310115591693856A"}, {"上海示例贸易有限公司", "91310115591694867M"}} {
		boss := 6 * i
		a := s.Company(m.actor(hat{boss, -1}), f.name, f.code)
		m.firms[i] = &firm{id: a.Org, name: f.name, posts: map[int]*post{boss: {org.Active, org.MainAdmin, 1}}}
		for _, acc := range [][]int{{1, 2, 3, 4}, {1, 7}}[i] {
			who := stormPeople[acc]
			s.Member(a, m.actor(hat{acc, -1}), who.name, who.phone)
			m.firms[i].posts[acc] = &post{org.Active, org.Member, 1}
			if i == 0 && acc < 3 {
				m.firms[i].posts[acc].role = org.SubAdmin
				if err := s.Org.SetSubAdmin(s.t.Context(), a, m.accounts[acc].id, true); err != nil {
					s.t.Fatal(err)
				}
			}
		}
		for n := range 2 - i {
			info, err := s.Seals.Create(s.t.Context(), a, fmt.Sprintf("印章%d", n), seal.Spec{Style: seal.StyleOfficial, Code: "1"})
			if err != nil {
				s.t.Fatal(err)
			}
			m.seals = append(m.seals, &ownedSeal{id: info.ID, firm: i, loans: map[int]loan{}})
		}
		s.Buy(a, []string{"32", "year"}[i])
	}
}

// enrol registers a person and verifies them.
func (s *storm) enrol(slot int) {
	who := stormPeople[slot]
	a := s.Person(who.name, who.phone, who.number)
	m := s.model
	m.live[slot] = len(m.accounts)
	m.accounts = append(m.accounts, &account{slot: slot, id: a.Person})
	m.seals = append(m.seals, &ownedSeal{id: s.Signature(a), firm: -1, owner: m.live[slot]})
}

// org is the service under a key.
func (s *storm) org(key string) *org.Service {
	if key == "" {
		return s.Org
	}
	return s.Org.Once(key)
}

func (s *storm) seals(key string) *registry.Service {
	if key == "" {
		return s.Seals
	}
	return s.Seals.Once(key)
}

func (s *storm) envelopes(key string) *envelope.Service {
	if key == "" {
		return s.Envelopes
	}
	return s.Envelopes.Once(key)
}

func (p *player) invite() {
	var a org.Actor
	var slot int
	var h hat
	var want, either bool
	p.lock(func(m *model) {
		h, slot = m.admin(p.r), p.r.IntN(len(stormPeople))
		a, want = m.actor(h), m.mayDo(h, org.ActionMemberInvite) && h.firm >= 0
		if acc := m.live[slot]; want && acc >= 0 {
			post := m.firms[h.firm].posts[acc]
			want = !post.active() && (post == nil || post.state != org.Disabled)
			either = post != nil && post.state == org.Applied // neither a member nor new
		}
		p.say("%s invites %d", m.name(h), slot)
	})
	var url string
	err := p.call("Invite", func(ctx context.Context, key string) (err error) {
		url, err = p.s.org(key).Invite(ctx, a, stormPeople[slot].name, stormPeople[slot].phone)
		return err
	})
	if either {
		want = err == nil
	}
	if !p.expect(err, want) {
		return
	}
	p.lock(func(m *model) {
		for _, l := range m.links {
			if l.slot == slot && l.by.firm == h.firm {
				l.off = true
			}
		}
		if acc := m.live[slot]; acc >= 0 && m.firms[h.firm].posts[acc] != nil { // who was refused is invited again
			delete(m.firms[h.firm].posts, acc)
		}
		m.links = append(m.links, &invitation{code: lastPart(url), by: h, slot: slot, at: p.s.Clock.Now()})
	})
}

func lastPart(url string) string { return url[strings.LastIndex(url, "/")+1:] }

func (p *player) openLink() {
	var a org.Actor
	var h hat
	var want bool
	var shut *invitation
	p.lock(func(m *model) {
		h = m.admin(p.r)
		a, want = m.actor(h), m.mayDo(h, org.ActionMemberInvite) && h.firm >= 0
		p.say("%s", m.name(h))
		if l, ok := one(p.r, m.links); ok && l.slot < 0 && p.r.IntN(2) == 0 {
			shut, want = l, want && l.by.firm == h.firm
		}
	})
	if shut != nil {
		err := p.call("CloseLink", func(ctx context.Context, key string) error { return p.s.org(key).CloseLink(ctx, a, shut.id) })
		if p.expect(err, want) {
			p.lock(func(*model) { shut.off = true })
		}
		return
	}
	var url string
	var info org.LinkInfo
	err := p.call("CreateLink", func(ctx context.Context, key string) (err error) {
		url, info, err = p.s.org(key).CreateLink(ctx, a, org.LinkTerms{})
		return err
	})
	if p.expect(err, want) {
		p.lock(func(m *model) {
			m.links = append(m.links, &invitation{code: lastPart(url), id: info.ID, by: h, slot: -1, at: p.s.Clock.Now()})
		})
	}
}

// code sends a code to a phone and reads it there.
func (p *player) code(phone string, purpose org.Purpose) (secret.Text, error) {
	err := p.call("SendCode", func(ctx context.Context, key string) error { return p.s.org(key).SendCode(ctx, phone, purpose) })
	return secret.New(p.s.Sandbox.Code(phone)), err
}

func (p *player) join() {
	var l *invitation
	var h hat
	var a org.Actor
	var may bool
	p.lock(func(m *model) {
		var ok bool
		if l, ok = one(p.r, m.links[max(0, len(m.links)-4):]); !ok {
			return
		}
		h = hat{p.r.IntN(len(m.accounts)), -1}
		if l.slot >= 0 && p.r.IntN(6) > 0 && m.live[l.slot] >= 0 {
			h.acc = m.live[l.slot]
		}
		a = m.actor(h)
		p.say("%s joins by the link of %s", m.name(h), m.name(l.by))
	})
	if l == nil {
		return
	}
	var phone string
	p.lock(func(m *model) { phone = m.person(h.acc).phone })
	code, err := p.code(phone, org.PurposeJoin)
	if err != nil {
		return
	}
	p.lock(func(m *model) {
		post := m.firms[l.by.firm].posts[h.acc]
		now := p.s.Clock.Now()
		may = !m.accounts[h.acc].gone && !l.used && !l.off && (l.slot < 0 || m.live[l.slot] == h.acc) && now.Before(l.at.Add(7*24*time.Hour)) &&
			m.mayDo(l.by, org.ActionMemberInvite) && (post == nil || post.state == org.Rejected)
	})
	err = p.call("Join", func(ctx context.Context, key string) error { return p.s.org(key).Join(ctx, a, l.code, code) })
	if !p.expect(err, may && err == nil) { // whether they must be let in is not the model's
		return
	}
	p.lock(func(m *model) {
		l.used = l.slot >= 0
		f := m.firms[l.by.firm]
		if f.posts[h.acc] == nil {
			f.posts[h.acc] = &post{}
		}
		f.posts[h.acc].state, f.posts[h.acc].role = org.Applied, org.Member
		if l.slot < 0 { // a direct invitation to the same phone is used up too
			for _, other := range m.links {
				other.off = other.off || other.slot == m.accounts[h.acc].slot && other.by.firm == l.by.firm
			}
		}
	})
}

// staff is a command of an administrator on a member.
func (p *player) staff(what string, right org.Action, call func(s *org.Service, ctx context.Context, a org.Actor, who org.PersonID) error,
	allowed func(h hat, by, whom *post) bool, effect func(h hat, by, whom *post)) {
	var a org.Actor
	var who org.PersonID
	var h, target hat
	var want bool
	p.lock(func(m *model) {
		h = m.admin(p.r)
		target = hat{m.member(p.r, h.firm), h.firm}
		a, who = m.actor(h), m.accounts[target.acc].id
		whom := m.post(target)
		want = h.firm >= 0 && m.mayDo(h, right) && whom != nil && allowed(target, m.post(h), whom) && (what != "Disable" || h.acc != target.acc)
		m.possible("member", target, -1)
		m.possible("admin", target, -1)
		p.say("%s on %s", m.name(h), m.name(target))
	})
	err := p.call(what, func(ctx context.Context, key string) error { return call(p.s.org(key), ctx, a, who) })
	if p.expect(err, want) {
		p.lock(func(m *model) {
			if by, whom := m.post(h), m.post(target); by != nil && whom != nil {
				effect(target, by, whom)
			}
		})
	}
}

func (p *player) decideApplicant() {
	applied := func(_ hat, _, whom *post) bool { return whom.state == org.Applied }
	if p.r.IntN(6) == 0 {
		p.staff("Reject", org.ActionMemberApprove, (*org.Service).Reject, applied, func(_ hat, _, whom *post) { whom.state = org.Rejected })
		return
	}
	p.staff("Approve", org.ActionMemberApprove, (*org.Service).Approve, applied, func(_ hat, _, whom *post) {
		whom.state, whom.tenure = org.Active, whom.tenure+1
	})
}

func (p *player) disable() {
	p.staff("Disable", org.ActionMemberDisable, (*org.Service).Disable, func(_ hat, by, whom *post) bool {
		return whom.active() && whom.role != org.MainAdmin && (whom.role != org.SubAdmin || by.role == org.MainAdmin)
	}, func(_ hat, _, whom *post) { whom.state = org.Disabled })
}

func (p *player) enable() {
	p.staff("Enable", org.ActionMemberDisable, (*org.Service).Enable, func(_ hat, _, whom *post) bool { return whom.state == org.Disabled },
		func(_ hat, _, whom *post) { whom.state, whom.role, whom.tenure = org.Active, org.Member, whom.tenure+1 })
}

func (p *player) setSubAdmin() {
	on := p.r.IntN(3) > 0
	p.say("%t", on)
	p.staff("SetSubAdmin", org.ActionMemberRole, func(s *org.Service, ctx context.Context, a org.Actor, who org.PersonID) error {
		return s.SetSubAdmin(ctx, a, who, on)
	}, func(_ hat, _, whom *post) bool { return whom.active() && whom.role != org.MainAdmin }, func(_ hat, _, whom *post) {
		whom.role = org.Member
		if on {
			whom.role = org.SubAdmin
		}
	})
}

func (p *player) handOver() {
	p.staff("HandOver", org.ActionCompanyHandOver, (*org.Service).HandOver, func(_ hat, by, whom *post) bool { return whom.active() && whom != by },
		func(_ hat, by, whom *post) { by.role, whom.role = org.Member, org.MainAdmin })
}

func (p *player) purge() {
	var a org.Actor
	var acc int
	var phone string
	want, few := true, false
	p.lock(func(m *model) {
		acc = p.r.IntN(len(m.accounts))
		alive := 0
		for _, q := range m.accounts {
			if !q.gone {
				alive++
			}
		}
		few = alive < 8 || m.accounts[acc].gone
		a, phone = m.actor(hat{acc, -1}), m.person(acc).phone
		for _, f := range m.firms {
			want = want && f.main() != acc
		}
		p.say("%s", m.name(hat{acc, -1}))
	})
	if few {
		return
	}
	code, err := p.code(phone, org.PurposePurge)
	if err != nil {
		return
	}
	// It takes no key: a purge that failed after its commit is found done.
	err = p.call("Purge", func(ctx context.Context, _ string) error { return p.s.Org.Purge(ctx, a, code) })
	if p.hit && err != nil {
		if _, perr := p.s.Org.Editions(p.s.t.Context(), a.Person); perr != nil {
			err = nil
		}
	}
	if p.expect(err, want) {
		p.lock(func(m *model) {
			m.accounts[acc].gone = true
			if m.live[m.accounts[acc].slot] == acc {
				m.live[m.accounts[acc].slot] = -1
			}
			for _, f := range m.firms {
				delete(f.posts, acc)
			}
		})
	}
}

// register lets a person who has no account register, perhaps again. It is another person then.
func (p *player) register() {
	if !p.s.exact() {
		return
	}
	slot := p.r.IntN(len(stormPeople))
	for n := range stormPeople {
		if p.s.model.live[slot] >= 0 {
			slot = n
		}
	}
	if p.s.model.live[slot] < 0 {
		p.s.Clock.Advance(25 * time.Hour)
		p.s.enrol(slot)
		p.say("%s", p.s.model.name(hat{len(p.s.model.accounts) - 1, -1}))
	}
}

func (p *player) buy() {
	var a org.Actor
	var want bool
	p.lock(func(m *model) {
		h := m.admin(p.r)
		a, want = m.actor(h), h.firm >= 0 && m.mayDo(h, org.ActionBillingBuy)
		p.say("%s", m.name(h))
	})
	what := "year"
	if b, err := p.s.Billing.Balance(p.s.t.Context(), a); err == nil && b.Free < 5 && p.r.IntN(2) == 0 {
		what = "32"
	}
	var o billing.Order
	err := p.call("Buy", func(ctx context.Context, key string) (err error) {
		svc := p.s.Billing
		if key != "" {
			svc = svc.Once(key)
		}
		o, err = svc.Buy(ctx, a, what, billing.WeChat)
		return err
	})
	if !p.expect(err, want) || p.r.IntN(8) == 0 {
		return
	}
	if err := p.call("pay", func(ctx context.Context, _ string) error { return p.s.Sandbox.Pass(ctx, o.QR) }); err != nil && p.s.exact() {
		p.s.fail("a payment is not taken: %v", err)
	}
}

// orgStep does what org has to do. The CA counts seconds: a certificate that is revoked in the
// second of its last signature was revoked before it.
func (p *player) orgStep() {
	p.s.Clock.Advance(time.Second)
	_ = p.call("org.Step", func(ctx context.Context, _ string) error { _, err := p.s.Org.Step(ctx); return err })
}

// advance moves the clock: usually a little, sometimes by days.
func (p *player) advance() {
	d := time.Duration(1+p.r.IntN(50)) * time.Second
	switch n := p.r.IntN(40); {
	case n == 0 && p.s.exact():
		d *= 34_560 // up to 20 days
	case n < 4 && p.s.exact():
		d *= 3600
	case n < 16:
		d *= 120
	}
	p.say("%v", d)
	p.s.Clock.Advance(d)
}
