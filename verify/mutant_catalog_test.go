package verify_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/verify"
)

// catalogs is R10 (A25): every key of the catalog (A21, ISO 32000-2, table 29), every
// attribute of a page (table 31) and of the page tree, one at a time. Each is tried
// bare, under each certification, and covered by the valid signature of another signer
// that everyone trusts, which excuses none of it.
func catalogs(t *testing.T, m *material) []mutant {
	var out []mutant
	const script = "<</S/JavaScript/JS(app.alert(1))>>"
	stream := func(data string) string { return "<</Length 6>>\nstream\n" + data + "\nendstream" }
	keys := []struct{ key, value string }{
		{"OpenAction", script}, {"OpenAction", "[4 0 R/Fit]"}, {"AA", "<</WC " + script + ">>"},
		{"Names", "<</JavaScript<</Names[(a)" + script + "]>>>>"}, {"Names", "<</EmbeddedFiles<</Names[(a) 190 0 R]>>>>"},
		{"Names", "<</Dests<</Names[]>>>>"}, {"Names", "190 0 R"}, {"Names", "<</AP<</Names[(a) 190 0 R]>>>>"},
		{"Perms", "<</UR3 190 0 R>>"}, {"Perms", "<</DocMDP 190 0 R>>"}, {"Perms", "<<>>"},
		{"OCProperties", "<</OCGs[]/D<<>>>>"}, {"OCProperties", "190 0 R"}, {"PageLabels", "<</Nums[0<</S/r>>]>>"},
		{"Outlines", "190 0 R"}, {"Outlines", "<</Count 0>>"}, {"Collection", "<</View/T>>"}, {"PageMode", "/UseAttachments"},
		{"PageMode", "/FullScreen"}, {"PageLayout", "/TwoColumnLeft"}, {"ViewerPreferences", "<</HideMenubar true>>"},
		{"Dests", "<</a[3 0 R/Fit]>>"}, {"Threads", "[]"}, {"URI", "<</Base(http://x.test/)>>"}, {"MarkInfo", "<</Marked true>>"},
		{"StructTreeRoot", "190 0 R"}, {"SpiderInfo", "<<>>"}, {"OutputIntents", "[]"}, {"PieceInfo", "<<>>"}, {"Legal", "<<>>"},
		{"Requirements", "[<</S/EnableJavaScripts>>]"}, {"NeedsRendering", "true"}, {"AF", "[190 0 R]"}, {"DPartRoot", "190 0 R"},
		{"Version", "/1.0"}, {"Version", "2.0"}, {"Extensions", "5 0 R"}, {"DSS", "5 0 R"}, {"DSS", "[]"}, {"DSS", "<</Certs[5 0 R]>>"}, {"DSS", "<</Evil 1>>"},
		{"Evil", "1"}, {"Evil", "null 1 0 R"}, {"#4fpenAction", script}, {"Type", "/Catalog"}, {"Pages", "2 0 R"}, {"Lang", "(en)"}, {"Metadata", "5 0 R"},
		{"Version", "/Evil"}, {"Version", "/9.9"}, {"Version", "/1.7#00"},
	}
	pageKeys := []struct{ key, value string }{
		{"CropBox", "[0 0 100 100]"}, {"BleedBox", "[0 0 1 1]"}, {"TrimBox", "[0 0 1 1]"}, {"ArtBox", "[0 0 1 1]"}, {"BoxColorInfo", "<<>>"},
		{"Rotate", "90"}, {"Rotate", "180"}, {"Rotate", "0"}, {"UserUnit", "2"}, {"UserUnit", "1"}, {"Group", "<</S/Transparency>>"},
		{"Thumb", "190 0 R"}, {"B", "[190 0 R]"}, {"Dur", "1"}, {"Trans", "<</S/Glitter>>"}, {"AA", "<</O " + script + ">>"},
		{"Metadata", "190 0 R"}, {"PieceInfo", "<<>>"}, {"StructParents", "0"}, {"ID", "(x)"}, {"PZ", "2"}, {"SeparationInfo", "<<>>"},
		{"TemplateInstantiated", "/x"}, {"PresSteps", "<<>>"}, {"VP", "[]"}, {"AF", "[190 0 R]"}, {"OutputIntents", "[]"}, {"DPart", "190 0 R"},
		{"LastModified", "(D:2026)"}, {"Evil", "1"}, {"#52otate", "90"},
		{"MediaBox", "[0 0 1 1]"}, {"Resources", "<<>>"}, {"Contents", "190 0 R"}, {"Parent", "2 0 R"}, {"Type", "/Page"},
	}
	for _, base := range []struct {
		name    string
		file    []byte
		covered bool
	}{{"bare", m.two, false}, {"P 3", m.mdp[3], false}, {"P 1", m.mdp[1], false}, {"covered", m.one, true}, {"covered on two", m.two, true}} {
		file := base.file
		make := func(objs map[int]string) []byte {
			if base.covered {
				return m.over(t, file, objs)
			}
			return add(file, objs)
		}
		say := func(name string, objs map[int]string) {
			all := map[int]string{190: stream("(evil)")}
			maps.Copy(all, objs)
			out = append(out, refused(base.name+": "+name, make(all), verify.SigChanged))
		}
		catalog := object(t, file, 1)
		// The page as the covering signature's own field leaves it.
		page := newField(t, file)[3]
		if !base.covered {
			page = object(t, file, 3)
		}
		tree, second := object(t, file, 2), object(t, file, 4)
		if base.covered {
			out = append(out, legal(base.name+": nothing", make(nil)))
		}
		for _, x := range keys {
			if x.key == "Evil" && strings.Contains(x.value, " 0 R") {
				x.value = "190 0 R"
			}
			say("catalog /"+x.key+" "+x.value, map[int]string{1: put(catalog, x.key, x.value)})
		}
		say("catalog /Lang replaced", map[int]string{1: swap(t, catalog, "(zh)", "(en)")})
		say("catalog /Lang gone", map[int]string{1: swap(t, catalog, "(zh)", " null")})
		say("catalog /Metadata gone", map[int]string{1: swap(t, catalog, "/Metadata 13 0 R", "")})
		say("catalog /Metadata a page's content", map[int]string{1: swap(t, catalog, "13 0 R", "5 0 R")})
		say("catalog /Metadata no XMP", map[int]string{13: stream("(evil)")})
		say("catalog /Metadata with an entity", map[int]string{13: "<</Length 58>>\nstream\n<!DOCTYPE x[<!ENTITY a \"b\">]><x:xmpmeta xmlns:x=\"adobe:ns:\"/>\nendstream"})
		say("catalog of another type", map[int]string{1: swap(t, catalog, "/Catalog", "/Page")})
		for _, x := range pageKeys {
			say("page /"+x.key+" "+x.value, map[int]string{3: put(page, x.key, x.value)})
			say("second page /"+x.key+" "+x.value, map[int]string{4: put(second, x.key, x.value)})
		}
		for _, x := range []struct{ name, old, to string }{
			{"another MediaBox", "595.28", "300"}, {"MediaBox from elsewhere", "[0 0 595", "[9 9 595"}, {"contents in another order", "[5 0 R 6 0 R]", "[6 0 R 5 0 R]"},
			{"contents left out", "[5 0 R 6 0 R]", "[6 0 R]"}, {"contents twice", "[5 0 R 6 0 R]", "[5 0 R 6 0 R 6 0 R]"}, {"contents more", "[5 0 R 6 0 R]", "[5 0 R 6 0 R 190 0 R]"},
			{"contents before", "[5 0 R 6 0 R]", "[190 0 R 5 0 R 6 0 R]"}, {"contents not there", "[5 0 R 6 0 R]", "[170 0 R]"}, {"contents another's", "[5 0 R 6 0 R]", "11 0 R"},
			{"no contents", "/Contents", "/Kontents"}, {"another font", "/F1 7 0 R", "/F1 190 0 R"}, {"a font more", "/F1 7 0 R", "/F1 7 0 R/F2 7 0 R"}, {"no fonts", "/Font", "/Fond"},
		} {
			say("page: "+x.name, map[int]string{3: swap(t, page, x.old, x.to)})
		}
		for _, x := range []struct{ name, old, to string }{
			{"pages in another order", "[3 0 R 4 0 R]", "[4 0 R 3 0 R]"}, {"a page left out", "[3 0 R 4 0 R]", "[3 0 R]"},
			{"MediaBox", "/Kids", "/MediaBox[0 0 9 9]/Kids"}, {"Rotate", "/Kids", "/Rotate 90/Kids"}, {"Resources", "/Kids", "/Resources<<>>/Kids"},
			{"CropBox", "/Kids", "/CropBox[0 0 9 9]/Kids"}, {"another count", "/Count 2", "/Count 1"}, {"Parent", "/Kids", "/Parent 190 0 R/Kids"},
		} {
			say("page tree: "+x.name, map[int]string{2: swap(t, tree, x.old, x.to)})
		}
		out = append(out,
			legal(base.name+": a later version", make(map[int]string{1: put(catalog, "Version", "/2.0")})),
			refused(base.name+": a stream for a form", make(map[int]string{1: put(catalog, "AcroForm", "190 0 R"), 190: stream("(evil)")}), verify.StructUnreadable),
			refused(base.name+": a page twice", make(map[int]string{2: swap(t, tree, "[3 0 R 4 0 R]", "[3 0 R 4 0 R 3 0 R]")}), verify.SigChanged))
		for num, what := range map[int]string{5: "content", 6: "shared content", 7: "font", 8: "annotation", 11: "form XObject"} {
			say(what+" overwritten by a stream", map[int]string{num: stream("(evil)")})
			say(what+" overwritten by null", map[int]string{num: "null"})
		}
	}
	return out
}

// stores is R12 (A26): the document security store of a file at B-LTA.
func stores(t *testing.T, m *material) []mutant {
	var out []mutant
	file := m.lta
	catalog := object(t, file, 1)
	num := number(t, file, "/Type/DSS")
	dss := object(t, file, num)
	entryNum := number(t, file, "/Cert[")
	entry := object(t, file, entryNum)
	list := func(key string) string { // of the present store
		i := strings.Index(dss, "/"+key+"[")
		return dss[i : i+strings.Index(dss[i:], "]")+1]
	}
	first := func(key string) string { return strings.Join(strings.Fields(list(key)[len(key)+2:])[:3], " ") }
	i := strings.Index(dss, "/VRI<<") + len("/VRI<<")
	vri := dss[i : i+strings.Index(dss[i:], ">>")]
	key := vri[:strings.Index(vri, " ")]
	const other = "/00112233445566778899AABBCCDDEEFF00112233"
	fresh := map[int]string{190: "<</Length 6>>\nstream\n(evil)\nendstream"}
	for _, cover := range []bool{false, true} {
		for _, x := range []struct {
			name string
			objs map[int]string
			ok   bool // a bag of candidates may change like this
		}{
			{"grown by a stream", map[int]string{num: into(t, dss, "Certs", "190 0 R")}, true},
			{"a new list", map[int]string{num: swap(t, dss, list("CRLs"), "/CRLs 192 0 R"), 192: "[190 0 R]"}, true},
			{"an answer left out", map[int]string{num: swap(t, dss, list("OCSPs"), "/OCSPs["+first("OCSPs")+"]"), 190: "<<>>"}, true},
			{"another signature's entry", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+other+" 192 0 R"), 192: "<</Cert[190 0 R]/TU(D:2026)>>"}, true},
			{"an answer for another", map[int]string{num: swap(t, dss, list("OCSPs"), "/OCSPs["+first("OCSPs")+" 190 0 R]")}, true},

			{"an answer overwritten", map[int]string{atoi(first("OCSPs")): fresh[190]}, false},
			{"a certificate overwritten", map[int]string{atoi(first("Certs")): fresh[190]}, false},
			{"a list overwritten", map[int]string{atoi(first("CRLs")): fresh[190]}, false},
			{"an answer that is a certificate's stream", map[int]string{num: swap(t, dss, list("OCSPs"), "/OCSPs["+first("Certs")+"]")}, false},
			{"the signature's entry left out", map[int]string{num: swap(t, dss, vri, "")}, false},
			{"all entries left out", map[int]string{num: swap(t, dss, "/VRI", "/VRJ")}, false},
			{"the entry under another key", map[int]string{num: swap(t, dss, key, other)}, false},
			{"the entry replaced", map[int]string{num: swap(t, dss, vri, key+" 192 0 R"), 192: "<</Cert[190 0 R]>>"}, false},
			{"the entry replaced by a direct one", map[int]string{num: swap(t, dss, vri, key+"<<>>")}, false},
			{"the entry overwritten", map[int]string{entryNum: "<</Cert[190 0 R]>>"}, false},
			{"the entry grown", map[int]string{entryNum: put(entry, "TU", "(D:2026)")}, false},
			{"the entry emptied", map[int]string{entryNum: "<<>>"}, false},
			{"a key that is no digest", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<</Evil 192 0 R"), 192: "<</Cert[190 0 R]>>"}, false},
			{"a key in small letters", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+strings.ToLower(other)+" 192 0 R"), 192: "<</Cert[190 0 R]>>"}, false},
			{"a key too short", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+other[:30]+" 192 0 R"), 192: "<</Cert[190 0 R]>>"}, false},
			{"an unknown key in an entry", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+other+" 192 0 R"), 192: "<</Cert[190 0 R]/Evil 1>>"}, false},
			{"no stream in an entry", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+other+" 192 0 R"), 192: "<</Cert[3 0 R]>>"}, false},
			{"the page's content in an entry", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+other+" 192 0 R"), 192: "<</Cert[5 0 R]>>"}, false},
			{"an entry that is a page", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI<<"+other+" 3 0 R")}, false},
			{"the page's content in a list", map[int]string{num: into(t, dss, "Certs", "5 0 R")}, false},
			{"a page in a list", map[int]string{num: into(t, dss, "Certs", "3 0 R")}, false},
			{"a direct string in a list", map[int]string{num: into(t, dss, "Certs", "(x)")}, false},
			{"a direct dictionary in a list", map[int]string{num: into(t, dss, "OCSPs", "<<>>")}, false},
			{"null in a list", map[int]string{num: into(t, dss, "CRLs", "null")}, false},
			{"what is not there in a list", map[int]string{num: into(t, dss, "CRLs", "170 0 R")}, false},
			{"a new dictionary in a list", map[int]string{num: into(t, dss, "Certs", "192 0 R"), 192: "<<>>"}, false},
			{"a list that is a dictionary", map[int]string{num: swap(t, dss, list("CRLs"), "/CRLs<<>>")}, false},
			{"a list that is a stream", map[int]string{num: swap(t, dss, list("CRLs"), "/CRLs 190 0 R")}, false},
			{"a list that is the annotations", map[int]string{num: swap(t, dss, list("CRLs"), "/CRLs 3 0 R")}, false},
			{"a list that is a number", map[int]string{num: swap(t, dss, list("CRLs"), "/CRLs 0")}, false},
			{"a list twice", map[int]string{num: put(dss, "Certs", "[190 0 R]")}, false},
			{"another type", map[int]string{num: swap(t, dss, "/DSS", "/DST")}, false},
			{"an extra key", map[int]string{num: put(dss, "Evil", "190 0 R")}, false},
			{"an extra key of a page's", map[int]string{num: put(dss, "Contents", "[5 0 R]")}, false},
			{"an empty store", map[int]string{num: "<<>>"}, false},
			{"a store that is a list", map[int]string{num: "[]"}, false},
			{"a store that is a stream", map[int]string{num: fresh[190]}, false},
			{"a store that is null", map[int]string{num: "null"}, false},
			{"the store removed", map[int]string{1: swap(t, catalog, "/DSS", "/DST")}, false},
			{"the store replaced by the page", map[int]string{1: swap(t, catalog, "/DSS "+itoa(num), "/DSS 3")}, false},
			{"the store replaced by one without entries", map[int]string{1: swap(t, catalog, "/DSS "+itoa(num), "/DSS 192"), 192: "<</Type/DSS/Certs[190 0 R]>>"}, false},
			{"the store in the catalog", map[int]string{1: swap(t, catalog, "/DSS "+itoa(num)+" 0 R", "/DSS<<>>")}, false},
			{"VRI a page", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI 3 0 R/V<<")}, false},
			{"VRI an array", map[int]string{num: swap(t, dss, "/VRI<<", "/VRI[]/V<<")}, false},
		} {
			objs := maps.Clone(fresh)
			maps.Copy(objs, x.objs)
			file, name := add(file, objs), x.name
			if cover {
				file, name = m.over(t, m.lta, objs), "covered: "+name
			}
			if x.ok {
				out = append(out, legal(name, file))
			} else {
				out = append(out, refused(name, file, verify.SigChanged))
			}
		}
	}
	// The document timestamp's own field and value.
	stamp := number(t, file, "/DocTimeStamp")
	field := number(t, file, "(Timestamp1)")
	return append(out,
		refused("the timestamp's field emptied", add(file, map[int]string{field: swap(t, object(t, file, field), "/V ", "/W ")}), verify.SigUnreachable),
		refused("the timestamp made a signature", add(file, map[int]string{stamp: swap(t, object(t, file, stamp), "/DocTimeStamp", "/Sig")}), verify.SigContents),
		refused("the timestamp shown", add(file, map[int]string{field: swap(t, object(t, file, field), "[0 0 0 0]", "[0 0 500 500]")}), verify.SigChanged),
		refused("the timestamp in a second field", add(file, map[int]string{number(t, file, "/SigFlags"): into(t, object(t, file, number(t, file, "/SigFlags")), "Fields", "192 0 R"),
			192: swap(t, object(t, file, field), "(Timestamp1)", "(Timestamp2)")}), verify.SigShared))
}
