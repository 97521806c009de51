package verify

import (
	"context"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/change"
)

// gradeChanges grades every revision after the first signature against the one before it.
// Every signature gets the worst grade of the revisions that follow it.
func (v *verifier) gradeChanges(ctx context.Context) error {
	first := 0
	for _, c := range v.sigs {
		if c.placed && (first == 0 || c.RevisionNumber < first) {
			first = c.RevisionNumber
		}
	}
	if first == 0 {
		return nil
	}
	grades, err := change.Grade(ctx, v.f, v.revs, first, v.findCovering)
	if err != nil {
		return err
	}
	for _, c := range v.sigs {
		if !c.placed {
			continue
		}
		c.ChangeLevel = ChangeNone
		for i := c.RevisionNumber; i < len(v.revs); i++ { // revision i+1 follows
			g := grades[i]
			c.ChangeLevel = max(c.ChangeLevel, ChangeLevel(g.Level))
			for _, it := range g.Items {
				c.note(i+1, it)
			}
			v.checkPermissions(c, g)
		}
		if v.rep.has(StructTrailingBytes) {
			c.ChangeLevel = ChangeOther
			c.note(len(v.revs), change.NewItem(change.Other, change.TrailingBytes))
		}
	}
	v.checkCertification()
	return nil
}

// Change is one thing that was done to a document after a signature.
type Change struct {
	Level    ChangeLevel
	Code     string     // names the kind, such as FIELD_FILLED
	Revision int        // of the file, from 1, that made it
	Object   uint32     // number of the object; 0 if it concerns no single object
	Field    string     // full name of the field; empty if it concerns none
	Page     int        // from 1; 0 if it is on no page
	Rect     [4]float64 // x, y, width, height in mm from the page's top left corner
	PageSize [2]float64 // width and height of that page in mm; zero if it is not known

	words phrase
}

// Text returns the change in words, without its revision.
func (c Change) Text(lang Language) string { return c.words.in(lang) }

// maxChanges limits a signature's list of changes; its level counts all.
const maxChanges = 1000

// note records a change of a revision.
func (c *candidate) note(revision int, it change.Item) {
	if len(c.Changes) == maxChanges {
		return
	}
	c.Changes = append(c.Changes, Change{
		Level: ChangeLevel(it.Level), Code: string(it.Code), Revision: revision,
		Object: it.Object, Field: it.Field, Page: it.Page, Rect: it.Rect, PageSize: it.Size, words: phrase{it.Zh, it.En},
	})
}

// listChanges returns the changes in words, each with its revision.
func (s Signature) listChanges(lang Language) []string {
	var out []string
	for _, c := range s.Changes {
		out = append(out, c.dated(lang))
	}
	return out
}

// dated returns the change in words, with its revision.
func (c Change) dated(lang Language) string {
	return fmt.Sprintf(phrase{"第 %d 次保存：%s", "revision %d: %s"}.in(lang), c.Revision, c.Text(lang))
}

// findCovering returns the intact signatures that cover revision i whole.
func (v *verifier) findCovering(i int) []change.Cover {
	var out []change.Cover
	for _, c := range v.sigs {
		if c.Intact && c.RevisionNumber == i+1 {
			out = append(out, change.Cover{
				Field: c.field, Name: c.Field, Value: c.ref, Archive: c.Kind == KindTimestamp,
				Visible: c.visible, Places: c.places, Locks: c.locks,
			})
		}
	}
	return out
}
