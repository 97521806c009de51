// Package corpus finds the shared PDF samples that tests run over. They are never part
// of the repository. If they are absent a test is skipped with a message, and under
// CI=true it fails.
package corpus

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// File is one sample with what its manifest says about it.
type File struct {
	Path     string // absolute
	Name     string // folder/file
	Expected string // in the manifest's words
	Kind     string // signed, parse
}

// Files returns the samples.
func Files(t testing.TB) []File {
	t.Helper()
	root := dir()
	b, err := os.ReadFile(filepath.Join(root, "MANIFEST.tsv"))
	if err != nil {
		absent(t, err)
	}
	var out []File
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		f := strings.Split(line, "\t")
		if len(f) >= 5 {
			out = append(out, File{filepath.Join(root, f[0]), f[0], f[3], f[4]})
		}
	}
	return out
}

// Folder returns the path of a folder of samples that has no manifest.
func Folder(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(dir(), name)
	if _, err := os.Stat(path); err != nil {
		absent(t, err)
	}
	return path
}

func absent(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("the sample files are absent: %v", err)
	}
	t.Skip("the sample files in shared/corpus beside the repository are absent")
}

// dir returns shared/corpus beside the repository.
func dir() string {
	_, self, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(self), "..", "..", "..", "..", "shared", "corpus")
}
