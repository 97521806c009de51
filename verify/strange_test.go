package verify_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// A strange update is an honest one, spelt by a grammar of its own: whitespace, comments,
// numbers, names, keys that stand twice, filters, object streams, and other objects hidden
// where a reader that repairs files finds them. What verify accepts of them, five readers
// must show as before (A34 to A38).

// evil are parts that a repairing reader takes for the document's.
var evil = []string{
	"5 0 obj\n<</Length 45>>\nstream\nBT /F1 12 Tf 72 700 Td (EVIL 900000) Tj ET   \nendstream\nendobj\n",
	"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<<>>>>\nendobj\n",
	"1 0 obj\n<</Type/Catalog/Pages 99 0 R>>\nendobj\n",
	"2 0 obj\n<</Type/Pages/Count 1/Kids[4 0 R]>>\nendobj\n",
	"trailer\n<</Size 300/Root 99 0 R>>\nstartxref\n0\n%%EOF\n",
	"xref\n0 0\ntrailer\n<</Size 300/Root 99 0 R>>\n",
	"startxref\n15\n%%EOF\n",
	"<</Type/ObjStm/N 1/First 5/Length 20>>\nstream\n3 0 <</Type/Page>>\nendstream\n",
	"endobj\n", "endstream\nendobj\n", "%%EOF\n",
}

var blanks = []string{" ", "\n", "\r\n", "\r", "\t", "\x00", "\f", "  ", " \n", "\n\n", "%c\n", "%9 0 obj\n", "", "     "}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// strangeBody is the content of a new object that nothing leads to, or of a member of the
// store.
func strangeBody(r *rand.Rand, stream bool) string {
	var d strings.Builder
	keys := []string{"/A 1", "/B(x)", "/C/D", "/E[1 2 R 3]", "/F(x)", "/FFilter/ASCIIHexDecode", "/Filter/FlateDecode", "/Filter null", "/Filter[]",
		"/Filter[/Crypt]", "/DecodeParms null", "/DecodeParms[null]", "/DL 5", "/Type/ObjStm/N 1/First 4", "/Type/XRef/W[1 1 1]/Size 9", "/Type/Page", "/Type/Catalog/Pages 2 0 R", "/Subtype/Image",
		"/A 2", "/#41 1", "/G +1", "/H 1.", "/I .5", "/J --1", "/K 0x1", "/L 1e3", "/M<41 4>", "/O<</P 1/P 2>>", "/Q true", "/R null", "/S(a(b)c\\)\\\nd)", "/T(\\5)", "/XRefStm 15", "/Prev 15",
		"/U(" + pick(r, evil) + ")", "/V<" + fmt.Sprintf("%x", pick(r, evil)) + ">", "/W%" + strings.ReplaceAll(pick(r, evil), "\n", " ") + "\n1"}
	for range r.IntN(4) {
		d.WriteString(pick(r, keys))
		if r.IntN(3) == 0 {
			d.WriteString(pick(r, blanks))
		}
	}
	if !stream {
		return "<<" + d.String() + ">>"
	}
	data := pick(r, []string{"x", "q Q", pick(r, evil), "a\n" + pick(r, evil), "endstream\n" + pick(r, evil), strings.Repeat("z", 40)})
	length := strconv.Itoa(len(data))
	switch r.IntN(8) {
	case 0:
		length = strconv.Itoa(max(0, len(data)+r.IntN(9)-4))
	case 1:
		length = pick(r, []string{"+", "0", "000"}) + length
	case 2:
		length += pick(r, []string{".0", ".", " 0 R", "/Length 1"})
	}
	return "<<" + d.String() + "/Length " + length + ">>" + pick(r, []string{"\n", "", " ", "\r\n"}) + "stream" +
		pick(r, []string{"\n", "\r\n", "\n", "\r", " \n"}) + data + pick(r, []string{"\nendstream", "\nendstream", "\r\nendstream", "endstream", "\nendstream "})
}

// strangeUpdate appends one strange revision.
func strangeUpdate(r *rand.Rand, base []byte) []byte {
	a := extend(base)
	a.stream = r.IntN(4) == 0
	for range 1 + r.IntN(2) {
		num := a.size + r.IntN(3)
		switch r.IntN(6) {
		case 0: // a member of the store
			i := bytes.LastIndex(base, []byte("/Type/DSS"))
			if i < 0 {
				a.object(num, strangeBody(r, r.IntN(3) == 0))
				break
			}
			j := bytes.LastIndex(base[:i], []byte(" 0 obj\n"))
			store := atoi(string(base[bytes.LastIndexByte(base[:j], '\n')+1 : j]))
			text := string(base[j+len(" 0 obj\n") : j+bytes.Index(base[j:], []byte("\nendobj"))])
			a.object(store, strings.Replace(text, "/Certs [", fmt.Sprintf("/Certs [%d 0 R ", num), 1))
			a.object(num, strangeBody(r, true))
		case 1: // in an object stream, which a table cannot name
			a.stream = true
			dict := pick(r, []string{"", "/Extends 5 0 R", "/F(x)", "/First 9", "/N 2", "/Filter null", "/X(" + pick(r, evil) + ")"})
			a.pack(num+5, dict, map[int]string{num: strangeBody(r, false), num + 1: pick(r, []string{"12", "/N", "(x)", "[1]", "<<>>"})})
		default:
			body := strangeBody(r, r.IntN(5) == 0)
			a.set(num, row{1, len(a.b), 0})
			a.b = fmt.Appendf(a.b, "%s%d%s0%sobj%s%s%sendobj%s", pick(r, []string{"", "", "", "\n", pick(r, blanks)}), num, respell(r, " "), respell(r, " "), respell(r, "\n"), body, respell(r, "\n"), respell(r, "\n"))
			at := bytes.LastIndex(a.b[:len(a.b)-len(body)], []byte(strconv.Itoa(num)))
			a.set(num, row{1, at, 0})
		}
	}
	if r.IntN(6) == 0 {
		a.b = append(a.b, pick(r, append(evil, blanks...))...)
	}
	from := len(a.b)
	more := pick(r, []string{"", "", "", "/X 1", "/XRefStm 15", "/Info 8 0 R", "/Type/XRef", "/ID[<01><02>]", "/Extra(" + pick(r, evil) + ")", "/Encrypt null", "/Root 1 0 R"})
	b := a.end(more)
	if r.IntN(3) == 0 {
		return b
	}
	tail := b[from:]
	if a.stream {
		if i := bytes.Index(tail, []byte("endobj\nstartxref")); i >= 0 {
			return append(bytes.Clone(b[:from+i]), edit(r, tail[i:])...)
		}
		return b
	}
	return append(bytes.Clone(b[:from]), edit(r, tail)...)
}

// respell returns a blank, now and then another than is usual.
func respell(r *rand.Rand, usual string) string {
	if r.IntN(8) > 0 {
		return usual
	}
	return pick(r, blanks)
}

var words = regexp.MustCompile(`[ \r\n]+|[0-9]+|/[A-Za-z]+|[a-z]+|<<|>>|\[|\]|%%EOF`)

// edit changes a few words of a table, a trailer, and what ends them.
func edit(r *rand.Rand, b []byte) []byte {
	out := bytes.Clone(b)
	for range 1 + r.IntN(2) {
		all := words.FindAllIndex(out, -1)
		w := all[r.IntN(len(all))]
		word := string(out[w[0]:w[1]])
		var now string
		switch c := word[0]; {
		case c == ' ' || c == '\n' || c == '\r':
			now = pick(r, blanks)
		case c >= '0' && c <= '9':
			now = pick(r, []string{"+" + word, "0" + word, word + ".", word + ".0", "-" + word, word + "%c\n"})
		case c == '/':
			now = pick(r, []string{fmt.Sprintf("/#%02x%s", word[1], word[2:]), word + "#", word + "/X" + word, word + pick(r, blanks)})
		default:
			now = pick(r, []string{word + word, "", word + pick(r, blanks), pick(r, blanks) + word, word + pick(r, evil), "%" + word + "\n" + word, strings.ToUpper(word)})
		}
		out = append(append(bytes.Clone(out[:w[0]]), now...), out[w[1]:]...)
	}
	return out
}

// strangeBases are what strange updates are made of.
func strangeBases(m *material) [][]byte { return [][]byte{m.one, m.two, m.mdp[1], m.lta, m.stream} }

// TestA34StrangeUpdates: whatever a strange update hides, its verdict is one that verify has
// words for, and it is never graded better than what the update is. $STRANGE is how many
// are tried, from $STRANGE_FIRST on; those that are accepted go to $STRANGE_OUT, for five
// readers.
func TestA34StrangeUpdates(t *testing.T) {
	n, first, most := 3000, 0, 0
	w := &pairs{dir: os.Getenv("STRANGE_OUT"), known: map[[32]byte]string{}}
	if w.dir != "" {
		n, _ = strconv.Atoi(os.Getenv("STRANGE"))
		first, _ = strconv.Atoi(os.Getenv("STRANGE_FIRST"))
		most, _ = strconv.Atoi(os.Getenv("STRANGE_MOST"))
	}
	m := newMaterial(t, devca.P256)
	p := policy(m.ca)
	accepted, refused := 0, map[string]int{}
	for i := first; i < first+n; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 20261201))
		base := pick(r, strangeBases(m))
		b := strangeUpdate(r, base)
		rep := judge(t, b, p)
		if !rep.Valid() {
			refused[firstCode(rep)]++
			continue
		}
		accepted++
		if s := rep.Signatures[len(rep.Signatures)-1]; s.ChangeLevel > verify.ChangeLTA {
			t.Errorf("case %d is accepted as %v: %v", i, s.ChangeLevel, changesOf(s))
		}
		if tail := string(b[len(base):]); strings.Contains(tail, "EVIL") || strings.Contains(tail, "/Pages 99") {
			t.Errorf("case %d is accepted and hides another document:\n%.600q", i, tail)
		}
		if w.dir != "" && (most == 0 || w.n < most) {
			w.n++
			fmt.Fprintf(&w.lines, "%s\t%s\tlta\t\n", w.keep(t, "base", base), w.keep(t, fmt.Sprintf("strange%d", i), b))
		}
	}
	t.Logf("%d cases from %d on, %d accepted, refused for %v", n, first, accepted, refused)
	if accepted < n/50 || accepted > n*9/10 {
		t.Errorf("%d of %d accepted: the grammar is not what it was", accepted, n)
	}
	if w.dir != "" {
		if err := os.WriteFile(w.dir+"/pairs.tsv", []byte(w.lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// firstCode is the first thing that is wrong with a document.
func firstCode(rep *verify.Report) string {
	for _, s := range rep.Signatures {
		for _, c := range s.Changes {
			if c.Level == verify.ChangeOther {
				return c.Code
			}
		}
		for _, why := range s.Reasons {
			return string(why)
		}
	}
	for _, why := range rep.Reasons {
		return string(why)
	}
	return rep.Verdict.String()
}
