package change

import (
	"context"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// edgeIndex knows which objects refer to the objects that later revisions change: an
// object reached by a second way may mean something else there. It follows the
// revisions: references from the old version of a changed object no longer count.
type edgeIndex struct {
	targets map[uint32]bool
	to      map[uint32][]pdf.Edge // target → who refers to it
	from    map[uint32][]uint32   // referrer → its targets
	edges   int                   // of all
	moved   int                   // that were looked at to forget some
}

// Limits of references to what changes.
const (
	maxEdges = 1_000_000
	maxMoved = 20_000_000
)

// readEdges reads every object of the first signed revision. later are the revisions
// after it.
func readEdges(ctx context.Context, signed *pdf.File, later []pdf.Revision) (*edgeIndex, error) {
	ix := &edgeIndex{targets: map[uint32]bool{}, to: map[uint32][]pdf.Edge{}, from: map[uint32][]uint32{}}
	for _, r := range later {
		for _, num := range r.Numbers() {
			ix.targets[num] = true
		}
	}
	if len(ix.targets) == 0 {
		return ix, nil
	}
	for num := range parentTree(signed) {
		ix.targets[num] = true
	}
	// Other objects that show the appearances that changed fields had.
	var aps []uint32
	for num := range ix.targets {
		if e, ok := signed.Lookup(num); ok && e.Kind != pdf.EntryFree {
			if o, err := signed.Object(pdf.Ref{Num: num, Gen: e.Gen}); err == nil {
				if d, ok := o.(*pdf.Dict); ok {
					if ap, ok := d.Get("AP").(pdf.Ref); ok {
						aps = append(aps, ap.Num)
					}
				}
			}
		}
	}
	for _, num := range aps {
		ix.targets[num] = true
	}
	if err := ix.scan(ctx, signed); err != nil {
		return nil, err
	}
	// A reference through a separate array or appearance dictionary is judged by what
	// refers to that. So the scan is repeated with those as targets too.
	more := false
	for _, edges := range ix.to {
		for _, e := range edges {
			if e.From == 0 || e.Key != "" && e.Key != "N" && e.Key != "D" && e.Key != "R" && e.Key != "AP" || ix.targets[e.From] {
				continue
			}
			more = true
			ix.targets[e.From] = true
		}
	}
	if more {
		clear(ix.to)
		clear(ix.from)
		ix.edges = 0
		return ix, ix.scan(ctx, signed)
	}
	return ix, nil
}

// scan records every object of a revision, and its trailer.
func (ix *edgeIndex) scan(ctx context.Context, f *pdf.File) error {
	for i, num := range f.Numbers() {
		if i%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if err := ix.note(f, num); err != nil {
			return err
		}
	}
	ix.trailer(f)
	return ix.checkSize()
}

// trailer adds the references of a revision's trailer, which count as object 0's.
func (ix *edgeIndex) trailer(f *pdf.File) {
	for _, e := range f.Trailer().Entries {
		pdf.Edges(0, e.Value, func(to pdf.Ref, _ pdf.Edge) { ix.add(to, pdf.Edge{Key: e.Key}) })
	}
}

func (ix *edgeIndex) add(to pdf.Ref, e pdf.Edge) {
	if !ix.targets[to.Num] || ix.edges > maxEdges {
		return
	}
	if known := ix.to[to.Num]; len(known) > 0 && known[len(known)-1] == e {
		return // the same once more
	}
	ix.edges++
	ix.to[to.Num] = append(ix.to[to.Num], e)
	ix.from[e.From] = append(ix.from[e.From], to.Num)
}

// checkSize returns an error if there are too many references.
func (ix *edgeIndex) checkSize() error {
	switch {
	case ix.edges > maxEdges:
		return &pdf.LimitError{Resource: "REFERENCES", Limit: maxEdges}
	case ix.moved > maxMoved:
		return &pdf.LimitError{Resource: "REFERENCES_MOVED", Limit: maxMoved}
	}
	return nil
}

// note records the references of one object.
func (ix *edgeIndex) note(f *pdf.File, num uint32) error {
	at, o, err := f.Peek(num)
	if err != nil || o == nil {
		return err
	}
	_, stream := o.(*pdf.Stream)
	pdf.Edges(num, o, func(to pdf.Ref, e pdf.Edge) {
		// A trailer is not a part of the document, whatever other streams call
		// themselves.
		if stream && (e.Key == "Root" || e.Key == "Info" || e.Key == "Encrypt") && f.IsSection(at.Offset) {
			return
		}
		ix.add(to, e)
	})
	return nil
}

// follow moves the index from one revision to the next.
func (ix *edgeIndex) follow(f *pdf.File, changed []uint32) error {
	gone, lost := map[uint32]bool{}, map[uint32]bool{}
	for _, num := range append([]uint32{0}, changed...) {
		gone[num] = true
		for _, to := range ix.from[num] {
			lost[to] = true
		}
		delete(ix.from, num)
	}
	for to := range lost {
		if ix.moved += len(ix.to[to]); ix.moved > maxMoved {
			return ix.checkSize()
		}
		ix.edges -= len(ix.to[to])
		ix.to[to] = slices.DeleteFunc(ix.to[to], func(e pdf.Edge) bool { return gone[e.From] })
		ix.edges += len(ix.to[to])
	}
	for _, num := range changed {
		if err := ix.note(f, num); err != nil {
			return err
		}
	}
	ix.trailer(f)
	return ix.checkSize()
}
