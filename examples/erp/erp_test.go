package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// tell runs the example and returns its exit code and what it said.
func tell(t *testing.T, args ...string) (exit int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit = run(t.Context(), args, &stdout, &stderr)
	return exit, stdout.String(), stderr.String()
}

// TestStory: the whole of it, twice on one database. An order that was committed before a
// crash is sent by the next run.
func TestStory(t *testing.T) {
	dsn, out := pgtest.DSN(t), filepath.Join(t.TempDir(), "out")
	for n, due := range []string{"提交之后发送：1 份", "提交之后发送：2 份"} {
		exit, said, errs := tell(t, "-postgres", dsn, "-out", out)
		if exit != 0 || errs != "" {
			t.Fatalf("run %d: exit %d\n%s%s", n+1, exit, said, errs)
		}
		for _, want := range []string{"回滚之一", "回滚之二", "一起提交", due, "已签 2 / 需签 2", "签名已核对", "五分钟内原样重放）：204", "十分钟前的通知）：401", "内容被改动）：401"} {
			if !strings.Contains(said, want) {
				t.Errorf("run %d does not say %s\n%s", n+1, want, said)
			}
		}
		crashed(t, dsn, out)
	}
}

// crashed is a run that keeps an order and gets no further.
func crashed(t *testing.T, dsn, out string) {
	h, err := newHost(t.Context(), dsn, out)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	h.say = t.Logf
	boss, _, err := h.people(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	o := order{number: "PO-" + rand.Text()[:8], supplier: supplier, fen: 1}
	if o.contract, err = o.page(); err == nil {
		_, err = h.place(t.Context(), boss, o)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPlaceBesideOthers: orders that are placed at the same time are all kept, each with
// its draft.
func TestPlaceBesideOthers(t *testing.T) {
	h, err := newHost(t.Context(), pgtest.DSN(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	h.say = t.Logf
	boss, _, err := h.people(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			o := order{number: fmt.Sprint("PO-", n), supplier: supplier, fen: 100}
			o.contract, _ = o.page()
			if _, err := h.place(t.Context(), boss, o); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for n := range 8 {
		o, err := h.order(t.Context(), fmt.Sprint("PO-", n))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.envelopes.Get(t.Context(), boss, envelope.ID(o.envelope)); err != nil {
			t.Error(err)
		}
	}
}

// TestUsage: what cannot begin exits 2 with one line; -h explains every flag.
func TestUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, said, errs := tell(t, "-postgres", pgtest.DSN(t), "-out", file); exit != 2 || strings.Count(errs, "\n") != 1 || said != "" {
		t.Errorf("-out is a file: exit %d, %q, %q", exit, said, errs)
	}
	for _, args := range [][]string{nil, {"-bogus"}, {"-postgres", "x=y z"}, {"-postgres", "postgres://postgres@127.0.0.1:1/none"}, {"-postgres", "x", "extra"}} {
		exit, said, errs := tell(t, args...)
		if exit != 2 || strings.Count(errs, "\n") != 1 || said != "" {
			t.Errorf("%v: exit %d, %q, %q", args, exit, said, errs)
		}
	}
	exit, said, errs := tell(t, "-h")
	if exit != 0 || strings.Count(errs, "for example") != 2 || said != "" {
		t.Errorf("-h: exit %d, %q", exit, errs)
	}
}
