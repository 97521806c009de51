package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
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
	db, err := store.Open(ctx, driver, cfg) // owns the driver from now on
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

func ExampleDriver_Backup() {
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
	defer driver.Close()
	blobs, err := dir.New(filepath.Join(folder, "blobs"), time.Now)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _, err = blobs.Put(ctx, strings.NewReader("a contract"))
	if err != nil {
		fmt.Println(err)
		return
	}
	backup, err := dir.New(filepath.Join(folder, "backup"), time.Now)
	if err != nil {
		fmt.Println(err)
		return
	}
	copied, err := store.Backup(ctx, backup, blobs, func(ctx context.Context) error {
		return driver.Backup(ctx, filepath.Join(folder, "backup", "2026-03-04.db"))
	})
	fmt.Println(copied.Blobs, copied.Bytes, err)
	// Output: 1 10 <nil>
}
