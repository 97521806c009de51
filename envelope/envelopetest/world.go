// Package envelopetest has what a host needs to test its own flows: all packages wired
// over a database that the test chooses, providers on loopback, a clock that moves only
// when the test moves it, and the first steps of every flow: a verified person, a
// verified company with a seal and a balance.
package envelopetest

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// Start is when every World begins: a Wednesday afternoon in Beijing.
var Start = time.Date(2026, 3, 4, 8, 30, 0, 0, time.UTC)

// Clock is a clock that moves only when the test moves it. It is safe for concurrent
// use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// World is a host with everything wired. A fault of it ends the test.
type World struct {
	Clock     *Clock
	DB        *store.DB
	Blobs     store.Blobs
	CA        *devca.CA
	Sandbox   *sandbox.Sandbox
	Org       *org.Service
	Seals     *registry.Service
	Billing   *billing.Service
	Envelopes *envelope.Service

	// Finder finds the places of keywords, if it is set.
	Finder envelope.Finder

	t      T
	mu     sync.Mutex
	people []somebody
}

// Terms are the terms in force.
const Terms = "2026-01"

// Password is the password of every person.
const Password = "a password of the test's"

// Config is the configuration of a [World]. The zero value is all in memory. The
// functions, if set, get what the World would use and return what it uses: to count, to
// delay, to fail.
type Config struct {
	Driver      store.Driver // nil: memory
	Blobs       func(store.Blobs) store.Blobs
	SMS         func(org.SMS) org.SMS
	Credentials func(envelope.Credentials) envelope.Credentials
	Timestamper func(signer.Timestamper) signer.Timestamper
	Revocations func(signer.Revocations) signer.Revocations
	Payments    func(billing.Payments) billing.Payments
	Invoices    func(billing.Invoices) billing.Invoices
	Sinks       map[string]envelope.Sink
	Payer       envelope.Payer

	// A World over a database of an earlier World, in this process or another, needs
	// the values of that World.
	Start time.Time       // zero: the constant Start
	Keys  secret.KeySet   // zero: new keys
	CA    *devca.State    // of the earlier World's CA; nil: a new one
	Codes []org.SendLimit // how many codes a phone gets; nil: org's usual limits

	NewID func() string // ids of all rows; nil: random ones. A test that must repeat exactly sets it
}

// or returns f of v, or v if f is nil.
func or[T any](f func(T) T, v T) T {
	if f == nil {
		return v
	}
	return f(v)
}

// New wires a World over a driver; nil is one in memory. The World ends with the test.
func New(t T, driver store.Driver) *World {
	t.Helper()
	return NewWith(t, Config{Driver: driver})
}

// NewWith wires a World. The World ends with the test.
func NewWith(t T, cfg Config) *World {
	t.Helper()
	driver := cfg.Driver
	if driver == nil {
		driver = memory.New()
	}
	w := &World{Clock: &Clock{now: cfg.Start}, t: t}
	if cfg.Start.IsZero() {
		w.Clock.now = Start
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if cfg.NewID == nil {
		cfg.NewID = rand.Text
	}
	ctx := context.Background()
	if cfg.Keys.Current.ID == "" {
		cfg.Keys = Keys()
	}
	keys, err := secret.NewKeys(cfg.Keys)
	must(err)
	w.DB, err = store.Open(ctx, driver, store.Config{Now: w.Clock.Now, NewID: cfg.NewID, Sealer: keys.Rows()},
		org.Tables(), registry.Tables(), billing.Tables(), envelope.Tables())
	must(err)
	t.Cleanup(func() { _ = w.DB.Close() })
	blobs, err := memory.NewBlobs(w.Clock.Now)
	must(err)
	w.Blobs = or[store.Blobs](cfg.Blobs, blobs)
	w.CA, err = devca.New(devca.Config{Now: w.Clock.Now, State: cfg.CA})
	must(err)
	w.Sandbox, err = sandbox.Start(sandbox.Config{Now: w.Clock.Now, CA: w.CA})
	must(err)
	t.Cleanup(func() { _ = w.Sandbox.Close() })
	w.Org, err = org.New(org.Config{DB: w.DB, Keys: keys, SMS: or(cfg.SMS, w.Sandbox.SMS()), Faces: w.Sandbox.FaceChecker(),
		Licences: w.Sandbox.LicenceChecker(), Terms: Terms, ShortLink: "https://s.example.com/", Bank: w.Sandbox.BankPort(),
		Reviewers: w.Sandbox.Reviewers(), Blobs: w.Blobs, Agreement: Terms, Revoker: w.Sandbox.Revoker(),
		Password: org.PasswordCost{KiB: 64, Passes: 1, Lanes: 1}, Codes: cfg.Codes})
	must(err)
	w.Seals, err = registry.New(registry.Config{DB: w.DB, Org: w.Org, Blobs: w.Blobs})
	must(err)
	w.Billing, err = billing.New(billing.Config{DB: w.DB, Org: w.Org, Payments: or(cfg.Payments, w.Sandbox.PaymentPort()),
		Merchant: sandbox.Merchant, Invoices: or(cfg.Invoices, w.Sandbox.InvoicePort()),
		Packages: []billing.Package{{ID: "32", Name: "32 份", Copies: 32, Fen: 9_600}, {ID: "year", Name: "1 份", Copies: 1, Fen: 500, Valid: 365 * 24 * time.Hour}}})
	must(err)
	w.Envelopes, err = envelope.New(envelope.Config{DB: w.DB, Blobs: w.Blobs, Org: w.Org, Seals: w.Seals, Billing: w.Billing,
		Credentials: or(cfg.Credentials, w.Sandbox.Credentials()), Timestamper: or(cfg.Timestamper, w.Sandbox.Timestamper()), Finder: finder{w},
		Revocations: or[signer.Revocations](cfg.Revocations, w.CA), Roots: w.CA.Roots(), Sinks: cfg.Sinks, Payer: cfg.Payer})
	must(err)
	must(w.listen())
	return w
}

// Keys returns new keys, for Config.Keys. The key of the rows is the same in every test, so that
// one World reads what another left.
func Keys() secret.KeySet {
	set := secret.KeySet{Current: secret.Key{ID: "test", Bytes: [32]byte([]byte("the key of tests hides nothing. "))}}
	for _, k := range []*[32]byte{&set.Index, &set.Code} {
		_, _ = rand.Read(k[:]) // it never fails
	}
	return set
}

// finder calls the World's present Finder.
type finder struct{ w *World }

func (f finder) Find(ctx context.Context, file io.ReaderAt, size int64, word string) ([]signer.Place, error) {
	if f.w.Finder == nil {
		return nil, envelope.ErrNoFinder
	}
	return f.w.Finder.Find(ctx, file, size, word)
}

// FindAll calls the present Finder for all words at once, if it can.
func (f finder) FindAll(ctx context.Context, file io.ReaderAt, size int64, words []string) ([][]signer.Place, error) {
	if f.w.Finder == nil {
		return nil, envelope.ErrNoFinder
	}
	if many, ok := f.w.Finder.(interface {
		FindAll(context.Context, io.ReaderAt, int64, []string) ([][]signer.Place, error)
	}); ok {
		return many.FindAll(ctx, file, size, words)
	}
	var out [][]signer.Place
	for _, word := range words {
		places, err := f.w.Finder.Find(ctx, file, size, word)
		if err != nil {
			return nil, err
		}
		out = append(out, places)
	}
	return out, nil
}

// listen receives the providers' callbacks.
func (w *World) listen() error {
	mux := http.NewServeMux()
	for path, take := range map[string]func(context.Context, http.Header, []byte) error{
		"POST /face": w.Org.FaceCallback, "POST /licence": w.Org.LicenceCallback,
		"POST /remittance": w.Org.RemittanceCallback, "POST /payment": w.Billing.PaymentCallback} {
		mux.HandleFunc(path, sandbox.Callback(take))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	w.t.Cleanup(func() { _ = srv.Close() })
	w.Sandbox.SendCallbacksTo("http://" + l.Addr().String())
	return nil
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// codeGap keeps a phone within the limit of ten codes a day.
const codeGap = 3 * time.Hour

// Code moves the clock forward, sends a code to a phone, and reads it from the phone's
// inbox.
func (w *World) Code(phone string, p org.Purpose) secret.Text {
	w.t.Helper()
	w.Clock.Advance(codeGap)
	w.must(w.Org.SendCode(w.t.Context(), phone, p))
	return secret.New(w.Sandbox.Code(phone))
}

// Registered returns a person who has an account but is not verified.
func (w *World) Registered(name, phone string) org.Actor {
	w.t.Helper()
	p, err := w.Org.Register(w.t.Context(), org.Registration{Phone: phone, Code: w.Code(phone, org.PurposeRegister), Name: name,
		Password: secret.New(Password), Terms: Terms})
	w.must(err)
	return org.Actor{Person: p.ID}
}

// Person returns a verified person with their own signature.
func (w *World) Person(name, phone, number string) org.Actor {
	w.t.Helper()
	a := w.Registered(name, phone)
	url, err := w.Org.StartVerification(w.t.Context(), a, org.Details{Name: name, IDNumber: number, Code: w.Code(phone, org.PurposeVerify)})
	w.must(err)
	w.must(w.Sandbox.Pass(w.t.Context(), url))
	_, err = w.Org.ConfirmVerification(w.t.Context(), a)
	w.must(err)
	_, err = w.Seals.Create(w.t.Context(), a, "我的签名", seal.Spec{})
	w.must(err)
	w.know(somebody{a, name, phone, ""})
	w.Meet()
	return a
}

// Meet runs a Step, so that persons who were verified, or moved to another phone, get
// what was sent to them before. Other waiting work is done too; failures are ignored.
func (w *World) Meet() { _, _ = w.Envelopes.Step(w.t.Context()) }

// Company returns a verified company; admin is its main administrator.
func (w *World) Company(admin org.Actor, name, code string) org.Actor {
	w.t.Helper()
	c, err := w.Org.CreateCompany(w.t.Context(), admin, org.NewCompany{Name: name, CreditCode: code})
	w.must(err)
	a := org.Actor{Person: admin.Person, Org: c.ID}
	url, err := w.Org.StartLicenceScan(w.t.Context(), a)
	w.must(err)
	w.must(w.Sandbox.Pass(w.t.Context(), url))
	w.employ(admin, string(a.Org), name)
	return a
}

// employ lets a person act for a company too.
func (w *World) employ(person org.Actor, company, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.people {
		if s.actor.Person == person.Person && s.company == "" {
			w.people = append(w.people, somebody{org.Actor{Person: person.Person, Org: org.CompanyID(company)}, s.name, s.phone, name})
			return
		}
	}
}

// Member adds a verified person to a company.
func (w *World) Member(admin, person org.Actor, name, phone string) org.Actor {
	w.t.Helper()
	link, err := w.Org.Invite(w.t.Context(), admin, name, phone)
	w.must(err)
	w.must(w.Org.Join(w.t.Context(), person, link[strings.LastIndex(link, "/")+1:], w.Code(phone, org.PurposeJoin)))
	w.must(w.Org.Approve(w.t.Context(), admin, person.Person))
	c, err := w.Org.Company(w.t.Context(), admin)
	w.must(err)
	w.employ(person, string(admin.Org), c.Name)
	return org.Actor{Person: person.Person, Org: admin.Org}
}

// Buy buys and pays a package.
func (w *World) Buy(admin org.Actor, packageID string) billing.Order {
	w.t.Helper()
	o, err := w.Billing.Buy(w.t.Context(), admin, packageID, billing.WeChat)
	w.must(err)
	w.must(w.Sandbox.Pass(w.t.Context(), o.QR))
	return o
}

// Signature returns the id of a person's own signature.
func (w *World) Signature(a org.Actor) registry.SealID {
	w.t.Helper()
	list, _, err := w.Seals.List(w.t.Context(), org.Actor{Person: a.Person}, false, "")
	w.must(err)
	if len(list) == 0 {
		w.t.Fatal("the person has no signature")
	}
	return list[0].ID
}

// Sign does what a signer does: it asks for the code and submits with it.
func (w *World) Sign(a org.Actor, phone string, id envelope.ID, c envelope.Choice) (*envelope.Envelope, error) {
	w.t.Helper()
	return w.SignBy(a, phone, id, c, envelope.ByCode)
}

// SignBy is Sign by one method of showing their will (意愿认证): with ByPassword they type
// their password, with ByFace they pass a face check.
func (w *World) SignBy(a org.Actor, phone string, id envelope.ID, c envelope.Choice, m envelope.Methods) (*envelope.Envelope, error) {
	w.t.Helper()
	will, err := w.Will(a, phone, id, c, m)
	if err != nil {
		return nil, err
	}
	return w.Envelopes.Submit(w.t.Context(), a, id, c, will)
}

// Will does the steps before Submit: it sends and reads the code, passes the face
// check, or takes the known password.
func (w *World) Will(a org.Actor, phone string, id envelope.ID, c envelope.Choice, m envelope.Methods) (envelope.Will, error) {
	w.t.Helper()
	ctx := w.t.Context()
	switch m {
	case envelope.ByPassword:
		return envelope.Password(secret.New(Password)), nil
	case envelope.ByFace:
		check, err := w.Envelopes.RequestFace(ctx, a, id, c, "")
		if err != nil {
			return nil, err
		}
		return envelope.Face(check.Token), w.Sandbox.Pass(ctx, check.URL)
	}
	w.Clock.Advance(codeGap)
	if err := w.Envelopes.RequestCode(ctx, a, id, c); err != nil {
		return nil, err
	}
	return envelope.Code(w.Sandbox.Code(phone)), nil
}
