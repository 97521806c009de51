package signer

import (
	"context"
	"crypto"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Timestamper gets RFC 3161 tokens. Timestamp returns the DER token over a digest; the
// token is checked before it is used. Implementations are safe for concurrent use.
type Timestamper interface {
	Timestamp(ctx context.Context, h crypto.Hash, digest []byte) (token []byte, err error)
}

// TokenSizer is a [Timestamper] that knows how large its tokens are, in bytes. The
// space that a signature reserves depends on it; for others it is 8 KiB.
type TokenSizer interface {
	TokenSize(ctx context.Context, h crypto.Hash) (int, error)
}

// Space for tokens, in bytes.
const (
	tokenReserve = 8 << 10 // if the size is not known
	tokenMargin  = 256     // for serial numbers and times that grow
)

func tokenSize(ctx context.Context, t Timestamper) (int, error) {
	s, ok := t.(TokenSizer)
	if !ok {
		return tokenReserve, nil
	}
	n, err := s.TokenSize(ctx, crypto.SHA512)
	if err == nil && (n < 0 || n > cms.MaxSize) {
		err = fmt.Errorf("signer: timestamp: tokens of %d bytes", n)
	}
	return n + tokenMargin, err
}
