package billing_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// chargeAt charges an envelope of one copy at a time, from a source.
func (w *world) chargeAt(t testing.TB, boss org.Actor, e string, at time.Time, src billing.Source) {
	t.Helper()
	w.mu.Lock()
	w.Set(at)
	w.mu.Unlock()
	orgtest.Must(t, w.hold(boss.Org, e, 1))
	orgtest.Must(t, w.update(boss.Org, func(ctx context.Context, tx *store.Tx) error {
		return w.Charge(ctx, tx, billing.ChargeRequest{Org: boss.Org, Envelope: e, Name: e, Copies: 1, Source: src})
	}))
}

// M59: newest first, filtered by time and 业务系统, page by page.
func TestM59Charges(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss, other := w.Firm(t, 0), w.Firm(t, 1)
		for range 3 {
			w.topUp(t, boss, "p100")
		}
		w.topUp(t, other, "p100")
		start := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
		const total = 150 // one a day: five months
		for n := range total {
			src := billing.Portal
			if n%3 == 0 {
				src = billing.API
			}
			w.chargeAt(t, boss, fmt.Sprintf("e%03d", n), start.AddDate(0, 0, n), src)
		}
		w.chargeAt(t, other, "theirs", start, billing.Portal)

		day := func(n int) time.Time { return start.AddDate(0, 0, n) }
		for _, f := range []billing.ChargeFilter{
			{},
			{Source: billing.API},
			{Source: billing.Portal},
			{From: day(10)},
			{To: day(100)},
			{From: day(10), To: day(100)},
			{From: day(10), To: day(140), Source: billing.API},
			{From: day(30), To: day(31)},
			{From: day(30), To: day(30)},
			{From: day(-1000), To: day(-900)},
			{From: day(900), To: day(1000)},
			{From: day(0).Add(time.Second), To: day(1000), Source: billing.Portal},
		} {
			var wanted, got []string
			for n := total - 1; n >= 0; n-- {
				at := day(n)
				if at.Before(f.From) || !f.To.IsZero() && !at.Before(f.To) || f.Source != 0 && (f.Source == billing.API) != (n%3 == 0) {
					continue
				}
				wanted = append(wanted, fmt.Sprintf("e%03d", n))
			}
			var cursor store.Cursor
			for {
				list, next, err := w.Charges(t.Context(), boss, f, cursor)
				orgtest.Must(t, err)
				if len(list) > 50 {
					t.Errorf("a page of %d", len(list))
				}
				for _, c := range list {
					got = append(got, c.Envelope)
				}
				if cursor = next; cursor == "" {
					break
				}
			}
			if strings.Join(got, " ") != strings.Join(wanted, " ") {
				t.Errorf("%+v: got %v, want %v", f, got, wanted)
			}
		}
	})
}

func TestM59Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	w.topUp(t, boss, "p5")
	w.chargeAt(t, boss, "e1", w.Now(), billing.API)
	charges := func(a org.Actor, f billing.ChargeFilter, c store.Cursor) error {
		_, _, err := w.Charges(t.Context(), a, f, c)
		return err
	}
	orgtest.WantDenied(t, charges(w.Member(t, boss, 1), billing.ChargeFilter{}, ""), org.DenyRole)
	orgtest.Want(t, charges(org.Actor{Person: w.Person(t, 2).Person, Org: boss.Org}, billing.ChargeFilter{}, ""), org.ErrNotFound)
	for _, c := range []store.Cursor{"x", "x.", "24300.", "24314.x", "99999999999.", "1"} {
		orgtest.Want(t, charges(boss, billing.ChargeFilter{From: w.Now().AddDate(-1, 0, 0)}, c), store.ErrCursor)
	}
	orgtest.Want(t, charges(boss, billing.ChargeFilter{}, "24300."), store.ErrCursor)
}

// M58: the list shows Beijing time to the second.
func TestM58ShowTime(t *testing.T) {
	at := time.Date(2021, 9, 26, 11, 25, 24, 999, time.UTC)
	if got := billing.ShowTime(at); got != "2021-09-26 19:25:24" {
		t.Errorf("got %s", got)
	}
	back, err := billing.ParseTime("2021-09-26 19:25:24")
	if err != nil || !back.Equal(at.Truncate(time.Second)) {
		t.Errorf("got %v, %v", back, err)
	}
	if _, err := billing.ParseTime("2021-09-26"); err == nil || !strings.HasPrefix(err.Error(), "billing: ") {
		t.Errorf("error is %v", err)
	}
}

// M60: the samples of the manual, and the shortest names that are cut.
func TestM60ShortName(t *testing.T) {
	for name, want := range map[string]string{
		"测试":         "测试",
		"":           "",
		"一二三四五六七八":   "一二三四五六七八",
		"测试一二三四签过期":  "测试...签过期",
		"上海一二三四习协议":  "上海...习协议",
		"公有一二三四多份计量": "公有...多份计量",
		"公有云接口调用发起多份计量": "公有...多份计量",
	} {
		if got := billing.ShortName(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func FuzzShortName(f *testing.F) {
	for _, s := range []string{"", "测试", "公有云接口调用发起多份计量", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		short := billing.ShortName(name)
		if n := utf8.RuneCountInString(short); n > 9 || n > utf8.RuneCountInString(name) {
			t.Errorf("%q became %q", name, short)
		}
	})
}
