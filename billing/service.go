package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Package is something to buy (套餐), from the host's catalogue.
type Package struct {
	ID     string
	Name   string
	Copies int64
	Fen    int64         // price
	Valid  time.Duration // how long the copies last; 0 is for ever
}

// Config says what a Service needs.
type Config struct {
	DB       *store.DB    // required
	Org      *org.Service // required
	Packages []Package    // required: the catalogue
	Payments Payments     // required
	Merchant string       // required: the account that is paid (收款方)
	Invoices Invoices     // required
	// ChargePersons asks persons to pay too. The platform does not, for now (M52),
	// and this version refuses to send for them if it is set.
	ChargePersons bool
}

// Service keeps balances and bills. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	org      *org.Service
	packages map[string]Package
	payments Payments
	merchant string
	invoices Invoices
	persons  bool
}

// New checks a configuration; its error names the field that is missing.
func New(c Config) (*Service, error) {
	for _, f := range []struct {
		name    string
		missing bool
	}{{"DB", c.DB == nil}, {"Org", c.Org == nil}, {"Packages", len(c.Packages) == 0}, {"Payments", c.Payments == nil},
		{"Merchant", c.Merchant == ""}, {"Invoices", c.Invoices == nil}} {
		if f.missing {
			return nil, errors.New("billing: Config." + f.name + " is required")
		}
	}
	s := &Service{db: c.DB, org: c.Org, packages: map[string]Package{}, payments: c.Payments, merchant: c.Merchant,
		invoices: c.Invoices, persons: c.ChargePersons}
	for _, p := range c.Packages {
		if _, twice := s.packages[p.ID]; twice || p.ID == "" || p.Copies <= 0 || p.Fen < 0 {
			return nil, fmt.Errorf("billing: Config.Packages: package %q is doubled, free of copies or of a negative price", p.ID)
		}
		s.packages[p.ID] = p
	}
	return s, nil
}

// Lock is the lock that a transaction takes which moves a company's balance:
// the balance is one row, and who queues for it does not retry.
func Lock(orgID string) store.Lock { return store.Lock("billing/" + orgID) }

// Source is the 业务系统 of a charge (M58). The zero value is invalid.
type Source int

// The sources.
const (
	Portal Source = iota + 1 // 门户调用
	API                      // 接口调用
)

// Zh returns the platform's word.
func (s Source) Zh() string {
	if s == API {
		return "接口调用"
	}
	return "门户调用"
}

var accounts = store.NewTable("billing_account", func(a *account) string { return a.Org })

// entryKind is what moved copies.
type entryKind string

const (
	entryPurchase entryKind = "purchase"
	entryHold     entryKind = "hold"
	entryRelease  entryKind = "release"
	entryCharge   entryKind = "charge"
)

// entry is one movement. Its id is the key that makes it happen once. Copies is
// how it changes what the company owns: only purchases and charges do.
type entry struct {
	ID     string // kind/order or kind/envelope
	Org    string
	Kind   entryKind
	Copies int64
	At     time.Time
}

var entries = store.NewTable("billing_entry", func(e *entry) string { return e.ID },
	store.Text("org", func(e *entry) string { return e.Org }),
	store.Time("at", func(e *entry) time.Time { return e.At })).
	Index("by_org", "org", "at")

// holding is what an envelope holds until it is charged or released.
type holding struct {
	Envelope string
	Org      string
	Copies   int64
	Takes    []take
	Settled  entryKind // charge or release, empty while it is held
}

var holdings = store.NewTable("billing_hold", func(h *holding) string { return h.Envelope })

// Charge is a line of the charge list (消费明细, M58).
type Charge struct {
	Envelope string // id
	Org      string
	At       time.Time // 消费日期
	Copies   int64     // 消费份数
	Name     string    // 消费信封, whole; ShortName shortens it
	Source   Source    // 业务系统
}

var charges = store.NewTable("billing_charge", func(c *Charge) string { return c.Envelope },
	store.Text("org", func(c *Charge) string { return c.Org }),
	store.Time("at", func(c *Charge) time.Time { return c.At })).
	Index("by_org", "org", "at")

// Tables returns the tables of this room, for store.Open.
func Tables() []store.AnyTable {
	return []store.AnyTable{accounts, entries, holdings, charges, orders, payments, invoices}
}

// withAccount changes a company's balance and writes the entry that says why. An
// entry that exists makes it do nothing: the movement happened before.
func (s *Service) withAccount(ctx context.Context, tx *store.Tx, e entry, change func(a *account) error) error {
	e.At = tx.Now()
	if _, err := entries.Get(ctx, tx, e.ID); err == nil {
		return nil
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	rec, err := accounts.Get(ctx, tx, e.Org)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return err
	}
	rec.V.Org = e.Org
	if err := change(&rec.V); err != nil {
		return err
	}
	if err := entries.Insert(ctx, tx, e); err != nil {
		return err
	}
	if missing {
		return accounts.Insert(ctx, tx, rec.V)
	}
	return accounts.Update(ctx, tx, rec)
}

// Balance is what a company has.
type Balance struct {
	Free int64 // 剩余签署份数: copies that can be sent
	Held int64 // copies of envelopes under way
}

// Balance returns the actor's company's balance.
func (s *Service) Balance(ctx context.Context, actor org.Actor) (Balance, error) {
	var out Balance
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionBillingRead); err != nil {
			return err
		}
		rec, err := accounts.Get(ctx, tx, actor.Org)
		if errors.Is(err, store.ErrNotFound) {
			out = Balance{}
			return nil
		}
		out = Balance{rec.V.free(tx.Now()), rec.V.Held}
		return err
	})
	return out, err
}

// Audit checks that a company's balance is the sum of its ledger. The error is
// an *AuditError if it is not.
func (s *Service) Audit(ctx context.Context, orgID string) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := accounts.Get(ctx, tx, orgID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		var sum int64
		for e, err := range entries.All(ctx, tx, store.Where("org", orgID)) {
			if err != nil {
				return err
			}
			sum += e.V.Copies
		}
		if got := rec.V.total(); got != sum || rec.V.Held < 0 {
			return &AuditError{orgID, got, sum}
		}
		return nil
	})
}
