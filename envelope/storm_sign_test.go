package envelope_test

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

// The commands of a storm by those who sign.

func (p *player) open() {
	var id envelope.ID
	var a org.Actor
	p.lock(func(m *model) {
		e := p.pick(func(e *envelope.Record) bool { return e.Status == envelope.InProgress && e.Reading > 0 })
		if e == nil {
			return
		}
		h, _ := p.signer(m, e)
		id, a = e.ID, m.actor(h)
		p.say("%s opens %s", m.name(h), e.Subject)
	})
	if id == "" {
		return
	}
	if err := p.call("MarkOpened", func(ctx context.Context, key string) error { return p.s.envelopes(key).MarkOpened(ctx, a, id) }); err == nil {
		p.promise(id, envelope.EventOpened, a)
	}
}

// signer returns who may sign an envelope now, usually, and their party.
func (p *player) signer(m *model, e *envelope.Record) (hat, int) {
	if p.r.IntN(10) > 0 {
		for _, n := range p.r.Perm(3 * len(m.accounts)) {
			h := hat{n / 3, n%3 - 1}
			if i := m.partyOf(h, e); i >= 0 && e.Parties[i].State == envelope.Active && !m.accounts[h.acc].gone {
				return h, i
			}
		}
	}
	h := m.heir(p.r, e)
	return h, m.partyOf(h, e)
}

// waits reports whether somebody has to sign an envelope.
func waits(e *envelope.Record) bool { return e.Status == envelope.InProgress }

// choose returns what somebody signs with, and whether they may use all of it now.
func (p *player) choose(m *model, h hat, e *envelope.Record, party int) (c envelope.Choice, right bool) {
	now := p.s.Clock.Now()
	right = true
	for _, i := range p.r.Perm(len(m.seals)) {
		q := m.seals[i]
		if q.firm < 0 && q.owner == h.acc && !q.gone && c.Signature == "" {
			c.Signature = q.id
		}
		if q.firm == h.firm && h.firm >= 0 && m.mayUse(h, i, now) && c.Seal == "" {
			c.Seal = q.id
		}
	}
	if i := m.sealOf(p.r, h.firm); c.Seal == "" && h.firm >= 0 || p.r.IntN(6) == 0 {
		c.Seal, right = m.seals[i].id, m.mayUse(h, i, now) && m.seals[i].firm >= 0
	}
	if party >= 0 && len(e.Parties[party].Boxes) == 0 {
		c.Extra = places(party, e.Parties[party].Kind != envelope.Company, h.firm >= 0)
		right = right && (h.firm < 0 || e.Parties[party].Kind != envelope.Person)
	}
	return c, right && c.Signature != "" && (h.firm < 0 || c.Seal != "")
}

// will returns what shows somebody's will for a choice, and whether it is the right one.
func (p *player) will(a org.Actor, phone string, accepts envelope.Methods, items []envelope.Item, batch bool) (w envelope.Will, right bool, err error) {
	s := p.s
	method := []envelope.Methods{envelope.ByPassword, envelope.ByCode, envelope.ByFace}[p.r.IntN(3)]
	for method&accepts == 0 && p.r.IntN(15) > 0 {
		method = []envelope.Methods{envelope.ByPassword, envelope.ByCode, envelope.ByFace}[p.r.IntN(3)]
	}
	right = method&accepts != 0
	p.say("by %v", method)
	switch method {
	case envelope.ByPassword:
		word := envelopetest.Password
		if p.r.IntN(12) == 0 {
			word, right = "wrong", false
		}
		return envelope.Password(secret.New(word)), right, nil
	case envelope.ByFace:
		var check org.SignFace
		err = p.call("RequestFace", func(ctx context.Context, key string) (err error) {
			if batch {
				check, err = s.Envelopes.RequestBatchFace(ctx, a, items, "")
			} else {
				check, err = s.Envelopes.RequestFace(ctx, a, items[0].Envelope, items[0].Choice, "")
			}
			return err
		})
		if err != nil {
			return nil, right, err
		}
		err = s.Sandbox.Pass(s.t.Context(), check.URL)
		return envelope.Face(check.Token), right && err == nil, nil
	}
	err = p.call("RequestCode", func(ctx context.Context, key string) error {
		if batch {
			return s.Envelopes.RequestBatchCode(ctx, a, items)
		}
		return s.Envelopes.RequestCode(ctx, a, items[0].Envelope, items[0].Choice)
	})
	return envelope.Code(s.Sandbox.Code(phone)), right, err
}

// acceptedBy returns the ways in which a party may show its will (M76).
func acceptedBy(e *envelope.Record, party int) envelope.Methods {
	switch {
	case party >= 0 && e.Parties[party].Methods != 0:
		return e.Parties[party].Methods
	case e.Methods != 0:
		return e.Methods
	}
	return envelope.ByCode
}

func (p *player) sign() {
	var id envelope.ID
	var a org.Actor
	var c envelope.Choice
	var phone string
	var entitled bool
	var accepts envelope.Methods
	p.lock(func(m *model) {
		e := p.pick(waits)
		if e == nil {
			return
		}
		h, party := p.signer(m, e)
		id, a, phone, accepts = e.ID, m.actor(h), m.person(h.acc).phone, acceptedBy(e, party)
		c, entitled = p.choose(m, h, e, party)
		entitled = entitled && party >= 0 && e.Status == envelope.InProgress && e.Parties[party].State == envelope.Active && e.Reading == 0 &&
			(e.Deadline.IsZero() || p.s.Clock.Now().Before(e.Deadline)) && p.s.Clock.Now().Before(e.SentAt.Add(360*24*time.Hour)) && m.mayDo(h, org.ActionEnvelopeSign)
		p.say("%s signs %s as party %d with seal %d, entitled: %t", m.name(h), e.Subject, party+1, m.sealIndex(c.Seal), entitled)
	})
	if id == "" {
		return
	}
	w, right, err := p.will(a, phone, accepts, []envelope.Item{{Envelope: id, Choice: c}}, false)
	if err != nil {
		if entitled && right && !errors.Is(err, billing.ErrInsufficient) {
			p.expect(err, true)
		}
		return
	}
	err = p.call("Submit", func(ctx context.Context, key string) error {
		_, err := p.s.Envelopes.Submit(ctx, a, id, c, w)
		return err
	})
	switch {
	case err == nil, p.hit && errors.Is(err, envelope.ErrSigned): // the first call did it
		p.promise(id, envelope.EventSigned, a)
	case !errors.Is(err, billing.ErrInsufficient):
		p.expect(err, entitled && right)
	}
}

func (p *player) signBatch() {
	var items []envelope.Item
	var a org.Actor
	var phone string
	p.lock(func(m *model) {
		h := m.anyHat(p.r)
		for range 1 + p.r.IntN(4) {
			e := p.pick(func(e *envelope.Record) bool {
				i := m.partyOf(h, e)
				return waits(e) && i >= 0 && e.Parties[i].State == envelope.Active
			})
			if e == nil {
				return
			}
			c, _ := p.choose(m, h, e, m.partyOf(h, e))
			items = append(items, envelope.Item{Envelope: e.ID, Choice: c})
		}
		a, phone = m.actor(h), m.person(h.acc).phone
		p.say("%s signs %d", m.name(h), len(items))
	})
	if len(items) == 0 {
		return
	}
	w, _, err := p.will(a, phone, envelope.ByPassword|envelope.ByCode, items, true)
	if err != nil {
		return
	}
	var outcomes []envelope.Outcome
	err = p.call("SubmitBatch", func(ctx context.Context, key string) (err error) {
		outcomes, err = p.s.Envelopes.SubmitBatch(ctx, a, items, w)
		return err
	})
	for i, o := range outcomes {
		if err == nil && o.Err == nil {
			p.promise(items[i].Envelope, envelope.EventSigned, a)
		}
		p.s.typed("an outcome", o.Err)
	}
}

// answer is a command of a party.
func (p *player) answer(what string, kind envelope.EventKind, do func(s *envelope.Service, ctx context.Context, a org.Actor, id envelope.ID) error) {
	var id envelope.ID
	var a org.Actor
	p.lock(func(m *model) {
		e := p.pick(waits)
		if e == nil {
			return
		}
		h, _ := p.signer(m, e)
		id, a = e.ID, m.actor(h)
		p.say("%s, %s", m.name(h), e.Subject)
	})
	if id == "" {
		return
	}
	err := p.call(what, func(ctx context.Context, key string) error { return do(p.s.envelopes(key), ctx, a, id) })
	if err == nil {
		p.promise(id, kind, a)
	}
}

func (p *player) decline() {
	p.answer("Decline", envelope.EventDeclined, func(s *envelope.Service, ctx context.Context, a org.Actor, id envelope.ID) error {
		return s.Decline(ctx, a, id, "不同意")
	})
}

func (p *player) retract() {
	p.answer("Retract", envelope.EventReleased, (*envelope.Service).Retract)
}

func (p *player) handOn() {
	to := stormPeople[p.r.IntN(len(stormPeople))]
	p.say("to %s", to.name)
	p.answer("Delegate", envelope.EventDelegated, func(s *envelope.Service, ctx context.Context, a org.Actor, id envelope.ID) error {
		return s.Delegate(ctx, a, id, to.name, to.phone)
	})
}
