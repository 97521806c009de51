package billing_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// sign charges one envelope with a name.
func (w *world) sign(t testing.TB, company, envelope, name string, copies int64, src billing.Source) {
	t.Helper()
	orgtest.Must(t, w.hold(org.CompanyID(company), envelope, copies))
	orgtest.Must(t, w.update(org.CompanyID(company), func(ctx context.Context, tx *store.Tx) error {
		return w.Charge(ctx, tx, billing.ChargeRequest{Org: org.CompanyID(company), Envelope: envelope, Name: name, Copies: copies, Source: src})
	}))
}

// M58, M59: the charges of a period as a file that a Chinese Excel opens, byte for
// byte, in Beijing time, with their sum.
func TestM58Statement(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.Firm(t, 0)
		w.topUp(t, boss, "p100")
		start := time.Date(2027, 1, 1, 15, 59, 59, 0, time.UTC)
		w.Set(start)
		w.sign(t, string(boss.Org), "e1", "去年的", 1, billing.Portal)
		w.Pass(time.Second)
		w.sign(t, string(boss.Org), "e2", `采购"合同",一`, 2, billing.API)
		w.Pass(time.Hour)
		w.sign(t, string(boss.Org), "e3", "=1+1", 3, billing.Portal)
		w.Pass(time.Hour)
		w.sign(t, string(boss.Org), "e4", "次日", 4, billing.Portal)
		var out bytes.Buffer
		orgtest.Must(t, w.Statement(t.Context(), boss, start.Add(time.Second), w.Now(), &out))
		want := "\xef\xbb\xbf消费日期,消费份数,消费信封,业务系统,信封编号\r\n" +
			"2027-01-02 01:00:00,3,'=1+1,门户调用,e3\r\n" +
			"2027-01-02 00:00:00,2,\"采购\"\"合同\"\",一\",接口调用,e2\r\n" +
			"合计,5,,,\r\n"
		if out.String() != want {
			t.Errorf("the statement is %q", out.String())
		}
		out.Reset()
		orgtest.Must(t, w.Statement(t.Context(), boss, time.Time{}, time.Time{}, &out))
		if !strings.HasSuffix(out.String(), "去年的,门户调用,e1\r\n合计,10,,,\r\n") {
			t.Errorf("everything is %q", out.String())
		}
	})
}

// A statement of more than one page has every line once.
func TestStatementOfManyPages(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	var out bytes.Buffer
	orgtest.Must(t, w.Statement(t.Context(), boss, time.Time{}, time.Time{}, &out))
	if !strings.HasSuffix(out.String(), "\r\n合计,0,,,\r\n") {
		t.Errorf("of nothing: %q", out.String())
	}
	w.topUp(t, boss, "p100")
	w.topUp(t, boss, "p100")
	const lines = 130
	for n := range lines {
		w.Pass(12 * time.Hour)
		w.sign(t, string(boss.Org), fmt.Sprint("e", n), "合同", 1, billing.Portal)
	}
	out.Reset()
	orgtest.Must(t, w.Statement(t.Context(), boss, time.Time{}, w.Now().Add(time.Second), &out))
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out.Bytes(), []byte("\xef\xbb\xbf")))).ReadAll()
	orgtest.Must(t, err)
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r[4]] = true
	}
	if len(rows) != lines+2 || len(seen) != lines+2 || rows[len(rows)-1][1] != fmt.Sprint(lines) {
		t.Errorf("%d lines, %d envelopes, the last %v", len(rows), len(seen), rows[len(rows)-1])
	}
}

type full struct{}

var errFull = errors.New("no room")

func (full) Write([]byte) (int, error) { return 0, errFull }

// M58: an actor who must not see the charges gets no byte of a statement.
func TestM58StatementRefused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss, other := w.Firm(t, 0), w.Firm(t, 1)
	m := w.Member(t, boss, 1)
	var out bytes.Buffer
	statement := func(a org.Actor) error { return w.Statement(t.Context(), a, time.Time{}, time.Time{}, &out) }
	orgtest.WantDenied(t, statement(m), org.DenyRole)
	orgtest.WantDenied(t, statement(org.Actor{Person: boss.Person}), org.DenyPersonal)
	orgtest.Want(t, statement(org.Actor{Person: other.Person, Org: boss.Org}), org.ErrNotFound)
	now := w.Now()
	orgtest.Want(t, w.Statement(t.Context(), boss, now, now, &out), billing.ErrPeriod)
	if out.Len() != 0 {
		t.Errorf("written %q", out.String())
	}
	orgtest.Want(t, w.Statement(t.Context(), boss, time.Time{}, now, full{}), errFull)
}

// FuzzStatementCell: what a spreadsheet would calculate becomes text.
func FuzzStatementCell(f *testing.F) {
	for _, s := range []string{"", "合同", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\ufeff=1", "|a", "%1", "a\n=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		cell := billing.PlainCell(name)
		if cell != name && cell != "'"+name {
			t.Errorf("%q became %q", name, cell)
		}
		if cell != "" && strings.ContainsAny(cell[:1], "=+-@|%\t\r\n ") {
			t.Errorf("%q stayed %q", name, cell)
		}
		again, err := csv.NewReader(strings.NewReader(encode(t, cell))).Read()
		if err != nil || strings.ReplaceAll(again[0], "\r\n", "\n") != strings.ReplaceAll(cell, "\r\n", "\n") && !strings.Contains(cell, "\r") {
			t.Errorf("%q is read as %q, %v", cell, again, err)
		}
	})
}

func encode(t *testing.T, cell string) string {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	if err := out.WriteAll([][]string{{cell, "x"}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
