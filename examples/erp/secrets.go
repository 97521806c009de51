package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// secrets are what must outlive the process and must not be in the database. A real
// host has them in its KMS.
type secrets struct {
	Data, Index, Code [32]byte
	Webhook, Accounts [32]byte
	CA                *devca.State
}

// readSecrets reads the file, or makes and writes it before anything depends on it.
func readSecrets(path string) (*secrets, error) {
	var s secrets
	b, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(b, &s); err != nil {
			err = &usageError{fmt.Errorf("%s: %w", path, err)}
		}
		return &s, err
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, &usageError{err}
	}
	for _, k := range []*[32]byte{&s.Data, &s.Index, &s.Code, &s.Webhook, &s.Accounts} {
		if _, err := rand.Read(k[:]); err != nil {
			return nil, err
		}
	}
	ca, err := devca.New(devca.Config{Now: time.Now})
	if err != nil {
		return nil, err
	}
	if s.CA, err = ca.State(); err != nil {
		return nil, err
	}
	if b, err = json.Marshal(s); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, &usageError{err}
	}
	return &s, writeFile(path, b)
}

// writeFile writes a file, readable by the owner alone, whole or not at all.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return &usageError{err}
	}
	_, werr := f.Write(b)
	err = errors.Join(werr, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
