package org_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

func ExampleParseCitizenID() {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	number, err := org.ParseCitizenID("11010519491231002x", now)
	fmt.Println(number, err)
	_, err = org.ParseCitizenID("110105194912310021", now)
	fmt.Println(err, org.Zh(err))
	// Output:
	// 110*****X <nil>
	// org: id number: check digit is wrong 请输入正确的身份证号
}

func ExampleParseCreditCode() {
	code, conforming, err := org.ParseCreditCode("91350100M0001TGQXM", true)
	fmt.Printf("strict: %q %v %v\n", code, conforming, err)
	code, conforming, err = org.ParseCreditCode("91350100M0001TGQXM", false)
	fmt.Printf("lenient: %q %v %v\n", code, conforming, err)
	// Output:
	// strict: "" false org: credit code: check digit is wrong
	// lenient: "91350100M0001TGQXM" false <nil>
}

func ExampleParsePhone() {
	phone, err := org.ParsePhone("+86 173-1234-5627")
	fmt.Println(phone, err)
	fmt.Println(phone.Reveal())
	// Output:
	// 173****27 <nil>
	// 17312345627
}

// A company from the beginning: a person registers, is verified and creates the
// company, and the legal representative scans the licence.
func Example() {
	w := newWorld(exampleFailure{}, memory.New())
	ctx := context.Background()

	person, err := w.Register(ctx, org.Registration{Phone: orgtest.Phone(1), Code: w.code(exampleFailure{}, orgtest.Phone(1), org.PurposeRegister),
		Name: "张三", Password: secret.New("correct horse"), Terms: "2026-01"})
	fmt.Println("registered:", person.Name, person.Phone, err)
	me := org.Actor{Person: person.ID}

	_, err = w.StartVerification(ctx, me, org.Details{Name: "张三", IDNumber: orgtest.IDNumber(1), Code: w.code(exampleFailure{}, orgtest.Phone(1), org.PurposeVerify)})
	fmt.Println("details:", err)
	_, err = w.ConfirmVerification(ctx, me)
	fmt.Println("too early:", org.Zh(err))
	fmt.Println("provider's callback:", w.face(w.lastFace().Session, true))
	person, err = w.ConfirmVerification(ctx, me)
	fmt.Println("verified:", person.State == org.PersonVerified, err)

	company, err := w.CreateCompany(ctx, me, org.NewCompany{Name: "上海测试科技有限公司", CreditCode: "91310115591693856A"})
	fmt.Println("created:", company.Name, err)
	me.Org = company.ID
	_, err = w.Invite(ctx, me, "李四", orgtest.Phone(2))
	fmt.Println("too early:", org.Zh(err))
	_, err = w.StartLicenceScan(ctx, me)
	fmt.Println("scan:", err)
	fmt.Println("provider's callback:", w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
	_, err = w.Invite(ctx, me, "李四", orgtest.Phone(2))
	fmt.Println("invited:", err)
	// Output:
	// registered: 张三 138****01 <nil>
	// details: <nil>
	// too early: 人脸识别尚未通过，请先在手机端完成认证
	// provider's callback: <nil>
	// verified: true <nil>
	// created: 上海测试科技有限公司 <nil>
	// too early: 请先完成企业认证
	// scan: <nil>
	// provider's callback: <nil>
	// invited: <nil>
}

// A command checks its right inside the transaction that makes its change.
func ExampleInside_Authorize() {
	w := newWorld(exampleFailure{}, memory.New())
	boss := w.firm(exampleFailure{})
	m := w.member(exampleFailure{}, boss, 2)
	for _, actor := range []org.Actor{boss, m, {Person: m.Person}, {Person: m.Person, Org: "another"}} {
		err := w.db.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			st, err := w.Inside().Authorize(ctx, tx, actor, org.ActionBillingBuy)
			if err != nil {
				return err
			}
			fmt.Println(st.Person.Name, "buys for", st.Company.Name)
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 张1 buys for 上海测试科技有限公司
	// org: billing.buy: the role does not allow it
	// org: billing.buy: not in the personal edition
	// org: not found
}

// A code and what it allows are one commit; a wrong try is counted even though
// the command is refused.
func ExampleInside_UseCode() {
	w := newWorld(exampleFailure{}, memory.New())
	phone, err := org.ParsePhone(orgtest.Phone(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	code := w.code(exampleFailure{}, orgtest.Phone(1), org.PurposeLogin)
	for _, typed := range []secret.Text{secret.New("no code"), code, code} {
		var refused error
		err := w.db.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			if refused = w.Inside().UseCode(ctx, tx, org.PurposeLogin, phone, typed); refused != nil {
				return org.Counted(refused)
			}
			return nil // the change that the code allows
		})
		fmt.Println(err, refused)
	}
	// Output:
	// <nil> org: code is wrong
	// <nil> <nil>
	// <nil> org: code is wrong
}

// A host that lost the answer asks again with the same key, and nothing is done twice.
func ExampleService_Once() {
	w := newWorld(exampleFailure{}, memory.New())
	boss := w.firm(exampleFailure{})
	ctx := context.Background()
	first, err := w.Once("order 4711").Invite(ctx, boss, "李四", orgtest.Phone(2))
	fmt.Println("invited:", err)
	again, err := w.Once("order 4711").Invite(ctx, boss, "李四", orgtest.Phone(2))
	fmt.Println("the same link:", again == first, err)
	_, err = w.Once("order 4711").Invite(ctx, boss, "王五", orgtest.Phone(3))
	fmt.Println(err, org.Zh(err))
	// Output:
	// invited: <nil>
	// the same link: true <nil>
	// org: idempotency key empty, too long or used for something else 请勿重复提交
}

// A company is verified by an amount and a remark that only its accountant can see.
func ExampleService_ConfirmRemittance() {
	w := newWorld(exampleFailure{}, memory.New())
	boss := w.startup(exampleFailure{})
	ctx := context.Background()
	info, err := w.StartRemittance(ctx, boss, org.RemittanceForm{Legal: "王五", Agreement: "2026-02", Bank: "招商银行上海分行", Account: "6214 8300 0000 5678"})
	fmt.Println("started:", info.Account, info.Left, "tries", err)
	w.step(exampleFailure{}) // the host's loop: the bank is asked, and reports
	if err := w.bankReport(org.RemittanceResult{ID: info.ID, Arrived: true}); err != nil {
		fmt.Println(err)
	}
	_, err = w.ConfirmRemittance(ctx, boss, org.RemittanceProof{Fen: 100, Remark: "0000"})
	fmt.Println(err, org.Zh(err))
	company, err := w.ConfirmRemittance(ctx, boss, shown(w.orders[0]))
	fmt.Println("verified:", company.Verified, company.Method, err)
	// Output:
	// started: ****5678 3 tries <nil>
	// org: wrong amount, 2 tries left 打款金额错误，还可尝试2次
	// verified: true 对公打款 <nil>
}

// exampleFailure prints what a test would fail with.
type exampleFailure struct{}

func (exampleFailure) Helper()           {}
func (exampleFailure) Fatal(args ...any) { fmt.Println(args...) }
