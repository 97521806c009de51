package org_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

const bankAccount = "6222 0210-0101 6613871"

func remittanceForm() org.RemittanceForm {
	return org.RemittanceForm{Legal: "法人", Agreement: "2026-02", Bank: "中国工商银行上海分行", Account: bankAccount}
}

// remittance starts a remittance and makes the bank pay it; it returns what the statement
// shows.
func (w *world) remittance(t *testing.T, actor org.Actor) (org.RemittanceInfo, org.RemittanceProof) {
	t.Helper()
	info, proof := w.ordered(t, actor)
	orgtest.Must(t, w.bankReport(org.RemittanceResult{ID: info.ID, Arrived: true, Transaction: "b-1"}))
	return info, proof
}

// ordered starts a remittance that the bank takes, and has not reported.
func (w *world) ordered(t *testing.T, actor org.Actor) (org.RemittanceInfo, org.RemittanceProof) {
	t.Helper()
	info, err := w.StartRemittance(t.Context(), actor, remittanceForm())
	orgtest.Must(t, err)
	w.step(t)
	return info, shown(w.orders[len(w.orders)-1])
}

func shown(o org.RemittanceOrder) org.RemittanceProof {
	return org.RemittanceProof{Fen: o.Fen, Remark: o.Remark.Reveal()}
}

func (w *world) bankReport(r org.RemittanceResult) error {
	h, b := callback(r)
	return w.RemittanceCallback(context.Background(), h, b)
}

func wantAmount(t *testing.T, err error, left int) {
	t.Helper()
	var a *org.AmountError
	if !errors.As(err, &a) || a.Left != left || a.Zh() == "" {
		t.Errorf("error is %v, want a wrong amount with %d left", err, left)
	}
}

func TestM19Remittance(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, err := w.RemittanceStatus(t.Context(), actor)
		orgtest.Want(t, err, org.ErrNoRemittance)
		info, err := w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Must(t, err)
		if info.Account != "****3871" || info.State != org.RemittanceOrdered || info.Left != 3 || !info.Expires.Equal(w.Now().Add(7*24*time.Hour)) {
			t.Errorf("started as %+v", info)
		}
		if c, _ := w.Company(t.Context(), actor); c.State != org.CompanyRemitted || c.Verified {
			t.Errorf("company is %+v", c)
		}
		w.step(t)
		o := w.orders[0]
		if len(w.orders) != 1 || o.ID != info.ID || o.Payee != companyName || o.Bank != "中国工商银行上海分行" || o.Account.Reveal() != "6222021001016613871" || o.Fen < 1 || o.Fen > 99 || len(o.Remark.Reveal()) != 4 {
			t.Fatalf("the bank was asked %+v", w.orders)
		}
		_, err = w.ConfirmRemittance(t.Context(), actor, shown(o)) // only money that arrived is judged
		orgtest.Want(t, err, org.ErrRemittanceWaits)
		orgtest.Must(t, w.bankReport(org.RemittanceResult{ID: info.ID, Arrived: true, Transaction: "b-1"}))
		if got, _ := w.RemittanceStatus(t.Context(), actor); got.State != org.RemittanceArrived {
			t.Errorf("status is %+v", got)
		}
		orgtest.WantDenied(t, w.may(t, actor, org.ActionSealCreate), org.DenyCompanyUnverified)
		c, err := w.ConfirmRemittance(t.Context(), actor, shown(o))
		if err != nil || !c.Verified || c.Method != org.MethodRemittance || !c.VerifiedAt.Equal(w.Now()) {
			t.Errorf("verified as %+v, %v", c, err)
		}
		orgtest.Must(t, w.may(t, actor, org.ActionSealCreate))
		_, err = w.ConfirmRemittance(t.Context(), actor, shown(o))
		orgtest.Want(t, err, org.ErrVerified)
		_, err = w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Want(t, err, org.ErrVerified)
		list, _, err := w.Consents(t.Context(), actor, "")
		orgtest.Must(t, err)
		if list[0].Document != org.DocumentAgreement || list[0].Version != "2026-02" || list[0].Org != actor.Org {
			t.Errorf("consents: %+v", list)
		}
	})
}

func TestM19RemittanceRefused(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		for name, spoil := range map[string]func(*org.RemittanceForm){
			"legal": func(f *org.RemittanceForm) { f.Legal = "" }, "bank": func(f *org.RemittanceForm) { f.Bank = "\n" },
			"account": func(f *org.RemittanceForm) { f.Account = "1234567" }, "account ": func(f *org.RemittanceForm) { f.Account = strings.Repeat("1", 31) },
			"account, letters": func(f *org.RemittanceForm) { f.Account = "12345678a" },
		} {
			f := remittanceForm()
			spoil(&f)
			_, err := w.StartRemittance(t.Context(), actor, f)
			if fieldReason(t, err) == "" || len(f.Account) > 8 && strings.Contains(err.Error(), f.Account) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, length := range []int{8, 30} { // at the limits
			if _, err := org.ParseAccount(strings.Repeat("1", length)); err != nil {
				t.Error(err)
			}
		}
		f := remittanceForm()
		f.Agreement = "2025-01"
		_, err := w.StartRemittance(t.Context(), actor, f)
		orgtest.Want(t, err, org.ErrAgreement)
		_, err = w.ConfirmRemittance(t.Context(), actor, org.RemittanceProof{Fen: 1})
		orgtest.Want(t, err, org.ErrNoRemittance)

		cfg := w.config(w.db)
		cfg.Bank = nil
		off, err := org.New(cfg)
		orgtest.Must(t, err)
		_, err = off.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Want(t, err, org.ErrMethodOff)
		_, err = off.ConfirmRemittance(t.Context(), actor, org.RemittanceProof{Fen: 1})
		orgtest.Want(t, err, org.ErrMethodOff)
		h, b := callback(org.RemittanceResult{})
		orgtest.Want(t, off.RemittanceCallback(t.Context(), h, b), org.ErrCallback)
	})
}

func TestT23ThreeWrongAmountsLock(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, fen := w.remittance(t, actor)
		wrong := func(p org.RemittanceProof) org.RemittanceProof { p.Fen = p.Fen%99 + 1; return p }
		_, err := w.ConfirmRemittance(t.Context(), actor, wrong(fen))
		wantAmount(t, err, 2)
		// Another remittance gives no new tries.
		info, second := w.remittance(t, actor)
		if info.Left != 2 {
			t.Errorf("%d tries left", info.Left)
		}
		if second != fen {
			_, err = w.ConfirmRemittance(t.Context(), actor, fen) // the amount of the one before
			wantAmount(t, err, 1)
		} else {
			_, err = w.ConfirmRemittance(t.Context(), actor, org.RemittanceProof{})
			wantAmount(t, err, 1)
		}
		second.Remark = second.Remark[1:] + second.Remark[:1] + "0"
		_, err = w.ConfirmRemittance(t.Context(), actor, second) // the amount alone is not enough
		wantAmount(t, err, 0)
		_, err = w.ConfirmRemittance(t.Context(), actor, second) // the right amount comes too late
		var l *org.LimitError
		if !errors.As(err, &l) || l.What != "amount" || l.Zh() == "" {
			t.Errorf("error is %v, want the lock", err)
		}
		_, err = w.StartRemittance(t.Context(), actor, remittanceForm())
		if !errors.As(err, &l) || l.What != "amount" {
			t.Errorf("error is %v, want the lock", err)
		}
		if c, _ := w.Company(t.Context(), actor); c.Verified {
			t.Error("verified")
		}
		w.Pass(org.RemittanceLock)
		_, fen = w.remittance(t, actor)
		if c, err := w.ConfirmRemittance(t.Context(), actor, fen); err != nil || !c.Verified {
			t.Errorf("after the lock: %+v, %v", c, err)
		}
	})
}

func TestT23RemittanceCallbacks(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		info, fen := w.ordered(t, actor)
		_, body := callback(org.RemittanceResult{ID: info.ID})
		orgtest.Want(t, w.RemittanceCallback(t.Context(), http.Header{}, body), org.ErrCallback) // forged
		orgtest.Want(t, w.bankReport(org.RemittanceResult{ID: "unknown"}), org.ErrCallback)
		orgtest.Want(t, w.bankReport(org.RemittanceResult{}), org.ErrCallback)
		orgtest.Want(t, w.bankReport(org.RemittanceResult{ID: info.ID, Transaction: strings.Repeat("x", 129)}), org.ErrCallback)
		orgtest.Must(t, w.bankReport(org.RemittanceResult{ID: info.ID, Transaction: "b"}))                // could not be paid
		orgtest.Must(t, w.bankReport(org.RemittanceResult{ID: info.ID, Arrived: true, Transaction: "b"})) // and then the opposite: too late
		_, err := w.ConfirmRemittance(t.Context(), actor, fen)
		orgtest.Want(t, err, org.ErrRemittanceFailed)
		_, err = w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Must(t, err)
		w.Pass(org.RemittanceTTL)
		_, err = w.ConfirmRemittance(t.Context(), actor, org.RemittanceProof{Fen: 1}) // expired, and not counted
		orgtest.Want(t, err, org.ErrNoRemittance)
		if got, _ := w.RemittanceStatus(t.Context(), actor); got.Left != 3 {
			t.Errorf("%d left", got.Left)
		}
	})
}

func TestM19RemittanceIsReplaced(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, err := w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Must(t, err)
		second, err := w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Must(t, err)
		w.step(t)
		if len(w.orders) != 1 || w.orders[0].ID != second.ID { // the first was never paid
			t.Errorf("the bank was asked %+v", w.orders)
		}
		_, err = w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Must(t, err)
		_, err = w.StartRemittance(t.Context(), actor, remittanceForm())
		wantLimit(t, err, "remittance", 24*time.Hour)
		_, err = w.StartLicenceScan(t.Context(), actor) // the other methods remain possible
		orgtest.Must(t, err)
		orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
		_, err = w.ConfirmRemittance(t.Context(), actor, org.RemittanceProof{Fen: 1})
		orgtest.Want(t, err, org.ErrVerified)
	})
}

func TestM19BankIsAskedAgain(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		w.bankErr = errors.New("no route to account 6222021001016613871")
		_, err := w.StartRemittance(t.Context(), actor, remittanceForm())
		orgtest.Must(t, err)
		w.step(t)
		w.bankErr = nil
		w.Pass(10 * time.Minute)
		w.step(t)
		if len(w.orders) != 1 {
			t.Errorf("the bank was asked %+v", w.orders)
		}
		if log := w.log.String(); strings.Contains(log, "6222021001016613871") || !strings.Contains(log, "remittance not ordered") {
			t.Error("the log shows the account, or says nothing")
		}
	})
}

// The amount and the account are stored encrypted: T11.
func TestT11RemittanceIsEncrypted(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	actor := w.startup(t)
	_, fen := w.remittance(t, actor)
	if doc := rec.last("org_remittance"); doc == "" || strings.Contains(doc, "6222021001016613871") {
		t.Errorf("stored as %s", doc)
	}
	for _, row := range rec.all() {
		if strings.Contains(row.clear(), "6222021001016613871") {
			t.Errorf("%s shows the account", row.table)
		}
	}
	// Without the keys nobody finds the amount by trying a hundred.
	cfg := w.config(w.db)
	set := keySet()
	set.Index = key(9)
	keys, err := secret.NewKeys(set)
	orgtest.Must(t, err)
	cfg.Keys = keys
	other, err := org.New(cfg)
	orgtest.Must(t, err)
	_, err = other.ConfirmRemittance(t.Context(), actor, fen)
	wantAmount(t, err, 2)
}

// All 99 amounts at once: at most three are checked, whatever the races (T23).
func TestT23AmountsInParallel(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		actor := w.startup(t)
		_, proof := w.remittance(t, actor)
		var wg sync.WaitGroup
		errs := make([]error, 99)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = w.ConfirmRemittance(t.Context(), actor, org.RemittanceProof{Fen: int64(i + 1), Remark: proof.Remark})
			})
		}
		wg.Wait()
		wrong, right, late := 0, 0, 0
		for _, err := range errs {
			var a *org.AmountError
			var l *org.LimitError
			switch {
			case err == nil:
				right++
			case errors.As(err, &a):
				wrong++
			case errors.As(err, &l) && l.What == "amount", errors.Is(err, org.ErrVerified):
				late++
			default:
				t.Errorf("error is %v", err)
			}
		}
		if wrong+right > 3 || right > 1 || wrong+right+late != 99 || right == 0 && wrong != 3 {
			t.Errorf("%d wrong, %d right, %d late", wrong, right, late)
		}
	})
}
