package linear

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var histories = flag.Int("histories", 3, "histories of each kind on each store")

const (
	clients = 8
	each    = 50 // operations of a client
)

// operation is one call of a client: its question, and a function that makes the call
// and returns the answer.
type operation struct {
	ask any
	do  func() any
}

// kind is a kind of object that clients work on at once.
type kind struct {
	name string
	// fresh makes an object and returns its first state, and a function for the nth
	// operation of a client.
	fresh func(t testing.TB, w *world) (state any, next func(client, n int, r *rand.Rand) operation)
	// step reports whether an answer is right in a state, and returns the next state.
	step func(state, ask, answer any) (bool, any)
}

func kinds() []kind { return []kind{quota(), head(), code(), lending(), admin()} }

// busy is the answer of an operation that lost to others until it was given up: the
// store says that nothing was written.
type busy struct{}

// answered returns the answer of a call; err shows whether it was refused or carried
// out.
func answered(t testing.TB, err error, refusals ...error) any {
	if err == nil {
		return true
	}
	if errors.Is(err, store.ErrBusy) {
		return busy{}
	}
	for _, r := range refusals {
		if errors.Is(err, r) {
			return false
		}
	}
	t.Errorf("neither done nor refused: %v", err)
	return busy{}
}

// world is a host whose messages go back to the client that caused them.
type world struct {
	*envelopetest.World
	people int
}

type messageKey struct{}

// carrier hands a message over to the caller of what sends it.
type carrier struct{ org.SMS }

func (c carrier) Send(ctx context.Context, m org.Message) error {
	if to, ok := ctx.Value(messageKey{}).(*string); ok {
		*to = m.Text.Reveal()
		return nil
	}
	return c.SMS.Send(ctx, m)
}

func newWorld(t testing.TB, d store.Driver) *world {
	return &world{World: envelopetest.NewWith(t, envelopetest.Config{Driver: d, SMS: func(s org.SMS) org.SMS { return carrier{s} },
		Codes: []org.SendLimit{{Within: time.Minute, Most: 1 << 20}}})}
}

// person makes a verified person with their own phone.
func (w *world) person() (org.Actor, string) {
	w.people++
	phone := fmt.Sprintf("139%08d", w.people)
	return w.Person(orgtest.Name(w.people), phone, orgtest.IDNumber(w.people)), phone
}

// record lets the clients work and records what they saw.
func record(next func(client, n int, r *rand.Rand) operation, seed uint64) []porcupine.Operation {
	var mu sync.Mutex
	var all []porcupine.Operation
	var wg sync.WaitGroup
	start := time.Now()
	for c := range clients {
		r := rand.New(rand.NewPCG(seed, uint64(c)))
		wg.Go(func() {
			for n := range each {
				op := next(c, n, r)
				call := time.Since(start)
				answer := op.do()
				o := porcupine.Operation{ClientId: c, Input: op.ask, Call: int64(call), Output: answer, Return: int64(time.Since(start))}
				mu.Lock()
				all = append(all, o)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all
}

// explained checks whether some order of the operations explains them.
func explained(k kind, state any, all []porcupine.Operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(porcupine.Model{
		Init: func() any { return state },
		Step: func(state, ask, answer any) (bool, any) {
			if answer == (busy{}) {
				return true, state
			}
			return k.step(state, ask, answer)
		},
	}, all, time.Minute)
}

// TestLinearizable: every history on every store is explained by some order.
func TestLinearizable(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) store.Driver{
		"memory": func(*testing.T) store.Driver { return memory.New() },
		"SQLite": func(t *testing.T) store.Driver {
			d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
		"PostgreSQL": func(t *testing.T) store.Driver {
			d, err := postgres.Open(t.Context(), pgtest.DSN(t), postgres.Config{})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, open(t))
			for _, k := range kinds() {
				given, seed := 0, rand.Uint64()
				for i := range *histories {
					state, next := k.fresh(t, w)
					all := record(next, seed+uint64(i))
					for _, op := range all {
						if op.Output == (busy{}) {
							given++
						}
					}
					if got := explained(k, state, all); got != porcupine.Ok {
						t.Fatalf("%s, history %d of seed %d: %v", k.name, i, seed, got)
					}
				}
				t.Logf("%s: %d histories of %d operations, %d given up", k.name, *histories, clients*each, given)
			}
		})
	}
}
