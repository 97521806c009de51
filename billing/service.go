package billing

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Package is something to buy (套餐), from the host's catalogue.
type Package struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Copies int64         `json:"copies"` // 份, 1 to MaxCopies
	Fen    int64         `json:"fen"`    // price in fen (分), at least 1
	Valid  time.Duration `json:"valid"`  // how long the copies last from the payment; 0 means for ever
}

func (p *Package) check() error {
	var reason string
	switch {
	case p.ID == "" || p.Name == "":
		reason = "has no id or name"
	case p.Copies < 1 || p.Copies > MaxCopies:
		reason = "has no copies, or too many"
	case p.Fen < 1:
		reason = "has no price"
	case p.Valid < 0:
		reason = "is valid for less than nothing"
	default:
		return nil
	}
	return fmt.Errorf("billing: Config.Packages: package %q %s", p.ID, reason)
}

// Config says what a [Service] needs.
type Config struct {
	DB       *store.DB    // required
	Org      *org.Service // required
	Packages []Package    // required: the catalogue, in the order to show
	Payments Payments     // required
	Merchant string       // required: the account that is paid (收款方)
	Invoices Invoices     // required
	// ChargePersons makes persons pay too. The platform does not do so for now (M52).
	// If it is set, this version refuses to send for persons, because they have nothing
	// to buy yet.
	ChargePersons bool
	Log           *slog.Logger // nil logs nothing
}

// Service keeps balances and bills. It is safe for concurrent use.
type Service struct {
	db            *store.DB
	org           org.Inside
	catalogue     []Package
	packages      map[string]Package
	payments      Payments
	merchant      string
	invoices      Invoices
	chargePersons bool
	log           *slog.Logger
}

// New checks a configuration. Its error names the missing field.
func New(c Config) (*Service, error) {
	if err := fault.Required("billing",
		fault.Field{Name: "DB", OK: c.DB != nil},
		fault.Field{Name: "Org", OK: c.Org != nil},
		fault.Field{Name: "Packages", OK: len(c.Packages) > 0},
		fault.Field{Name: "Payments", OK: c.Payments != nil},
		fault.Field{Name: "Merchant", OK: c.Merchant != ""},
		fault.Field{Name: "Invoices", OK: c.Invoices != nil},
	); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		db: c.DB, org: c.Org.Inside(), packages: map[string]Package{}, payments: c.Payments, merchant: c.Merchant,
		invoices: c.Invoices, chargePersons: c.ChargePersons, log: c.Log,
	}
	for _, p := range c.Packages {
		if err := p.check(); err != nil {
			return nil, err
		}
		if _, twice := s.packages[p.ID]; twice {
			return nil, fmt.Errorf("billing: Config.Packages: package %q twice", p.ID)
		}
		s.packages[p.ID] = p
		s.catalogue = append(s.catalogue, p)
	}
	return s, nil
}

// Once returns this service with an idempotency key (幂等键) of the caller for one
// command, under the rules of [org.Service.Once]. The command and the memory of it are
// one commit. A repetition changes nothing and returns the same order or invoice, in
// its present state. If a provider did not answer, the repetition continues with it. It
// returns [org.ErrKey] if the key comes with another command or other arguments. Reads
// ignore the key. So does [Service.RefreshOrder], each call of which asks again, and so do
// [Service.Hold], [Service.Charge] and [Service.Release], which are part of a command
// of another package and happen once for each envelope.
func (s *Service) Once(key string) *Service {
	c := *s
	c.org = s.org.Once(key)
	return &c
}

// In returns this service, and its org service, on another DB of the same tables: one
// that joins a host's transaction (see [org.Service.In]).
func (s *Service) In(db *store.DB) *Service {
	c := *s
	c.db, c.org = db, s.org.In(db)
	return &c
}

// Packages returns the catalogue (套餐购买, M53).
func (s *Service) Packages() []Package { return append([]Package(nil), s.catalogue...) }

// Tables returns the tables of this package, for [store.Open].
func Tables() []store.AnyTable {
	return []store.AnyTable{accounts, entries, holdings, charges, orders, receipts, invoices}
}
