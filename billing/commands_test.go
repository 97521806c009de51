package billing_test

import (
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// stage is a world with one actor, a company that they may act for, and another.
type stage struct {
	*world
	actor, main org.Actor
	foreign     billing.Order // another company's, paid and invoiced
}

func setStage(t *testing.T, column string) *stage {
	t.Helper()
	ctx, w := t.Context(), newWorld(t, memory.New())
	s := &stage{world: w, main: w.Firm(t, 0)}
	other := w.Firm(t, 1)
	s.foreign = w.topUp(t, other, "p5")
	_, err := w.RequestInvoice(ctx, other, form(s.foreign.ID))
	orgtest.Must(t, err)
	s.actor = w.Stand(t, column, s.main, 9)
	return s
}

// order makes the order that a row is about.
func (s *stage) order(t *testing.T, state string) string {
	t.Helper()
	if state == "foreign" {
		return s.foreign.ID
	}
	o := s.buy(t, s.main, "p5")
	switch state {
	case "paid", "invoiced":
		orgtest.Must(t, s.report(payment(o)))
		if state == "invoiced" {
			_, err := s.RequestInvoice(t.Context(), s.main, form(o.ID))
			orgtest.Must(t, err)
		}
	case "closed":
		_, err := s.CloseOrder(t.Context(), s.main, o.ID)
		orgtest.Must(t, err)
	case "unpaid":
	default:
		t.Fatal("no such state: ", state)
	}
	return o.ID
}

// try carries out the command of a row.
func (s *stage) try(t *testing.T, row string) error {
	t.Helper()
	ctx, a := t.Context(), s.actor
	command, state, _ := strings.Cut(row, ".")
	var err error
	switch command {
	case "Buy":
		id := "p5"
		if state == "unknown" {
			id = "no such package"
		}
		_, err = s.Buy(ctx, a, id, billing.Alipay)
	case "CloseOrder":
		_, err = s.CloseOrder(ctx, a, s.order(t, state))
	case "RefreshOrder":
		_, err = s.RefreshOrder(ctx, a, s.order(t, state))
	case "RequestInvoice":
		_, err = s.RequestInvoice(ctx, a, form(s.order(t, state)))
	case "Order":
		_, err = s.Order(ctx, a, s.order(t, state))
	case "Orders":
		_, _, err = s.Orders(ctx, a, "")
	case "Invoice":
		_, err = s.Invoice(ctx, a, s.order(t, state))
	case "Balance":
		_, err = s.Balance(ctx, a)
	case "Ledger":
		_, _, err = s.Ledger(ctx, a, "")
	case "Charges":
		_, _, err = s.Charges(ctx, a, billing.ChargeFilter{}, "")
	case "Statement":
		err = s.Statement(ctx, a, time.Time{}, time.Time{}, io.Discard)
	default:
		t.Fatal("no such command: ", command)
	}
	return err
}

// answer returns an outcome as testdata/commands.txt writes it.
func answer(err error) string {
	return orgtest.Answer(err, map[string]error{"nf": billing.ErrNotFound, "unpaid": billing.ErrUnpaid, "invoiced": billing.ErrInvoiced})
}

// TestM53CommandMatrix: every command by every kind of actor, on orders in every state,
// against the table written by hand (M52 to M59).
func TestM53CommandMatrix(t *testing.T) {
	m := orgtest.ReadMatrix(t, "testdata/commands.txt")
	m.CheckListed(t, reflect.TypeFor[*billing.Service]())
	for _, column := range m.Columns {
		t.Run(column, func(t *testing.T) {
			s := setStage(t, column)
			m.Try(t, column, func(command string) error { return s.try(t, command) }, answer)
		})
	}
}

// call is one command with its arguments.
type call = func(s *billing.Service) (any, error)

// Under a key, every command is carried out once, returns the same when it is repeated,
// and leaves its lines in the audit once; with other arguments the key is refused (M53,
// M57, T12, T15).
func TestEveryCommandIsIdempotent(t *testing.T) {
	type rehearsal struct {
		one, otherwise call
		audit          string // its commands in the audit, newest first
	}
	commands := map[string]func(t *testing.T, w *world, boss org.Actor) rehearsal{
		"Buy": func(t *testing.T, w *world, boss org.Actor) rehearsal {
			do := func(id string) call {
				return func(s *billing.Service) (any, error) { return s.Buy(t.Context(), boss, id, billing.Alipay) }
			}
			return rehearsal{do("p5"), do("p100"), "billing.open billing.buy"}
		},
		"CloseOrder": func(t *testing.T, w *world, boss org.Actor) rehearsal {
			do := func() call {
				o := w.buy(t, boss, "p5")
				return func(s *billing.Service) (any, error) { return s.CloseOrder(t.Context(), boss, o.ID) }
			}
			return rehearsal{do(), do(), "billing.close"}
		},
		"RequestInvoice": func(t *testing.T, w *world, boss org.Actor) rehearsal {
			f := form(w.topUp(t, boss, "p5").ID)
			do := func(c billing.InvoiceForm) call {
				return func(s *billing.Service) (any, error) { return s.RequestInvoice(t.Context(), boss, c) }
			}
			second := f
			second.Email = "other@example.com"
			return rehearsal{do(f), do(second), "billing.issued billing.invoice"}
		},
	}
	reads := strings.Fields("Balance Charges Invoice Ledger Order Orders Statement RefreshOrder") // RefreshOrder asks again each time
	for _, name := range orgtest.Acting(reflect.TypeFor[*billing.Service]()) {
		if commands[name] == nil && !slices.Contains(reads, name) {
			t.Errorf("%s is not tried twice", name)
		}
	}
	for name, prepare := range commands {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, memory.New())
			boss := w.Firm(t, 0)
			r := prepare(t, w, boss)
			before := len(w.trail(t, boss))
			first, err := r.one(w.Once("k"))
			orgtest.Must(t, err)
			asked, issued, queries := len(w.asked), len(w.invoices), w.queries
			after := w.trail(t, boss)
			var lines []string
			for _, e := range after[:len(after)-before] {
				lines = append(lines, e.Command)
				reported := e.Command == "billing.open" || e.Command == "billing.issued"
				if e.Org != boss.Org || !e.At.Equal(w.Now()) || e.After == "" || e.After == e.Before || (e.By == "") != reported || !reported && e.By != boss.Person {
					t.Errorf("line %+v", e)
				}
			}
			if got := strings.Join(lines, " "); got != r.audit {
				t.Errorf("in the audit is %s, want %s", got, r.audit)
			}
			w.Pass(24 * time.Hour)
			for range 2 {
				again, err := r.one(w.Once("k"))
				if err != nil || !reflect.DeepEqual(again, first) {
					t.Errorf("repeated: %+v, %v; first %+v", again, err, first)
				}
			}
			if len(w.asked) != asked || len(w.invoices) != issued || w.queries != queries || len(w.trail(t, boss)) != len(after) {
				t.Error("the repetition left something behind")
			}
			_, err = r.otherwise(w.Once("k"))
			orgtest.Want(t, err, org.ErrKey)
		})
	}
}

// trail returns the first page of a company's audit, newest first.
func (w *world) trail(t testing.TB, who org.Actor) []org.AuditEntry {
	t.Helper()
	out, next, err := w.Org.Audit(t.Context(), who, "")
	orgtest.Must(t, err)
	if next != "" {
		t.Fatal("more than a page")
	}
	return out
}

// T12: what a provider reports is in the audit without a person: a payment, and a
// surplus one.
func TestT12ReportsAreAudited(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.Firm(t, 0)
	o := w.topUp(t, boss, "p5")
	second := payment(o)
	second.Transaction = "second"
	w.Pass(time.Second)
	for range 3 {
		orgtest.Must(t, w.report(second))
		orgtest.Must(t, w.report(payment(o)))
	}
	got := map[string]org.AuditEntry{}
	n := 0
	for _, e := range w.trail(t, boss) {
		if e.What == "order/"+o.ID {
			got[e.Command] = e
			n++
		}
	}
	if paid := got["billing.paid"]; n != 4 || paid.By != "" || paid.Before == "" || paid.Org != boss.Org {
		t.Errorf("%d lines: %+v", n, got)
	}
	if e := got["billing.surplus"]; e.By != "" || e.Before != "" || e.After == "" {
		t.Errorf("surplus is %+v", e)
	}
}
