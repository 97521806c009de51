package font

//go:generate /usr/bin/python3 build/subset.py

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the faces
	"io"
	"strings"
	"sync"
)

// The files are built by build/subset.py, which documents their content and the Debian
// packages it needs. LICENSE-song.txt and LICENSE-sans.txt are their licences.
var (
	//go:embed song.ttf.gz
	songFile string
	//go:embed sans.ttf.gz
	sansFile string
)

type parsed struct {
	face *Face
	data []byte
}

var (
	song = sync.OnceValues(func() (parsed, error) { return unpack(songFile) })
	sans = sync.OnceValues(func() (parsed, error) { return unpack(sansFile) })
)

// Song returns the embedded Song face: Noto Serif CJK SC Regular with the
// characters of GB 2312 and of 通用规范汉字表 (8,230 together), ASCII, Latin-1,
// and the punctuation and marks of Chinese documents. It is unpacked once.
func Song() (*Face, error) {
	p, err := song()
	return p.face, err
}

// Sans returns the embedded sans face, "DJQ Sans", which has the metrics of Arial and
// only ASCII: the face of the codes on a seal. It is unpacked once.
func Sans() (*Face, error) {
	p, err := sans()
	return p.face, err
}

// SongTTF returns a copy of the Song face as a TrueType file with quadratic
// outlines (3.6 MB), which a PDF can hold, whole or cut down, as a CIDFontType2.
func SongTTF() ([]byte, error) {
	p, err := song()
	return bytes.Clone(p.data), err
}

func unpack(file string) (parsed, error) {
	z, err := gzip.NewReader(strings.NewReader(file))
	if err != nil {
		return parsed{}, err
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return parsed{}, err
	}
	face, err := Parse(data)
	return parsed{face, data}, err
}
