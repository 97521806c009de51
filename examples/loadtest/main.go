// Loadtest sends whole envelopes through the library and measures each step:
//
//	go run ./examples/loadtest -store sqlite -envelopes 500 -parties 2 -workers 8
//	go run ./examples/loadtest -store postgres -dsn postgres://postgres@localhost:5432/load
//	go run ./examples/loadtest -store postgres -dsn postgres://postgres@localhost:5432/load -processes 4 -key-delay 30ms
//
// The envelopes are real: each upload is checked, its fields are laid out, and every
// party signs at B-T with keys and timestamps of a certificate authority in this
// process. Each result is verified before it is stored; the envelope is charged and
// raised to B-LTA, and its trail is written. At the end everything is counted: it exits
// 1 if a signature, a charge or an event is missing or doubled, 2 on bad usage.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// options are the flags.
type options struct {
	store     string
	dsn       string
	dir       string
	envelopes int
	parties   int
	workers   int
	processes int
	keyDelay  time.Duration
	alg       string
	algorithm devca.Algorithm
	json      bool
	sample    int
	out       string
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == childArg {
		if err := workOn(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "loadtest: a share of the work:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// errFound says that the count at the end is wrong.
var errFound = errors.New("something is missing or doubled")

const usage = `Usage: loadtest [flags]

Sends whole envelopes through the library and prints how long each step of one takes: half
of them no longer than p50, 99 of 100 no longer than p99; how long the lists take that a
user opens, of tasks and of counts; how many transactions were run again for each envelope,
because they met another; and how many of the signatures, charges and events are missing,
or there twice (doubled). It exits 1 if any are, 2 on bad usage.

`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	fs := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o.flags(fs)
	fs.Usage = func() {
		fmt.Fprint(stderr, usage)
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if err := o.check(fs.Args()); err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		return 2
	}
	res, err := load(ctx, o)
	if res != nil {
		if perr := res.print(stdout, o.json); perr != nil {
			err = errors.Join(err, perr)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		return 1
	}
	return 0
}

func (o *options) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.store, "store", "memory", "`name`: memory, sqlite or postgres")
	fs.StringVar(&o.dsn, "dsn", "", "the empty PostgreSQL database, as a `URL`, for example postgres://postgres@localhost:5432/load")
	fs.StringVar(&o.dir, "dir", "", "fresh `directory` for the SQLite database and the documents (default: a temporary one)")
	fs.IntVar(&o.envelopes, "envelopes", 200, "`number` of envelopes")
	fs.IntVar(&o.parties, "parties", 2, "`number` of parties of each: companies and persons in turn, at most 20")
	fs.IntVar(&o.workers, "workers", 4, "`number` of envelopes under way at a time")
	fs.IntVar(&o.processes, "processes", 1, "`number` of processes that share the work, with as many workers each; not with memory")
	fs.DurationVar(&o.keyDelay, "key-delay", 0, "`time` a key takes to answer, as a remote one does, for example 30ms")
	fs.StringVar(&o.alg, "alg", "p256", "`name` of the keys: p256, rsa2048 or sm2")
	fs.BoolVar(&o.json, "json", false, "print one line of JSON")
	fs.IntVar(&o.sample, "sample", 20, "`number` of random results that -out gets")
	fs.StringVar(&o.out, "out", "", "`directory` for results, with roots.pem")
}

var algorithms = map[string]devca.Algorithm{"p256": devca.P256, "rsa2048": devca.RSA2048, "sm2": devca.SM2}

func (o *options) check(rest []string) error {
	var ok bool
	o.algorithm, ok = algorithms[o.alg]
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.store != "memory" && o.store != "sqlite" && o.store != "postgres":
		return fmt.Errorf("-store %q is not memory, sqlite or postgres", o.store)
	case (o.store == "postgres") != (o.dsn != ""):
		return errors.New("-store postgres and -dsn go together")
	case !ok:
		return fmt.Errorf("-alg %q is not p256, rsa2048 or sm2", o.alg)
	case o.processes < 1 || o.processes > 1 && o.store == "memory":
		return errors.New("-processes is at least 1, and 1 with memory")
	case o.keyDelay < 0:
		return errors.New("-key-delay is not negative")
	case o.envelopes < 1 || o.workers < 1 || o.parties < 1 || o.parties > 20 || o.sample < 0:
		return errors.New("-envelopes and -workers are at least 1, -parties 1 to 20")
	}
	return nil
}

// result is what the contract prints.
type result struct {
	Store     string          `json:"store"`
	Envelopes int             `json:"envelopes"`
	Parties   int             `json:"parties"`
	Workers   int             `json:"workers"` // of each process
	Processes int             `json:"processes"`
	Alg       string          `json:"alg"`
	PerSecond float64         `json:"envelopes_per_s"`
	Steps     map[string]step `json:"steps"`
	Lists     lists           `json:"lists"`
	PeakMB    float64         `json:"peak_mb"`
	Missing   int             `json:"missing"`
	Doubled   int             `json:"doubled"`
	Retries   int64           `json:"retries"` // transactions run again

	Took time.Duration `json:"-"`
}

type step struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

type lists struct {
	Tasks  float64 `json:"tasks_ms"`
	Counts float64 `json:"counts_ms"`
}

// stepNames are in the order of an envelope's life.
var stepNames = []string{"draft", "send", "submit", "complete", "evidence"}

func (r *result) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "%d envelopes of %d parties, %d × %d workers, %s, %s: %.1f/s (%v), peak %.0f MB\n",
		r.Envelopes, r.Parties, r.Processes, r.Workers, r.Store, r.Alg, r.PerSecond, r.Took.Round(time.Millisecond), r.PeakMB)
	for _, name := range stepNames {
		_, perr := fmt.Fprintf(w, "%-9s p50 %7.2f ms  p99 %7.2f ms\n", name, r.Steps[name].P50, r.Steps[name].P99)
		err = errors.Join(err, perr)
	}
	_, perr := fmt.Fprintf(w, "tasks %.2f ms, counts %.2f ms; %.2f transactions run again for each; missing %d, doubled %d\n",
		r.Lists.Tasks, r.Lists.Counts, float64(r.Retries)/float64(r.Envelopes), r.Missing, r.Doubled)
	return errors.Join(err, perr)
}
