package storetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

// A driver of one's own is tested in one line.
func ExampleRun() {
	_ = func(t *testing.T) {
		storetest.Run(t, func(testing.TB) store.Driver { return memory.New() })
	}
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
