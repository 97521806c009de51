// Package floor measures the least that signing or verifying a file can cost: reading
// it once, hashing it once with SHA-256, and for signing writing it once. Benchmarks
// divide by it.
package floor

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
)

const chunk = 256 << 10

// Read reads a file from start to end and hashes it.
func Read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{sha256.New()}, struct{ io.Reader }{f}, make([]byte, chunk))
	return err
}

// Copy is [Read] with one sequential write of the file to a new one in dir.
func Copy(path, dir string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	out, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		return err
	}
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(out, sha256.New())}, struct{ io.Reader }{f}, make([]byte, chunk))
	return err
}
