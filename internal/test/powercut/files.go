package powercut

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// The methods here are the port of store/dir.

// File is an open file that is written from its beginning.
type File = interface {
	io.WriteCloser
	Name() string
	Sync() error
}

// MkdirAll makes a folder and its missing parents.
func (d *Disk) MkdirAll(path string) error {
	path = filepath.Clean(path)
	d.mu.Lock()
	n, err := d.know(path)
	d.mu.Unlock()
	if err != nil || n != nil || path == d.root {
		return errors.Join(err, os.MkdirAll(path, 0o700))
	}
	if err := d.MkdirAll(filepath.Dir(path)); err != nil {
		return err
	}
	if err := d.change(func() { d.name(path, &node{folder: true}) }); err != nil {
		return err
	}
	return os.MkdirAll(path, 0o700)
}

// Create makes a file with a new name, as os.CreateTemp does.
func (d *Disk) Create(folder, pattern string) (File, error) {
	if d.Off() {
		return nil, ErrOff
	}
	f, err := os.CreateTemp(folder, pattern)
	if err != nil {
		return nil, err
	}
	n := &node{}
	if err := d.change(func() { d.name(f.Name(), n) }); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &file{f, d, n, 0}, nil
}

// Rename gives a file another name.
func (d *Disk) Rename(from, to string) error {
	if err := d.both(from, to); err != nil {
		return err
	}
	if err := d.change(func() {
		n := d.nodes[from]
		d.name(to, n)
		d.name(from, nil)
	}); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// both makes two paths known.
func (d *Disk) both(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.know(from)
	_, err2 := d.know(to)
	return errors.Join(err, err2)
}

// Remove removes a file.
func (d *Disk) Remove(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return err
	}
	if err := d.both(path, path); err != nil {
		return err
	}
	if err := d.change(func() { d.name(path, nil) }); err != nil {
		return err
	}
	return os.Remove(path)
}

// Sync makes the names in a folder durable.
func (d *Disk) Sync(folder string) error {
	return d.change(func() { d.in(filepath.Clean(folder)).sync() })
}

type file struct {
	*os.File
	d  *Disk
	n  *node
	at int64
}

func (f *file) Write(p []byte) (int, error) {
	data := append([]byte(nil), p...)
	if err := f.d.change(func() { f.n.pending = append(f.n.pending, write{at: f.at, data: data}) }); err != nil {
		return 0, err
	}
	f.at += int64(len(p))
	return f.File.Write(p)
}

// ReadFrom makes io.Copy use Write.
func (f *file) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{f}, r) }

func (f *file) Sync() error { return f.d.change(f.n.sync) }
