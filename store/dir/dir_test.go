package dir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/storetest"
)

func open(t testing.TB, root string, now func() time.Time) *dir.Blobs {
	t.Helper()
	b, err := dir.New(root, now)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBlobs(t *testing.T) {
	storetest.RunBlobs(t, func(t testing.TB, now func() time.Time) store.Blobs { return open(t, t.TempDir(), now) })
}

func TestDamagedFile(t *testing.T) {
	root := t.TempDir()
	b := open(t, root, time.Now)
	d, _, err := b.Put(t.Context(), strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	s := d.String()
	path := filepath.Join(root, s[:2], s[2:4], s)
	for _, damaged := range []string{"Content", "conten", "content\n", ""} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := b.Open(t.Context(), d)
		if e, ok := errors.AsType[*store.DigestError](err); !ok || e.Want != d {
			t.Fatalf("%q: got %v, want a DigestError", damaged, err)
		}
	}
	if _, _, err := b.Put(t.Context(), strings.NewReader("content")); err != nil {
		t.Fatal(err)
	}
	f, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatalf("a second Put does not repair the file: %v", err)
	}
	f.Close()
}

func TestCleanRemovesOldTemporaryFiles(t *testing.T) {
	root := t.TempDir()
	b := open(t, root, time.Now)
	temp := filepath.Join(root, "tmp", "put-left")
	if err := os.WriteFile(temp, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	written := time.Now()
	if n, err := b.Clean(t.Context(), written.Add(-time.Hour)); n != 0 || err != nil {
		t.Fatalf("clean within the grace time: %d, %v", n, err)
	}
	if n, err := b.Clean(t.Context(), written.Add(time.Hour)); n != 1 || err != nil {
		t.Fatalf("clean: %d, %v", n, err)
	}
}
