package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// counter and histogram have the methods of OpenTelemetry's metric.Int64Counter and
// metric.Float64Histogram that an adapter calls, with its attributes as plain text.
type counter interface {
	Add(ctx context.Context, n int64, attributes ...string)
}

type histogram interface {
	Record(ctx context.Context, value float64, attributes ...string)
}

// measure is the adapter that a host sets as Config.Watch.
func measure(transactions, retries counter, seconds histogram) func(context.Context, store.Transaction) {
	return func(ctx context.Context, t store.Transaction) {
		mode := "update"
		if t.Mode == store.View {
			mode = "view"
		}
		transactions.Add(ctx, 1, mode, t.Outcome.String())
		retries.Add(ctx, int64(t.Attempts-1), mode)
		seconds.Record(ctx, t.Took.Seconds(), mode)
	}
}

// sums is a meter for the example.
type sums map[string]int64

func (s sums) Add(_ context.Context, n int64, attributes ...string) { s[fmt.Sprint(attributes)] += n }

func (s sums) Record(ctx context.Context, _ float64, attributes ...string) {
	s.Add(ctx, 1, attributes...)
}

// The host's meter gets every transaction. Values that are polled, like OpenTelemetry's
// observable gauges, come from DB.Stats and Outbox.Stats.
func ExampleTransaction() {
	transactions, retries, seconds := sums{}, sums{}, sums{}
	ctx, cfg := context.Background(), config()
	cfg.Watch = measure(transactions, retries, seconds)
	db, err := store.Open(ctx, memory.New(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	clear(transactions) // forget what Open did
	before := db.Stats()

	err = errors.Join(
		db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return store.Emit(ctx, tx, store.Event{Topic: "mail", Body: []byte("signed")})
		}),
		db.View(ctx, func(context.Context, *store.Tx) error { return store.ErrNotFound }))
	fmt.Println(err)
	for _, attributes := range slices.Sorted(maps.Keys(transactions)) {
		fmt.Println("transactions", attributes, transactions[attributes])
	}
	fmt.Println("retries", retries["[update]"])
	after := db.Stats()
	fmt.Println("counted", after.Updates-before.Updates, "updates,", after.Views-before.Views, "views")
	outbox, err := db.Outbox().Stats(ctx)
	fmt.Println("outbox", outbox.Ready, outbox.Age < time.Minute, err)
	// Output:
	// store: not found
	// transactions [update committed] 1
	// transactions [view rolled_back] 1
	// retries 0
	// counted 1 updates, 1 views
	// outbox 1 true <nil>
}
