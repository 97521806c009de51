package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Script says how a provider sends its callbacks. The zero Script sends each
// once, at once.
type Script struct {
	Times int           // how often each is sent; 0 means once
	Delay time.Duration // before each
	Hold  bool          // keep them until Flush
}

// Script sets how a provider sends callbacks from now on.
func (s *Sandbox) Script(p Provider, sc Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[p] = sc
}

// Flush sends the callbacks that were held, in order or in reverse, and waits for the
// answers. It returns the joined errors of those that the host refused.
func (s *Sandbox) Flush(reverse bool) error {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.mu.Unlock()
	if reverse {
		slices.Reverse(held)
	}
	var err error
	for _, c := range held {
		err = errors.Join(err, s.deliver(c))
	}
	return err
}

// FlushShuffled is [Sandbox.Flush] in an order drawn from a seed, from sixteen
// goroutines at once, like callbacks that were delayed and repeated.
func (s *Sandbox) FlushShuffled(seed uint64) error {
	s.mu.Lock()
	held := s.held
	s.held = nil
	s.mu.Unlock()
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	errs := make([]error, 16)
	var wait sync.WaitGroup
	for n := range errs {
		wait.Go(func() {
			for i := n; i < len(held); i += len(errs) {
				errs[n] = errors.Join(errs[n], s.deliver(held[i]))
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// callback is one report to the host.
type callback struct {
	provider Provider
	body     []byte
}

const (
	headerTime      = "X-Sandbox-Timestamp" // Unix seconds
	headerSignature = "X-Sandbox-Signature" // hexadecimal HMAC-SHA-256 of provider.time.body
	maxAge          = 5 * time.Minute
)

func (s *Sandbox) signature(p Provider, at string, body []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	fmt.Fprintf(h, "%s.%s.", p, at)
	h.Write(body)
	return h.Sum(nil)
}

// open checks a callback's signature and age over the raw body, and only then decodes
// it.
func (s *Sandbox) open(p Provider, header http.Header, body []byte, v any) error {
	at := header.Get(headerTime)
	got, err := hex.DecodeString(header.Get(headerSignature))
	if err != nil || !hmac.Equal(got, s.signature(p, at, body)) {
		return errors.New("sandbox: the callback's signature does not hold")
	}
	sec, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return errors.New("sandbox: the callback has no time")
	}
	if age := s.now().Sub(time.Unix(sec, 0)); age > maxAge || age < -maxAge {
		return errors.New("sandbox: the callback is too old")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("sandbox: callback: %w", err)
	}
	return nil
}

// report sends a callback as the provider's script says.
func (s *Sandbox) report(p Provider, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	c := callback{p, body}
	s.mu.Lock()
	sc := s.scripts[p]
	if sc.Hold {
		for range max(1, sc.Times) {
			s.held = append(s.held, c)
		}
	}
	s.mu.Unlock()
	if sc.Hold {
		return nil
	}
	for range max(1, sc.Times) {
		if sc.Delay > 0 {
			s.wait.Go(func() { s.later(c, sc.Delay) })
			continue
		}
		err = errors.Join(err, s.deliver(c))
	}
	return err
}

func (s *Sandbox) later(c callback, after time.Duration) {
	select {
	case <-s.closed:
	case <-time.After(after):
		if err := s.deliver(c); err != nil {
			s.log.Warn("sandbox: callback", "provider", c.provider, "error", err)
		}
	}
}

// deliver posts one callback and expects 2xx, within the time that the client has.
func (s *Sandbox) deliver(c callback) error {
	s.mu.Lock()
	base := s.callbacks
	s.mu.Unlock()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, base+"/"+string(c.provider), bytes.NewReader(c.body))
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	at := strconv.FormatInt(s.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(headerTime, at)
	req.Header.Set(headerSignature, hex.EncodeToString(s.signature(c.provider, at, c.body)))
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("sandbox: callback: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("sandbox: the host answers a %s callback with %s", c.provider, resp.Status)
	}
	return nil
}

// Limits of a handler of callbacks, which strangers can reach (T25).
const (
	bodyTime  = 5 * time.Second // for a whole body, of maxBody bytes
	maxTaking = 32              // callbacks that are judged at once
)

// Callback makes an HTTP handler of a service's callback method, as a host mounts it.
// It gives the raw body to the method, which checks the signature. It answers 200 for
// nil and 400 for an error. A body has at most 64 KiB and comes within 5 seconds; 32
// callbacks are judged at once, and others wait, so that neither slow bodies nor many of
// them use up the host.
func Callback(take func(ctx context.Context, header http.Header, body []byte) error) http.HandlerFunc {
	taking := make(chan struct{}, maxTaking)
	one := func(w http.ResponseWriter, r *http.Request) error {
		// A writer that knows no deadlines, as in a test, has none.
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return err
		}
		select {
		case taking <- struct{}{}:
			defer func() { <-taking }()
		case <-r.Context().Done():
			return r.Context().Err()
		}
		return take(r.Context(), r.Header, body)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if err := one(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	}
}
