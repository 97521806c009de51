package billing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// quiet stands in for a test where an example needs one.
type quiet struct{}

func (quiet) Helper()      {}
func (quiet) Fatal(...any) {}

// A company buys copies and sends an envelope of two files, which completes. The world
// of this example is persons, a company and providers that always agree.
func Example() {
	ctx := context.Background()
	w := newWorld(quiet{}, memory.New())
	boss := w.Firm(quiet{}, 0)

	order, err := w.Once("checkout-1").Buy(ctx, boss, "p5", billing.WeChat)
	fmt.Println(order.Package.Name, order.State.Zh(), err)
	fmt.Println("callback:", w.report(payment(order))) // the provider says it was paid

	err = w.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return w.Hold(ctx, tx, billing.HoldRequest{Org: boss.Org, Envelope: "e1", Copies: 2})
	}, billing.Lock(boss.Org))
	b, _ := w.Balance(ctx, boss)
	fmt.Println("sent:", b.Free, "free,", b.Held, "held", err)

	err = w.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return w.Charge(ctx, tx, billing.ChargeRequest{
			Org: boss.Org, Envelope: "e1", Name: "公有云接口调用多份计量", Copies: 2, Source: billing.API,
		})
	}, billing.Lock(boss.Org))
	lines, _, _ := w.Charges(ctx, boss, billing.ChargeFilter{}, "")
	for _, c := range lines {
		fmt.Println(c.Copies, billing.ShortName(c.Name), c.Source.Zh(), err)
	}
	// Output:
	// 5份体验套餐 待支付 <nil>
	// callback: <nil>
	// sent: 3 free, 2 held <nil>
	// 2 公有...多份计量 接口调用 <nil>
}

// Sending without balance is refused with the platform's sentence.
func ExampleService_Hold() {
	w := newWorld(quiet{}, memory.New())
	boss := w.Firm(quiet{}, 0)
	err := w.hold(boss.Org, "e1", 1)
	fmt.Println(err)
	var refusal interface{ Zh() string }
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Zh())
	}
	// Output:
	// billing: balance too small
	// 余额不足，请先联系企业管理员进行充值
}

// The charges of a period as a file for Excel; pressing the button twice buys once.
func ExampleService_Statement() {
	ctx := context.Background()
	w := newWorld(quiet{}, memory.New())
	boss := w.Firm(quiet{}, 0)
	first, err := w.Once("button-7").Buy(ctx, boss, "p5", billing.Alipay)
	again, err2 := w.Once("button-7").Buy(ctx, boss, "p5", billing.Alipay)
	fmt.Println(first.ID == again.ID, err, err2)
	fmt.Println(w.report(payment(first)), w.hold(boss.Org, "e1", 2), w.charge(boss.Org, "e1", 2))

	var file bytes.Buffer
	err = w.Statement(ctx, boss, time.Time{}, time.Time{}, &file)
	fmt.Print(strings.NewReplacer("\uFEFF", "", "\r", "").Replace(file.String()), err)
	// Output:
	// true <nil> <nil>
	// <nil> <nil> <nil>
	// 消费日期,消费份数,消费信封,业务系统,信封编号
	// 2026-03-02 17:00:00,2,合同e1,门户调用,e1
	// 合计,2,,,
	// <nil>
}

func ExampleShortName() {
	fmt.Println(billing.ShortName("公有云接口调用多份计量"))
	// Output: 公有...多份计量
}
