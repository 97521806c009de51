package orgtest

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/org"
)

// A Matrix is a table of commands by who gives them, written by hand: a line of
// columns, then a line a command with the answer that each column gets. A command may
// have a state behind a dot.
type Matrix struct {
	Columns []string
	Rows    [][]string // command.state, then the answers
}

// ReadMatrix reads a table.
func ReadMatrix(t *testing.T, name string) Matrix {
	t.Helper()
	text, err := os.ReadFile(name)
	Must(t, err)
	var m Matrix
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "#"), len(f) == 0:
		case m.Columns == nil:
			m.Columns = f[1:]
		case len(f) != len(m.Columns)+1:
			t.Fatalf("%d answers in %s", len(f)-1, line)
		default:
			m.Rows = append(m.Rows, f)
		}
	}
	return m
}

// Lists reports whether a command has a row.
func (m Matrix) Lists(command string) bool {
	return slices.ContainsFunc(m.Rows, func(r []string) bool {
		name, _, _ := strings.Cut(r[0], ".")
		return name == command
	})
}

// CheckListed checks that every method of a service that takes an actor has a row.
func (m Matrix) CheckListed(t *testing.T, service reflect.Type) {
	t.Helper()
	for _, name := range Acting(service) {
		if !m.Lists(name) {
			t.Errorf("%s is not in the matrix", name)
		}
	}
}

// Try gives every command of a column, and compares the answers.
func (m Matrix) Try(t *testing.T, column string, try func(command string) error, answer func(error) string) {
	t.Helper()
	i := slices.Index(m.Columns, column)
	for _, row := range m.Rows {
		err := try(row[0])
		if got := answer(err); got != row[i+1] {
			t.Errorf("%s: %s, want %s", row[0], got, row[i+1])
		}
		if err != nil && org.Zh(err) == "" {
			t.Errorf("%s: %v has no sentence", row[0], err)
		}
	}
}

// Acting returns the methods of a service that take an actor.
func Acting(service reflect.Type) (out []string) {
	actor := reflect.TypeFor[org.Actor]()
	for i := range service.NumMethod() {
		m := service.Method(i)
		for j := range m.Type.NumIn() {
			if m.Type.In(j) == actor {
				out = append(out, m.Name)
			}
		}
	}
	return out
}

// Answer is how a matrix writes an outcome: ok, a word for one of a package's own
// errors, or the reason of a denial.
func Answer(err error, words map[string]error) string {
	if err == nil {
		return "ok"
	}
	for word, target := range words {
		if errors.Is(err, target) {
			return word
		}
	}
	var d *org.DeniedError
	switch {
	case errors.As(err, &d):
		return map[org.DenyReason]string{org.DenyPersonUnverified: "person", org.DenyCompanyUnverified: "company",
			org.DenyDisabled: "disabled", org.DenyRole: "role", org.DenyPersonal: "personal"}[d.Reason]
	case errors.Is(err, org.ErrNotFound):
		return "nf"
	}
	return err.Error()
}
