package postgres_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/store"
)

// delivered is an event that a process has claimed.
type delivered struct {
	key  string
	body string
	at   int64 // nanoseconds
}

// TestFourProcessesShareTheOutbox: every event reaches one of four processes, those of
// a key in order, even if a fifth process takes some and is killed before it is done.
func TestFourProcessesShareTheOutbox(t *testing.T) {
	if dsn := os.Getenv("STORE_CHILD"); dsn != "" {
		deliver(t, dsn)
	}
	const keys, each = 25, 16
	dsn, table := pgtest.DSN(t), ledger()
	db := openDB(t, open(t, dsn), table)
	var mu sync.Mutex
	var all []delivered
	line := func(s string) {
		var d delivered
		if n, _ := fmt.Sscan(s, &d.key, &d.body, &d.at); n == 3 {
			mu.Lock()
			all = append(all, d)
			mu.Unlock()
		}
	}
	taken := make(chan struct{}, 5*keys)
	stuck := child(t, "TestFourProcessesShareTheOutbox", dsn, func(s string) { line(s); taken <- struct{}{} }, "STORE_STUCK=1")
	kills := make([]func(), 4)
	for i := range each {
		switch i {
		case 1:
			select {
			case <-taken:
			case <-time.After(10 * time.Second):
				t.Error("the fifth got nothing")
			}
			for i := range kills {
				kills[i] = child(t, "TestFourProcessesShareTheOutbox", dsn, line)
			}
		case each / 2:
			stuck()
		}
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for k := range keys {
				if err := store.Emit(ctx, tx, store.Event{Topic: "t", Key: fmt.Sprint("k", k), Body: fmt.Appendf(nil, "%04d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s, err := db.Outbox().Stats(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("not done: %+v, %v", s, err)
		}
		if s.Ready.N+s.Waiting.N == 0 {
			break
		}
	}
	for _, kill := range kills {
		kill()
	}
	slices.SortFunc(all, func(a, b delivered) int { return int(a.at - b.at) })
	byKey := map[string][]string{}
	for _, d := range all {
		if got := byKey[d.key]; len(got) == 0 || got[len(got)-1] != d.body { // an event is repeated after its lease ran out
			byKey[d.key] = append(got, d.body)
		}
	}
	for k := range keys {
		got := byKey[fmt.Sprint("k", k)]
		if len(got) != each || !slices.IsSorted(got) {
			t.Errorf("k%d: %s", k, strings.Join(got, " "))
		}
	}
	if len(all) <= keys*each {
		t.Errorf("%d deliveries of %d events: none was repeated for the one that was killed", len(all), keys*each)
	}
	t.Logf("%d deliveries of %d events in %v", len(all), keys*each, time.Duration(all[len(all)-1].at-all[0].at))
}

// deliver takes events and prints each, until it is killed.
func deliver(t *testing.T, dsn string) {
	table := ledger()
	o := openDB(t, open(t, dsn), table).Outbox()
	for {
		ds, err := o.Claim(t.Context(), store.Claim{Worker: fmt.Sprint(os.Getpid()), N: 5, Lease: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			fmt.Println(d.Key, string(d.Body), time.Now().UnixNano())
			if os.Getenv("STORE_STUCK") != "" {
				select {} // until it is killed
			}
			if err := o.Done(t.Context(), d); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		if len(ds) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
}
