package billing_test

import (
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
)

func ExampleShortName() {
	fmt.Println(billing.ShortName("办公设备采购合同"))
	fmt.Println(billing.ShortName("公有云服务采购框架协议多份计量"))
	// Output:
	// 办公设备采购合同
	// 公有...多份计量
}

func ExampleShowTime() {
	fmt.Println(billing.ShowTime(time.Date(2026, 3, 4, 8, 30, 5, 0, time.UTC)))
	// Output: 2026-03-04 16:30:05
}
