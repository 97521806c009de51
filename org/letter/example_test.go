package letter_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/letter"
)

// The template of the letter of authority (下载授权书模板) is a PDF with the company's
// name and code filled in.
func ExampleAuthority() {
	err := envelopetest.Run(context.Background(), func(t envelopetest.T) {
		w, ctx := envelopetest.New(t, nil), t.Context()
		zhang := w.Person("张伟", "13900139000", "321083197812162119")
		company, err := w.Org.CreateCompany(ctx, zhang, org.NewCompany{Name: "上海测试科技有限公司", CreditCode: "91310115591693856A"})
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := letter.Authority(ctx, w.Org, org.Actor{Person: zhang.Person, Org: company.ID})
		fmt.Println(bytes.HasPrefix(pdf, []byte("%PDF-")), err)
		_, err = letter.Authority(ctx, w.Org, zhang) // not for a company
		fmt.Println(org.Zh(err))
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// 请切换到企业后再操作
	// <nil>
}
