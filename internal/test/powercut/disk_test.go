package powercut_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/powercut"
)

// write makes a file in a folder with a content, and syncs it if told to.
func write(t *testing.T, d *powercut.Disk, folder, name, content string, synced bool) {
	t.Helper()
	f, err := d.Create(folder, "new-*")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if synced {
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Close(), d.Rename(f.Name(), filepath.Join(folder, name))); err != nil {
		t.Fatal(err)
	}
}

// Synced changes stay, others have each possible fate in some of many cuts, and after a
// cut nothing changes.
func TestRestore(t *testing.T) {
	fates := map[string]int{}
	for seed := range uint64(200) {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "old"), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		d := powercut.New(root, seed)
		if err := d.MkdirAll(filepath.Join(root, "a", "b")); err != nil {
			t.Fatal(err)
		}
		write(t, d, root, "kept", "content", true)
		if err := d.Sync(root); err != nil {
			t.Fatal(err)
		}
		write(t, d, root, "kept", "changed", true)   // its new name is not synced
		write(t, d, root, "content", "gone?", false) // neither is
		if err := d.Remove(filepath.Join(root, "old")); err != nil {
			t.Fatal(err)
		}
		d.CutBefore(1)
		if err := d.Sync(root); !errors.Is(err, powercut.ErrOff) || !d.Off() {
			t.Fatalf("a sync after the cut: %v", err)
		}
		if err := d.Restore(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"kept", "content", "old", "a", "a/b"} {
			b, err := os.ReadFile(filepath.Join(root, name))
			state := string(b)
			if errors.Is(err, os.ErrNotExist) {
				state = "absent"
			}
			fates[name+": "+state]++
		}
	}
	for _, fate := range []string{"kept: content", "kept: changed", "content: gone?", "content: absent",
		"content: ", "content: go", "old: old", "old: absent", "a: ", "a/b: ", "a/b: absent"} {
		if fates[fate] == 0 {
			t.Errorf("%q never came: %v", fate, fates)
		}
	}
	for _, fate := range []string{"kept: absent", "a: absent"} {
		if fates[fate] > 0 {
			t.Errorf("%q, though it was synced", fate)
		}
	}
}
