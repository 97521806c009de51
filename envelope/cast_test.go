package envelope_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

const (
	phoneA, phoneB, phoneC = "13800138001", "13800138002", "13800138003"
	companyName            = "上海测试科技有限公司"
)

// cast holds the actors of the tests' envelopes.
type cast struct {
	*envelopetest.World
	boss, staff, partner org.Actor
	seal                 registry.SealID
	choices              map[string]envelope.Choice // by phone, if they were made beforehand
	people               map[string]org.Actor       // persons, by name
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func newCast(t testing.TB, drv store.Driver) *cast {
	return castOf(t, envelopetest.Config{Driver: drv})
}

func castOf(t testing.TB, cfg envelopetest.Config) *cast {
	t.Helper()
	w := envelopetest.NewWith(t, cfg)
	a := w.Person("张伟", phoneA, "321083197812162119")
	b := w.Person("李娜", phoneB, "360426199101010071")
	c := &cast{World: w, partner: w.Person("王小明", phoneC, "11010519491231002X")}
	c.people = map[string]org.Actor{"王小明": c.partner}
	c.boss = w.Company(a, companyName, "91310115591693856A")
	c.staff = w.Member(c.boss, b, "李娜", phoneB)
	s, err := w.Seals.Create(t.Context(), c.boss, "公章", seal.Spec{Style: seal.StyleOfficial, Code: "1"})
	if err != nil {
		t.Fatal(err)
	}
	c.seal = s.ID
	if err := w.Seals.Grant(t.Context(), c.boss, s.ID, b.Person, registry.Period{}); err != nil {
		t.Fatal(err)
	}
	w.Buy(c.boss, "32")
	return c
}

// page returns a one-page PDF.
func page(t testing.TB) []byte {
	t.Helper()
	art, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "页面", Width: 100})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := art.PDF(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func box(k envelope.BoxKind, x, y float64) envelope.Box {
	return envelope.Box{Kind: k, Page: 1, X: x, Y: y}
}

// draft returns a valid draft: the company seals, then the partner signs.
func draft(t testing.TB) envelope.NewDraft {
	return envelope.NewDraft{Subject: "采购合同", Ordered: true,
		Files: []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}},
		Signers: []envelope.Signer{
			{Kind: envelope.Company, Name: "李娜", Phone: phoneB, Company: companyName,
				Boxes: []envelope.Box{box(envelope.SealBox, 30, 30)}},
			{Kind: envelope.Person, Name: "王小明", Phone: phoneC, Boxes: []envelope.Box{box(envelope.SignatureBox, 70, 70)}},
		}}
}

func (c *cast) send(t *testing.T, d envelope.NewDraft) *envelope.Envelope {
	t.Helper()
	e, err := c.Envelopes.CreateDraft(t.Context(), c.boss, d)
	if err != nil {
		t.Fatal(err)
	}
	if e, err = c.Envelopes.Send(t.Context(), c.boss, e.ID); err != nil {
		t.Fatal(err)
	}
	return e
}

// stranger verifies one more person, a number from 0, and returns them as a signer.
func (c *cast) stranger(t testing.TB, n int) envelope.Signer {
	t.Helper()
	name, phone := orgtest.Name(100+n), orgtest.Phone(2_000_000+n)
	if c.people[name] == (org.Actor{}) {
		c.people[name] = c.Person(name, phone, orgtest.IDNumber(100+n))
	}
	return envelope.Signer{Kind: envelope.Person, Name: name, Phone: phone}
}

func (c *cast) choice(a org.Actor) envelope.Choice {
	ch := envelope.Choice{Signature: c.Signature(a)}
	if a.Org != "" {
		ch.Seal = c.seal
	}
	return ch
}

func (c *cast) balance(t *testing.T) billing.Balance {
	t.Helper()
	b, err := c.Billing.Balance(t.Context(), c.boss)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func content(t *testing.T, b store.Blob, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	out, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// keep writes the documents of an envelope, and the roots to verify them with, for
// other programs to open, into the directory that ENVELOPE_OUT names, if it is set.
func (c *cast) keep(t *testing.T, name string, e *envelope.Envelope) {
	t.Helper()
	dir := os.Getenv("ENVELOPE_OUT")
	if dir == "" {
		return
	}
	if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
		t.Fatal(err)
	}
	var roots bytes.Buffer
	for _, cert := range c.CA.Roots() {
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{"roots.pem": roots.Bytes()}
	for i := range e.Files {
		b, err := c.Envelopes.Document(t.Context(), c.boss, e.ID, i)
		files[fmt.Sprintf("%s-%d-B-LTA.pdf", name, i+1)] = content(t, b, err)
	}
	b, err := c.Envelopes.EvidenceReport(t.Context(), c.boss, e.ID)
	files["evidence.pdf"] = content(t, b, err)
	for file, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name, file), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// result verifies every document of an envelope (M80).
func (c *cast) result(t *testing.T, e *envelope.Envelope, signatures int) {
	t.Helper()
	all := make([]int, len(e.Files))
	for i := range all {
		all[i] = signatures
	}
	c.results(t, e, all...)
}

func (c *cast) results(t *testing.T, e *envelope.Envelope, each ...int) {
	t.Helper()
	for i, signatures := range each {
		b, err := c.Envelopes.Document(t.Context(), c.boss, e.ID, i)
		doc := content(t, b, err)
		rep, err := verify.Verify(t.Context(), bytes.NewReader(doc), int64(len(doc)), verify.Policy{
			Roots: c.CA.Roots(), Time: c.Clock.Now(), Revocation: verify.UnsafeSkipRevocation})
		if err != nil || !rep.Valid() {
			t.Errorf("file %d: %v %v", i, err, rep)
			continue
		}
		n := 0
		for _, s := range rep.Signatures {
			if s.Kind == verify.KindSignature {
				n++
			}
		}
		if n != signatures {
			t.Errorf("file %d: %d signatures", i, n)
		}
	}
}

func (c *cast) report(t *testing.T, e *envelope.Envelope) {
	t.Helper()
	b, err := c.Envelopes.EvidenceReport(t.Context(), c.boss, e.ID)
	doc := content(t, b, err)
	rep, err := verify.Verify(t.Context(), bytes.NewReader(doc), int64(len(doc)), verify.Policy{
		Roots: c.CA.Roots(), Time: c.Clock.Now(), Revocation: verify.UnsafeSkipRevocation})
	if err != nil || !rep.Valid() {
		t.Errorf("evidence: %v %v", err, rep)
	}
}

// terms are those of a permission for the boss to send under, a hundred times.
func (c *cast) terms(id registry.SealID, until time.Time) envelope.PermissionTerms {
	return envelope.PermissionTerms{Seal: id, Senders: []org.PersonID{c.boss.Person}, Times: 100, Until: until}
}
