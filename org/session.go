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

// settle records a session's outcome once. fresh is false if the report is repeated or
// too late. It returns ErrCallback if the session was never opened.
func (s *Service) settle(ctx context.Context, tx *store.Tx, kinds []string, id string, passed bool, transaction string) (se session, fresh bool, err error) {
	rec, err := sessions.Get(ctx, tx, id)
	if errors.Is(fault.NotFound(err, ErrNotFound), ErrNotFound) || err == nil && !slices.Contains(kinds, rec.V.Kind) || len(transaction) > maxTransaction {
		return session{}, false, ErrCallback
	}
	if err != nil {
		return session{}, false, err
	}
	if !rec.V.open(tx.Now()) {
		return session{}, false, nil
	}
	rec.V.Done, rec.V.Passed, rec.V.Transaction = true, passed, transaction
	return rec.V, true, sessions.Update(ctx, tx, rec)
}
