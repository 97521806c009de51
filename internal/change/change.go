// Package change finds and grades what later revisions of a PDF did to the revision
// that a signature covers (ISO 32000-2, 7.5.6 and 12.8.2). Every object that a revision
// replaces, frees or adds needs a role that allows that; what no role explains is
// [Other]. The package knows no certificate and no policy: its caller says which
// signatures are intact, and where they end.
package change

import (
	"context"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Level grades what was done to a document.
type Level int

// The levels, from harmless to harmful (attacks.md, D2). Unchecked is the zero
// value: nothing is known.
const (
	Unchecked  Level = iota
	None             // nothing was added
	LTA              // validation data and document timestamps
	Sign             // further valid signatures with their fields
	Form             // form fields were filled in
	Annotation       // annotations were added
	Other            // anything else, or something that could not be understood
)

// Item is one change.
type Item struct {
	Level  Level
	Code   Code
	Object uint32     // its number; 0 if the change concerns no single object
	Field  string     // full name of the field; empty if it concerns none
	Page   int        // from 1; 0 if it is on no page
	Rect   [4]float64 // x, y, width, height in mm from the page's top left corner
	Size   [2]float64 // of that page, in mm; zero if it is not known
	En, Zh string     // the change in words
}

// Revision is what one revision did to the one before it.
type Revision struct {
	Level      Level
	Items      []Item  // at most MaxItems; Level counts all
	Touched    []Touch // fields it changed in any way
	NewVisible bool    // it added its own visible signature field
	Described  bool    // it changed document information, metadata, or the order of tabs
}

// MaxItems limits the list of what one revision changed.
const MaxItems = 200

// Touch is a change of a field. Document timestamps do not count for locks.
type Touch struct {
	Field   string
	Archive bool
}

// Cover is an intact signature, or document timestamp, that ends a revision.
type Cover struct {
	Field   pdf.Ref
	Name    string // full name of the field
	Value   pdf.Ref
	Archive bool // a document timestamp
	Visible bool // a widget of its field has an area
	Places  []Place
	Locks   []*Lock
}

// Place is where a widget is shown, as in [Item]. A widget without an area has a zero
// Rect.
type Place struct {
	Page int
	Rect [4]float64
	Off  bool // it leaves its page
}

// Grade grades the revisions after the first signed one, each against the one before
// it (A3). revs are all revisions of f; first counts from 1. The result has a [Revision] for
// each of revs, the zero one up to first. covers returns what ends a revision, by
// index. A fault of the file becomes a level; Grade returns only errors of ctx and of
// the reader.
func Grade(ctx context.Context, f *pdf.File, revs []pdf.Revision, first int, covers func(i int) []Cover) ([]Revision, error) {
	out := make([]Revision, len(revs))
	if first == len(revs) {
		return out, nil
	}
	prev := f.At(revs[first-1])
	edges, err := readEdges(ctx, prev, revs[first:])
	if err != nil {
		return ungraded(out, first, err)
	}
	// A change of the page tree is Other, so the pages are those of the first signed
	// revision throughout.
	pages := map[uint32]numbered{}
	if err := prev.Pages(func(i int, p pdf.Page) bool { pages[p.Ref.Num] = numbered{i + 1, p}; return true }); err != nil {
		return ungraded(out, first, err)
	}
	shared := &work{xmp: maxXMP, numbers: maxNumbers, members: maxMembers}
	linear, paper := f.LinearizedLength(), newCanvas(prev, pages)
	for i := first; i < len(revs); i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cur := prev.Next(f, revs[i])
		s := &step{pages: pages, prev: prev, cur: cur, rev: revs[i], edges: edges, work: shared, paper: paper}
		if err := cur.CheckAppended(revs[i], revs[i-1].Min); err != nil {
			if !pdf.IsFault(err) {
				return nil, err
			}
			s.other(TwoReadings, err)
		} else if err := s.run(covers(i)); err != nil {
			if !pdf.IsFault(err) {
				return nil, err
			}
			s.other(Unreadable, err)
		}
		if linear > 0 && (linear == revs[i].Min || linear == revs[i].End || linear == f.Size()) {
			s.other(Linearized)
		}
		out[i] = s.Revision
		if err := edges.follow(cur, revs[i].Numbers()); err != nil {
			return ungraded(out, i, err)
		}
		prev = cur
	}
	return out, nil
}

// work is what all revisions together may still read of parts that any of them may make be
// read again (A46).
type work struct {
	xmp     int // bytes of metadata
	numbers int // entries of parent trees
	members int // of lists of the DSS
}

const (
	maxXMP     = 8 << 20
	maxNumbers = 500_000
	maxMembers = 1_000_000
)

// numbered is a page with its number, from 1.
type numbered struct {
	number int
	page   pdf.Page
}

// ungraded gives all revisions from i on the worst level if the file is at fault; it
// returns any other error.
func ungraded(out []Revision, i int, err error) ([]Revision, error) {
	if !pdf.IsFault(err) {
		return nil, err
	}
	for ; i < len(out); i++ {
		out[i] = Revision{Level: Other, Items: []Item{NewItem(Other, Unreadable, err)}}
	}
	return out, nil
}

// The arguments of a change's text that are also its values.
type (
	object uint32
	field  string
	page   int
)

// spot is where something is shown.
type spot struct {
	page int
	rect [4]float64
	size [2]float64
}

// NewItem describes a change. The arguments are those of the code's texts.
func NewItem(level Level, code Code, args ...any) Item {
	it := Item{Level: level, Code: code}
	var said [2][]any
	for _, a := range args {
		switch a := a.(type) {
		case object:
			if it.Object == 0 {
				it.Object = uint32(a)
			}
		case field:
			it.Field = string(a)
		case page:
			it.Page = int(a)
		case spot:
			it.Page, it.Rect, it.Size = a.page, a.rect, a.size
			said[0], said[1] = append(said[0], a.in(0)), append(said[1], a.in(1))
			continue
		}
		said[0], said[1] = append(said[0], a), append(said[1], a)
	}
	it.En, it.Zh = fmt.Sprintf(texts[code][0], said[0]...), fmt.Sprintf(texts[code][1], said[1]...)
	return it
}

// in names the place in English (0) or Chinese (1).
func (s spot) in(lang int) string {
	r := s.rect
	switch {
	case s.page == 0:
		return ""
	case r == [4]float64{}:
		return fmt.Sprintf([2]string{", page %d", "，第 %d 页"}[lang], s.page)
	}
	return fmt.Sprintf([2]string{", page %d at %.0f,%.0f mm, %.0f × %.0f mm", "，第 %d 页 (%.0f, %.0f) 毫米处，%.0f × %.0f 毫米"}[lang],
		s.page, r[0], r[1], r[2], r[3])
}
