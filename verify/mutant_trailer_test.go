package verify_test

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what old encryption is made of
	"crypto/rc4" //nolint:gosec // as above
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/verify"
)

// trailers is R13 (A20, A30): what a trailer states about the whole document.
func trailers(t *testing.T, m *material) []mutant {
	var out []mutant
	const standard = "<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%s>/U<%s>>>"
	locked := fmt.Sprintf(standard, strings.Repeat("00", 32), strings.Repeat("11", 32))
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"stream", m.stream}, {"certified 2", m.mdp[2]}, {"certified 3", m.mdp[3]}, {"archive", m.lta}} {
		for _, streamed := range []bool{false, true} {
			end := func(more string) []byte {
				a := extend(base.file).object(190, orphan)
				a.stream = streamed
				return a.end(more)
			}
			name := fmt.Sprintf("%s, stream %v: ", base.name, streamed)
			for _, x := range []struct {
				more   string
				reason verify.Reason
			}{
				{"/Encrypt<<>>", verify.StructEncrypted},
				{"/Encrypt 190 0 R", verify.StructEncrypted},
				{"/Encrypt 170 0 R", verify.StructEncrypted},
				{"/Encrypt<</Filter/Standard/V 4/R 4/P -4/O()/U()/CF<</I<</CFM/None>>>>/StmF/Identity/StrF/Identity>>", verify.StructEncrypted},
				{"/Encrypt" + locked, verify.StructEncrypted},
				{"/Encrypt" + locked + "/ID[<02><02>]", verify.StructEncrypted},
				{"/Info<</Title(x)>>", verify.SigChanged},
				{"/Info 1 0 R", verify.SigChanged},
				{"/Info 3 0 R", verify.SigChanged},
				{"/Evil 1", verify.SigChanged},
				{"/XRefStm2 1", verify.SigChanged},
				{"/Pages 2 0 R", verify.SigChanged},
				{"/Root 1 0 R", verify.SigChanged},
				{"/Size 999", verify.SigChanged},
				{"/#52oot 1 0 R", verify.SigChanged},
			} {
				out = append(out, refused(name+x.more, end(x.more), x.reason))
			}
			id := "<01>"
			if base.name == "stream" {
				id = "<0123456789ABCDEF0123456789ABCDEF>"
			}
			out = append(out,
				legal(name+"the second part of /ID", end("/ID["+id+"<77>]")),
				legal(name+"the first part of /ID", end("/ID[<02><01>]")),
				legal(name+"the parts of /ID as texts", end("/ID[(other)(other)]")),
				informed(base.name == "certified 2", name+"information that is new", end("/Info 190 0 R")))
		}
		if base.name != "stream" { // its /ID is different
			// Encryption that every reader opens with the empty password.
			out = append(out, refused(base.name+": encryption that opens", extend(base.file).object(190, orphan).end("/Encrypt"+opens([]byte{1})+"/ID[<01><01>]"), verify.SigChanged))
		}
		catalog := object(t, base.file, 1)
		copied := extend(base.file).object(190, catalog)
		copied.root = 190
		changed := extend(base.file).object(190, put(catalog, "OpenAction", "[3 0 R/Fit]"))
		changed.root = 190
		bare := extend(base.file).object(190, "<</Type/Catalog/Pages 2 0 R>>")
		bare.root = 190
		nothing := extend(base.file).object(190, orphan)
		nothing.root = 170
		generation := extend(base.file).object(190, orphan)
		other := func(text string) []byte {
			b := generation.b
			at := len(b)
			return fmt.Appendf(bytes.Clone(b), "%s%sstartxref\n%d\n%%%%EOF\n", generation.table(), text, at)
		}
		tr := generation.trailer("")
		out = append(out,
			refused(base.name+": a copy of the catalog", copied.end(""), verify.SigChanged),
			refused(base.name+": a changed copy", changed.end(""), verify.SigChanged),
			refused(base.name+": a catalog without the form", bare.end(""), verify.SigUnreachable),
			refused(base.name+": no catalog", nothing.end(""), verify.StructUnreadable),
			refused(base.name+": a root that is no reference", other(strings.Replace(tr, "/Root 1 0 R", "/Root<</Type/Catalog>>", 1)), verify.StructUnreadable),
			refused(base.name+": a root of another generation", other(strings.Replace(tr, "/Root 1 0 R", "/Root 1 1 R", 1)), verify.StructUnreadable),
			refused(base.name+": no root", other(strings.Replace(tr, "/Root 1 0 R", "", 1)), verify.StructUnreadable),
			refused(base.name+": a second trailer with another root", other(tr+strings.Replace(tr, "/Root 1 0 R", "/Root 190 0 R", 1)), verify.StructRevision),
			refused(base.name+": the other root first", other(strings.Replace(tr, "/Root 1 0 R", "/Root 190 0 R", 1)+tr), verify.SigUnreachable))
	}
	return out
}

// tables is R14 (A16, A19, A20): objects, rows and sections that readers understand differently.
func tables(t *testing.T, m *material) []mutant {
	var out []mutant
	for _, base := range []struct {
		name string
		file []byte
		// A page's content, and a page whose loss breaks the page tree.
		content, page int
	}{{"two", m.two, 5, 4}, {"certified 3", m.mdp[3], 5, 4}, {"archive", m.lta, 5, 4}, {"stream", m.stream, 4, 5}} {
		file := base.file
		say := func(name string, b []byte, reason verify.Reason) {
			out = append(out, refused(base.name+": "+name, b, reason))
		}
		fresh := func() *addition { return extend(file) }
		say("an object twice, the first declared", func() []byte {
			a := fresh().object(190, orphan)
			r := a.rows[190]
			return a.object(190, "<</A 2>>").set(190, r).end("")
		}(), verify.SigChanged)
		say("an object twice, the last declared", fresh().object(190, orphan).object(190, "<</A 2>>").end(""), verify.SigChanged)
		say("a generation the row does not say", func() []byte {
			a := fresh().generation(190, 1, orphan)
			return a.set(190, row{1, a.rows[190].a, 0}).end("")
		}(), verify.SigChanged)
		say("a generation the object does not say", func() []byte {
			a := fresh().object(190, orphan)
			return a.set(190, row{1, a.rows[190].a, 1}).end("")
		}(), verify.SigChanged)
		say("a new object of generation 1", fresh().generation(190, 1, orphan).end(""), verify.SigChanged)
		say("a new object of generation 65535", fresh().generation(190, 65535, orphan).end(""), verify.SigChanged)
		say("a row that leads to another number", func() []byte {
			a := fresh().object(190, orphan).object(189, orphan)
			return a.set(188, row{1, a.rows[190].a, 0}).end("")
		}(), verify.SigChanged)
		say("two rows that lead to one object", func() []byte {
			a := fresh().object(190, orphan)
			return a.set(189, a.rows[190]).end("")
		}(), verify.SigChanged)
		say("a row into the signed part", fresh().object(190, orphan).set(189, row{1, 15, 0}).end(""), verify.SigChanged)
		say("a row that leads to the signed object of its number", fresh().object(190, orphan).set(4, row{1, bytes.Index(file, []byte("\n4 0 obj")) + 1, 0}).end(""), verify.SigChanged)
		say("a row behind the end", fresh().object(190, orphan).set(189, row{1, 99999999, 0}).end(""), verify.SigChanged)
		say("a row one too early", func() []byte {
			a := fresh()
			a.b = append(a.b, '\n')
			a.object(190, orphan)
			return a.set(190, row{1, a.rows[190].a - 1, 0}).end("")
		}(), verify.SigChanged)
		say("an object within a stream's data", func() []byte {
			a := fresh()
			at := len(a.b)
			a.object(190, "<</Length 30>>\nstream\n189 0 obj <</A 1>> endobj      \nendstream")
			inner := at + bytes.Index(a.b[at:], []byte("189 0 obj"))
			return a.set(189, row{1, inner, 0}).end("")
		}(), verify.SigChanged)
		say("an object within an object", func() []byte {
			a := fresh().object(190, "<</A 1 %\n189 0 obj 7 endobj\n>>")
			return a.end("")
		}(), verify.SigChanged)

		say("content freed", fresh().object(190, orphan).set(base.content, row{0, 0, 1}).end(""), verify.SigChanged)
		say("a page freed", fresh().object(190, orphan).set(base.page, row{0, 0, 1}).end(""), verify.StructUnreadable)
		say("the pages freed", fresh().object(190, orphan).set(2, row{0, 0, 1}).end(""), verify.StructUnreadable)
		say("the form freed", fresh().object(190, orphan).set(number(t, file, "/SigFlags"), row{0, 0, 1}).end(""), verify.SigUnreachable)
		say("the catalog freed", fresh().object(190, orphan).set(1, row{0, 0, 1}).end(""), verify.StructUnreadable)
		say("a signature freed", fresh().object(190, orphan).set(number(t, file, "/SubFilter"), row{0, 0, 1}).end(""), verify.SigUnreachable)
		num := base.content
		say("content of another generation", fresh().generation(num, 1, orphan).end(""), verify.SigChanged)
		say("content freed and taken again", extend(fresh().object(190, orphan).set(num, row{0, 0, 1}).end("")).generation(num, 1, orphan).end(""), verify.SigChanged)
		say("content freed and put back", extend(fresh().object(190, orphan).set(num, row{0, 0, 1}).end("")).object(num, orphan).end(""), verify.SigChanged)

		whole := fresh().object(190, orphan).object(189, orphan)
		at := len(whole.b)
		table := func(s string) []byte {
			return fmt.Appendf(bytes.Clone(whole.b), "%s%sstartxref\n%d\n%%%%EOF\n", s, whole.trailer(""), at)
		}
		r189, r190 := whole.rows[189].a, whole.rows[190].a
		line := func(off int) string { return fmt.Sprintf("%010d 00000 n \n", off) }
		out = append(out, legal(base.name+": two rows", table("xref\n189 2\n"+line(r189)+line(r190))))
		for _, x := range []struct {
			name, text string
			reason     verify.Reason
		}{
			{"subsections that overlap", "xref\n189 2\n" + line(r189) + line(r190) + "190 1\n" + line(r190), verify.StructUnreadable},
			{"a subsection twice", "xref\n189 1\n" + line(r189) + "189 1\n" + line(r189) + "190 1\n" + line(r190), verify.StructUnreadable},
			{"rows of 19 bytes", "xref\n189 2\n" + strings.ReplaceAll(line(r189)+line(r190), " \n", "\n"), verify.StructUnreadable},
			{"rows of 21 bytes", "xref\n189 2\n" + strings.ReplaceAll(line(r189)+line(r190), " \n", " \r\n"), verify.SigChanged},
			{"rows without an end of line", "xref\n189 2\n" + strings.ReplaceAll(line(r189)+line(r190), " \n", "xx"), verify.SigChanged},
			{"a count too small", "xref\n189 1\n" + line(r189) + line(r190), verify.StructUnreadable},
			{"a count too large", "xref\n189 3\n" + line(r189) + line(r190), verify.StructUnreadable},
			{"a count far too large", "xref\n189 99999999999\n" + line(r189), verify.StructUnreadable},
			{"a negative count", "xref\n189 -1\n" + line(r189), verify.StructUnreadable},
			{"a first number far too large", "xref\n99999999999 1\n" + line(r189), verify.StructUnreadable},
			{"a head of one number", "xref\n189\n" + line(r189), verify.StructUnreadable},
			{"a row of letters", "xref\n189 2\nabcdefghij 00000 n \n" + line(r190), verify.SigChanged},
			{"a row neither free nor in use", "xref\n189 2\n" + strings.Replace(line(r189), "n", "x", 1) + line(r190), verify.SigChanged},
			{"a generation too large", "xref\n189 2\n" + strings.Replace(line(r189), " 00000", " 99999", 1) + line(r190), verify.SigChanged},
			{"a negative offset", "xref\n189 2\n-000000001 00000 n \n" + line(r190), verify.SigChanged},
			{"a comment in the table", "xref\n189 2\n%\n" + line(r189) + line(r190), verify.SigChanged},
			{"another keyword", "xreg\n189 2\n" + line(r189) + line(r190), verify.StructUnreadable},
			{"an object that no row declares", "xref\n190 1\n" + line(r190), verify.SigChanged},
			{"no rows", "xref\n0 0\n", verify.SigChanged},
		} {
			say(x.name, table(x.text), x.reason)
		}

		ends := func(old, to string) []byte {
			tr := swap(t, whole.trailer(""), old, to)
			return fmt.Appendf(bytes.Clone(whole.b), "%s%sstartxref\n%d\n%%%%EOF\n", whole.table(), tr, at)
		}
		size, prev := fmt.Sprintf("/Size %d", whole.size), fmt.Sprintf("/Prev %d", whole.prev)
		var prevs []int // of all sections
		for i := range file {
			if bytes.HasPrefix(file[i:], []byte("startxref\n")) {
				var n int
				fmt.Sscanf(string(file[i:]), "startxref\n%d", &n)
				prevs = append(prevs, n)
			}
		}
		for _, x := range []struct {
			name, old, to string
			reason        verify.Reason
		}{
			{"/Size 0", size, "/Size 0", verify.SigChanged},
			{"/Size 1", size, "/Size 1", verify.SigChanged},
			{"/Size of the first revision", size, "/Size 4", verify.SigChanged},
			{"/Size less than the rows", size, "/Size 190", verify.SigChanged},
			{"/Size negative", size, "/Size -1", verify.StructUnreadable},
			{"/Size a real", size, "/Size 191.0", verify.StructUnreadable},
			{"/Size a reference", size, "/Size 190 0 R", verify.StructUnreadable},
			{"/Size huge", size, "/Size 99999999", verify.LimitExceeded},
			{"no /Size", size, "", verify.StructUnreadable},
			{"/Prev to itself", prev, fmt.Sprintf("/Prev %d", at), verify.StructUnreadable},
			{"/Prev into the header", prev, "/Prev 0", verify.StructUnreadable},
			{"/Prev into an object", prev, "/Prev 20", verify.StructUnreadable},
			{"/Prev behind the end", prev, "/Prev 99999999", verify.StructUnreadable},
			{"/Prev negative", prev, "/Prev -1", verify.StructUnreadable},
			{"/Prev a real", prev, "/Prev 1.5", verify.StructUnreadable},
			{"/Prev a reference", prev, "/Prev 190 0 R", verify.StructUnreadable},
			{"/Prev off by two", prev, fmt.Sprintf("/Prev %d", whole.prev+2), verify.StructUnreadable},
			{"no /Prev", prev, "", verify.StructUnreadable},
			{"/Prev past the last revision", prev, fmt.Sprintf("/Prev %d", prevs[len(prevs)-2]), verify.SigUnreachable},
			{"/Prev to the first revision", prev, fmt.Sprintf("/Prev %d", prevs[0]), verify.SigUnreachable},
		} {
			say(x.name, ends(x.old, x.to), x.reason)
		}
	}
	return out
}

// opens returns an encryption dictionary of revision 2 for the empty password (ISO
// 32000-1, algorithms 2 and 4).
func opens(id []byte) string {
	const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"
	owner := bytes.Repeat([]byte{7}, 32)
	key := md5.Sum(slices.Concat([]byte(padding), owner, []byte{0xfc, 0xff, 0xff, 0xff}, id)) //nolint:gosec // what the format asks
	c, err := rc4.NewCipher(key[:5])                                                          //nolint:gosec // as above
	if err != nil {
		panic(err)
	}
	user := []byte(padding)
	c.XORKeyStream(user, user)
	return fmt.Sprintf("<</Filter/Standard/V 1/R 2/P -4/O<%x>/U<%x>>>", owner, user)
}

// informed is a document whose information changed: legal, but not under a certification
// that permits less than annotations.
func informed(certified bool, name string, file []byte) mutant {
	if certified {
		return refused(name, file, verify.SigDocMDP)
	}
	return legal(name, file)
}
