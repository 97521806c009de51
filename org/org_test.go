package org_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

const (
	phoneA, phoneB, phoneC = "13800138001", "13800138002", "13800138003"
	idA, idB, idC          = "321083197812162119", "360426199101010071", "11010519491231002X"
	code                   = "91310115591693856A"
)

func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func denied(t *testing.T, what string, err error, want org.DenyReason) {
	t.Helper()
	var d *org.DeniedError
	if !errors.As(err, &d) || d.Reason != want || d.Zh() == "" {
		t.Errorf("%s: %v, want reason %d", what, err, want)
	}
}

// TestRegister holds M1, M2, M3 and M6.
func TestRegister(t *testing.T) {
	w := envelopetest.New(t, nil)
	ctx := t.Context()
	r := org.Registration{Phone: phoneA, Name: "张伟", Password: org.NewSecret(envelopetest.Password), Terms: envelopetest.Terms}
	r.Code = org.NewSecret("000000")
	var wrong *org.CodeError
	if _, err := w.Org.Register(ctx, r); !errors.As(err, &wrong) {
		t.Errorf("without a code: %v", err)
	}
	r.Code = w.Code(phoneA, org.PurposeRegister)
	noTerms := r
	noTerms.Terms = ""
	_, err := w.Org.Register(ctx, noTerms)
	wants(t, "M2 without the terms", err, org.ErrTerms)
	short := r
	short.Password = org.NewSecret("1234567")
	if _, err := w.Org.Register(ctx, short); err == nil {
		t.Error("a password of seven characters")
	}
	p, err := w.Org.Register(ctx, r)
	if err != nil || p.State != org.PersonUnverified || p.Phone != "138****01" {
		t.Fatalf("M3: %+v %v", p, err)
	}
	if _, err := w.Org.Register(ctx, r); !errors.As(err, &wrong) {
		t.Errorf("the code served twice: %v", err)
	}
	r.Code = w.Code(phoneA, org.PurposeRegister)
	_, err = w.Org.Register(ctx, r)
	wants(t, "M6 the phone again", err, org.ErrPhoneTaken)
}

// TestLogin holds M5 and T10.
func TestLogin(t *testing.T) {
	w := envelopetest.New(t, nil)
	a := w.Registered("张伟", phoneA)
	p, err := w.Org.Login(t.Context(), phoneA, org.NewSecret(envelopetest.Password))
	if err != nil || p.ID != a.Person {
		t.Errorf("%+v %v", p, err)
	}
	_, err = w.Org.Login(t.Context(), phoneA, org.NewSecret("another password"))
	wants(t, "wrong password", err, org.ErrLogin)
	_, err = w.Org.Login(t.Context(), phoneB, org.NewSecret(envelopetest.Password))
	wants(t, "no account", err, org.ErrLogin)
	if p, err = w.Org.LoginByCode(t.Context(), phoneA, w.Code(phoneA, org.PurposeLogin)); err != nil || p.ID != a.Person {
		t.Errorf("by code: %+v %v", p, err)
	}
	_, err = w.Org.LoginByCode(t.Context(), phoneB, w.Code(phoneB, org.PurposeLogin))
	wants(t, "by code, no account", err, org.ErrLogin)
}

// TestCodes holds T7: five tries, five minutes, one purpose, send limits.
func TestCodes(t *testing.T) {
	w := envelopetest.New(t, nil)
	w.Registered("张伟", phoneA)
	good := w.Code(phoneA, org.PurposeLogin)
	bad := "000000"
	if good.Reveal() == bad {
		bad = "000001"
	}
	var e *org.CodeError
	for i := range 5 {
		_, err := w.Org.LoginByCode(t.Context(), phoneA, org.NewSecret(bad))
		if !errors.As(err, &e) || (i < 4 && (e.Reason != org.CodeWrong || e.Left != 4-i)) || (i == 4 && e.Reason != org.CodeVoid) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	if _, err := w.Org.LoginByCode(t.Context(), phoneA, good); !errors.As(err, &e) || e.Reason != org.CodeVoid {
		t.Errorf("the right code after five tries: %v", err)
	}
	good = w.Code(phoneA, org.PurposeLogin)
	w.Clock.Advance(5 * time.Minute)
	if _, err := w.Org.LoginByCode(t.Context(), phoneA, good); !errors.As(err, &e) || e.Reason != org.CodeExpired {
		t.Errorf("after five minutes: %v", err)
	}
	good = w.Code(phoneA, org.PurposeRegister)
	if _, err := w.Org.LoginByCode(t.Context(), phoneA, good); !errors.As(err, &e) {
		t.Errorf("a code for another purpose: %v", err)
	}
	var l *org.LimitError
	if err := w.Org.SendCode(t.Context(), phoneA, org.PurposeLogin); !errors.As(err, &l) || l.After > time.Minute {
		t.Errorf("two in a minute: %v", err)
	}
	w.Clock.Advance(25 * time.Hour)
	sent := 0
	for range 12 {
		w.Clock.Advance(61 * time.Second)
		if err := w.Org.SendCode(t.Context(), phoneA, org.PurposeLogin); err == nil {
			sent++
		}
	}
	if sent != 5 {
		t.Errorf("%d codes in an hour", sent)
	}
	if err := w.Org.SendCode(t.Context(), phoneA, org.PurposeSign); err == nil {
		t.Error("a signing code that is bound to nothing")
	}
}

// TestVerification holds M7 to M11 and T23.
func TestVerification(t *testing.T) {
	w := envelopetest.New(t, nil)
	ctx := t.Context()
	a := w.Registered("张伟", phoneA)
	_, err := w.Org.ConfirmVerification(ctx, a)
	wants(t, "before the details", err, org.ErrDetailsFirst)
	url, err := w.Org.StartVerification(ctx, a, org.Details{Name: "张伟", IDNumber: idA, Code: w.Code(phoneA, org.PurposeVerify)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Org.ConfirmVerification(ctx, a)
	wants(t, "M11 before the face", err, org.ErrFaceFirst)
	if err := w.Sandbox.Fail(ctx, url); err != nil {
		t.Fatal(err)
	}
	_, err = w.Org.ConfirmVerification(ctx, a)
	wants(t, "after a face that failed", err, org.ErrFaceFirst)
	old := url
	if url, err = w.Org.StartVerification(ctx, a, org.Details{Name: "张伟", IDNumber: idA, Code: w.Code(phoneA, org.PurposeVerify)}); err != nil {
		t.Fatal(err)
	}
	w.Sandbox.Script(sandbox.Faces, sandbox.Script{Times: 3, Hold: true})
	if err := errors.Join(w.Sandbox.Pass(ctx, old), w.Sandbox.Pass(ctx, url)); err != nil {
		t.Fatal(err)
	}
	if p, err := w.Org.Person(ctx, a.Person); err != nil || p.State != org.PersonDetailed {
		t.Errorf("before the callback: %+v %v", p, err)
	}
	if err := w.Sandbox.Flush(true); err != nil { // late, three times each, out of order
		t.Errorf("callbacks: %v", err)
	}
	if p, err := w.Org.Person(ctx, a.Person); err != nil || p.State != org.PersonFacePassed {
		t.Errorf("M11 after the callback alone: %+v %v", p, err)
	}
	p, err := w.Org.ConfirmVerification(ctx, a)
	if err != nil || p.State != org.PersonVerified || p.MaskedID != "321*****2119" {
		t.Errorf("M10: %+v %v", p, err)
	}
	_, err = w.Org.StartVerification(ctx, a, org.Details{Name: "张伟", IDNumber: idA, Code: w.Code(phoneA, org.PurposeVerify)})
	wants(t, "verified already", err, org.ErrVerified)
	err = w.Org.FaceCallback(ctx, http.Header{}, []byte(`{"Session":"x","Passed":true}`))
	wants(t, "T23 a forged callback", err, org.ErrCallback)

	// M6: one account for each identity.
	b := w.Registered("张伟", phoneB)
	w.Sandbox.Script(sandbox.Faces, sandbox.Script{})
	if url, err = w.Org.StartVerification(ctx, b, org.Details{Name: "张伟", IDNumber: idA, Code: w.Code(phoneB, org.PurposeVerify)}); err != nil {
		t.Fatal(err)
	}
	if err := w.Sandbox.Pass(ctx, url); err != nil {
		t.Fatal(err)
	}
	_, err = w.Org.ConfirmVerification(ctx, b)
	wants(t, "the same identity twice", err, org.ErrIDTaken)
}

// TestCompany holds M12 to M18.
func TestCompany(t *testing.T) {
	w := envelopetest.New(t, nil)
	ctx := t.Context()
	_, err := w.Org.CreateCompany(ctx, w.Registered("李四", phoneC), org.NewCompany{Name: "某公司", CreditCode: code})
	denied(t, "M4 an unverified person", err, org.DenyPersonUnverified)
	a := w.Person("张伟", phoneA, idA)
	if _, err := w.Org.CreateCompany(ctx, a, org.NewCompany{Name: "某公司", CreditCode: "91310115591693856B"}); err == nil {
		t.Error("a wrong check digit")
	}
	c, err := w.Org.CreateCompany(ctx, a, org.NewCompany{Name: "上海测试科技有限公司", CreditCode: code})
	if err != nil || c.Verified {
		t.Fatalf("M16: %+v %v", c, err)
	}
	var exists *org.CompanyExistsError
	for _, n := range []org.NewCompany{{Name: "另一公司", CreditCode: code}, {Name: "上海测试科技有限公司", CreditCode: "91310110666007217T"}} {
		if _, err := w.Org.CreateCompany(ctx, a, n); !errors.As(err, &exists) {
			t.Errorf("M15 %+v: %v", n, err)
		}
	}
	boss := org.Actor{Person: a.Person, Org: c.ID}
	_, err = w.Org.Invite(ctx, boss, "李娜", phoneB)
	denied(t, "M16 an unverified company", err, org.DenyCompanyUnverified)
	url, err := w.Org.StartLicenceScan(ctx, boss)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sandbox.Pass(ctx, url); err != nil {
		t.Fatal(err)
	}
	if c, err = w.Org.Company(ctx, boss); err != nil || !c.Verified || c.Method != org.MethodLicence {
		t.Errorf("M18: %+v %v", c, err)
	}
	list, err := w.Org.Contexts(ctx, a.Person)
	if err != nil || len(list) != 2 || list[0].Company != nil || list[1].Role != org.MainAdmin {
		t.Errorf("M17: %+v %v", list, err)
	}
}

// TestMembers holds M28 to M38, T2, T3 and T4.
func TestMembers(t *testing.T) {
	w := envelopetest.New(t, nil)
	ctx := t.Context()
	a, b, c := w.Person("张伟", phoneA, idA), w.Person("李娜", phoneB, idB), w.Person("王小明", phoneC, idC)
	boss := w.Company(a, "上海测试科技有限公司", code)
	staff := org.Actor{Person: b.Person, Org: boss.Org}
	_, err := w.Org.Company(ctx, staff)
	wants(t, "T1 a stranger", err, org.ErrNotFound)
	link, err := w.Org.Invite(ctx, boss, "李娜", phoneB)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Org.Step(ctx); err != nil {
		t.Fatal(err)
	}
	in := w.Sandbox.Inbox(phoneB)
	want := "【大家签】您好, 张伟将您添加至上海测试科技有限公司企业账户中, 详情请点击: " + link + "。"
	if in[len(in)-1].Text != want {
		t.Errorf("M31: %q", in[len(in)-1].Text)
	}
	short := link[strings.LastIndex(link, "/")+1:]
	if len(short) != 10 {
		t.Errorf("T9: a code of %d characters", len(short))
	}
	err = w.Org.Join(ctx, c, short, w.Code(phoneC, org.PurposeJoin))
	wants(t, "T8 a forwarded link", err, org.ErrInvitation)
	if err := w.Org.Join(ctx, b, short, w.Code(phoneB, org.PurposeJoin)); err != nil {
		t.Fatal(err)
	}
	_, err = w.Org.Invite(ctx, staff, "某人", "13800138009")
	wants(t, "M33 an applicant is no member yet", err, org.ErrNotFound)
	if err := w.Org.Approve(ctx, boss, b.Person); err != nil {
		t.Fatal(err)
	}
	_, err = w.Org.Invite(ctx, staff, "某人", "13800138009")
	denied(t, "M35 an ordinary member invites", err, org.DenyRole)
	wants(t, "approved twice", w.Org.Approve(ctx, boss, b.Person), org.ErrMemberState)
	denied(t, "T4 the main administrator cannot be disabled", w.Org.Disable(ctx, boss, a.Person), org.DenyRole)
	if err := w.Org.SetSubAdmin(ctx, boss, b.Person, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Org.Invite(ctx, staff, "某人", "13800138009"); err != nil {
		t.Errorf("M37: %v", err)
	}
	denied(t, "T4 a sub-administrator transfers", w.Org.Transfer(ctx, staff, b.Person), org.DenyRole)
	if err := w.Org.Disable(ctx, boss, b.Person); err != nil {
		t.Fatal(err)
	}
	_, err = w.Org.Invite(ctx, staff, "某人", "13800138008")
	denied(t, "M34 a disabled member", err, org.DenyDisabled)
	wants(t, "M38 to a disabled member", w.Org.Transfer(ctx, boss, b.Person), org.ErrSuccessor)
	if err := w.Org.Enable(ctx, boss, b.Person); err != nil {
		t.Fatal(err)
	}
	if err := w.Org.Transfer(ctx, boss, b.Person); err != nil {
		t.Fatal(err)
	}
	denied(t, "M38 the old administrator", w.Org.Transfer(ctx, boss, a.Person), org.DenyRole)
	list, _, err := w.Org.Members(ctx, staff, org.Active, "")
	mains := 0
	for _, m := range list {
		if m.Role == org.MainAdmin {
			mains++
		}
	}
	if err != nil || len(list) != 2 || mains != 1 {
		t.Errorf("T3: %+v %v", list, err)
	}
}

// TestCanary: phone, identity number, password and codes are in no byte of the
// database (T11).
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	drv, err := sqlite.Open(t.Context(), filepath.Join(dir, "host.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := envelopetest.New(t, drv)
	a := w.Person("张伟", phoneA, idA)
	boss := w.Company(a, "上海测试科技有限公司", code)
	if _, err := w.Org.Invite(t.Context(), boss, "李娜", phoneB); err != nil {
		t.Fatal(err)
	}
	secret := w.Code(phoneA, org.PurposeLogin).Reveal()
	for _, name := range []string{"host.db", "host.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, canary := range []string{phoneA, phoneB, idA, envelopetest.Password, `"` + secret + `"`} {
			if bytes.Contains(b, []byte(canary)) {
				t.Errorf("%s holds %q in clear", name, canary)
			}
		}
		if name == "host.db-wal" && !bytes.Contains(b, []byte("138****01")) {
			t.Error("the test looks at the wrong place: not even the mask is there")
		}
	}
}

// TestConfig: New names what is missing.
func TestConfig(t *testing.T) {
	_, err := org.New(org.Config{})
	var c *org.ConfigError
	if !errors.As(err, &c) || c.Field != "DB" {
		t.Errorf("%v", err)
	}
}

// TestPermissionTable reads the table against the values written here, in a
// company and in the personal edition.
func TestPermissionTable(t *testing.T) {
	w := envelopetest.New(t, nil)
	a, b := w.Person("张伟", phoneA, idA), w.Person("李娜", phoneB, idB)
	boss := w.Company(a, "上海测试科技有限公司", code)
	staff := w.Member(boss, b, "李娜", phoneB)
	may := func(actor org.Actor, act org.Action) bool {
		err := w.DB.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := w.Org.Authorize(ctx, tx, actor, act)
			return err
		})
		return err == nil
	}
	for _, c := range []struct {
		action                  org.Action
		personal, member, admin bool
	}{
		{org.ActionEnvelopeCreate, true, true, true}, {org.ActionEnvelopeSend, true, true, true},
		{org.ActionEnvelopeSign, true, true, true}, {org.ActionSealCreate, true, false, true},
		{org.ActionSealGrant, false, false, true}, {org.ActionSealUse, true, true, true},
		{org.ActionSealApply, false, true, true}, {org.ActionBillingBuy, false, false, true},
		{org.ActionBillingInvoice, false, false, true}, {org.ActionBillingRead, false, false, true},
		{org.ActionCompanyVerify, false, false, true}, {org.ActionMemberInvite, false, false, true},
		{org.ActionMemberApprove, false, false, true}, {org.ActionMemberDisable, false, false, true},
		{org.ActionMemberRole, false, false, true}, {org.ActionMemberRead, false, true, true},
		{org.ActionCompanyTransfer, false, false, true}, {"no.such.action", false, false, false},
	} {
		if got := may(a, c.action); got != c.personal {
			t.Errorf("%s in the personal edition: %v", c.action, got)
		}
		if got := may(staff, c.action); got != c.member {
			t.Errorf("%s by a member: %v", c.action, got)
		}
		if got := may(boss, c.action); got != c.admin {
			t.Errorf("%s by the administrator: %v", c.action, got)
		}
	}
}
