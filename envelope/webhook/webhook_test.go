package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/webhook"
	"github.com/dajiaqian/dajiaqian/org"
)

const shared = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// A webhook is in the Standard Webhooks form: their own library checks it. T16: what is
// posted is signed.
func TestT16Webhook(t *testing.T) {
	var got atomic.Pointer[http.Request]
	var body atomic.Pointer[[]byte]
	status := atomic.Int64{}
	status.Store(204)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got.Store(r)
		body.Store(&b)
		if status.Load() == 302 {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		w.WriteHeader(int(status.Load()))
	}))
	defer srv.Close()
	hook, err := webhook.New(webhook.Config{URL: srv.URL + "/hook", Secret: shared, Now: time.Now, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	n := envelope.Notice{ID: "e1-3-erp", Envelope: "e1", Kind: envelope.EventCompleted, Seq: 3, Status: "completed", At: time.Now().UTC()}
	if err := hook.Deliver(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	judge, err := webhooks.NewWebhook(shared)
	if err != nil {
		t.Fatal(err)
	}
	if err := judge.Verify(*body.Load(), got.Load().Header); err != nil {
		t.Errorf("their library: %v", err)
	}
	var in struct {
		Type      string
		Timestamp time.Time
		Data      envelope.Notice
	}
	if err := json.Unmarshal(*body.Load(), &in); err != nil || in.Type != "envelope.completed" || in.Data != n || !in.Timestamp.Equal(n.At) {
		t.Errorf("%s, %v", *body.Load(), err)
	}
	if id := got.Load().Header.Get("webhook-id"); id != n.ID {
		t.Errorf("webhook-id %q", id)
	}
	for _, code := range []int64{302, 400, 410, 500} {
		status.Store(code)
		if err := hook.Deliver(t.Context(), n); err == nil || !strings.Contains(err.Error(), fmt.Sprint(code)) {
			t.Errorf("%d: %v", code, err)
		}
	}
	if got.Load().URL.Path != "/hook" {
		t.Error("a redirection was followed")
	}
}

// No webhook leads into the host's own network, by any name.
func TestWebhookAddresses(t *testing.T) {
	hit := atomic.Bool{}
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit.Store(true) }))
	defer srv.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(srv.URL, "https://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254",
		"100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "224.0.0.1",
		"[::7f00:1]", "[100::1]", "[3fff::1]", "[5f00::1]", "[fec0::1]", "192.88.99.1"} {
		hook, err := webhook.New(webhook.Config{URL: "https://" + host + ":" + port, Secret: shared, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := hook.Deliver(ctx, envelope.Notice{ID: "x"}); !errors.Is(err, webhook.ErrPrivateAddress) {
			t.Errorf("%s: %v", host, err)
		}
		cancel()
	}
	hook, err := webhook.New(webhook.Config{URL: "https://127.0.0.1:" + port + "/a?token=geheim", Secret: shared, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Deliver(t.Context(), envelope.Notice{ID: "x"}); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a secret in a stored reason: %v", err)
	}
	if hit.Load() {
		t.Error("the server in the host's network was reached")
	}
	for _, c := range []webhook.Config{{}, {URL: "http://example.com", Secret: shared, Now: time.Now},
		{URL: "https://u:p@example.com", Secret: shared, Now: time.Now}, {URL: "ftp://example.com", Secret: shared, Now: time.Now, Private: true},
		{URL: "https://example.com", Secret: "whsec_AAAA", Now: time.Now}, {URL: "https://example.com", Secret: "!", Now: time.Now},
		{URL: "https://example.com", Secret: shared}} {
		if _, err := webhook.New(c); !errors.As(err, new(*org.ConfigError)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// ExampleNew makes a sink for a service: it signs what it posts. The secret is shared
// with the receiver.
func ExampleNew() {
	hook, err := webhook.New(webhook.Config{URL: "https://erp.example.com/notices", Secret: shared, Now: time.Now})
	fmt.Println(err)
	var _ envelope.Sink = hook
	_, err = webhook.New(webhook.Config{URL: "http://erp.example.com/notices", Secret: shared, Now: time.Now})
	fmt.Println(err)
	// Output:
	// <nil>
	// webhook: Config.URL is not https, or holds a password
}
