package verify_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
)

// growth is R19 (A54): what honest producers let grow beside a signature, and the same with
// something taken away or put in its place.
func growth(t *testing.T, m *material) []mutant {
	var out []mutant
	signed := func(b []byte) []byte {
		return sign(t, b, signer.Request{Credential: m.cheat, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "A"}})
	}
	// over adds a signature with more changes, and alone the changes without one.
	over := func(name string, ok bool, b []byte, objs map[int]string) {
		f := m.over(t, b, objs)
		if ok {
			out = append(out, legal(name, f))
		} else {
			out = append(out, refused(name, f, verify.SigChanged))
		}
	}
	alone := func(name string, b []byte, objs map[int]string, max verify.ChangeLevel, ok bool) {
		x := refused(name, add(b, objs), verify.SigChanged)
		if ok {
			x = legal(name, x.file)
		}
		x.max = max
		out = append(out, x)
	}
	page := func(b []byte, key, value string) map[int]string { // the page of the new field gains a key
		num := number(t, b, "/Annots")
		return map[int]string{num: put(newField(t, b)[num], key, value)}
	}
	with := func(all ...map[int]string) map[int]string {
		out := map[int]string{}
		for _, a := range all {
			maps.Copy(out, a)
		}
		return out
	}

	// A tagged document.
	tagged := func(root string, more map[int]string) []byte {
		a := extend(ownPDF())
		a.object(1, put(object(t, ownPDF(), 1), "StructTreeRoot", "20 0 R"))
		a.object(20, root).object(26, "<</Type/StructElem/S/Document/P 20 0 R/K[21 0 R]>>")
		a.object(21, "<</Type/StructElem/S/P/P 26 0 R/K 0>>").object(23, "[21 0 R]")
		for n, body := range more {
			a.object(n, body)
		}
		return signed(a.end(""))
	}
	const root, tree = "<</Type/StructTreeRoot/K 26 0 R/ParentTree 22 0 R/ParentTreeNextKey 1>>", "<</Nums[0 23 0 R]>>"
	usual := tagged(root, map[int]string{22: tree})
	bare := tagged("<</Type/StructTreeRoot/K 26 0 R>>", nil)
	place := page(usual, "StructParents", "1")
	grown := map[int]string{22: "<</Nums[0 23 0 R 1 180 0 R]>>", 180: "[21 0 R]"}
	over("the parent tree grows", true, usual, with(place, grown))
	over("the parent tree loses", false, usual, with(place, map[int]string{22: "<</Nums[1 180 0 R]>>", 180: "[21 0 R]"}))
	over("a place in the parent tree that is none", false, usual, with(page(usual, "StructParents", "/One"), grown))
	over("a first parent tree", true, bare, with(page(bare, "StructParents", "0"), map[int]string{
		20: "<</Type/StructTreeRoot/K 26 0 R/ParentTree 181 0 R/ParentTreeNextKey 1>>", 181: "<</Nums[0 180 0 R]>>", 180: "[21 0 R]"}))
	over("a first parent tree in the root", true, bare, map[int]string{
		20: "<</Type/StructTreeRoot/K 26 0 R/ParentTree<</Nums[0 180 0 R]>>>>", 180: "[21 0 R]"})
	over("a first parent tree that was there", false, bare, map[int]string{20: "<</Type/StructTreeRoot/K 26 0 R/ParentTree 9 0 R>>"})
	another := func(nums string) map[int]string {
		return map[int]string{20: strings.Replace(root, "22 0 R", "181 0 R", 1), 181: "<</Kids[182 0 R]>>", 182: "<</Nums[" + nums + "]>>", 180: "[21 0 R]"}
	}
	over("another parent tree that holds all", true, usual, another("0 23 0 R 1 180 0 R"))
	written := func(list string) map[int]string {
		return with(another("0 183 0 R 1 180 0 R"), map[int]string{183: list, 184: "<</Type/StructElem/S/Form/P 21 0 R>>"})
	}
	over("another parent tree, its list written once more", true, usual, written("[21 0 R]"))
	over("another parent tree, its list grown", true, usual, written("[21 0 R 184 0 R]"))
	over("another parent tree, its list another", false, usual, written("[184 0 R]"))
	over("another parent tree, its list shorter", false, usual, written("[]"))
	over("another parent tree, its list grown by what was there", false, usual, written("[21 0 R 9 0 R]"))
	over("another parent tree that holds less", false, usual, another("1 180 0 R"))
	over("another parent tree that leads elsewhere", false, usual, with(another("0 180 0 R"), map[int]string{180: "[20 0 R]"}))
	over("another parent tree that leads to what was there", false, usual, another("0 21 0 R"))
	over("another parent tree of wrong form", false, usual, another("0 23 0 R 0 23 0 R"))
	alone("a place in the parent tree, no signature", usual, with(map[int]string{number(t, usual, "/Annots"): put(object(t, usual, number(t, usual, "/Annots")), "StructParents", "1")}, grown), 0, false)
	alone("a place in the parent tree, no signature, where filling is allowed", usual, with(map[int]string{number(t, usual, "/Annots"): put(object(t, usual, number(t, usual, "/Annots")), "StructParents", "1")}, grown), verify.ChangeForm, true)

	// The default resources of the form.
	form := func(b []byte, old, now string) map[int]string {
		return map[int]string{9: swap(t, newField(t, b)[9], old, now)}
	}
	font := map[int]string{180: "<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}
	for _, c := range []struct {
		name     string
		old, now string
		more     map[int]string
		ok       bool
	}{
		{"gain a font", "/F1 7 0 R", "/F1 7 0 R/F2 180 0 R", font, true}, {"gain a kind", "/DR <<", "/DR <</ProcSet[/PDF]", nil, true},
		{"change a font", "/F1 7 0 R", "/F1 180 0 R", font, false}, {"lose a font", "/F1 7 0 R", "", nil, false},
		{"are another object", "/DR <</Font<</F1 7 0 R>>>>", "/DR 7 0 R", nil, false},
	} {
		only := signed(extend(ownPDF()).object(9, "<</Fields[]/DA(/F1 0 Tf)/DR <</Font<</F1 7 0 R>>>>>>").end(""))
		over("resources "+c.name, c.ok, only, with(form(only, c.old, c.now), c.more))
		over("resources "+c.name+", beside a text field", false, m.one, with(form(m.one, c.old, c.now), c.more)) // which may show its text with them
	}
	for _, c := range []struct{ name, dr, at, now string }{
		{"of their own", "20 0 R", "<</Font<</F1 7 0 R>>>>", "<</Font<</F1 7 0 R/F2 180 0 R>>>>"},
		{"of which a kind stands alone", "<</Font 20 0 R>>", "<</F1 7 0 R>>", "<</F1 7 0 R/F2 180 0 R>>"},
	} {
		apart := signed(extend(ownPDF()).object(9, "<</Fields[]/DA(/F1 0 Tf)/DR "+c.dr+">>").object(20, c.at).end(""))
		inline := signed(extend(ownPDF()).object(1, swap(t, object(t, ownPDF(), 1), "9 0 R", "<</Fields[]/DR "+c.dr+">>")).object(20, c.at).end(""))
		over("resources "+c.name+" gain a font", true, apart, with(map[int]string{20: c.now}, font))
		over("resources "+c.name+" change a font", false, apart, with(map[int]string{20: strings.Replace(c.now, "7 0 R", "180 0 R", 1)}, font))
		alone("resources "+c.name+" gain a font in the catalog", inline, with(map[int]string{20: c.now}, font), verify.ChangeForm, true)
		alone("resources "+c.name+" gain a font, no signature", apart, with(map[int]string{20: c.now}, font), 0, false)
		alone("resources "+c.name+" gain a font, no signature, where filling is allowed", apart, with(map[int]string{20: c.now}, font), verify.ChangeForm, true)
	}

	// The field that is signed takes another place, or none.
	open := func(b []byte, rect string) []byte {
		num := number(t, b, "(B)")
		f := m.forge(t, b, map[int]string{num: put(regexp.MustCompile(`/Rect ?\[[^]]*\]`).ReplaceAllString(object(t, b, num), "/Rect "+rect), "V", "195 0 R")}, sigDict)
		return f.with(f.value(t))
	}
	out = append(out, legal("a field that is signed is no longer shown", open(m.one, "[0 0 0 0]")), legal("a field that is signed is elsewhere", open(m.one, "[300 300 400 350]")),
		refused("a field that is signed has no place", open(m.one, "/None"), ""), refused("a field that is signed is at names", open(m.one, "[/A/B/C/D]"), ""),
		legal("certified 2: a field that is signed is no longer shown", open(m.mdp[2], "[0 0 0 0]")),
		refused("certified 2: a field that is signed is elsewhere", open(m.mdp[2], "[300 300 400 350]"), verify.SigDocMDP))

	// The store without its type.
	store := number(t, m.lta, "/Certs")
	alone("a store without a type", m.lta, map[int]string{store: swap(t, put(object(t, m.lta, store), "Old", "1"), "/Old 1", "")}, 0, true)
	if s := object(t, m.lta, store); strings.Contains(s, "/Type /DSS") || strings.Contains(s, "/Type/DSS") {
		alone("a store that loses its type", m.lta, map[int]string{store: strings.NewReplacer("/Type /DSS", "", "/Type/DSS", "").Replace(s)}, 0, true)
	}
	alone("a store of another type", m.lta, map[int]string{store: put(strings.NewReplacer("/Type /DSS", "", "/Type/DSS", "").Replace(object(t, m.lta, store)), "Type", "/Page")}, 0, false)

	// Numbers that something older named.
	naming := func(body string) []byte {
		a := extend(ownPDF())
		a.object(1, put(object(t, ownPDF(), 1), "Outlines", "20 0 R"))
		return signed(a.object(20, "<</First 21 0 R/Last 21 0 R/Count 1>>").object(21, body).end(""))
	}
	over("the field's number is that of a next entry", true, naming("<</Title(x)/Parent 20 0 R/Next 191 0 R>>"), nil)
	over("the field's number is that of a place", true, naming("<</Title(x)/Parent 20 0 R/Dest 191 0 R>>"), nil)
	over("the signature's number is that of a page", true, naming("<</Title(x)/Parent 20 0 R/Dest 195 0 R>>"), nil)
	over("the signature's number is that of a node above", false, naming("<</Title(x)/Parent 195 0 R>>"), nil)
	field := func(b []byte, more string) map[int]string {
		return map[int]string{191: swap(t, newField(t, b)[191], "<<", "<<"+more)}
	}
	entry := naming("<</Title(x)/Parent 20 0 R/Next 191 0 R>>")
	over("the field's number is that of a next entry, which it would be", false, entry, field(entry, "/Title(EVIL)/Dest[4 0 R/Fit]"))
	// Names in resources are free.
	for _, kind := range []string{"XObject", "ExtGState", "Font", "Pattern"} {
		for _, key := range []string{"P", "Next", "Dest", "Obj"} {
			res := fmt.Sprintf("<</Font<</F1 7 0 R>>/%s 20 0 R>>", kind)
			b := signed(extend(ownPDF()).object(3, swap(t, object(t, ownPDF(), 3), "<</Font<</F1 7 0 R>>>>", res)).object(20, "<</"+key+" 191 0 R>>").end(""))
			alone("a stream that resources name "+kind+" "+key, b, map[int]string{191: "<</Subtype/Form/BBox[0 0 9 9]/Length 1>>\nstream\nq\nendstream"}, verify.ChangeAnnotation, false)
			over("a field that resources name "+kind+" "+key, false, b, field(b, "/ca 0/CA 0"))
		}
	}
	above := signed(extend(ownPDF()).object(4, swap(t, object(t, ownPDF(), 4), "/Parent 2 0 R", "/Parent 191 0 R")).end(""))
	over("a page would inherit from the field", false, above, field(above, "/Resources<<>>"))

	// Parts of a signature field that are something else.
	for _, other := range []string{"Highlight/QuadPoints[60 715 300 715 60 690 300 690]", "Ink/InkList[[0 0 99 99]]", "Line/L[0 0 99 99]", "FileAttachment/FS<</F(x)>>",
		"FreeText/Contents(x)", "Square", "Link/Dest[4 0 R/Fit]", "Popup", "Text", "Stamp"} {
		objs := newField(t, m.one)
		objs[fieldNum] = strings.Replace(objs[fieldNum], "/Subtype/Widget", "/Subtype/"+other, 1)
		over("a field that is a "+strings.FieldsFunc(other, func(r rune) bool { return r == '/' })[0], false, m.one, objs)
	}
	over("a field that brings a file", false, m.one, field(m.one, "/AF[180 0 R]"))
	out = append(out, refused("certified 2: a field that is signed leads beyond all pages", open(m.mdp[2], "[-20000000 -20000000 20000000 20000000]"), verify.SigDocMDP),
		refused("certified 2: a field that is signed is a line", open(m.mdp[2], "[0 0 0 800]"), verify.SigDocMDP))

	// Structure that says more than of the new field.
	over("the parent tree has a number twice", false, usual, with(place, map[int]string{22: "<</Nums[0 23 0 R 0 180 0 R 1 180 0 R]>>", 180: "[21 0 R]"}))
	elements := func(k string) map[int]string {
		return with(place, grown, map[int]string{26: "<</Type/StructElem/S/Document/P 20 0 R/K[21 0 R 185 0 R]>>", 185: "<</Type/StructElem/S/Form/P 26 0 R" + k + ">>"})
	}
	over("an element of the new field", true, usual, elements("/K<</Type/OBJR/Obj 191 0 R>>/Alt(x)"))
	over("an element of a page's content", false, usual, elements("/Pg 3 0 R/K 0/ActualText(EVIL)"))
	over("an element of another object", false, usual, elements("/K<</Type/OBJR/Obj 8 0 R>>"))
	over("an element that brings a file", false, usual, elements("/K<</Type/OBJR/Obj 191 0 R>>/AF[180 0 R]"))
	const silent = "/Pg 3 0 R/K<</Type/OBJR/Obj 191 0 R>>"
	stamped := legal("an element of a document timestamp", m.stamped(t, usual, elements(silent), ""))
	stamped.max = verify.ChangeLTA
	out = append(out, stamped)
	for _, more := range []string{"/Alt(x)", "/ActualText(x)", "/E(x)", "/T(x)", "/A<</O/PrintField>>"} {
		out = append(out, refused("an element of a document timestamp that says "+more, m.stamped(t, usual, elements(silent+more), ""), verify.SigChanged))
	}
	out = append(out, refused("an element of a document timestamp that is a heading",
		m.stamped(t, usual, with(elements(silent), map[int]string{185: "<</Type/StructElem/S/H1/P 26 0 R" + silent + ">>"}), ""), verify.SigChanged))
	over("a place in the parent tree that is taken", false, usual, with(page(usual, "StructParents", "0"), grown))
	over("a place in no parent tree", false, m.one, page(m.one, "StructParents", "0"))
	branched := tagged(root, map[int]string{22: "<</Kids[24 0 R]>>", 24: "<</Limits[0 0]/Nums[0 23 0 R]>>"})
	over("a leaf of the parent tree grows", true, branched, with(page(branched, "StructParents", "1"), map[int]string{24: "<</Limits[0 1]/Nums[0 23 0 R 1 180 0 R]>>", 180: "[21 0 R]"}))
	over("a leaf of the parent tree loses", false, branched, map[int]string{24: "<</Limits[1 1]/Nums[1 180 0 R]>>", 180: "[21 0 R]"})
	over("the parent tree gains a leaf", true, branched, map[int]string{22: "<</Kids[24 0 R 181 0 R]>>", 181: "<</Limits[1 1]/Nums[1 180 0 R]>>", 180: "[21 0 R]"})

	// Names that were doubled when it was signed.
	double := signed(extend(ownPDF()).object(9, "<</Fields[10 0 R 20 0 R]/DA(/F1 0 Tf)>>").object(20, "<</FT/Tx/T(note)/V(z)>>").end(""))
	alone("a document with two fields of one name", double, map[int]string{190: orphan}, 0, true)
	over("the field's number is that of an action", false, naming("<</Title(x)/Parent 20 0 R/A 191 0 R>>"), nil)
	over("the field's number is that of something shown", false, naming("<</Title(x)/Parent 20 0 R/XObject 191 0 R>>"), nil)
	content := signed(extend(ownPDF()).object(3, swap(t, object(t, ownPDF(), 3), "[5 0 R 6 0 R]", "[5 0 R 6 0 R 191 0 R]")).end(""))
	over("the field's number is that of a content", false, content, nil)
	meta := signed(extend(ownPDF()).object(1, swap(t, object(t, ownPDF(), 1), "13 0 R", "190 0 R")).end(""))
	const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>`
	xmp := fmt.Sprintf("<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream", len(packet), packet)
	alone("metadata that were missing", meta, map[int]string{190: xmp}, 0, true)
	alone("metadata that were missing and are none", meta, map[int]string{190: "<</A 1>>"}, 0, false)
	info := signed(extend(ownPDF()).end("/Info 190 0 R"))
	out = append(out, legal("information that was missing", extend(info).object(190, "<</Title(x)>>").end("/Info 190 0 R")))
	return out
}
