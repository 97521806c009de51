package verify

import (
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// grade is what one revision did to the one before it.
type grade struct {
	level      Change
	list       []finding
	signed     []string // full names of the fields it signed
	touched    []touch  // fields it changed in any way
	newVisible bool     // it brought a visible signature field of its own
}

// touch is a change of a field. Document timestamps do not count for locks.
type touch struct {
	name    string
	archive bool
}

// changes grades every revision behind the first signature, each against the
// one before it, and gives every signature the worst of those that follow it.
func (v *verifier) changes() error {
	first := 0
	for _, c := range v.sigs {
		if c.placed && (first == 0 || c.RevisionNumber < first) {
			first = c.RevisionNumber
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
		for i := c.RevisionNumber; i < len(v.revs); i++ { // revision i+1 follows
			g := grades[i]
			c.Changes = max(c.Changes, g.level)
			for _, f := range g.list {
				c.note(i+1, f)
			}
			v.permitted(c, g)
		}
		if v.rep.has(StructTrailingBytes) {
			c.Changes = ChangeOther
			c.note(len(v.revs), newFinding("bytes behind the last %%EOF"))
		}
	}
	return v.certification()
}

// maxNotes bounds a signature's list of changes; its grade counts all.
const maxNotes = 1000

// note enters a change that came with a revision.
func (c *candidate) note(revision int, f finding) {
	if len(c.ChangeList) == maxNotes {
		return
	}
	c.ChangeList = append(c.ChangeList, fmt.Sprintf("revision %d: %s", revision, f.phrase[English]))
	c.changesZh = append(c.changesZh, fmt.Sprintf("第 %d 次保存：%s", revision, f.phrase[Chinese]))
}

// permitted applies a signature's own DocMDP and FieldMDP to a later revision.
func (v *verifier) permitted(c *candidate, g grade) {
	switch {
	case c.DocMDP == 0:
	case c.DocMDP == 1 && g.level > ChangeLTA, c.DocMDP == 2 && g.level > ChangeForm, g.level > ChangeAnnotation,
		c.DocMDP <= 2 && g.newVisible:
		c.fail(TotalFailed, FormatFailure, SigDocMDP)
	}
	for _, t := range g.touched {
		if !t.archive && c.lock.covers(t.name) {
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
	prev := v.f.At(v.revs[first-1])
	edges, err := v.edges(prev, first)
	if err != nil {
		return v.ungraded(out, first, err)
	}
	// A change of the page tree is ChangeOther, so that its pages are those of the
	// first signed revision throughout.
	pages := map[uint32]placed{}
	if err := prev.Pages(func(i int, p pdf.Page) bool { pages[p.Ref.Num] = placed{i + 1, p}; return true }); err != nil {
		return v.ungraded(out, first, err)
	}
	xmp := 8 << 20
	for i := first; i < len(v.revs); i++ {
		if err := v.ctx.Err(); err != nil {
			return nil, err
		}
		cur := prev.Next(v.f, v.revs[i])
		s := &step{pages: pages, prev: prev, cur: cur, rev: v.revs[i], edges: edges, xmp: &xmp}
		if err := cur.Accounted(v.revs[i], v.revs[i-1].Min); err != nil {
			s.other("%v", err)
		} else if err := s.run(v.covering(i)); err != nil {
			if !isFileFault(err) {
				return nil, err
			}
			s.other("%v", err)
		}
		out[i] = s.grade
		if err := edges.follow(cur, v.revs[i].Numbers()); err != nil {
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
		out[i] = grade{level: ChangeOther, list: []finding{newFinding("%v", err)}}
	}
	return out, nil
}

func isFileFault(err error) bool {
	var bad *pdf.MalformedError
	var big *pdf.LimitError
	return errors.As(err, &bad) || errors.As(err, &big)
}

// covering returns the intact signatures that cover revision i whole.
func (v *verifier) covering(i int) []*candidate {
	var out []*candidate
	for _, c := range v.sigs {
		if c.Intact && c.RevisionNumber == i+1 {
			out = append(out, c)
		}
	}
	return out
}
