package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// With -processes the work is done by further processes of this program, which share
// only the database, the documents and the keys. The first process makes the cast, and
// counts at the end.

// childArg makes this program one of the further processes.
const childArg = "work-on-a-share"

// share is the input of a further process, on its standard input.
type share struct {
	Store, DSN, Dir, Alg string
	KeyDelay             time.Duration
	Keys                 secret.KeySet
	CA                   *devca.State
	Workers              [][]player
	From, To             int // its envelopes
}

// report is the output of a further process, on its standard output.
type report struct {
	Made    []made
	Times   map[string][]time.Duration
	Retries int64
}

// deal gives the process n its share of the work.
func (c *cast) deal(o options, n int) (share, error) {
	state, err := c.h.ca.State()
	return share{Store: o.store, DSN: o.dsn, Dir: o.dir, Alg: o.alg, KeyDelay: o.keyDelay, Keys: c.h.keys, CA: state,
		Workers: c.workers[n*o.workers : (n+1)*o.workers], From: o.envelopes * n / o.processes, To: o.envelopes * (n + 1) / o.processes}, err
}

// spread makes the envelopes in further processes, which begin at the same time. It
// also returns how long they took together.
func (c *cast) spread(ctx context.Context, o options, watch *clock) (all report, took time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // kills those that are left
	children := make([]*child, o.processes)
	for n := range children {
		s, err := c.deal(o, n)
		if err != nil {
			return all, 0, err
		}
		if children[n], err = start(ctx, s); err != nil {
			return all, 0, err
		}
	}
	begin := time.Now()
	for _, ch := range children {
		if _, err := fmt.Fprintln(ch.in, "go"); err != nil {
			return all, 0, err
		}
	}
	for _, ch := range children {
		r, err := ch.wait()
		if err != nil {
			return all, 0, err
		}
		all.Made, all.Retries = append(all.Made, r.Made...), all.Retries+r.Retries
		watch.add(r.Times)
	}
	return all, time.Since(begin), nil
}

// child is a further process, as the first process sees it.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts a process and waits until it is ready.
func start(ctx context.Context, s share) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ch := &child{cmd: exec.CommandContext(ctx, self, childArg)}
	ch.cmd.Stderr = os.Stderr
	if ch.in, err = ch.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := ch.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	ch.out = bufio.NewReader(out)
	if err := ch.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewEncoder(ch.in).Encode(s); err != nil {
		return nil, err
	}
	if line, err := ch.out.ReadString('\n'); line != "ready\n" {
		return nil, fmt.Errorf("a process did not get ready: %q, %w", line, errors.Join(err, ch.cmd.Wait()))
	}
	return ch, nil
}

// wait returns what the process has made.
func (ch *child) wait() (r report, err error) {
	err = json.NewDecoder(ch.out).Decode(&r)
	return r, errors.Join(err, ch.cmd.Wait())
}

// workOn is everything that a further process does: it reads its share, says that it is
// ready, waits for "go", works, and reports.
func workOn(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReader(stdin)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var s share
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	o := options{store: s.Store, dsn: s.DSN, dir: s.Dir, alg: s.Alg, algorithm: algorithms[s.Alg], keyDelay: s.KeyDelay}
	h, err := newHost(ctx, o, &s)
	if err != nil {
		return err
	}
	defer h.db.Close()
	if _, err := fmt.Fprintln(stdout, "ready"); err != nil {
		return err
	}
	if said, err := in.ReadString('\n'); said != "go\n" {
		return fmt.Errorf("it was told %q, %w", said, err)
	}
	c, watch := &cast{h: h, workers: s.Workers}, &clock{all: map[string][]time.Duration{}}
	before := h.db.Stats().Retries
	all, err := c.work(ctx, s.From, s.To, watch)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(report{Made: all, Times: watch.all, Retries: h.db.Stats().Retries - before})
}
