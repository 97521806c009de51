package envelope_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

const (
	byAny   = envelope.ByCode | envelope.ByPassword | envelope.ByFace
	rightPW = envelopetest.Password
)

// faceReason returns why a face was refused; -1 for any other error.
func faceReason(err error) int {
	var f *org.FaceError
	if !errors.As(err, &f) || f.Zh() == "" {
		return -1
	}
	return int(f.Reason)
}

// draftBy returns a draft whose signers show their will by these methods.
func draftBy(t testing.TB, first, second envelope.Methods) envelope.NewDraft {
	d := draft(t)
	d.Methods = first
	d.Signers[1].Methods = second
	return d
}

// TestM76Will: each way to show one's will signs (意愿认证), alone, in a batch, in an
// envelope from a template, and the trail, the download and the report name it.
func TestM76Will(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for _, tt := range []struct{ first, second envelope.Methods }{
		{0, 0}, {envelope.ByPassword, envelope.ByFace}, {envelope.ByFace, envelope.ByPassword}, {byAny, envelope.ByCode}} {
		e := c.send(t, draftBy(t, tt.first, tt.second))
		e = c.Complete(e)
		var want []string
		for i := range e.Parties {
			m := e.Accepts(i + 1)
			m &= -m
			want = append(want, m.String())
			if got := e.Parties[i].Consent; got.Method != m || (got.Face != nil) != (m == envelope.ByFace) {
				t.Errorf("%v: %v, %+v", m, got.Method, got.Face)
			}
		}
		z := c.download(t, c.boss, string(e.ID))
		rep, err := c.audit(t, z)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range rep.Consents {
			p := e.Parties[i]
			if a.Method != want[i] || a.Party != i+1 || a.Person != string(p.PersonID) || !a.At.Equal(p.Consent.At) ||
				a.Binding != p.Consent.Binding.String() || (a.Face != "") != (a.Method == "face") {
				t.Errorf("audited: %+v, want %s", a, want[i])
			}
			if f := p.Consent.Face; f != nil && (f.Transaction != a.Face || org.SignFaceToken(f.Salt, p.PersonID, p.Consent.Binding) != f.Token) {
				t.Errorf("the reference is not of this consent: %+v", f)
			}
		}
		if len(rep.Consents) != 2 {
			t.Errorf("%d consents", len(rep.Consents))
		}
	}
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, envelope.NewTemplate{Name: "合同", Subject: "合同", Methods: envelope.ByPassword,
		Files: []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}},
		Roles: []envelope.Role{{Name: "甲方", Kind: envelope.Person, Boxes: []envelope.Box{box(envelope.SignatureBox, 70, 70)}},
			{Name: "乙方", Kind: envelope.Person, Stage: 1, Methods: envelope.ByFace, Boxes: []envelope.Box{box(envelope.SignatureBox, 70, 30)}}}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Envelopes.Instantiate(ctx, c.boss, tpl.ID, envelope.Instance{Roles: map[string]envelope.Filler{
		"甲方": {Name: "李娜", Phone: phoneB}, "乙方": {Name: "王小明", Phone: phoneC}}})
	if err != nil || e.Accepts(1) != envelope.ByPassword || e.Accepts(2) != envelope.ByFace {
		t.Errorf("of a template: %v %v %v", e.Accepts(1), e.Accepts(2), err)
	}
	if e, err = c.Envelopes.CopyDraft(ctx, c.boss, e.ID); err != nil || e.Accepts(1) != envelope.ByPassword || e.Accepts(2) != envelope.ByFace {
		t.Errorf("of a copy: %v %v %v", e.Accepts(1), e.Accepts(2), err)
	}
	d := draft(t)
	d.Signers[0].Methods = 8
	var f *envelope.FieldError
	if _, err := c.Envelopes.CreateDraft(ctx, c.boss, d); !errors.As(err, &f) || f.Rule != "M76" {
		t.Errorf("an unknown method: %v", err)
	}
}

// TestM76WillInBatches: one face, and one password, for several envelopes together.
func TestM76WillInBatches(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	var items []envelope.Item
	for range 3 {
		items = append(items, envelope.Item{Envelope: c.send(t, draftBy(t, envelope.ByFace|envelope.ByPassword, 0)).ID, Choice: c.choice(c.staff)})
	}
	var method *envelope.MethodError
	if err := c.Envelopes.RequestBatchCode(ctx, c.staff, items); !errors.As(err, &method) {
		t.Errorf("a code: %v", err)
	}
	check, err := c.Envelopes.RequestBatchFace(ctx, c.staff, items[:2], "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Sandbox.Pass(ctx, check.URL); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Envelopes.SubmitBatch(ctx, c.staff, items, envelope.Face(check.Token)); faceReason(err) != int(org.FaceOther) {
		t.Errorf("T7: a face for two, used for three: %v", err)
	}
	if _, err := c.Envelopes.Submit(ctx, c.staff, items[0].Envelope, items[0].Choice, envelope.Face(check.Token)); faceReason(err) != int(org.FaceOther) {
		t.Errorf("T7: a face for two, used for one: %v", err)
	}
	for _, tt := range []struct {
		items []envelope.Item
		will  envelope.Will
		m     envelope.Methods
	}{{items[:2], envelope.Face(check.Token), envelope.ByFace}, {items[2:], envelope.Password(secret.New(rightPW)), envelope.ByPassword}} {
		out, err := c.Envelopes.SubmitBatch(ctx, c.staff, tt.items, tt.will)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			if o.Err != nil || o.Envelope.Parties[0].Consent.Method != tt.m || o.Envelope.Parties[0].Consent.Batch == "" {
				t.Errorf("%v: %+v", tt.m, o)
			}
		}
	}
}

// TestT7WillRefused checks M76 and T7 for every method: nothing is signed with a method
// that the sender did not ask for, with a proof for another consent or choice, twice,
// too late, by somebody else, or without any.
func TestT7WillRefused(t *testing.T) {
	type show struct {
		*cast
		e    *envelope.Envelope
		good envelope.Choice
	}
	// face opens a check and, if pass is set, passes it.
	face := func(t *testing.T, w *show, id string, c envelope.Choice, pass bool) string {
		t.Helper()
		check, err := w.Envelopes.RequestFace(t.Context(), w.staff, envelope.ID(id), c, "")
		if err == nil && pass {
			err = w.Sandbox.Pass(t.Context(), check.URL)
		}
		if err != nil {
			t.Fatal(err)
		}
		return check.Token
	}
	submit := func(t *testing.T, w *show, c envelope.Choice, will envelope.Will) error {
		t.Helper()
		_, err := w.Envelopes.Submit(t.Context(), w.staff, w.e.ID, c, will)
		return err
	}
	isFace := func(want org.FaceReason) func(error) bool {
		return func(err error) bool { return faceReason(err) == int(want) }
	}
	isMethod := func(want, got envelope.Methods) func(error) bool {
		return func(err error) bool {
			var m *envelope.MethodError
			return errors.As(err, &m) && m.Want == want && m.Got == got && m.Zh() == "发起方要求以"+want.Zh()+"确认签署意愿"
		}
	}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	isCode := func(err error) bool { var e *org.CodeError; return errors.As(err, &e) }
	pw := func(text string) envelope.Will { return envelope.Password(secret.New(text)) }
	for name, tt := range map[string]struct {
		accept envelope.Methods
		do     func(t *testing.T, w *show) error
		want   func(error) bool
	}{
		"a code that is not asked for": {envelope.ByFace, func(t *testing.T, w *show) error {
			return w.Envelopes.RequestCode(t.Context(), w.staff, w.e.ID, w.good)
		}, isMethod(envelope.ByFace, envelope.ByCode)},
		"a code submitted that is not asked for": {envelope.ByFace, func(t *testing.T, w *show) error {
			return submit(t, w, w.good, envelope.Code("123456"))
		}, isMethod(envelope.ByFace, envelope.ByCode)},
		"a face that is not asked for": {0, func(t *testing.T, w *show) error {
			_, err := w.Envelopes.RequestFace(t.Context(), w.staff, w.e.ID, w.good, "")
			return err
		}, isMethod(envelope.ByCode, envelope.ByFace)},
		"a password that is not asked for": {envelope.ByCode | envelope.ByFace, func(t *testing.T, w *show) error {
			return submit(t, w, w.good, pw(rightPW))
		}, isMethod(envelope.ByCode|envelope.ByFace, envelope.ByPassword)},
		"nothing": {byAny, func(t *testing.T, w *show) error { return submit(t, w, w.good, nil) }, isMethod(byAny, 0)},

		"a code for another consent": {byAny, func(t *testing.T, w *show) error {
			other := w.send(t, draft(t))
			w.Clock.Advance(time.Hour)
			if err := w.Envelopes.RequestCode(t.Context(), w.staff, other.ID, w.good); err != nil {
				return err
			}
			return submit(t, w, w.good, envelope.Code(w.Sandbox.Code(phoneB)))
		}, isCode},

		"a face for another consent": {byAny, func(t *testing.T, w *show) error {
			return submit(t, w, w.good, envelope.Face(face(t, w, string(w.send(t, draftBy(t, byAny, 0)).ID), w.good, true)))
		}, isFace(org.FaceOther)},
		"a face, the choice changed": {byAny, func(t *testing.T, w *show) error {
			token := face(t, w, string(w.e.ID), w.good, true)
			other, err := w.Seals.Create(t.Context(), w.boss, "财务章", seal.Spec{Style: seal.StyleFinance})
			if err != nil {
				return err
			}
			if err := w.Seals.Grant(t.Context(), w.boss, other.ID, w.staff.Person, registry.Period{}); err != nil {
				return err
			}
			changed := w.good
			changed.Seal = other.ID
			return submit(t, w, changed, envelope.Face(token))
		}, isFace(org.FaceOther)},
		"a face too late": {byAny, func(t *testing.T, w *show) error {
			token := face(t, w, string(w.e.ID), w.good, true)
			w.Clock.Advance(10 * time.Minute)
			return submit(t, w, w.good, envelope.Face(token))
		}, isFace(org.FaceExpired)},
		"a face that has not passed yet": {byAny, func(t *testing.T, w *show) error {
			return submit(t, w, w.good, envelope.Face(face(t, w, string(w.e.ID), w.good, false)))
		}, isFace(org.FacePending)},
		"a face that did not pass": {byAny, func(t *testing.T, w *show) error {
			check, err := w.Envelopes.RequestFace(t.Context(), w.staff, w.e.ID, w.good, "")
			if err != nil {
				return err
			}
			if err := w.Sandbox.Fail(t.Context(), check.URL); err != nil {
				return err
			}
			return submit(t, w, w.good, envelope.Face(check.Token))
		}, isFace(org.FaceFailed)},
		"a face that nobody opened": {byAny, func(t *testing.T, w *show) error {
			return submit(t, w, w.good, envelope.Face("no such check"))
		}, isFace(org.FaceOther)},
		"three faces that did not pass": {byAny, func(t *testing.T, w *show) error {
			for range 3 {
				check, err := w.Envelopes.RequestFace(t.Context(), w.staff, w.e.ID, w.good, "")
				if err != nil {
					return err
				}
				if err := w.Sandbox.Fail(t.Context(), check.URL); err != nil {
					return err
				}
			}
			_, err := w.Envelopes.RequestFace(t.Context(), w.staff, w.e.ID, w.good, "")
			return err
		}, func(err error) bool { var l *org.LimitError; return errors.As(err, &l) && l.What == "face" }},

		"a wrong password": {byAny, func(t *testing.T, w *show) error {
			return submit(t, w, w.good, pw("wrong password"))
		}, is(org.ErrPassword)},
		"the right password after ten wrong ones": {byAny, func(t *testing.T, w *show) error {
			for range 10 {
				if err := submit(t, w, w.good, pw("wrong password")); !errors.Is(err, org.ErrPassword) {
					return err
				}
			}
			if _, err := w.Org.Login(t.Context(), phoneB, secret.New(rightPW)); err == nil {
				return errors.New("login and signing count apart")
			}
			return submit(t, w, w.good, pw(rightPW))
		}, func(err error) bool { var l *org.LimitError; return errors.As(err, &l) && l.What == "login" }},
		"a password, the seal was taken back": {byAny, func(t *testing.T, w *show) error {
			if err := w.Seals.Revoke(t.Context(), w.boss, w.seal, w.staff.Person); err != nil {
				return err
			}
			return submit(t, w, w.good, pw(rightPW))
		}, is(registry.ErrNotGranted)},
	} {
		t.Run(name, func(t *testing.T) {
			w := &show{cast: newCast(t, nil)}
			w.e, w.good = w.send(t, draftBy(t, tt.accept, 0)), w.choice(w.staff)
			err := tt.do(t, w)
			if !tt.want(err) || org.Zh(err) == org.Zh(errors.New("")) {
				t.Errorf("%v (%s)", err, org.Zh(err))
			}
			e, err := w.Envelopes.Get(t.Context(), w.boss, w.e.ID)
			if err != nil || e.Parties[0].State != envelope.Active {
				t.Errorf("the party is %v, %v", e.Parties[0].State, err)
			}
		})
	}
}
