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

// Backup writes a copy of the database, as it is at one moment, to a new file. Updates
// and Views do not wait for it, but the -wal file beside the database does not shrink
// until it ends. The copy is compact, one file, readable by the owner alone, and needs
// the space of the database once.
//
// The file gets the name path only after it was read from its first page to its last,
// found sound, and synced to the disk. At any time before, also after a power cut,
// there is nothing, or there are files .backup-* beside path that may be removed.
// Backup returns fs.ErrExist if path is taken, even if only by the -wal or -journal of
// an earlier database. The end of ctx ends it.
//
// The copy does not hold blobs: see [store.Backup].
func (d *Driver) Backup(ctx context.Context, path string) error {
	select {
	case <-d.closed:
		return store.ErrClosed
	default:
	}
	path, err := filepath.Abs(path) // never read as a URI
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
		err = temp.Sync() // SQLite has written the file
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

// copyTo fills an empty file, and then checks it by reading it.
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
