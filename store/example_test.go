package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

type order struct {
	ID, Customer string
	Placed       time.Time
}

func Example() {
	orders := store.NewTable("purchase", func(o *order) string { return o.ID },
		store.Text("customer", func(o *order) string { return o.Customer }),
		store.Time("placed", func(o *order) time.Time { return o.Placed })).
		Index("by_customer", "customer", "placed")

	ctx := context.Background()
	db, err := store.Open(ctx, memory.New(), config(), []store.AnyTable{orders})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i, customer := range []string{"ann", "bob", "ann"} {
			o := order{ID: fmt.Sprint("o", i), Customer: customer, Placed: day.AddDate(0, 0, i)}
			if err := orders.Insert(ctx, tx, o); err != nil {
				return err
			}
		}
		return store.Emit(ctx, tx, store.Event{Topic: "orders", Key: "o0", Body: []byte("placed")})
	}, store.Lock("customer/ann"))
	fmt.Println("written:", err)

	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		p, err := orders.Page(ctx, tx, store.Where("customer", "ann"), store.Desc("placed"), store.Limit(10))
		if err != nil {
			return err
		}
		for _, r := range p.Items {
			fmt.Println(r.V.ID, r.V.Placed.Format(time.DateOnly), "version", r.Version)
		}
		_, err = orders.Page(ctx, tx, store.Where("placed", day))
		return err
	})
	fmt.Println(errors.Is(err, store.ErrNoIndex), err)
	// Output:
	// written: <nil>
	// o2 2026-03-03 version 1
	// o0 2026-03-01 version 1
	// true store: purchase: no index on (placed) ordered by ()
}

func ExampleOutbox() {
	ctx := context.Background()
	db, err := store.Open(ctx, memory.New(), config())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(
			store.Emit(ctx, tx, store.Event{Topic: "mail", Key: "envelope-1", Body: []byte("sent")}),
			store.Emit(ctx, tx, store.Event{Topic: "mail", Key: "envelope-1", Body: []byte("signed")}))
	})
	for err == nil {
		var ds []store.Delivery
		ds, err = db.Outbox().Claim(ctx, store.Claim{Worker: "mailer-1", N: 10, Lease: time.Minute})
		if len(ds) == 0 {
			break
		}
		for _, d := range ds {
			fmt.Println(d.Key, string(d.Body))
			err = errors.Join(err, db.Outbox().Done(ctx, d))
		}
	}
	fmt.Println(err)
	// Output:
	// envelope-1 sent
	// envelope-1 signed
	// <nil>
}
