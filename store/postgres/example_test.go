package postgres_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers pgx for ExampleNew

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

type order struct {
	ID, Number string
	Made       time.Time
}

// The driver has its own pool of up to 16 connections.
func ExampleOpen() {
	ctx := context.Background()
	driver, err := postgres.Open(ctx, "postgres://contracts:secret@localhost:5432/contracts", postgres.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	db, err := store.Open(ctx, driver, store.Config{Now: time.Now, NewID: rand.Text}) // owns the driver from now on
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
}

// The driver uses the pool of the host, which continues to own it.
func ExampleNew() {
	pool, err := sql.Open("pgx", "postgres://contracts:secret@localhost:5432/contracts")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	pool.SetMaxOpenConns(32)
	db, err := store.Open(context.Background(), postgres.New(pool), store.Config{Now: time.Now, NewID: rand.Text})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
}

func ExampleDDL() {
	orders := store.NewTable("order", func(o *order) string { return o.ID },
		store.Text("number", func(o *order) string { return o.Number }),
		store.Time("made", func(o *order) time.Time { return o.Made })).
		Index("by_made", "made").
		Unique("by_number", "number")
	schemas, err := store.Schemas([]store.AnyTable{orders})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(postgres.DDL(schemas[:1])) // the others are the store's own
	// Output:
	// CREATE TABLE "order" (
	//     "id" text COLLATE "C" NOT NULL,
	//     "version" bigint NOT NULL,
	//     "generation" bigint NOT NULL DEFAULT 0,
	//     "doc" bytea NOT NULL,
	//     "number" text COLLATE "C" NOT NULL DEFAULT '',
	//     "made" timestamp with time zone NOT NULL DEFAULT '1970-01-01 00:00:00+00',
	//     CONSTRAINT "order__id" PRIMARY KEY (id)
	// ) WITH (fillfactor = 70);
	// CREATE INDEX "order__by_made" ON "order" ("made", "id");
	// CREATE INDEX "order__by_number" ON "order" ("number", "id");
	// CREATE UNIQUE INDEX "order__by_number__u" ON "order" ("number") WHERE "number" <> '';
}
