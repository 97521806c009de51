package memory_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

func ExampleNew() {
	ctx := context.Background()
	cfg := store.Config{Now: time.Now, NewID: func() string { return "only-one" }}
	db, err := store.Open(ctx, memory.New(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(db.Close())
	fmt.Println(db.View(ctx, func(context.Context, *store.Tx) error { return nil }))
	// Output:
	// <nil>
	// store: closed
}

func ExampleNewBlobs() {
	blobs, err := memory.NewBlobs(time.Now)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, size, err := blobs.Put(context.Background(), strings.NewReader("contract"))
	fmt.Println(d.String()[:8], size, err)
	// Output: cc8321d6 8 <nil>
}
