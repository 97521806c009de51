package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
)

func chain(n int) []audit.Entry {
	var out []audit.Entry
	at := time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC)
	var end audit.Head
	for i := range n {
		e := audit.Next(end, int64(i+1), at.Add(time.Duration(i)*time.Second), "signed", "p1", fmt.Appendf(nil, `{"i":%d}`, i))
		out, end = append(out, e), e.Head()
	}
	return out
}

// TestClocks checks that a process whose clock is behind breaks no chain.
func TestClocks(t *testing.T) {
	all := chain(2)
	late := audit.Next(all[1].Head(), 3, all[0].At.Add(-time.Hour), "signed", "p1", []byte(`{}`))
	if all = append(all, late); late.At != all[1].At {
		t.Errorf("the entry after %v is of %v", all[1].At, late.At)
	}
	if err := audit.Check(all, late.Hash); err != nil {
		t.Error(err)
	}
}

// TestT18Tamper checks T18: every entry that is altered, dropped, doubled or moved is
// found.
func TestT18Tamper(t *testing.T) {
	good := chain(5)
	head := good[4].Hash
	if err := audit.Check(good, head); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for name, change := range map[string]func(c []audit.Entry) []audit.Entry{
			"body":    func(c []audit.Entry) []audit.Entry { c[i].Body = []byte(`{}`); return c },
			"kind":    func(c []audit.Entry) []audit.Entry { c[i].Kind = "declined"; return c },
			"actor":   func(c []audit.Entry) []audit.Entry { c[i].Actor = "p2"; return c },
			"time":    func(c []audit.Entry) []audit.Entry { c[i].At = c[i].At.Add(time.Microsecond); return c },
			"hash":    func(c []audit.Entry) []audit.Entry { c[i].Hash[0] ^= 1; return c },
			"dropped": func(c []audit.Entry) []audit.Entry { return slices.Delete(c, i, i+1) },
			"doubled": func(c []audit.Entry) []audit.Entry { return slices.Insert(c, i, c[i]) },
			"swapped": func(c []audit.Entry) []audit.Entry { j := (i + 1) % len(c); c[i], c[j] = c[j], c[i]; return c },
		} {
			err := audit.Check(change(slices.Clone(good)), head)
			var broken *audit.BrokenError
			if !errors.As(err, &broken) {
				t.Errorf("entry %d, %s: %v", i+1, name, err)
			}
		}
	}
}
