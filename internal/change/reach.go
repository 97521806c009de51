package change

import "github.com/dajiaqian/dajiaqian/internal/pdf"

// reachNew finds the new objects that the trailer, changed objects and older ones lead to, and
// those that hold others: object streams and the cross-reference stream. A reader that
// repairs files finds every other new object too, so it is an orphan (A37).
func (s *step) reachNew(nums []uint32) error {
	s.reachable, s.holds = map[uint32]bool{}, map[uint32]bool{}
	fresh := map[uint32]uint16{}
	for _, num := range nums {
		e, ok := s.cur.Lookup(num)
		if !ok || e.Kind == pdf.EntryFree {
			continue
		}
		if e.Kind == pdf.EntryCompressed {
			s.reachable[e.Stream], s.holds[e.Stream] = true, true
		}
		if was, had := s.prev.Lookup(num); had && was.Kind != pdf.EntryFree {
			continue
		}
		fresh[num] = e.Gen
		if e.Kind == pdf.EntryOffset && s.cur.IsSection(e.Offset) {
			s.reachable[num] = true
		}
	}
	var queue []uint32
	follow := func(to pdf.Ref, _ pdf.Edge) {
		if gen, ok := fresh[to.Num]; ok && gen == to.Gen && !s.reachable[to.Num] {
			s.reachable[to.Num] = true
			queue = append(queue, to.Num)
		}
	}
	for num, gen := range fresh {
		if len(s.edges.to[num]) > 0 { // an older object named it: see checkAwaited
			follow(pdf.Ref{Num: num, Gen: gen}, pdf.Edge{})
		}
	}
	for _, key := range []pdf.Name{"Root", "Info", "Encrypt"} {
		pdf.Edges(0, s.cur.Trailer().Get(key), follow)
	}
	for _, num := range s.changed {
		if e, ok := s.cur.Lookup(num); ok && e.Kind != pdf.EntryFree {
			o, err := s.cur.Object(pdf.Ref{Num: num, Gen: e.Gen})
			if err != nil {
				return err
			}
			pdf.Edges(num, o, follow)
		}
	}
	for len(queue) > 0 {
		num := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		o, err := s.cur.Object(pdf.Ref{Num: num, Gen: fresh[num]})
		if err != nil {
			return err
		}
		pdf.Edges(num, o, follow)
	}
	return nil
}

// checkOrphan grades a new object that nothing leads to.
func (s *step) checkOrphan(num uint32, o pdf.Object) {
	if _, ok := o.(*pdf.Stream); ok {
		s.other(OrphanStream, object(num))
	} else {
		s.raise(LTA, OrphanAdded, object(num))
	}
}

// checkHolder refuses a new stream that calls itself an object or cross-reference stream
// and is none: readers that repair files read it as one.
func (s *step) checkHolder(num uint32, e pdf.XRefEntry, st *pdf.Stream) {
	switch t := st.Dict.Get("Type"); t {
	case pdf.Name("XRef"):
		if e.Kind != pdf.EntryOffset || !s.cur.IsSection(e.Offset) {
			s.other(ObjectNewKind, object(num), t)
		}
	case pdf.Name("ObjStm"):
		if !s.holds[num] {
			s.other(ObjectNewKind, object(num), t)
		}
	}
}
