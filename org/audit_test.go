package org_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

func (w *world) audit(t *testing.T, actor org.Actor) []org.AuditEntry {
	t.Helper()
	all, _, err := w.Audit(t.Context(), actor, "")
	orgtest.Must(t, err)
	return all
}

// Who, for which company, when, before and after: the digest before in each line equals the
// digest after in the previous line about the same record.
func TestAuditTellsWhoWhatAndWhen(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		w.Pass(time.Minute)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), boss, m.Person, true))
		w.Pass(time.Minute)
		orgtest.Must(t, w.Disable(t.Context(), boss, m.Person))
		orgtest.WantDenied(t, w.Disable(t.Context(), boss, boss.Person), org.DenyRole) // refused: no line
		all := w.audit(t, boss)
		var commands []string
		last := map[string]string{}
		for i := len(all) - 1; i >= 0; i-- { // oldest first
			e := all[i]
			if e.Org != boss.Org || e.At.IsZero() || e.ID == "" || e.Before == e.After {
				t.Errorf("line %+v", e)
			}
			if e.Before != last[e.What] {
				t.Errorf("%s of %s begins with another record than the one before it left", e.Command, e.What)
			}
			last[e.What] = e.After
			commands = append(commands, e.Command)
		}
		want := "company.create company.create company.scan company.licence member.invite member.apply member.approve member.bind member.disable"
		if got := strings.Join(commands, " "); got != want {
			t.Errorf("commands\n%s, want\n%s", got, want)
		}
		if e := all[0]; e.By != boss.Person || !e.At.Equal(w.Now()) || len(e.After) != 64 {
			t.Errorf("the last line is %+v", e)
		}
		if e := all[3]; e.Command != "member.apply" || e.By != m.Person {
			t.Errorf("the applicant's line is %+v", e)
		}
		mine := w.audit(t, org.Actor{Person: m.Person})
		if len(mine) == 0 || mine[len(mine)-1].Command != "person.register" {
			t.Errorf("their own lines: %+v", mine)
		}
		for _, e := range mine {
			if e.By != m.Person || e.Org != "" {
				t.Errorf("another's line: %+v", e)
			}
		}
	})
}

func TestAuditIsForAdministrators(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		m := w.member(t, boss, 2)
		_, _, err := w.Audit(t.Context(), m, "")
		orgtest.WantDenied(t, err, org.DenyRole)
		_, _, err = w.Audit(t.Context(), org.Actor{Person: w.verified(t, 3).ID, Org: boss.Org}, "")
		orgtest.Want(t, err, org.ErrNotFound)
		_, _, err = w.Audit(t.Context(), org.Actor{Person: boss.Person, Org: "no such company"}, "")
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

// Reading an identity card in clear leaves a line: T11.
func TestT11AuditOfReading(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss, desk := w.startup(t), w.reviewer(t, 2)
		r := w.submitted(t, boss)
		var read bytes.Buffer
		orgtest.Must(t, w.ReviewDesk().Read(t.Context(), desk, r.ID, org.PaperHandlerFront, &read))
		e := w.audit(t, boss)[0]
		if e.Command != "review.read" || e.By != desk.Person || e.Before != e.After || !strings.HasPrefix(e.What, "paper/") {
			t.Errorf("the line is %+v", e)
		}
	})
}

// The audit holds no name and no phone, so that it may be kept for ever.
func TestT11AuditNamesNobody(t *testing.T) {
	rec := &recorder{Driver: memory.New()}
	w := newWorld(t, rec)
	w.member(t, w.firm(t), 2)
	n := 0
	for _, row := range rec.all() {
		if row.table != "org_audit" {
			continue
		}
		n++
		for _, text := range []string{"张", "138****", orgtest.Phone(2), companyName, creditCode} {
			if strings.Contains(row.clear(), text) {
				t.Errorf("a line holds %q", text)
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d lines", n)
	}
}
