package envelope_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// The commands of a storm by those who draft and send, and of the platform.

// stormPage is an A4 page.
var stormPage = sync.OnceValues(func() ([]byte, error) {
	p, err := report.New("合同", "第一份")
	if err != nil {
		return nil, err
	}
	p.Text("甲方向乙方采购货物。")
	return p.Bytes()
})

func (p *player) files() []envelope.Upload {
	page, err := stormPage()
	if err != nil {
		p.s.fail("%v", err)
	}
	out := []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page)}}
	if p.r.IntN(5) == 0 {
		out = append(out, envelope.Upload{Name: "附件.pdf", Content: bytes.NewReader(page)})
	}
	return out
}

// places are the boxes of a party: a signature on the left, a seal on the right.
func places(party int, sign, stamp bool) (out []envelope.Box) {
	y := 60 + 65*float64(party)
	if sign {
		out = append(out, box(envelope.SignatureBox, 50, y))
	}
	if stamp {
		out = append(out, box(envelope.SealBox, 140, y))
	}
	return out
}

// contents makes what a sender fills in.
func (p *player) contents(m *model, h hat) envelope.NewDraft {
	now := p.s.Clock.Now()
	d := envelope.NewDraft{Subject: fmt.Sprintf("合同 %d", p.s.keys.Add(1)), Ordered: p.r.IntN(2) == 0, AllowExtra: p.r.IntN(4) == 0}
	d.Methods = []envelope.Methods{0, envelope.ByPassword, envelope.ByPassword, envelope.ByPassword | envelope.ByCode, envelope.ByFace}[p.r.IntN(5)]
	if p.r.IntN(3) == 0 {
		d.Deadline = now.Add(time.Duration(1+p.r.IntN(100)) * time.Hour)
	}
	if p.r.IntN(12) == 0 {
		d.Reading = time.Minute
	}
	named := map[string]bool{}
	for i := range 1 + p.r.IntN(3) {
		g := p.party(m, h, i, d.Ordered)
		for n := 0; n < 5 && named[g.Phone+g.Silent]; n++ {
			g = p.party(m, h, i, d.Ordered)
		}
		named[g.Phone+g.Silent] = true
		d.Signers = append(d.Signers, g)
	}
	switch n := p.r.IntN(30); {
	case n == 0:
		d.Signers = nil // half filled in
	case n < 8 && !d.Ordered: // one of them signs (或签)
		for i := range d.Signers {
			d.Signers[i].Stage, d.Signers[i].Group = 0, 1
		}
	}
	for range max(0, p.r.IntN(6)-4) {
		c := hat{p.r.IntN(len(m.accounts)), p.r.IntN(3) - 1}
		who := m.person(c.acc)
		d.CopyTo = append(d.CopyTo, envelope.CopyTo{Name: who.name, Phone: who.phone, Company: m.company(c), Download: p.r.IntN(2) == 0, AtSend: p.r.IntN(2) == 0})
	}
	return d
}

// party names a signer: usually one who can sign.
func (p *player) party(m *model, h hat, i int, ordered bool) envelope.Signer {
	g := envelope.Signer{Kind: envelope.Person, Boxes: places(i, true, false)}
	if !ordered {
		g.Stage, g.Group = p.r.IntN(2), p.r.IntN(8)/7
	}
	who := stormPeople[p.r.IntN(len(stormPeople))]
	switch kind := p.r.IntN(6); {
	case kind <= 1 && h.firm >= 0 && len(m.silents) > 0:
		q, _ := one(p.r, m.silents)
		for _, n := range p.r.Perm(len(m.silents)) { // one under which they may send, if there is one
			if o := m.silents[n]; o.firm == h.firm && slices.Contains(o.senders, h.acc) && (!o.revoked || p.r.IntN(4) == 0) {
				q = o
			}
		}
		return envelope.Signer{Kind: envelope.Member, Silent: q.id, Stage: g.Stage, Boxes: places(i, false, true)}
	case kind <= 3:
		f := p.r.IntN(4) / 3
		acc := m.member(p.r, f)
		who = m.person(acc)
		g.Kind, g.Company, g.Boxes = envelope.Company, m.firms[f].name, places(i, p.r.IntN(2) == 0, true)
	case kind == 4 && h.firm >= 0:
		who = m.person(m.member(p.r, h.firm))
		g.Kind, g.Boxes = envelope.Member, places(i, true, p.r.IntN(2) == 0)
	}
	if g.Name, g.Phone = who.name, who.phone; p.r.IntN(40) == 0 {
		g.Name = "冒名"
	}
	if p.r.IntN(10) == 0 {
		g.Boxes = nil // they place their own
	}
	return g
}

// pick returns an envelope, by taste one that fits; nil if there is none. A single player knows
// them all from the judge; several look.
func (p *player) pick(fits func(e *envelope.Record) bool) *envelope.Record {
	const latest = 30
	var all []*envelope.Record
	for _, id := range p.s.judge.order {
		all = append(all, &p.s.judge.seen[id].rec)
	}
	if !p.s.exact() {
		if recs, err := p.s.judge.records(); err == nil {
			all = nil
			for i := range recs {
				all = append(all, &recs[i])
			}
		}
	}
	all = all[max(0, len(all)-latest):]
	if len(all) == 0 {
		return nil
	}
	var e *envelope.Record
	for range 15 {
		if e = all[p.r.IntN(len(all))]; fits(e) {
			break
		}
	}
	return e
}

// sender is usually who sent an envelope.
func (p *player) sender(m *model, e *envelope.Record) hat {
	if h, ok := m.hatOf(e.Sender); ok && p.r.IntN(8) > 0 {
		return h
	}
	return m.anyHat(p.r)
}

// promise notes that a command was told that something is done.
func (p *player) promise(id envelope.ID, kind envelope.EventKind, a org.Actor) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.judge.promised = append(p.s.judge.promised, promise{id, kind, a})
}

func (p *player) draft() {
	var d envelope.NewDraft
	var h hat
	var a org.Actor
	var want bool
	p.lock(func(m *model) {
		h = m.anyHat(p.r)
		if q, ok := one(p.r, m.silents); ok && p.r.IntN(2) == 0 {
			h = hat{q.senders[p.r.IntN(len(q.senders))], q.firm}
		}
		d, a, want = p.contents(m, h), m.actor(h), m.mayDo(h, org.ActionEnvelopeCreate)
		p.say("%s: %s", m.name(h), d.Subject)
	})
	seed := p.r.Uint64()
	var made *envelope.Envelope
	err := p.call("CreateDraft", func(ctx context.Context, key string) (err error) {
		d.Files = p.again(seed).files()
		made, err = p.s.envelopes(key).CreateDraft(ctx, a, d)
		return err
	})
	if p.expect(err, want && err == nil) { // what it holds may be refused
		p.promise(made.ID, envelope.EventDrafted, a)
	}
}

// again is a player who makes the same choices each time.
func (p *player) again(seed uint64) *player {
	q := *p
	q.r = newRand(seed)
	return &q
}

func (p *player) changeDraft() {
	var d envelope.NewDraft
	var id envelope.ID
	var a org.Actor
	var mine bool
	p.lock(func(m *model) {
		e := p.pick(func(e *envelope.Record) bool { return e.Status == envelope.Draft })
		if e == nil {
			return
		}
		h := p.sender(m, e)
		id, a, d = e.ID, m.actor(h), p.contents(m, h)
		mine = a == e.Sender && m.mayDo(h, org.ActionEnvelopeCreate)
		p.say("%s on %s", m.name(h), e.Subject)
	})
	if id == "" {
		return
	}
	switch p.r.IntN(3) {
	case 0:
		err := p.call("SaveDraft", func(ctx context.Context, key string) error {
			_, err := p.s.envelopes(key).SaveDraft(ctx, a, id, d)
			return err
		})
		p.expect(err, err == nil && mine)
	case 1:
		err := p.call("CopyDraft", func(ctx context.Context, key string) error {
			_, err := p.s.envelopes(key).CopyDraft(ctx, a, id)
			return err
		})
		p.expect(err, err == nil && mine)
	default:
		err := p.call("DeleteDraft", func(ctx context.Context, key string) error { return p.s.envelopes(key).DeleteDraft(ctx, a, id) })
		if p.expect(err, err == nil && mine) {
			p.promise(id, "", a)
		}
	}
}

func (p *player) send() {
	var id envelope.ID
	var a org.Actor
	var mine bool
	p.lock(func(m *model) {
		e := p.pick(func(e *envelope.Record) bool { return e.Status == envelope.Draft })
		if e == nil {
			return
		}
		h := p.sender(m, e)
		id, a = e.ID, m.actor(h)
		mine = a == e.Sender && m.mayDo(h, org.ActionEnvelopeSend)
		p.say("%s sends %s", m.name(h), e.Subject)
	})
	if id == "" {
		return
	}
	err := p.call("Send", func(ctx context.Context, key string) error {
		_, err := p.s.envelopes(key).Send(ctx, a, id)
		return err
	})
	if p.expect(err, err == nil && mine) {
		p.promise(id, envelope.EventSent, a)
	}
}

// order is a command of the sender.
func (p *player) order(what string, kind envelope.EventKind, fits func(e *envelope.Record) bool, want func(e *envelope.Record, a org.Actor) bool,
	do func(s *envelope.Service, ctx context.Context, a org.Actor, e *envelope.Record) error) {
	var e envelope.Record
	var a org.Actor
	var allowed, mine bool
	p.lock(func(m *model) {
		seen := p.pick(fits)
		if seen == nil {
			return
		}
		e = *seen
		h := p.sender(m, &e)
		a = m.actor(h)
		mine = a == e.Sender && m.mayDo(h, org.ActionEnvelopeSend)
		allowed = mine && want(&e, a)
		p.say("%s, %s", m.name(h), e.Subject)
	})
	if e.ID == "" {
		return
	}
	err := p.call(what, func(ctx context.Context, key string) error { return do(p.s.envelopes(key), ctx, a, &e) })
	if p.expect(err, allowed || err == nil && mine) && kind != "" {
		p.promise(e.ID, kind, a)
	}
}

func (p *player) withdraw() {
	p.order("Withdraw", envelope.EventWithdrawn, waits, func(e *envelope.Record, _ org.Actor) bool {
		return e.Status == envelope.Draft || e.Status == envelope.InProgress
	}, func(s *envelope.Service, ctx context.Context, a org.Actor, e *envelope.Record) error {
		return s.Withdraw(ctx, a, e.ID, "改主意")
	})
}

func (p *player) remind() {
	never := func(*envelope.Record, org.Actor) bool { return false }
	n := p.r.IntN(6)
	p.order("Remind", envelope.EventReminded, waits, never, func(s *envelope.Service, ctx context.Context, a org.Actor, e *envelope.Record) error {
		return s.Remind(ctx, a, e.ID, 1+n%max(1, len(e.Parties)))
	})
}

func (p *player) extend() {
	until := p.s.Clock.Now().Add(time.Duration(p.r.IntN(200)) * time.Hour)
	p.order("Extend", envelope.EventExtended, func(e *envelope.Record) bool { return waits(e) && !e.Deadline.IsZero() }, func(e *envelope.Record, _ org.Actor) bool {
		now := p.s.Clock.Now()
		return e.Status == envelope.InProgress && !e.Deadline.IsZero() && now.Before(e.Deadline) && until.After(e.Deadline)
	}, func(s *envelope.Service, ctx context.Context, a org.Actor, e *envelope.Record) error {
		return s.Extend(ctx, a, e.ID, until)
	})
}

func (p *player) void() {
	p.order("Void", "", func(e *envelope.Record) bool { return e.Status == envelope.Completed }, func(*envelope.Record, org.Actor) bool { return false },
		func(s *envelope.Service, ctx context.Context, a org.Actor, e *envelope.Record) error {
			_, err := s.Void(ctx, a, e.ID, "不再履行")
			return err
		})
}

func (p *player) template() {
	var a org.Actor
	var h hat
	var want bool
	p.lock(func(m *model) {
		h = m.anyHat(p.r)
		a, want = m.actor(h), m.mayDo(h, org.ActionEnvelopeCreate)
		p.say("%s", m.name(h))
	})
	seed := p.r.Uint64()
	var made *envelope.Template
	err := p.call("CreateTemplate", func(ctx context.Context, key string) (err error) {
		made, err = p.s.envelopes(key).CreateTemplate(ctx, a, envelope.NewTemplate{Name: "模板", Subject: "劳动合同", Files: p.again(seed).files(),
			Methods: envelope.ByPassword, Roles: []envelope.Role{{Name: "甲方", Kind: envelope.Company, Boxes: places(0, false, true)},
				{Name: "乙方", Kind: envelope.Person, Stage: 1, Boxes: places(1, true, false)}}})
		return err
	})
	if p.expect(err, want) {
		p.s.mu.Lock()
		p.s.judge.templates = append(p.s.judge.templates, stormTemplate{made.ID, a})
		p.s.mu.Unlock()
	}
}

func (p *player) instantiate() {
	var t stormTemplate
	var a org.Actor
	in := envelope.Instance{Key: fmt.Sprint(p.s.keys.Add(1)), Send: p.r.IntN(4) > 0, Roles: map[string]envelope.Filler{}}
	p.lock(func(m *model) {
		var ok bool
		if t, ok = one(p.r, p.s.judge.templates); !ok {
			return
		}
		f := p.r.IntN(4) / 3
		first, second := m.person(m.member(p.r, f)), stormPeople[p.r.IntN(len(stormPeople))]
		in.Roles["甲方"] = envelope.Filler{Name: first.name, Phone: first.phone, Company: m.firms[f].name}
		in.Roles["乙方"] = envelope.Filler{Name: second.name, Phone: second.phone}
		if a = t.by; p.r.IntN(8) == 0 {
			a = m.actor(m.anyHat(p.r))
		}
	})
	if t.id == "" {
		return
	}
	err := p.call("Instantiate", func(ctx context.Context, _ string) error {
		_, err := p.s.Envelopes.Instantiate(ctx, a, t.id, in)
		return err
	})
	p.expect(err, err == nil && a == t.by)
}

func (p *player) step() {
	_ = p.call("Step", func(ctx context.Context, _ string) error { _, err := p.s.Envelopes.Step(ctx); return err })
}

// sweep deletes the blobs that nothing names. The grace is longer than a clock can jump while
// others upload.
func (p *player) sweep() {
	before := p.s.Clock.Now().Add(-time.Hour)
	if !p.s.exact() {
		before = before.Add(-72 * time.Hour)
	}
	_ = p.call("Sweep", func(ctx context.Context, _ string) error {
		keep, err := p.s.Envelopes.Keeper(ctx)
		if err != nil {
			return err
		}
		_, err = store.Sweep(ctx, p.s.Blobs, func(ctx context.Context, d store.Digest) (bool, error) {
			for _, keep := range []func(context.Context, store.Digest) (bool, error){keep, p.s.Org.Upkeep().Keeps, p.s.Seals.Keeps} {
				if kept, err := keep(ctx, d); kept || err != nil {
					return kept, err
				}
			}
			return false, nil
		}, before)
		return err
	})
}
