package linear

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// holding is a question to quota: hold a copy for an envelope, release it, or, for
// envelope -1, what is left.
type holding struct {
	envelope int
	release  bool
}

// holds is the state of quota: what is left, and which envelopes hold, or held.
type holds struct {
	left int64
	each int64     // what one envelope costs
	all  [40]uint8 // 0 never, 1 holding, 2 released
}

// quota: holds on one company's balance (M56, T13).
func quota() kind {
	return kind{"quota", func(t testing.TB, w *world) (any, func(int, int, *rand.Rand) operation) {
		admin := w.company(t)
		w.Buy(admin, w.Billing.Packages()[0].ID)
		has, err := w.Billing.Balance(t.Context(), admin)
		if err != nil {
			t.Fatal(err)
		}
		each := has.Free / 20 // so that half of the envelopes find nothing left
		id := func(n int) string { return fmt.Sprint(admin.Org, "-", n) }
		return holds{left: has.Free, each: each}, func(_, _ int, r *rand.Rand) operation {
			if r.IntN(3) == 0 {
				return operation{holding{envelope: -1}, func() any {
					b, err := w.Billing.Balance(context.Background(), admin)
					if err != nil {
						return answered(t, err)
					}
					return b.Free
				}}
			}
			h := holding{r.IntN(40), r.IntN(3) == 0}
			return operation{h, func() any {
				err := w.DB.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
					if h.release {
						return w.Billing.Release(ctx, tx, billing.ReleaseRequest{Org: admin.Org, Envelope: id(h.envelope)})
					}
					return w.Billing.Hold(ctx, tx, billing.HoldRequest{Org: admin.Org, Envelope: id(h.envelope), Copies: each})
				})
				return answered(t, err, billing.ErrInsufficient, billing.ErrSettled, billing.ErrNoHold)
			}}
		}
	}, func(state, ask, answer any) (bool, any) {
		s, h := state.(holds), ask.(holding)
		if h.envelope < 0 {
			return answer == s.left, s
		}
		was := s.all[h.envelope]
		switch {
		case h.release && was == 0, !h.release && was == 2, !h.release && was == 0 && s.left < s.each:
			return answer == false, s
		case h.release && was == 1:
			s.left += s.each
			s.all[h.envelope] = 2
		case !h.release && was == 0:
			s.left -= s.each
			s.all[h.envelope] = 1
		}
		return answer == true, s
	}}
}

// company makes a verified company, and returns its main administrator in it.
func (w *world) company(t testing.TB) org.Actor {
	t.Helper()
	who, _ := w.person()
	return w.Company(who, fmt.Sprintf("第%d有限公司", w.people), orgtest.CreditCode(w.people))
}

// signing is the state of an envelope: who has signed, as bits, and the newest revision
// of its document.
type signing struct {
	signed uint8
	head   store.Digest
}

// head: eight parties sign one document at once (T20).
func head() kind {
	return kind{"head", func(t testing.TB, w *world) (any, func(int, int, *rand.Rand) operation) {
		sender, _ := w.person()
		draft := envelope.NewDraft{Subject: "合同", Methods: envelope.ByPassword,
			Files: []envelope.Upload{{Name: "合同.pdf", Content: strings.NewReader(string(samples.PDF(samples.Spec{})))}}}
		var who [clients]org.Actor
		for i := range who {
			var phone string
			who[i], phone = w.person()
			draft.Signers = append(draft.Signers, envelope.Signer{Kind: envelope.Person, Name: w.nameOf(t, who[i]), Phone: phone,
				Boxes: []envelope.Box{{Kind: envelope.SignatureBox, Page: 1, X: 35 + float64(i%4)*45, Y: 40 + float64(i/4)*50}}})
		}
		e, err := w.Envelopes.CreateDraft(t.Context(), sender, draft)
		if err == nil {
			e, err = w.Envelopes.Send(t.Context(), sender, e.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		look := func(e *envelope.Envelope) any {
			s := signing{head: e.Files[0].Head}
			for i, p := range e.Parties {
				if p.State == envelope.Signed {
					s.signed |= 1 << i
				}
			}
			return s
		}
		return look(e), func(c, n int, r *rand.Rand) operation {
			if n == 5*(c%4) {
				return operation{c, func() any {
					got, err := w.Envelopes.Submit(context.Background(), who[c], e.ID, envelope.Choice{Signature: w.Signature(who[c])}, envelope.Password(secret.New(envelopetest.Password)))
					if err != nil {
						return answered(t, err)
					}
					return look(got)
				}}
			}
			return operation{-1, func() any {
				got, err := w.Envelopes.Get(context.Background(), who[c], e.ID)
				if err != nil {
					return answered(t, err)
				}
				return look(got)
			}}
		}
	}, func(state, ask, answer any) (bool, any) {
		s, by, got := state.(signing), ask.(int), answer.(signing)
		if by < 0 {
			return got == s, s
		}
		return s.signed&(1<<by) == 0 && got.signed == s.signed|1<<by && got.head != s.head, got
	}}
}

func (w *world) nameOf(t testing.TB, a org.Actor) string {
	t.Helper()
	p, err := w.Org.Person(t.Context(), a.Person)
	if err != nil {
		t.Fatal(err)
	}
	return p.Name
}

// trying is a question to code: a try with digits, or, without digits, a request for a
// new code.
type trying struct{ digits string }

// sent is the valid code, and how many wrong tries there were.
type sent struct {
	digits string
	tries  int
}

var digits = regexp.MustCompile(`\d{6}`)

// code: a code is valid once, and for five tries (T7).
func code() kind {
	return kind{"code", func(t testing.TB, w *world) (any, func(int, int, *rand.Rand) operation) {
		_, phone := w.person()
		send := func() any {
			var text string
			err := w.Org.SendCode(context.WithValue(context.Background(), messageKey{}, &text), phone, org.PurposeLogin)
			if err != nil {
				return answered(t, err)
			}
			return digits.FindString(text)
		}
		first := send().(string)
		var known [clients]string
		return sent{digits: first}, func(c, _ int, r *rand.Rand) operation {
			if r.IntN(6) == 0 {
				return operation{trying{}, func() any {
					got := send()
					known[c], _ = got.(string)
					return got
				}}
			}
			try := trying{"000000"}
			if r.IntN(3) > 0 {
				try.digits = known[c]
			}
			if try.digits == "" {
				try.digits = first
			}
			return operation{try, func() any {
				var refused error
				err := w.DB.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
					refused = w.Org.Inside().UseCode(ctx, tx, org.PurposeLogin, secret.New(phone), secret.New(try.digits))
					return org.Counted(refused)
				})
				if err == nil && refused != nil {
					return false
				}
				return answered(t, err)
			}}
		}
	}, func(state, ask, answer any) (bool, any) {
		s, try := state.(sent), ask.(trying)
		switch {
		case try.digits == "":
			text, ok := answer.(string)
			return ok, sent{digits: text}
		case s.digits == "" || s.tries >= 5:
			return answer == false, s
		case try.digits == s.digits:
			return answer == true, sent{}
		}
		s.tries++
		return answer == false, s
	}}
}

// lending: a seal is lent to a member and taken back, while they ask whether they may
// use it (M46, T5).
func lending() kind {
	return kind{"lending", func(t testing.TB, w *world) (any, func(int, int, *rand.Rand) operation) {
		boss := w.company(t)
		person, phone := w.person()
		member := w.Member(boss, person, w.nameOf(t, person), phone)
		made, err := w.Seals.Create(t.Context(), boss, "公章", seal.Spec{Style: seal.StyleOfficial})
		if err != nil {
			t.Fatal(err)
		}
		return false, func(_, _ int, r *rand.Rand) operation {
			ask := []string{"lend", "take", "may", "may"}[r.IntN(4)]
			return operation{ask, func() any {
				ctx := context.Background()
				switch ask {
				case "lend":
					return answered(t, w.Seals.Grant(ctx, boss, made.ID, member.Person, registry.Period{}))
				case "take":
					return answered(t, w.Seals.Revoke(ctx, boss, made.ID, member.Person))
				}
				err := w.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
					_, err := w.Seals.Usable(ctx, tx, member, made.ID)
					return err
				})
				return answered(t, err, registry.ErrNotGranted)
			}}
		}
	}, func(state, ask, answer any) (bool, any) {
		switch lent := state.(bool); ask {
		case "lend":
			return answer == true, true
		case "take": // even what is not lent
			return answer == true, false
		default:
			return answer == lent, lent
		}
	}}
}

// handing is a question to admin: a member hands the company over to another, or, with
// to below 0, asks who has it.
type handing struct{ from, to int }

// admin: the main administrator hands over to others, who do the same (M38, T11).
func admin() kind {
	const members = 4
	return kind{"admin", func(t testing.TB, w *world) (any, func(int, int, *rand.Rand) operation) {
		who := []org.Actor{w.company(t)}
		for len(who) < members {
			person, phone := w.person()
			who = append(who, w.Member(who[0], person, w.nameOf(t, person), phone))
		}
		return 0, func(_, _ int, r *rand.Rand) operation {
			h := handing{r.IntN(members), r.IntN(members+2) - 2}
			for h.to == h.from {
				h.to = r.IntN(members)
			}
			return operation{h, func() any {
				ctx := context.Background()
				if h.to >= 0 {
					err := w.Org.HandOver(ctx, who[h.from], who[h.to].Person)
					var denied *org.DeniedError
					if errors.As(err, &denied) {
						return false
					}
					return answered(t, err)
				}
				page, _, err := w.Org.Members(ctx, who[h.from], org.MemberFilter{State: org.Active}, "")
				if err != nil {
					return answered(t, err)
				}
				found := -1
				for _, m := range page {
					for i, a := range who {
						if m.Person == a.Person && m.Role == org.MainAdmin {
							if found >= 0 {
								return "two"
							}
							found = i
						}
					}
				}
				return found
			}}
		}
	}, func(state, ask, answer any) (bool, any) {
		has, h := state.(int), ask.(handing)
		switch {
		case h.to < 0:
			return answer == has, has
		case h.from != has:
			return answer == false, has
		}
		return answer == true, h.to
	}}
}
