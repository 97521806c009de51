// Package online gets timestamps and evidence over HTTP for package signer: RFC 3161
// tokens, OCSP responses, CRLs and issuers. Answers have a size limit; package signer
// checks them before it uses them.
package online

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"sync"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/online"
)

// TSA is a [signer.Timestamper] over HTTP (RFC 3161, 3.4). It is safe for concurrent
// use and must not be copied.
type TSA struct {
	URL    string       // required
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // for nonces; nil means crypto/rand
	Warn   func(string) // told of a token that the TSA grants with modifications; may be nil

	mu    sync.Mutex
	size  map[crypto.Hash]int // of the tokens seen
	probe chan struct{}       // held by the call that asks for a size
}

// TokenSize asks once for a token over a digest of zeros and remembers its size.
// Concurrent calls wait for it as long as their contexts allow.
func (t *TSA) TokenSize(ctx context.Context, h crypto.Hash) (int, error) {
	n, ok, probe := t.known(h)
	if ok {
		return n, nil
	}
	select {
	case probe <- struct{}{}:
		defer func() { <-probe }()
	case <-ctx.Done():
		return 0, fmt.Errorf("online: timestamp: %w", ctx.Err())
	}
	if n, ok, _ = t.known(h); ok {
		return n, nil
	}
	token, err := t.Timestamp(ctx, h, make([]byte, h.Size()))
	if err != nil {
		return 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.size[h] = len(token)
	return len(token), nil
}

func (t *TSA) known(h crypto.Hash) (n int, ok bool, probe chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.probe == nil {
		t.probe, t.size = make(chan struct{}, 1), map[crypto.Hash]int{}
	}
	n, ok = t.size[h]
	return n, ok, t.probe
}

// Timestamp asks the TSA for a token. The answer may have 1 MiB and must carry the
// nonce of the question.
func (t *TSA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	rnd := t.Rand
	if rnd == nil {
		rnd = rand.Reader
	}
	nonce, err := rand.Int(rnd, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("online: nonce: %w", err)
	}
	known, ok := cms.HashOf(h)
	if !ok {
		return nil, fmt.Errorf("online: timestamp: hash %v does not serve", h)
	}
	body, err := cms.TimestampRequest{Hash: known, Digest: digest, Nonce: nonce, WantCert: true}.Marshal()
	if err != nil {
		return nil, err
	}
	answer, err := online.Post(ctx, t.Client, t.URL, "application/timestamp-query", body, cms.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("online: timestamp: %w", err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(answer), []byte("<")) {
		return nil, errors.New("online: timestamp: the server answers with a web page; is this the address of a TSA?")
	}
	token, modified, err := cms.ParseTimestampResponse(answer)
	if err != nil {
		return nil, err
	}
	if modified && t.Warn != nil {
		t.Warn("the TSA grants the timestamp with modifications")
	}
	ts, err := cms.ParseTimestamp(token)
	if err != nil {
		return nil, err
	}
	if ts.Nonce == nil || ts.Nonce.Cmp(nonce) != 0 {
		return nil, fmt.Errorf("online: timestamp: the answer belongs to another question")
	}
	return token, ts.CheckDigest(digest)
}
