package org_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
)

func TestM12CreateCompany(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.verified(t, 1)
		actor := org.Actor{Person: p.ID}
		c, err := w.CreateCompany(t.Context(), actor, org.NewCompany{Name: " " + companyName, CreditCode: strings.ToLower(creditCode)})
		if err != nil || c.Name != companyName || c.CreditCode != creditCode || c.Verified { // M16
			t.Fatalf("created as %+v, %v", c, err)
		}
		contexts, err := w.Editions(t.Context(), p.ID) // M13, M17
		if err != nil || len(contexts) != 2 || contexts[0].Company != nil || contexts[0].Actor != actor ||
			contexts[1].Actor.Org != c.ID || contexts[1].Role != org.MainAdmin {
			t.Errorf("contexts: %+v, %v", contexts, err)
		}
		_, err = w.CreateCompany(t.Context(), actor, org.NewCompany{Name: "另一家公司", CreditCode: "91110000600037341L"}) // M14
		orgtest.Must(t, err)
		if contexts, _ := w.Editions(t.Context(), p.ID); len(contexts) != 3 {
			t.Errorf("%d contexts", len(contexts))
		}
		_, err = w.Editions(t.Context(), "nobody")
		orgtest.Want(t, err, org.ErrNotFound)
	})
}

func TestM12CreateCompanyRefuses(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.verified(t, 1)
		newcomer := w.register(t, 2)
		create := func(person, name, code string, lenient bool) error {
			_, err := w.CreateCompany(t.Context(), org.Actor{Person: org.PersonID(person)}, org.NewCompany{Name: name, CreditCode: code, Lenient: lenient})
			return err
		}
		orgtest.WantDenied(t, create(string(newcomer.ID), companyName, creditCode, false), org.DenyPersonUnverified) // M4
		orgtest.Want(t, create("nobody", companyName, creditCode, false), org.ErrNotFound)
		for _, bad := range [][2]string{{"", creditCode}, {strings.Repeat("司", 61), creditCode}, {companyName, "91310115591693856B"}, {companyName, "9131011559169385"}} {
			if fieldReason(t, create(string(p.ID), bad[0], bad[1], false)) == "" {
				t.Errorf("%q was accepted", bad)
			}
		}
		orgtest.Must(t, create(string(p.ID), companyName, creditCode, false))
		for field, again := range map[string][2]string{"credit code": {"别的名称", creditCode}, "company name": {companyName, "91110000600037341L"}} { // M15
			var exists *org.CompanyExistsError
			if err := create(string(p.ID), again[0], again[1], false); !errors.As(err, &exists) || exists.Field != field || exists.Zh() == "" {
				t.Errorf("%s taken: %v", field, err)
			}
		}
		if fieldReason(t, create(string(p.ID), "试点公司", "91350100M0001TGQXM", false)) == "" {
			t.Error("a pilot code passed in strict mode")
		}
		orgtest.Must(t, create(string(p.ID), "试点公司", "91350100M0001TGQXM", true))
	})
}

func TestM18LicenceScan(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.verified(t, 1)
		c, err := w.CreateCompany(t.Context(), org.Actor{Person: p.ID}, org.NewCompany{Name: companyName, CreditCode: creditCode})
		orgtest.Must(t, err)
		actor := org.Actor{Person: p.ID, Org: c.ID}
		verified := func() bool { got, _ := w.Company(t.Context(), actor); return got.Verified }
		scan := func() org.LicenceRequest {
			t.Helper()
			_, err := w.StartLicenceScan(t.Context(), actor)
			orgtest.Must(t, err)
			return w.lastLicence()
		}
		first := scan()
		if first.Company != companyName || first.CreditCode != creditCode || len(first.Session) != 32 {
			t.Errorf("the provider was asked %+v", first)
		}
		_, body := callback(org.LicenceResult{Session: first.Session, Passed: true, Company: companyName, CreditCode: creditCode})
		orgtest.Want(t, w.LicenceCallback(t.Context(), http.Header{}, body), org.ErrCallback) // forged
		orgtest.Want(t, w.licence(org.LicenceRequest{Session: "unknown"}, func(*org.LicenceResult) {}), org.ErrCallback)
		for name, spoil := range map[string]func(*org.LicenceResult){
			"not passed":      func(r *org.LicenceResult) { r.Passed = false },
			"another company": func(r *org.LicenceResult) { r.Company = "别的公司" },
			"another code":    func(r *org.LicenceResult) { r.CreditCode = "91110000600037341L" },
		} {
			r := scan()
			orgtest.Must(t, w.licence(r, spoil))
			orgtest.Must(t, w.licence(r, func(*org.LicenceResult) {})) // the session is used
			if verified() {
				t.Fatalf("%s: verified", name)
			}
		}
		orgtest.Must(t, w.licence(first, func(*org.LicenceResult) {})) // replaced
		late := scan()
		w.Pass(time.Hour)
		orgtest.Must(t, w.licence(late, func(*org.LicenceResult) {}))
		if verified() {
			t.Fatal("a replaced or late scan verified")
		}
		good := scan()
		orgtest.Must(t, w.licence(good, func(*org.LicenceResult) {}))
		orgtest.Must(t, w.licence(good, func(r *org.LicenceResult) { r.Passed = false })) // repeated, with another result
		got, err := w.Company(t.Context(), actor)
		if err != nil || !got.Verified || got.Method != org.MethodLicence || !got.VerifiedAt.Equal(w.Now()) {
			t.Errorf("verified as %+v, %v", got, err)
		}
		_, err = w.StartLicenceScan(t.Context(), actor)
		orgtest.Want(t, err, org.ErrVerified)
	})
}

func TestM18FaceSessionIsNoLicence(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		p := w.register(t, 1)
		w.details(t, 1, string(p.ID))
		orgtest.Want(t, w.licence(org.LicenceRequest{Session: w.lastFace().Session}, func(*org.LicenceResult) {}), org.ErrCallback)
	})
}

func TestT1ForeignCompanyIsNotFound(t *testing.T) {
	onAll(t, func(t *testing.T, w *world) {
		boss := w.firm(t)
		foreign := org.Actor{Person: w.verified(t, 2).ID, Org: boss.Org}
		_, err := w.Company(t.Context(), foreign)
		orgtest.Want(t, err, org.ErrNotFound)
		_, err = w.StartLicenceScan(t.Context(), foreign)
		orgtest.Want(t, err, org.ErrNotFound)
		_, err = w.Invite(t.Context(), foreign, "张三", orgtest.Phone(3))
		orgtest.Want(t, err, org.ErrNotFound)
		_, _, err = w.Members(t.Context(), foreign, org.MemberFilter{State: org.Active}, "")
		orgtest.Want(t, err, org.ErrNotFound)
		for _, command := range []func() error{
			func() error { return w.Approve(t.Context(), foreign, boss.Person) },
			func() error { return w.Disable(t.Context(), foreign, boss.Person) },
			func() error { return w.HandOver(t.Context(), foreign, foreign.Person) },
			func() error { return w.SetSubAdmin(t.Context(), foreign, foreign.Person, true) },
			func() error { return w.Disable(t.Context(), boss, foreign.Person) }, // not one of ours
			func() error { return w.Disable(t.Context(), boss, "") },
		} {
			orgtest.Want(t, command(), org.ErrNotFound)
		}
	})
}
