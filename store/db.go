package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
)

const (
	maxAttempts  = 12
	firstBackoff = 2 * time.Millisecond
	lastBackoff  = 250 * time.Millisecond
	maxLocks     = 16

	// inTurn is the attempt from which transactions that keep losing run one after the
	// other, because side by side they would go on undoing each other.
	inTurn     = 3
	losersLock = "store/losers"
)

// MaxLock is the longest key of a [Lock], in bytes.
const MaxLock = 256

// Config says what a [DB] takes from its host. Now and NewID are required and
// must be safe for concurrent use.
type Config struct {
	Now   func() time.Time // in any zone
	NewID func() string    // never the same twice, at most MaxID bytes
	Log   *slog.Logger     // nil logs nothing

	// Sealer encrypts the documents of all rows; nil keeps them readable in the database.
	Sealer Sealer

	// Watch is called with every transaction that has ended, before its caller
	// continues: for the metrics and traces of the host. It must be quick, may be
	// called concurrently, and must not start a transaction. nil costs nothing; see
	// also [DB.Stats].
	Watch func(context.Context, Transaction)

	// BeginTimeout bounds the wait for a transaction to start; 0 means 30 s.
	BeginTimeout time.Duration
	// MaxDeliveries is how often an event is handed out before it counts as dead; 0
	// means 16.
	MaxDeliveries int
}

func (c Config) check(d Driver) error {
	err := fault.Required("store", fault.Field{Name: "Now", OK: c.Now != nil}, fault.Field{Name: "NewID", OK: c.NewID != nil})
	switch {
	case d == nil:
		return &fault.ConfigError{Package: "store", Field: "Open", Reason: "needs a driver"}
	case err != nil:
		return err
	case c.BeginTimeout < 0:
		return &fault.ConfigError{Package: "store", Field: "Config.BeginTimeout", Reason: "is negative"}
	case c.MaxDeliveries < 0:
		return &fault.ConfigError{Package: "store", Field: "Config.MaxDeliveries", Reason: "is negative"}
	}
	return nil
}

// DB runs transactions on a driver. It may be used concurrently.
type DB struct {
	driver Driver
	cfg    Config
	known  map[*Schema]bool
	outbox *Outbox
	fills  *Table[fill]
	clock  *Table[look]
	looks  map[string]time.Time // at the clock, by worker
	tables []AnyTable
	host   *DB // the DB that a joined DB shares its tables with; nil for a DB from Open

	mu      sync.Mutex
	idle    sync.Cond
	running int
	closed  bool
	stats   Stats
}

// Open makes these tables and the store's own in the driver's database, and returns a
// DB that knows exactly these. It owns the driver from then on, and closes it when it
// returns an error. It returns a [SchemaError] if a table is declared wrongly or twice,
// or exists in another shape.
//
// It adds a column or an index that a table gained, and fills the column in the
// existing records, a few at a time, while other processes work. If that breaks off,
// the next Open continues it. See also [DB.Fill].
func Open(ctx context.Context, driver Driver, cfg Config, tables ...[]AnyTable) (*DB, error) {
	db, err := open(ctx, driver, cfg, slices.Concat(tables...))
	if err != nil && driver != nil {
		err = errors.Join(err, driver.Close())
	}
	if err != nil {
		return nil, err
	}
	return db, nil
}

func open(ctx context.Context, driver Driver, cfg Config, tables []AnyTable) (*DB, error) {
	if err := cfg.check(driver); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.BeginTimeout == 0 {
		cfg.BeginTimeout = 30 * time.Second
	}
	if cfg.MaxDeliveries == 0 {
		cfg.MaxDeliveries = 16
	}
	db := &DB{driver: driver, cfg: cfg, known: map[*Schema]bool{}, looks: map[string]time.Time{}}
	db.idle.L = &db.mu
	db.outbox = &Outbox{db: db, table: newEventTable()}

	names := map[string]bool{}
	var schemas []Schema
	db.fills, db.clock = newFillTable(), newLookTable()
	db.tables = append(slices.Clone(tables), db.outbox.table)
	for _, t := range append(slices.Clone(db.tables), db.fills, db.clock) {
		s, err := t.declared()
		if err != nil {
			return nil, err
		}
		if names[s.Name] {
			return nil, &SchemaError{Table: s.Name, Reason: "declared twice"}
		}
		names[s.Name], db.known[s] = true, true
		schemas = append(schemas, *s)
	}
	if err := driver.Ensure(ctx, schemas); err != nil {
		return nil, err
	}
	return db, db.fill(ctx, false)
}

// Join returns a DB of the same tables whose transactions are parts of one that the
// host has begun. An adapter calls it (see its own Join) with a driver made of the
// host's transaction. Begin and End of that driver set and release savepoints.
//
// An Update of the result is kept when the host commits. It runs once: where
// [DB.Update] would run it again, it returns [ErrRetry], and the host starts its
// transaction again. Its keyed locks are taken after the snapshot. The result is for
// one goroutine, must not be used after the host's transaction ended, and need not be
// closed.
func (db *DB) Join(driver Driver) *DB {
	joined := &DB{driver: driver, cfg: db.cfg, known: db.known, host: db, clock: db.clock, looks: map[string]time.Time{}}
	joined.idle.L = &joined.mu
	joined.outbox = &Outbox{db: joined, table: db.outbox.table}
	return joined
}

// Now returns the time of the host's clock, in UTC, for code that already holds a DB.
func (db *DB) Now() time.Time { return db.cfg.Now().UTC() }

// NewID returns a new id from the host.
func (db *DB) NewID() string { return db.cfg.NewID() }

// Outbox returns the queue of events written with [Emit].
func (db *DB) Outbox() *Outbox { return db.outbox }

// Close waits for the running transactions and closes the driver. It must not be called
// inside a transaction. Later calls of other methods return [ErrClosed]; a second Close
// does nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	for db.running > 0 {
		db.idle.Wait()
	}
	return db.driver.Close()
}

// Lock is a key that an Update holds from before its snapshot to its end. Transactions
// that all change one hot row queue on it, where they would otherwise undo and retry
// one another. A key is 1 to [MaxLock] bytes long; a transaction takes at most 16.
type Lock string

// Update runs fn in a serializable transaction and commits if fn returns nil.
//
// fn may run more than once, so it must change nothing but tx. It must use the ctx it
// is given: by this ctx a transaction inside a transaction is recognised and refused
// with [ErrNested]. An error from fn, a panic, or the end of ctx rolls back. Update
// returns [ErrBusy] if the transaction keeps losing to others, or cannot start within
// Config.BeginTimeout.
func (db *DB) Update(ctx context.Context, fn func(ctx context.Context, tx *Tx) error, locks ...Lock) error {
	keys := make([]string, 0, len(locks))
	for _, l := range locks {
		if l == "" || len(l) > MaxLock {
			return fmt.Errorf("%w: a lock has 1 to %d bytes, not %d", ErrTooLarge, MaxLock, len(l))
		}
		keys = append(keys, string(l))
	}
	if len(keys) > maxLocks {
		return fmt.Errorf("%w: %d locks, at most %d", ErrTooLarge, len(keys), maxLocks)
	}
	slices.Sort(keys) // one order for everyone, so that lock holders never wait in a circle
	keys = slices.Compact(keys)
	attempts := 0
	return db.run(ctx, Update, func(ctx context.Context) (DriverTx, error) {
		if attempts++; attempts == inTurn {
			keys = append(keys, losersLock)
			slices.Sort(keys)
		}
		return db.driver.Begin(ctx, Update, keys)
	}, fn)
}

// View runs fn on a read-only snapshot. The rules of [DB.Update] hold.
func (db *DB) View(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.run(ctx, View, func(ctx context.Context) (DriverTx, error) { return db.driver.Begin(ctx, View, nil) }, fn)
}

// Tx is a running transaction. It is for one goroutine. After its function has
// returned, its methods return [ErrTxDone].
type Tx struct {
	db   *DB
	d    DriverTx
	mode Mode
	done bool
	lost error // a retryable error that fn may have swallowed

	recalled map[any]any // of Recall, since the last write
}

// Now returns the time of the host's clock, in UTC; each call reads the clock.
func (tx *Tx) Now() time.Time { return tx.db.cfg.Now().UTC() }

// NewID returns a new id from the host.
func (tx *Tx) NewID() string { return tx.db.cfg.NewID() }

func (tx *Tx) checkReady(s *Schema) error {
	if tx.done {
		return ErrTxDone
	}
	if !tx.db.known[s] {
		return fmt.Errorf("%w: %s", ErrUnknownTable, s.Name)
	}
	return nil
}

func (tx *Tx) noteLost(err error) error {
	if err != nil && tx.db.driver.Retryable(err) {
		tx.lost = err
	}
	return err
}

type insideKey struct{ db *DB }

// inside returns the key that marks a ctx as being inside a transaction.
func (db *DB) inside() insideKey {
	if db.host != nil {
		return db.host.inside()
	}
	return insideKey{db}
}

// beginner starts a transaction of a driver.
type beginner = func(ctx context.Context) (DriverTx, error)

func (db *DB) run(ctx context.Context, mode Mode, begin beginner, fn func(context.Context, *Tx) error) (err error) {
	if ctx.Value(db.inside()) != nil {
		return ErrNested
	}
	if err := db.beginRun(); err != nil {
		return err
	}
	w := db.watch(mode)
	defer func() { db.endRun(ctx, &w, err) }()
	err = errPanicked // unless there is a return
	inside := context.WithValue(ctx, db.inside(), true)
	for attempt := 1; ; attempt++ {
		w.t.Attempts = attempt
		lost, err := db.runOnce(inside, &w, begin, fn)
		if lost == nil {
			return err
		}
		if db.host != nil {
			return fmt.Errorf("%w: %w", ErrRetry, lost)
		}
		if attempt == maxAttempts {
			return fmt.Errorf("%w after %d attempts: %w", ErrBusy, attempt, lost)
		}
		db.cfg.Log.DebugContext(ctx, "store: transaction retried", "attempt", attempt, "err", lost)
		select {
		case <-time.After(db.backoff(attempt)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// runOnce runs fn in one transaction. lost is the reason to run it again.
func (db *DB) runOnce(ctx context.Context, w *watch, begin beginner, fn func(context.Context, *Tx) error) (lost, err error) {
	from := w.now()
	d, err := db.begin(ctx, begin)
	w.waited(from)
	if err != nil {
		return db.judgeError(err)
	}
	tx := &Tx{db: db, d: d, mode: w.t.Mode}
	committing := false
	defer func() { // also the way out of a panic in fn
		tx.done = true
		if committing {
			return
		}
		if rerr := d.End(false); rerr != nil {
			db.cfg.Log.WarnContext(ctx, "store: roll-back", "err", rerr)
			switch undone := errors.Is(rerr, ErrUndone); {
			case lost != nil:
			case undone && db.driver.Retryable(rerr):
				lost, err = rerr, nil
			case undone, errors.Is(rerr, ErrUncertain):
				err = fmt.Errorf("%w, which led to: %v", rerr, err)
			}
		}
	}()
	err = fn(ctx, tx)
	if tx.lost != nil {
		return tx.lost, nil
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return db.judgeError(err)
	}
	committing = true
	return db.judgeError(d.End(w.t.Mode == Update))
}

func (db *DB) begin(ctx context.Context, begin beginner) (DriverTx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wait, end := context.WithTimeout(ctx, db.cfg.BeginTimeout)
	defer end()
	d, err := begin(wait)
	switch {
	case err == nil:
		return d, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case wait.Err() != nil:
		return nil, fmt.Errorf("%w: no transaction within %s", ErrBusy, db.cfg.BeginTimeout)
	}
	return d, err
}

func (db *DB) judgeError(err error) (lost, final error) {
	if err != nil && db.driver.Retryable(err) {
		return err, nil
	}
	return nil, err
}

// backoff doubles with each attempt and is spread over its upper half. The spread comes
// from a new id, so that no second source of randomness is needed.
func (db *DB) backoff(attempt int) time.Duration {
	d := min(firstBackoff<<attempt, lastBackoff)
	h := fnv.New32a()
	h.Write([]byte(db.cfg.NewID()))
	return d/2 + d/2*time.Duration(h.Sum32()%1024)/1024
}

func (db *DB) beginRun() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return ErrClosed
	}
	db.running++
	return nil
}

// endRun counts a transaction that ended with err, and reports it to Watch.
func (db *DB) endRun(ctx context.Context, w *watch, err error) {
	w.t.Outcome, w.t.Err = outcomeOf(err), err
	defer w.over(ctx) // last: a hook that panics does not block Close
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.host == nil {
		db.stats.add(&w.t)
	}
	db.running--
	if db.running == 0 {
		db.idle.Broadcast()
	}
}
