package org

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/dajiaqian/dajiaqian/org/secret"
)

// PasswordCost are the parameters of argon2id. The zero value takes 64 MiB, three
// passes, two lanes.
type PasswordCost struct {
	KiB    uint32 // memory
	Passes uint32
	Lanes  uint8
}

func (c PasswordCost) orDefault() PasswordCost {
	if c == (PasswordCost{}) {
		return PasswordCost{64 << 10, 3, 2}
	}
	return c
}

// Limits of a cost, ours or in a stored hash. A typing error or a damaged row then
// cannot use up the machine's memory.
const (
	maxKiB    = 1 << 20
	maxPasses = 64
)

// check refuses what argon2id cannot use; zero, the default, is allowed.
func (c PasswordCost) check() error {
	if c = c.orDefault(); c.KiB < 8*uint32(c.Lanes) || c.KiB > maxKiB || c.Passes == 0 || c.Passes > maxPasses || c.Lanes == 0 {
		return &ConfigError{Package: "org", Field: "Config.Password", Reason: "is out of limits: 8 KiB a lane to 1 GiB, 1 to 64 passes, at least one lane"}
	}
	return nil
}

const (
	minPassword = 8   // characters
	maxPassword = 128 // bytes
	saltLen     = 16
	hashLen     = 32
)

func checkPassword(p secret.Text) error {
	if utf8.RuneCountInString(p.Reveal()) < minPassword || len(p.Reveal()) > maxPassword {
		return &FieldError{"password", "8 characters to 128 bytes", "密码长度须为8至128位"}
	}
	return nil
}

// hashPassword returns a PHC string, which includes its own parameters.
func (s *Service) hashPassword(ctx context.Context, p secret.Text) (string, error) {
	salt := make([]byte, saltLen)
	if _, err := io.ReadFull(s.random, salt); err != nil {
		return "", fmt.Errorf("org: random: %w", err)
	}
	sum, err := s.hashArgon(ctx, p, salt, s.cost)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.cost.KiB, s.cost.Passes, s.cost.Lanes,
		enc.EncodeToString(salt), enc.EncodeToString(sum)), nil
}

// hashArgon hashes, a few passwords at a time: each takes the memory that its cost names
// (T10). The others wait, at most until ctx is done.
func (s *Service) hashArgon(ctx context.Context, p secret.Text, salt []byte, c PasswordCost) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.hashing }()
	return argon2.IDKey([]byte(p.Reveal()), salt, c.Passes, c.KiB, c.Lanes, hashLen), nil
}

// matchPassword compares a password with a PHC string; stale reports that it should be hashed
// again at today's cost. An empty string stands for a person that does not exist: it
// takes as long, and never matches.
func (s *Service) matchPassword(ctx context.Context, p secret.Text, phc string) (ok, stale bool, err error) {
	cost, salt, want, good := parsePHC(phc)
	if !good || len(p.Reveal()) > maxPassword {
		_, err := s.hashArgon(ctx, secret.New("nobody"), make([]byte, saltLen), s.cost)
		return false, false, err
	}
	got, err := s.hashArgon(ctx, p, salt, cost)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, cost != s.cost, err
}

func parsePHC(phc string) (c PasswordCost, salt, sum []byte, ok bool) {
	var version int
	var a, b string
	if n, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &c.KiB, &c.Passes, &c.Lanes, &a); n != 5 || err != nil {
		return c, nil, nil, false
	}
	for i := range len(a) {
		if a[i] == '$' {
			a, b = a[:i], a[i+1:]
			break
		}
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(a)
	sum, err2 := base64.RawStdEncoding.DecodeString(b)
	return c, salt, sum, err1 == nil && err2 == nil && version == argon2.Version && len(sum) == hashLen &&
		c != PasswordCost{} && c.check() == nil
}
