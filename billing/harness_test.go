package billing_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/postgres"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// world is the room with real persons and companies, and ports that can be told
// what to answer.
type world struct {
	*billing.Service
	org *org.Service
	db  *store.DB

	mu       sync.Mutex
	now      time.Time
	ids      int
	sms      map[string]string // phone to the text that came last
	session  string            // of the check that was opened last
	asked    []billing.PaymentRequest
	payErr   error
	state    billing.Payment // what Query answers
	queries  int
	invoices []billing.InvoiceRequest
	invErr   error
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

const merchant = "上海市数字证书认证中心"

// catalogue is cheap copies that last, and cheaper ones that do not.
func catalogue() []billing.Package {
	return []billing.Package{
		{ID: "p100", Name: "100份套餐", Copies: 100, Fen: 50000},
		{ID: "p32", Name: "32份套餐", Copies: 32, Fen: 16000},
		{ID: "p5", Name: "5份体验套餐", Copies: 5, Fen: 1000, Valid: 30 * 24 * time.Hour},
	}
}

// onAll runs a test on every database.
func onAll(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t, memory.New())) })
	t.Run("sqlite", func(t *testing.T) { test(t, newWorld(t, openSQLite(t))) })
	t.Run("postgres", func(t *testing.T) {
		pgtest.Rooms(t)
		test(t, newWorld(t, openPostgres(t)))
	})
}

func openSQLite(t testing.TB) store.Driver {
	d, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "billing.db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func openPostgres(t testing.TB) store.Driver {
	d, err := postgres.Open(context.Background(), pgtest.DSN(t), postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func newWorld(t fataler, driver store.Driver) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), sms: map[string]string{}}
	db, err := store.Open(context.Background(), driver, store.Config{Now: w.clock, NewID: w.newID}, org.Tables(), billing.Tables())
	must(t, err)
	if c, ok := t.(interface{ Cleanup(func()) }); ok {
		c.Cleanup(func() { _ = db.Close() })
	}
	w.db = db
	key := func(b byte) [32]byte { return [32]byte(bytes.Repeat([]byte{b}, 32)) }
	keys, err := secret.NewKeys(secret.KeySet{Current: secret.Key{ID: "k", Bytes: key(1)}, Index: key(2), Code: key(3)})
	must(t, err)
	w.org, err = org.New(org.Config{
		DB: db, Keys: keys, SMS: carrier{w}, Faces: faces{w}, Licences: licences{w}, Terms: "1",
		ShortLink: "https://s.example/", Password: org.PasswordCost{KiB: 16, Passes: 1, Lanes: 1},
	})
	must(t, err)
	w.Service, err = billing.New(w.config())
	must(t, err)
	return w
}

func (w *world) config() billing.Config {
	return billing.Config{
		DB: w.db, Org: w.org, Packages: catalogue(), Payments: provider{w}, Merchant: merchant, Invoices: issuer{w},
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("id%06d", w.ids)
}

type carrier struct{ w *world }

func (c carrier) Send(_ context.Context, m org.Message) error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.sms[m.Phone.Reveal()] = m.Text.Reveal()
	return nil
}

type faces struct{ w *world }

func (f faces) Start(_ context.Context, r org.FaceRequest) (string, error) {
	f.w.session = r.Session
	return "https://face.example", nil
}

func (faces) ParseCallback(_ http.Header, body []byte) (r org.FaceResult, err error) {
	return r, json.Unmarshal(body, &r)
}

type licences struct{ w *world }

func (l licences) Start(_ context.Context, r org.LicenceRequest) (string, error) {
	l.w.session = r.Session
	return "https://licence.example", nil
}

func (licences) ParseCallback(_ http.Header, body []byte) (r org.LicenceResult, err error) {
	return r, json.Unmarshal(body, &r)
}

// provider signs its callbacks with HMAC-SHA-256 over the raw body.
type provider struct{ w *world }

func (p provider) Create(_ context.Context, r billing.PaymentRequest) (string, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	if p.w.payErr != nil {
		return "", p.w.payErr
	}
	p.w.asked = append(p.w.asked, r)
	return "https://pay.example/" + r.Order, nil
}

func (provider) ParseCallback(h http.Header, body []byte) (p billing.Payment, err error) {
	if !hmac.Equal([]byte(h.Get("Signature")), []byte(signature(body))) {
		return p, errors.New("bad signature")
	}
	return p, json.Unmarshal(body, &p)
}

func (p provider) Query(context.Context, string) (billing.Payment, error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.queries++
	return p.w.state, p.w.payErr
}

func signature(body []byte) string {
	h := hmac.New(sha256.New, []byte("between provider and merchant"))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// payment is what a provider says of an order that was paid as it should be.
func payment(o billing.Order) billing.Payment {
	return billing.Payment{
		Order: o.ID, Provider: "alipay", Transaction: "t-" + o.ID, Merchant: merchant, Currency: "CNY",
		Fen: o.Package.Fen, Paid: true,
	}
}

func (w *world) report(p billing.Payment) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return w.PaymentCallback(context.Background(), http.Header{"Signature": {signature(body)}}, body)
}

type issuer struct{ w *world }

func (i issuer) Issue(_ context.Context, r billing.InvoiceRequest) (billing.InvoiceResult, error) {
	i.w.mu.Lock()
	defer i.w.mu.Unlock()
	if i.w.invErr != nil {
		return billing.InvoiceResult{}, i.w.invErr
	}
	i.w.invoices = append(i.w.invoices, r)
	return billing.InvoiceResult{Number: "26310000" + r.ID, URL: "https://invoice.example/" + r.ID + ".pdf"}, nil
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

func (w *world) code(t fataler, phone string, p org.Purpose) secret.Text {
	t.Helper()
	w.pass(4 * time.Hour)
	must(t, w.org.SendCode(context.Background(), phone, p))
	_, err := w.org.Step(context.Background())
	must(t, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	return secret.New(sixDigits.FindString(w.sms[phone]))
}

func phoneN(n int) string { return fmt.Sprintf("138%08d", n) }

func idN(n int) string {
	body := fmt.Sprintf("11010519900101%03d", n)
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(body[i]-'0') * weight
	}
	return body + string("10X98765432"[sum%11])
}

func callback[T any](t fataler, take func(context.Context, http.Header, []byte) error, v T) {
	t.Helper()
	body, err := json.Marshal(v)
	must(t, err)
	must(t, take(context.Background(), nil, body))
}

// person makes the n-th person, verified.
func (w *world) person(t fataler, n int) org.Actor {
	t.Helper()
	ctx, name := context.Background(), fmt.Sprintf("张%d", n)
	p, err := w.org.Register(ctx, org.Registration{
		Phone: phoneN(n), Code: w.code(t, phoneN(n), org.PurposeRegister), Name: name,
		Password: secret.New("correct horse"), Terms: "1",
	})
	must(t, err)
	actor := org.Actor{Person: p.ID}
	_, err = w.org.StartVerification(ctx, actor, org.Details{Name: name, IDNumber: idN(n), Code: w.code(t, phoneN(n), org.PurposeVerify)})
	must(t, err)
	callback(t, w.org.FaceCallback, org.FaceResult{Session: w.session, Passed: true, Transaction: "f"})
	_, err = w.org.ConfirmVerification(ctx, actor)
	must(t, err)
	return actor
}

// firms are the companies that a test may make.
var firms = []org.NewCompany{
	{Name: "上海测试科技有限公司", CreditCode: "91310115591693856A"},
	{Name: "福州第二贸易有限公司", CreditCode: "91350100M000100Y43"},
}

// firm makes a company, verified, whose main administrator is person 100 + n.
func (w *world) firm(t fataler, n int) org.Actor {
	t.Helper()
	ctx, boss := context.Background(), w.person(t, 100+n)
	c, err := w.org.CreateCompany(ctx, boss, firms[n])
	must(t, err)
	boss.Org = c.ID
	_, err = w.org.StartLicenceScan(ctx, boss)
	must(t, err)
	callback(t, w.org.LicenceCallback, org.LicenceResult{
		Session: w.session, Passed: true, Company: firms[n].Name, CreditCode: firms[n].CreditCode, LegalPerson: "法人", Transaction: "l",
	})
	return boss
}

// member makes the n-th person a member of a company.
func (w *world) member(t fataler, boss org.Actor, n int) org.Actor {
	t.Helper()
	ctx, p := context.Background(), w.person(t, n)
	link, err := w.org.Invite(ctx, boss, fmt.Sprintf("张%d", n), phoneN(n))
	must(t, err)
	_, err = w.org.Step(ctx) // the invitation arrives before the code
	must(t, err)
	must(t, w.org.Join(ctx, p, strings.TrimPrefix(link, "https://s.example/"), w.code(t, phoneN(n), org.PurposeJoin)))
	must(t, w.org.Approve(ctx, boss, p.Person))
	return org.Actor{Person: p.Person, Org: boss.Org}
}

// buy makes a company's order, not paid.
func (w *world) buy(t fataler, boss org.Actor, id string) billing.Order {
	t.Helper()
	o, err := w.Buy(context.Background(), boss, id, billing.Alipay)
	must(t, err)
	return o
}

// topUp buys a package and pays it.
func (w *world) topUp(t fataler, boss org.Actor, id string) billing.Order {
	t.Helper()
	o := w.buy(t, boss, id)
	must(t, w.report(payment(o)))
	return o
}

func (w *world) update(org string, do func(ctx context.Context, tx *store.Tx) error) error {
	return w.db.Update(context.Background(), do, billing.Lock(org))
}

func (w *world) hold(org, envelope string, copies int64) error {
	return w.update(org, func(ctx context.Context, tx *store.Tx) error {
		return w.Hold(ctx, tx, billing.HoldRequest{Org: org, Envelope: envelope, Copies: copies})
	})
}

func (w *world) charge(org, envelope string, copies int64) error {
	return w.update(org, func(ctx context.Context, tx *store.Tx) error {
		return w.Charge(ctx, tx, billing.ChargeRequest{Org: org, Envelope: envelope, Name: "合同" + envelope, Copies: copies, Source: billing.Portal})
	})
}

func (w *world) release(org, envelope string) error {
	return w.update(org, func(ctx context.Context, tx *store.Tx) error {
		return w.Release(ctx, tx, billing.ReleaseRequest{Org: org, Envelope: envelope})
	})
}

// has holds a balance against what it should be, and the ledger against it.
func (w *world) has(t testing.TB, boss org.Actor, free, held int64) {
	t.Helper()
	b, err := w.Balance(context.Background(), boss)
	if want := (billing.Balance{Free: free, Held: held}); err != nil || b != want {
		t.Errorf("balance is %+v, %v, want %+v", b, err, want)
	}
	if err := w.Audit(context.Background(), boss.Org); err != nil {
		t.Error(err)
	}
}

func must(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error is %v, want %v", err, target)
	}
	if z, ok := err.(interface{ Zh() string }); target != nil && ok && z.Zh() == "" {
		t.Errorf("%v has no Chinese sentence", err)
	}
}

func wantDenied(t testing.TB, err error, reason org.DenyReason) {
	t.Helper()
	var d *org.DeniedError
	if !errors.As(err, &d) || d.Reason != reason {
		t.Errorf("error is %v, want a denial for reason %d", err, reason)
	}
}

func wantFault(t testing.TB, err error, f billing.CallbackFault) {
	t.Helper()
	var c *billing.CallbackError
	if !errors.As(err, &c) || c.Fault != f || !errors.Is(err, billing.ErrCallback) || c.Zh() == "" {
		t.Errorf("error is %v, want a callback that is refused: %v", err, f)
	}
}
