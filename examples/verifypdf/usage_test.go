package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestUsage: an unknown flag exits 2 with one line; -h explains.
func TestUsage(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-bogus"}, &out, &errs); code != 2 || strings.Count(errs.String(), "\n") != 1 || out.Len() > 0 {
		t.Errorf("-bogus: exit %d, %q", code, errs.String())
	}
	errs.Reset()
	if code := run(t.Context(), []string{"-h"}, &out, &errs); code != 0 || !strings.Contains(errs.String(), "for example") {
		t.Errorf("-h: exit %d, %q", code, errs.String())
	}
}
