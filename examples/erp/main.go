// Erp is a minimal business system around its own table of orders on PostgreSQL. It
// keeps an order and the draft of its contract in one commit, sends the contract
// afterwards, lets both parties sign, and learns by a signed webhook that the order is
// signed.
//
//	go run ./examples/erp -postgres postgres://postgres@localhost:5432/erp
//
// It implements the ports for short messages and payments itself, with its own tables;
// the other providers are those of the sandbox. It may be run again on the same
// database, with the same -out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

const usage = `Usage: erp -postgres DSN [flags]

  erp -postgres postgres://postgres@localhost:5432/erp
  erp -postgres "host=/run/postgresql user=postgres dbname=erp" -out /tmp/erp

Exits 0 if every step of the story held, 1 if one did not, 2 if it could not begin.

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
	fs := flag.NewFlagSet("erp", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line says what is wrong with a flag
	fs.Usage = func() {}
	dsn := fs.String("postgres", "", "`DSN` of the PostgreSQL database, for example -postgres postgres://postgres@localhost:5432/erp (required)")
	out := fs.String("out", "erp-out", "`folder` for the documents and the keys of that database, for example -out /tmp/erp")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(stderr)
			fmt.Fprint(stderr, usage)
			fs.PrintDefaults()
			return 0
		}
		fmt.Fprintf(stderr, "erp: %v\n", err)
		return 2
	}
	fail := func(err error) int {
		fmt.Fprintf(stderr, "erp: %s\n", strings.Join(strings.Fields(err.Error()), " ")) // in one line
		var bad *usageError
		if errors.As(err, &bad) {
			return 2
		}
		return 1
	}
	switch {
	case fs.NArg() > 0:
		return fail(&usageError{fmt.Errorf("unexpected argument %q; -h explains", fs.Arg(0))})
	case *dsn == "":
		return fail(&usageError{errors.New("-postgres is required; -h explains")})
	}
	h, err := newHost(ctx, *dsn, *out)
	if err != nil {
		return fail(err)
	}
	defer h.close()
	h.say = func(format string, a ...any) { fmt.Fprintf(stdout, format+"\n", a...) }
	if err := h.tell(ctx); err != nil {
		return fail(err)
	}
	return 0
}
