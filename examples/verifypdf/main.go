// Verifypdf verifies the signatures in PDF files and prints what it found, as the
// platform's page 文件验签 does, or as JSON. Of one file it also writes a report: the XML of
// ETSI TS 119 102-2 with -xml, a PDF in Chinese with -pdf.
//
//	go run ./examples/verifypdf -roots roots.pem contract-signed.pdf
//	go run ./examples/verifypdf -roots roots.pem -xml report.xml -pdf report.pdf contract-signed.pdf
//
// It exits 0 if every file has at least one signature and all of them passed, 1 if some
// file could be verified and did not pass, 2 if a file could not be read or the flags
// are wrong.
package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/online"
)

const usage = `Usage: verifypdf [flags] FILE...

  verifypdf -roots roots.pem contract-signed.pdf
  verifypdf -roots roots.pem -json -max-change none *.pdf
  verifypdf -roots roots.pem -xml report.xml -pdf report.pdf contract-signed.pdf

Without -roots nobody is trusted, and an otherwise good file is indeterminate.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("verifypdf", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line says what is wrong with a flag
	fs.Usage = func() {}
	roots := fs.String("roots", "", "PEM `file` of the certificates to trust, for example -roots roots.pem")
	at := fs.String("at", "", "`time` of validation, for example -at 2026-03-04T16:30:00+08:00 (default now)")
	maxChange := fs.String("max-change", "sign", "the most that may change after a signature: none, lta, sign, form or annotation, for example -max-change none")
	asJSON := fs.Bool("json", false, "print one JSON object per line per file, for example -json")
	askNet := fs.Bool("online", false, "require evidence about revocation, and ask the OCSP and CRL servers that certificates name for what the file lacks, for example -online")
	xmlOut := fs.String("xml", "", "write the validation report of ETSI TS 119 102-2 about the one input to this `file`, for example -xml report.xml")
	pdfOut := fs.String("pdf", "", "write a report for people, in Chinese, about the one input to this `file`, for example -pdf report.pdf")
	password := fs.String("password", "", "`password` of encrypted files, for example -password secret")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(stderr)
			fmt.Fprint(stderr, usage)
			fs.PrintDefaults()
			return 0
		}
		fmt.Fprintf(stderr, "verifypdf: %v\n", err)
		return 2
	}
	policy := verify.Policy{Roots: []*x509.Certificate{}, Time: time.Now(), Revocation: verify.UnsafeAllowUnknown}
	fail := func(format string, a ...any) int { // one line, whatever the names hold
		fmt.Fprintf(stderr, "verifypdf: %s\n", strings.Join(strings.Fields(fmt.Sprintf(format, a...)), " "))
		return 2
	}
	if *askNet {
		const patience = 20 * time.Second
		policy.Revocation, policy.Online = verify.RequireRevocation, &online.Revocations{Client: &http.Client{Timeout: patience}}
	}
	policy.Password = *password
	if fs.NArg() == 0 {
		return fail("name at least one file; -h explains")
	}
	outputs := outputs{xml: *xmlOut, pdf: *pdfOut}
	if err := outputs.check(fs.Args()); err != nil {
		return fail("%v", err)
	}
	var err error
	if policy.MaxChange, err = verify.ParseChangeLevel(*maxChange); err != nil || policy.MaxChange > verify.ChangeAnnotation {
		return fail("-max-change is one of none, lta, sign, form, annotation, not %q", *maxChange)
	}
	if *at != "" {
		if policy.Time, err = time.Parse(time.RFC3339, *at); err != nil {
			return fail("-at is not a time like 2026-03-04T16:30:00+08:00: %q", *at)
		}
	}
	if *roots != "" {
		b, err := os.ReadFile(*roots)
		if err != nil {
			return fail("%v", err)
		}
		if policy.Roots, err = verify.ParseRoots(b); err != nil {
			return fail("%s: %v", *roots, err)
		}
	}
	exit := 0
	for i, name := range fs.Args() {
		rep, err := judge(ctx, name, policy, outputs)
		if err != nil {
			exit = max(exit, fail("%s: %v", name, err))
			continue
		}
		if *asJSON {
			err = printJSON(stdout, name, rep)
		} else {
			if i > 0 {
				fmt.Fprintln(stdout)
			}
			if fs.NArg() > 1 {
				fmt.Fprintf(stdout, "%s\n", name)
			}
			_, err = io.WriteString(stdout, rep.Text(verify.Chinese))
		}
		if err != nil {
			return fail("%v", err)
		}
		switch {
		case rep.Verdict == verify.Unreadable:
			exit = fail("%q cannot be judged: %s", name, rep.Reasons)
		case !rep.Valid():
			exit = max(exit, 1)
		}
	}
	return exit
}

// judge verifies a file and writes the reports about it.
func judge(ctx context.Context, name string, policy verify.Policy, o outputs) (*verify.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file")
	}
	rep, err := verify.Verify(ctx, f, st.Size(), policy)
	if err != nil {
		return nil, err
	}
	return rep, o.write(io.NewSectionReader(f, 0, st.Size()), name, rep)
}

// printJSON writes the file's name before the report's own fields.
func printJSON(w io.Writer, name string, rep *verify.Report) error {
	body, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	file, err := json.Marshal(name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `{"file":%s,%s`+"\n", file, body[1:])
	return err
}
