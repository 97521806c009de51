package verify_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestRandomUpdates puts random incremental updates on signed files, some of them
// covered by a further trusted signature. An accepted update must have changed nothing
// that a reader sees. ORACLE_OUT and ORACLE_N make files for .ci/oracle_judge.py, which
// asks a validator that shares no code. Here the verdict must not depend on the run,
// and nothing may panic or take long.
func TestRandomUpdates(t *testing.T) {
	n := 300
	if s := os.Getenv("ORACLE_N"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	first := 0
	if s := os.Getenv("ORACLE_FIRST"); s != "" {
		var err error
		if first, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	out := os.Getenv("ORACLE_OUT")
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	bases := oracleBases(t, ca, cred)
	var verdicts strings.Builder
	accepted := 0
	for i := first; i < first+n; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 20260304))
		base := bases[r.IntN(len(bases))]
		b, err := randomUpdate(r, base, cred)
		if err != nil {
			t.Fatalf("update %d: %v", i, err)
		}
		rep := judge(t, b, policy(ca))
		level := "none"
		if len(rep.Signatures) > 0 {
			level = rep.Signatures[0].ChangeLevel.String()
		}
		if rep.Valid() {
			accepted++
		}
		if out != "" {
			name := fmt.Sprintf("%06d.pdf", i)
			if err := os.WriteFile(filepath.Join(out, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&verdicts, "%s\t%v\t%s\t%s\n", name, rep.Verdict, level, strings.Join(codesOf(rep), " "))
		}
	}
	if out != "" {
		if err := os.WriteFile(filepath.Join(out, "verdicts.tsv"), []byte(verdicts.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d updates accepted", accepted, n)
	if accepted == 0 || accepted == n {
		t.Errorf("%d of %d accepted: the updates show nothing", accepted, n)
	}
}

func oracleBases(t testing.TB, ca *devca.CA, cred signer.Credential) [][]byte {
	var out [][]byte
	for _, form := range []samples.Form{samples.Table, samples.Stream} {
		doc, err := openPDF(samples.PDF(samples.Spec{Form: form, Pages: samples.A4(2), Objects: 3}))
		if err != nil {
			t.Fatal(err)
		}
		var laid bytes.Buffer
		if err := signer.Layout(t.Context(), &laid, doc, signer.Field{Name: "A", Page: 1, Box: signer.Around(60, 60, 30, 30)},
			signer.Field{Name: "B", Page: 2}, signer.TextField{Name: "T", Page: 1, Box: signer.Box{X: 20, Y: 200, W: 50, H: 8}}); err != nil {
			t.Fatal(err)
		}
		req := signer.Request{Credential: cred, Level: signer.BB, Services: signer.Services{Timestamper: ca, Revocations: ca, Roots: ca.Roots()}, Time: signingTime, Field: "A"}
		one := sign(t, laid.Bytes(), req)
		req.Level = signer.BLTA
		out = append(out, one, sign(t, laid.Bytes(), req))
	}
	return out
}

func openPDF(b []byte) (*signer.Document, error) {
	return signer.Open(bytes.NewReader(b), int64(len(b)))
}

// randomUpdate appends one revision that does a few random things.
func randomUpdate(r *rand.Rand, base []byte, cred signer.Credential) ([]byte, error) {
	f, err := pdf.Open(bytes.NewReader(base), int64(len(base)), pdf.DefaultLimits())
	if err != nil {
		return nil, err
	}
	m := &mutator{r: r, f: f, u: f.NewUpdate(nil)}
	for range 1 + r.IntN(3) {
		if err := m.step(); err != nil {
			return nil, err
		}
	}
	if r.IntN(3) > 0 {
		l, err := m.u.Layout()
		return append(bytes.Clone(base), l.Bytes...), err
	}
	return m.covered(base, cred)
}

type mutator struct {
	r *rand.Rand
	f *pdf.File
	u *pdf.Update
}

// pick returns a random object that is a dictionary, in its new state.
func (m *mutator) pick() (pdf.Ref, *pdf.Dict) {
	nums := m.f.Numbers()
	for range 50 {
		num := nums[m.r.IntN(len(nums))]
		e, ok := m.f.Lookup(num)
		if !ok || e.Kind == pdf.EntryFree {
			continue
		}
		ref := pdf.Ref{Num: num, Gen: e.Gen}
		if d, err := m.u.Dict(ref); err == nil {
			return ref, d
		}
	}
	return pdf.Ref{}, nil
}

func (m *mutator) value() pdf.Object {
	nums := m.f.Numbers()
	switch m.r.IntN(6) {
	case 0:
		return pdf.Integer(m.r.IntN(1000))
	case 1:
		return pdf.Name("X")
	case 2:
		return pdf.String{Bytes: []byte("x")}
	case 3:
		return pdf.Ref{Num: nums[m.r.IntN(len(nums))]}
	case 4:
		return m.u.Add(pdf.NewDict(pdf.Name("New"), pdf.Integer(1)))
	}
	return pdf.Array{pdf.Ref{Num: nums[m.r.IntN(len(nums))]}}
}

// step does one random thing, harmless or not.
func (m *mutator) step() error {
	ref, d := m.pick()
	if d == nil {
		return nil
	}
	keys := []pdf.Name{"AP", "V", "AS", "Annots", "Contents", "Resources", "MediaBox", "Rotate", "AcroForm", "DSS", "Extensions", "Metadata",
		"Fields", "SigFlags", "T", "Rect", "F", "Type", "Kids", "Tabs", "Version", "Names", "OpenAction", "VRI", "Certs", "P", "DA"}
	switch m.r.IntN(7) {
	case 0: // one of its keys gets another value
		if len(d.Entries) > 0 {
			m.u.Set(ref, d.With(d.Entries[m.r.IntN(len(d.Entries))].Key, m.value()))
		}
	case 1: // or is removed
		if len(d.Entries) > 0 {
			m.u.Set(ref, d.With(d.Entries[m.r.IntN(len(d.Entries))].Key, nil))
		}
	case 2: // a key that has a meaning
		m.u.Set(ref, d.With(keys[m.r.IntN(len(keys))], m.value()))
	case 3: // the same content, written again
		m.u.Set(ref, d)
	case 4: // an object that nothing uses
		m.value()
	case 5: // an array grows
		for _, e := range d.Entries {
			if a, ok := e.Value.(pdf.Array); ok {
				m.u.Set(ref, d.With(e.Key, append(append(pdf.Array(nil), a...), m.value())))
				break
			}
		}
	case 6: // the honest growth of the DSS or the catalog
		cat, root, err := m.f.Catalog()
		if err != nil {
			return err
		}
		if was, err := m.u.Dict(root); err == nil {
			cat = was
		}
		if m.r.IntN(2) == 0 {
			m.u.Set(root, cat.With("Extensions", pdf.NewDict(pdf.Name("ADBE"), pdf.NewDict(pdf.Name("BaseVersion"), pdf.Name("1.7"), pdf.Name("ExtensionLevel"), pdf.Integer(8)))))
			return nil
		}
		if cat.Get("DSS") == nil {
			st := m.u.Add(&pdf.Stream{Dict: pdf.NewDict(), Data: []byte("not a certificate")})
			m.u.Set(root, cat.With("DSS", m.u.Add(pdf.NewDict(pdf.Name("Certs"), pdf.Array{st}))))
		}
	}
	return nil
}

// covered ends the revision in a valid signature in field B.
func (m *mutator) covered(base []byte, cred signer.Credential) ([]byte, error) {
	form, err := m.f.Form()
	if err != nil {
		return nil, err
	}
	fd, _ := form.Find("B")
	field, err := m.u.Dict(fd.Ref)
	if err != nil {
		field = fd.Dict
	}
	const room = 8192
	sig := m.u.Add(pdf.NewDict(pdf.Name("Type"), pdf.Name("Sig"), pdf.Name("Filter"), pdf.Name("Adobe.PPKLite"), pdf.Name("SubFilter"), pdf.Name("ETSI.CAdES.detached"),
		pdf.Name("ByteRange"), pdf.Reserved{Key: "B", Text: bytes.Repeat([]byte(" "), 60)},
		pdf.Name("Contents"), pdf.Reserved{Key: "C", Text: append(append([]byte("<"), bytes.Repeat([]byte("0"), room)...), '>')}))
	m.u.Set(fd.Ref, field.With("V", sig))
	l, err := m.u.Layout()
	if err != nil {
		return nil, err
	}
	from := l.Places["C"]
	to := from + room + 2
	copy(l.Bytes[l.Places["B"]:], fmt.Sprintf("[0 %d %d %d]", len(base)+from, len(base)+to, len(l.Bytes)-to))
	h := cms.SHA256.New()
	h.Write(base)
	h.Write(l.Bytes[:from])
	h.Write(l.Bytes[to:])
	p := cms.Profile{Chain: cred.Chain, Hash: cms.SHA256}
	attrs, err := p.SignedAttributes(h.Sum(nil))
	if err != nil {
		return nil, err
	}
	value, err := p.SignAttributes(cred.Key, attrs)
	if err != nil {
		return nil, err
	}
	der, err := p.Assemble(attrs, value, nil)
	if err != nil {
		return nil, err
	}
	copy(l.Bytes[from+1:], fmt.Sprintf("%x", der))
	return append(bytes.Clone(base), l.Bytes...), nil
}
