package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dajiaqian/dajiaqian/store"
)

// Backup writes a copy of the database to a new file, as it is at one moment, while
// everything goes on: Updates and Views do not wait for it, but until it ends the -wal
// file beside the database does not shrink. The copy is compact, one file, for the
// owner alone, and needs the space of the database once.
//
// It lies under path when it was read and found sound from its first page to its last,
// and is on the disk; at any time before, also after a power cut, there is nothing, or
// files .backup-* beside it that may be removed. A path that is taken, also by the -wal
// or -journal of a database that was there, is fs.ErrExist. The end of ctx ends it.
//
// Blobs are not in it: see [store.Backup].
func (d *Driver) Backup(ctx context.Context, path string) error {
	select {
	case <-d.closed:
		return store.ErrClosed
	default:
	}
	path, err := filepath.Abs(path) // never to be taken for a URI
	if err != nil {
		return fmt.Errorf("sqlite: backup: %w", err)
	}
	for _, taken := range []string{path, path + "-wal", path + "-journal"} {
		if _, err := os.Lstat(taken); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sqlite: backup: %s: %w", taken, errors.Join(fs.ErrExist, err))
		}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return fmt.Errorf("sqlite: backup: %w", err)
	}
	err = d.copyTo(ctx, temp.Name())
	if err == nil {
		err = temp.Sync() // the file is SQLite's too
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("sqlite: backup: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("sqlite: backup: %w", err)
	}
	return nil
}

// copyTo fills an empty file, and reads what it has become.
func (d *Driver) copyTo(ctx context.Context, path string) error {
	if _, err := d.pool.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return err
	}
	copied, err := sql.Open("sqlite", dsn(path, "?mode=ro&_pragma=temp_store(MEMORY)", d.vfs))
	if err != nil {
		return err
	}
	var verdict string
	err = copied.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict)
	if err == nil && verdict != "ok" {
		err = errors.New(verdict)
	}
	return errors.Join(err, copied.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
