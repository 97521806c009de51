package memory_test

import (
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func TestDriver(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Driver { return memory.New() })
}

func TestBlobs(t *testing.T) {
	storetest.RunBlobs(t, func(t testing.TB, now func() time.Time) store.Blobs {
		b, err := memory.NewBlobs(now)
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}
