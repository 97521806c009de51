package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

func TestZh(t *testing.T) {
	sentinel := fault.New("x: not now", "现在不行")
	if got := fault.Zh(fmt.Errorf("deep: %w", sentinel)); got != "现在不行" {
		t.Error(got)
	}
	if got := fault.Zh(errors.New("plain")); got != fault.Busy {
		t.Error(got)
	}
}

// An id that no row can have is treated like one that no row has: Get("") is not found.
func TestNotFound(t *testing.T) {
	missing := fault.New("x: not found", "不存在")
	for _, err := range []error{store.ErrNotFound, store.ErrEmptyID, store.ErrTooLarge, store.ErrText} {
		if got := fault.NotFound(fmt.Errorf("get: %w", err), missing); got != missing {
			t.Errorf("%v is %v", err, got)
		}
	}
	if other := errors.New("disk"); fault.NotFound(other, missing) != other || fault.NotFound(nil, missing) != nil {
		t.Error("another error is not passed on")
	}
}

func TestRequired(t *testing.T) {
	err := fault.Required("x", fault.Field{Name: "A", OK: true}, fault.Field{Name: "B"}, fault.Field{Name: "C"})
	var c *fault.ConfigError
	if !errors.As(err, &c) || c.Field != "Config.B" || err.Error() != "x: Config.B is required" {
		t.Error(err)
	}
	if err := fault.Required("x", fault.Field{Name: "A", OK: true}); err != nil {
		t.Error(err)
	}
}
