package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childArg {
		main() // one of the processes of TestProcesses
		return
	}
	os.Exit(pgtest.Main(m))
}

// TestProcesses: four processes share the work on one database, and nothing is missing
// or doubled.
func TestProcesses(t *testing.T) {
	for _, flags := range [][]string{{"-store", "sqlite"}, {"-store", "postgres", "-dsn", pgtest.DSN(t)}} {
		var stdout, stderr bytes.Buffer
		args := append(flags, "-processes", "4", "-envelopes", "22", "-workers", "2", "-key-delay", "5ms", "-json")
		if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
			t.Fatalf("%s: exit %d: %s", flags[1], code, stderr.String())
		}
		var r result
		if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || r.Processes != 4 || r.Missing+r.Doubled != 0 || r.Steps["submit"].P50 < 5 {
			t.Errorf("%s: %v, %s", flags[1], err, stdout.String())
		}
	}
}

// A small load on each store: every number of the contract is there, nothing is missing
// or doubled, and the samples are written.
func TestLoad(t *testing.T) {
	for _, store := range []string{"memory", "sqlite", "postgres"} {
		t.Run(store, func(t *testing.T) {
			out := t.TempDir()
			var stdout, stderr bytes.Buffer
			args := []string{"-store", store, "-envelopes", "11", "-parties", "3", "-workers", "3", "-json", "-sample", "4", "-out", out}
			if store == "postgres" {
				args = append(args, "-dsn", pgtest.DSN(t))
			}
			if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
				t.Fatalf("exit %d: %s", code, stderr.String())
			}
			var r result
			if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || strings.Count(stdout.String(), "\n") != 1 {
				t.Fatalf("%v: %s", err, stdout.String())
			}
			if r.Store != store || r.Envelopes != 11 || r.Parties != 3 || r.Workers != 3 || r.Alg != "p256" || r.PerSecond <= 0 || r.Missing+r.Doubled != 0 {
				t.Errorf("%+v", r)
			}
			for _, name := range stepNames {
				if s := r.Steps[name]; s.P50 <= 0 || s.P99 < s.P50 {
					t.Errorf("%s: %+v", name, s)
				}
			}
			files, err := filepath.Glob(filepath.Join(out, "envelope-*.pdf"))
			if _, serr := os.Stat(filepath.Join(out, "roots.pem")); err != nil || serr != nil || len(files) != 4 {
				t.Errorf("%v, %v, %v", files, err, serr)
			}
		})
	}
}

// A second run in the same directory gets an error that says why it is refused.
func TestUsedDir(t *testing.T) {
	args := []string{"-store", "sqlite", "-envelopes", "1", "-parties", "1", "-dir", t.TempDir()}
	for i, wanted := range []string{"", "must be fresh"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != i || !strings.Contains(stderr.String(), wanted) {
			t.Errorf("run %d: exit %d: %s", i+1, code, stderr.String())
		}
	}
}

// Missing or doubled items are found.
func TestCountFinds(t *testing.T) {
	o := options{store: "memory", envelopes: 1, parties: 2, workers: 1, processes: 1, alg: "p256", dir: t.TempDir()}
	if err := o.check(nil); err != nil {
		t.Fatal(err)
	}
	h, err := newHost(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.db.Close()
	c, err := newCast(t.Context(), h, o)
	if err != nil {
		t.Fatal(err)
	}
	watch := &clock{all: map[string][]time.Duration{}}
	ids, err := c.work(t.Context(), 0, 1, watch)
	if err != nil {
		t.Fatal(err)
	}
	if missing, _, err := c.count(t.Context(), o, ids); missing != 1 || err != nil {
		t.Errorf("without its report: %d missing, %v", missing, err)
	}
	if err := c.reports(t.Context(), ids, watch); err != nil {
		t.Fatal(err)
	}
	if missing, doubled, err := c.count(t.Context(), o, ids); missing+doubled != 0 || err != nil {
		t.Errorf("as it is: %d missing, %d doubled, %v", missing, doubled, err)
	}
	if _, doubled, err := c.count(t.Context(), o, nil); doubled != 1 || err != nil {
		t.Errorf("a charge for no envelope: %d doubled, %v", doubled, err)
	}
	o.parties = 3
	if missing, _, err := c.count(t.Context(), o, ids); missing == 0 || err != nil {
		t.Errorf("a third party: %d missing, %v", missing, err)
	}
}

func TestBadUsage(t *testing.T) {
	for _, args := range [][]string{{"-store", "postgres"}, {"-store", "sqlite", "-dsn", "x"}, {"-alg", "md5"}, {"-envelopes", "0"}, {"-workers", "0"}, {"-parties", "21"}, {"-processes", "2"}, {"-store", "sqlite", "-processes", "0"}, {"-key-delay", "-1s"}, {"x"}, {"-nosuch"}} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || stderr.Len() == 0 || stdout.Len() > 0 {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout.String(), stderr.String())
		}
	}
}
