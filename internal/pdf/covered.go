package pdf

import (
	"context"
	"slices"
	"sync"
)

// CheckCovered returns an error for the first thing in the revisions up to end that a
// reader that repairs files could read otherwise than this package does (A39): an object
// that no section declares, a trailer or an end that is none, a section or an end in a
// form that some readers do not take. Such a file is not at fault for that: its signer
// may have signed it so, and other bytes cannot have been added since.
func (f *File) CheckCovered(ctx context.Context, revs []Revision, end int64) error {
	c := &covered{f: f, end: end}
	rows := 0
	for _, r := range revs {
		for _, s := range r.Sections {
			for _, sub := range s.subs {
				rows += int(sub.count)
			}
		}
	}
	c.starts = make([]int64, 0, rows)
	from, linear := f.base, f.LinearizedLength()
	for i, r := range revs {
		if r.Min > end {
			break
		}
		if i > 0 && linear == r.End {
			return malformed(CodeXRef, f.base, "the first section counts as the newest for some readers")
		}
		if r.folded {
			return malformed(CodeXRef, f.base, "the revisions before the first signature cannot be told apart")
		}
		if err := c.revision(r, from); err != nil {
			return err
		}
		from = r.Min
	}
	slices.Sort(c.starts)
	c.starts = slices.Compact(c.starts) // sections may repeat rows
	return c.scan(ctx)
}

type covered struct {
	f      *File
	end    int64
	starts []int64 // of the objects that sections declare
	tables int
	ends   int
}

// revision checks the form of a revision's sections and of its end, and notes what it
// declares.
func (c *covered) revision(r Revision, from int64) error {
	a := &appended{f: c.f, rev: r, from: from, loose: true, declared: &c.starts}
	for _, s := range r.Sections {
		c.ends++
		for _, part := range []*Section{s, s.Hybrid} {
			switch {
			case part == nil:
			case part.Stream:
				c.starts = append(c.starts, part.Start)
				for _, sub := range part.subs {
					for i := range sub.count {
						if e, err := part.rows.row(sub, i); err == nil && e.Kind == EntryOffset {
							c.starts = append(c.starts, e.Offset)
						}
					}
				}
			default:
				c.tables++
				if err := a.table(part); err != nil {
					return err
				}
			}
		}
	}
	return a.tail(r.Sections[len(r.Sections)-1].End)
}

// chunk is how much of a file is looked at in one piece.
const chunk = 256 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// scan looks for what no section declares.
func (c *covered) scan(ctx context.Context) error {
	pooled, _ := chunks.Get().(*[chunk]byte)
	defer chunks.Put(pooled)
	buf := pooled[:]
	seen := finds{}
	for at := c.f.base; at < c.end; at += chunk - overlap {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(chunk, c.end-at)]
		if n, err := c.f.r.ReadAt(b, at); n < len(b) { // a whole read may come with io.EOF
			return err
		}
		if off := seen.scan(b, at, c.declares); off >= 0 {
			return malformed(CodeObject, off, "bytes that readers take for an object that is not declared")
		}
	}
	if seen.trailers > c.tables || seen.tables > c.tables || seen.starts > c.ends {
		return malformed(CodeXRef, c.f.base, "bytes that readers take for another trailer or end of the file")
	}
	return nil
}

// declares reports whether the object whose number stands at an offset is one that a
// section declares.
func (c *covered) declares(num, _ int64) bool {
	_, ok := slices.BinarySearch(c.starts, num)
	return ok
}
