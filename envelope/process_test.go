package envelope_test

import (
	"context"
	"crypto/rand"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// sharedDriver is a driver that outlives the processes that use it.
type sharedDriver struct{ store.Driver }

func (sharedDriver) Close() error { return nil }

// people is a process that has only org: it has no envelope service, and its database
// was opened without the tables of envelope.
type people struct {
	org   *org.Service
	box   *sandbox.Sandbox
	at    atomic.Int64 // microseconds
	close func() error
}

func newPeople(t *testing.T, drv store.Driver, keys secret.KeySet, at time.Time) *people {
	t.Helper()
	p := &people{}
	p.at.Store(at.UnixMicro())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set, err := secret.NewKeys(keys)
	must(err)
	db, err := store.Open(t.Context(), drv, store.Config{Now: p.now, NewID: rand.Text, Sealer: set.Rows()}, org.Tables())
	must(err)
	ca, err := devca.New(devca.Config{Now: p.now})
	must(err)
	p.box, err = sandbox.Start(sandbox.Config{Now: p.now, CA: ca})
	must(err)
	t.Cleanup(func() { _ = p.box.Close() })
	blobs, err := memory.NewBlobs(p.now)
	must(err)
	p.org, err = org.New(org.Config{DB: db, Keys: set, SMS: p.box.SMS(), Faces: p.box.FaceChecker(), Licences: p.box.LicenceChecker(),
		Terms: envelopetest.Terms, ShortLink: "https://s.example.com/", Bank: p.box.BankPort(), Reviewers: p.box.Reviewers(), Blobs: blobs,
		Agreement: envelopetest.Terms, Revoker: p.box.Revoker(), Password: org.PasswordCost{KiB: 64, Passes: 1, Lanes: 1}})
	must(err)
	srv := httptest.NewServer(sandbox.Callback(p.org.FaceCallback))
	t.Cleanup(srv.Close)
	p.box.SendCallbacksTo(srv.URL)
	p.close = db.Close
	return p
}

func (p *people) now() time.Time { return time.UnixMicro(p.at.Load()).UTC() }

// verify registers a person and verifies them.
func (p *people) verify(t *testing.T, name, phone, number string) org.Actor {
	t.Helper()
	ctx := t.Context()
	code := func(purpose org.Purpose) secret.Text {
		t.Helper()
		p.at.Add((3 * time.Hour).Microseconds())
		if err := p.org.SendCode(ctx, phone, purpose); err != nil {
			t.Fatal(err)
		}
		return secret.New(p.box.Code(phone))
	}
	made, err := p.org.Register(ctx, org.Registration{Phone: phone, Code: code(org.PurposeRegister), Name: name,
		Password: secret.New(envelopetest.Password), Terms: envelopetest.Terms})
	if err != nil {
		t.Fatal(err)
	}
	a := org.Actor{Person: made.ID}
	url, err := p.org.StartVerification(ctx, a, org.Details{Name: name, IDNumber: number, Code: code(org.PurposeVerify)})
	if err == nil {
		err = p.box.Pass(ctx, url)
	}
	if err == nil {
		_, err = p.org.ConfirmVerification(ctx, a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// M70: a person for whom a task waits is verified by a process without an envelope
// service, while another process has one, or while none exists anywhere. The next Step
// of any process that has one gives them the task; before it they have none, and
// nothing is lost.
func TestM70KnownByAnotherProcess(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite"} {
		for _, alone := range []bool{false, true} {
			name := kind + ", beside an envelope service"
			if alone {
				name = kind + ", with no envelope service anywhere"
			}
			t.Run(name, func(t *testing.T) {
				ctx := t.Context()
				path := filepath.Join(t.TempDir(), "db")
				kept := sharedDriver{memory.New()}
				open := func() store.Driver {
					if kind == "memory" {
						return kept
					}
					drv, err := sqlite.Open(ctx, path, sqlite.Config{})
					if err != nil {
						t.Fatal(err)
					}
					return drv
				}
				keys := envelopetest.Keys()
				c := castOf(t, envelopetest.Config{Driver: open(), Keys: keys})
				d := draft(t)
				d.Ordered = false
				d.Signers[1].Name, d.Signers[1].Phone = "赵敏", phoneLate
				e := c.send(t, d)
				at := c.Clock.Now().Add(time.Hour)
				if alone {
					if err := c.DB.Close(); err != nil {
						t.Fatal(err)
					}
				}
				p := newPeople(t, open(), keys, at)
				late := p.verify(t, "赵敏", phoneLate, "110101199003074514")
				if err := p.close(); err != nil {
					t.Fatal(err)
				}

				if alone {
					state, err := c.CA.State()
					if err != nil {
						t.Fatal(err)
					}
					c.World = envelopetest.NewWith(t, envelopetest.Config{Driver: open(), Keys: keys, CA: state, Start: at.Add(24 * time.Hour)})
				} else {
					c.Clock.Advance(24 * time.Hour) // to the time of the other's clock
				}
				if n := c.todo(t, late); n != 0 {
					t.Errorf("%d tasks before the Step", n)
				}
				if _, err := c.Envelopes.Step(ctx); err != nil {
					t.Fatal(err)
				}
				if n := c.todo(t, late); n != 1 {
					t.Errorf("%d tasks after the Step", n)
				}
				got, err := c.Envelopes.Get(ctx, late, e.ID)
				if err != nil {
					t.Fatal(err)
				}
				if got.Parties[1].PersonID != late.Person {
					t.Errorf("known as %q", got.Parties[1].PersonID)
				}
				trail, err := c.Envelopes.Trail(ctx, late, e.ID)
				if err != nil || trail[len(trail)-1].Kind != string(envelope.EventKnown) {
					t.Errorf("%d entries, %v", len(trail), err)
				}
				if n, err := c.Envelopes.Step(context.Background()); err != nil || n != 0 {
					t.Errorf("the next Step did %d, %v", n, err)
				}
			})
		}
	}
}
