package envelope

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// companyName returns the company that an actor acts for; empty in the personal
// edition.
func companyName(st org.Standing) string {
	if st.Company == nil {
		return ""
	}
	return st.Company.Name
}

// reading is an envelope of which a reader was told (抄送我的).
type reading struct {
	ID       string    `json:"id"` // envelope/reader
	Envelope ID        `json:"envelope"`
	Reader   int       `json:"reader"`  // from 1
	Owner    string    `json:"owner"`   // see ownerKey
	NameIx   string    `json:"name_ix"` // keyed index of the reader's name
	Company  string    `json:"company"`
	Subject  string    `json:"subject"`
	At       time.Time `json:"at"`
}

func readerID(envelope string, reader int) string { return taskID(envelope, reader) }

var readings = store.NewTable("envelope_reading", func(r *reading) string { return r.ID },
	store.Text("owner", func(r *reading) string { return r.Owner }),
	store.Text("name_ix", func(r *reading) string { return r.NameIx }),
	store.Text("company", func(r *reading) string { return r.Company }),
	store.Time("at", func(r *reading) time.Time { return r.At })).
	Index("by_owner", "owner", "company", "at").
	Index("by_named", "owner", "name_ix")

// CopiesToMe lists the envelopes of which the actor got a copy in this edition (抄送我的),
// newest first.
func (s *Service) CopiesToMe(ctx context.Context, actor org.Actor, after store.Cursor) ([]Task, store.Cursor, error) {
	return listPage(ctx, s, actor, org.ActionEnvelopeSign, readings, func(st org.Standing) []store.Clause {
		return []store.Clause{store.Where("owner", ownerKey(st.Person.ID, "")), store.Where("company", companyName(st)), store.Desc("at"), store.After(after)}
	}, func(r reading) Task { return Task{r.Envelope, r.Subject, r.At} })
}
