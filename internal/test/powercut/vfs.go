package powercut

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// vfs is SQLite's access to a Disk: SQLite's own file access, in which the methods that
// change something report to the Disk first. It reports a folder as synced when the
// base syncs one: with the first sync of a journal, and with a removal that asks for
// it.
type vfs struct {
	d    *Disk
	name string

	c      uintptr // the Tsqlite3_vfs that SQLite sees
	base   *sqlite3.Tsqlite3_vfs
	open   map[uintptr]*handle                      // by the address of SQLite's file
	tables map[*sqlite3.Tsqlite3_io_methods]uintptr // our Tsqlite3_io_methods for each of the base's
	keep   []any                                    // functions that only C's tables refer to
}

// handle is a file that SQLite has open.
type handle struct {
	base    *sqlite3.Tsqlite3_io_methods
	n       *node
	folder  string
	journal bool // its first sync also syncs the folder
}

// at converts an address of C's.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// toC copies a table to memory that C may keep.
func toC[T any](tls *libc.TLS, table T) uintptr {
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(table)))
	*at[T](p) = table
	return p
}

// call makes a function of a function pointer of C's.
func call[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// pointer makes C's pointer to a function, which must be kept.
func pointer[F any](v *vfs, f F) uintptr {
	v.keep = append(v.keep, f)
	return *(*uintptr)(unsafe.Pointer(&f))
}

// VFS registers the disk with SQLite, once, and returns the name under which a database
// is opened on it, until [Disk.Close].
func (d *Disk) VFS() (string, error) {
	if d.vfs != nil {
		return d.vfs.name, nil
	}
	tls := libc.NewTLS()
	defer tls.Close()
	base := at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	if base == nil {
		return "", errors.New("powercut: SQLite has no VFS")
	}
	v := &vfs{d: d, base: base, open: map[uintptr]*handle{}, tables: map[*sqlite3.Tsqlite3_io_methods]uintptr{}}
	v.name = fmt.Sprintf("powercut%p", v)
	name, err := libc.CString(v.name)
	if err != nil {
		return "", err
	}
	ours := *base
	ours.FpNext, ours.FzName = 0, name
	ours.FxOpen = pointer(v, v.xOpen)
	ours.FxDelete = pointer(v, v.xDelete)
	v.c = toC(tls, ours)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, v.c, 0); rc != sqlite3.SQLITE_OK {
		return "", fmt.Errorf("powercut: registering a VFS: %d", rc)
	}
	d.vfs = v
	return v.name, nil
}

// Close unregisters the disk from SQLite, which must have no database open on it.
func (d *Disk) Close() error {
	if d.vfs == nil {
		return nil
	}
	tls := libc.NewTLS()
	defer tls.Close()
	v := d.vfs
	d.vfs = nil
	rc := sqlite3.Xsqlite3_vfs_unregister(tls, v.c)
	for _, t := range v.tables {
		libc.Xfree(tls, t)
	}
	libc.Xfree(tls, at[sqlite3.Tsqlite3_vfs](v.c).FzName)
	libc.Xfree(tls, v.c)
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("powercut: taking a VFS away: %d", rc)
	}
	return nil
}

func (v *vfs) xOpen(tls *libc.TLS, _, zName, file uintptr, flags int32, outFlags uintptr) int32 {
	const journals = sqlite3.SQLITE_OPEN_MAIN_JOURNAL | sqlite3.SQLITE_OPEN_SUPER_JOURNAL | sqlite3.SQLITE_OPEN_WAL
	var h *handle
	if zName != 0 {
		path := filepath.Clean(libc.GoString(zName))
		creates := flags&sqlite3.SQLITE_OPEN_CREATE != 0
		n, err := v.d.opened(path, creates, flags&sqlite3.SQLITE_OPEN_MAIN_DB != 0)
		if err != nil {
			return sqlite3.SQLITE_CANTOPEN
		}
		h = &handle{n: n, folder: filepath.Dir(path), journal: creates && flags&journals != 0}
	}
	open := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](v.base.FxOpen)
	rc := open(tls, uintptr(unsafe.Pointer(v.base)), zName, file, flags, outFlags)
	f := at[sqlite3.Tsqlite3_file](file)
	if h == nil || rc != sqlite3.SQLITE_OK || f.FpMethods == 0 {
		return rc
	}
	h.base = at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	f.FpMethods = v.remember(tls, file, h)
	return rc
}

// opened returns the node of a file that SQLite opens.
func (d *Disk) opened(path string, creates, database bool) (*node, error) {
	d.mu.Lock()
	n, err := d.know(path)
	if database {
		d.databases[path] = true
	}
	d.mu.Unlock()
	if err != nil || n != nil || !creates {
		return n, err
	}
	n = &node{}
	return n, d.change(func() { d.name(path, n) })
}

// remember stores a handle, and returns the table of methods for it.
func (v *vfs) remember(tls *libc.TLS, file uintptr, h *handle) uintptr {
	v.d.mu.Lock()
	defer v.d.mu.Unlock()
	v.open[file] = h
	if v.tables[h.base] == 0 {
		ours := *h.base
		ours.FxWrite = pointer(v, v.xWrite)
		ours.FxTruncate = pointer(v, v.xTruncate)
		ours.FxSync = pointer(v, v.xSync)
		ours.FxClose = pointer(v, v.xClose)
		v.tables[h.base] = toC(tls, ours)
	}
	return v.tables[h.base]
}

func (v *vfs) handle(file uintptr) *handle {
	v.d.mu.Lock()
	defer v.d.mu.Unlock()
	return v.open[file]
}

func (v *vfs) xWrite(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
	h := v.handle(file)
	data := append([]byte(nil), unsafe.Slice(at[byte](buf), n)...)
	switch err := v.d.change(func() { h.n.pending = append(h.n.pending, write{at: offset, data: data}) }); {
	case errors.Is(err, ErrFull):
		return sqlite3.SQLITE_FULL
	case err != nil:
		return sqlite3.SQLITE_IOERR_WRITE
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](h.base.FxWrite)(tls, file, buf, n, offset)
}

func (v *vfs) xTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	h := v.handle(file)
	if v.d.change(func() { h.n.pending = append(h.n.pending, write{truncate: true, at: size}) }) != nil {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	return call[func(*libc.TLS, uintptr, int64) int32](h.base.FxTruncate)(tls, file, size)
}

func (v *vfs) xSync(_ *libc.TLS, file uintptr, _ int32) int32 {
	h := v.handle(file)
	err := v.d.change(func() {
		h.n.sync()
		if h.journal {
			v.d.in(h.folder).sync()
			h.journal = false
		}
	})
	if err != nil {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	return sqlite3.SQLITE_OK
}

func (v *vfs) xClose(tls *libc.TLS, file uintptr) int32 {
	v.d.mu.Lock()
	h := v.open[file]
	delete(v.open, file)
	v.d.mu.Unlock()
	at[sqlite3.Tsqlite3_file](file).FpMethods = uintptr(unsafe.Pointer(h.base))
	return call[func(*libc.TLS, uintptr) int32](h.base.FxClose)(tls, file)
}

func (v *vfs) xDelete(tls *libc.TLS, _, zName uintptr, syncs int32) int32 {
	path := filepath.Clean(libc.GoString(zName))
	if err := v.d.Remove(path); errors.Is(err, os.ErrNotExist) {
		return sqlite3.SQLITE_IOERR_DELETE_NOENT
	} else if err != nil {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	if syncs != 0 && v.d.Sync(filepath.Dir(path)) != nil {
		return sqlite3.SQLITE_IOERR_DIR_FSYNC
	}
	return sqlite3.SQLITE_OK
}
