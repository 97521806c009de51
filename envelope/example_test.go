package envelope_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
)

// host takes the place of a test in a program.
type host struct{ testing.TB }

func (host) Helper()                  {}
func (host) Cleanup(func())           {}
func (host) Context() context.Context { return context.Background() }
func (host) Fatal(args ...any)        { log.Fatal(args...) }

// The sender withdraws an envelope. A signer who comes later gets an error, and nothing
// is charged. If a command does not fit the state, the error says why in both
// languages.
func ExampleService_Withdraw() {
	c, ctx := newCast(host{}, nil), context.Background()
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, draft(host{}))
	if err == nil {
		e, err = c.Envelopes.Send(ctx, c.boss, e.ID)
	}
	fmt.Println(e.Status, err)
	err = c.Envelopes.Decline(ctx, c.partner, e.ID, "条款有误")
	fmt.Println(err, org.Zh(err))
	fmt.Println(c.Envelopes.Withdraw(ctx, c.boss, e.ID, "改主意"))
	err = c.Envelopes.RequestCode(ctx, c.staff, e.ID, envelope.Choice{})
	fmt.Println(err, org.Zh(err))
	balance, err := c.Billing.Balance(ctx, c.boss)
	fmt.Println(balance.Held, err)
	// Output:
	// in progress <nil>
	// envelope: it is not this party's turn 尚未轮到您签署
	// <nil>
	// envelope: cannot sign an envelope that is withdrawn 信封已撤销，无法执行该操作
	// 0 <nil>
}
