package sqlite

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/dajiaqian/dajiaqian/store"
)

// queue hands the one connection that writes from Update to Update, in order of
// arrival. An Update that ends while another waits leaves its COMMIT to that one. Both
// are then parts of one SQLite transaction, the later one behind its own savepoint. The
// last of them commits for all, and none returns before that. So a disk that is slow to
// sync is asked once for all Updates that came meanwhile.
type queue struct {
	mu      sync.Mutex
	back    sync.Cond       // for close: the session is idle
	idle    *session        // nil while an Update has it
	waiting []chan *session // of capacity 1
	closed  bool
}

// maxBatch is how many Updates share one commit.
const maxBatch = 32

// batch is the Updates that share one commit.
type batch struct {
	size int           // how many began
	kept int           // how many of them are to be committed
	done chan struct{} // closed when err is final
	err  error         // the error that undid all of them
}

func newQueue(s *session) *queue {
	q := &queue{idle: s}
	q.back.L = &q.mu
	return q
}

// take waits for the session.
func (q *queue) take(ctx context.Context) (*session, error) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil, store.ErrClosed
	}
	if s := q.idle; s != nil {
		q.idle = nil
		q.mu.Unlock()
		return s, nil
	}
	turn := make(chan *session, 1)
	q.waiting = append(q.waiting, turn)
	q.mu.Unlock()
	select {
	case s, open := <-turn:
		if !open {
			return nil, store.ErrClosed
		}
		return s, nil
	case <-ctx.Done():
		q.forgo(turn)
		return nil, ctx.Err()
	}
}

// forgo takes a turn out of the queue. If the session came meanwhile, forgo passes it
// on.
func (q *queue) forgo(turn chan *session) {
	q.mu.Lock()
	i := slices.Index(q.waiting, turn)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	q.mu.Unlock()
	if i >= 0 {
		return
	}
	if s, open := <-turn; open {
		q.pass(s)
	}
}

// pass gives the session to the Update that waits longest, with the batch if that can
// grow. If none waits, it settles the batch first.
func (q *queue) pass(s *session) {
	for {
		q.mu.Lock()
		b := s.batch
		if len(q.waiting) > 0 && (b == nil || b.kept > 0 && b.err == nil && b.size < maxBatch) {
			q.waiting[0] <- s
			q.waiting = slices.Delete(q.waiting, 0, 1)
			q.mu.Unlock()
			return
		}
		if b == nil {
			q.idle = s
			q.back.Broadcast()
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		s.settle()
	}
}

// close admits no further Update, and waits for the session.
func (q *queue) close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, turn := range q.waiting {
		close(turn)
	}
	q.waiting = nil
	for q.idle == nil {
		q.back.Wait()
	}
	return q.idle.close()
}

// enter begins an Update: a transaction, or a further part of the batch.
func (s *session) enter(ctx context.Context) error {
	if b := s.batch; b != nil {
		b.size++
		return s.exec(ctx, "SAVEPOINT part")
	}
	if err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	s.batch = &batch{size: 1, done: make(chan struct{})}
	return nil
}

// leave ends an Update. The first of a batch needs no statement yet. For a further one,
// an error means that SQLite gave up the transaction, and so the whole batch.
func (s *session) leave(commit bool) error {
	ctx, b := context.Background(), s.batch
	if b.size > 1 {
		var err error
		if !commit {
			err = s.exec(ctx, "ROLLBACK TO part")
		}
		if err == nil {
			err = s.exec(ctx, "RELEASE part")
		}
		if err != nil {
			b.err = fmt.Errorf("%w: %w", errGivenUp, err)
			return b.err
		}
	}
	if commit {
		b.kept++
	}
	return nil
}

// settle ends the transaction of a batch, and gives its Updates the result.
func (s *session) settle() {
	b, ctx := s.batch, context.Background()
	s.batch = nil
	if b.err == nil && b.kept > 0 {
		if err := s.exec(ctx, "COMMIT"); err != nil {
			b.err = s.undone(ctx, err)
		}
	} else {
		_ = s.exec(ctx, "ROLLBACK") // if this fails, SQLite itself has rolled back
	}
	close(b.done)
}
