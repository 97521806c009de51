package signer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Timestamper gets RFC 3161 tokens. Timestamp returns the DER token over a
// digest; it is judged before it is used. Implementations are safe for
// concurrent use.
type Timestamper interface {
	Timestamp(ctx context.Context, h crypto.Hash, digest []byte) (token []byte, err error)
}

// TSA is a Timestamper over HTTP (RFC 3161, 3.4).
type TSA struct {
	URL    string       // required
	Client *http.Client // nil means http.DefaultClient; deadlines come with the context
	Rand   io.Reader    // of nonces; nil means crypto/rand
}

// Timestamp asks the TSA for a token. The answer may have 1 MiB and must carry
// the nonce of the question.
func (t *TSA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) ([]byte, error) {
	rnd := t.Rand
	if rnd == nil {
		rnd = rand.Reader
	}
	nonce, err := rand.Int(rnd, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, fmt.Errorf("signer: nonce: %w", err)
	}
	body, err := cms.TimestampRequest{Hash: h, Digest: digest, Nonce: nonce, WantCert: true}.Marshal()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("signer: timestamp: %w", err)
	}
	req.Header.Set("Content-Type", "application/timestamp-query")
	client := t.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("signer: timestamp: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("signer: timestamp: the TSA answers %s", resp.Status)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, cms.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("signer: timestamp: %w", err)
	}
	token, err := cms.ParseTimestampResponse(answer)
	if err != nil {
		return nil, err
	}
	ts, err := cms.ParseTimestamp(token)
	if err != nil {
		return nil, err
	}
	if ts.Nonce == nil || ts.Nonce.Cmp(nonce) != 0 {
		return nil, fmt.Errorf("signer: timestamp: the answer belongs to another question")
	}
	return token, ts.CheckDigest(digest)
}
