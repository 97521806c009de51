package verify_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestPairsForReaders writes every mutant that is accepted, and accepted random updates,
// each with what the first signature covers, to $READERS_OUT: other readers must show the
// same in both (A34 to A38). READERS_N is how many random updates are made, from
// READERS_FIRST on.
func TestPairsForReaders(t *testing.T) {
	out := os.Getenv("READERS_OUT")
	if out == "" {
		t.Skip("READERS_OUT is not set")
	}
	n, _ := strconv.Atoi(os.Getenv("READERS_N"))
	first, _ := strconv.Atoi(os.Getenv("READERS_FIRST"))
	w := &pairs{dir: out, known: map[[32]byte]string{}}
	m := newMaterial(t, devca.P256)
	for _, f := range families {
		for _, x := range f.make(t, m) {
			if x.want == verify.Valid && x.max == 0 {
				w.write(t, strings.Fields(f.name)[0], x.file, judge(t, x.file, policy(m.ca)))
			}
		}
	}
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	bases := oracleBases(t, ca, cred)
	for i := first; i < first+n; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 20260304))
		b, err := randomUpdate(r, bases[r.IntN(len(bases))], cred)
		if err != nil {
			t.Fatal(err)
		}
		w.write(t, fmt.Sprintf("random%d", i), b, judge(t, b, policy(ca)))
	}
	if err := os.WriteFile(filepath.Join(out, "pairs.tsv"), []byte(w.lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d pairs", w.n)
}

// pairs are files before and after an update.
type pairs struct {
	dir   string
	n     int
	lines strings.Builder
	known map[[32]byte]string
}

func (w *pairs) write(t *testing.T, name string, file []byte, rep *verify.Report) {
	t.Helper()
	if !rep.Valid() || len(rep.Signatures) == 0 || rep.Signatures[0].ChangeLevel < verify.ChangeLTA {
		return
	}
	s := rep.Signatures[0]
	var before bytes.Buffer
	if err := s.Revision(&before); err != nil {
		t.Fatal(err)
	}
	var widgets []string
	for _, c := range s.Changes {
		if (c.Code == "FIELD_SIGNED" || c.Code == "WIDGET_MOVED") && c.Page > 0 {
			widgets = append(widgets, fmt.Sprintf("%d,%.2f,%.2f,%.2f,%.2f", c.Page, c.Rect[0], c.Rect[1], c.Rect[2], c.Rect[3]))
		}
	}
	w.n++
	fmt.Fprintf(&w.lines, "%s\t%s\t%v\t%s\n", w.keep(t, "before", before.Bytes()), w.keep(t, name, file), s.ChangeLevel, strings.Join(widgets, " "))
}

// keep writes a file once.
func (w *pairs) keep(t *testing.T, name string, b []byte) string {
	t.Helper()
	sum := sha256.Sum256(b)
	if known := w.known[sum]; known != "" {
		return known
	}
	name = fmt.Sprintf("%s-%d.pdf", name, len(w.known))
	w.known[sum] = name
	if err := os.WriteFile(filepath.Join(w.dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
