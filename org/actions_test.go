package org_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

// answer returns the outcome of Authorize as testdata/matrix.txt writes it.
func answer(err error) string {
	var d *org.DeniedError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, org.ErrNotFound):
		return "nf"
	case !errors.As(err, &d):
		return err.Error()
	}
	return map[org.DenyReason]string{org.DenyPersonUnverified: "person", org.DenyCompanyUnverified: "company",
		org.DenyDisabled: "disabled", org.DenyRole: "role", org.DenyPersonal: "personal"}[d.Reason]
}

func TestM35Matrix(t *testing.T) {
	text, err := os.ReadFile("testdata/matrix.txt")
	orgtest.Must(t, err)
	onAll(t, func(t *testing.T, w *world) {
		main := w.firm(t)
		sub, disabled := w.member(t, main, 3), w.member(t, main, 4)
		orgtest.Must(t, w.SetSubAdmin(t.Context(), main, sub.Person, true))
		orgtest.Must(t, w.SetSubAdmin(t.Context(), main, disabled.Person, true))
		orgtest.Must(t, w.Disable(t.Context(), main, disabled.Person))
		applied := w.verified(t, 5)
		orgtest.Must(t, w.Join(t.Context(), org.Actor{Person: applied.ID}, w.invite(t, main, 5), w.code(t, orgtest.Phone(5), org.PurposeJoin)))
		founder := w.verified(t, 6)
		young, err := w.CreateCompany(t.Context(), org.Actor{Person: founder.ID}, org.NewCompany{Name: "新公司", CreditCode: "91110000600037341L"})
		orgtest.Must(t, err)
		actors := map[string]org.Actor{
			"newcomer": {Person: w.register(t, 7).ID}, "personal": {Person: main.Person},
			"stranger": {Person: founder.ID, Org: main.Org}, "applied": {Person: applied.ID, Org: main.Org},
			"member": w.member(t, main, 2), "sub": sub, "main": main, "disabled": disabled,
			"founder": {Person: founder.ID, Org: young.ID},
		}
		var columns []string
		listed := map[org.Action]bool{}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "#"):
			case columns == nil:
				columns = f[1:]
				if len(columns) != len(actors) {
					t.Fatalf("%d columns for %d actors", len(columns), len(actors))
				}
			default:
				listed[org.Action(f[0])] = true
				for i, want := range f[1:] {
					err := w.may(t, actors[columns[i]], org.Action(f[0]))
					if got := answer(err); got != want {
						t.Errorf("%s by %s: %s, want %s", f[0], columns[i], got, want)
					}
				}
			}
		}
		for _, p := range org.ActionRules() {
			if !listed[p.Action] {
				t.Errorf("%s is not in the matrix", p.Action)
			}
			delete(listed, p.Action)
		}
		for a := range listed {
			t.Errorf("%s is not in the table", a)
		}
		orgtest.WantDenied(t, w.may(t, main, "no.such.action"), org.DenyRole)
		orgtest.Want(t, w.may(t, org.Actor{Person: main.Person, Org: "no such company"}, org.ActionSealUse), org.ErrNotFound)
		orgtest.Want(t, w.may(t, org.Actor{Person: "no such person", Org: main.Org}, org.ActionSealUse), org.ErrNotFound)
		orgtest.Want(t, w.may(t, org.Actor{}, org.ActionSealUse), org.ErrNotFound)
	})
}

func TestWordsOfUnknownValues(t *testing.T) {
	if org.Role(9).String() != "no member" || org.Role(-1).Zh() != "非成员" || org.MainAdmin.Zh() != "主管理员" {
		t.Error("a role outside the list has a name of its own")
	}
	if e := (&org.DeniedError{Action: "x", Reason: 99}); e.Error() == "" || e.Zh() == "" {
		t.Error("a denial has no words")
	}
}
