package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

// convert makes a page of a picture, recognised by its content.
func (j *job) convert(ctx context.Context, f *os.File) error {
	head := make([]byte, 8)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.HasPrefix(head[:n], []byte("\x89PNG")) && !bytes.HasPrefix(head[:n], []byte{0xff, 0xd8, 0xff}) {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := signer.ImageToPDF(ctx, &b, f, signer.ImageOptions{}); err != nil {
		return err
	}
	j.r, j.size = bytes.NewReader(b.Bytes()), int64(b.Len())
	return nil
}

func (o *options) picture() (signer.Appearance, error) {
	f, err := os.Open(o.seal)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const limit = 11 << 20 // NewPicture refuses more
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, err
	}
	p, err := signer.NewPicture(b, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.seal, err)
	}
	return p, nil
}

// onKeyword finds the places of -keyword: the nth of all matches, or of those on each
// page that -pages names.
func (o *options) onKeyword(ctx context.Context, j *job, w, h float64) ([]signer.Place, error) {
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "dajiaqian-pageview")
	}
	v, err := pageview.New(ctx, pageview.Config{CacheDir: cache})
	if err != nil {
		return nil, err
	}
	defer v.Close()
	doc, err := v.Open(ctx, j.r, j.size, j.password)
	if err != nil {
		return nil, err
	}
	defer doc.Close()
	all, err := doc.Find(ctx, o.keyword)
	if err != nil {
		return nil, err
	}
	groups := [][]pageview.Match{all}
	if o.pages != "" {
		pages, err := pageList("pages", o.pages, j.pages)
		if err != nil {
			return nil, err
		}
		groups = nil
		for _, p := range pages {
			groups = append(groups, slices.DeleteFunc(slices.Clone(all), func(m pageview.Match) bool { return m.Page != p }))
		}
	}
	dx, dy := 0.0, 0.0
	if o.offset != "" {
		d, err := numbers("offset", o.offset, 2)
		if err != nil {
			return nil, err
		}
		dx, dy = d[0], d[1]
	}
	var out []signer.Place
	for _, found := range groups {
		i := o.nth - 1
		if o.nth < 0 {
			i = len(found) + o.nth
		}
		if o.nth == 0 || i < 0 || i >= len(found) {
			return nil, fmt.Errorf("keyword %q stands in %d places here, not in %d", o.keyword, len(found), o.nth)
		}
		m := found[i]
		out = append(out, signer.Place{Page: m.Page,
			Box: signer.Around(m.Box.X+m.Box.W/2+dx, m.Box.Y+m.Box.H/2+dy, w, h)})
	}
	return out, nil
}
