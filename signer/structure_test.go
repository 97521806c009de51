package signer_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// claiming makes a document of two pages with metadata of the given properties and a
// structure. tree is its parent tree, object 8.
func claiming(properties, tree string) []byte {
	xmp := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ` + properties + `/></rdf:RDF></x:xmpmeta>`
	page := "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>"
	return objects(0, "<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R/StructTreeRoot 6 0 R/MarkInfo<</Marked true>>/Lang(zh-CN)>>",
		"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>", page, page,
		fmt.Sprintf("<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream", len(xmp), xmp),
		"<</Type/StructTreeRoot/K 7 0 R/ParentTree 8 0 R/ParentTreeNextKey 1>>", "<</Type/StructElem/S/Document/P 6 0 R>>", tree,
		"<</Limits[0 4]/Nums[0 null 4 null]>>")
}

const (
	accessible = `xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"`
	levelA     = `xmlns:p="http://www.aiim.org/pdfa/ns/id/" p:part="2" p:conformance="A"`
	levelB     = `xmlns:p="http://www.aiim.org/pdfa/ns/id/" p:part="2" p:conformance="B"`
)

// TestStructure (ISO 14289-1, 7.18): in a document that must be heard as well, each widget
// has its place in the structure, and the page its order of tabs.
func TestStructure(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for name, c := range map[string]struct {
		in     []byte
		tagged bool
		first  pdf.Integer
	}{
		"PDF/UA":         {claiming(accessible, "<</Nums[0 null]>>"), true, 1},
		"in leaves":      {claiming(accessible, "<</Kids[9 0 R]>>"), true, 5},
		"no parent tree": {claiming(accessible, "null"), true, 1},
		"PDF/A-2a":       {claiming(levelA, "<</Nums[0 null]>>"), true, 1},
		"PDF/A-2b":       {claiming(levelB, "<</Nums[0 null]>>"), false, 0},
		"neither":        {claiming("", "<</Nums[0 null]>>"), false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			laid := layout(t, c.in, signer.TextField{Name: "Text", Page: 2, Box: signer.Box{X: 10, Y: 100, W: 60, H: 10}},
				signer.Field{Name: "A", Page: 1, Box: signer.Box{X: 10, Y: 10, W: 40, H: 40}, Also: []signer.Place{{Page: 2, Box: signer.Box{X: 10, Y: 10, W: 40, H: 40}}}})
			req := request(ca, cred, signer.BLTA, "")
			req.NewField, req.Field, req.Appearance = nil, "A", box(40)
			out := sign(t, laid, req)
			again := request(ca, cred, signer.BLTA, "B")
			again.NewField.Page, again.NewField.Box, again.Appearance = 2, signer.Box{X: 60, Y: 10, W: 40, H: 40}, box(40)
			out = sign(t, out, again)
			valid(t, ca, out)
			f, fm := form(t, out)
			parents := parentTree(t, f)
			seen := map[pdf.Integer]bool{}
			for _, fd := range fm.Fields {
				n, ok := fd.Dict.Get("StructParent").(pdf.Integer)
				if ok != c.tagged {
					t.Fatalf("field %q has a place in the structure: %v", fd.Name, ok)
				}
				page, err := f.Dict(fd.Dict.Get("P"))
				if tabs := page.Get("Tabs") == pdf.Name("S"); err != nil || tabs != c.tagged {
					t.Errorf("field %q: its page has an order of tabs: %v, %v", fd.Name, tabs, err)
				}
				if !c.tagged {
					continue
				}
				if seen[n] || n < c.first {
					t.Errorf("field %q has place %d", fd.Name, n)
				}
				seen[n] = true
				elem, err := f.Dict(parents[n])
				if err != nil || elem.Get("S") != pdf.Name("Form") || elem.Get("P") != pdf.Object(pdf.Ref{Num: 7}) {
					t.Errorf("field %q: element %v, %v", fd.Name, elem, err)
					continue
				}
				if of, _ := elem.Get("K").(*pdf.Dict); of.Get("Obj") != pdf.Object(fd.Ref) || of.Get("Pg") != fd.Dict.Get("P") {
					t.Errorf("field %q: the element is of %v", fd.Name, of)
				}
				if s, _ := fd.Dict.Get("TU").(pdf.String); s.Text() != fd.Name {
					t.Errorf("field %q is read as %q", fd.Name, s.Text())
				}
			}
			document, err := f.Dict(pdf.Ref{Num: 7})
			if err != nil {
				t.Fatal(err)
			}
			if kids, err := f.Array(document.Get("K")); err != nil || len(kids) != len(seen) {
				t.Errorf("%d elements for %d widgets, %v", len(kids), len(seen), err)
			}
		})
	}
}

// parentTree reads the parent tree of a document, of at most two levels.
func parentTree(t *testing.T, f *pdf.File) map[pdf.Integer]pdf.Object {
	t.Helper()
	out := map[pdf.Integer]pdf.Object{}
	root, err := f.Dict(pdf.Ref{Num: 6})
	if err != nil {
		t.Fatal(err)
	}
	nodes := pdf.Array{root.Get("ParentTree")}
	for i := 0; i < len(nodes); i++ {
		node, err := f.Dict(nodes[i])
		if err != nil {
			t.Fatal(err)
		}
		kids, _ := node.Get("Kids").(pdf.Array)
		nodes = append(nodes, kids...)
		nums, _ := node.Get("Nums").(pdf.Array)
		last := pdf.Integer(-1)
		for j := 0; j+1 < len(nums); j += 2 {
			n, _ := nums[j].(pdf.Integer)
			if n <= last {
				t.Errorf("the parent tree has %d behind %d", n, last)
			}
			out[n], last = nums[j+1], n
		}
	}
	return out
}

// TestClaims reads what XMP metadata claim, in each encoding that XMP may have.
func TestClaims(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	const text = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><a xmlns:q="http://www.aiim.org/pdfa/ns/id/"><q:part> 1 </q:part><q:conformance>B</q:conformance></a></x:xmpmeta>`
	encoded := func(mark string, width int, little bool) string {
		out := mark
		for _, r := range text {
			unit := make([]byte, width)
			if little {
				unit[0] = byte(r)
			} else {
				unit[width-1] = byte(r)
			}
			out += string(unit)
		}
		return out
	}
	for name, c := range map[string]struct {
		xmp    string
		opaque bool
	}{
		"UTF-8": {text, true}, "with a mark": {"\ufeff" + text, true},
		"declared": {`<?xml version="1.0" encoding="UTF-16"?>` + text, true},
		"UTF-16BE": {encoded("", 2, false), true}, "UTF-16LE": {encoded("", 2, true), true},
		"UTF-16BE with a mark": {encoded("\xfe\xff", 2, false), true}, "UTF-16LE with a mark": {encoded("\xff\xfe", 2, true), true},
		"UTF-32BE": {encoded("", 4, false), true}, "UTF-32LE": {encoded("", 4, true), true},
		"UTF-32BE with a mark": {encoded("\x00\x00\xfe\xff", 4, false), true}, "UTF-32LE with a mark": {encoded("\xff\xfe\x00\x00", 4, true), true},
		"nothing": {"", false}, "half": {text[:40], false}, "odd": {"\xfe\xff<", false},
	} {
		in := objects(0, "<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>",
			fmt.Sprintf("<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream", len(c.xmp), c.xmp))
		req := request(ca, cred, signer.BT, "S")
		req.NewField.Page, req.NewField.Box, req.Appearance = 1, signer.Box{X: 10, Y: 10, W: 40, H: 40}, inked{box(40)}
		out := sign(t, in, req)[len(in):]
		if opaque := !bytes.Contains(out, []byte("/ca 0.5")); opaque != c.opaque {
			t.Errorf("%s: the seal is opaque: %v, want %v", name, opaque, c.opaque)
		}
	}
}

// inked is an appearance that lets the page show through.
type inked struct{ box }

func (inked) Opacity() float64 { return 0.5 }
