package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// replace writes a file whole or not at all. Only its owner may read it.
func replace(path string, write func(*os.File) error) error { return replaceAs(path, 0o600, write) }

// temporary makes a new file beside a path.
func temporary(path string, mode os.FileMode) (*os.File, error) {
	name := filepath.Join(filepath.Dir(path), ".signpdf-"+rand.Text())
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, mode) // the umask applies
}

// replaceAs is replace with the mode of a new file; one that is there keeps its own.
func replaceAs(path string, mode os.FileMode, write func(*os.File) error) (err error) {
	old, statErr := os.Stat(path)
	f, err := temporary(path, mode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err = write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if statErr == nil {
		err = f.Chmod(old.Mode().Perm())
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// create writes a file whole. It returns os.ErrExist if the file exists.
func create(path string, b []byte) error {
	f, err := temporary(path, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), path)
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// write makes the output, and shows progress on a terminal if it may take long.
func (o *options) write(stderr io.Writer, j *job, do func(io.Writer) error) error {
	return replaceAs(o.out, 0o666, func(f *os.File) error {
		b := bufio.NewWriterSize(f, 1<<20)
		var w io.Writer = b
		if p := newProgress(stderr, j.size); p != nil {
			p.w = b
			w = p
			defer p.done()
		}
		if err := do(w); err != nil {
			return err
		}
		return b.Flush()
	})
}

// progress counts bytes on their way.
type progress struct {
	w         io.Writer
	tty       io.Writer
	total, n  int64
	lastShown int64
}

// newProgress returns nil if no progress is to be shown.
func newProgress(stderr io.Writer, total int64) *progress {
	const worth = 20 << 20 // bytes; a smaller file is done before the progress is read
	f, ok := stderr.(*os.File)
	if !ok || total < worth {
		return nil
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &progress{tty: f, total: total}
}

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.n += int64(n)
	if pct := min(100, p.n*100/p.total); pct > p.lastShown {
		p.lastShown = pct
		fmt.Fprintf(p.tty, "\r%3d %%", pct)
	}
	return n, err
}

func (p *progress) done() { fmt.Fprint(p.tty, "\r     \r") }
