package envelope_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/download"
)

func (c *cast) download(t *testing.T, a org.Actor, id string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Envelopes.Download(t.Context(), a, envelope.ID(id), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (c *cast) audit(t *testing.T, z []byte) (*download.Report, error) {
	t.Helper()
	return c.auditOf(t, z)
}

func (c *cast) auditOf(t testing.TB, z []byte) (*download.Report, error) {
	t.Helper()
	return download.Audit(t.Context(), bytes.NewReader(z), int64(len(z)), verify.Policy{
		Roots: c.CA.Roots(), Time: c.Clock.Now(), Revocation: verify.UnsafeSkipRevocation})
}

func (c *cast) step(t *testing.T, want int) {
	t.Helper()
	if n, err := c.Envelopes.Step(t.Context()); err != nil || n != want {
		t.Fatalf("%d done, want %d, %v", n, want, err)
	}
}

// unzipped returns the parts of a download in order.
func unzipped(t *testing.T, z []byte) (names []string, parts map[string][]byte) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(z), int64(len(z)))
	if err != nil {
		t.Fatal(err)
	}
	parts = map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		names, parts[f.Name] = append(names, f.Name), data
	}
	return names, parts
}

func zipped(t *testing.T, names []string, parts map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// finished returns an envelope of two files that is completed and 已存证.
func (c *cast) finished(t *testing.T) *envelope.Envelope {
	t.Helper()
	d := draft(t)
	d.Files = append(d.Files, envelope.Upload{Name: "附件/一.pdf", Content: bytes.NewReader(page(t))})
	e := c.signBoth(t, c.send(t, d))
	if e.Preserved() {
		t.Error("已存证 before anything was made")
	}
	c.step(t, 1)
	e, err := c.Envelopes.Get(t.Context(), c.boss, e.ID)
	if err != nil || !e.Preserved() || e.ArchivedAt.IsZero() || e.RenewBy.Before(c.Clock.Now()) {
		t.Fatalf("%+v, %v", e, err)
	}
	return e
}

// T18: the download of a finished envelope is checked offline, and refused if a single
// byte of it is changed.
func TestT18Audit(t *testing.T) {
	c := newCast(t, nil)
	e := c.finished(t)
	z := c.download(t, c.partner, string(e.ID))
	if again := c.download(t, c.boss, string(e.ID)); !bytes.Equal(z, again) {
		t.Error("two downloads differ")
	}
	rep, err := c.audit(t, z)
	if err != nil || rep.Envelope != string(e.ID) || len(rep.Files) != 2 || rep.Files[1].Path != "2-附件_一.pdf" || rep.Events < 8 {
		t.Fatalf("%+v, %v", rep, err)
	}
	for _, f := range rep.Files {
		levels := map[string]int{}
		for _, s := range f.Report.Signatures {
			levels[s.Level]++
		}
		if levels["B-LTA"] != 3 && f.Path[0] == '1' || levels["TS"] != 1 {
			t.Errorf("%s: %v", f.Path, levels)
		}
	}
	names, parts := unzipped(t, z)
	if len(names) != 4 {
		t.Fatal(names)
	}
	refused := func(what string, names []string, parts map[string][]byte) {
		t.Helper()
		var fault *download.Error
		if rep, err := c.audit(t, zipped(t, names, parts)); !errors.As(err, &fault) || fault.Zh() == "" || rep != nil {
			t.Errorf("%s: %+v, %v", what, rep, err)
		}
	}
	with := func(name string, data []byte) map[string][]byte {
		out := map[string][]byte{}
		for n, d := range parts {
			out[n] = d
		}
		out[name] = data
		return out
	}
	if _, err := c.audit(t, zipped(t, names, parts)); err != nil {
		t.Fatalf("packed again: %v", err)
	}
	record := parts["audit.json"]
	step := max(1, len(record)/200)
	for i := 0; i < len(record); i += step {
		changed := bytes.Clone(record)
		changed[i] ^= 1
		refused("audit.json changed", names, with("audit.json", changed))
	}
	refused("a blank more", names, with("audit.json", append(bytes.Clone(record), ' ')))
	refused("a byte of a document", names, with(names[0], flipped(parts[names[0]], 3000)))
	refused("a document cut short", names, with(names[0], parts[names[0]][:len(parts[names[0]])-1]))
	refused("another document", names, with(names[0], parts[names[1]]))
	refused("the evidence report changed", names, with("evidence.pdf", flipped(parts["evidence.pdf"], 2000)))
	refused("the evidence report is a document", names, with("evidence.pdf", parts[names[0]]))
	for _, missing := range names {
		var rest []string
		for _, n := range names {
			if n != missing {
				rest = append(rest, n)
			}
		}
		refused("without "+missing, rest, parts)
	}
	refused("something more", append(names, "more.pdf"), with("more.pdf", parts[names[0]]))
	if _, err := c.audit(t, []byte("no ZIP")); err == nil {
		t.Error("no ZIP was accepted")
	}
	other := newCast(t, nil)
	if _, err := other.audit(t, z); err == nil {
		t.Error("accepted under another root")
	}
}

func flipped(b []byte, at int) []byte {
	out := bytes.Clone(b)
	out[at] ^= 1
	return out
}

// The whole record of another envelope, with its own report, does not match these
// documents.
func TestAuditOfAnotherEnvelope(t *testing.T) {
	c := newCast(t, nil)
	a, b := c.finished(t), c.finished(t)
	names, parts := unzipped(t, c.download(t, c.boss, string(a.ID)))
	_, theirs := unzipped(t, c.download(t, c.boss, string(b.ID)))
	parts["audit.json"], parts["evidence.pdf"] = theirs["audit.json"], theirs["evidence.pdf"]
	var fault *download.Error
	if _, err := c.audit(t, zipped(t, names, parts)); !errors.As(err, &fault) {
		t.Errorf("%v", err)
	}
}

// Evidence is renewed before the TSA's certificate expires, and the record of the first
// report still matches.
func TestRenewal(t *testing.T) {
	c := newCast(t, nil)
	e := c.finished(t)
	c.step(t, 0)
	c.leap(t, e.RenewBy.Sub(c.Clock.Now())-91*24*time.Hour)
	c.step(t, 0)
	c.Clock.Advance(2 * 24 * time.Hour)
	c.step(t, 1)
	c.step(t, 0)
	renewed, err := c.Envelopes.Get(t.Context(), c.boss, e.ID)
	if err != nil || renewed.Files[0].Head == e.Files[0].Head || renewed.Evidence != e.Evidence {
		t.Fatalf("%+v, %v", renewed, err)
	}
	rep, err := c.audit(t, c.download(t, c.boss, string(e.ID)))
	if err != nil {
		t.Fatal(err)
	}
	timestamps := 0
	for _, s := range rep.Files[0].Report.Signatures {
		if s.Kind == verify.KindTimestamp {
			timestamps++
		}
	}
	if timestamps != 2 {
		t.Errorf("%d document timestamps", timestamps)
	}
}

// downCA does not answer while it is down.
type downCA struct {
	signer.Revocations
	down  atomic.Bool
	asked atomic.Int64
}

func (d *downCA) Revocation(ctx context.Context, cert, issuer *x509.Certificate) ([]byte, []byte, error) {
	d.asked.Add(1)
	if d.down.Load() {
		return nil, nil, errBroken
	}
	return d.Revocations.Revocation(ctx, cert, issuer)
}

// If the CA is down at completion, the envelope is 已完成 and charged at once, 存证中 until
// the CA returns, then 已存证; the CA is not asked at every step meanwhile.
func TestEvidenceWaitsForTheCA(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	ca := &downCA{Revocations: c.CA}
	ca.down.Store(true)
	svc, err := envelope.New(envelope.Config{DB: c.DB, Blobs: c.Blobs, Org: c.Org, Seals: c.Seals, Billing: c.Billing,
		Credentials: c.Sandbox.Credentials(), Timestamper: c.Sandbox.Timestamper(), Revocations: ca, Roots: c.CA.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	c.Envelopes = svc
	e := c.signBoth(t, c.send(t, draft(t)))
	if b := c.balance(t); b.Free != 31 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
	for range 3 {
		if n, err := svc.Step(ctx); n != 0 || err != nil && !errors.Is(err, errBroken) {
			t.Errorf("%d, %v", n, err)
		}
	}
	if n := ca.asked.Load(); n > 4 {
		t.Errorf("asked %d times in one moment", n)
	}
	_, err = svc.EvidenceReport(ctx, c.boss, e.ID)
	orgtest.WantOf(t, "存证中", err, envelope.ErrNotFound)
	if names, _ := unzipped(t, c.download(t, c.boss, string(e.ID))); len(names) != 1 {
		t.Errorf("a download meanwhile holds %v", names)
	}
	ca.down.Store(false)
	c.Clock.Advance(time.Hour)
	c.step(t, 1)
	if e, err = svc.Get(ctx, c.boss, e.ID); err != nil || !e.Preserved() {
		t.Errorf("%+v, %v", e, err)
	}
	if n, err := envelope.Tries(ctx, c.DB, string(e.ID)); err != nil || n != 0 {
		t.Errorf("%d tries left, %v", n, err)
	}
}

// If reports are made on demand, an archived envelope is 已存证 without one.
func TestEvidenceOnDemand(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	svc, err := envelope.New(envelope.Config{DB: c.DB, Blobs: c.Blobs, Org: c.Org, Seals: c.Seals, Billing: c.Billing, OnDemand: true,
		Credentials: c.Sandbox.Credentials(), Timestamper: c.Sandbox.Timestamper(), Revocations: c.CA, Roots: c.CA.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	c.Envelopes = svc
	e := c.signBoth(t, c.send(t, draft(t)))
	orgtest.WantOf(t, "before it is archived", svc.MakeEvidence(ctx, c.boss, e.ID), envelope.ErrArchiving)
	c.step(t, 1)
	c.step(t, 0)
	if e, err = svc.Get(ctx, c.boss, e.ID); err != nil || !e.Preserved() {
		t.Fatalf("%+v, %v", e, err)
	}
	if names, _ := unzipped(t, c.download(t, c.boss, string(e.ID))); len(names) != 1 {
		t.Errorf("%v", names)
	}
	for range 2 {
		if err := svc.MakeEvidence(ctx, c.boss, e.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.audit(t, c.download(t, c.boss, string(e.ID))); err != nil {
		t.Error(err)
	}
	c.step(t, 0)
}

// Run calls Step until it is told to stop.
func TestRun(t *testing.T) {
	c := newCast(t, nil)
	e := c.signBoth(t, c.send(t, draft(t)))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		c.Envelopes.Run(ctx, time.Millisecond, func(err error) { t.Error(err) })
		close(done)
	}()
	for range 500 {
		got, err := c.Envelopes.Get(t.Context(), c.boss, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.Preserved() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	<-done
	if got, err := c.Envelopes.Get(t.Context(), c.boss, e.ID); err != nil || !got.Preserved() {
		t.Errorf("%+v, %v", got, err)
	}
}

// A second TSA is asked if the first is down.
func TestArchiversInTurn(t *testing.T) {
	c := newCast(t, nil)
	broken := &brokenTSA{Timestamper: c.Sandbox.Timestamper()}
	broken.set(true)
	svc, err := envelope.New(envelope.Config{DB: c.DB, Blobs: c.Blobs, Org: c.Org, Seals: c.Seals, Billing: c.Billing,
		Credentials: c.Sandbox.Credentials(), Timestamper: c.Sandbox.Timestamper(), Revocations: c.CA, Roots: c.CA.Roots(),
		Archivers: []signer.Timestamper{broken, c.Sandbox.Timestamper()}})
	if err != nil {
		t.Fatal(err)
	}
	c.Envelopes = svc
	c.finished(t)
}

// A copy that may only be looked at is not downloaded.
func TestDownloadRights(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	look := c.Person("赵敏", "13800138009", "110101199003074514")
	take := c.Person("钱进", "13800138010", "110101199003074522")
	d := draft(t)
	d.CopyTo = []envelope.CopyTo{{Name: "赵敏", Phone: "13800138009", AtSend: true}, {Name: "钱进", Phone: "13800138010", AtSend: true, Download: true}}
	e := c.send(t, d)
	orgtest.WantOf(t, "looking", c.Envelopes.Download(ctx, look, e.ID, io.Discard), envelope.ErrDownload)
	orgtest.WantOf(t, "taking", c.Envelopes.Download(ctx, take, e.ID, io.Discard), nil)
	for who, want := range map[org.Actor]error{look: envelope.ErrDownload, take: nil} { // the trail and the report are part of it
		_, err := c.Envelopes.Trail(ctx, who, e.ID)
		orgtest.WantOf(t, "the trail", err, want)
	}
	_, err := c.Envelopes.EvidenceReport(ctx, look, e.ID)
	orgtest.WantOf(t, "the report", err, envelope.ErrDownload)
	if _, err := c.Envelopes.Document(ctx, look, e.ID, 0); err != nil {
		t.Errorf("预览: %v", err)
	}
	orgtest.WantOf(t, "T1 a stranger", c.Envelopes.Download(ctx, org.Actor{Person: look.Person, Org: c.boss.Org}, e.ID, io.Discard), org.ErrNotFound)
}

// Everyone who asks for the evidence report while Step makes it gets it, and there is
// only one.
func TestEvidenceAtOnce(t *testing.T) {
	c, ctx := newCast(t, nil), t.Context()
	for range rounds(t, 5) {
		if err := c.fund(ctx); err != nil {
			t.Fatal(err)
		}
		e := c.signBoth(t, c.send(t, draft(t)))
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				err := envelope.ErrArchiving
				for errors.Is(err, envelope.ErrArchiving) {
					if i == 0 {
						_, err = c.Envelopes.Step(ctx)
					} else {
						err = c.Envelopes.MakeEvidence(ctx, c.boss, e.ID)
					}
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, err := c.audit(t, c.download(t, c.boss, string(e.ID))); err != nil {
			t.Error(err)
		}
	}
}
