// Quickstart runs a whole contract in one go: persons register and are verified,
// a company is created, verified, draws its seal, lends it to a member and buys
// copies; an envelope goes to the company and to another person, both sign, the
// charge appears, and the result is verified and shown.
//
//	go run ./examples/quickstart -out /tmp/q
//
// Everything is real except the providers, which run in this process behind loopback
// HTTP. It may be killed at any point and run again on the same database.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

const usage = `Usage: quickstart [flags]

  quickstart -out /tmp/q
  quickstart -out /tmp/q -in contract.pdf -db /tmp/q/host.db
  quickstart -out /tmp/q -postgres postgres://postgres@localhost:5432/host

Leaves contract-signed.pdf, seal.png, seal.svg, evidence.pdf, verify.json and
roots.pem in the -out folder.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// usageError is a fault in the command line, not in the run.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line says what is wrong with a flag
	fs.Usage = func() {}
	in := fs.String("in", "", "unsigned PDF `file` to sign, for example -in contract.pdf (default: a contract made here)")
	out := fs.String("out", "quickstart-out", "`folder` for the results, for example -out /tmp/q")
	db := fs.String("db", "", "SQLite `file` that keeps the records, for example -db host.db (default: quickstart.db in -out)")
	dsn := fs.String("postgres", "", "`DSN` of a PostgreSQL database that keeps the records in place of -db, for example postgres://postgres@localhost:5432/host")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(stderr)
			fmt.Fprint(stderr, usage)
			fs.PrintDefaults()
			return 0
		}
		fmt.Fprintf(stderr, "quickstart: %v\n", err)
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "quickstart: %s\n", strings.Join(strings.Fields(err.Error()), " ")) // in one line
		var zh interface{ Zh() string }
		if errors.As(err, &zh) {
			fmt.Fprintf(stderr, "            %s\n", zh.Zh())
		}
		var bad *usageError
		if errors.As(err, &bad) {
			return 2
		}
		return 1
	}
	if fs.NArg() > 0 {
		return fail(&usageError{fmt.Errorf("unexpected argument %q; -h explains", fs.Arg(0))})
	}
	if *dsn != "" && *db != "" {
		return fail(&usageError{errors.New("-db and -postgres name two databases; -h explains")})
	}
	if *db == "" {
		*db = filepath.Join(*out, "quickstart.db")
	}
	h, err := newHost(ctx, *out, *db, *dsn)
	if err != nil {
		return fail(err)
	}
	defer h.close()
	h.say = func(format string, a ...any) { fmt.Fprintf(stdout, format+"\n", a...) }
	if err := h.tell(ctx, *in); err != nil {
		return fail(err)
	}
	return 0
}
