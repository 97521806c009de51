// Package powercut is a disk whose power can be cut. Programs work on real files
// through it, and it records what was synced: the content of a file by an fsync of the
// file, a name in a folder by an fsync of the folder. When the power goes, everything
// later is lost or kept in part, as on a real disk. SQLite uses it through a VFS,
// store/dir through its port of file operations.
package powercut

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
)

// ErrOff says that the power is off: every change returns it then.
var ErrOff = errors.New("powercut: the power is off")

// Disk is a folder of real files, and what a power cut would leave of them. Files in
// the folder when the Disk is made or restored are durable. It may be used
// concurrently.
type Disk struct {
	root string

	mu        sync.Mutex
	rng       *rand.Rand
	left      int // changes until the power goes; 0 is never
	failing   int // changes until one fails; 0 is never
	times     int // how many fail then
	failure   error
	off       bool
	changes   int
	nodes     map[string]*node   // what running programs see, by path; only changed ones
	folders   map[string]*folder // by path; only changed ones
	databases map[string]bool    // their shared memory is lost with the power

	vfs *vfs
}

// node is a file or a folder, with any names.
type node struct {
	folder  bool
	durable []byte // of a file, as of its last sync
	pending []write
}

// write is a change of a file that was not synced.
type write struct {
	truncate bool // to at
	at       int64
	data     []byte
}

// folder is the names of one folder.
type folder struct {
	durable map[string]*node // as of the last sync; nil: no such name
	pending []entry
}

// entry is a name that was given, or removed if it is nil.
type entry struct {
	name string
	node *node
}

// New returns a Disk over a folder, whose power is on. All random decisions come from
// seed.
func New(root string, seed uint64) *Disk {
	return &Disk{root: filepath.Clean(root), rng: rand.New(rand.NewPCG(seed, 0)), nodes: map[string]*node{},
		folders: map[string]*folder{}, databases: map[string]bool{}}
}

// CutBefore cuts the power before the n-th change from now: a write, a sync or a change
// of a name.
func (d *Disk) CutBefore(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = n
}

// The errors of changes that fail. SQLite sees SQLITE_IOERR and, for a write,
// SQLITE_FULL.
var (
	ErrFailed = errors.New("powercut: a change that failed")
	ErrFull   = errors.New("powercut: the disk is full")
)

// Fail makes some changes fail with err, [ErrFailed] or [ErrFull], from the n-th from
// now on. With times 0 none fails.
func (d *Disk) Fail(n, times int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failing, d.times, d.failure = n, times, err
}

// Off reports whether the power is off.
func (d *Disk) Off() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off
}

// Changes returns how many changes there were so far.
func (d *Disk) Changes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.changes
}

// change makes one change to the record, unless the power goes before it.
func (d *Disk) change(do func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left > 0 {
		d.left--
		d.off = d.off || d.left == 0
	}
	if d.off {
		return ErrOff
	}
	d.failing = max(0, d.failing-1)
	if d.failing == 0 && d.times > 0 {
		d.times--
		return d.failure
	}
	d.changes++
	do()
	return nil
}

// in returns the record of a folder.
func (d *Disk) in(path string) *folder {
	f := d.folders[path]
	if f == nil {
		f = &folder{durable: map[string]*node{}}
		d.folders[path] = f
	}
	return f
}

// know returns the node of a path, nil if there is none. What was not changed so far is
// durable.
func (d *Disk) know(path string) (*node, error) {
	if n, ok := d.nodes[path]; ok {
		return n, nil
	}
	var n *node
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.IsDir():
		n = &node{folder: true}
	default:
		n = &node{}
		if n.durable, err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	d.nodes[path] = n
	d.in(filepath.Dir(path)).durable[filepath.Base(path)] = n
	return n, nil
}

// name gives a node a name, or removes it.
func (d *Disk) name(path string, n *node) {
	d.nodes[path] = n
	f := d.in(filepath.Dir(path))
	f.pending = append(f.pending, entry{filepath.Base(path), n})
}

// sync makes the names of a folder durable.
func (f *folder) sync() {
	for _, e := range f.pending {
		f.durable[e.name] = e.node
	}
	f.pending = nil
}

// sync makes the content of a file durable.
func (n *node) sync() {
	for _, w := range n.pending {
		n.durable = w.on(n.durable)
	}
	n.pending = nil
}

// on applies a write to content, which it may reuse.
func (w write) on(content []byte) []byte {
	end := w.at + int64(len(w.data))
	if w.truncate && w.at < int64(len(content)) {
		return content[:w.at]
	}
	if grow := end - int64(len(content)); grow > 0 {
		content = append(content, make([]byte, grow)...)
	}
	copy(content[w.at:], w.data)
	return content
}
