package verify

import (
	"errors"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// grade is what one revision did to the one before it.
type grade struct {
	level  Change
	list   []string
	signed []string // full names of the fields it signed
}

// changes grades every revision behind the first signature, each against the
// one before it, and gives every signature the worst of those that follow it.
func (v *verifier) changes() error {
	first := 0
	for _, c := range v.sigs {
		if c.placed && (first == 0 || c.Revision < first) {
			first = c.Revision
		}
	}
	if first == 0 {
		return nil
	}
	grades, err := v.gradeAll(first)
	if err != nil {
		return err
	}
	for _, c := range v.sigs {
		if !c.placed {
			continue
		}
		c.Changes = ChangeNone
		for i := c.Revision; i < len(v.revs); i++ { // revision i+1 follows
			g := grades[i]
			c.Changes = max(c.Changes, g.level)
			for _, line := range g.list {
				c.ChangeList = append(c.ChangeList, fmt.Sprintf("revision %d: %s", i+1, line))
			}
			v.permitted(c, g)
		}
		if v.rep.has(StructTrailingBytes) {
			c.Changes = ChangeOther
			c.ChangeList = append(c.ChangeList, "bytes behind the last %%EOF")
		}
	}
	return v.certification()
}

// permitted applies a signature's own DocMDP and FieldMDP to a later revision.
func (v *verifier) permitted(c *candidate, g grade) {
	if c.DocMDP == 1 && g.level > ChangeLTA {
		c.fail(TotalFailed, FormatFailure, SigDocMDP)
	}
	if c.DocMDP == 2 && g.level > ChangeForm {
		c.fail(TotalFailed, FormatFailure, SigDocMDP)
	}
	for _, name := range g.signed {
		if c.lock.covers(name) {
			c.fail(TotalFailed, FormatFailure, SigFieldLock)
		}
	}
}

// certification holds A28: at most one certification, and it comes first.
func (v *verifier) certification() error {
	for i, c := range v.sigs {
		if c.DocMDP > 0 && i > 0 {
			c.fail(TotalFailed, FormatFailure, SigDocMDP)
		}
	}
	return nil
}

// gradeAll returns the grades of the revisions behind first, by index.
func (v *verifier) gradeAll(first int) ([]grade, error) {
	out := make([]grade, len(v.revs))
	if first == len(v.revs) {
		return out, nil
	}
	prev, err := v.revision(first - 1)
	if err != nil {
		return v.ungraded(out, first, err)
	}
	edges, err := v.edges(prev, first)
	if err != nil {
		return v.ungraded(out, first, err)
	}
	for i := first; i < len(v.revs); i++ {
		if err := v.ctx.Err(); err != nil {
			return nil, err
		}
		cur, err := v.revision(i)
		if err != nil {
			return v.ungraded(out, i, err)
		}
		s := &step{prev: prev, cur: cur, rev: v.revs[i], edges: edges}
		if err := cur.Accounted(v.revs[i], v.revs[i-1].Min); err != nil {
			s.other("%v", err)
		} else if err := s.run(v.covering(i)); err != nil {
			if !isFileFault(err) {
				return nil, err
			}
			s.other("%v", err)
		}
		out[i] = s.grade
		if err := edges.note(cur, v.revs[i].Numbers()); err != nil {
			return v.ungraded(out, i, err)
		}
		prev = cur
	}
	return out, nil
}

// ungraded gives all revisions from i on the worst grade, if the file is at
// fault; any other error goes up.
func (v *verifier) ungraded(out []grade, i int, err error) ([]grade, error) {
	if !isFileFault(err) {
		return nil, err
	}
	for ; i < len(out); i++ {
		out[i] = grade{level: ChangeOther, list: []string{err.Error()}}
	}
	return out, nil
}

func isFileFault(err error) bool {
	var bad *pdf.MalformedError
	var big *pdf.LimitError
	return errors.As(err, &bad) || errors.As(err, &big)
}

// revision opens the file as it was in revision i.
func (v *verifier) revision(i int) (*pdf.File, error) {
	if i == len(v.revs)-1 {
		return v.f, nil
	}
	end := v.revs[i].End
	return pdf.Open(io.NewSectionReader(v.r, 0, end), end, pdf.DefaultLimits())
}

// covering returns the intact signatures that cover revision i whole.
func (v *verifier) covering(i int) []*candidate {
	var out []*candidate
	for _, c := range v.sigs {
		if c.Intact && c.Revision == i+1 {
			out = append(out, c)
		}
	}
	return out
}

// edgeIndex knows who refers to the objects that later revisions change: an
// object reached by a second way may mean something else there.
type edgeIndex struct {
	targets map[uint32]bool
	to      map[uint32][]pdf.Edge
}

// edges reads every object of the first signed revision.
func (v *verifier) edges(signed *pdf.File, first int) (*edgeIndex, error) {
	ix := &edgeIndex{targets: map[uint32]bool{}, to: map[uint32][]pdf.Edge{}}
	for _, r := range v.revs[first:] {
		for _, num := range r.Numbers() {
			ix.targets[num] = true
		}
	}
	return ix, ix.note(signed, signed.Numbers())
}

func (ix *edgeIndex) note(f *pdf.File, nums []uint32) error {
	for _, num := range nums {
		e, ok := f.Lookup(num)
		if !ok || e.Kind == pdf.EntryFree {
			continue
		}
		o, err := f.Object(pdf.Ref{Num: num, Gen: e.Gen})
		if err != nil {
			return err
		}
		pdf.Edges(num, o, func(to pdf.Ref, e pdf.Edge) {
			if ix.targets[to.Num] {
				ix.to[to.Num] = append(ix.to[to.Num], e)
			}
		})
	}
	return nil
}
