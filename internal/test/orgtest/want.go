package orgtest

import (
	"errors"
	"testing"

	"github.com/dajiaqian/dajiaqian/org"
)

// T is what both testing.TB and rapid.T are.
type T interface {
	Helper()
	Fatal(args ...any)
}

// Must ends the test if there is an error.
func Must(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Want checks that an error is a target, and that a person can read it.
func Want(t testing.TB, err, target error) {
	t.Helper()
	WantOf(t, "error", err, target)
}

// WantOf is [Want] with the name of the case.
func WantOf(t testing.TB, name string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s is %v, want %v", name, err, target)
	}
	if z, ok := err.(interface{ Zh() string }); target != nil && ok && z.Zh() == "" {
		t.Errorf("%v has no Chinese sentence", err)
	}
}

// WantDenied checks that an error is a denial for a reason.
func WantDenied(t testing.TB, err error, reason org.DenyReason) {
	t.Helper()
	var d *org.DeniedError
	if !errors.As(err, &d) || d.Reason != reason || d.Zh() == "" {
		t.Errorf("error is %v, want a denial for reason %d", err, reason)
	}
}
