// Package pgtest runs a PostgreSQL server for the tests of one binary.
//
// A test package starts it in TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// and each test takes a database of its own with [DSN].
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Runner is a *testing.M.
type Runner interface{ Run() int }

// Server is a server in a folder of its own, that listens on a socket there.
type Server struct {
	bin, dir string
	owner    *syscall.Credential // whom the server runs as; nil is who runs the test
}

// shared is the server of this test binary, started by the first test that
// wants a database.
var shared struct {
	once   sync.Once
	server *Server
	err    error
	count  atomic.Int64
}

// ErrNoServer says that no PostgreSQL is installed.
var ErrNoServer = errors.New("pgtest: no PostgreSQL found in /usr/lib/postgresql or PATH")

// Main runs the tests, then stops the server if one of them started it.
func Main(m Runner) int {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

// DSN makes an empty database on the binary's server and names it. Where no
// server is installed the test is skipped, or fails if CI is set.
func DSN(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = Start() })
	need(t, shared.err)
	name := fmt.Sprint("t", shared.count.Add(1))
	if err := shared.server.Create(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	return shared.server.DSN(name)
}

// New starts a server for one test alone, which may [Server.Crash] it.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := Start()
	need(t, err)
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, ErrNoServer) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

// Start makes a new server and waits until it answers. It is as durable as the
// disk it stands on, in the folder for temporary files.
func Start() (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if s.owner, err = owner(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if s.owner != nil {
		if err := os.Chown(s.dir, int(s.owner.Uid), int(s.owner.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(s.dir))
		}
	}
	err = s.run("initdb", "-D", s.data(), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync")
	if err == nil {
		err = s.Up()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Up starts the server after [Server.Crash].
func (s *Server) Up() error {
	options := fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c max_connections=200 -c shared_buffers=256MB", s.dir)
	return s.run("pg_ctl", "-D", s.data(), "-w", "-t", "60", "-l", filepath.Join(s.dir, "log"), "-o", options, "start")
}

// Crash stops the server as a power cut would: it writes nothing more.
func (s *Server) Crash() error { return s.run("pg_ctl", "-D", s.data(), "-m", "immediate", "stop") }

// Remove stops the server and deletes its folder.
func (s *Server) Remove() error {
	return errors.Join(s.run("pg_ctl", "-D", s.data(), "-m", "immediate", "stop"), os.RemoveAll(s.dir))
}

// DSN names a database of the server.
func (s *Server) DSN(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database,
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

// Create makes an empty database.
func (s *Server) Create(ctx context.Context, database string) error {
	pool, err := sql.Open("pgx", s.DSN("postgres"))
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, fmt.Sprintf("CREATE DATABASE %q", database))
	return errors.Join(err, pool.Close())
}

// run runs a program of the server's as its owner.
func (s *Server) run(program string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner, Setsid: true}
	log, err := os.CreateTemp("", "pgtest")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log // a file: the server keeps it open
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("pgtest: %s: %w: %s", program, err, said)
	}
	return nil
}

// find returns the folder of the server's programs, the newest of Debian's
// before what is in PATH: these may be wrappers.
func find() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return release(a) - release(b) })), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", ErrNoServer
}

func release(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// owner is the user postgres when the test runs as root, whom the server refuses.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("pgtest: the server does not run as root: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
