package envelope_test

import (
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

var heaviest = flag.Bool("heaviest", false, "TestHeaviest measures every case, not only the quick ones")

// What an operation on the heaviest envelope may take.
const (
	longest = 5 * time.Second
	largest = 256 << 20 // bytes of the heap at their peak
)

// cost is what an operation took.
type cost struct {
	wall time.Duration
	peak uint64 // bytes of the heap, garbage included
}

func (c cost) String() string { return fmt.Sprintf("%.2f s, %d MiB", c.wall.Seconds(), c.peak>>20) }

func (c *cost) add(o cost) { c.wall, c.peak = max(c.wall, o.wall), max(c.peak, o.peak) }

// costOf runs an operation, and looks at the heap every 5 ms.
func costOf(t testing.TB, do func() error) cost {
	t.Helper()
	debug.FreeOSMemory()
	done, peak := make(chan struct{}), make(chan uint64)
	heap := func() uint64 {
		s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	go func() {
		most := heap()
		for {
			select {
			case <-done:
				peak <- max(most, heap())
				return
			case <-time.After(5 * time.Millisecond):
				most = max(most, heap())
			}
		}
	}()
	begun := time.Now()
	err := do()
	c := cost{wall: time.Since(begun)}
	close(done)
	c.peak = <-peak
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// heavyCase is an envelope that is heaviest in one way.
type heavyCase struct {
	name  string
	quick bool
	draft func(t testing.TB, c *cast) envelope.NewDraft
	// choose returns what a party chooses besides signature and seal, and may be nil.
	choose func(t testing.TB, c *cast, e *envelope.Envelope, party int) envelope.Choice
}

// TestHeaviest: no envelope within the limits takes longer than 5 s or more than 256 MiB
// in any of its operations (T28, T29).
func TestHeaviest(t *testing.T) {
	for _, h := range heavyCases {
		if !h.quick && !*heaviest || testing.Short() {
			continue
		}
		t.Run(h.name, func(t *testing.T) { h.bound(t) })
	}
}

// TestHeaviestLists: a page of the heaviest envelopes is read within the same bounds, and an
// idle Step beside them.
func TestHeaviestLists(t *testing.T) {
	if !*heaviest {
		t.Skip("-heaviest runs it")
	}
	c, ctx := heavyCast(t), t.Context()
	d := heavy(t, []heavyFile{{pages: 3}}, boxes(34, 1, longList())...)
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	for i := range 49 {
		if err == nil {
			e, err = c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
		}
		if err == nil && i%2 == 0 { // half of them are under way
			_, err = c.Envelopes.Send(ctx, c.boss, e.ID)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func() error{
		"a page of envelopes": func() error {
			page, _, err := c.Envelopes.Sent(ctx, c.boss, envelope.Filter{}, "")
			if len(page) != 50 {
				t.Errorf("%d envelopes", len(page))
			}
			return err
		},
		"an idle Step": func() error { _, err := c.Envelopes.Step(ctx); return err },
	} {
		took := costOf(t, do)
		t.Logf("%s: %v", what, took)
		if !raceEnabled && (took.wall > longest || took.peak > largest) {
			t.Errorf("%s takes %v", what, took)
		}
	}
}

// heavyCast returns a cast on SQLite and a folder of blobs, as a host has them.
func heavyCast(t *testing.T) *cast {
	t.Helper()
	d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	return castOf(t, envelopetest.Config{Driver: d, Blobs: func(store.Blobs) store.Blobs {
		b, err := dir.New(folder, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}})
}

// operations are what is measured.
var operations = []string{"draft", "send", "submit", "step", "download"}

// bound measures a case, again if it is above a bound, because other programs work on the
// machine too. The least of up to three runs counts.
func (h *heavyCase) bound(t *testing.T) {
	best := h.run(t)
	above := func() (out []string) {
		for _, what := range operations {
			if c := best[what]; !raceEnabled && (c.wall > longest || c.peak > largest) {
				out = append(out, fmt.Sprint(what, " takes ", c))
			}
		}
		return out
	}
	for range 2 {
		if len(above()) == 0 {
			break
		}
		for what, c := range h.run(t) {
			best[what] = cost{min(c.wall, best[what].wall), min(c.peak, best[what].peak)}
		}
	}
	line := "| " + h.name
	for _, what := range operations {
		line += " | " + best[what].String()
	}
	t.Log(line + " |")
	for _, fault := range above() {
		t.Error(fault)
	}
}

func (h *heavyCase) run(t *testing.T) map[string]cost {
	t.Helper()
	c, ctx := heavyCast(t), t.Context()
	costs := map[string]cost{}
	var e *envelope.Envelope
	in := h.draft(t, c)
	in.Methods = envelope.ByPassword
	costs["draft"] = costOf(t, func() (err error) { e, err = c.Envelopes.CreateDraft(ctx, c.boss, in); return err })
	costs["send"] = costOf(t, func() (err error) { e, err = c.Envelopes.Send(ctx, c.boss, e.ID); return err })
	for e.Status == envelope.InProgress {
		n := 0
		for e.Parties[n].State != envelope.Active {
			n++
		}
		who := c.staff
		if e.Parties[n].Kind == envelope.Person {
			who = c.people[e.Parties[n].Name]
		}
		var choice envelope.Choice
		if h.choose != nil {
			choice = h.choose(t, c, e, n)
		}
		own := c.choice(who)
		if choice.Signature == "" {
			choice.Signature = own.Signature
		}
		choice.Seal = own.Seal
		will, err := c.Will(who, "", e.ID, choice, envelope.ByPassword)
		if err != nil {
			t.Fatal(err)
		}
		submit := costs["submit"]
		submit.add(costOf(t, func() error { _, err := c.Envelopes.Submit(ctx, who, e.ID, choice, will); return err }))
		costs["submit"] = submit
		if e, err = c.Envelopes.Get(ctx, c.boss, e.ID); err != nil {
			t.Fatal(err)
		}
	}
	costs["step"] = costOf(t, func() error { _, err := c.Envelopes.Step(ctx); return err })
	costs["download"] = costOf(t, func() error { return c.Envelopes.Download(ctx, c.boss, e.ID, io.Discard) })
	e, err := c.Envelopes.Get(ctx, c.boss, e.ID)
	if err != nil || !e.Preserved() {
		t.Errorf("%v has no evidence: %v", e.Status, err)
	}
	runtime.KeepAlive(in)
	return costs
}
