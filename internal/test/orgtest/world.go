package orgtest

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// World is org on a database, with its own clock.
type World struct {
	*Clock
	Org *org.Service
	DB  *store.DB

	mu      sync.Mutex
	texts   map[string]string // phone to the last message
	session string            // of the last check that was opened
}

const (
	terms     = "1"
	link      = "https://s.example/"
	password  = "correct horse"
	pauseCode = 4 * time.Hour // after it another code may be sent to the same phone
)

// New opens a database with org's tables and others.
func New(t T, driver store.Driver, tables ...[]store.AnyTable) *World {
	t.Helper()
	w := &World{Clock: NewClock(), texts: map[string]string{}}
	var err error
	w.DB, err = store.Open(context.Background(), driver, store.Config{Now: w.Now, NewID: w.NewID, Sealer: Keys(t).Rows()}, append(tables, org.Tables())...)
	Must(t, err)
	if c, ok := t.(interface{ Cleanup(func()) }); ok {
		c.Cleanup(func() { _ = w.DB.Close() })
	}
	w.Org, err = org.New(org.Config{
		DB: w.DB, Keys: Keys(t), SMS: carrier{w}, Faces: faces{w}, Licences: licences{w}, Terms: terms,
		ShortLink: link, Password: org.PasswordCost{KiB: 16, Passes: 1, Lanes: 1},
	})
	Must(t, err)
	return w
}

// Keys returns keys that are the same in every test.
func Keys(t T) *secret.Keys {
	t.Helper()
	key := func(b byte) [32]byte { return [32]byte(bytes.Repeat([]byte{b}, 32)) }
	keys, err := secret.NewKeys(secret.KeySet{Current: secret.Key{ID: "k1", Bytes: key(1)}, Index: key(2), Code: key(3)})
	Must(t, err)
	return keys
}

// OnAll runs a test on every database; on PostgreSQL if pgtest.Packages allows it.
func OnAll(t *testing.T, test func(t *testing.T, driver store.Driver)) {
	OnBoth(t, test)
	t.Run("postgres", func(t *testing.T) {
		pgtest.Packages(t)
		test(t, Postgres(t))
	})
}

// Postgres returns a new database for the test on the server of pgtest.
func Postgres(t testing.TB) store.Driver {
	t.Helper()
	d, err := postgres.Open(context.Background(), pgtest.DSN(t), postgres.Config{})
	Must(t, err)
	return d
}

// OnBoth runs a test on every database that needs no server.
func OnBoth(t *testing.T, test func(t *testing.T, driver store.Driver)) {
	t.Run("memory", func(t *testing.T) { test(t, memory.New()) })
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
}

// SQLite returns a database in a file that is deleted with the test.
func SQLite(t testing.TB) store.Driver {
	t.Helper()
	d, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "test.db"), sqlite.Config{})
	Must(t, err)
	return d
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// Code waits out the send limit, asks for a code and reads it on the phone.
func (w *World) Code(t T, phone string, p org.Purpose) secret.Text {
	t.Helper()
	w.Pass(pauseCode)
	Must(t, w.Org.SendCode(context.Background(), phone, p))
	_, err := w.Org.Step(context.Background())
	Must(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	return secret.New(sixDigits.FindString(w.texts[phone]))
}

// Registered makes the n-th person, not verified.
func (w *World) Registered(t T, n int) org.Actor {
	t.Helper()
	p, err := w.Org.Register(context.Background(), org.Registration{
		Phone: Phone(n), Code: w.Code(t, Phone(n), org.PurposeRegister), Name: Name(n), Password: secret.New(password), Terms: terms,
	})
	Must(t, err)
	return org.Actor{Person: p.ID}
}

// Person makes the n-th person, verified.
func (w *World) Person(t T, n int) org.Actor {
	t.Helper()
	ctx, actor := context.Background(), w.Registered(t, n)
	_, err := w.Org.StartVerification(ctx, actor, org.Details{Name: Name(n), IDNumber: IDNumber(n), Code: w.Code(t, Phone(n), org.PurposeVerify)})
	Must(t, err)
	report(t, w.Org.FaceCallback, org.FaceResult{Session: w.session, Passed: true, Transaction: "f"})
	_, err = w.Org.ConfirmVerification(ctx, actor)
	Must(t, err)
	return actor
}

// Firms returns the companies that a test may make.
func Firms() []org.NewCompany {
	return []org.NewCompany{
		{Name: "上海测试科技有限公司", CreditCode: "91310115591693856A"},
		{Name: "福州第二贸易有限公司", CreditCode: "91350100M000100Y43"},
	}
}

// Startup makes one of [Firms], not verified; its main administrator is person 100 + n.
func (w *World) Startup(t T, n int) org.Actor {
	t.Helper()
	boss := w.Person(t, 100+n)
	c, err := w.Org.CreateCompany(context.Background(), boss, Firms()[n])
	Must(t, err)
	return org.Actor{Person: boss.Person, Org: c.ID}
}

// Firm makes one of [Firms], verified.
func (w *World) Firm(t T, n int) org.Actor {
	t.Helper()
	boss, firm := w.Startup(t, n), Firms()[n]
	_, err := w.Org.StartLicenceScan(context.Background(), boss)
	Must(t, err)
	report(t, w.Org.LicenceCallback, org.LicenceResult{
		Session: w.session, Passed: true, Company: firm.Name, CreditCode: firm.CreditCode, LegalPerson: "法人", Transaction: "l",
	})
	return boss
}

// Applicant makes the n-th person apply to a company.
func (w *World) Applicant(t T, boss org.Actor, n int) org.Actor {
	t.Helper()
	ctx, p := context.Background(), w.Person(t, n)
	address, err := w.Org.Invite(ctx, boss, Name(n), Phone(n))
	Must(t, err)
	_, err = w.Org.Step(ctx) // the invitation arrives before the code
	Must(t, err)
	Must(t, w.Org.Join(ctx, p, strings.TrimPrefix(address, link), w.Code(t, Phone(n), org.PurposeJoin)))
	return org.Actor{Person: p.Person, Org: boss.Org}
}

// Member makes the n-th person a member of a company.
func (w *World) Member(t T, boss org.Actor, n int) org.Actor {
	t.Helper()
	a := w.Applicant(t, boss, n)
	Must(t, w.Org.Approve(context.Background(), boss, a.Person))
	return a
}
