package org

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

const (
	sessionTTL     = time.Hour
	sessionBytes   = 16 // of randomness: a nonce, not an id from the host
	maxTransaction = 128
)

// newSessionID draws the nonce of a face check or a licence scan (T23).
func (s *Service) newSessionID() (string, error) {
	b := make([]byte, sessionBytes)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return "", fmt.Errorf("org: random: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// open reports whether a session still waits for its first report.
func (s *session) open(now time.Time) bool {
	return !s.Done && now.Before(s.At.Add(sessionTTL))
}

// settle records a session's outcome once. It returns nil if the report is repeated or
// too late, and ErrCallback for a session that was never opened.
func (s *Service) settle(ctx context.Context, tx *store.Tx, kinds []string, id string, passed bool, transaction string) (*session, error) {
	rec, err := sessions.Get(ctx, tx, id)
	if errors.Is(fault.NotFound(err, ErrNotFound), ErrNotFound) || err == nil && !slices.Contains(kinds, rec.V.Kind) || len(transaction) > maxTransaction {
		return nil, ErrCallback
	}
	if err != nil {
		return nil, err
	}
	if !rec.V.open(tx.Now()) {
		return nil, nil
	}
	rec.V.Done, rec.V.Passed, rec.V.Transaction = true, passed, transaction
	return &rec.V, sessions.Update(ctx, tx, rec)
}
