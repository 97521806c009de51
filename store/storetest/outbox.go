package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

func (b *bench) emit(key string, bodies ...string) {
	b.Helper()
	b.update(func(ctx context.Context, tx *store.Tx) error {
		for _, body := range bodies {
			if err := store.Emit(ctx, tx, store.Event{Topic: "t-" + key, Key: key, Body: []byte(body)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// emitTopic emits an event that waits for no other.
func (b *bench) emitTopic(topic, body string) {
	b.Helper()
	b.update(func(ctx context.Context, tx *store.Tx) error {
		return store.Emit(ctx, tx, store.Event{Topic: topic, Body: []byte(body)})
	})
}

func (b *bench) claim(n int, topics ...string) (ds []store.Delivery, bodies []string) {
	b.Helper()
	ds, err := b.Outbox().Claim(b.ctx, store.Claim{Worker: "w", Topics: topics, N: n, Lease: time.Minute})
	if err != nil {
		b.Fatalf("claim: %v", err)
	}
	for _, d := range ds {
		bodies = append(bodies, string(d.Body))
	}
	return ds, bodies
}

func (b *bench) done(d store.Delivery) {
	b.Helper()
	if err := b.Outbox().Done(b.ctx, d); err != nil {
		b.Fatalf("done: %v", err)
	}
}

func outboxAtomic(t testing.TB, open opener) {
	b := setUp(t, open)
	stop := errors.New("stop")
	err := b.Update(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(store.Emit(ctx, tx, store.Event{Topic: "t", Body: []byte("lost")}), stop)
	})
	want(t, "update", err, stop)
	b.emit("", "kept\x00\xff")
	_, bodies := b.claim(10)
	same(t, "claimed", bodies, []string{"kept\x00\xff"})
}

func outboxOrder(t testing.TB, open opener) {
	b := setUp(t, open)
	b.emit("a", "a1", "a2")
	b.emit("b", "b1")
	b.emit("a", "a3")
	b.emit("", "free1", "free2")
	ds, bodies := b.claim(10)
	byBody := map[string]store.Delivery{}
	for _, d := range ds {
		byBody[string(d.Body)] = d
	}
	if len(ds) != 4 || byBody["a1"].ID == "" || byBody["b1"].ID == "" {
		t.Fatalf("claimed %q, want the first of each key and both free ones", bodies)
	}
	_, bodies = b.claim(10)
	same(t, "while a1 is leased", bodies, []string(nil))
	b.done(byBody["b1"])
	b.done(byBody["a1"])
	b.emit("b", "b2") // a key without open events
	ds, bodies = b.claim(10, "t-a")
	same(t, "by topic", bodies, []string{"a2"})
	b.done(ds[0])
	ds, bodies = b.claim(1)
	if len(ds) != 1 || bodies[0] != "a3" && bodies[0] != "b2" {
		t.Fatalf("claimed %q, want a3 or b2", bodies)
	}
}

// outboxTopics: of several topics the longest due events come first, and a busy topic
// does not block the others.
func outboxTopics(t testing.TB, open opener) {
	b := setUp(t, open)
	for _, key := range []string{"a", "b", "c"} {
		b.emit(key, key+"1")
		b.clock.advance(time.Second)
	}
	for i := range 4 {
		b.emitTopic("t-a", fmt.Sprint("a", i+2))
		b.clock.advance(time.Second)
	}
	_, bodies := b.claim(2, "t-a", "t-c", "t-a")
	same(t, "claimed of two topics", bodies, []string{"a1", "c1"})
	_, bodies = b.claim(2)
	same(t, "claimed of all", bodies, []string{"b1", "a2"})
	for range 3 { // all of t-a are handed out as often as possible
		b.claim(100, "t-a")
		b.clock.advance(time.Minute)
	}
	b.emitTopic("t-a", "fresh")
	b.clock.advance(time.Minute)
	_, bodies = b.claim(1, "t-a")
	same(t, "behind what is dead", bodies, []string{"fresh"})
}

func outboxLease(t testing.TB, open opener) {
	b := setUp(t, open)
	b.emit("a", "a1", "a2")
	first, bodies := b.claim(10)
	same(t, "claimed", bodies, []string{"a1"})
	b.clock.advance(time.Minute - time.Microsecond)
	_, bodies = b.claim(10)
	same(t, "within the lease", bodies, []string(nil))
	b.clock.advance(time.Microsecond)
	second, bodies := b.claim(10)
	same(t, "after the lease", bodies, []string{"a1"})
	if second[0].ID != first[0].ID || second[0].Attempt != 2 {
		t.Fatalf("second delivery: %+v", second[0])
	}
	want(t, "done by who lost the lease", b.Outbox().Done(b.ctx, first[0]), store.ErrLeaseLost)
	want(t, "retry by who lost the lease", b.Outbox().Retry(b.ctx, first[0], 0, ""), store.ErrLeaseLost)
	b.done(second[0])
	want(t, "done twice", b.Outbox().Done(b.ctx, second[0]), store.ErrLeaseLost)
	_, bodies = b.claim(10)
	same(t, "next of the key", bodies, []string{"a2"})
}

// outboxAhead holds that what a clock wrote which was ahead does not wait for it (T35).
func outboxAhead(t testing.TB, open opener) {
	const year = 365 * 24 * time.Hour
	b := setUp(t, open)
	b.emit("a", "a1")
	b.clock.advance(year)
	b.emit("b", "b1")
	ds, _ := b.claim(1)
	if err := b.Outbox().Retry(b.ctx, ds[0], 2*store.MaxPause, ""); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(-year)
	ds, bodies := b.claim(10)
	same(t, "after the clock is right again", bodies, []string{"b1", "a1"}) // the longest due first
	for _, d := range ds {
		if err := b.Outbox().Retry(b.ctx, d, 2*store.MaxPause, ""); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.advance(store.MaxPause - time.Microsecond)
	_, bodies = b.claim(10)
	same(t, "during the longest pause", bodies, []string(nil))
	b.clock.advance(time.Microsecond)
	_, bodies = b.claim(10)
	same(t, "after the longest pause", bodies, []string{"a1", "b1"})
}

func outboxDead(t testing.TB, open opener) {
	b := setUp(t, open) // dead after three deliveries
	b.emit("a", "a1", "a2", "a3")
	for attempt := 1; attempt <= 3; attempt++ {
		ds, bodies := b.claim(10)
		same(t, "claimed", bodies, []string{"a1"})
		same(t, "attempt", ds[0].Attempt, attempt)
		if err := b.Outbox().Retry(b.ctx, ds[0], time.Hour, "no answer \xff"); err != nil {
			t.Fatalf("retry: %v", err)
		}
		if attempt < 3 {
			_, bodies = b.claim(10)
			same(t, "during the pause", bodies, []string(nil))
			b.clock.advance(time.Hour)
		}
	}
	for range 3 { // a2 is never given back: its worker dies each time
		_, bodies := b.claim(10)
		same(t, "after a1 is dead", bodies, []string{"a2"})
		b.clock.advance(time.Minute)
	}
	b.claim(10)
	_, bodies := b.claim(10)
	s, err := b.Outbox().Stats(b.ctx)
	if err != nil || s.Dead.N != 2 || s.Waiting.N != 0 {
		t.Fatalf("stats %+v, %v, claimed %q; want two dead", s, err, bodies)
	}
}

func outboxRevived(t testing.TB, open opener) {
	b := setUp(t, open) // dead after three deliveries
	b.emit("a", "a1", "a2", "a3")
	var dead string
	for range 3 {
		ds, bodies := b.claim(10)
		same(t, "claimed", bodies, []string{"a1"})
		dead = ds[0].ID
		if err := b.Outbox().Retry(b.ctx, ds[0], 0, "refused"); err != nil {
			t.Fatalf("retry: %v", err)
		}
	}
	ds, bodies := b.claim(10)
	same(t, "claimed behind what is dead", bodies, []string{"a2"})
	b.done(ds[0])
	list, next, err := b.Outbox().Dead(b.ctx, ds[0].Topic, "")
	if err != nil || next != "" || len(list) != 1 || list[0].ID != dead || string(list[0].Body) != "a1" || list[0].Reason != "refused" {
		t.Fatalf("dead: %+v, %q, %v", list, next, err)
	}
	if list, _, err := b.Outbox().Dead(b.ctx, "another topic", ""); err != nil || len(list) != 0 {
		t.Fatalf("dead of another topic: got %+v, %v, want none", list, err)
	}
	want(t, "revived what is not dead", b.Outbox().Revive(b.ctx, ds[0].ID), store.ErrNotFound)
	want(t, "revived what is not there", b.Outbox().Revive(b.ctx, "nothing"), store.ErrNotFound)
	if err := b.Outbox().Revive(b.ctx, dead); err != nil {
		t.Fatalf("revive: %v", err)
	}
	want(t, "revived twice", b.Outbox().Revive(b.ctx, dead), store.ErrNotFound)
	ds, bodies = b.claim(10)
	slices.Sort(bodies)
	same(t, "after it was revived", bodies, []string{"a1", "a3"})
	for _, d := range ds {
		same(t, "deliveries of "+string(d.Body), d.Attempt, 1)
		b.done(d)
	}
	_, bodies = b.claim(10)
	same(t, "a2 is not delivered again", bodies, []string(nil))
}

func outboxWorkers(t testing.TB, open opener) {
	b := setUp(t, open)
	for i := range 8 {
		b.emit(fmt.Sprint(i), "0", "1", "2", "3")
	}
	var mu sync.Mutex
	var failed atomic.Bool // a worker that fails keeps its events, and the others would wait for them
	got := map[string]string{}
	rounds := func() error {
		for range 10_000 {
			if failed.Load() {
				return nil
			}
			ds, err := b.Outbox().Claim(b.ctx, store.Claim{Worker: "w", N: 3, Lease: time.Minute})
			if err != nil {
				return err
			}
			for _, d := range ds {
				mu.Lock()
				got[d.Key] += string(d.Body)
				mu.Unlock()
				if err := b.Outbox().Done(b.ctx, d); err != nil {
					return err
				}
			}
			if s, err := b.Outbox().Stats(b.ctx); err != nil || s.Ready.N+s.Waiting.N == 0 {
				return err
			}
		}
		return errors.New("events are left, and none is handed out")
	}
	work := func() error {
		err := rounds()
		if err != nil {
			failed.Store(true)
		}
		return err
	}
	if err := errors.Join(together(work, work, work, work)...); err != nil {
		t.Fatalf("worker: %v", err)
	}
	for i := range 8 {
		same(t, "key "+fmt.Sprint(i), got[fmt.Sprint(i)], "0123")
	}
}

func outboxPurge(t testing.TB, open opener) {
	b := setUp(t, open)
	b.emit("a", "a1")
	b.clock.advance(time.Hour)
	b.emit("a", "a2", "a3")
	for _, wanted := range []string{"a1", "a2"} {
		ds, bodies := b.claim(10)
		same(t, "claimed", bodies, []string{wanted})
		b.done(ds[0])
	}
	b.clock.advance(time.Minute)
	s, err := b.Outbox().Stats(b.ctx)
	if err != nil || s.Ready.N != 1 || s.Waiting.N != 0 || s.Dead.N != 0 || s.Age != time.Minute {
		t.Fatalf("stats: got %+v, %v; want 1 ready, of an age of a minute, none waiting, none dead", s, err)
	}
	purge := func(before time.Time, wanted int) {
		t.Helper()
		n, err := b.Outbox().Purge(b.ctx, before)
		if err != nil || n != wanted {
			t.Fatalf("purge: got %d, %v, want %d", n, err, wanted)
		}
	}
	purge(b.clock.now().Add(-time.Minute), 1)
	purge(b.clock.now().Add(time.Hour), 1) // a3 is not done
	ds, bodies := b.claim(10)
	same(t, "left", bodies, []string{"a3"})
	b.done(ds[0])
	purge(b.clock.now().Add(time.Hour), 1)
	b.emit("a", "a4")
	_, bodies = b.claim(10)
	same(t, "after all were purged", bodies, []string{"a4"})
}
