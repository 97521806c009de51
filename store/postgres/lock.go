package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
)

// digests returns the numbers of keyed locks, in the order in which every process takes
// them.
func digests(locks []string) []int64 {
	keys := make([]int64, len(locks))
	for i, l := range locks {
		sum := sha256.Sum256([]byte(l))
		keys[i] = int64(binary.BigEndian.Uint64(sum[:]))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// queue lets one transaction of this process at a time try for a key, in order of
// arrival. Without it, those waiting for one hot key would fill the pool, and its
// holder would find no connection for anything else.
type queue struct {
	mu    sync.Mutex
	turns map[int64]*turn
}

// turn is a key that a transaction holds or waits for.
type turn struct {
	free  chan struct{} // holds a token while the key is free
	users int
}

func (q *queue) enter(ctx context.Context, keys []int64) error {
	for i, k := range keys {
		q.mu.Lock()
		t := q.turns[k]
		if t == nil {
			t = &turn{free: make(chan struct{}, 1)}
			t.free <- struct{}{}
			q.turns[k] = t
		}
		t.users++
		q.mu.Unlock()
		select {
		case <-t.free:
		case <-ctx.Done():
			q.drop(k, t)
			q.leave(keys[:i])
			return ctx.Err()
		}
	}
	return nil
}

func (q *queue) leave(keys []int64) {
	for _, k := range keys {
		q.mu.Lock()
		t := q.turns[k]
		q.mu.Unlock()
		t.free <- struct{}{}
		q.drop(k, t)
	}
}

func (q *queue) drop(k int64, t *turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.users--; t.users == 0 {
		delete(q.turns, k)
	}
}
