package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
)

// Finder finds a word in a PDF: it returns the box of each occurrence, in reading
// order. A pageview.Viewer is one. It gets files from strangers, and may be called
// concurrently. If it returns an error, the envelope is not sent.
//
// A Finder may also have the method
//
//	FindAll(ctx context.Context, file io.ReaderAt, size int64, words []string) ([][]signer.Place, error)
//
// which returns the boxes of each word, in their order; it is then called once for all words
// of a file. All files of an envelope are searched within 4 seconds, or it is not sent (T28).
type Finder interface {
	Find(ctx context.Context, file io.ReaderAt, size int64, word string) ([]signer.Place, error)
}

// manyFinder is a Finder that reads a file once for several words.
type manyFinder interface {
	FindAll(ctx context.Context, file io.ReaderAt, size int64, words []string) ([][]signer.Place, error)
}

// searchTime is how long the words of an envelope are searched.
const searchTime = 4 * time.Second

// words are the places of words in documents.
type words map[word][]signer.Place

type word struct {
	file int
	text string
}

// findWords finds the words that boxes of an envelope name, each once.
func (s *Service) findWords(ctx context.Context, e *record, docs [][]byte) (words, error) {
	asked, found := make([][]string, len(docs)), words{}
	for _, p := range e.Parties {
		for _, b := range p.Boxes {
			if b.Keyword != nil && !slices.Contains(asked[b.File], b.Keyword.Word) {
				asked[b.File] = append(asked[b.File], b.Keyword.Word)
			}
		}
	}
	within, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	for i, all := range asked {
		if len(all) == 0 {
			continue
		}
		if s.finder == nil {
			return nil, ErrNoFinder
		}
		spots, err := s.findAll(within, docs[i], all)
		switch {
		case err != nil && ctx.Err() == nil && within.Err() != nil:
			return nil, &FieldError{"box", "M68", fmt.Sprintf("words were not found in %v", searchTime), "文件内容过多，无法按关键字定位"}
		case err != nil:
			return nil, fmt.Errorf("envelope: looking for a keyword: %w", err)
		}
		for n, text := range all {
			found[word{i, text}] = spots[n]
		}
	}
	return found, nil
}

// findAll finds words in one document, at once if the Finder can.
func (s *Service) findAll(ctx context.Context, doc []byte, all []string) ([][]signer.Place, error) {
	if many, ok := s.finder.(manyFinder); ok {
		out, err := many.FindAll(ctx, bytes.NewReader(doc), int64(len(doc)), all)
		if err == nil && len(out) != len(all) {
			err = errors.New("the finder did not answer for every word")
		}
		return out, err
	}
	var out [][]signer.Place
	for _, text := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		spots, err := s.finder.Find(ctx, bytes.NewReader(doc), int64(len(doc)), text)
		if err != nil {
			return nil, err
		}
		out = append(out, spots)
	}
	return out, nil
}

// place finds the places of boxes that have a keyword.
func (w words) place(e *record, boxes []Box) ([]Box, error) {
	var out []Box
	for _, b := range boxes {
		if b.Keyword == nil {
			out = append(out, b)
			continue
		}
		spots, k := w[word{b.File, b.Keyword.Word}], *b.Keyword
		if k.Nth > 0 {
			spots = spots[min(k.Nth-1, len(spots)):min(k.Nth, len(spots))]
		}
		switch {
		case len(spots) == 0 && k.Skip:
			continue
		case len(spots) == 0:
			return nil, &FieldError{"box", "M68", fmt.Sprintf("%q does not stand in %q as often", k.Word, e.Files[b.File].Name),
				fmt.Sprintf("文件《%s》中未找到关键字“%s”", e.Files[b.File].Name, k.Word)}
		case len(spots) > maxBoxes || !b.signs() && len(spots) > 1:
			return nil, &FieldError{"box", "M68", fmt.Sprintf("%q stands in %d places", k.Word, len(spots)), "关键字出现次数过多"}
		}
		first := k.spot(spots[0])
		b.Page, b.X, b.Y = first.Page, first.X, first.Y
		b.Found = nil
		for _, at := range spots[1:] {
			b.Found = append(b.Found, k.spot(at))
		}
		out = append(out, b)
	}
	return out, nil
}

// spot returns the centre of a box that is placed by a word.
func (k *Keyword) spot(at signer.Place) Spot {
	return Spot{at.Page, at.Box.X + at.Box.W/2 + k.DX, at.Box.Y + at.Box.H/2 + k.DY}
}
