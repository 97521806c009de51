package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// clock collects how long steps took.
type clock struct {
	mu  sync.Mutex
	all map[string][]time.Duration
}

func (c *clock) time(step string, do func() error) error {
	start := time.Now()
	err := do()
	took := time.Since(start)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[step] = append(c.all[step], took)
	return err
}

// add adds what another process measured.
func (c *clock) add(times map[string][]time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for step, all := range times {
		c.all[step] = append(c.all[step], all...)
	}
}

func (c *clock) steps() map[string]step {
	out := map[string]step{}
	for _, name := range stepNames {
		all := c.all[name]
		if len(all) == 0 {
			out[name] = step{}
			continue
		}
		slices.Sort(all)
		at := func(q float64) float64 { return float64(all[min(len(all)-1, int(q*float64(len(all))))]) / 1e6 }
		out[name] = step{P50: at(0.5), P99: at(0.99)}
	}
	return out
}

// load runs the whole test.
func load(ctx context.Context, o options) (res *result, err error) {
	tmp, err := os.MkdirTemp("", "loadtest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if o.dir == "" {
		o.dir = tmp
	}
	h, err := newHost(ctx, o, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.db.Close()) }()
	c, err := newCast(ctx, h, o)
	if _, used := errors.AsType[*org.CompanyExistsError](err); used {
		return nil, fmt.Errorf("-dir and -dsn must be fresh, and this one has a run in it: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("making the cast: %w", err)
	}
	watch := &clock{all: map[string][]time.Duration{}}
	all, took, err := c.all(ctx, o, watch)
	ids := all.Made
	if err == nil {
		err = c.reports(ctx, ids, watch)
	}
	if err != nil {
		return nil, err
	}
	res = &result{Store: o.store, Envelopes: o.envelopes, Parties: o.parties, Workers: o.workers, Processes: o.processes, Alg: o.alg, Took: took,
		PerSecond: float64(o.envelopes) / took.Seconds(), Steps: watch.steps(), Retries: all.Retries}
	if res.PeakMB, err = peakMB(); err != nil {
		return res, err
	}
	if err := c.lists(ctx, res); err != nil {
		return res, err
	}
	if res.Missing, res.Doubled, err = c.count(ctx, o, ids); err != nil {
		return res, err
	}
	if err := c.samples(ctx, o, ids); err != nil {
		return res, err
	}
	if res.Missing+res.Doubled > 0 {
		return res, errFound
	}
	return res, nil
}

// made is a finished envelope and who sent it.
type made struct {
	ID       string
	Sender   org.Actor
	Evidence bool
}

// all sends all envelopes, from this process or from several others, and returns how
// long that took.
func (c *cast) all(ctx context.Context, o options, watch *clock) (report, time.Duration, error) {
	if o.processes > 1 {
		return c.spread(ctx, o, watch)
	}
	before, start := c.h.db.Stats().Retries, time.Now()
	ids, err := c.work(ctx, 0, o.envelopes, watch)
	return report{Made: ids, Retries: c.h.db.Stats().Retries - before}, time.Since(start), err
}

// work sends the envelopes with these numbers, several at a time.
func (c *cast) work(ctx context.Context, from, to int, watch *clock) ([]made, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ids := make([]made, to-from)
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, players := range c.workers {
		wg.Go(func() {
			for {
				i := from + int(next.Add(1)) - 1
				if i >= to || ctx.Err() != nil {
					return
				}
				m, err := c.envelope(ctx, players, i, watch)
				if err != nil {
					cancel(fmt.Errorf("envelope %d: %w", i, err))
					return
				}
				ids[i-from] = m
			}
		})
	}
	wg.Wait()
	return ids, context.Cause(ctx)
}

// envelope takes one envelope through its whole life. Every tenth will get its evidence
// report.
func (c *cast) envelope(ctx context.Context, players []player, i int, watch *clock) (made, error) {
	svc, sender := c.h.envelopes, players[0].Actor
	draft := envelope.NewDraft{Subject: fmt.Sprintf("采购合同 %d", i), Ordered: true, Source: billing.API,
		Files: []envelope.Upload{{Name: "采购合同.pdf", Content: bytes.NewReader(contract(i))}}}
	for n, p := range players {
		b := envelope.Box{Kind: envelope.SignatureBox, Page: 1, X: 35 + float64(n%4)*45, Y: 40 + float64(n/4)*50}
		s := envelope.Signer{Kind: envelope.Person, Name: p.Name, Phone: p.Phone}
		if p.Company != "" {
			b.Kind, s.Kind, s.Company = envelope.SealBox, envelope.Company, p.Company
		}
		s.Boxes = []envelope.Box{b}
		draft.Signers = append(draft.Signers, s)
	}
	var e *envelope.Envelope
	err := watch.time("draft", func() (err error) {
		e, err = svc.CreateDraft(ctx, sender, draft)
		return err
	})
	if err != nil {
		return made{}, err
	}
	out := made{ID: string(e.ID), Sender: sender, Evidence: i%10 == 0}
	if err := watch.time("send", func() error { _, err := svc.Send(ctx, sender, e.ID); return err }); err != nil {
		return out, err
	}
	for _, p := range players {
		choice := envelope.Choice{Signature: registry.SealID(p.Signature), Seal: registry.SealID(p.Seal)}
		if err := svc.RequestCode(ctx, p.Actor, e.ID, choice); err != nil {
			return out, err
		}
		code := c.h.ports.code(p.Phone)
		if err := watch.time("submit", func() error { _, err := svc.Submit(ctx, p.Actor, e.ID, choice, envelope.Code(code)); return err }); err != nil {
			return out, err
		}
	}
	return out, watch.time("complete", func() error { return c.preserved(ctx, out) })
}

// reports makes the evidence reports, after the total time was taken.
func (c *cast) reports(ctx context.Context, all []made, watch *clock) error {
	for _, m := range all {
		if !m.Evidence {
			continue
		}
		if err := watch.time("evidence", func() error { return c.h.envelopes.MakeEvidence(ctx, m.Sender, envelope.ID(m.ID)) }); err != nil {
			return err
		}
	}
	return nil
}

// preserved runs steps until an envelope is archived.
func (c *cast) preserved(ctx context.Context, m made) error {
	for ctx.Err() == nil {
		if _, err := c.h.envelopes.Step(ctx); err != nil {
			return err
		}
		e, err := c.h.envelopes.Get(ctx, m.Sender, envelope.ID(m.ID))
		if err != nil || e.Preserved() {
			return err
		}
		time.Sleep(time.Millisecond) // another worker is doing it
	}
	return ctx.Err()
}

// lists measures the pages that a user opens.
func (c *cast) lists(ctx context.Context, res *result) error {
	const times = 20
	actor := c.workers[0][0].Actor
	watch := func(do func() error) (float64, error) {
		start := time.Now()
		for range times {
			if err := do(); err != nil {
				return 0, err
			}
		}
		return float64(time.Since(start)) / 1e6 / times, nil
	}
	var err1, err2 error
	res.Lists.Tasks, err1 = watch(func() error { _, _, err := c.h.envelopes.Tasks(ctx, actor, ""); return err })
	res.Lists.Counts, err2 = watch(func() error { _, err := c.h.envelopes.Counts(ctx, actor); return err })
	return errors.Join(err1, err2)
}

// peakMB returns the most memory that the process has held, in MB (VmHWM), or 0 if the
// system does not report it.
func peakMB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(v)[0])
			return float64(kb) / 1024, err
		}
	}
	return 0, err
}
