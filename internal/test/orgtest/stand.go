package orgtest

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org"
)

// Stands are the relations that a person may have to a company, for matrices of
// commands.
var Stands = []string{"nobody", "newcomer", "personal", "stranger", "applied", "rejected", "member", "sub", "disabled", "outsub", "main", "founder"}

// Stand makes the n-th person with the relation to the company of boss that a column of
// a matrix names. The test fails if the column is not in [Stands].
func (w *World) Stand(t T, column string, boss org.Actor, n int) org.Actor {
	t.Helper()
	ctx := context.Background()
	switch column {
	case "nobody":
		return org.Actor{}
	case "newcomer":
		return w.Registered(t, n)
	case "personal":
		return w.Person(t, n)
	case "stranger":
		return org.Actor{Person: w.Person(t, n).Person, Org: boss.Org}
	case "main":
		return boss
	case "founder":
		p := w.Person(t, n)
		c, err := w.Org.CreateCompany(ctx, p, org.NewCompany{Name: "新公司", CreditCode: "91110000600037341L"})
		Must(t, err)
		return org.Actor{Person: p.Person, Org: c.ID}
	case "applied":
		return w.Applicant(t, boss, n)
	case "rejected":
		a := w.Applicant(t, boss, n)
		Must(t, w.Org.Reject(ctx, boss, a.Person))
		return a
	}
	a := w.Member(t, boss, n)
	switch column {
	case "member":
	case "sub", "outsub":
		Must(t, w.Org.SetSubAdmin(ctx, boss, a.Person, true))
	case "disabled":
	default:
		t.Fatal("nobody stands like " + column)
	}
	if column == "disabled" || column == "outsub" {
		Must(t, w.Org.Disable(ctx, boss, a.Person))
	}
	return a
}
