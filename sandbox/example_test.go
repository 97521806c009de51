package sandbox_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// The providers run on loopback. A short message that is sent arrives in an inbox.
func Example() {
	now := func() time.Time { return time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC) }
	ca, err := devca.New(devca.Config{Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	box, err := sandbox.Start(sandbox.Config{Now: now, CA: ca})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer box.Close()
	phone, err := org.ParsePhone("17312345627")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = box.SMS().Send(context.Background(), org.Message{ID: "1", Phone: phone, Text: secret.New("验证码 123456，5分钟内有效")})
	fmt.Println(err, box.Code(phone.Reveal()))
	// Output: <nil> 123456
}
