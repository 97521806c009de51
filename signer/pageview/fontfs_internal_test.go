package pageview

import (
	"testing"
	"testing/fstest"
)

// TestFontFS holds the file system that the sandbox sees to the contract of io/fs.
func TestFontFS(t *testing.T) {
	f, err := newFontFS([]byte("one"), []byte("ttcf two"))
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(f, "usr/share/fonts/000.ttf", "usr/share/fonts/001.ttc"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"etc/passwd", "usr/share/fonts/002.ttf", "../x", "usr/share/fonts/000.ttf/x"} {
		if _, err := f.Open(name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}
