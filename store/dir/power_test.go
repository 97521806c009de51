package dir_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/powercut"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
)

// TestPowerCut cuts the power at random moments of one directory's life: what Put
// returned is there afterwards, whole.
func TestPowerCut(t *testing.T) {
	cuts := 150
	if testing.Short() {
		cuts = 30
	}
	if lost := powerCuts(t, cuts, func(d *powercut.Disk) dir.Files { return d }); lost > 0 {
		t.Errorf("%d blobs are lost", lost)
	}
}

// deaf is a disk that ignores some of the syncs.
type deaf struct {
	*powercut.Disk
	files   bool                   // an fsync of a file
	folders func(path string) bool // an fsync of one of these folders
}

type deafFile struct{ dir.File }

func (deafFile) Sync() error { return nil }

func (d deaf) Create(folder, pattern string) (dir.File, error) {
	f, err := d.Disk.Create(folder, pattern)
	if err == nil && d.files {
		f = deafFile{f}
	}
	return f, err
}

func (d deaf) Sync(folder string) error {
	if d.folders != nil && d.folders(folder) {
		return nil
	}
	return d.Disk.Sync(folder)
}

// TestPowerCutFinds: leaving out any one of the syncs loses blobs.
func TestPowerCutFinds(t *testing.T) {
	depth := func(n int) func(string) bool {
		return func(path string) bool {
			_, below, _ := strings.Cut(filepath.ToSlash(path)+"/", "/blobs/")
			return strings.Count(below, "/") == n
		}
	}
	for name, d := range map[string]deaf{
		"files":                    {files: true},
		"folders of blobs":         {folders: depth(2)},
		"folders above those":      {folders: depth(1)},
		"the directory":            {folders: depth(0)},
		"what the directory is in": {folders: func(path string) bool { return filepath.Base(path) != "blobs" && depth(0)(path) }},
	} {
		lost := 0
		for range 20 {
			lost += powerCuts(t, 5, func(disk *powercut.Disk) dir.Files { d.Disk = disk; return d })
		}
		t.Logf("without syncs of %s: %d blobs lost", name, lost)
		if lost == 0 {
			t.Errorf("nothing was lost without syncs of %s", name)
		}
	}
}

// powerCuts returns how many blobs that Put returned are missing or damaged after the
// next cut.
func powerCuts(t *testing.T, cuts int, on func(*powercut.Disk) dir.Files) (lost int) {
	t.Helper()
	seed := rand.Uint64()
	chance := rand.New(rand.NewPCG(seed, 1))
	folder := t.TempDir()
	disk := powercut.New(folder, seed)
	root := filepath.Join(folder, "blobs")
	put := map[store.Digest]bool{}
	for n := range cuts {
		disk.CutBefore(1 + chance.IntN(150))
		b, err := dir.NewOn(on(disk), root, time.Now)
		for i := 0; err == nil; i++ {
			// The first half of the content was there before.
			content := strings.Repeat(fmt.Sprintf("blob %d of %d\n", i/2, n-i%2), 1+chance.IntN(3000))
			var d store.Digest
			if d, _, err = b.Put(t.Context(), strings.NewReader(content)); err == nil {
				put[d] = true
			}
			if err == nil && i%5 == 4 {
				if err = b.Delete(t.Context(), d, time.Now().Add(time.Hour)); err == nil || disk.Off() {
					delete(put, d)
				}
			}
		}
		if !disk.Off() || !errors.Is(err, powercut.ErrOff) {
			t.Fatalf("seed %d: it ended with the power on: %v", seed, err)
		}
		if err := disk.Restore(); err != nil {
			t.Fatal(err)
		}
		if b, err = dir.New(root, time.Now); err != nil {
			t.Fatal(err)
		}
		for d := range put {
			f, err := b.Open(t.Context(), d)
			if err != nil {
				t.Logf("seed %d, cut %d: %v", seed, n, err)
				lost++
				continue
			}
			f.Close()
		}
		clear(put)
	}
	return lost
}
