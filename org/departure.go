package org

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// departure is a moment at which a member ceased to be active: rights lent to them
// before ended then.
type departure struct {
	ID      string    `json:"id"`
	Company CompanyID `json:"company"`
	Person  PersonID  `json:"person"`
	At      time.Time `json:"at"`
}

var departures = store.NewTable("org_departure", func(d *departure) string { return d.ID },
	store.Text("person", func(d *departure) string { return string(d.Person) }),
	store.Text("company", func(d *departure) string { return string(d.Company) }),
	store.Time("at", func(d *departure) time.Time { return d.At })).
	Index("by_person", "person", "company", "at")

func departed(ctx context.Context, tx *store.Tx, m member) error {
	return departures.Insert(ctx, tx, departure{ID: tx.NewID(), Company: m.Company, Person: m.Person, At: tx.Now()})
}

// Departures returns when a person ceased to be an active member of a company, by being
// disabled or by closing their account, oldest first, inside the caller's transaction.
// A right that was given to them before such a moment ended with it (T2).
func (in Inside) Departures(ctx context.Context, tx *store.Tx, company CompanyID, person PersonID) ([]time.Time, error) {
	if person == "" {
		return nil, nil
	}
	var out []time.Time
	for r, err := range departures.All(ctx, tx, store.Where("person", person), store.Where("company", company), store.Asc("at")) {
		if err != nil {
			return nil, err
		}
		out = append(out, r.V.At)
	}
	return out, nil
}
