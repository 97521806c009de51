package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// A person who closes their account leaves their own drafts and templates. Step erases them,
// some at a time. What was sent stays: others have agreed to it. It has no phone of theirs: see
// forgetPhones.

// closed is an account that was closed, and how far its traces are erased.
type closed struct {
	Person org.PersonID `json:"person"`
	Stage  int          `json:"stage"` // of erasing
	After  store.Cursor `json:"after,omitempty"`
}

var closeds = store.NewTable("envelope_closed", func(c *closed) string { return string(c.Person) })

// noteClosed leaves the work to Step.
func noteClosed(ctx context.Context, tx *store.Tx, person org.PersonID) error {
	return closeds.Put(ctx, tx, closed{Person: person})
}

// eraseBatch is how many rows one transaction goes through.
const eraseBatch = 50

// erasing are the stages. Each does some, and returns where it goes on; empty at its end.
var erasing = []func(ctx context.Context, tx *store.Tx, person org.PersonID, after store.Cursor) (store.Cursor, error){
	eraseTemplates, eraseDrafts,
}

// stepClosed erases what closed accounts have left.
func (s *Service) stepClosed(ctx context.Context) (int, error) {
	for done := 0; ; done++ {
		var waits bool
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			page, err := closeds.Page(ctx, tx, store.Limit(1))
			waits = len(page.Items) > 0
			return err
		})
		if err == nil && waits {
			err = s.db.Update(ctx, eraseSome)
		}
		if err != nil || !waits {
			return done, err
		}
	}
}

func eraseSome(ctx context.Context, tx *store.Tx) error {
	page, err := closeds.Page(ctx, tx, store.Limit(1))
	if err != nil || len(page.Items) == 0 {
		return err
	}
	rec := page.Items[0]
	if rec.V.Stage >= len(erasing) {
		return closeds.Delete(ctx, tx, rec)
	}
	if rec.V.After, err = erasing[rec.V.Stage](ctx, tx, rec.V.Person, rec.V.After); err != nil {
		return err
	}
	if rec.V.After == "" {
		rec.V.Stage++
	}
	return closeds.Update(ctx, tx, rec)
}

func eraseTemplates(ctx context.Context, tx *store.Tx, person org.PersonID, after store.Cursor) (store.Cursor, error) {
	page, err := templates.Page(ctx, tx, store.Where("owner", owner(org.Actor{Person: person})), store.Limit(eraseBatch), store.After(after))
	if err != nil {
		return "", err
	}
	for _, rec := range page.Items {
		if err := templates.Delete(ctx, tx, rec); err != nil {
			return "", err
		}
	}
	return page.Next, nil
}

// eraseDrafts deletes envelopes that were never sent, with their trail.
func eraseDrafts(ctx context.Context, tx *store.Tx, person org.PersonID, after store.Cursor) (store.Cursor, error) {
	page, err := envelopes.Page(ctx, tx, store.Where("sender", owner(org.Actor{Person: person})), store.Desc("created_at"), store.Limit(eraseBatch), store.After(after))
	if err != nil {
		return "", err
	}
	for _, rec := range page.Items {
		if !rec.V.SentAt.IsZero() {
			continue
		}
		for e, err := range events.All(ctx, tx, store.Where("envelope", rec.V.ID)) {
			if err != nil {
				return "", err
			}
			if err := events.Delete(ctx, tx, e); err != nil {
				return "", err
			}
		}
		if err := envelopes.Delete(ctx, tx, rec); err != nil {
			return "", err
		}
	}
	return page.Next, nil
}
