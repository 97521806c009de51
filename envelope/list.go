package envelope

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Counts is the dashboard's 签署统计 (M62), each exact up to 999.
type Counts struct {
	ToDo       store.Count // 待我处理
	InProgress store.Count // 进行中
	Completed  store.Count // 已完成
	Drafts     store.Count // 草稿
}

// Counts counts what waits for the actor in this edition, and their own envelopes.
func (s *Service) Counts(ctx context.Context, actor org.Actor) (Counts, error) {
	var out Counts
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
		if err != nil {
			return err
		}
		out.ToDo, err = tasks.Count(ctx, tx, store.Where("owner", ownerKey(st.Person.ID, "")), store.Where("company", companyName(st)),
			store.Where("state", int64(taskOpen)))
		if err != nil {
			return err
		}
		for status, to := range map[Status]*store.Count{InProgress: &out.InProgress, Completed: &out.Completed, Draft: &out.Drafts} {
			if *to, err = envelopes.Count(ctx, tx, store.Where("sender", owner(actor)), store.Where("status", int64(status))); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Filter is what [Service.Sent] looks for. Zero fields match everything.
type Filter struct {
	Subject string    // part of the subject
	Party   string    // part of the name of a party or of its company
	Status  Status    // 0: any
	From    time.Time // created at this time or later
	To      time.Time // created before this time
}

func (f *Filter) matches(e *Envelope) bool {
	if !strings.Contains(e.Subject, f.Subject) || !f.From.IsZero() && e.CreatedAt.Before(f.From) ||
		!f.To.IsZero() && !e.CreatedAt.Before(f.To) {
		return false
	}
	for _, p := range e.Parties {
		if strings.Contains(p.Name, f.Party) || strings.Contains(p.Company, f.Party) {
			return true
		}
	}
	return f.Party == ""
}

// Sent lists the actor's own envelopes that match a filter, newest first (最新签署文件,
// M62). It examines at most 2,000 at a time: a page may have few envelopes, or none, and
// still a cursor with which the search continues.
func (s *Service) Sent(ctx context.Context, actor org.Actor, f Filter, after store.Cursor) ([]Envelope, store.Cursor, error) {
	const enough, most = 50, 2000
	which := []store.Clause{store.Where("sender", owner(actor)), store.Desc("created_at")}
	if f.Status != 0 {
		which = append(which, store.Where("status", int64(f.Status)))
	}
	var out []Envelope
	for seen := 0; seen < most && len(out) < enough; {
		page, next, err := listPage(ctx, s, actor, org.ActionEnvelopeCreate, envelopes,
			func(org.Standing) []store.Clause { return append(slices.Clip(which), store.After(after)) },
			func(e record) Envelope { return *e.viewFor(viewer{sender: true}) })
		if err != nil {
			return nil, "", err
		}
		seen += len(page)
		for _, e := range page {
			if f.matches(&e) {
				out = append(out, e)
			}
		}
		after = next
		if next == "" || len(page) > 0 && page[len(page)-1].CreatedAt.Before(f.From) {
			return out, "", nil
		}
	}
	return out, after, nil
}

// listPage returns a page of a table to an actor who has a right: which selects the
// rows, and show converts each.
func listPage[T, U any](ctx context.Context, s *Service, actor org.Actor, right org.Action, t *store.Table[T],
	which func(org.Standing) []store.Clause, show func(T) U) (out []U, next store.Cursor, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, right)
		if err != nil {
			return err
		}
		page, err := t.Page(ctx, tx, which(st)...)
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, show(r.V))
		}
		return nil
	})
	return out, next, err
}

// whole returns a row as it is.
func whole[T any](v T) T { return v }

// Finished lists what the actor has dealt with in this edition, newest first: what they
// signed, and what ended in another way.
func (s *Service) Finished(ctx context.Context, actor org.Actor, after store.Cursor) ([]Task, store.Cursor, error) {
	return s.listTasks(ctx, actor, taskDone, store.Desc("at"), store.After(after))
}

// Tasks lists what waits for the actor in this edition, oldest first (待我处理, M72).
func (s *Service) Tasks(ctx context.Context, actor org.Actor, after store.Cursor) ([]Task, store.Cursor, error) {
	return s.listTasks(ctx, actor, taskOpen, store.Asc("at"), store.After(after))
}

func (s *Service) listTasks(ctx context.Context, actor org.Actor, state taskState, which ...store.Clause) ([]Task, store.Cursor, error) {
	return listPage(ctx, s, actor, org.ActionEnvelopeSign, tasks, func(st org.Standing) []store.Clause {
		return append([]store.Clause{store.Where("owner", ownerKey(st.Person.ID, "")), store.Where("company", companyName(st)),
			store.Where("state", int64(state))}, which...)
	}, func(t task) Task { return Task{t.Envelope, t.Subject, t.At} })
}
