package billing

import (
	"context"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Source is the 业务系统 of a charge (M58). The zero value is invalid.
type Source int

// The sources.
const (
	Portal Source = iota + 1 // 门户调用
	API                      // 接口调用
)

var sourceNames = [...][2]string{
	Portal: {"portal", "门户调用"},
	API:    {"API", "接口调用"},
}

// String returns the source in English.
func (s Source) String() string { return enum.English("Source", sourceNames[:], s) }

// Zh returns the platform's word.
func (s Source) Zh() string { return enum.Zh("未知", sourceNames[:], s) }

// Charge is a line of the charge list (消费明细, M58).
type Charge struct {
	Envelope string        `json:"envelope"` // id
	Org      org.CompanyID `json:"org"`      // id
	At       time.Time     `json:"at"`       // 消费日期; ShowTime shows it
	Copies   int64         `json:"copies"`   // 消费份数
	Name     string        `json:"name"`     // 消费信封, in full; ShortName shortens it
	Source   Source        `json:"source"`   // 业务系统
}

var charges = store.NewTable("billing_charge", func(c *Charge) string { return c.Envelope },
	store.Text("org", func(c *Charge) string { return string(c.Org) }),
	store.Int("source", func(c *Charge) int64 { return int64(c.Source) }),
	store.Int("month", func(c *Charge) int64 { return int64(monthOf(c.At)) }),
	store.Time("at", func(c *Charge) time.Time { return c.At })).
	Index("by_org", "org", "at").
	Index("by_source", "org", "source", "at").
	Index("by_month", "org", "month", "at").
	Index("by_source_month", "org", "source", "month", "at")

// ChargeFilter narrows the charge list (M59). Its zero value keeps everything.
type ChargeFilter struct {
	From, To time.Time // 起止时间: from From until just before To; zero leaves a side open
	Source   Source    // 业务系统; zero means both
}

const chargePage = 50 // lines

// Charges lists the charges of the actor's company that a filter lets through (M59),
// newest first, up to 50 per page. A cursor continues the list of the same filter. The
// cost of a filter by time depends on the months that it covers, not on later charges.
func (s *Service) Charges(ctx context.Context, actor org.Actor, f ChargeFilter, after store.Cursor) ([]Charge, store.Cursor, error) {
	var out []Charge
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		which := []store.Clause{store.Where("org", actor.Org)}
		if f.Source != 0 {
			which = append(which, store.Where("source", f.Source))
		}
		var err error
		if f.From.IsZero() && f.To.IsZero() {
			out, next, err = chargesOf(ctx, tx, store.After(after), chargePage, which...)
			return err
		}
		out, next, err = chargesBetween(ctx, tx, which, f, after)
		return err
	})
	return out, next, err
}

func chargesOf(ctx context.Context, tx *store.Tx, after store.Clause, limit int, which ...store.Clause) ([]Charge, store.Cursor, error) {
	page, err := charges.Page(ctx, tx, append(slices.Clone(which), store.Desc("at"), after, store.Limit(limit))...)
	out, next := page.Values()
	return out, next, err
}

// chargesBetween goes back month by month until a page is full.
func chargesBetween(ctx context.Context, tx *store.Tx, which []store.Clause, f ChargeFilter, after store.Cursor) ([]Charge, store.Cursor, error) {
	first, last, err := chargedMonths(ctx, tx, which, f)
	if err != nil {
		return nil, "", err
	}
	m, inner, err := splitCursor(after, last)
	if err != nil {
		return nil, "", err
	}
	if after != "" && (m < first || m > last) {
		return nil, "", store.ErrCursor
	}
	var out []Charge
	for m >= first {
		if len(out) == chargePage {
			return out, joinCursor(m, inner), nil
		}
		found, next, err := chargesOf(ctx, tx, store.After(inner), chargePage-len(out), append(slices.Clone(which), store.Where("month", int64(m)))...)
		if err != nil {
			return nil, "", err
		}
		for _, c := range found {
			if f.keeps(c.At) {
				out = append(out, c)
			}
		}
		if inner = next; inner == "" {
			m--
		}
	}
	return out, "", nil
}

// chargedMonths returns the months that the filter and the list have in common.
func chargedMonths(ctx context.Context, tx *store.Tx, which []store.Clause, f ChargeFilter) (first, last month, err error) {
	edge := func(order store.Clause) (month, error) {
		page, err := charges.Light(ctx, tx, append(slices.Clone(which), order, store.Limit(1))...)
		if err != nil || len(page.Items) == 0 {
			return 0, err
		}
		return monthOf(page.Items[0].Time("at")), nil
	}
	if first, err = edge(store.Asc("at")); err != nil {
		return 0, 0, err
	}
	if last, err = edge(store.Desc("at")); err != nil || last == 0 {
		return 1, 0, err // no charge: no months
	}
	if !f.From.IsZero() {
		first = max(first, monthOf(f.From))
	}
	if !f.To.IsZero() {
		last = min(last, monthOf(f.To))
	}
	return first, last, nil
}
