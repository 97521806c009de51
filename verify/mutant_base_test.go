package verify_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// A mutant is one attack file with the verdict it must get, and a reason that must be
// among those of the document or of one of its signatures. Both are written by hand.
type mutant struct {
	name   string
	file   []byte
	want   verify.Verdict
	reason verify.Reason      // empty if the verdict is Valid or Unsigned
	max    verify.ChangeLevel // of the policy; 0 means its default
}

func refused(name string, file []byte, reason verify.Reason) mutant {
	return mutant{name: name, file: file, want: verify.Invalid, reason: reason}
}

func legal(name string, file []byte) mutant {
	return mutant{name: name, file: file, want: verify.Valid}
}

// families are the recipes of attacks.md, 1.6, each in its own file.
var families = []struct {
	name string
	make func(t *testing.T, m *material) []mutant
}{
	{"R1 byte ranges", byteRanges},
	{"R2 duplicate keys", duplicateKeys},
	{"R3 contents", contentsBytes},
	{"R4 appended bytes", appended},
	{"R5 annotations", annotations},
	{"R6 sneaky fields", sneaky},
	{"R7 recycled signatures", recycled},
	{"R8 object streams", objectStreams},
	{"R9 hybrid updates", hybrids},
	{"R10 catalog and pages", catalogs},
	{"R11 forms", forms},
	{"R12 security stores", stores},
	{"R13 trailers", trailers},
	{"R14 tables", tables},
	{"R15 CMS", surgery},
	{"R16 timestamps", tokens},
	{"R18 update forms", updateForms},
	{"R19 growth", growth},
}

// TestAttackFiles checks the verdict for every mutant, for each kind of key.
func TestAttackFiles(t *testing.T) {
	for _, k := range []struct {
		name string
		alg  devca.Algorithm
	}{{"RSA", devca.RSA2048}, {"P-256", devca.P256}, {"SM2", devca.SM2}} {
		t.Run(k.name, func(t *testing.T) {
			m := newMaterial(t, k.alg)
			total := 0
			for _, f := range families {
				t.Run(f.name, func(t *testing.T) {
					mutants := f.make(t, m)
					total += len(mutants)
					t.Logf("%d mutants", len(mutants))
					for _, x := range mutants {
						m.judge(t, x)
					}
				})
			}
			t.Logf("%d mutants in all", total)
		})
	}
}

func (m *material) judge(t *testing.T, x mutant) {
	t.Helper()
	p := policy(m.ca)
	p.MaxChange = x.max
	rep := judge(t, x.file, p)
	if rep.Verdict == x.want && (x.reason == "" || has(rep, x.reason)) {
		return
	}
	t.Errorf("%s: %v %v, want %v %v", x.name, rep.Verdict, rep.Reasons, x.want, x.reason)
	for _, s := range rep.Signatures {
		t.Logf("   %q %v %v %v %q", s.Field, s.Indication, s.Reasons, s.ChangeLevel, changesOf(s))
	}
}

// material is what the mutants of one kind of key are made from: our own files.
type material struct {
	alg      devca.Algorithm
	ca       *devca.CA
	cheat    signer.Credential // trusted, but an attacker
	stranger signer.Credential // of a CA that nobody trusts
	laid     []byte            // two fields, none signed
	one, two []byte            // with one and two signatures
	stream   []byte            // two signatures, cross-reference streams
	mdp      [4][]byte         // certified, by P
	lta      []byte            // two signatures, the last at B-LTA
}

func newMaterial(t *testing.T, alg devca.Algorithm) *material {
	t.Helper()
	m := &material{alg: alg}
	var err error
	if m.ca, err = devca.New(devca.Config{Now: clock, Algorithm: alg, Seed: []byte("attack files")}); err != nil {
		t.Fatal(err)
	}
	person := m.issue(t, m.ca, "张三")
	m.cheat = m.issue(t, m.ca, "王五")
	evil, err := devca.New(devca.Config{Now: clock, Seed: []byte("stranger")})
	if err != nil {
		t.Fatal(err)
	}
	m.stranger = m.issue(t, evil, "赵六")
	req := signer.Request{Credential: person, Level: signer.BT, Services: signer.Services{Timestamper: m.ca, Revocations: m.ca, Roots: []*x509.Certificate{m.ca.Root()}}, Time: signingTime, Field: "A"}
	with := func(change func(*signer.Request)) signer.Request { r := req; change(&r); return r }
	second := with(func(r *signer.Request) { r.Credential, r.Field = m.cheat, "B" })
	m.laid = layout(t, ownPDF(), "A", "B")
	m.one = sign(t, m.laid, req)
	m.two = sign(t, m.one, second)
	m.lta = sign(t, m.one, with(func(r *signer.Request) { r.Level, r.Field = signer.BLTA, "B" }))
	m.stream = sign(t, sign(t, layout(t, samples.PDF(samples.Spec{Form: samples.Stream}), "A", "B"), req), second)
	for p := signer.AllowNothing; p <= signer.AllowAnnotation; p++ {
		m.mdp[p] = sign(t, m.laid, with(func(r *signer.Request) { r.Certify = p }))
	}
	return m
}

func (m *material) issue(t *testing.T, ca *devca.CA, name string) signer.Credential {
	t.Helper()
	cred, err := ca.Issue(devca.Subject{Name: name, ID: "410*****2028"})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

// ownPDF has two pages, a hidden annotation, and a form with a text field. The families
// depend on the numbers of its objects.
func ownPDF() []byte {
	stream := func(dict, data string) string {
		return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	}
	objs := []string{
		"<</Type/Catalog/Pages 2 0 R/AcroForm 9 0 R/Lang(zh)/Metadata 13 0 R>>",
		"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<</Font<</F1 7 0 R>>>>/Contents[5 0 R 6 0 R]/Annots[8 0 R 10 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<</Font<</F1 7 0 R>>>>/Contents 6 0 R>>",
		stream("", "BT /F1 12 Tf 72 700 Td (We owe 100) Tj ET"),
		stream("", "BT /F1 12 Tf 72 680 Td (and not 900) Tj ET"),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		"<</Type/Annot/Subtype/Square/Rect[70 690 300 710]/F 2/AP<</N 11 0 R>>>>",
		"<</Fields[10 0 R]/DA(/F1 0 Tf)/DR<</Font<</F1 7 0 R>>>>>>",
		"<</Type/Annot/Subtype/Widget/FT/Tx/T(note)/V(x)/MaxLen 9/Rect[72 500 200 520]/F 4/P 3 0 R/AP<</N 12 0 R>>>>",
		stream("/Type/XObject/Subtype/Form/BBox[0 0 230 20]", "1 g 0 0 230 20 re f"),
		stream("/Type/XObject/Subtype/Form/BBox[0 0 128 20]", "BT /F1 12 Tf (x) Tj ET"),
		stream("/Type/Metadata/Subtype/XML", `<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>`),
	}
	b := []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d 00000 n \n", len(b))
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := len(b)
	return fmt.Appendf(b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R/ID[<01><01>]>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, at)
}

// An addition is an incremental update as an attacker writes it.
type addition struct {
	b      []byte
	rows   map[int]row
	prev   int
	size   int
	root   int
	stream bool // of the cross-references
}

// row is a cross-reference entry: of kind 0 with the next free number and a
// generation, of kind 1 with offset and generation, of kind 2 with stream and
// index.
type row struct{ kind, a, b int }

func extend(b []byte) *addition {
	a := &addition{b: bytes.Clone(b), rows: map[int]row{}, prev: lastXRef(b), root: 1}
	fmt.Sscanf(string(b[bytes.LastIndex(b, []byte("/Size ")):]), "/Size %d", &a.size)
	return a
}

func (a *addition) object(num int, body string) *addition { return a.generation(num, 0, body) }

func (a *addition) generation(num, gen int, body string) *addition {
	a.set(num, row{1, len(a.b), gen})
	a.b = fmt.Appendf(a.b, "%d %d obj\n%s\nendobj\n", num, gen, body)
	return a
}

func (a *addition) set(num int, r row) *addition {
	a.rows[num] = r
	a.size = max(a.size, num+1)
	return a
}

// pack puts objects into an object stream; its header has their pairs of numbers.
func (a *addition) pack(stm int, dict string, objs map[int]string) *addition {
	head, body := "", ""
	for i, num := range slices.Sorted(maps.Keys(objs)) {
		a.set(num, row{2, stm, i})
		head += fmt.Sprintf("%d %d ", num, len(body))
		body += objs[num] + "\n"
	}
	return a.object(stm, fmt.Sprintf("<</Type/ObjStm/N %d/First %d/Length %d%s>>\nstream\n%s\nendstream",
		len(objs), len(head), len(head)+len(body), dict, head+body))
}

// table writes the rows as a table, one subsection each.
func (a *addition) table() string {
	var out strings.Builder
	out.WriteString("xref\n")
	for _, num := range slices.Sorted(maps.Keys(a.rows)) {
		r := a.rows[num]
		fmt.Fprintf(&out, "%d 1\n%010d %05d %c \n", num, r.a, r.b, "fn"[r.kind])
	}
	return out.String()
}

func (a *addition) trailer(more string) string {
	return fmt.Sprintf("trailer\n<</Size %d/Root %d 0 R/Prev %d%s>>\n", a.size, a.root, a.prev, more)
}

// end finishes the update; more is added to its trailer.
func (a *addition) end(more string) []byte {
	at := len(a.b)
	if a.stream {
		num := a.size
		a.set(num, row{1, at, 0})
		return fmt.Appendf(a.b, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", num,
			a.xrefStream(fmt.Sprintf("/Root %d 0 R/Prev %d%s", a.root, a.prev, more)), at)
	}
	return fmt.Appendf(a.b, "%s%sstartxref\n%d\n%%%%EOF\n", a.table(), a.trailer(more), at)
}

func (a *addition) xrefStream(more string) string {
	index, data := "", []byte(nil)
	for _, num := range slices.Sorted(maps.Keys(a.rows)) {
		r := a.rows[num]
		index += fmt.Sprintf("%d 1 ", num)
		data = append(data, byte(r.kind), byte(r.a>>24), byte(r.a>>16), byte(r.a>>8), byte(r.a), byte(r.b>>8), byte(r.b))
	}
	return fmt.Sprintf("<</Type/XRef/Size %d/W[1 4 2]/Index[%s]/Length %d%s>>\nstream\n%s\nendstream", a.size, index, len(data), more, data)
}

// add is an update of plain objects.
func add(b []byte, objs map[int]string) []byte {
	a := extend(b)
	for _, num := range slices.Sorted(maps.Keys(objs)) {
		a.object(num, objs[num])
	}
	return a.end("")
}

// put adds an entry after the others of a dictionary, even if the key exists.
func put(dict, key, value string) string {
	return strings.TrimSuffix(strings.TrimSpace(dict), ">>") + "/" + key + " " + value + ">>"
}

// into adds to the array of a key.
func into(t testing.TB, dict, key, item string) string {
	t.Helper()
	i := strings.Index(dict, "/"+key)
	j := strings.Index(dict[max(i, 0):], "]")
	if i < 0 || j < 0 {
		t.Fatalf("no array /%s in %s", key, dict)
	}
	return dict[:i+j] + " " + item + dict[i+j:]
}

// swap replaces text that must be there.
func swap(t testing.TB, s, old, to string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("%q is not in %q", old, s)
	}
	return strings.Replace(s, old, to, 1)
}

func atoi(s string) int {
	var n int
	fmt.Sscanf(s, "%d", &n)
	return n
}

func itoa(n int) string { return fmt.Sprint(n) }

// number returns the number of the last object whose text holds the marker.
func number(t testing.TB, b []byte, marker string) int {
	t.Helper()
	i := bytes.LastIndex(b, []byte(marker))
	if i < 0 {
		t.Fatalf("%q is not in the file", marker)
	}
	j := bytes.LastIndex(b[:i], []byte(" 0 obj\n"))
	k := bytes.LastIndexByte(b[:j], '\n')
	var n int
	fmt.Sscanf(string(b[k+1:]), "%d", &n)
	return n
}

// A forge is a file whose last update waits for the value of a signature over all of
// it.
type forge struct {
	file     []byte
	from, to int // of /Contents
	digest   []byte
	profile  cms.Profile
	cred     signer.Credential
}

// sigDict is a signature dictionary; @R and @C become its range and contents.
const sigDict = "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange @R/Contents @C>>"

// sigNum is the object that holds it, fieldNum the field whose value it is.
const (
	sigNum   = 195
	fieldNum = 191
)

// forge appends objects and a signature dictionary, number 195.
func (m *material) forge(t testing.TB, b []byte, objs map[int]string, dict string) *forge {
	t.Helper()
	return m.forgeWith(t, b, objs, dict, sigNum, "")
}

// forgeAs is forge with another number for the dictionary; forgeWith also adds to the
// trailer.
func (m *material) forgeAs(t testing.TB, b []byte, objs map[int]string, dict string, num int) *forge {
	t.Helper()
	return m.forgeWith(t, b, objs, dict, num, "")
}

func (m *material) forgeWith(t testing.TB, b []byte, objs map[int]string, dict string, num int, more string) *forge {
	t.Helper()
	const room, width = 16 << 10, 40
	dict = strings.Replace(dict, "@R", "[0 "+strings.Repeat(" ", width)+"]", 1)
	c := strings.Index(dict, "@C")
	dict = strings.Replace(dict, "@C", "<"+strings.Repeat("0", room)+">", 1)
	a := extend(b)
	for _, num := range slices.Sorted(maps.Keys(objs)) {
		a.object(num, objs[num])
	}
	start := len(a.b) + len(fmt.Sprintf("%d 0 obj\n", num))
	a.object(num, dict)
	f := &forge{file: a.end(more), from: start + c, to: start + c + room + 2}
	at := bytes.LastIndex(f.file, []byte("[0 "+strings.Repeat(" ", width)))
	copy(f.file[at+3:], fmt.Sprintf("%d %d %d", f.from, f.to, len(f.file)-f.to))
	f.sign(m.cheat)
	return f
}

// sign changes the signer.
func (f *forge) sign(cred signer.Credential) {
	f.cred = cred
	f.profile = cms.Profile{Chain: cred.Chain, Hash: cms.DefaultHash(cred.Chain[0].PublicKey)}
	f.digest = f.profile.Hash.Sum(f.covered())
}

func (f *forge) covered() []byte { return append(bytes.Clone(f.file[:f.from]), f.file[f.to:]...) }

// with returns the file with a value.
func (f *forge) with(der []byte) []byte {
	out := bytes.Clone(f.file)
	if 2*len(der) > f.to-f.from-2 {
		panic("the room is too small")
	}
	copy(out[f.from+1:], fmt.Sprintf("%x", der))
	return out
}

// value makes the honest signature.
func (f *forge) value(t testing.TB) []byte {
	t.Helper()
	attrs, err := f.profile.SignedAttributes(f.digest)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := f.profile.SignAttributes(f.cred.Key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	der, err := f.profile.Assemble(attrs, sig, nil)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// newField returns the objects of an honest new field whose value is object 195.
func newField(t testing.TB, b []byte) map[int]string {
	t.Helper()
	form, page := number(t, b, "/SigFlags"), number(t, b, "/Annots")
	return map[int]string{
		form:     into(t, object(t, b, form), "Fields", "191 0 R"),
		page:     into(t, object(t, b, page), "Annots", "191 0 R"),
		fieldNum: fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(New)/Rect[0 0 0 0]/F 132/P %d 0 R/V 195 0 R>>", page),
	}
}

// over signs an update with a certificate that everyone trusts.
func (m *material) over(t testing.TB, b []byte, objs map[int]string) []byte {
	t.Helper()
	all := newField(t, b)
	maps.Copy(all, objs)
	f := m.forge(t, b, all, sigDict)
	return f.with(f.value(t))
}
