package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// world is the rights half with real persons and companies.
type world struct {
	*registry.Service
	org   *org.Service
	db    *store.DB
	blobs *memory.Blobs

	mu      sync.Mutex
	now     time.Time
	ids     int
	sms     map[string]string // phone to the text that came last
	session string            // of the check that was opened last
	boss    org.Actor         // of the firm that was made last
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// onBoth runs a test on every database that needs no server.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t, memory.New())) })
	t.Run("sqlite", func(t *testing.T) {
		d, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "seal.db"), sqlite.Config{})
		must(t, err)
		test(t, newWorld(t, d))
	})
}

func newWorld(t fataler, driver store.Driver) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), sms: map[string]string{}}
	db, err := store.Open(context.Background(), driver, store.Config{Now: w.clock, NewID: w.newID}, org.Tables(), registry.Tables())
	must(t, err)
	if c, ok := t.(interface{ Cleanup(func()) }); ok {
		c.Cleanup(func() { _ = db.Close() })
	}
	w.db = db
	w.blobs, err = memory.NewBlobs(w.clock)
	must(t, err)
	key := func(b byte) [32]byte { return [32]byte(bytes.Repeat([]byte{b}, 32)) }
	keys, err := secret.NewKeys(secret.KeySet{Current: secret.Key{ID: "k", Bytes: key(1)}, Index: key(2), Code: key(3)})
	must(t, err)
	w.org, err = org.New(org.Config{
		DB: db, Keys: keys, SMS: carrier{w}, Faces: faces{w}, Licences: licences{w}, Terms: "1",
		ShortLink: "https://s.example/", Password: org.PasswordCost{KiB: 16, Passes: 1, Lanes: 1},
	})
	must(t, err)
	w.Service, err = registry.New(registry.Config{DB: db, Org: w.org, Blobs: w.blobs})
	must(t, err)
	return w
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

// nameN is the name of the n-th person.
func nameN(n int) string { return "张" + string([]rune("甲乙丙丁戊己庚辛壬癸")[n%10]) }

func callback[T any](t fataler, take func(context.Context, http.Header, []byte) error, v T) {
	t.Helper()
	body, err := json.Marshal(v)
	must(t, err)
	must(t, take(context.Background(), nil, body))
}

// person makes the n-th person, verified.
func (w *world) person(t fataler, n int) org.Actor {
	t.Helper()
	ctx := context.Background()
	p, err := w.org.Register(ctx, org.Registration{
		Phone: phoneN(n), Code: w.code(t, phoneN(n), org.PurposeRegister), Name: nameN(n),
		Password: secret.New("correct horse"), Terms: "1",
	})
	must(t, err)
	actor := org.Actor{Person: p.ID}
	_, err = w.org.StartVerification(ctx, actor, org.Details{Name: nameN(n), IDNumber: idN(n), Code: w.code(t, phoneN(n), org.PurposeVerify)})
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

// startup makes a company that is not verified; its main administrator is person
// 100 + n.
func (w *world) startup(t fataler, n int) org.Actor {
	t.Helper()
	boss := w.person(t, 100+n)
	c, err := w.org.CreateCompany(context.Background(), boss, firms[n])
	must(t, err)
	return org.Actor{Person: boss.Person, Org: c.ID}
}

// firm makes a company, verified.
func (w *world) firm(t fataler, n int) org.Actor {
	t.Helper()
	boss := w.startup(t, n)
	_, err := w.org.StartLicenceScan(context.Background(), boss)
	must(t, err)
	callback(t, w.org.LicenceCallback, org.LicenceResult{
		Session: w.session, Passed: true, Company: firms[n].Name, CreditCode: firms[n].CreditCode, LegalPerson: "法人", Transaction: "l",
	})
	w.boss = boss
	return boss
}

// member makes the n-th person a member of a company.
func (w *world) member(t fataler, boss org.Actor, n int) org.Actor {
	t.Helper()
	ctx, p := context.Background(), w.person(t, n)
	link, err := w.org.Invite(ctx, boss, nameN(n), phoneN(n))
	must(t, err)
	_, err = w.org.Step(ctx) // the invitation arrives before the code
	must(t, err)
	must(t, w.org.Join(ctx, p, strings.TrimPrefix(link, "https://s.example/"), w.code(t, phoneN(n), org.PurposeJoin)))
	must(t, w.org.Approve(ctx, boss, p.Person))
	return org.Actor{Person: p.Person, Org: boss.Org}
}

// official makes a 公章 of the actor's company.
func (w *world) official(t fataler, boss org.Actor, name string) string {
	t.Helper()
	i, err := w.Create(context.Background(), boss, name, seal.Spec{Style: seal.StyleOfficial})
	must(t, err)
	return i.ID
}

// usable asks in a transaction of its own.
func (w *world) usable(actor org.Actor, id string) (u registry.Use, err error) {
	err = w.db.View(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		u, err = w.Usable(ctx, tx, actor, id)
		return err
	})
	return u, err
}

// may holds the error of Usable against what it should be.
func (w *world) may(t testing.TB, actor org.Actor, id string, target error) registry.Use {
	t.Helper()
	u, err := w.usable(actor, id)
	want(t, err, target)
	return u
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

// scribble is a handwriting of two strokes.
func scribble() seal.Handwriting {
	h := seal.Handwriting{Width: 600, Height: 300, Strokes: make([]seal.Stroke, 2)}
	for i := range 25 {
		x, at := float64(i), float64(16*i)
		h.Strokes[0] = append(h.Strokes[0], seal.StrokePoint{X: 60 + 12*x, Y: 90 + x*x/4, Time: at, Pressure: 0.5})
		h.Strokes[1] = append(h.Strokes[1], seal.StrokePoint{X: 340 - 8*x, Y: 60 + 8*x, Time: at + 600, Pressure: 0.5})
	}
	return h
}
