package org_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// world is a service with ports that record their calls.
type world struct {
	*org.Service
	*orgtest.Clock
	db  *store.DB
	log lockedBuffer

	mu       sync.Mutex
	sent     []org.Message
	smsErr   error
	faces    []org.FaceRequest
	faceErr  error
	licences []org.LicenceRequest
	orders   []org.RemittanceOrder
	bankErr  error
	revoked  []org.Revocation
	staff    map[org.PersonID]bool // the reviewers
	staffErr error
	blobs    *memory.Blobs
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// onAll runs a test on every database.
func onAll(t *testing.T, test func(t *testing.T, w *world)) {
	orgtest.OnAll(t, func(t *testing.T, driver store.Driver) {
		w := newWorld(t, driver)
		t.Cleanup(func() { _ = w.db.Close() })
		test(t, w)
	})
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func newWorld(t orgtest.T, driver store.Driver) *world {
	t.Helper()
	w := &world{Clock: orgtest.NewClock(), staff: map[org.PersonID]bool{}}
	blobs, err := memory.NewBlobs(w.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = blobs
	db, err := store.Open(context.Background(), driver, store.Config{Now: w.Now, NewID: w.NewID, Sealer: sealer()}, org.Tables())
	if err != nil {
		t.Fatal(err)
	}
	w.db = db
	w.Service, err = org.New(w.config(db))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func sealer() *secret.Rows {
	keys, err := secret.NewKeys(keySet())
	if err != nil {
		panic(err)
	}
	return keys.Rows()
}

func (w *world) config(db *store.DB) org.Config {
	keys, err := secret.NewKeys(keySet())
	if err != nil {
		keys = nil
	}
	return org.Config{DB: db, Keys: keys, SMS: sms{w}, Faces: faces{w}, Licences: licences{w}, Terms: "2026-01",
		Bank: bank{w}, Reviewers: staff{w}, Blobs: w.blobs, Agreement: "2026-02", Revoker: revoker{w},
		ShortLink: "https://s.example/", Password: org.PasswordCost{KiB: 16, Passes: 1, Lanes: 1},
		Log: slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

func keySet() secret.KeySet {
	return secret.KeySet{Current: secret.Key{ID: "k1", Bytes: key(1)}, Index: key(2), Code: key(3)}
}

func key(b byte) [32]byte { return [32]byte(bytes.Repeat([]byte{b}, 32)) }

type sms struct{ w *world }

func (s sms) Send(_ context.Context, m org.Message) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.w.smsErr != nil {
		return s.w.smsErr
	}
	s.w.sent = append(s.w.sent, m)
	return nil
}

func (w *world) messages() []org.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]org.Message(nil), w.sent...)
}

// lastTo is the last message to a phone, in clear.
func (w *world) lastTo(t orgtest.T, phone string) string {
	t.Helper()
	all := w.messages()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Phone.Reveal() == phone {
			return all[i].Text.Reveal()
		}
	}
	t.Fatal("no message to " + phone)
	return ""
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// code waits out the send limit, asks for a code and reads it on the phone.
func (w *world) code(t orgtest.T, phone string, p org.Purpose) secret.Text {
	t.Helper()
	w.Pass(4 * time.Hour)
	if err := w.SendCode(context.Background(), phone, p); err != nil {
		t.Fatal(err)
	}
	return secret.New(sixDigits.FindString(w.lastTo(t, phone)))
}

var errNotActive = errors.New("not an active member")

var errForged = errors.New("signature of 13912345678 does not verify")

// callback returns what both providers send; the header is their signature.
func callback(v any) (http.Header, []byte) {
	body, _ := json.Marshal(v)
	return http.Header{"Signed": {"yes"}}, body
}

func parse(h http.Header, body []byte, v any) error {
	if h.Get("Signed") != "yes" {
		return errForged
	}
	return json.Unmarshal(body, v)
}

type faces struct{ w *world }

func (f faces) Start(_ context.Context, r org.FaceRequest) (string, error) {
	f.w.mu.Lock()
	defer f.w.mu.Unlock()
	if f.w.faceErr != nil {
		return "", f.w.faceErr
	}
	f.w.faces = append(f.w.faces, r)
	return "https://face.example/" + r.Session, nil
}

func (faces) ParseCallback(h http.Header, body []byte) (r org.FaceResult, err error) {
	return r, parse(h, body, &r)
}

type licences struct{ w *world }

func (l licences) Start(_ context.Context, r org.LicenceRequest) (string, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.w.licences = append(l.w.licences, r)
	return "https://licence.example/" + r.Session, nil
}

func (licences) ParseCallback(h http.Header, body []byte) (r org.LicenceResult, err error) {
	return r, parse(h, body, &r)
}

type bank struct{ w *world }

func (b bank) Remit(_ context.Context, o org.RemittanceOrder) error {
	b.w.mu.Lock()
	defer b.w.mu.Unlock()
	if b.w.bankErr != nil {
		return b.w.bankErr
	}
	b.w.orders = append(b.w.orders, o)
	return nil
}

func (bank) ParseCallback(h http.Header, body []byte) (r org.RemittanceResult, err error) {
	return r, parse(h, body, &r)
}

type revoker struct{ w *world }

func (r revoker) RevokeCredential(_ context.Context, v org.Revocation) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.revoked = append(r.w.revoked, v)
	return nil
}

type staff struct{ w *world }

func (s staff) Reviewer(_ context.Context, person org.PersonID) (bool, error) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.w.staff[person], s.w.staffErr
}

func (w *world) hire(person org.PersonID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.staff[person] = true
}

// step does all queued work.
func (w *world) step(t orgtest.T) {
	t.Helper()
	for {
		n, err := w.Step(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (w *world) lastFace() org.FaceRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faces[len(w.faces)-1]
}

func (w *world) lastLicence() org.LicenceRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.licences[len(w.licences)-1]
}

func (w *world) face(session string, passed bool) error {
	h, b := callback(org.FaceResult{Session: session, Passed: passed, Transaction: "f-1"})
	return w.FaceCallback(context.Background(), h, b)
}

func (w *world) licence(r org.LicenceRequest, change func(*org.LicenceResult)) error {
	res := org.LicenceResult{Session: r.Session, Passed: true, Company: r.Company, CreditCode: r.CreditCode, LegalPerson: "法人", Transaction: "l-1"}
	change(&res)
	h, b := callback(res)
	return w.LicenceCallback(context.Background(), h, b)
}

const password = "correct horse"

func (w *world) register(t orgtest.T, n int) org.Person {
	t.Helper()
	p, err := w.Register(context.Background(), org.Registration{Phone: orgtest.Phone(n), Code: w.code(t, orgtest.Phone(n), org.PurposeRegister),
		Name: fmt.Sprintf("张%d", n), Password: secret.New(password), Terms: "2026-01"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// details gives the details of the n-th person, with the phone of the same number or of
// another.
func (w *world) details(t orgtest.T, n int, person string, phone ...int) {
	t.Helper()
	_, err := w.StartVerification(context.Background(), org.Actor{Person: org.PersonID(person)}, org.Details{Name: fmt.Sprintf("张%d", n), IDNumber: orgtest.IDNumber(n),
		Code: w.code(t, orgtest.Phone(append(phone, n)[0]), org.PurposeVerify)})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) verified(t orgtest.T, n int) org.Person {
	t.Helper()
	p := w.register(t, n)
	w.details(t, n, string(p.ID))
	orgtest.Must(t, w.face(w.lastFace().Session, true))
	p, err := w.ConfirmVerification(context.Background(), org.Actor{Person: p.ID})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	companyName = "上海测试科技有限公司"
	creditCode  = "91310115591693856A"
)

// startup makes a company that is not verified, and returns its main administrator.
func (w *world) startup(t orgtest.T) org.Actor {
	t.Helper()
	boss := w.verified(t, 1)
	c, err := w.CreateCompany(context.Background(), org.Actor{Person: boss.ID}, org.NewCompany{Name: companyName, CreditCode: creditCode})
	if err != nil {
		t.Fatal(err)
	}
	return org.Actor{Person: boss.ID, Org: c.ID}
}

// firm makes a verified company, and returns its main administrator.
func (w *world) firm(t orgtest.T) org.Actor {
	t.Helper()
	actor := w.startup(t)
	if _, err := w.StartLicenceScan(context.Background(), actor); err != nil {
		t.Fatal(err)
	}
	orgtest.Must(t, w.licence(w.lastLicence(), func(*org.LicenceResult) {}))
	return actor
}

// invite sends the n-th person an invitation and returns its code.
func (w *world) invite(t orgtest.T, actor org.Actor, n int) string {
	t.Helper()
	link, err := w.Invite(context.Background(), actor, fmt.Sprintf("张%d", n), orgtest.Phone(n))
	if err != nil {
		t.Fatal(err)
	}
	return link[len("https://s.example/"):]
}

// member makes the n-th person a verified, active member.
func (w *world) member(t orgtest.T, boss org.Actor, n int) org.Actor {
	t.Helper()
	p := w.verified(t, n)
	orgtest.Must(t, w.Join(context.Background(), org.Actor{Person: p.ID}, w.invite(t, boss, n), w.code(t, orgtest.Phone(n), org.PurposeJoin)))
	orgtest.Must(t, w.Approve(context.Background(), boss, p.ID))
	return org.Actor{Person: p.ID, Org: boss.Org}
}

func (w *world) may(t orgtest.T, actor org.Actor, a org.Action) error {
	t.Helper()
	return w.db.View(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		_, err := w.Inside().Authorize(ctx, tx, actor, a)
		return err
	})
}

func wantCode(t testing.TB, err error, reason org.CodeReason, left int) {
	t.Helper()
	var c *org.CodeError
	if !errors.As(err, &c) || c.Reason != reason || c.Left != left {
		t.Errorf("error is %#v, want a code that is %v with %d left", err, reason, left)
	}
}

func wantLimit(t testing.TB, err error, what string, after time.Duration) {
	t.Helper()
	var l *org.LimitError
	if !errors.As(err, &l) || l.What != what || l.After != after {
		t.Errorf("error is %v, want the %s limit for %v", err, what, after)
	}
}
