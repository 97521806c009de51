package storetest_test

import (
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// The checks have names, so go test -run finds one: -run 'TestDriver/unique/freed'.
func ExampleChecks() {
	for _, c := range storetest.Checks() {
		if strings.HasPrefix(c.Name, "unique/") {
			fmt.Println(c.Name)
		}
	}
	// Output:
	// unique/refused, named, free when empty
	// unique/freed by delete and update
	// unique/two at once
}
