package verify_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/verify"
)

// orphan is an object that nothing refers to: the smallest honest update.
const orphan = "<</A 1>>"

// appended is R4: bytes and broken updates behind the last %%EOF (A4, A10).
func appended(t *testing.T, m *material) []mutant {
	var out []mutant
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"stream", m.stream}, {"certified 1", m.mdp[1]}, {"certified 3", m.mdp[3]}, {"archive", m.lta}} {
		file := base.file
		last := lastXRef(file)
		tail := func(s string) []byte { return append(bytes.Clone(file), s...) }
		for _, x := range []struct {
			name, text string
			reason     verify.Reason
		}{
			{"a space", " ", verify.StructTrailingBytes},
			{"a zero byte", "\x00", verify.StructTrailingBytes},
			{"a tab", "\t", verify.StructTrailingBytes},
			{"a letter", "a", verify.StructTrailingBytes},
			{"a comment", "%evil", verify.StructTrailingBytes},
			{"a comment line", "% evil\n", verify.StructTrailingBytes},
			{"many ends of line", strings.Repeat("\n", 40), verify.StructTrailingBytes},
			{"a catalog", "1 0 obj<</Type/Catalog/Pages 99 0 R>>endobj", verify.StructTrailingBytes},
			{"a catalog on lines", "\n1 0 obj\n<</Type/Catalog/Pages 99 0 R>>\nendobj\n", verify.StructTrailingBytes},
			{"a page", "3 0 obj<</Type/Page>>endobj\n", verify.StructTrailingBytes},
			{"a trailer", "trailer<</Root 1 0 R/Size 9>>\n", verify.StructTrailingBytes},
			{"a second end", "%%EOF\n", verify.StructTrailingBytes},
			{"a table without an end", "xref\n0 0\ntrailer<<>>\n", verify.StructTrailingBytes},
			{"a page of HTML", "<html><script>alert(1)</script></html>\n", verify.StructTrailingBytes},
			{"an archive", "PK\x03\x04" + strings.Repeat("\x00", 60), verify.StructTrailingBytes},
			{"its own startxref again", fmt.Sprintf("startxref\n%d\n%%%%EOF\n", last), verify.StructTrailingBytes},
			{"the last update again", string(file[last:]), verify.StructTrailingBytes},
			{"startxref to the header", "startxref\n0\n%%EOF\n", verify.StructUnreadable},
			{"startxref behind the end", "startxref\n99999999\n%%EOF\n", verify.StructUnreadable},
			{"startxref without a number", "startxref\n%%EOF\n", verify.StructUnreadable},
			{"negative startxref", "startxref\n-1\n%%EOF\n", verify.StructUnreadable},
			{"another document", string(ownPDF()), verify.SigUnreachable}, // its offsets lead to the first revision
			{"more behind the end than some readers look through", strings.Repeat("a", 1100), verify.StructTrailingBytes},
			{"more than any reader looks through", strings.Repeat("a", 2<<20), verify.StructUnreadable},
		} {
			out = append(out, refused(base.name+": "+x.name, tail(x.text), x.reason))
		}
		first := bytes.Index(file, []byte("startxref\n"))
		var at int
		fmt.Sscanf(string(file[first:]), "startxref\n%d", &at)
		out = append(out,
			legal(base.name+": one more end of line", tail("\n")),
			legal(base.name+": a carriage return", tail("\r\n")),
			refused(base.name+": startxref to the first revision", tail(fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at)), verify.SigUnreachable))
		for _, n := range []int{1, 2, 10, 500, 1000} {
			out = append(out, refused(fmt.Sprintf("%s: %d bytes before the header", base.name, n), append(bytes.Repeat([]byte("x"), n), file...), verify.SigContents))
		}
		out = append(out, refused(base.name+": a header too late", append(bytes.Repeat([]byte("x"), 1100), file...), verify.StructNotPDF))
		out = append(out, brokenUpdates(base.name, file)...)
	}
	// The table of the same update again, as a new revision.
	at := lastXRef(m.two)
	copied := append(bytes.Clone(m.two), m.two[at:bytes.LastIndex(m.two, []byte("startxref"))]...)
	copied = fmt.Appendf(copied, "startxref\n%d\n%%%%EOF\n", len(m.two))
	return append(out, refused("the table copied", copied, verify.SigCoverage))
}

// brokenUpdates are updates that would be honest, but each lacks a part.
func brokenUpdates(name string, file []byte) []mutant {
	a := extend(file).object(190, orphan)
	at := len(a.b)
	head, table, trailer, end := string(a.b), a.table(), a.trailer(""), fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at)
	off := func(n int) string { return fmt.Sprintf("startxref\n%d\n%%%%EOF\n", at+n) }
	file2 := func(parts ...string) []byte { return []byte(strings.Join(parts, "")) }
	out := []mutant{
		legal(name+": an honest update", file2(head, table, trailer, end)),
		refused(name+": without xref", file2(head, trailer, end), verify.StructUnreadable),
		refused(name+": without a trailer", file2(head, table, end), verify.StructUnreadable),
		refused(name+": without startxref", file2(head, table, trailer, "%%EOF\n"), verify.StructTrailingBytes),
		refused(name+": without an end", file2(head, table, trailer, fmt.Sprintf("startxref\n%d\n", at)), verify.StructTrailingBytes),
		refused(name+": with objects alone", file2(head), verify.StructTrailingBytes),
		refused(name+": with objects and table alone", file2(head, table), verify.StructTrailingBytes),
		refused(name+": with objects and trailer alone", file2(head, trailer), verify.StructTrailingBytes),
		refused(name+": cut in the table", file2(head, table[:20]), verify.StructTrailingBytes),
		refused(name+": cut in the trailer", file2(head, table, trailer[:20]), verify.StructTrailingBytes),
		refused(name+": a trailer that is no dictionary", file2(head, table, "trailer\n[]\n", end), verify.StructUnreadable),
		refused(name+": an empty trailer", file2(head, table, "trailer\n<<>>\n", end), verify.StructUnreadable),
		refused(name+": an object that no row declares", file2(head, "189 0 obj\n<<>>\nendobj\n", strings.Replace(table, "xref", "xref", 1), trailer,
			off(len("189 0 obj\n<<>>\nendobj\n"))), verify.SigChanged),
		refused(name+": a comment that is an object to some", file2(head, "%189 0 obj\n", table, trailer, off(len("%189 0 obj\n"))), verify.SigChanged),
		refused(name+": bytes before the table", file2(head, "evil\n", table, trailer, off(5)), verify.SigChanged),
		refused(name+": a comment before the table", file2(head, "% honest\n", table, trailer, off(9)), verify.SigChanged),
		refused(name+": two trailers", file2(head, table, trailer, trailer, end), verify.StructRevision),
		refused(name+": bytes behind the trailer", file2(head, table, trailer, "evil\n", end), verify.StructRevision),
		refused(name+": two startxref", file2(head, table, trailer, fmt.Sprintf("startxref\n%d\n", at), end), verify.StructRevision),
	}
	for _, n := range []int{-1, 1, 2, 3, 4, 5, 6, -2, -3, -6, -30} {
		moved := file2(head, table, trailer, off(n))
		if n == -1 { // an end of line is there, which honest producers point to
			out = append(out, legal(name+": startxref off by -1", moved))
			continue
		}
		out = append(out, refused(fmt.Sprintf("%s: startxref off by %d", name, n), moved, verify.StructUnreadable))
	}
	return out
}

// objectStreams is R8 (A17).
func objectStreams(t *testing.T, m *material) []mutant {
	var out []mutant
	packed := func(base []byte, dict string, objs map[int]string) *addition {
		a := extend(base)
		a.stream = true
		return a.pack(180, dict, objs)
	}
	page := number(t, m.two, "/Annots")
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"stream", m.stream}, {"certified 3", m.mdp[3]}, {"archive", m.lta}} {
		file := base.file
		catalog := object(t, file, 1)
		out = append(out,
			legal(base.name+": an orphan in a stream", packed(file, "", map[int]string{190: orphan}).end("")),
			refused(base.name+": a catalog in a stream", packed(file, "", map[int]string{1: put(catalog, "OpenAction", "[3 0 R/Fit]")}).end(""), verify.SigChanged),
			refused(base.name+": a new page in a stream", packed(file, "", map[int]string{190: "<</Type/Page>>"}).end(""), verify.SigChanged),
			refused(base.name+": a stream that extends itself", packed(file, "/Extends 180 0 R", map[int]string{190: orphan}).end(""), verify.SigChanged),
			refused(base.name+": one that extends what is no stream", packed(file, "/Extends 1 0 R", map[int]string{190: orphan}).end(""), verify.SigChanged),
			refused(base.name+": streams that extend each other", func() []byte {
				a := packed(file, "/Extends 181 0 R", map[int]string{190: orphan})
				return a.pack(181, "/Extends 180 0 R", map[int]string{189: orphan}).end("")
			}(), verify.SigChanged),
			refused(base.name+": places exchanged", packed(file, "", map[int]string{189: orphan, 190: "<</B 2>>"}).set(189, row{2, 180, 1}).set(190, row{2, 180, 0}).end(""), verify.SigChanged),
			refused(base.name+": a place that is not there", packed(file, "", map[int]string{190: orphan}).set(190, row{2, 180, 7}).end(""), verify.SigChanged),
			refused(base.name+": a stream that is not there", packed(file, "", map[int]string{190: orphan}).set(190, row{2, 170, 0}).end(""), verify.SigChanged),
			refused(base.name+": a stream that is a dictionary", packed(file, "", map[int]string{190: orphan}).set(190, row{2, 1, 0}).end(""), verify.SigChanged),
			refused(base.name+": a stream within itself", packed(file, "", map[int]string{190: orphan}).set(180, row{2, 180, 0}).end(""), verify.SigChanged),
			refused(base.name+": one number twice", func() []byte {
				a := extend(file)
				a.stream = true
				body := "190 0 190 9 <</A 1>> <</A 2>>"
				a.object(180, fmt.Sprintf("<</Type/ObjStm/N 2/First 12/Length %d>>\nstream\n%s\nendstream", len(body), body))
				return a.set(190, row{2, 180, 0}).end("")
			}(), verify.SigChanged),
			refused(base.name+": an object plain and packed", func() []byte {
				a := packed(file, "", map[int]string{190: orphan})
				was := a.rows[190]
				return a.object(190, "<</A 2>>").set(190, was).end("")
			}(), verify.SigChanged),
			refused(base.name+": /N too large", packed(file, "/N 9", map[int]string{190: orphan}).end(""), verify.SigChanged),
			refused(base.name+": /First too large", packed(file, "/First 9999", map[int]string{190: orphan}).end(""), verify.SigChanged),
			refused(base.name+": /First negative", packed(file, "/First -1", map[int]string{190: orphan}).end(""), verify.SigChanged),
			refused(base.name+": a filter that is not there", packed(file, "/Filter/Nothing", map[int]string{190: orphan}).end(""), verify.SigChanged),
			refused(base.name+": a damaged filter", packed(file, "/Filter/FlateDecode", map[int]string{190: orphan}).end(""), verify.SigChanged))
	}
	for num, body := range map[int]string{
		page: put(object(t, m.two, page), "Rotate", "180"), 2: "<</Type/Pages/Count 1/Kids[3 0 R]>>", 7: "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
		8: "<</Type/Annot/Subtype/Square/Rect[70 690 300 710]/F 4/AP<</N 11 0 R>>>>", 9: "<</Fields[]>>", 5: "<<>>", 6: "null", 11: "[]", 12: "0", 13: "(x)",
	} {
		reason := verify.SigChanged
		if num == 9 {
			reason = verify.SigUnreachable
		}
		out = append(out, refused(fmt.Sprintf("object %d overridden", num), packed(m.two, "", map[int]string{num: body}).end(""), reason))
	}
	// The content of the old streams, replaced without their members' entries.
	for num, reason := range map[int]verify.Reason{6: verify.StructUnreadable, 7: verify.SigChanged} {
		a := extend(m.stream)
		a.stream = true
		out = append(out, refused(fmt.Sprintf("stream %d replaced", num), a.object(num, "<<>>").end(""), reason))
	}
	dict := "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 9 19 9]/Contents<3000>>>"
	objs := newField(t, m.two)
	objs[sigNum] = dict
	out = append(out, refused("a signature in a stream", packed(m.two, "", objs).end(""), verify.SigCompressed))
	objs = newField(t, m.two)
	objs[fieldNum] = strings.Replace(objs[fieldNum], "195 0 R", dict, 1)
	return append(out, refused("a signature in a field in a stream", packed(m.two, "", objs).end(""), verify.SigCompressed))
}

// hybrids is R9: updates that old and new readers see differently (A18).
func hybrids(t *testing.T, m *material) []mutant {
	var out []mutant
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"certified 3", m.mdp[3]}, {"archive", m.lta}, {"stream", m.stream}} {
		hybrid := func(objs map[int]string, table map[int]row) []byte {
			a := extend(base.file)
			for num, body := range objs {
				a.object(num, body)
			}
			a.size = 191
			at := len(a.b)
			a.b = fmt.Appendf(a.b, "190 0 obj\n%s\nendobj\n", a.xrefStream("/Root 1 0 R"))
			old := a.rows
			a.rows = map[int]row{190: {1, at, 0}}
			for num := range table {
				if r := table[num]; r.kind == 1 && r.a == 0 {
					a.rows[num] = old[num] // agrees
				} else {
					a.rows[num] = r
				}
			}
			return a.end(fmt.Sprintf("/XRefStm %d", at))
		}
		page := object(t, base.file, number(t, base.file, "/Annots"))
		num := number(t, base.file, "/Annots")
		evil := put(page, "Rotate", "180")
		out = append(out,
			refused(base.name+": table says free", hybrid(map[int]string{num: evil}, map[int]row{num: {0, 0, 0}}), verify.SigChanged),
			refused(base.name+": table says nothing", hybrid(map[int]string{num: evil}, nil), verify.SigChanged),
			refused(base.name+": both agree", hybrid(map[int]string{num: evil}, map[int]row{num: {1, 0, 0}}), verify.SigChanged),
			refused(base.name+": an orphan that both see", hybrid(map[int]string{189: orphan}, map[int]row{189: {1, 0, 0}}), verify.SigChanged),
			refused(base.name+": an orphan that new readers see", hybrid(map[int]string{189: orphan}, map[int]row{189: {0, 0, 0}}), verify.SigChanged),
			refused(base.name+": two places", hybrid(map[int]string{189: orphan}, map[int]row{189: {1, 15, 0}}), verify.SigChanged),
			refused(base.name+": nothing hidden", hybrid(nil, nil), verify.SigChanged),
			refused(base.name+": /XRefStm into the header", extend(base.file).object(190, orphan).end("/XRefStm 0"), verify.StructUnreadable),
			refused(base.name+": /XRefStm into an object", extend(base.file).object(190, orphan).end("/XRefStm 15"), verify.StructUnreadable),
			refused(base.name+": /XRefStm behind the end", extend(base.file).object(190, orphan).end("/XRefStm 9999999"), verify.StructUnreadable),
			refused(base.name+": /XRefStm that is no number", extend(base.file).object(190, orphan).end("/XRefStm/X"), verify.StructUnreadable))
	}
	return out
}
