package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ArchiveCommand returns the setting archive_command for a folder. A segment of the log
// gets its name there when it is whole and on the disk, and is never overwritten by
// another.
func ArchiveCommand(folder string) string {
	return strings.ReplaceAll("(cmp -s %p WAL/%f || (test ! -e WAL/%f && cp %p WAL/%f.part && sync WAL/%f.part && mv WAL/%f.part WAL/%f)) && sync WAL", "WAL", folder)
}

// wal and base are where the log is archived and where the base backup is, beside the
// data, where the server runs its commands.
const wal, base = "../wal", "../base"

// Archived starts a server with an archived log, for one test alone.
func Archived(t testing.TB) *Server {
	t.Helper()
	s := New(t, "archive_mode=on", "archive_command="+ArchiveCommand(wal))
	folder := filepath.Join(s.data(), wal)
	if err := errors.Join(os.Mkdir(folder, 0o700), s.owner.own(folder)); err != nil {
		t.Fatal(err)
	}
	return s
}

// BaseBackup copies the server while it works.
func (s *Server) BaseBackup() error {
	return s.run("pg_basebackup", "--dbname="+s.DSN("postgres"), "--pgdata="+filepath.Join(s.data(), base), "--checkpoint=fast")
}

// Now returns a moment for [Server.Restore], by the server's clock: everything
// committed before the call is before it.
func (s *Server) Now() (string, error) {
	return ask[string](s, "SELECT clock_timestamp()::text")
}

// Archive ends the current segment of the log, and waits until it is in the archive.
func (s *Server) Archive() error {
	last, err := ask[string](s, "SELECT pg_walfile_name(pg_switch_wal())")
	if err != nil {
		return err
	}
	for range 600 {
		if _, err := os.Stat(filepath.Join(s.data(), wal, last)); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("pgtest: %s is not archived", last)
}

// Restore starts a server that has ended from its base backup and its archive, as it
// was at a moment. What the archive does not have is lost.
func (s *Server) Restore(moment string) error {
	signal := filepath.Join(s.data(), "recovery.signal")
	err := os.RemoveAll(s.data())
	if err == nil {
		err = os.Rename(filepath.Join(filepath.Dir(s.data()), filepath.Base(base)), s.data())
	}
	if err == nil {
		err = errors.Join(os.WriteFile(signal, nil, 0o600), s.owner.own(signal))
	}
	if err != nil {
		return err
	}
	s.settings = append(s.settings, "restore_command=cp "+wal+"/%f %p", "recovery_target_time="+moment, "recovery_target_action=promote")
	return s.Up()
}
