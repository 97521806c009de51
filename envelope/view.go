package envelope

import (
	"context"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// viewer is how an actor may see an envelope.
type viewer struct {
	sender bool
	party  int // from 1; 0 if he is none
	reader int // from 1; 0 if he is none
}

// view loads an envelope for whoever may see it: its sender, its signers, and
// from the moment that they are told its readers. To anyone else there is none
// (T1).
func (s *Service) view(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (store.Rec[Envelope], viewer, error) {
	rec, err := envelopes.Get(ctx, tx, id)
	if err != nil {
		return rec, viewer{}, fault.NotFound(err, ErrNotFound)
	}
	v := viewer{sender: rec.V.Sender == actor}
	if v.sender {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeCreate); err != nil {
			return store.Rec[Envelope]{}, viewer{}, err
		}
	}
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionEnvelopeSign)
	if err == nil {
		v.party, err = rec.V.partyAs(st)
	}
	if err == nil || v.sender {
		return rec, v, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return store.Rec[Envelope]{}, viewer{}, err
	}
	for i, r := range rec.V.Readers {
		if !r.is(st) || r.Company != companyName(st) {
			continue
		}
		if _, err := readings.Get(ctx, tx, readerID(id, i+1)); err != nil { // not told yet
			return store.Rec[Envelope]{}, viewer{}, fault.NotFound(err, ErrNotFound)
		}
		return rec, viewer{reader: i + 1}, nil
	}
	return store.Rec[Envelope]{}, viewer{}, ErrNotFound
}

// companyName is the company that an actor acts for, empty in the personal edition.
func companyName(st org.Standing) string {
	if st.Company == nil {
		return ""
	}
	return st.Company.Name
}

// reading is an envelope that a reader was told of (抄送我的).
type reading struct {
	ID       string // envelope/reader
	Envelope string
	Reader   int    // from 1
	Owner    string // see ownerKey
	Name     string
	Company  string
	Subject  string
	At       time.Time
}

func readerID(envelope string, reader int) string { return taskID(envelope, reader) }

var readings = store.NewTable("envelope_reading", func(r *reading) string { return r.ID },
	store.Text("owner", func(r *reading) string { return r.Owner }),
	store.Text("name", func(r *reading) string { return r.Name }),
	store.Text("company", func(r *reading) string { return r.Company }),
	store.Time("at", func(r *reading) time.Time { return r.At })).
	Index("by_owner", "owner", "company", "at").
	Index("by_name", "owner", "name")

// CopiesToMe lists what the actor was sent a copy of in this edition (抄送我的), newest
// first.
func (s *Service) CopiesToMe(ctx context.Context, actor org.Actor, after store.Cursor) ([]Task, store.Cursor, error) {
	return listed(ctx, s, actor, org.ActionEnvelopeSign, readings, func(st org.Standing) []store.Clause {
		return []store.Clause{store.Where("owner", ownerKey(st.Person.ID, "")), store.Where("company", companyName(st)), store.Desc("at"), store.After(after)}
	}, func(r reading) Task { return Task{r.Envelope, r.Subject, r.At} })
}
