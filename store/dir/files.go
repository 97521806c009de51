package dir

import (
	"errors"
	"io"
	"os"
)

// Files are the operations that change the directory. They are the operating system's,
// except in tests, where a disk may fail or lose what was not synced.
type Files interface {
	// MkdirAll makes a folder and its missing parents, for the owner alone.
	MkdirAll(path string) error
	// Create makes a file with a new name as os.CreateTemp does: O_EXCL, mode 0600.
	Create(folder, pattern string) (File, error)
	// Rename gives a file another name, atomically; it replaces a file that has that
	// name.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(path string) error
	// Sync makes the names in a folder durable.
	Sync(folder string) error
}

// File is a file that Create made.
type File = interface {
	io.WriteCloser
	Name() string
	Sync() error // makes the content durable
}

// osFiles is the operating system's.
type osFiles struct{}

func (osFiles) MkdirAll(path string) error                  { return os.MkdirAll(path, 0o700) }
func (osFiles) Create(folder, pattern string) (File, error) { return os.CreateTemp(folder, pattern) }
func (osFiles) Rename(from, to string) error                { return os.Rename(from, to) }
func (osFiles) Remove(path string) error                    { return os.Remove(path) }

func (osFiles) Sync(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
