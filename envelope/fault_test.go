package envelope_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// errFault is what the chosen operation answers.
var errFault = errors.New("fault")

// faults counts the operations of everything that can fail, and makes one of them
// fail, before its effect or after it.
type faults struct {
	mu    sync.Mutex
	armed bool
	n     int
	at    int // 0 fails none
	after bool
	hit   string
}

func (f *faults) op(what string, do func() error) error {
	f.mu.Lock()
	fail := false
	if f.armed {
		f.n++
		if fail = f.n == f.at; fail {
			f.hit = what
		}
	}
	f.mu.Unlock()
	switch {
	case !fail:
		return do()
	case f.after:
		return errors.Join(errFault, do())
	}
	return errFault
}

// faultyDriver is a driver of which operations fail.
type faultyDriver struct {
	store.Driver
	f *faults
}

func (d faultyDriver) Begin(ctx context.Context, mode store.Mode, locks []string) (store.DriverTx, error) {
	var tx store.DriverTx
	err := d.f.op("begin", func() (err error) { tx, err = d.Driver.Begin(ctx, mode, locks); return err })
	if err != nil {
		if tx != nil {
			return nil, errors.Join(err, tx.End(false))
		}
		return nil, err
	}
	return faultyTx{tx, d.f}, nil
}

type faultyTx struct {
	store.DriverTx
	f *faults
}

func (t faultyTx) Get(ctx context.Context, s *store.Schema, id string) (row store.Row, err error) {
	err = t.f.op("get "+s.Name, func() (err error) { row, err = t.DriverTx.Get(ctx, s, id); return err })
	return row, err
}

func (t faultyTx) Write(ctx context.Context, s *store.Schema, row store.Row, old int64) error {
	return t.f.op("write "+s.Name, func() error { return t.DriverTx.Write(ctx, s, row, old) })
}

func (t faultyTx) Query(ctx context.Context, s *store.Schema, q store.Query) (rows []store.Row, err error) {
	err = t.f.op("query "+s.Name, func() (err error) { rows, err = t.DriverTx.Query(ctx, s, q); return err })
	return rows, err
}

func (t faultyTx) End(commit bool) error {
	if !commit {
		return t.DriverTx.End(false)
	}
	done := false
	err := t.f.op("commit", func() error { done = true; return t.DriverTx.End(true) })
	if !done { // it failed before its effect
		return errors.Join(err, t.DriverTx.End(false))
	}
	return err
}

type faultyBlobs struct {
	store.Blobs
	f *faults
}

func (b faultyBlobs) Put(ctx context.Context, r io.Reader) (d store.Digest, n int64, err error) {
	err = b.f.op("put", func() (err error) { d, n, err = b.Blobs.Put(ctx, r); return err })
	return d, n, err
}

func (b faultyBlobs) Open(ctx context.Context, d store.Digest) (blob store.Blob, err error) {
	err = b.f.op("open", func() (err error) { blob, err = b.Blobs.Open(ctx, d); return err })
	if err != nil && blob != nil {
		return nil, errors.Join(err, blob.Close())
	}
	return blob, err
}

type faultySMS struct {
	org.SMS
	f *faults
}

func (s faultySMS) Send(ctx context.Context, m org.Message) error {
	return s.f.op("sms", func() error { return s.SMS.Send(ctx, m) })
}

type faultyCredentials struct {
	envelope.Credentials
	f *faults
}

func (c faultyCredentials) For(ctx context.Context, s envelope.Subject) (cred signer.Credential, err error) {
	err = c.f.op("credentials", func() (err error) { cred, err = c.Credentials.For(ctx, s); return err })
	cred.Key = faultyKey{cred.Key, c.f}
	return cred, err
}

type faultyKey struct {
	crypto.Signer
	f *faults
}

func (k faultyKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) (sig []byte, err error) {
	err = k.f.op("key", func() (err error) { sig, err = k.Signer.Sign(r, digest, o); return err })
	return sig, err
}

type faultyTSA struct {
	signer.Timestamper
	f *faults
}

func (t faultyTSA) Timestamp(ctx context.Context, h crypto.Hash, digest []byte) (token []byte, err error) {
	err = t.f.op("tsa", func() (err error) { token, err = t.Timestamper.Timestamp(ctx, h, digest); return err })
	return token, err
}

type faultyRevocations struct {
	signer.Revocations
	f *faults
}

func (r faultyRevocations) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (data signer.RevocationData, err error) {
	err = r.f.op("revocation", func() (err error) { data, err = r.Revocations.Revocation(ctx, cert, issuer); return err })
	return data, err
}

// faultyWorld is a cast whose every provider may fail.
func faultyWorld(t testing.TB, kind string, f *faults) *cast {
	t.Helper()
	var drv store.Driver = memory.New()
	if kind == "sqlite" {
		var err error
		if drv, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "db"), sqlite.Config{}); err != nil {
			t.Fatal(err)
		}
	}
	c := castOf(t, envelopetest.Config{Driver: faultyDriver{drv, f},
		Blobs:       func(b store.Blobs) store.Blobs { return faultyBlobs{b, f} },
		SMS:         func(s org.SMS) org.SMS { return faultySMS{s, f} },
		Credentials: func(c envelope.Credentials) envelope.Credentials { return faultyCredentials{c, f} },
		Timestamper: func(s signer.Timestamper) signer.Timestamper { return faultyTSA{s, f} },
		Revocations: func(r signer.Revocations) signer.Revocations { return faultyRevocations{r, f} }})
	c.choices = map[string]envelope.Choice{phoneB: {Signature: c.Signature(c.staff), Seal: c.seal}, phoneC: {Signature: c.Signature(c.partner)}}
	return c
}

// again does what a client does: it repeats a command until it is answered.
func again(t testing.TB, what string, do func() error) {
	t.Helper()
	var err error
	for range 4 {
		if err = do(); err == nil {
			return
		}
		// org keeps what a carrier says out of its errors, but for these words.
		if !errors.Is(err, errFault) && !strings.HasSuffix(err.Error(), "sms: "+errFault.Error()) {
			break
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// story is a whole envelope, as clients and the step loop drive it.
func (c *cast) story(t testing.TB) *envelope.Envelope {
	t.Helper()
	ctx := t.Context()
	var e *envelope.Envelope
	again(t, "draft", func() (err error) {
		e, err = c.Envelopes.Once("draft").CreateDraft(ctx, c.boss, draft(t))
		return err
	})
	id := e.ID
	again(t, "send", func() error { _, err := c.Envelopes.Send(ctx, c.boss, id); return err })
	for _, s := range []struct {
		actor org.Actor
		phone string
	}{{c.staff, phoneB}, {c.partner, phoneC}} {
		choice := c.choices[s.phone]
		again(t, "code", func() error {
			c.Clock.Advance(3 * time.Hour)
			return c.Envelopes.RequestCode(ctx, s.actor, id, choice)
		})
		code := c.Sandbox.Code(s.phone)
		again(t, "submit", func() (err error) {
			e, err = c.Envelopes.Submit(ctx, s.actor, id, choice, envelope.Code(code))
			if errors.Is(err, envelope.ErrSigned) {
				e, err = c.Envelopes.Get(ctx, c.boss, id)
			}
			return err
		})
	}
	for quiet := 0; quiet < 2; { // until nothing is left to do, and nothing waits
		c.Clock.Advance(2 * time.Hour)
		n, err := c.Envelopes.Step(ctx)
		m, merr := c.Org.Step(ctx)
		if err = errors.Join(err, merr); err != nil && !errors.Is(err, errFault) {
			t.Fatal(err)
		}
		if quiet++; n+m > 0 || err != nil {
			quiet = 0
		}
	}
	again(t, "get", func() (err error) { e, err = c.Envelopes.Get(ctx, c.boss, id); return err })
	return e
}

// outcome is everything that must be the same whatever failed.
func (c *cast) outcome(t testing.TB, e *envelope.Envelope) string {
	t.Helper()
	ctx := t.Context()
	var out strings.Builder
	fmt.Fprintln(&out, e.Status, e.Preserved())
	for _, p := range e.Parties {
		fmt.Fprintln(&out, p.State, len(p.Consent.Stamps))
	}
	trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range trail {
		fmt.Fprint(&out, entry.Kind, " ")
	}
	b, err := c.Billing.Balance(ctx, c.boss)
	if err != nil {
		t.Fatal(err)
	}
	charges, _, err := c.Billing.Charges(ctx, c.boss, "")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&out, b.Free, b.Held, len(charges))
	uses, _, err := c.Seals.Uses(ctx, c.boss, c.seal, "")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&out, "uses", len(uses))
	for _, status := range []envelope.Status{envelope.Draft, envelope.InProgress, envelope.Completed} {
		list, _, err := c.Envelopes.Sent(ctx, c.boss, status, "")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, status, len(list))
	}
	for _, phone := range []string{phoneB, phoneC} {
		tasks := 0
		for _, m := range c.Sandbox.Inbox(phone) {
			if strings.Contains(m.Text, "请点击处理") {
				tasks++
			}
		}
		fmt.Fprintln(&out, "told", tasks)
	}
	var z bytes.Buffer
	if err := c.Envelopes.Download(ctx, c.partner, e.ID, &z); err != nil {
		t.Fatal(err)
	}
	rep, err := c.auditOf(t, z.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Files {
		fmt.Fprintln(&out, "signatures", len(f.Report.Signatures), f.Report.Verdict)
	}
	return out.String()
}

// TestFaults: over the whole life of an envelope, every k-th operation of the store,
// the blobs, the keys, the TSA, the CA and the short messages fails, before its
// effect and after it; what comes of it is what comes of an undisturbed run (T21).
// Every operation is made to fail in the campaign, a sample otherwise.
func TestFaults(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			f := &faults{}
			c := faultyWorld(t, kind, f)
			f.armed = true
			e := c.story(t)
			f.armed = false
			want, all := c.outcome(t, e), f.n
			stride := 1
			switch {
			case os.Getenv("CAMPAIGN") != "":
			case testing.Short():
				stride = 97
			case kind == "sqlite":
				stride = 41
			default:
				stride = 11
			}
			t.Logf("%d operations, every %d of them", all, stride)
			runs := 0
			for at := 1; at <= all; at += stride {
				for _, after := range []bool{false, true} {
					f := &faults{at: at, after: after}
					ok := t.Run(fmt.Sprintf("%d/after=%t", at, after), func(t *testing.T) {
						c := faultyWorld(t, kind, f)
						f.armed = true
						e := c.story(t)
						f.armed = false
						if got := c.outcome(t, e); got != want {
							t.Errorf("%s failed:\n%s\nwant\n%s", f.hit, got, want)
						}
					})
					if !ok {
						t.Logf("operation %d: %s", at, f.hit)
					}
					runs++
				}
			}
			t.Logf("%d runs", runs)
		})
	}
}
