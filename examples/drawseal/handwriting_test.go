package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeStrokes writes a file of handwriting.
func writeStrokes(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "written.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const strokes = `{"width":600,"height":300,"strokes":[[{"x":50,"y":60,"t":0,"p":0.3},{"x":300,"y":90,"t":80,"p":0.8},{"x":550,"y":50,"t":160,"p":0.2}]]}`

// M41: handwriting becomes a picture or vectors of the size asked for.
func TestStrokes(t *testing.T) {
	written := writeStrokes(t, strokes)
	for file, c := range map[string]struct {
		args []string
		want string
	}{
		"a.png": {nil, "\x89PNG"},
		"b.svg": {nil, `width="40mm"`},
		"c.svg": {[]string{"-size", "60", "-color", "blue"}, `width="60mm"`},
		"d.pdf": {[]string{"-size", "30x10"}, "%PDF-1.4"},
		"e.svg": {[]string{"-color", "#00000080"}, `fill-opacity="0.502"`},
		"f.png": {[]string{"-age", "1", "-dpi", "300"}, "\x89PNG"},
	} {
		out := filepath.Join(t.TempDir(), file)
		if status, errs := exit(t, append(c.args, "-strokes", written, "-out", out)...); status != 0 || errs != "" {
			t.Errorf("%s: exit %d, %s", file, status, errs)
			continue
		}
		data, err := os.ReadFile(out)
		if err != nil || !bytes.Contains(data, []byte(c.want)) {
			t.Errorf("%s lacks %q: %v", file, c.want, err)
		}
	}
}

// The seed of -age decides the bytes.
func TestAge(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, args ...string) []byte {
		out := filepath.Join(dir, name+".png")
		if status, errs := exit(t, append(args, "-style", "公章", "-name", company, "-dpi", "150", "-out", out)...); status != 0 {
			t.Fatal(errs)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	fresh, seven := file("a"), file("b", "-age", "7")
	if !bytes.Equal(seven, file("c", "-age", "7")) {
		t.Error("the same seed wears otherwise")
	}
	for _, other := range [][]byte{fresh, file("d", "-age", "0"), file("e", "-age", "7", "-wear", "0.9")} {
		if bytes.Equal(seven, other) {
			t.Error("another age is the same picture")
		}
	}
}

func TestBadStrokesAndAge(t *testing.T) {
	written := writeStrokes(t, strokes)
	seal := []string{"-style", "公章", "-name", company}
	for _, c := range []struct {
		args []string
		out  string
		says string
	}{
		{[]string{"-strokes", written + "x"}, "a.png", "-strokes"},
		{[]string{"-strokes", t.TempDir()}, "a.png", "not a regular file"},
		{[]string{"-strokes", writeStrokes(t, "{")}, "a.png", "手写签名数据有误"},
		{[]string{"-strokes", writeStrokes(t, `{"width":6,"height":3,"strokes":[]}`)}, "a.png", "请先手写签名"},
		{[]string{"-strokes", written, "-name", company}, "a.png", "-strokes takes no -name"},
		{[]string{"-strokes", written, "-size", "400"}, "a.png", "Width"},
		{[]string{"-strokes", written, "-color", "pink"}, "a.png", "-color"},
		{[]string{"-strokes", written}, "a.gif", ".png, .svg or .pdf"},
		{append([]string{"-age", "7"}, seal...), "a.svg", "-age wears pixels"},
		{append([]string{"-age", "7"}, seal...), "a.pdf", "-age wears pixels"},
		{append([]string{"-age", "x"}, seal...), "a.png", "-age"},
		{append([]string{"-age", "-1"}, seal...), "a.png", "-age"},
		{append([]string{"-age", "1", "-wear", "2"}, seal...), "a.png", "Wear"},
		{append([]string{"-wear", "0.8"}, seal...), "a.png", "-wear goes with -age"},
	} {
		dir := t.TempDir()
		status, errs := exit(t, append(c.args, "-out", filepath.Join(dir, c.out))...)
		if status != 2 || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, %s", c.args, status, errs)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%q leaves %v, %v", c.args, left, err)
		}
	}
}
