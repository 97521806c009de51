package dir

import (
	"errors"
	"io"
	"os"
)

// Files are the operations that change the directory. They are the operating
// system's, unless a test has others: to let a disk fail, or lose what was not synced.
type Files interface {
	// MkdirAll makes a folder and those above it that are missing, for the owner alone.
	MkdirAll(path string) error
	// Create makes a file of a new name as os.CreateTemp does: O_EXCL, mode 0600.
	Create(folder, pattern string) (File, error)
	// Rename gives a file another name, atomically, in place of one that has it.
	Rename(from, to string) error
	// Remove takes a file away.
	Remove(path string) error
	// Sync puts the names in a folder on the disk.
	Sync(folder string) error
}

// File is a file that Create made.
type File = interface {
	io.WriteCloser
	Name() string
	Sync() error // puts the content on the disk
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
