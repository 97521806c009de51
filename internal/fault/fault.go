// Package fault has the kinds of errors that the packages of the platform share. An
// error for a person has the manual's sentence in Zh, beside the English Error.
package fault

import "errors"

// Busy is the sentence for an error that has no sentence of its own.
const Busy = "系统繁忙，请稍后再试"

// refusal is a sentinel with the sentence that a person reads.
type refusal struct{ en, zh string }

func (r *refusal) Error() string { return r.en }

func (r *refusal) Zh() string { return r.zh }

// New returns a sentinel: en begins with the package's name, zh is the sentence.
func New(en, zh string) error { return &refusal{en, zh} }

// Zh returns the Chinese sentence of the first error in the chain that has one, or
// Busy if none has.
func Zh(err error) string {
	var z interface{ Zh() string }
	if errors.As(err, &z) {
		return z.Zh()
	}
	return Busy
}

// noRow is a sentinel of the store: no row has that id, or none can have it.
type noRow struct{ en string }

func (n *noRow) Error() string { return n.en }

// NoRow returns a sentinel for an id that no row has, or that none can have.
func NoRow(en string) error { return &noRow{en} }

// NotFound returns missing if err is a [NoRow], and otherwise err. So an id that no row
// can have is treated like one that no row has.
func NotFound(err, missing error) error {
	if _, ok := errors.AsType[*noRow](err); ok {
		return missing
	}
	return err
}

// ConfigError names the field that New refused.
type ConfigError struct {
	Package string
	Field   string // such as Config.DB
	Reason  string
}

// Error names the package and the field.
func (e *ConfigError) Error() string { return e.Package + ": " + e.Field + " " + e.Reason }

// Field is a required field of a Config, and whether it is set.
type Field struct {
	Name string
	OK   bool
}

// Required returns a [*ConfigError] for the first missing field. pkg is the package's
// name.
func Required(pkg string, fields ...Field) error {
	for _, f := range fields {
		if !f.OK {
			return &ConfigError{pkg, "Config." + f.Name, "is required"}
		}
	}
	return nil
}
