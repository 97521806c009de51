package powercut

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Restore puts the folder into the state that the cut has left, and turns the power on
// again. Everything that was open on the disk must be closed.
func (d *Disk) Restore() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	contents := map[*node][]byte{}
	lost := map[string]bool{} // folders that are lost, with everything in them
	for _, path := range slices.Sorted(maps.Keys(d.folders)) {
		if lost[filepath.Dir(path)] || lost[path] {
			lost[path] = true
			continue
		}
		names := d.names(d.folders[path])
		for _, name := range slices.Sorted(maps.Keys(names)) {
			at, n := filepath.Join(path, name), names[name]
			switch {
			case n == nil:
				lost[at] = true
				if err := os.RemoveAll(at); err != nil {
					return err
				}
			case n.folder:
				if err := os.MkdirAll(at, 0o700); err != nil {
					return err
				}
			default:
				content, ok := contents[n]
				if !ok {
					content = d.content(n)
					contents[n] = content
				}
				if err := replace(at, content); err != nil {
					return err
				}
			}
		}
	}
	for db := range d.databases {
		if err := os.Remove(db + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	clear(d.nodes)
	clear(d.folders)
	clear(d.databases)
	d.off, d.left = false, 0
	return nil
}

// names returns what a cut leaves of a folder: what was synced, and of the rest
// nothing, the first part, or any part.
func (d *Disk) names(f *folder) map[string]*node {
	out := maps.Clone(f.durable)
	first, any := d.fate(len(f.pending))
	for i, e := range f.pending {
		if any && d.rng.IntN(2) == 0 || !any && i < first {
			out[e.name] = e.node
		} else if _, ok := out[e.name]; !ok {
			out[e.name] = nil
		}
	}
	return out
}

// content returns what a cut leaves of a file. A write may be there in part.
func (d *Disk) content(n *node) []byte {
	out := bytes.Clone(n.durable)
	first, any := d.fate(len(n.pending))
	for i, w := range n.pending {
		switch {
		case any && d.rng.IntN(2) == 0, !any && i < first:
			out = w.on(out)
		case !w.truncate && len(w.data) > 0 && (any || i == first):
			w.data = w.data[:d.rng.IntN(len(w.data))]
			out = w.on(out)
		}
	}
	return out
}

// fate decides over n changes that were not synced: how many of the first are kept, or
// that each one is decided at random.
func (d *Disk) fate(n int) (first int, any bool) {
	switch d.rng.IntN(4) {
	case 0:
		return 0, false
	case 1:
		return n, false
	case 2:
		return d.rng.IntN(n + 1), false
	}
	return 0, true
}

// replace writes a new file in place of an existing one: those who have the old one
// open do not see it.
func replace(path string, content []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}
