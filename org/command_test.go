package org_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// lines returns how many lines the audit has.
func (r *recorder) lines() int {
	n := 0
	for _, row := range r.all() {
		if row.table == "org_audit" {
			n++
		}
	}
	return n
}

// Under a key, every command is carried out once, returns the same when it is repeated,
// and leaves nothing more behind; with other arguments it returns ErrKey.
func TestEveryCommandIsIdempotent(t *testing.T) {
	ctx := context.Background()
	none := func(err error) (any, error) { return nil, err }
	commands := map[string]func(t *testing.T, w *world) (one, otherwise call){
		"Register": func(t *testing.T, w *world) (call, call) {
			reg := org.Registration{Phone: orgtest.Phone(1), Code: w.code(t, orgtest.Phone(1), org.PurposeRegister), Name: "张1", Password: secret.New(password), Terms: "2026-01"}
			second := reg
			second.Name = "李四"
			return func(s *org.Service) (any, error) { return s.Register(ctx, reg) }, func(s *org.Service) (any, error) { return s.Register(ctx, second) }
		},
		"StartVerification": func(t *testing.T, w *world) (call, call) {
			me := org.Actor{Person: w.register(t, 1).ID}
			d := org.Details{Name: "张1", IDNumber: orgtest.IDNumber(1), Code: w.code(t, orgtest.Phone(1), org.PurposeVerify)}
			second := d
			second.IDNumber = orgtest.IDNumber(2)
			return func(s *org.Service) (any, error) { return s.StartVerification(ctx, me, d) }, func(s *org.Service) (any, error) { return s.StartVerification(ctx, me, second) }
		},
		"ConfirmVerification": func(t *testing.T, w *world) (call, call) {
			me := org.Actor{Person: w.register(t, 1).ID}
			w.details(t, 1, string(me.Person))
			orgtest.Must(t, w.face(w.lastFace().Session, true))
			return func(s *org.Service) (any, error) { return s.ConfirmVerification(ctx, me) }, func(s *org.Service) (any, error) { return none(s.AcceptTerms(ctx, me, "2026-01")) }
		},
		"AcceptTerms": func(t *testing.T, w *world) (call, call) {
			me := org.Actor{Person: w.register(t, 1).ID}
			return func(s *org.Service) (any, error) { return none(s.AcceptTerms(ctx, me, "2026-01")) }, func(s *org.Service) (any, error) { return s.ConfirmVerification(ctx, me) }
		},
		"ChangePhone": func(t *testing.T, w *world) (call, call) {
			me := org.Actor{Person: w.register(t, 1).ID}
			ch := org.PhoneChange{OldCode: w.code(t, orgtest.Phone(1), org.PurposeOldPhone), Phone: orgtest.Phone(2)}
			w.Pass(-4 * time.Hour)
			ch.NewCode = w.code(t, orgtest.Phone(2), org.PurposeNewPhone)
			second := ch
			second.Phone = orgtest.Phone(3)
			return func(s *org.Service) (any, error) { return s.ChangePhone(ctx, me, ch) }, func(s *org.Service) (any, error) { return s.ChangePhone(ctx, me, second) }
		},
		"ResetPassword": func(t *testing.T, w *world) (call, call) {
			w.register(t, 1)
			code := w.code(t, orgtest.Phone(1), org.PurposeReset)
			return func(s *org.Service) (any, error) {
				return none(s.ResetPassword(ctx, orgtest.Phone(1), code, secret.New("another one")))
			}, nil
		},
		"ChangePassword": func(t *testing.T, w *world) (call, call) {
			me := org.Actor{Person: w.register(t, 1).ID}
			return func(s *org.Service) (any, error) {
				return none(s.ChangePassword(ctx, me, secret.New(password), secret.New("another one")))
			}, nil
		},
		"CreateCompany": func(t *testing.T, w *world) (call, call) {
			me := org.Actor{Person: w.verified(t, 1).ID}
			return func(s *org.Service) (any, error) {
					return s.CreateCompany(ctx, me, org.NewCompany{Name: companyName, CreditCode: creditCode})
				}, func(s *org.Service) (any, error) {
					return s.CreateCompany(ctx, me, org.NewCompany{Name: "新公司", CreditCode: "91110000600037341L"})
				}
		},
		"StartLicenceScan": func(t *testing.T, w *world) (call, call) {
			boss := w.startup(t)
			return func(s *org.Service) (any, error) { return s.StartLicenceScan(ctx, boss) }, nil
		},
		"StartRemittance": func(t *testing.T, w *world) (call, call) {
			boss, f := w.startup(t), remittanceForm()
			f.Account = "12345678"
			return func(s *org.Service) (any, error) { return s.StartRemittance(ctx, boss, remittanceForm()) }, func(s *org.Service) (any, error) { return s.StartRemittance(ctx, boss, f) }
		},
		"ConfirmRemittance": func(t *testing.T, w *world) (call, call) {
			boss := w.startup(t)
			_, fen := w.remittance(t, boss)
			return func(s *org.Service) (any, error) { return s.ConfirmRemittance(ctx, boss, fen) }, func(s *org.Service) (any, error) {
				return s.ConfirmRemittance(ctx, boss, org.RemittanceProof{Fen: fen.Fen + 1, Remark: fen.Remark})
			}
		},
		"StartReview": func(t *testing.T, w *world) (call, call) {
			boss, f := w.startup(t), reviewForm()
			f.Legal = "另一人"
			return func(s *org.Service) (any, error) { return s.StartReview(ctx, boss, reviewForm()) }, func(s *org.Service) (any, error) { return s.StartReview(ctx, boss, f) }
		},
		"Upload": func(t *testing.T, w *world) (call, call) {
			boss := w.startup(t)
			_, err := w.StartReview(ctx, boss, reviewForm())
			orgtest.Must(t, err)
			put := func(n int) call {
				return func(s *org.Service) (any, error) {
					return none(s.Upload(ctx, boss, org.PaperLicence, "a.png", bytes.NewReader(pngN(n))))
				}
			}
			return put(1), put(2)
		},
		"SubmitReview": func(t *testing.T, w *world) (call, call) {
			boss := w.startup(t)
			_, err := w.StartReview(ctx, boss, reviewForm())
			orgtest.Must(t, err)
			for _, p := range org.Papers() {
				w.upload(t, boss, p, pngN(int(p)))
			}
			return func(s *org.Service) (any, error) { return s.SubmitReview(ctx, boss) }, nil
		},
		"DecideReview": func(t *testing.T, w *world) (call, call) {
			boss, desk := w.startup(t), w.reviewer(t, 2)
			r := w.submitted(t, boss)
			return func(s *org.Service) (any, error) { return s.ReviewDesk().Decide(ctx, desk, r.ID, true, "") }, func(s *org.Service) (any, error) { return s.ReviewDesk().Decide(ctx, desk, r.ID, false, "理由") }
		},
		"Invite": func(t *testing.T, w *world) (call, call) {
			boss := w.firm(t)
			return func(s *org.Service) (any, error) { return s.Invite(ctx, boss, "张2", orgtest.Phone(2)) }, func(s *org.Service) (any, error) { return s.Invite(ctx, boss, "张3", orgtest.Phone(3)) }
		},
		"CreateLink": func(t *testing.T, w *world) (call, call) {
			boss := w.firm(t)
			do := func(uses int) call {
				return func(s *org.Service) (any, error) {
					url, info, err := s.CreateLink(ctx, boss, org.LinkTerms{Uses: uses})
					return []any{url, info}, err
				}
			}
			return do(1), do(2)
		},
		"CloseLink": func(t *testing.T, w *world) (call, call) {
			boss := w.firm(t)
			_, info := w.open(t, boss, org.LinkTerms{})
			_, second := w.open(t, boss, org.LinkTerms{})
			return func(s *org.Service) (any, error) { return none(s.CloseLink(ctx, boss, info.ID)) }, func(s *org.Service) (any, error) { return none(s.CloseLink(ctx, boss, second.ID)) }
		},
		"Join": func(t *testing.T, w *world) (call, call) {
			boss := w.firm(t)
			me, link := org.Actor{Person: w.register(t, 2).ID}, w.invite(t, boss, 2)
			code := w.code(t, orgtest.Phone(2), org.PurposeJoin)
			return func(s *org.Service) (any, error) { return none(s.Join(ctx, me, link, code)) }, func(s *org.Service) (any, error) { return none(s.Join(ctx, me, link+"x", code)) }
		},
		"Approve": onApplicant((*org.Service).Approve, (*org.Service).Reject),
		"Reject":  onApplicant((*org.Service).Reject, (*org.Service).Approve),
		"Disable": onMember((*org.Service).Disable),
		"Enable": func(t *testing.T, w *world) (call, call) {
			one, _ := onMember((*org.Service).Enable)(t, w)
			orgtest.Must(t, w.Disable(ctx, w.boss(t), org.PersonID(w.people(t)[1])))
			return one, nil
		},
		"SetSubAdmin": onMember(func(s *org.Service, ctx context.Context, a org.Actor, p org.PersonID) error {
			return s.SetSubAdmin(ctx, a, p, true)
		}),
		"HandOver": onMember((*org.Service).HandOver),
	}
	// Methods that are not here read, ignore keys (see Once), or run in a transaction
	// of another package.
	others := strings.Fields(`Audit Company Consents InvitingCompany Links Members ReviewStatus RemittanceStatus RefreshFaceCheck Purge`)
	actor, service := reflect.TypeFor[org.Actor](), reflect.TypeFor[*org.Service]()
	for i := range service.NumMethod() {
		m := service.Method(i)
		for j := range m.Type.NumIn() {
			if m.Type.In(j) == actor && commands[m.Name] == nil && !slices.Contains(others, m.Name) {
				t.Errorf("%s is not tried twice", m.Name)
			}
		}
	}
	for name, prepare := range commands {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{Driver: memory.New()}
			w := newWorld(t, rec)
			one, otherwise := prepare(t, w)
			before := rec.lines()
			first, err := one(w.Once("k-1"))
			orgtest.Must(t, err)
			after := rec.lines()
			if after == before {
				t.Error("nothing is in the audit")
			}
			sent := len(w.messages())
			for range 2 {
				again, err := one(w.Once("k-1"))
				if err != nil || !reflect.DeepEqual(again, first) {
					t.Errorf("repeated: %+v, %v; first %+v", again, err, first)
				}
			}
			w.step(t)
			if got := rec.lines(); got != after || len(w.messages()) > sent+2 {
				t.Errorf("the repetition left %d lines more", got-after)
			}
			if otherwise != nil {
				_, err = otherwise(w.Once("k-1"))
				orgtest.Want(t, err, org.ErrKey)
			}
			for _, row := range rec.all() {
				if row.table == "org_done" && strings.Contains(row.clear(), "张") {
					t.Error("a remembered answer rests in clear")
				}
			}
		})
	}
}

// boss and people return those of the firm that onMember made: the n-th is n+1.
func (w *world) boss(t *testing.T) org.Actor {
	t.Helper()
	p, err := w.Login(t.Context(), orgtest.Phone(1), secret.New(password))
	orgtest.Must(t, err)
	contexts, err := w.Editions(t.Context(), p.ID)
	orgtest.Must(t, err)
	return contexts[1].Actor
}

func (w *world) people(t *testing.T) []string {
	t.Helper()
	var out []string
	for n := 1; n <= 2; n++ {
		p, err := w.Login(t.Context(), orgtest.Phone(n), secret.New(password))
		orgtest.Must(t, err)
		out = append(out, string(p.ID))
	}
	return out
}

// call is one command with its arguments.
type call = func(s *org.Service) (any, error)

type onPerson = func(s *org.Service, ctx context.Context, a org.Actor, person org.PersonID) error

func onMember(do onPerson) func(t *testing.T, w *world) (call, call) {
	return func(t *testing.T, w *world) (call, call) {
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		return func(s *org.Service) (any, error) { return nil, do(s, context.Background(), boss, m.Person) },
			func(s *org.Service) (any, error) { return nil, do(s, context.Background(), boss, boss.Person) }
	}
}

func onApplicant(do, otherwise onPerson) func(t *testing.T, w *world) (call, call) {
	return func(t *testing.T, w *world) (call, call) {
		boss := w.firm(t)
		p := w.verified(t, 2)
		orgtest.Must(t, w.join(t, 2, string(p.ID), w.invite(t, boss, 2)))
		return func(s *org.Service) (any, error) { return nil, do(s, context.Background(), boss, p.ID) },
			func(s *org.Service) (any, error) { return nil, otherwise(s, context.Background(), boss, p.ID) }
	}
}

func TestOnceKeys(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		for _, bad := range []string{"", strings.Repeat("k", org.MaxKey+1)} {
			_, err := w.Once(bad).Invite(t.Context(), boss, "张2", orgtest.Phone(2))
			orgtest.Want(t, err, org.ErrKey)
		}
		longest := strings.Repeat("k", org.MaxKey)
		first, err := w.Once(longest).Invite(t.Context(), boss, "张2", orgtest.Phone(2))
		orgtest.Must(t, err)
		sub := w.member(t, boss, 3)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, true))
		second, err := w.Once(longest).Invite(t.Context(), sub, "张2", orgtest.Phone(2)) // the key of another actor is another key
		if err != nil || second == first {
			t.Errorf("%q, %v", second, err)
		}
		w.Pass(org.KeyTTL)
		w.step(t)
		third, err := w.Once(longest).Invite(t.Context(), boss, "张4", orgtest.Phone(4)) // forgotten
		if err != nil || third == first {
			t.Errorf("%q, %v", third, err)
		}
	})
}

// An actor who lost their place in the company learns nothing by repeating: T2.
func TestT2OnceDoesNotOutliveTheRight(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		sub := w.member(t, boss, 2)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, sub.Person, true))
		_, err := w.Once("k").Invite(t.Context(), sub, "张3", orgtest.Phone(3))
		orgtest.Must(t, err)
		orgtest.Must(t, w.Disable(t.Context(), boss, sub.Person))
		_, err = w.Once("k").Invite(t.Context(), sub, "张3", orgtest.Phone(3))
		orgtest.WantDenied(t, err, org.DenyDisabled)
		orgtest.Want(t, w.Once("t").Disable(t.Context(), boss, sub.Person), org.ErrMemberState) // refused, and so not remembered
		orgtest.Must(t, w.Enable(t.Context(), boss, sub.Person))
		orgtest.Must(t, w.Once("t").Disable(t.Context(), boss, sub.Person))
	})
}

// A provider that did not answer is asked again under the same key.
func TestOnceGoesOnWithTheProvider(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		me := org.Actor{Person: w.register(t, 1).ID}
		d := org.Details{Name: "张1", IDNumber: orgtest.IDNumber(1), Code: w.code(t, orgtest.Phone(1), org.PurposeVerify)}
		w.faceErr = errors.New("away")
		_, err := w.Once("k").StartVerification(t.Context(), me, d)
		var port *org.PortError
		if !errors.As(err, &port) {
			t.Fatalf("error is %v", err)
		}
		w.faceErr = nil
		url, err := w.Once("k").StartVerification(t.Context(), me, d) // the code is used up, and not needed again
		if err != nil || url == "" {
			t.Fatalf("%q, %v", url, err)
		}
		orgtest.Must(t, w.face(w.lastFace().Session, true))
		_, err = w.ConfirmVerification(t.Context(), me)
		orgtest.Must(t, err)
	})
}

func TestOnceInParallel(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		var wg sync.WaitGroup
		urls, errs := make([]string, 8), make([]error, 8)
		for i := range urls {
			wg.Go(func() { urls[i], errs[i] = w.Once("k").Invite(t.Context(), boss, "张2", orgtest.Phone(2)) })
		}
		wg.Wait()
		for i := range urls {
			if errs[i] != nil || urls[i] != urls[0] {
				t.Errorf("%q, %v", urls[i], errs[i])
			}
		}
		w.step(t)
		n := 0
		for _, m := range w.messages() {
			if m.Phone.Reveal() == orgtest.Phone(2) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}

// Commands of other packages are authorized, remembered and audited like our own.
func TestCarry(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		runs := 0
		lend := func(s *org.Service, a org.Actor, to string) (string, bool, error) {
			var made string
			c := org.Command{Name: "seal.grant", Actor: a, Right: org.ActionSealGrant, Args: []string{to}}
			repeated, err := s.Inside().Carry(t.Context(), c, &made, func(ctx context.Context, u org.UnderWay) error {
				runs++
				made = u.Standing().Person.Name + " lends to " + to
				return u.Record(ctx, "grant/1", nil, made)
			}, "seal/"+store.Lock(boss.Org))
			return made, repeated, err
		}
		for i := range 2 {
			if got, repeated, err := lend(w.Once("k"), boss, "x"); err != nil || got != "张1 lends to x" || repeated != (i == 1) {
				t.Errorf("%q, %v, %v", got, repeated, err)
			}
		}
		_, _, err := lend(w.Once("k"), boss, "y")
		orgtest.Want(t, err, org.ErrKey)
		_, _, err = lend(w.Once("k"), m, "x")
		orgtest.WantDenied(t, err, org.DenyRole)
		if e := w.audit(t, boss)[0]; runs != 1 || e.Command != "seal.grant" || e.What != "grant/1" || e.By != boss.Person || len(e.After) != 64 {
			t.Errorf("%d runs, line %+v", runs, e)
		}
		if _, err := w.Inside().Carry(t.Context(), org.Command{Name: "x", Actor: boss}, nil, nil); err == nil {
			t.Error("a command without a right was carried out")
		}
	})
}

// The host's guard is asked first, and its decision is final: T7, T24.
func TestT7Guard(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		me := org.Actor{Person: p.ID}
		busy := errors.New("too many from this address")
		var asked []string
		cfg := w.config(w.db)
		cfg.Guard = func(_ context.Context, act string) error {
			asked = append(asked, act)
			return busy
		}
		s, err := org.New(cfg)
		orgtest.Must(t, err)
		sent := len(w.messages())
		x, y := secret.New("123456"), secret.New(password)
		orgtest.Want(t, s.SendCode(t.Context(), orgtest.Phone(1), org.PurposeLogin), busy)
		_, err = s.Login(t.Context(), orgtest.Phone(1), y)
		orgtest.Want(t, err, busy)
		_, err = s.LoginByCode(t.Context(), orgtest.Phone(1), x)
		orgtest.Want(t, err, busy)
		orgtest.Want(t, s.ResetPassword(t.Context(), orgtest.Phone(1), x, y), busy)
		orgtest.Want(t, s.ChangePassword(t.Context(), me, y, y), busy)
		orgtest.Want(t, s.Join(t.Context(), me, "x", x), busy)
		if got := strings.Join(asked, " "); got != "code login login login login join" || len(w.messages()) != sent {
			t.Errorf("asked about %s", got)
		}
	})
}

// Codes and counters are deleted in time: a hash of a phone is personal data.
func TestT11StepForgets(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	boss := w.firm(t)
	w.invite(t, boss, 2)
	orgtest.Must(t, w.SendCode(t.Context(), orgtest.Phone(3), org.PurposeLogin))
	_, err := w.Login(t.Context(), orgtest.Phone(4), secret.New("wrong password"))
	orgtest.Want(t, err, org.ErrLogin)
	count := func(table string) int {
		n := 0
		for _, row := range rec.final() {
			if row.table == table {
				n++
			}
		}
		return n
	}
	w.step(t)
	if count("org_rate") < 4 || count("org_code") != 1 {
		t.Errorf("%d counters, %d codes before their time", count("org_rate"), count("org_code"))
	}
	w.Pass(25 * time.Hour)
	w.step(t)
	if count("org_code") != 0 || count("org_rate") < 4 {
		t.Errorf("%d counters, %d codes after a day", count("org_rate"), count("org_code"))
	}
	w.Pass(org.RemittanceLock)
	w.step(t)
	if n := count("org_rate"); n != 0 {
		t.Errorf("%d counters after a month", n)
	}
}
