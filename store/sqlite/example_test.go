package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	driver, err := sqlite.Open(ctx, filepath.Join(folder, "contracts.db"), sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := store.Config{Now: time.Now, NewID: func() string { return "event-1" }}
	db, err := store.Open(ctx, driver, cfg) // owns the driver from here
	if err != nil {
		fmt.Println(err)
		return
	}
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return store.Emit(ctx, tx, store.Event{Topic: "hello"})
	})
	fmt.Println(err, db.Close())
	// Output: <nil> <nil>
}
