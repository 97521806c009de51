package verify_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
)

const whiteBox = "<</Type/XObject/Subtype/Form/BBox[0 0 400 40]/Length 41>>\nstream\n1 g 0 0 400 40 re f BT (We owe 1) Tj ET  \nendstream"

// annotations is R5 (A12): one more annotation over the text, of every subtype, and
// annotations that are newly shown or painted again, under each permission.
func annotations(t *testing.T, m *material) []mutant {
	var out []mutant
	subtypes := strings.Fields("Text Link FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly StrikeOut Caret Stamp " +
		"Ink Popup FileAttachment Sound Movie Screen PrinterMark TrapNet Watermark 3D Redact Projection RichMedia Unknown")
	for _, base := range []struct {
		name string
		file []byte
		p    int
	}{{"no certification", m.two, 0}, {"P 1", m.mdp[1], 1}, {"P 2", m.mdp[2], 2}, {"P 3", m.mdp[3], 3}} {
		file := base.file
		page := object(t, file, 3)
		with := func(ref string, objs map[int]string) []byte {
			all := map[int]string{3: into(t, page, "Annots", ref), 190: whiteBox}
			maps.Copy(all, objs)
			return add(file, all)
		}
		say := func(name string, b []byte, reason verify.Reason) {
			out = append(out, refused(base.name+": "+name, b, reason))
		}
		for _, s := range subtypes {
			note := fmt.Sprintf("<</Type/Annot/Subtype/%s/Rect[60 690 400 720]/F 4/Contents(We owe 1)/AP<</N 190 0 R>>>>", s)
			say(s, with("191 0 R", map[int]string{191: note}), verify.SigChanged)
			if base.p == 1 || base.p == 2 { // not allowed, whatever the policy allows
				x := refused(base.name+": "+s+" under a lax policy", with("191 0 R", map[int]string{191: note}), verify.SigDocMDP)
				x.max = verify.ChangeAnnotation
				out = append(out, x)
			}
			if base.p == 3 {
				x := legal(base.name+": "+s+" under a lax policy", with("191 0 R", map[int]string{191: note}))
				x.max = verify.ChangeAnnotation
				out = append(out, x)
			}
		}
		note := "<</Type/Annot/Subtype/FreeText/Rect[60 690 400 720]/F 4/AP<</N 190 0 R>>>>"
		square := object(t, file, 8)
		field := object(t, file, 10)
		own := object(t, file, number(t, file, "/T (A)"))
		ownNum := number(t, file, "/T (A)")
		say("direct annotation", with(note, nil), verify.SigChanged)
		say("annotation array of its own", add(file, map[int]string{3: swap(t, page, "/Annots[", "/Annots 191 0 R/X["), 191: "[8 0 R 10 0 R 192 0 R]", 192: note}), verify.SigChanged)
		say("no annotations any more", add(file, map[int]string{3: swap(t, page, "/Annots", "/Annotz")}), verify.SigChanged)
		say("an annotation less", add(file, map[int]string{3: swap(t, page, "8 0 R", "")}), verify.SigChanged)
		say("annotations in another order", add(file, map[int]string{3: swap(t, page, "8 0 R 10 0 R", "10 0 R 8 0 R")}), verify.SigChanged)
		say("the font as an annotation", with("7 0 R", nil), verify.SigChanged)
		say("an annotation twice", with("8 0 R", nil), verify.SigChanged)
		say("an annotation that is not there", with("170 0 R", nil), verify.SigChanged)
		say("an annotation on the other page", add(file, map[int]string{4: put(object(t, file, 4), "Annots", "[191 0 R]"), 191: note, 190: whiteBox}), verify.SigChanged)
		say("hidden shown", add(file, map[int]string{8: swap(t, square, "/F 2", "/F 4")}), verify.SigChanged)
		say("hidden shown by no flags", add(file, map[int]string{8: swap(t, square, "/F 2", "")}), verify.SigChanged)
		say("moved", add(file, map[int]string{8: swap(t, square, "[70 690", "[0 0")}), verify.SigChanged)
		say("another appearance", add(file, map[int]string{8: swap(t, square, "11 0 R", "190 0 R"), 190: whiteBox}), verify.SigChanged)
		say("appearance overwritten", add(file, map[int]string{11: whiteBox}), verify.SigChanged)
		say("an action", add(file, map[int]string{8: put(square, "A", "<</S/JavaScript/JS(app.alert(1))>>")}), verify.SigChanged)
		say("another subtype", add(file, map[int]string{8: swap(t, square, "/Square", "/Link")}), verify.SigChanged)
		say("a popup on it", with("191 0 R", map[int]string{8: put(square, "Popup", "191 0 R"), 191: "<</Type/Annot/Subtype/Popup/Parent 8 0 R/Rect[0 0 500 500]/Open true>>"}), verify.SigChanged)
		say("an annotation that no page shows", add(file, map[int]string{191: note, 190: whiteBox}), verify.SigChanged)
		say("a widget that is no field", with("191 0 R", map[int]string{191: strings.Replace(note, "FreeText", "Widget", 1)}), verify.SigChanged)
		say("the text field's appearance", add(file, map[int]string{12: whiteBox}), verify.SigChanged)
		say("the text field hidden", add(file, map[int]string{10: swap(t, field, "/F 4", "/F 2")}), verify.SigChanged)
		say("the signature hidden", add(file, map[int]string{ownNum: swap(t, own, "/F 132", "/F 2")}), verify.SigChanged)
		say("the signature moved", add(file, map[int]string{ownNum: swap(t, own, "/Rect [", "/Rect [1 ")}), verify.SigChanged)
		say("the signature painted anew", add(file, map[int]string{ownNum: swap(t, own, "/AP", "/AP<</N 190 0 R>>/AQ"), 190: whiteBox}), verify.SigChanged)
		say("the signature's appearance overwritten", add(file, map[int]string{number(t, file, "/BBox[0 0 119"): whiteBox}), verify.SigChanged)
		say("the signature's action", add(file, map[int]string{ownNum: put(own, "AA", "<</E<</S/URI/URI(http://x.test)>>>>")}), verify.SigChanged)
		say("the signature field's parent", add(file, map[int]string{ownNum: put(own, "Parent", "10 0 R")}), verify.SigChanged)
	}
	return out
}

// sneaky is R6 (A13): signature fields over the text, unsigned or signed by a stranger.
func sneaky(t *testing.T, m *material) []mutant {
	var out []mutant
	const widget = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Evil)/Rect[60 690 400 720]/F 4/P 3 0 R/AP<</N 190 0 R>>%s>>"
	for _, base := range []struct {
		name string
		file []byte
		p    int
	}{{"one", m.one, 0}, {"two", m.two, 0}, {"P 1", m.mdp[1], 1}, {"P 2", m.mdp[2], 2}, {"P 3", m.mdp[3], 3}, {"archive", m.lta, 0}} {
		file := base.file
		form := number(t, file, "/SigFlags")
		with := func(extra string, more map[int]string) map[int]string {
			objs := map[int]string{form: into(t, object(t, file, form), "Fields", "191 0 R"), 3: into(t, object(t, file, 3), "Annots", "191 0 R"),
				190: whiteBox, 191: fmt.Sprintf(widget, extra)}
			maps.Copy(objs, more)
			return objs
		}
		for _, x := range []struct {
			name, extra string
			reason      verify.Reason
		}{
			{"no value", "", verify.SigChanged},
			{"null value", "/V null", verify.SigChanged},
			{"empty value", "/V<<>>", verify.SigByteRange},
			{"a value that is not there", "/V 170 0 R", verify.SigChanged},
			{"a direct signature", "/V<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>", verify.SigContents},
			{"a direct signature without contents", "/V<</Type/Sig/ByteRange[0 1 2 3]>>", verify.SigContents},
			{"a value that is no dictionary", "/V(signed)", verify.StructUnreadable},
			{"a lock", "/Lock<</Type/SigFieldLock/Action/All>>", verify.SigChanged},
			{"a seed value", "/SV<</Type/SV/Ff 1>>", verify.SigChanged},
			{"a parent", "/Parent 10 0 R", verify.SigChanged},
		} {
			out = append(out, refused(base.name+": "+x.name, add(file, with(x.extra, nil)), x.reason))
		}
		out = append(out,
			refused(base.name+": a value of the form's own", add(file, with("/V 9 0 R", nil)), verify.SigByteRange),
			refused(base.name+": a text field", add(file, with("", map[int]string{191: strings.Replace(fmt.Sprintf(widget, "/V(x)"), "/Sig", "/Tx", 1)})), verify.SigChanged),
			refused(base.name+": a button", add(file, with("", map[int]string{191: strings.Replace(fmt.Sprintf(widget, ""), "/Sig", "/Btn", 1)})), verify.SigChanged),
			refused(base.name+": a field without a widget", add(file, map[int]string{form: into(t, object(t, file, form), "Fields", "191 0 R"), 191: "<</FT/Sig/T(Evil)>>"}), verify.SigChanged),
			refused(base.name+": a field in the form as it is", add(file, map[int]string{form: into(t, object(t, file, form), "Fields", "<</FT/Sig/T(Evil)>>")}), verify.SigChanged),
			refused(base.name+": a widget without a field", add(file, map[int]string{3: into(t, object(t, file, 3), "Annots", "191 0 R"), 190: whiteBox, 191: fmt.Sprintf(widget, "")}), verify.SigChanged),
			refused(base.name+": a field of the same name", add(file, with("", map[int]string{191: strings.Replace(fmt.Sprintf(widget, ""), "(Evil)", "(A)", 1)})), verify.SigChanged))
		// (c): a signature of a stranger, and of a trusted signer whose field paints.
		visible := func(cred signer.Credential) []byte {
			f := m.forge(t, file, with("/V 195 0 R", nil), sigDict)
			f.sign(cred)
			return f.with(f.value(t))
		}
		stranger := mutant{name: base.name + ": a stranger's", file: visible(m.stranger), want: verify.Indeterminate, reason: verify.NoCertificateChainFound}
		trusted := legal(base.name+": a trusted signer's", visible(m.cheat))
		if base.p > 0 { // a certification does not allow a visible field
			stranger = refused(stranger.name, stranger.file, verify.SigDocMDP)
			trusted = refused(trusted.name, trusted.file, verify.SigDocMDP)
		}
		if base.p == 3 { // it allows annotations, and a field counts as one
			stranger = mutant{name: base.name + ": a stranger's", file: stranger.file, want: verify.Indeterminate, reason: verify.NoCertificateChainFound}
			trusted = legal(trusted.name, trusted.file)
		}
		out = append(out, stranger, trusted)
		unsigned := m.forge(t, file, with("/V 195 0 R", nil), sigDict)
		broken := unsigned.value(t)
		broken[len(broken)-1] ^= 1
		out = append(out, refused(base.name+": a broken value", unsigned.with(broken), verify.CMSSignature),
			refused(base.name+": no CMS", unsigned.with([]byte{0x30, 0}), verify.CMSMalformed))
	}
	return out
}

// recycled is R7 (A14, A15): signature objects that are used twice, or existed before.
func recycled(t *testing.T, m *material) []mutant {
	var out []mutant
	const widget = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Evil)/Rect[60 690 400 720]/F 4/P 3 0 R/V %d 0 R>>"
	for _, base := range []struct {
		name string
		file []byte
	}{{"one", m.one}, {"two", m.two}, {"P 1", m.mdp[1]}, {"P 2", m.mdp[2]}, {"P 3", m.mdp[3]}, {"archive", m.lta}} {
		file := base.file
		form := number(t, file, "/SigFlags")
		a, b := number(t, file, "/T (A)"), number(t, file, "/T(B)")
		first := number(t, m.one, "/SubFilter")
		last := number(t, file, "/SubFilter")
		with := func(value int) map[int]string {
			return map[int]string{form: into(t, object(t, file, form), "Fields", "191 0 R"), 3: into(t, object(t, file, 3), "Annots", "191 0 R"),
				191: fmt.Sprintf(widget, value)}
		}
		var second string
		if base.name == "one" || strings.HasPrefix(base.name, "P") {
			second = object(t, file, b)
			out = append(out, refused(base.name+": the empty field takes the signature", add(file, map[int]string{b: put(second, "V", fmt.Sprintf("%d 0 R", first))}), verify.SigShared))
		}
		out = append(out,
			refused(base.name+": a field of the first signature", add(file, with(first)), verify.SigShared),
			refused(base.name+": a field of the last signature", add(file, with(last)), verify.SigShared),
			refused(base.name+": the first field emptied", add(file, map[int]string{a: swap(t, object(t, file, a), "/V", "/W")}), verify.SigUnreachable),
			refused(base.name+": the first field's value copied", add(file, map[int]string{a: swap(t, object(t, file, a), fmt.Sprintf("/V %d 0 R", first), "/V 190 0 R"),
				190: object(t, file, first)}), verify.SigContents),
			refused(base.name+": the signature overwritten by itself with a reason", add(file, map[int]string{first: put(object(t, file, first), "Reason", "(x)")}), verify.SigContents),
			refused(base.name+": the signature without its type", add(file, map[int]string{first: swap(t, object(t, file, first), "/Type/Sig", "")}), verify.SigContents),
			refused(base.name+": the signature overwritten by an empty one", add(file, map[int]string{first: "<<>>"}), verify.SigUnreachable),
			refused(base.name+": the signature overwritten by null", add(file, map[int]string{first: "null"}), verify.SigUnreachable),
			refused(base.name+": the signature overwritten by itself", add(file, map[int]string{first: object(t, file, first)}), verify.SigContents),
			refused(base.name+": a signed recycled signature", m.over(t, file, map[int]string{fieldNum: strings.Replace(newField(t, file)[fieldNum], "195 0 R", fmt.Sprintf("%d 0 R", first), 1)}), verify.SigShared))
	}
	// A phantom: the dictionary exists before anyone fills it in, with a number that
	// the signed document already refers to.
	planted := add(m.laid, map[int]string{8: "<</Type/Annot/Subtype/Square/Rect[70 690 300 710]/F 2/AP<</N 11 0 R>>/Hint 195 0 R>>"})
	signed := m.over(t, planted, map[int]string{fieldNum: newField(t, planted)[fieldNum]})
	out = append(out, legal("the first signature on a number that was referred to", signed))
	held := sign(t, planted, signer.Request{Credential: m.cheat, Level: signer.BB, Time: signingTime, Field: "A"})
	out = append(out, refused("a later one on it", m.over(t, held, nil), verify.SigChanged))
	return out
}

// forms is R11 (A22 to A24): the form and its fields, one change at a time.
func forms(t *testing.T, m *material) []mutant {
	var out []mutant
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"P 1", m.mdp[1]}, {"P 2", m.mdp[2]}, {"P 3", m.mdp[3]}, {"archive", m.lta}} {
		file := base.file
		form := number(t, file, "/SigFlags")
		acro, field := object(t, file, form), object(t, file, 10)
		for _, x := range []struct {
			name string
			objs map[int]string
		}{
			{"NeedAppearances", map[int]string{form: put(acro, "NeedAppearances", "true")}},
			{"XFA", map[int]string{form: put(acro, "XFA", "190 0 R"), 190: "<</Length 6>>\nstream\n<xdp/>\nendstream"}},
			{"XFA string", map[int]string{form: put(acro, "XFA", "(<xdp/>)")}},
			{"calculation order", map[int]string{form: put(acro, "CO", "[10 0 R]")}},
			{"unknown key", map[int]string{form: put(acro, "Evil", "1")}},
			{"SigFlags 1", map[int]string{form: swap(t, acro, "/SigFlags 3", "/SigFlags 1")}},
			{"SigFlags 0", map[int]string{form: swap(t, acro, "/SigFlags 3", "/SigFlags 0")}},
			{"SigFlags 7", map[int]string{form: swap(t, acro, "/SigFlags 3", "/SigFlags 7")}},
			{"no SigFlags", map[int]string{form: swap(t, acro, "/SigFlags 3", "")}},
			{"another font", map[int]string{form: swap(t, acro, "7 0 R", "190 0 R"), 190: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}},
			{"font overwritten", map[int]string{7: "<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}},
			{"DA", map[int]string{form: swap(t, acro, "(/F1 0 Tf)", "(/F1 0 Tf 1 g)")}},
			{"Q", map[int]string{form: put(acro, "Q", "2")}},
			{"the text field left out", map[int]string{form: swap(t, acro, "10 0 R", "")}},
			{"fields in another order", map[int]string{form: swap(t, acro, "[10 0 R ", "[")[:len(swap(t, acro, "[10 0 R ", "["))-2] + ">>"}},
			{"V", map[int]string{10: swap(t, field, "/V(x)", "/V(900)")}},
			{"V taken away", map[int]string{10: swap(t, field, "/V(x)", "")}},
			{"V a stream of the page", map[int]string{10: swap(t, field, "/V(x)", "/V 5 0 R")}},
			{"AP", map[int]string{10: swap(t, field, "12 0 R", "190 0 R"), 190: whiteBox}},
			{"AP taken away", map[int]string{10: swap(t, field, "/AP<</N 12 0 R>>", "")}},
			{"AP of the annotation", map[int]string{10: swap(t, field, "12 0 R", "11 0 R")}},
			{"AP overwritten", map[int]string{12: whiteBox}},
			{"AS", map[int]string{10: put(field, "AS", "/On")}},
			{"read only", map[int]string{10: put(field, "Ff", "1")}},
			{"MaxLen", map[int]string{10: swap(t, field, "/MaxLen 9", "/MaxLen 1")}},
			{"T", map[int]string{10: swap(t, field, "(note)", "(nota)")}},
			{"TU", map[int]string{10: put(field, "TU", "(other)")}},
			{"FT", map[int]string{10: swap(t, field, "/Tx", "/Btn")}},
			{"MK", map[int]string{10: put(field, "MK", "<</BG[1]>>")}},
			{"DV", map[int]string{10: put(field, "DV", "(x)")}},
			{"Rect", map[int]string{10: swap(t, field, "[72 500", "[72 400")}},
			{"AA", map[int]string{10: put(field, "AA", "<</K<</S/JavaScript/JS(x)>>>>")}},
			{"A", map[int]string{10: put(field, "A", "<</S/Launch/F(x)>>")}},
			{"Kids", map[int]string{10: put(field, "Kids", "[190 0 R]"), 190: "<</T(k)/Parent 10 0 R>>"}},
			{"V twice", map[int]string{10: put(field, "V", "(900)")}},
			{"a key twice by its escape", map[int]string{10: put(field, "#56", "(900)")}},
		} {
			out = append(out, refused(base.name+": "+x.name, add(file, x.objs), verify.SigChanged))
		}
		out = append(out, refused(base.name+": a stream in a field's place", add(file, map[int]string{10: whiteBox}), verify.StructUnreadable))
		out = append(out, refused(base.name+": no fields", add(file, map[int]string{form: swap(t, acro, "/Fields", "/Felder")}), verify.SigUnreachable))
	}
	// A policy may allow this, but a certification without forms does not.
	field := func(file []byte) string { return swap(t, object(t, file, 10), "/V(x)", "/V(900)") }
	lax := func(x mutant) mutant { x.max = verify.ChangeForm; return x }
	return append(out,
		lax(legal("a form filled, which the policy allows", add(m.two, map[int]string{10: field(m.two)}))),
		lax(legal("a form filled under P 2", add(m.mdp[2], map[int]string{10: field(m.mdp[2])}))),
		lax(refused("a form filled under P 1", add(m.mdp[1], map[int]string{10: field(m.mdp[1])}), verify.SigDocMDP)))
}
