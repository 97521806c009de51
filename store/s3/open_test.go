package s3_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// moment is a context in which something happens when it is asked for the n-th time
// whether it is done.
type moment struct {
	context.Context
	left atomic.Int64
	do   func()
}

func (m *moment) Err() error {
	if m.left.Add(-1) == 0 {
		m.do()
	}
	return m.Context.Err()
}

// A blob that is put again at any moment of an Open, and so gets another object name,
// is found.
func TestPutWhileOpened(t *testing.T) {
	b, _, _ := opened(t, time.Now)
	put := func() {
		if _, _, err := b.Put(t.Context(), strings.NewReader("content")); err != nil {
			t.Error(err)
		}
	}
	d, _, err := b.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	for n := int64(1); ; n++ {
		ctx := &moment{Context: t.Context(), do: put}
		ctx.left.Store(n)
		f, err := b.Open(ctx, d)
		if err != nil {
			t.Fatalf("put again at moment %d: %v", n, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if ctx.left.Load() > 0 { // the last moment was before it
			return
		}
	}
}
