package pageview

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/font"
)

// maxFonts is how many bytes the faces of a host may have together.
const maxFonts = 256 << 20

// fontDir is where PDFium looks for faces.
const fontDir = "usr/share/fonts"

// fontFS is a file system in memory that holds faces where PDFium looks for them, and
// nothing else. The sandbox sees no file of the host.
type fontFS map[string][]byte // by the name in fontDir

// newFontFS returns the file system of some faces.
func newFontFS(faces ...[]byte) (fontFS, error) {
	out, total := fontFS{}, 0
	for i, b := range faces {
		if total += len(b); total > maxFonts {
			return nil, &LimitError{"bytes of fonts", maxFonts}
		}
		kind := ".ttf"
		if bytes.HasPrefix(b, []byte("ttcf")) {
			kind = ".ttc"
		}
		out[fmt.Sprintf("%03d%s", i, kind)] = b
	}
	return out, nil
}

// standIns returns the faces that stand in for fonts that a file does not embed: those of
// the host, and the Song face of this library. PDFium has Latin ones of its own.
func standIns(host [][]byte) (fontFS, error) {
	song, err := font.SongTTF()
	if err != nil {
		return nil, err
	}
	return newFontFS(append(slices.Clone(host), song)...)
}

// Open implements fs.FS.
func (f fontFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if dir, file := path.Split(name); dir == fontDir+"/" {
		if b, ok := f[file]; ok {
			return &fontFile{Reader: bytes.NewReader(b), info: fontInfo{file, int64(len(b)), 0o444}}, nil
		}
	}
	if name == "." || name == fontDir || strings.HasPrefix(fontDir, name+"/") {
		return &fontFolder{f: f, name: name}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// fontFile is an open face.
type fontFile struct {
	*bytes.Reader
	info fontInfo
}

func (f *fontFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (*fontFile) Close() error                 { return nil }

// fontFolder is an open directory on the way to the faces, or theirs.
type fontFolder struct {
	f    fontFS
	name string
	read int
}

func (d *fontFolder) Stat() (fs.FileInfo, error) {
	return fontInfo{path.Base(d.name), 0, fs.ModeDir | 0o555}, nil
}
func (*fontFolder) Close() error { return nil }
func (d *fontFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (d *fontFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	all := d.entries()[d.read:]
	if n > 0 && len(all) == 0 {
		return nil, io.EOF
	}
	if n > 0 && n < len(all) {
		all = all[:n]
	}
	d.read += len(all)
	return all, nil
}

func (d *fontFolder) entries() []fs.DirEntry {
	if d.name != fontDir {
		rest := fontDir
		if d.name != "." {
			rest = strings.TrimPrefix(fontDir, d.name+"/")
		}
		next, _, _ := strings.Cut(rest, "/")
		return []fs.DirEntry{fontInfo{next, 0, fs.ModeDir | 0o555}}
	}
	var out []fs.DirEntry
	for name, b := range d.f {
		out = append(out, fontInfo{name, int64(len(b)), 0o444})
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// fontInfo describes a face or a directory.
type fontInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i fontInfo) Name() string               { return i.name }
func (i fontInfo) Size() int64                { return i.size }
func (i fontInfo) Mode() fs.FileMode          { return i.mode }
func (i fontInfo) Type() fs.FileMode          { return i.mode.Type() }
func (i fontInfo) ModTime() time.Time         { return time.Time{} }
func (i fontInfo) IsDir() bool                { return i.mode.IsDir() }
func (i fontInfo) Sys() any                   { return nil }
func (i fontInfo) Info() (fs.FileInfo, error) { return i, nil }
