package envelope_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Reads and lists by everybody (T1, M62, M72): who may see an envelope sees it, and nobody else
// learns that it exists.

// sight of an envelope by somebody: whether they may see it, and whether they have to do with
// it at all.
func (m *model) maySee(h hat, e *envelope.Record) (may, related bool) {
	a := m.actor(h)
	if e.Sender == a {
		return m.mayDo(h, org.ActionEnvelopeCreate), true
	}
	party, reader := m.partyOf(h, e), false
	for _, r := range e.Readers {
		told := r.AtSend && !e.SentAt.IsZero() || e.Status == envelope.Completed || e.Status == envelope.Voided
		if m.names(h, r.PersonID, r.Name, r.Mask, r.Company) {
			related, reader = true, reader || told
		}
	}
	for _, p := range e.Parties { // also under another name
		related = related || p.Mask == mask(m.person(h.acc).phone) || p.PersonID == a.Person
	}
	if !m.mayDo(h, org.ActionEnvelopeSign) {
		return false, related
	}
	sees := party >= 0 && !e.SentAt.IsZero() && e.Parties[party].State != envelope.Waiting
	return sees || reader, related
}

// isRefusal reports whether an error is one of those with which an envelope is hidden.
func isRefusal(err error, stranger bool) bool {
	var denied *org.DeniedError
	hidden := errors.Is(err, envelope.ErrNotFound) || errors.Is(err, org.ErrNotFound) || errors.As(err, &denied)
	return hidden || !stranger && (errors.Is(err, envelope.ErrNotYourTurn) || errors.Is(err, envelope.ErrWrongSigner))
}

func (p *player) read() {
	var e envelope.Record
	var a org.Actor
	var may, related bool
	p.lock(func(m *model) {
		all := p.r.IntN(3) > 0
		seen := p.pick(func(e *envelope.Record) bool { return all || m.inherited(e) })
		if seen == nil {
			return
		}
		e = *seen
		h := m.anyHat(p.r)
		switch p.r.IntN(4) {
		case 0:
			h = p.sender(m, &e)
		case 1:
			h = m.heir(p.r, &e)
		}
		a = m.actor(h)
		may, related = m.maySee(h, &e)
		p.say("%s reads %s, may: %t", m.name(h), e.Subject, may)
	})
	if e.ID == "" {
		return
	}
	envs, kind := p.s.Envelopes, p.r.IntN(5)
	var view *envelope.Envelope
	err := p.call([]string{"Get", "Document", "Trail", "Download", "EvidenceReport"}[kind], func(ctx context.Context, _ string) (err error) {
		var b store.Blob
		switch kind {
		case 0:
			view, err = envs.Get(ctx, a, e.ID)
		case 1:
			b, err = envs.Document(ctx, a, e.ID, 0)
		case 2:
			_, err = envs.Trail(ctx, a, e.ID)
		case 3:
			err = envs.Download(ctx, a, e.ID, io.Discard)
		case 4:
			b, err = envs.EvidenceReport(ctx, a, e.ID)
		}
		if b != nil {
			err = errors.Join(err, b.Close())
		}
		return err
	})
	if view != nil && !sees(view, a) {
		p.s.fail("%v is no party of what they read: %+v", a, view)
	}
	if !p.s.exact() || p.hit {
		return
	}
	switch {
	case !may && !isRefusal(err, !related):
		p.s.fail("who may not see it (related: %t) gets %v: %+v", related, err, e)
	case may && err != nil && (kind < 1 || isRefusal(err, true) && kind == 2 || kind == 1 && len(e.Files) > 0):
		p.s.fail("who may see it gets %v: %+v", err, e)
	}
}

// sees reports whether a view was made for somebody who has to do with the envelope.
func sees(view *envelope.Envelope, a org.Actor) bool {
	return view.Sender == a || len(view.Readers) > 0 ||
		slices.ContainsFunc(view.Parties, func(q envelope.Party) bool { return q.Mask != "" })
}

var shortLink = regexp.MustCompile(`https://s\.example\.com/(\w+)`)

// followLink opens a short link of somebody's message (T9).
func (p *player) followLink() {
	inbox := p.s.Sandbox.Inbox(stormPeople[p.r.IntN(len(stormPeople))].phone)
	inbox = inbox[max(0, len(inbox)-10):]
	msg, ok := one(p.r, inbox)
	if !ok {
		return
	}
	found := shortLink.FindStringSubmatch(msg.Text)
	if found == nil {
		return
	}
	var a org.Actor
	var h hat
	p.lock(func(m *model) { h = m.anyHat(p.r); a = m.actor(h); p.say("%s", m.name(h)) })
	var view *envelope.Envelope
	err := p.call("ResolveLink", func(ctx context.Context, _ string) (err error) {
		view, err = p.s.Envelopes.ResolveLink(ctx, a, found[1])
		return err
	})
	switch {
	case err == nil && !sees(view, a):
		p.s.fail("a link opens what is not theirs to %v: %+v", a, view)
	case err == nil && p.s.exact():
		if seen := p.s.judge.seen[view.ID]; seen != nil {
			if may, _ := p.s.model.maySee(h, &seen.rec); !may {
				p.s.fail("a link opens to %s what they may not see: %+v", p.s.model.name(h), seen.rec)
			}
		}
	case err != nil && !p.s.w.faults && !isRefusal(err, false):
		p.s.fail("a link answers %v", err)
	}
}

// lists reads somebody's lists, and compares what waits for them with the envelopes.
func (p *player) lists() {
	var a org.Actor
	var h hat
	p.lock(func(m *model) { h = m.anyHat(p.r); a = m.actor(h); p.say("%s", m.name(h)) })
	var got []envelope.Task
	var counts envelope.Counts
	var sent []envelope.Envelope
	err := p.call("lists", func(ctx context.Context, _ string) (err error) {
		if got, _, err = p.s.Envelopes.Tasks(ctx, a, ""); err != nil {
			return err
		}
		if counts, err = p.s.Envelopes.Counts(ctx, a); err != nil {
			return err
		}
		if sent, _, err = p.s.Envelopes.Sent(ctx, a, envelope.Filter{}, ""); err != nil {
			return err
		}
		_, _, err1 := p.s.Envelopes.Finished(ctx, a, "")
		_, _, err2 := p.s.Envelopes.CopiesToMe(ctx, a, "")
		_, _, err3 := p.s.Envelopes.Templates(ctx, a, "")
		return errors.Join(err1, err2, err3)
	})
	for _, e := range sent {
		if e.Sender != a {
			p.s.fail("%v lists what %v sent", a, e.Sender)
		}
	}
	if !p.s.exact() || !p.expect(err, p.s.model.mayDo(h, org.ActionEnvelopeSign)) {
		return
	}
	want := map[envelope.ID]int{}
	for id, seen := range p.s.judge.seen {
		for _, q := range seen.rec.Parties {
			if seen.rec.Status == envelope.InProgress && q.State == envelope.Active && q.Silent == "" && q.PersonID == a.Person && q.Company == p.s.model.company(h) {
				want[id]++
			}
		}
	}
	for _, task := range got {
		seen := p.s.judge.seen[task.Envelope]
		silent := seen != nil && slices.ContainsFunc(seen.rec.Parties, func(q envelope.PartyRecord) bool { return q.Silent != "" })
		if want[task.Envelope]--; want[task.Envelope] < 0 && !silent {
			p.s.fail("%s has a task that is none: %v", p.s.model.name(h), task)
		}
	}
	if len(got) == counts.ToDo.N { // one page holds them all
		for id, n := range maps.All(want) {
			if n > 0 {
				p.s.fail("%s has no task for %s", p.s.model.name(h), id)
			}
		}
	}
}
