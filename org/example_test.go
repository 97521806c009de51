package org_test

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/org"
)

func ExampleParseCreditCode() {
	code, conforming, err := org.ParseCreditCode("91310115591693856a", true)
	fmt.Println(code, conforming, err)
	_, _, err = org.ParseCreditCode("91310115591693856B", true)
	fmt.Println(err, org.Zh(err))
	// Output:
	// 91310115591693856A true <nil>
	// org: credit code: check digit is wrong 请输入正确的统一社会信用代码
}

func ExampleParsePhone() {
	phone, err := org.ParsePhone("+86 173-1234-5627")
	fmt.Println(phone, err) // a Secret prints as its mask
	// Output: 173****27 <nil>
}
