package envelope_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
)

// TestEveryCommandIsIdempotent: a command that is repeated under its key succeeds and
// changes nothing. With other arguments the key is org.ErrKey.
func TestEveryCommandIsIdempotent(t *testing.T) {
	ctx := t.Context()
	type call func(s *envelope.Service, other bool) error
	either := func(other bool, a, b string) string {
		if other {
			return b
		}
		return a
	}
	sent := func(do func(c *cast, s *envelope.Service, id envelope.ID, other bool) error) func(t *testing.T, c *cast) (envelope.ID, call) {
		return func(t *testing.T, c *cast) (envelope.ID, call) {
			d := draft(t)
			d.Deadline = c.Clock.Now().Add(24 * time.Hour)
			e := c.send(t, d)
			return e.ID, func(s *envelope.Service, other bool) error { return do(c, s, e.ID, other) }
		}
	}
	for name, prepare := range map[string]func(t *testing.T, c *cast) (envelope.ID, call){
		"CreateDraft": func(t *testing.T, c *cast) (envelope.ID, call) {
			return "", func(s *envelope.Service, other bool) error {
				d := draft(t)
				d.Subject = either(other, "甲", "乙")
				_, err := s.CreateDraft(ctx, c.boss, d)
				return err
			}
		},
		"SaveDraft": func(t *testing.T, c *cast) (envelope.ID, call) {
			e, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(t))
			if err != nil {
				t.Fatal(err)
			}
			return e.ID, func(s *envelope.Service, other bool) error {
				d := draft(t)
				d.Subject = either(other, "甲", "乙")
				_, err := s.SaveDraft(ctx, c.boss, e.ID, d)
				return err
			}
		},
		"DeleteDraft": func(t *testing.T, c *cast) (envelope.ID, call) {
			var ids [2]envelope.ID
			for i := range ids {
				e, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(t))
				if err != nil {
					t.Fatal(err)
				}
				ids[i] = e.ID
			}
			return "", func(s *envelope.Service, other bool) error {
				return s.DeleteDraft(ctx, c.boss, envelope.ID(either(other, string(ids[0]), string(ids[1]))))
			}
		},
		"MarkOpened": func(t *testing.T, c *cast) (envelope.ID, call) {
			first, second := c.send(t, draft(t)), c.send(t, draft(t))
			return first.ID, func(s *envelope.Service, other bool) error {
				return s.MarkOpened(ctx, c.staff, envelope.ID(either(other, string(first.ID), string(second.ID))))
			}
		},
		"Decline": sent(func(c *cast, s *envelope.Service, id envelope.ID, other bool) error {
			return s.Decline(ctx, c.staff, id, either(other, "不", "否"))
		}),
		"Withdraw": sent(func(c *cast, s *envelope.Service, id envelope.ID, other bool) error {
			return s.Withdraw(ctx, c.boss, id, either(other, "改", "错"))
		}),
		"Extend": sent(func(c *cast, s *envelope.Service, id envelope.ID, other bool) error {
			until := envelopetest.Start.Add(40 * 24 * time.Hour)
			if other {
				until = until.Add(time.Hour)
			}
			return s.Extend(ctx, c.boss, id, until)
		}),
		"Remind": sent(func(c *cast, s *envelope.Service, id envelope.ID, other bool) error {
			party := 1
			if other {
				party = 2
			}
			return s.Remind(ctx, c.boss, id, party)
		}),
		"Delegate": sent(func(c *cast, s *envelope.Service, id envelope.ID, other bool) error {
			return s.Delegate(ctx, c.staff, id, either(other, "赵敏", "赵灵"), "13700137001")
		}),
		"Permit": func(t *testing.T, c *cast) (envelope.ID, call) {
			until := c.Clock.Now().Add(100 * time.Hour)
			return "", func(s *envelope.Service, other bool) error {
				if other {
					until = until.Add(time.Hour)
				}
				_, err := s.Permit(ctx, c.boss, c.terms(c.seal, until))
				return err
			}
		},
		"Revoke": func(t *testing.T, c *cast) (envelope.ID, call) {
			p, err := c.Envelopes.Permit(ctx, c.boss, c.terms(c.seal, c.Clock.Now().Add(time.Hour)))
			if err != nil {
				t.Fatal(err)
			}
			return "", func(s *envelope.Service, other bool) error {
				return s.Revoke(ctx, c.boss, either(other, p.ID, "another"))
			}
		},
		"CreateTemplate": func(t *testing.T, c *cast) (envelope.ID, call) {
			return "", func(s *envelope.Service, other bool) error {
				n := template(t)
				n.Name = either(other, "甲", "乙")
				_, err := s.CreateTemplate(ctx, c.boss, n)
				return err
			}
		},
		"DeleteTemplate": func(t *testing.T, c *cast) (envelope.ID, call) {
			tpl, err := c.Envelopes.CreateTemplate(ctx, c.boss, template(t))
			if err != nil {
				t.Fatal(err)
			}
			return "", func(s *envelope.Service, other bool) error {
				return s.DeleteTemplate(ctx, c.boss, either(other, tpl.ID, "another"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCast(t, nil)
			id, do := prepare(t, c)
			events := func() int64 {
				if id == "" {
					return 0
				}
				e, err := c.Envelopes.Get(ctx, c.boss, id)
				if err != nil {
					t.Fatal(err)
				}
				return e.Events
			}
			rows := func() int {
				drafts, err := c.Envelopes.Counts(ctx, c.boss)
				if err != nil {
					t.Fatal(err)
				}
				return drafts.Drafts.N
			}
			if err := do(c.Envelopes.Once("key"), false); err != nil {
				t.Fatal(err)
			}
			was, had := events(), rows()
			if err := do(c.Envelopes.Once("key"), false); err != nil {
				t.Errorf("repeated: %v", err)
			}
			if now, have := events(), rows(); now != was || have != had {
				t.Errorf("repeated: %d events, not %d; %d drafts, not %d", now, was, have, had)
			}
			if err := do(c.Envelopes.Once("key"), true); !errors.Is(err, org.ErrKey) {
				t.Errorf("with other arguments: %v", err)
			}
		})
	}
}

// TestOnceCoversTheWholeCommand: whatever is said otherwise, the key is used for something
// else; phones whose masks are the same are not the same.
func TestOnceCoversTheWholeCommand(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for what, change := range map[string]func(*envelope.NewDraft){
		"a phone":    func(d *envelope.NewDraft) { d.Signers[1].Phone = "13811118003" }, // 138****8003 too
		"a box":      func(d *envelope.NewDraft) { d.Signers[0].Boxes[0].X++ },
		"a deadline": func(d *envelope.NewDraft) { d.Deadline = c.Clock.Now().Add(time.Hour) },
		"a note":     func(d *envelope.NewDraft) { d.Note = "备注" },
		"a copy": func(d *envelope.NewDraft) {
			d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13700137001"}}
		},
		"an order": func(d *envelope.NewDraft) { d.Ordered = false },
		"a mark":   func(d *envelope.NewDraft) { d.Marks.Watermark = "样本" },
		"a rule":   func(d *envelope.NewDraft) { d.Reading = time.Minute },
	} {
		s := c.Envelopes.Once("create, then " + what)
		e, err := s.CreateDraft(ctx, c.boss, draft(t))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.CreateDraft(ctx, c.boss, draft(t)); err != nil || again.ID != e.ID {
			t.Errorf("the same again: %v, %v", again, err)
		}
		other := draft(t)
		change(&other)
		if _, err := s.CreateDraft(ctx, c.boss, other); !errors.Is(err, org.ErrKey) {
			t.Errorf("a draft with %s: %v", what, err)
		}
		s = c.Envelopes.Once("save, then " + what)
		if _, err := s.SaveDraft(ctx, c.boss, e.ID, draft(t)); err != nil {
			t.Fatal(err)
		}
		other = draft(t)
		change(&other)
		if _, err := s.SaveDraft(ctx, c.boss, e.ID, other); !errors.Is(err, org.ErrKey) {
			t.Errorf("saved with %s: %v", what, err)
		}
	}
	e := c.send(t, draft(t))
	s := c.Envelopes.Once("delegate")
	if err := s.Delegate(ctx, c.staff, e.ID, "赵敏", "13700137001"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delegate(ctx, c.staff, e.ID, "赵敏", "13711117001"); !errors.Is(err, org.ErrKey) {
		t.Errorf("another phone of the same mask: %v", err)
	}
}
