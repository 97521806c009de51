package seal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
)

// TestRights holds M43 to M51, T2 and T5: a seal is drawn with its company's
// name, lent, taken back and discarded.
func TestRights(t *testing.T) {
	w := envelopetest.New(t, nil)
	ctx := t.Context()
	a := w.Person("张伟", "13800138001", "321083197812162119")
	b := w.Person("李娜", "13800138002", "360426199101010071")
	boss := w.Company(a, "上海测试科技有限公司", "91310115591693856A")
	staff := w.Member(boss, b, "李娜", "13800138002")
	usable := func(actor org.Actor, id string) error {
		return w.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := w.Seals.Usable(ctx, tx, actor, id)
			return err
		})
	}
	wants := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	var denied *org.DeniedError
	if _, err := w.Seals.Create(ctx, staff, "公章", seal.Spec{Style: seal.StyleOfficial}); !errors.As(err, &denied) {
		t.Errorf("M48 an ordinary member makes a seal: %v", err)
	}
	s, err := w.Seals.Create(ctx, boss, "公章", seal.Spec{Style: seal.StyleOfficial, Name: "别人的公司", Code: "x"})
	if err != nil || s.Personal {
		t.Fatalf("M45: %+v %v", s, err)
	}
	_, err = w.Seals.Create(ctx, boss, "公章", seal.Spec{Style: seal.StyleOfficial})
	wants("the name again", err, seal.ErrNameTaken)
	_, err = w.Seals.Create(ctx, boss, "", seal.Spec{Style: seal.StyleOfficial})
	wants("no name", err, seal.ErrSealName)
	art, err := w.Seals.Artwork(ctx, staff, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	own, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "上海测试科技有限公司", Code: "91310115591693856A"})
	if err != nil {
		t.Fatal(err)
	}
	got, _, _ := art.Vector()
	want, _, _ := own.Vector()
	if string(got) != string(want) {
		t.Error("the seal does not bear its company's own name and code")
	}
	wants("M51 not granted", usable(staff, s.ID), seal.ErrNotGranted)
	wants("an administrator", usable(boss, s.ID), nil)
	wants("T1 in the personal edition", usable(b, s.ID), seal.ErrNotFound)
	from := w.Clock.Now().Add(time.Hour)
	if err := w.Seals.Grant(ctx, boss, s.ID, b.Person, seal.Period{From: from, To: from.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	wants("T5 before the period", usable(staff, s.ID), seal.ErrNotGranted)
	w.Clock.Advance(time.Hour)
	wants("M49 in the period", usable(staff, s.ID), nil)
	w.Clock.Advance(time.Hour)
	wants("T5 at its end", usable(staff, s.ID), seal.ErrNotGranted)
	wants("an empty period", w.Seals.Grant(ctx, boss, s.ID, b.Person, seal.Period{From: from, To: from}), seal.ErrPeriod)
	wants("to a stranger", w.Seals.Grant(ctx, boss, s.ID, "nobody", seal.Period{}), seal.ErrNotMember)
	if err := w.Seals.Grant(ctx, staff, s.ID, b.Person, seal.Period{}); !errors.As(err, &denied) {
		t.Errorf("T6 a member grants himself: %v", err)
	}
	if err := w.Seals.Grant(ctx, boss, s.ID, b.Person, seal.Period{}); err != nil {
		t.Fatal(err)
	}
	wants("open-ended", usable(staff, s.ID), nil)
	w.Clock.Advance(time.Second)
	if err := errors.Join(w.Org.Disable(ctx, boss, b.Person), w.Org.Enable(ctx, boss, b.Person)); err != nil {
		t.Fatal(err)
	}
	wants("T2 after a disable and enable", usable(staff, s.ID), seal.ErrNotGranted)
	if err := errors.Join(w.Seals.Grant(ctx, boss, s.ID, b.Person, seal.Period{}), w.Seals.Revoke(ctx, boss, s.ID, b.Person)); err != nil {
		t.Fatal(err)
	}
	wants("M49 revoked", usable(staff, s.ID), seal.ErrNotGranted)
	if err := w.Seals.Discard(ctx, boss, s.ID); err != nil {
		t.Fatal(err)
	}
	wants("M47 discarded", usable(boss, s.ID), seal.ErrDiscarded)
	if _, err := w.Seals.Create(ctx, boss, "公章", seal.Spec{Style: seal.StyleOfficial}); err != nil {
		t.Errorf("the name is free again: %v", err)
	}
	list, _, err := w.Seals.List(ctx, boss, true, "")
	if err != nil || len(list) != 1 || !list[0].Discarded {
		t.Errorf("%+v %v", list, err)
	}
	// A person's own signature is his in every edition, and nobody else's (M39).
	sig := w.Signature(b)
	wants("own signature", usable(staff, sig), nil)
	wants("another's signature", usable(boss, sig), seal.ErrNotFound)
}
