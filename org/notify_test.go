package org_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

func (w *world) notify(t *testing.T, phone, text string, then error) error {
	t.Helper()
	to, err := org.ParsePhone(phone)
	orgtest.Must(t, err)
	return w.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(w.Inside().Tell(ctx, tx, org.Actor{Person: "sender"}, to, text), then)
	})
}

func TestM77TaskText(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		const want = "【大家签】您好, 收到来自(上海)发起的一份《合同签署模板》文件, 请点击处理: https://s.example/m2SQ7X。"
		orgtest.Must(t, w.notify(t, orgtest.Phone(1), w.Inside().TaskText("上海", "合同签署模板", w.Inside().ShortURL("m2SQ7X")), nil))
		if n, err := w.Step(t.Context()); n != 1 || err != nil {
			t.Fatalf("Step sent %d, %v", n, err)
		}
		if got := w.lastTo(t, orgtest.Phone(1)); got != want {
			t.Errorf("text is %q", got)
		}
		if n, err := w.Step(t.Context()); n != 0 || err != nil {
			t.Errorf("Step sent %d again, %v", n, err)
		}
	})
}

func TestNotifyLeavesWithItsTransactionOnly(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		refused := errors.New("refused")
		orgtest.Want(t, w.notify(t, orgtest.Phone(1), "x", refused), refused)
		if n, err := w.Step(t.Context()); n != 0 || err != nil {
			t.Errorf("Step sent %d, %v", n, err)
		}
	})
}

func TestStepTriesAgainLater(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		orgtest.Must(t, w.notify(t, orgtest.Phone(1), "first", nil))
		w.smsErr = errors.New("carrier refuses " + orgtest.Phone(1))
		if n, err := w.Step(t.Context()); n != 0 || err != nil {
			t.Errorf("Step sent %d, %v", n, err)
		}
		w.smsErr = nil
		orgtest.Must(t, w.notify(t, orgtest.Phone(2), "second", nil))
		if n, _ := w.Step(t.Context()); n != 1 { // the first waits, and does not block the others
			t.Errorf("Step sent %d", n)
		}
		w.Pass(2 * time.Minute)
		if n, _ := w.Step(t.Context()); n != 1 || w.lastTo(t, orgtest.Phone(1)) != "first" {
			t.Errorf("Step sent %d", n)
		}
	})
}

func TestT11EncryptPhone(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		phone, err := org.ParsePhone(orgtest.Phone(1))
		orgtest.Must(t, err)
		encrypted, index, err := w.Inside().EncryptPhone("party", "phone", "7", phone)
		orgtest.Must(t, err)
		row, err := json.Marshal(encrypted)
		orgtest.Must(t, err)
		var stored secret.Ciphertext
		orgtest.Must(t, json.Unmarshal(row, &stored))
		if got, err := w.Inside().DecryptPhone("party", "phone", "7", stored); err != nil || got != phone || got.Mask() != "138****01" {
			t.Errorf("opens as %q, %v", got.Reveal(), err)
		}
		_, err = w.Inside().DecryptPhone("party", "phone", "8", stored)
		orgtest.Want(t, err, secret.ErrDecrypt)

		p := w.verified(t, 1) // a person who registers that phone later is found by its index
		orgtest.Must(t, w.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			st, err := w.Inside().Authorize(ctx, tx, org.Actor{Person: p.ID}, org.ActionEnvelopeSign)
			if st.PhoneIx != index || len(index) != 32 {
				t.Errorf("index %q, person's %q", index, st.PhoneIx)
			}
			return err
		}))
	})
}
