package org_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

func number(t *testing.T, n int) secret.Text {
	t.Helper()
	s, err := org.ParseCitizenID(orgtest.IDNumber(n), today)
	orgtest.Must(t, err)
	return s
}

func (w *world) purge(t *testing.T, n int, person string) error {
	t.Helper()
	return w.Purge(t.Context(), org.Actor{Person: org.PersonID(person)}, w.code(t, orgtest.Phone(n), org.PurposePurge))
}

// final returns every row that is still there.
func (r *recorder) final() []written {
	last := map[string]written{}
	for _, row := range r.all() {
		last[row.table+"/"+row.id] = row
	}
	var out []written
	for _, row := range last {
		if row.doc != "" {
			out = append(out, row)
		}
	}
	return out
}

// After a purge (PIPL art. 47) no row shows who the person was. That they were
// verified, and what they did, can still be proved.
func TestT11PurgeErasesThePersonAndKeepsEvidence(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	boss := w.firm(t)
	m := w.member(t, boss, 2)
	desk := w.reviewer(t, 3)
	before, err := w.Person(t.Context(), m.Person)
	orgtest.Must(t, err)
	phoneIx := w.standing(t, m).PhoneIx
	// Their own company, never verified, with a waiting review; an invitation of a
	// third one.
	own, err := w.CreateCompany(t.Context(), org.Actor{Person: m.Person}, org.NewCompany{Name: "新公司", CreditCode: "91110000600037341L"})
	orgtest.Must(t, err)
	theirs := org.Actor{Person: m.Person, Org: own.ID}
	_, err = w.StartReview(t.Context(), theirs, org.ReviewForm{CreditCode: own.CreditCode, Legal: "法人", Agreement: "2026-02"})
	orgtest.Must(t, err)
	for _, p := range org.Papers() {
		w.upload(t, theirs, p, pngN(int(p)))
	}
	r, err := w.SubmitReview(t.Context(), theirs)
	orgtest.Must(t, err)
	orgtest.Must(t, w.Once("k").AcceptTerms(t.Context(), theirs, "2026-01"))

	orgtest.Must(t, w.purge(t, 2, string(m.Person)))
	w.Pass(31 * 24 * time.Hour) // T27: keyed hashes that count stay for a month
	w.step(t)

	seen := 0
	for _, row := range rec.final() {
		seen++
		for _, mark := range []string{"张2", "138****02", phoneIx, before.MaskedID, orgtest.Phone(2), orgtest.IDNumber(2)} {
			if strings.Contains(row.clear(), mark) {
				t.Errorf("%s %s still holds %q", row.table, row.id, mark)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d rows were looked at", seen)
	}
	got, err := w.Person(t.Context(), m.Person)
	if err != nil || got.State != org.PersonPurged || got.Phone != "" || got.MaskedID != "" || got.Name != "已注销用户" || !got.VerifiedAt.Equal(before.VerifiedAt) {
		t.Errorf("what is left is %+v, %v", got, err)
	}
	for _, c := range []struct {
		name string
		n    int
		want bool
	}{{"张2", 2, true}, {"张2", 3, false}, {"李四", 2, false}} {
		if same, err := w.Upkeep().ProvePurged(t.Context(), m.Person, c.name, number(t, c.n)); err != nil || same != c.want {
			t.Errorf("%s with number %d: %v, %v", c.name, c.n, same, err)
		}
	}
	if len(w.revoked) != 2 || w.revoked[0].Company != boss.Org || w.revoked[1].Company != "" || w.revoked[1].Reason != org.RevokePurged {
		t.Errorf("revoked: %+v", w.revoked)
	}
	queue, _, err := w.ReviewDesk().List(t.Context(), desk, org.ReviewWaiting, "")
	if err != nil || len(queue) != 0 {
		t.Errorf("waiting: %+v, %v", queue, err)
	}
	ended, _, err := w.ReviewDesk().List(t.Context(), desk, org.ReviewRefused, "")
	if err != nil || len(ended) != 1 || ended[0].ID != r.ID || ended[0].Name != "" {
		t.Errorf("ended: %+v, %v", ended, err)
	}
	orgtest.Want(t, w.ReviewDesk().Read(t.Context(), desk, r.ID, org.PaperHandlerFront, io.Discard), org.ErrNotFound)
	w.Pass(time.Hour)
	if n, err := store.Sweep(t.Context(), w.blobs, w.Upkeep().Keeps, w.Now()); n != 7 || err != nil {
		t.Errorf("%d pictures were swept, %v", n, err)
	}
}

// A purged account can do nothing, and belongs to nobody: T2.
func TestT2PurgedPersonIsGone(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, m.Person, true))
		orgtest.Must(t, w.purge(t, 2, string(m.Person)))
		me := org.Actor{Person: m.Person}
		for name, err := range map[string]error{
			"authorize":   w.may(t, m, org.ActionMemberRead),
			"personal":    w.may(t, me, org.ActionEnvelopeSign),
			"terms":       w.AcceptTerms(t.Context(), me, "2026-01"),
			"join":        w.Join(t.Context(), me, "x", secret.New("123456")),
			"purge again": w.Purge(t.Context(), me, secret.New("123456")),
			"password":    w.ChangePassword(t.Context(), me, secret.New(password), secret.New("another one")),
			"sign code":   w.Will().SendSignCode(t.Context(), me, [32]byte{1}),
			"enable":      w.Enable(t.Context(), m, boss.Person),
		} {
			if !errors.Is(err, org.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := w.Login(t.Context(), orgtest.Phone(2), secret.New(password))
		orgtest.Want(t, err, org.ErrLogin)
		orgtest.Want(t, w.Enable(t.Context(), boss, m.Person), org.ErrMemberState)
		orgtest.Want(t, w.HandOver(t.Context(), boss, m.Person), org.ErrSuccessor)
		orgtest.Want(t, w.SetSubAdmin(t.Context(), boss, m.Person, true), org.ErrMemberState)
		if got := w.list(t, boss, org.Left); len(got) != 1 || got[0].Name != "已注销用户" || got[0].Phone != "" {
			t.Errorf("left: %+v", got)
		}
		again := w.verified(t, 2) // phone and number are free
		if again.ID == m.Person {
			t.Error("the account is the old one")
		}
		orgtest.Must(t, w.join(t, 2, string(again.ID), w.invite(t, boss, 2)))
		_, err = w.Upkeep().ProvePurged(t.Context(), again.ID, "张2", number(t, 2))
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

func TestPurgeRefused(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		orgtest.Want(t, w.purge(t, 1, string(boss.Person)), org.ErrMainAdmin)
		p := w.verified(t, 2)
		wantCode(t, w.Purge(t.Context(), org.Actor{Person: p.ID}, other(w.code(t, orgtest.Phone(2), org.PurposePurge))), org.CodeWrong, 4)
		orgtest.Want(t, w.Purge(t.Context(), org.Actor{Person: "nobody"}, secret.New("123456")), org.ErrNotFound)
		busy := errors.New("an envelope is under way")
		cfg := w.config(w.db)
		cfg.MayPurge = func(_ context.Context, _ *store.Tx, person org.PersonID) error {
			if person != p.ID {
				t.Errorf("asked about %q", person)
			}
			return busy
		}
		var err error
		open := w.Service
		w.Service, err = org.New(cfg)
		orgtest.Must(t, err)
		orgtest.Want(t, w.purge(t, 2, string(p.ID)), busy)
		w.Service = open
		if got, _ := w.Person(t.Context(), p.ID); got.State != org.PersonVerified {
			t.Errorf("person is %+v", got)
		}
		// A person who hands their company over may leave.
		m := w.member(t, boss, 3)
		orgtest.Must(t, w.HandOver(t.Context(), boss, m.Person))
		orgtest.Must(t, w.purge(t, 1, string(boss.Person)))
	})
}

// A remittance that was queued for a deleted company is neither paid nor tried for
// ever.
func TestPurgeOfAPayingFounder(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.startup(t)
		_, err := w.StartRemittance(t.Context(), boss, remittanceForm())
		orgtest.Must(t, err)
		orgtest.Must(t, w.purge(t, 1, string(boss.Person)))
		w.step(t)
		if len(w.orders) != 0 || strings.Contains(w.log.String(), "remittance not ordered") {
			t.Errorf("the bank was asked %+v", w.orders)
		}
		// The credit code is free for the real company.
		_, err = w.CreateCompany(t.Context(), org.Actor{Person: w.verified(t, 2).ID}, org.NewCompany{Name: companyName, CreditCode: creditCode})
		orgtest.Must(t, err)
	})
}

// rotated returns the same service with another current key.
func (w *world) rotated(t *testing.T, old bool) *org.Service {
	t.Helper()
	set := keySet()
	set.Older = []secret.Key{set.Current}
	set.Current = secret.Key{ID: "k2", Bytes: key(7)}
	if !old {
		set.Older = nil
	}
	cfg := w.config(w.db)
	var err error
	cfg.Keys, err = secret.NewKeys(set)
	orgtest.Must(t, err)
	s, err := org.New(cfg)
	orgtest.Must(t, err)
	return s
}

func TestT11RotateKeys(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss, desk := w.startup(t), w.reviewer(t, 2)
		_, err := w.StartRemittance(t.Context(), boss, remittanceForm())
		orgtest.Must(t, err)
		r := w.submitted(t, boss)
		phone, err := org.ParsePhone(orgtest.Phone(9))
		orgtest.Must(t, err)
		foreign, _, err := w.Inside().EncryptPhone("party", "phone", "7", phone)
		orgtest.Must(t, err)

		both := w.rotated(t, true)
		got, err := both.Upkeep().Rotate(t.Context())
		if err != nil || got.Fields != 3 || got.Papers != 7 { // two persons (two fields each) and a remittance
			t.Errorf("rotated %+v, %v", got, err)
		}
		if got, err := both.Upkeep().Rotate(t.Context()); err != nil || got != (org.Rotation{}) {
			t.Errorf("rotated again %+v, %v", got, err)
		}
		encrypted, changed, err := both.Inside().Reencrypt(secret.Place{Table: "party", Column: "phone", ID: "7"}, foreign)
		if err != nil || !changed || encrypted.Key != "k2" {
			t.Errorf("resealed %v, %v", changed, err)
		}
		_, changed, err = both.Inside().Reencrypt(secret.Place{Table: "party", Column: "phone", ID: "7"}, encrypted)
		if changed || err != nil {
			t.Errorf("resealed again %v, %v", changed, err)
		}
		_, _, err = both.Inside().Reencrypt(secret.Place{Table: "party", Column: "phone", ID: "8"}, foreign)
		orgtest.Want(t, err, secret.ErrDecrypt)

		// Without the old key everything can still be decrypted.
		w.Service = w.rotated(t, false)
		orgtest.Must(t, w.ReviewDesk().Read(t.Context(), desk, r.ID, org.PaperLicence, io.Discard))
		if got, err := w.Inside().DecryptPhone("party", "phone", "7", encrypted); err != nil || got != phone {
			t.Errorf("opens as %v, %v", got, err)
		}
		orgtest.Must(t, w.Will().SendSignCode(t.Context(), org.Actor{Person: boss.Person}, [32]byte{1})) // decrypts the phone
		_, err = w.ReviewDesk().Decide(t.Context(), desk, r.ID, true, "")
		orgtest.Must(t, err)
		w.Pass(time.Hour)
		if n, err := store.Sweep(t.Context(), w.blobs, w.Upkeep().Keeps, w.Now()); n != 7 || err != nil { // the old ciphertexts
			t.Errorf("%d swept, %v", n, err)
		}
	})
}

// Without the old key a rotation stops with an error before it loses anything.
func TestT11RotateNeedsTheOldKey(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.verified(t, 1)
		_, err := w.rotated(t, false).Upkeep().Rotate(t.Context())
		orgtest.Want(t, err, secret.ErrDecrypt)
		w.Pass(time.Hour)
		orgtest.Must(t, w.Will().SendSignCode(t.Context(), org.Actor{Person: p.ID}, [32]byte{1}))
	})
}

// T11: a purge erases the remembered registration too, which was carried out before there was
// an account: who has its key does not get the name back.
func TestT11PurgeForgetsTheRegistration(t *testing.T) {
	w := newWorld(t, memory.New())
	r := org.Registration{Phone: orgtest.Phone(7), Code: w.code(t, orgtest.Phone(7), org.PurposeRegister), Name: "张伟",
		Password: secret.New("a password of the test's"), Terms: "2026-01"}
	p, err := w.Once("k").Register(t.Context(), r)
	orgtest.Must(t, err)
	if again, err := w.Once("k").Register(t.Context(), r); err != nil || again.ID != p.ID {
		t.Errorf("repeated: %+v, %v", again, err)
	}
	orgtest.Must(t, w.purge(t, 7, string(p.ID)))
	var refused *org.CodeError
	if again, err := w.Once("k").Register(t.Context(), r); !errors.As(err, &refused) {
		t.Errorf("after the purge: %+v, %v", again, err)
	}
}
