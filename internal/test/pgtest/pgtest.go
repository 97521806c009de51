// Package pgtest runs a PostgreSQL server for the tests of one binary.
//
// A test package starts it in TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
// and each test gets its own database with [DSN].
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Runner is a *testing.M.
type Runner interface{ Run() int }

// Server is a server in its own folder, which listens on a socket there.
type Server struct {
	bin, dir string
	owner    owner
	settings []string      // NAME=VALUE, in addition to those of Up
	exited   chan struct{} // closed when the last started server has ended
}

// shared is the server of this test binary, started by the first test that needs a
// database.
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

// DSN makes an empty database on the binary's server and returns its address. If no
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

// Packages skips a test that runs on every store, unless the variable POSTGRES is set.
// The packages' tests take minutes on PostgreSQL, and the suite of store covers most of
// it.
func Packages(t testing.TB) {
	t.Helper()
	if os.Getenv("POSTGRES") == "" {
		t.Skip("POSTGRES=1 runs this on PostgreSQL too")
	}
}

// New starts a server for one test alone, which may [Server.Crash] it.
func New(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := Start(settings...)
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

// Start makes a new server and waits until it answers. Its data is in the folder for
// temporary files, and as durable as that disk. Settings are NAME=VALUE.
func Start(settings ...string) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, settings: settings}
	if s.owner, err = findOwner(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if err := s.owner.own(s.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
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

// Up starts the server, also after [Server.Crash], and waits until it answers. On Linux
// it ends with this process, however this process ends.
func (s *Server) Up() error {
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories="+s.dir,
		"-c", "max_connections=200", "-c", "shared_buffers=256MB")
	for _, setting := range s.settings {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = s.owner.attributes()
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	s.exited = exited
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if s.answers() {
			return nil
		}
		select {
		case <-exited:
			said, _ := os.ReadFile(log.Name())
			return fmt.Errorf("pgtest: the server ended: %s", said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.New("pgtest: the server does not answer")
}

// answers reports whether the server takes writes: one that recovers does not yet.
func (s *Server) answers() bool {
	recovering, err := ask[bool](s, "SELECT pg_is_in_recovery()")
	return err == nil && !recovering
}

// ask returns the single value of a query.
func ask[T any](s *Server, query string, args ...any) (v T, err error) {
	pool, err := sql.Open("pgx", s.DSN("postgres"))
	if err != nil {
		return v, err
	}
	err = pool.QueryRow(query, args...).Scan(&v)
	return v, errors.Join(err, pool.Close())
}

// Crash stops the server as a power cut would: it writes nothing more.
func (s *Server) Crash() error {
	err := s.run("pg_ctl", "-D", s.data(), "-m", "immediate", "stop")
	if err == nil {
		<-s.exited
	}
	return err
}

// Remove stops the server and deletes its folder.
func (s *Server) Remove() error {
	select {
	case <-s.exited:
		return os.RemoveAll(s.dir)
	default:
		return errors.Join(s.Crash(), os.RemoveAll(s.dir))
	}
}

// DSN returns the address of a database of the server.
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

// run runs one of the server's programs as its owner.
func (s *Server) run(program string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = s.owner.attributes()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: %s: %w: %s", program, err, said)
	}
	return nil
}

// Tool returns the path of one of PostgreSQL's programs, such as pg_dump.
func Tool(name string) (string, error) {
	bin, err := find()
	if err != nil {
		return "", err
	}
	return filepath.Join(bin, name), nil
}

// find returns the folder of the server's programs. Debian's newest come before those
// in PATH, which may be wrappers.
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
