package envelopetest

import (
	"errors"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
)

// somebody is a person of the World, in one edition.
type somebody struct {
	actor   org.Actor
	name    string
	phone   string
	company string // name; empty in the personal edition
}

// know remembers a person who can sign.
func (w *World) know(s somebody) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people = append(w.people, s)
}

// who returns the person that a party names, and whether they are there.
func (w *World) who(p envelope.Party) (somebody, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.people {
		secret, err := org.ParsePhone(s.phone)
		if err == nil && s.name == p.Name && s.company == p.Company && secret.Mask() == p.Mask {
			return s, true
		}
	}
	return somebody{}, false
}

// Complete signs an envelope under way for all its parties, in their order, with the
// first signature and the first seal that each may use and the first method that the
// sender accepts, and lets Step make the long-term evidence. It cannot fill in required
// text boxes, use seals of a certain kind, or choose places for signers.
func (w *World) Complete(e *envelope.Envelope) *envelope.Envelope {
	w.t.Helper()
	ctx := w.t.Context()
	for e.Status == envelope.InProgress {
		before := e.Events
		for i := range e.Parties {
			if e.Parties[i].State != envelope.Active {
				continue
			}
			s, ok := w.who(e.Parties[i])
			if !ok {
				w.t.Fatalf("nobody in this world is %s", e.Parties[i].Name)
			}
			next, err := w.SignBy(s.actor, s.phone, e.ID, w.choice(s), oneOf(e.Accepts(i+1)))
			if errors.Is(err, envelope.ErrSkipped) {
				continue
			}
			w.must(err)
			e, err = w.Envelopes.Get(ctx, next.Sender, next.ID) // as the sender sees it
			w.must(err)
		}
		if e.Events == before {
			w.t.Fatalf("envelope %s waits for nobody in this world", e.ID)
		}
	}
	for !e.Preserved() {
		n, err := w.Envelopes.Step(ctx)
		w.must(err)
		e, err = w.Envelopes.Get(ctx, e.Sender, e.ID)
		w.must(err)
		if n == 0 && !e.Preserved() {
			w.t.Fatalf("envelope %s is %v", e.ID, e.Status)
		}
	}
	return e
}

// oneOf returns the first of some methods.
func oneOf(m envelope.Methods) envelope.Methods { return m & -m }

// choice returns the first signature and the first seal that somebody may use.
func (w *World) choice(s somebody) envelope.Choice {
	w.t.Helper()
	all, err := w.Seals.Available(w.t.Context(), s.actor)
	w.must(err)
	var c envelope.Choice
	for _, u := range all {
		switch {
		case u.Personal && c.Signature == "":
			c.Signature = u.Seal
		case !u.Personal && c.Seal == "":
			c.Seal = u.Seal
		}
	}
	return c
}
