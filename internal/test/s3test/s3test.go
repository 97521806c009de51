// Package s3test runs an S3 server, versitygw, for the tests of one binary.
//
// A test package stops it in TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(s3test.Main(m)) }
//
// and each test gets its own bucket with [Bucket].
package s3test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// ErrNoServer says that there is no versitygw in PATH.
var ErrNoServer = errors.New("s3test: no versitygw in PATH")

// shared is the server of this test binary.
var shared struct {
	once   sync.Once
	client *minio.Client
	cmd    *exec.Cmd
	dir    string
	err    error
	count  atomic.Int64
}

// Main runs the tests, then stops the server if one of them started it.
func Main(m interface{ Run() int }) int {
	code := m.Run()
	if shared.cmd == nil {
		return code
	}
	err := shared.cmd.Process.Kill()
	if werr := shared.cmd.Wait(); err != nil {
		err = errors.Join(err, werr)
	}
	if err = errors.Join(err, os.RemoveAll(shared.dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// Bucket makes an empty bucket. If no server is installed the test is skipped, or fails
// if CI is set.
func Bucket(t testing.TB) (*minio.Client, string) {
	t.Helper()
	shared.once.Do(func() { shared.err = start() })
	switch {
	case errors.Is(shared.err, ErrNoServer) && os.Getenv("CI") == "":
		t.Skip(shared.err)
	case shared.err != nil:
		t.Fatal(shared.err)
	}
	name := fmt.Sprint("bucket-", shared.count.Add(1))
	if err := shared.client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	return shared.client, name
}

func start() error {
	bin, err := exec.LookPath("versitygw")
	if err != nil {
		return ErrNoServer
	}
	if shared.dir, err = os.MkdirTemp("", "s3"); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	cmd := exec.Command(bin, "--port", at, "posix", shared.dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+user, "ROOT_SECRET_KEY="+password)
	if err := cmd.Start(); err != nil {
		return err
	}
	shared.cmd = cmd
	if shared.client, err = newClient(at); err != nil {
		return err
	}
	return answers(shared.client)
}

const user, password = "tests", "of-this-machine-alone"

func newClient(at string) (*minio.Client, error) {
	return minio.New(at, &minio.Options{Creds: credentials.NewStaticV4(user, password, ""), Region: "us-east-1"})
}

// Behind returns a client whose requests pass through wrap on their way to the server,
// which [Bucket] has started.
func Behind(t testing.TB, wrap func(http.Handler) http.Handler) *minio.Client {
	t.Helper()
	server := *shared.client.EndpointURL()
	way := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&server)
		r.Out.Host = r.In.Host // the host is signed
	}}
	proxy := httptest.NewServer(wrap(way))
	t.Cleanup(proxy.Close)
	c, err := newClient(proxy.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answers waits until the server answers.
func answers(c *minio.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		_, err := c.ListBuckets(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
