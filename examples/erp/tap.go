package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// tap is an eavesdropper before the webhook: it keeps what was delivered last.
type tap struct {
	next http.Handler

	mu     sync.Mutex
	header http.Header
	body   []byte
}

func (t *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	t.header, t.body = r.Header.Clone(), body
	t.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	t.next.ServeHTTP(w, r)
}

// heard returns a copy of what was delivered last.
func (t *tap) heard() (http.Header, []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.header.Clone(), bytes.Clone(t.body)
}

// attacks returns what an eavesdropper tries with it, and the answer that each must
// get.
func (h *host) attacks() ([]attack, error) {
	header, body := h.tap.heard()
	forged := []byte(strings.Replace(string(body), `"data":{`, `"data":{"forged":true,`, 1))
	later := header.Clone()
	later.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
	// What was kept for ten minutes: the platform signed it at that time.
	then := time.Now().Add(-10 * time.Minute)
	sign, err := webhooks.NewWebhook(h.secret)
	if err != nil {
		return nil, err
	}
	signature, err := sign.Sign(header.Get(webhooks.HeaderWebhookID), then, body)
	if err != nil {
		return nil, err
	}
	old := header.Clone()
	old.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(then.Unix(), 10))
	old.Set(webhooks.HeaderWebhookSignature, signature)
	return []attack{
		{"内容被改动", header, forged, http.StatusUnauthorized},
		{"时间被改动", later, body, http.StatusUnauthorized},
		{"十分钟前的通知", old, body, http.StatusUnauthorized},
		{"没有签名", http.Header{}, body, http.StatusUnauthorized},
		{"五分钟内原样重放", header, body, http.StatusNoContent}, // known, and without effect
	}, nil
}

type attack struct {
	name   string
	header http.Header
	body   []byte
	want   int // status
}

// post sends one attack to the webhook and returns the status of the answer.
func (a attack) post(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(a.body))
	if err != nil {
		return 0, err
	}
	req.Header = a.header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
