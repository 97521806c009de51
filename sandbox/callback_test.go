package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/sandbox"
)

// T25: a thousand connections that send their bodies slowly hold up no true callback, take
// little memory, and are cut; of many callbacks at once few are judged at a time; a large body is
// refused.
func TestT25SlowCallbacks(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for slow bodies")
	}
	var now, most atomic.Int64
	take := func(ctx context.Context, _ http.Header, body []byte) error {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		if string(body) == "work" {
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: sandbox.Callback(take), ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	url := "http://" + l.Addr().String()
	post := func(body string) (int, error) {
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, resp.Body.Close()
	}

	const slow = 1000
	var before, during runtime.MemStats
	runtime.ReadMemStats(&before)
	begun, cut := time.Now(), make(chan error, slow)
	for range slow {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65000\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		go func() {
			_ = c.SetReadDeadline(begun.Add(30 * time.Second))
			_, err := io.Copy(io.Discard, c) // until it is cut
			cut <- err
		}()
	}
	at := time.Now()
	if code, err := post("{}"); code != 200 || err != nil || time.Since(at) > time.Second {
		t.Errorf("a true callback: %d, %v after %v", code, err, time.Since(at))
	}
	runtime.ReadMemStats(&during)
	if grown := int64(during.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("%d slow bodies take %d MiB", slow, grown>>20)
	}
	for range slow {
		if err := <-cut; err != nil {
			t.Fatalf("a slow body was not cut: %v", err)
		}
	}
	if d := time.Since(begun); d < 4*time.Second || d > 15*time.Second {
		t.Errorf("slow bodies were cut after %v", d)
	}

	done := make(chan error, 200)
	for range cap(done) {
		go func() {
			code, err := post("work")
			if err == nil && code != 200 {
				err = fmt.Errorf("status %d", code)
			}
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if n := most.Load(); n > 32 || n < 2 {
		t.Errorf("%d were judged at once", n)
	}
	if code, err := post(strings.Repeat("x", 1<<20)); err == nil && code != 400 {
		t.Errorf("a large body: %d", code)
	}
}
