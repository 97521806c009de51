package envelope_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// A storm is a company and its neighbours in which everybody does anything: random commands of
// random persons, entitled or not, in the right edition or not. What must be true is checked
// all along. The files storm_*_test.go hold it:
//
//	storm_test.go           the weathers, the loops, what a failure prints
//	storm_model_test.go     who may do what, written from docs/rules.md and docs/permissions.md
//	storm_company_test.go   the table of commands; those on members and copies
//	storm_seal_test.go      commands on seals, grants, applications, permissions
//	storm_envelope_test.go  commands of senders and of the platform
//	storm_sign_test.go      commands of signers
//	storm_read_test.go      reads and lists by everybody
//	storm_judge_test.go     what must be true of envelopes and of rights
//	storm_books_test.go     what must be true of copies, and of everything at the end

var (
	stormTime = flag.Duration("storm", 10*time.Second, "how long TestStorm plays")
	stormSeed = flag.Uint64("storm-seed", 0, "seed of the first storm of TestStorm; 0 is a random one")
)

// stormCommands is how many commands a storm has; stormRounds is how many pauses, if it is
// played by several at once.
const stormCommands, stormRounds, stormPlayers = 400, 8, 4

// weather is how a storm is played.
type weather struct {
	store    string
	together bool // several players and step loops at once; else one command after the other
	faults   bool // operations of the store, the blobs and the providers fail
}

func (w weather) String() string {
	name := w.store
	if w.together {
		name += "-together"
	}
	if w.faults {
		name += "-faults"
	}
	return name
}

func (w weather) driver(t *testing.T) (drv store.Driver) {
	t.Helper()
	var err error
	switch w.store {
	case "sqlite":
		drv, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{})
	case "postgres":
		drv, err = postgres.Open(t.Context(), pgtest.DSN(t), postgres.Config{})
	default:
		drv = memory.New()
	}
	if err != nil {
		t.Fatal(err)
	}
	return drv
}

// TestStorm plays random commands of many actors. No right is used that is not there (T2, T5,
// T26, T32), no stranger reads (T1), there is one main administrator (T3), every copy is held,
// charged and released once (M55, M56, T13, T14), every event is in the trail and in the notices
// (T18), and every document verifies (T20). A seed repeats a storm, exactly if it has one player:
//
//	go test ./envelope -run 'TestStorm$/^memory$' -storm 1ns -storm-seed N
func TestStorm(t *testing.T) {
	if testing.Short() {
		t.Skip("random commands for seconds; not in the short run")
	}
	seed := *stormSeed
	if seed == 0 {
		seed = rand.Uint64N(1 << 40)
	}
	t.Logf("-storm-seed %d", seed)
	weathers := []weather{{store: "memory"}, {store: "memory", together: true}, {store: "memory", faults: true}, {store: "memory", together: true, faults: true},
		{store: "sqlite"}, {store: "sqlite", together: true}, {store: "sqlite", together: true, faults: true}, {store: "postgres", together: true}}
	for _, w := range weathers {
		t.Run(w.String(), func(t *testing.T) {
			end, storms, commands := time.Now().Add(*stormTime/time.Duration(len(weathers))), 0, 0
			done := map[string]int{}
			for n := seed; storms == 0 || time.Now().Before(end); n++ {
				t.Run(fmt.Sprintf("seed=%d", n), func(t *testing.T) {
					s := newStorm(t, w, n)
					defer func() {
						commands += s.count
						for name, c := range s.done {
							done[name] += c
						}
					}()
					s.play()
				})
				if storms++; t.Failed() {
					break
				}
			}
			t.Logf("%d storms, %d commands; answered with success: %v", storms, commands, done)
		})
	}
}

// TestStormRepeats: one player with one seed does and is answered the same twice.
func TestStormRepeats(t *testing.T) {
	if testing.Short() {
		t.Skip("plays a storm twice; not in the short run")
	}
	var logs [2]string
	for i := range logs {
		s := newStorm(t, weather{store: "memory", faults: true}, 7)
		for range 80 {
			s.one()
		}
		s.stopIfBroken()
		logs[i] = strings.Join(s.log, "\n")
	}
	if logs[0] != logs[1] {
		t.Errorf("the first run:\n%s\nthe second:\n%s", logs[0], logs[1])
	}
}

// storm is one run.
type storm struct {
	*envelopetest.World
	t      *testing.T
	w      weather
	seed   uint64
	r      *rand.Rand // of the single player
	faults *faults
	keys   atomic.Int64

	mu     sync.Mutex
	count  int
	done   map[string]int // commands that were answered with success
	log    []string
	broken []string
	model  *model
	judge  judge
	told   notices
}

func newStorm(t *testing.T, w weather, seed uint64) *storm {
	s := &storm{t: t, w: w, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), faults: &faults{}, done: map[string]int{}, model: &model{}}
	cfg := faultyConfig(w.driver(t), s.faults)
	var ids atomic.Uint64
	cfg.NewID = func() string {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", seed, ids.Add(1)))
		return hex.EncodeToString(sum[:13])
	}
	cfg.Codes = []org.SendLimit{{Within: time.Hour, Most: 1_000_000}}
	s.told = notices{s: s, seen: map[string]envelope.Notice{}, last: map[envelope.ID]int64{}}
	cfg.Sinks = map[string]envelope.Sink{"storm": &s.told}
	s.World = envelopetest.NewWith(t, cfg)
	s.judge = judge{s: s, seen: map[envelope.ID]*sight{}}
	s.found()
	return s
}

// exact reports whether the model knows every right at every moment.
func (s *storm) exact() bool { return !s.w.together }

func (s *storm) play() {
	defer s.stopIfBroken()
	if s.w.together {
		for range stormRounds {
			s.round()
			if s.isBroken() {
				return
			}
		}
	} else {
		for range stormCommands {
			s.one()
			if s.isBroken() {
				return
			}
		}
	}
	s.end()
}

// one plays one command and judges.
func (s *storm) one() {
	p := &player{s: s, r: s.r}
	p.play()
	s.faults.disarm()
	if !s.isBroken() {
		s.guarded("the judge", func() { s.judge.all(p) })
	}
}

// round lets several play at once, beside two step loops and a clock that moves; then all stop,
// and it is judged.
func (s *storm) round() {
	s.Clock.Advance(2 * time.Minute) // leases of loops that were stopped
	s.model.begin(s.Clock.Now())
	ctx, stop := context.WithCancel(s.t.Context())
	var loops, players sync.WaitGroup
	for range 2 {
		loops.Go(func() {
			s.guarded("a step loop", func() {
				s.Envelopes.Run(ctx, 5*time.Millisecond, func(err error) { s.typed("Run", err) })
			})
		})
	}
	loops.Go(func() { // what waits for a lapsed lease waits for this
		for ctx.Err() == nil {
			s.Clock.Advance(time.Second)
			time.Sleep(10 * time.Millisecond)
		}
	})
	for i := range stormPlayers {
		seed := s.r.Uint64()
		players.Go(func() {
			p := &player{s: s, r: rand.New(rand.NewPCG(seed, uint64(i)))}
			for range stormCommands / stormRounds / stormPlayers {
				if p.play(); s.isBroken() {
					return
				}
			}
		})
	}
	players.Wait()
	stop()
	loops.Wait()
	s.faults.disarm()
	if !s.isBroken() {
		s.guarded("the judge", func() { s.judge.all(nil) })
	}
}

// guarded runs something, and makes a panic a failure of the storm.
func (s *storm) guarded(what string, do func()) {
	defer func() {
		if r := recover(); r != nil {
			s.fail("%s panics: %v\n%s", what, r, debug.Stack())
		}
	}()
	do()
}

func (s *storm) fail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = append(s.broken, fmt.Sprintf(format, args...))
}

func (s *storm) isBroken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.broken) > 0
}

// stopIfBroken reports what is broken, with the last commands.
func (s *storm) stopIfBroken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.broken) == 0 {
		return
	}
	const last = 40
	s.t.Fatalf("%v, -storm-seed %d, command %d:\n%s\nThe last commands:\n%s", s.w, s.seed, s.count,
		strings.Join(s.broken, "\n"), strings.Join(s.log[max(0, len(s.log)-last):], "\n"))
}

// note adds a line to the log.
func (s *storm) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, s.Clock.Now().Format("02 15:04:05 ")+fmt.Sprintf(format, args...))
}

// typed fails for an error that no person can read, unless a fault was injected.
func (s *storm) typed(what string, err error) {
	switch {
	case err == nil, s.w.faults && strings.Contains(err.Error(), errFault.Error()):
	case s.w.together && errors.Is(err, store.ErrBusy): // it lost to others, each time
	case what == "pay" && (s.w.faults || s.w.together): // a fault, or the clock made the callback old
	case !isTyped(err):
		s.fail("%s: the error has no sentence: %v", what, err)
	}
}

// isTyped reports whether every branch of an error ends in one with a sentence.
func isTyped(err error) bool {
	switch e := err.(type) {
	case interface{ Zh() string }:
		return e.Zh() != ""
	case interface{ Unwrap() error }:
		return isTyped(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if !isTyped(err) {
				return false
			}
		}
		return true
	}
	return false
}

// player plays commands, one after the other.
type player struct {
	s    *storm
	r    *rand.Rand
	said []string // what the present command does
	hit  bool     // a fault was injected into it
}

// play plays one command.
func (p *player) play() {
	p.said, p.hit = nil, false
	sum, all := 0, deeds()
	for _, c := range all {
		sum += c.weight
	}
	n := p.r.IntN(sum)
	for _, c := range all {
		if n -= c.weight; n < 0 {
			p.s.mu.Lock()
			p.s.count++
			number := p.s.count
			p.s.mu.Unlock()
			p.s.guarded(c.name, func() { c.do(p) })
			p.s.note("#%d %s: %s", number, c.name, strings.Join(p.said, "; "))
			return
		}
	}
}

// say tells what the command does.
func (p *player) say(format string, args ...any) {
	p.said = append(p.said, fmt.Sprintf(format, args...))
}

// call makes one call of a command. A fault may hit it; then it is made again, undisturbed,
// under the same key. Where nothing else happens meanwhile, what succeeded is sometimes
// repeated under its key, which changes nothing.
func (p *player) call(what string, do func(ctx context.Context, key string) error) error {
	s := p.s
	// Wall-clock time: a call that takes so long hangs.
	ctx, end := context.WithTimeout(s.t.Context(), time.Minute)
	defer end()
	key := ""
	if s.w.faults || p.r.IntN(3) == 0 {
		key = fmt.Sprintf("storm-%d", s.keys.Add(1))
	}
	if s.w.faults && p.r.IntN(4) == 0 {
		s.faults.arm(1+p.r.IntN(40), p.r.IntN(2) == 0)
	}
	err := do(ctx, key)
	hit := ""
	if s.exact() {
		hit = s.faults.disarm()
	}
	again := s.exact() && err == nil && key != "" && what != "Purge" && p.r.IntN(8) == 0
	switch {
	case hit != "":
		p.hit = true
		p.say("%s fails at %q: %v", what, hit, err)
		s.Clock.Advance(2 * time.Minute) // a lease that was taken under an uncertain commit lapses
		err = do(ctx, key)
	case again:
		var other *org.FaceError // of another party of the same person, whose turn it is now
		if rerr := do(ctx, key); rerr != nil && !errors.Is(rerr, envelope.ErrSigned) && !errors.As(rerr, &other) {
			s.fail("%s, repeated under its key: %v", what, rerr)
		}
	}
	if ctx.Err() != nil {
		s.fail("%s hangs: %v", what, err)
	}
	p.say("%s: %v", what, err)
	s.typed(what, err)
	if err == nil {
		s.mu.Lock()
		s.done[what]++
		s.mu.Unlock()
	}
	return err
}

// expect compares the answer of a command with what the rules say, and reports whether it
// succeeded. A limit of messages or tries is nothing that the model counts.
func (p *player) expect(err error, want bool) bool {
	var limit *org.LimitError
	if p.s.exact() && !p.hit && (err == nil) != want && !errors.As(err, &limit) {
		p.s.fail("by the rules it succeeds: %t; the answer: %v; %s", want, err, strings.Join(p.said, "; "))
	}
	return err == nil
}

// lock lets a command look at the model, or change it.
func (p *player) lock(do func(m *model)) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	do(p.s.model)
}
