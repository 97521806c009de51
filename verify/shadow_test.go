package verify_test

import (
	"bytes"
	"crypto"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// docStamp is the dictionary of a document timestamp.
const docStamp = "<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161/ByteRange @R/Contents @C@X>>"

// stamped returns an update that ends in a document timestamp, which anyone can get.
// more is added to its dictionary.
func (m *material) stamped(t testing.TB, b []byte, objs map[int]string, more string) []byte {
	t.Helper()
	all := newField(t, b)
	maps.Copy(all, objs)
	f := m.forge(t, b, all, strings.Replace(docStamp, "@X", more, 1))
	token, err := m.ca.Timestamp(t.Context(), crypto.SHA256, cms.SHA256.Sum(f.covered()))
	if err != nil {
		t.Fatal(err)
	}
	return f.with(token)
}

// TestShadows: attacks that signers cannot see coming. Each file was prepared before
// the first signature, or changes what is shown only with additions that anyone may
// make.
func TestShadows(t *testing.T) {
	m := newMaterial(t, devca.P256)
	page := func(b []byte) string { return object(t, b, 3) }
	widget := func(rect, more string) string {
		return "<</Type/Annot/Subtype/Widget/Rect" + rect + "/F 4/P 3 0 R" + more + ">>"
	}
	form := func(b []byte) int { return number(t, b, "/SigFlags") }
	// first signs a prepared document.
	first := func(objs map[int]string) []byte {
		laid := m.laid
		if objs != nil {
			laid = add(laid, objs)
		}
		return m.over(t, laid, nil)
	}
	for _, x := range []mutant{
		// A13, D2: a document timestamp is not a person's signature.
		legal("D2 a hidden document timestamp", m.stamped(t, m.two, nil, "")),
		refused("A13 a visible document timestamp", m.stamped(t, m.two, map[int]string{190: whiteBox,
			fieldNum: widget("[60 690 400 720]", "/FT/Sig/T(New)/V 195 0 R/AP<</N 190 0 R>>")}, ""), verify.SigChanged),
		refused("A13 one hidden and one visible widget", m.stamped(t, m.two, map[int]string{190: whiteBox,
			3:        into(t, page(m.two), "Annots", "192 0 R 193 0 R"),
			fieldNum: "<</FT/Sig/T(New)/V 195 0 R/Kids[192 0 R 193 0 R]>>",
			192:      widget("[0 0 0 0]", "/Parent 191 0 R"), 193: widget("[60 690 400 720]", "/Parent 191 0 R/AP<</N 190 0 R>>")}, ""), verify.SigChanged),
		refused("A13 a rectangle too large to be read", m.stamped(t, m.two, map[int]string{190: whiteBox,
			fieldNum: widget("[-20000000 0 20000000 0.5]", "/FT/Sig/T(New)/V 195 0 R/AP<</N 190 0 R>>")}, ""), verify.SigChanged),
		refused("A8 a rectangle twice", m.stamped(t, m.two, map[int]string{190: whiteBox,
			fieldNum: widget("[60 690 400 720]", "/Rect[0 0 0 0]/FT/Sig/T(New)/V 195 0 R/AP<</N 190 0 R>>")}, ""), verify.SigChanged),
		refused("D2 a document timestamp fills a field", m.stamped(t, m.two, map[int]string{10: swap(t, object(t, m.two, 10), "/V(x)", "/V(900)")},
			"/Reference[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(note)]>>>>]"), verify.SigChanged),

		// D6: only the structure tree grows.
		refused("D6 the array of pages", func() []byte {
			b := first(map[int]string{2: "<</Type/Pages/Count 2/Kids 20 0 R>>", 20: "[3 0 R 4 0 R]"})
			return m.after(t, b, map[int]string{20: "[3 0 R 4 0 R 290 0 R]", 290: "<</Parent 2 0 R/MediaBox[0 0 9 9]>>"})
		}(), verify.SigChanged),
		refused("D6 the array of a name tree", func() []byte {
			b := first(map[int]string{1: put(object(t, m.laid, 1), "Names", "<</JavaScript 21 0 R>>"), 21: "<</Kids 20 0 R>>", 20: "[22 0 R]", 22: "<</Limits[(a)(a)]/Names[(a)<<>>]>>"})
			return m.after(t, b, map[int]string{20: "[22 0 R 290 0 R]", 290: "<</Limits[(b)(b)]/Names[(b)<</S/JavaScript/JS(app.alert(1))>>]>>"})
		}(), verify.SigChanged),
		refused("D6 the page labels", func() []byte {
			b := first(map[int]string{1: put(object(t, m.laid, 1), "PageLabels", "<</Kids[20 0 R]>>"), 20: "<</Nums[0 21 0 R]>>", 21: "<</S/D>>"})
			return m.after(t, b, map[int]string{20: "<</Nums[0 21 0 R 1 290 0 R]>>", 290: "<</S/r>>"})
		}(), verify.SigChanged),
		legal("D6 the parent tree", func() []byte {
			b := first(map[int]string{1: put(object(t, m.laid, 1), "StructTreeRoot", "20 0 R"), 20: "<</Type/StructTreeRoot/K[22 0 R]/ParentTree 21 0 R/ParentTreeNextKey 1>>",
				21: "<</Kids 23 0 R>>", 22: "<</Type/StructElem/S/Document/P 20 0 R/K 24 0 R>>", 23: "[25 0 R]", 24: "[26 0 R]", 25: "<</Limits[0 0]/Nums[0 26 0 R]>>", 26: "<</Type/StructElem/S/P/P 22 0 R>>"})
			return m.after(t, b, map[int]string{20: swap(t, object(t, b, 20), "NextKey 1", "NextKey 2"), 23: "[25 0 R 290 0 R]", 24: "[26 0 R 289 0 R]",
				289: "<</Type/StructElem/S/Form/P 22 0 R>>", 290: "<</Limits[1 1]/Nums[1 289 0 R]>>"})
		}()),

		// D5: an update that writes rows for object 0 may change the information twice.
		legal("D5 information changed twice", func() []byte {
			b := m.forgeTrailer(t, extend(m.laid).object(190, "<</Title(a)>>").end("/Info 190 0 R"))
			for _, s := range []string{"b", "c"} {
				b = extend(b).set(0, row{0, 0, 65535}).object(190, "<</Title("+s+")>>").end("/Info 190 0 R")
			}
			return b
		}()),
		legal("D5 information added and changed", func() []byte {
			b := extend(m.two).object(290, "<</Title(b)>>").end("/Info 290 0 R")
			return extend(b).object(290, "<</Title(c)>>").end("/Info 290 0 R")
		}()),
		refused("D5 information changed that is a page's too", func() []byte {
			b := m.forgeTrailer(t, extend(add(m.laid, map[int]string{3: swap(t, page(m.laid), "/Font<<", "/ExtGState<</G 190 0 R>>/Font<<")})).object(190, "<</Title(a)>>").end("/Info 190 0 R"))
			return extend(b).object(190, "<</ca 0>>").end("/Info 190 0 R")
		}(), verify.SigChanged),

		// A11: an object that only a stream refers to that claims to be a
		// cross-reference.
		refused("A11 a form XObject of type XRef", func() []byte {
			b := first(map[int]string{3: swap(t, page(m.laid), "<</Font", "<</XObject<</X 20 0 R>>/Font"),
				20: "<</Type/XRef/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</Y 290 0 R>>>>/Length 5>>\nstream\n/Y Do\nendstream"})
			return add(b, map[int]string{290: whiteBox})
		}(), verify.SigChanged),
		// A19, D3: the objects in an object stream are lost with it.
		refused("D3 an object stream freed", func() []byte {
			a := extend(m.laid)
			a.stream = true
			a.pack(180, "", map[int]string{7: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"})
			b := m.over(t, a.end(""), nil)
			return extend(b).set(180, row{0, 0, 1}).end("")
		}(), verify.SigChanged),
		// A15: a widget of another field.
		refused("A15 a new field takes a signed field's widget", func() []byte {
			laid := m.laid
			f := m.forge(t, laid, map[int]string{
				form(laid): into(t, object(t, laid, form(laid)), "Fields", "191 0 R"), 3: into(t, page(laid), "Annots", "192 0 R"),
				191: "<</FT/Sig/T(New)/V 195 0 R/Kids[192 0 R]>>", 192: widget("[60 690 400 720]", "/Parent 191 0 R")}, sigDict)
			b := f.with(f.value(t))
			return m.after(t, b, map[int]string{290: whiteBox, 192: widget("[60 690 400 720]", "/Parent 191 0 R/AP<</N 290 0 R>>"), 291: "<</FT/Sig/T(Next)/V 295 0 R/Kids[192 0 R]>>"})
		}(), verify.SigChanged),
		// A16: a row of the signed document that points beyond its end.
		refused("A16 a row that leads into the update", func() []byte {
			a := extend(m.laid).object(3, strings.Replace(page(m.laid), "/Annots[", "/Annots 20 0 R/X[", 1))
			b := a.set(20, row{1, 900000, 0}).end("")
			f := m.forge(t, b, map[int]string{form(b): into(t, object(t, b, form(b)), "Fields", "191 0 R"), 191: "<</FT/Sig/T(New)/V 195 0 R>>"}, sigDict)
			b = f.with(f.value(t))
			at := len(b) + len("20 0 obj\n") - len("20 0 obj\n")
			b = bytes.Replace(b, []byte("0000900000"), fmt.Appendf(nil, "%010d", at), 1)
			f.file = b
			f.sign(m.cheat)
			b = f.with(f.value(t))
			return extend(b).object(20, "[8 0 R 10 0 R<</Type/Annot/Subtype/FreeText/Rect[60 690 400 720]/Contents(We owe 1)>>]").end("")
		}(), verify.SigChanged),
	} {
		m.judge(t, x)
	}
}

// after returns an update that m.cheat signs in a second new field, number 291 with the
// signature in 295.
func (m *material) after(t testing.TB, b []byte, objs map[int]string) []byte {
	t.Helper()
	form := number(t, b, "/SigFlags")
	all := map[int]string{
		form: into(t, object(t, b, form), "Fields", "291 0 R"),
		3:    into(t, object(t, b, 3), "Annots", "291 0 R"),
		291:  "<</Type/Annot/Subtype/Widget/FT/Sig/T(Next)/Rect[0 0 0 0]/F 132/P 3 0 R/V 295 0 R>>",
	}
	maps.Copy(all, objs)
	f := m.forgeAs(t, b, all, sigDict, 295)
	return f.with(f.value(t))
}
