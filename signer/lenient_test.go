package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestLenient signs files as real software writes them, though ISO 32000 does not want them
// so, and verify accepts the signature.
func TestLenient(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	const (
		catalog = "<</Type/Catalog/Pages 2 0 R>>"
		tree    = "<</Type/Pages/Count 1/Kids[3 0 R]>>"
		leaf    = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>"
	)
	page := func(more string) string { return strings.Replace(leaf, "/Resources", more+"/Resources", 1) }
	good := objects(0, catalog, tree, leaf)
	for name, in := range map[string][]byte{
		"a page twice":            objects(0, catalog, "<</Type/Pages/Count 2/Kids[3 0 R 3 0 R]>>", leaf),
		"a page in its node":      objects(0, catalog, "<</Type/Pages/Count 2/Kids["+leaf+" 3 0 R]>>", leaf),
		"in a list of its own":    objects(0, catalog, "<</Type/Pages/Count 2/Kids 4 0 R>>", leaf, "["+leaf+" 3 0 R]"),
		"annotations: a dict":     objects(0, catalog, tree, page("/Annots<</Subtype/Link>>")),
		"annotations: an object":  objects(0, catalog, tree, page("/Annots 4 0 R"), "<</Subtype/Link>>"),
		"fields: a dict":          objects(0, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields<<>>>>>>", tree, leaf),
		"NULs behind the end":     append(bytes.Clone(good), make([]byte, 5000)...),
		"without endobj":          bytes.Replace(good, []byte(leaf+"\nendobj"), []byte(leaf+"      \n"), 1),
		"a key twice":             objects(0, catalog, tree, page("/Contents 4 0 R/Contents 4 0 R"), "<</Length 0>>\nstream\n\nendstream"),
		"in an odd first save":    oddlySaved(good),
		"the same, but twice":     oddlySaved(oddlySaved(good)),
		"the highest number":      bytes.Replace(good, []byte("/Size 4"), []byte("/Size 8388000"), 1),
		"a trailer with null /ID": bytes.Replace(good, []byte("/Size 4"), []byte("/Size 4/ID null"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			req := request(ca, cred, signer.BLTA, "S")
			req.NewField.Page, req.NewField.Box, req.Appearance = 1, signer.Box{X: 10, Y: 10, W: 40, H: 40}, box(40)
			out := sign(t, in, req)
			valid(t, ca, out)
			again := request(ca, cred, signer.BT, "Again")
			again.NewField.Page, again.NewField.Box, again.Appearance = 1, signer.Box{X: 60, Y: 10, W: 40, H: 40}, box(40)
			valid(t, ca, sign(t, out, again))
			f, fm := form(t, out)
			fd, ok := fm.Find("S")
			p, _ := fd.Dict.Get("P").(pdf.Ref)
			d, err := f.Dict(p)
			if !ok || err != nil {
				t.Fatal("no field on a page", err)
			}
			if a, err := f.Array(d.Get("Annots")); err != nil || len(a) == 0 || a[0] != pdf.Object(fd.Ref) {
				t.Errorf("annotations %v, %v", a, err)
			}
		})
	}
}

// TestKeyTwice: in a signed file, an object in which a key stands twice with different
// values is not changed: some readers would see another change than others.
func TestKeyTwice(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := objects(0, "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>", "<</Type/Page/Parent 2 0 R/Rotate 0/MediaBox[0 0 600 800]/Rotate 90/Resources<</X 1/X 2>>>>")
	signed := sign(t, in, request(ca, cred, signer.BT, "S"))
	second := request(ca, cred, signer.BT, "Again")
	second.NewField.Page, second.NewField.Box, second.Appearance = 2, signer.Box{X: 60, Y: 10, W: 40, H: 40}, box(40)
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, signed), second); !errors.Is(err, signer.ErrNotAllowed) {
		t.Errorf("on the page with the key twice: %v", err)
	}
	out := sign(t, in, second)
	valid(t, ca, out)
	if rest := out[len(in):]; bytes.Count(rest, []byte("/Rotate")) != 1 || !bytes.Contains(rest, []byte("/Rotate 90")) || bytes.Count(rest, []byte("/X 2")) != 1 {
		t.Errorf("the page is written with a key twice:\n%s", rest)
	}
	second.NewField.Page = 1
	valid(t, ca, sign(t, signed, second))
}

// oddlySaved adds a save that names the one before it by the space before its section, as
// some software does.
func oddlySaved(b []byte) []byte {
	at := bytes.LastIndex(b, []byte("startxref\n"))
	var prev int
	fmt.Sscanf(string(b[at:]), "startxref\n%d", &prev)
	out := append(bytes.Clone(b), "4 0 obj\n<<>>\nendobj\n"...)
	x := len(out)
	return fmt.Appendf(out, "xref\n4 1\n%010d 00000 n \ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", len(b), prev-1, x)
}
