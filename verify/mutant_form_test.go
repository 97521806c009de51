package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/verify"
)

// updateForms is R18 (A34 to A38): updates that would be honest, in forms that readers
// which repair files do not all take for the same.
func updateForms(t *testing.T, m *material) []mutant {
	var out []mutant
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"certified 1", m.mdp[1]}, {"certified 3", m.mdp[3]}, {"archive", m.lta}} {
		out = append(out, tableForms(base.name, base.file)...)
		out = append(out, objectForms(base.name, base.file)...)
	}
	out = append(out, streamForms(t, m)...)
	return append(out, packedForms(m)...)
}

// tableForms vary the table, the trailer, and the end of an update (A34).
func tableForms(name string, file []byte) []mutant {
	a := extend(file).object(190, orphan)
	head, table, trailer := string(a.b), a.table(), a.trailer("/Info 8 0 R/X[<</Y 1>>]")
	trailer = strings.Replace(trailer, "/Info 8 0 R/X[<</Y 1>>]", "", 1)
	whole := func(table, trailer, end string) []byte {
		return []byte(head + table + trailer + fmt.Sprintf(end, len(head)))
	}
	const end = "startxref\n%d\n%%%%EOF\n"
	var out []mutant
	say := func(what string, ok bool, file []byte) {
		if what = name + ": " + what; ok {
			out = append(out, legal(what, file))
		} else {
			out = append(out, refused(what, file, ""))
		}
	}
	for _, x := range []struct {
		what, old, now string
		ok             bool
	}{
		{"xref, CRLF", "xref\n", "xref\r\n", true}, {"xref, CR", "xref\n", "xref\r", true}, {"xref, a blank", "xref\n", "xref \n", true},
		{"xref, two blanks", "xref\n", "xref  \n", false}, {"xref, a tab", "xref\n", "xref\t\n", false}, {"xref, a zero byte", "xref\n", "xref\x00\n", false},
		{"xref, a form feed", "xref\n", "xref\f\n", false}, {"xref, a comment", "xref\n", "xref%c\n", false}, {"xref, two lines", "xref\n", "xref\n\n", false},
		{"xref on one line", "xref\n", "xref ", false}, {"head, CRLF", "190 1\n", "190 1\r\n", true}, {"head, CR", "190 1\n", "190 1\r", true},
		{"head, a blank", "190 1\n", "190 1 \n", true}, {"head, a tab between", "190 1\n", "190\t1\n", false}, {"head, two blanks between", "190 1\n", "190  1\n", false},
		{"head, a zero byte between", "190 1\n", "190\x001\n", false}, {"head, a form feed between", "190 1\n", "190\f1\n", false},
		{"head, a comment between", "190 1\n", "190%c\n1\n", false}, {"head, a line between", "190 1\n", "190\n1\n", false},
		{"head, a comment", "190 1\n", "190 1%c\n", false}, {"head, a tab", "190 1\n", "190 1\t\n", false}, {"head, two blanks", "190 1\n", "190 1  \n", false},
		{"head on one line", "190 1\n", "190 1 ", false}, {"head, a blank before", "190 1\n", " 190 1\n", false}, {"head, a sign", "190 1\n", "+190 1\n", false},
		{"head, an empty one before", "190 1\n", "189 0\n190 1\n", true},
		{"rows, CR", " n \n", " n \r", true}, {"rows, CRLF", " n \n", " n\r\n", true}, {"rows, LF twice", " n \n", " n\n\n", false},
		{"rows, two blanks", " n \n", " n  ", false}, {"rows, a tab", " n \n", " n\t\n", false}, {"rows, a zero byte", " n \n", " n\x00\n", false},
		{"rows, LF and CR", " n \n", " n\n\r", false}, {"rows, CR and a blank", " n \n", " n\r ", false},
	} {
		say(x.what, x.ok, whole(strings.Replace(table, x.old, x.now, 1), trailer, end))
	}
	for _, x := range []struct {
		what, old, now string
		ok             bool
	}{
		{"trailer, CRLF", "trailer\n", "trailer\r\n", true}, {"trailer, a blank", "trailer\n", "trailer \n", true}, {"trailer, a line more", "trailer\n", "trailer\n\n", true},
		{"trailer, a tab", "trailer\n", "trailer\t\n", false}, {"trailer, a zero byte", "trailer\n", "trailer\x00\n", false}, {"trailer, a comment", "trailer\n", "trailer%c\n", false},
		{"trailer, a comment line", "trailer\n", "trailer\n%c\n", false}, {"trailer on one line", "trailer\n", "trailer ", false}, {"trailer without a line", "trailer\n", "trailer", false},
		{"trailer, a form feed", "trailer\n", "trailer\f\n", false}, {"trailer, two blanks", "trailer\n", "trailer  \n", false},
		{"a comment in the trailer", "/Root", "%c\n/Root", false}, {"a zero byte in the trailer", "/Root", "\x00/Root", false}, {"a form feed in the trailer", "/Root", "\f/Root", false},
		{"a line in the trailer", "/Root", "\n/Root", true}, {"a tab in the trailer", "/Root", "\t/Root", true}, {"a letter in disguise", "/Root", "/#52oot", false},
		{"a plus sign", "/Prev ", "/Prev +", false}, {"a key twice below", "/Root", "/ID[<00><00>]/X<</A 1/A 2>>/Root", false}, {"a bare hash", "/Root", "/X#/Root", false},
		{"/Root twice", "/Root", "/Root 5 0 R/Root", false}, {"/Size twice", "/Root", "/Size 9/Root", false}, {"/Prev twice", "/Root", "/Prev 9/Root", false},
		{"half a byte", "/Root", "/X<123>/Root", false}, {"lines behind", ">>\n", ">>\n\n", true}, {"CRLF behind", ">>\n", ">>\r\n", true},
		{"no line behind", ">>\n", ">>", false}, {"a blank behind", ">>\n", ">> \n", true}, {"a tab behind", ">>\n", ">>\t\n", false},
		{"a version behind", ">>\n", ">>\n%Writer-1.2.3\n", true}, {"a comment with obj", ">>\n", ">>\n%obj\n", false}, {"a comment that is an object", ">>\n", ">>\n%9 0 obj\n", false},
		{"a comment with trailer", ">>\n", ">>\n%trailer\n", false}, {"a comment with xref", ">>\n", ">>\n%xref\n", false}, {"two comments", ">>\n", ">>\n%a\n%b\n", false},
		{"a comment of other letters", ">>\n", ">>\n%\xe2\xe3\n", false}, {"a comment with a tab", ">>\n", ">>\n%a\tb\n", false},
	} {
		say(x.what, x.ok, whole(table, strings.Replace(trailer, x.old, x.now, 1), end))
	}
	for _, x := range []struct {
		what, end string
		ok        bool
	}{
		{"startxref, CRLF", "startxref\r\n%d\r\n%%%%EOF\r\n", true}, {"startxref, CR", "startxref\r%d\r%%%%EOF\r", true}, {"no line behind the end", "startxref\n%d\n%%%%EOF", true},
		{"startxref, blanks", "startxref \n%d \n%%%%EOF\n", true}, {"startxref on one line", "startxref %d\n%%%%EOF\n", false}, {"startxref, a tab", "startxref\t\n%d\n%%%%EOF\n", false},
		{"startxref, a comment", "startxref%%c\n%d\n%%%%EOF\n", false}, {"startxref, a comment line", "startxref\n%%c\n%d\n%%%%EOF\n", false},
		{"startxref, a zero byte", "startxref\x00\n%d\n%%%%EOF\n", false}, {"startxref, a form feed", "startxref\f\n%d\n%%%%EOF\n", false},
		{"offset, a tab", "startxref\n%d\t\n%%%%EOF\n", false}, {"offset, a comment", "startxref\n%d%%c\n%%%%EOF\n", false}, {"offset, no line", "startxref\n%d %%%%EOF\n", false},
		{"offset, a plus sign", "startxref\n+%d\n%%%%EOF\n", false}, {"offset, a blank before", "startxref\n %d\n%%%%EOF\n", false}, {"offset, many zeros", "startxref\n00000000%d\n%%%%EOF\n", false},
		{"offset, a comment line", "startxref\n%d\n%%c\n%%%%EOF\n", false}, {"offset of a real number", "startxref\n%d.0\n%%%%EOF\n", false},
		{"end with more", "startxref\n%d\n%%%%EOFx\n", false}, {"end, a blank before", "startxref\n%d\n %%%%EOF\n", false},
	} {
		say(x.what, x.ok, whole(table, trailer, x.end))
	}
	return out
}

// objectForms vary the form of an appended object, and what stands around it (A35, A37).
func objectForms(name string, file []byte) []mutant {
	var out []mutant
	say := func(what string, ok bool, file []byte) {
		if what = name + ": " + what; ok {
			out = append(out, legal(what, file))
		} else {
			out = append(out, refused(what, file, ""))
		}
	}
	for body, ok := range map[string]bool{
		"<</A 1>>": true, "<</A\t1>>": true, "<<\r\n/A\n1\r>>": true, "<</A %c\n1>>": false, "<</A\x001>>": false, "<</A\f1>>": false, "<</A 1>>%c": false,
		"<</A -1>>": true, "<</A +1>>": false, "<</A -.5>>": true, "<</A 1.>>": true, "<</A .>>": false, "<</A -.>>": false, "<</A 1.5.5>>": false,
		"<</A 99999999999>>": false, "<</A 2147483647>>": true, "<</A 2147483648>>": false, "<</A 000000000001>>": false,
		"<</A#42 1>>": false, "<</A#20B 1>>": true, "<</A#2 1>>": false, "<</A#zz 1>>": false, "<</A#00B 1>>": false, "<</#41 1>>": false, "<</A\x01 1>>": false,
		"<</A/B#2fC>>": true, "<</A/\xe4\xb8\xad>>": true, "<</A(a(b)c)>>": true, "<</A(a\\)c)>>": true, "<</A<4142>>>": true, "<</A<41 42>>>": true, "<</A<414>>>": false, "<</A<41\x0042>>>": false,
		"<</A 1/A 2>>": false, "<</A[<</B 1/B 2>>]>>": false, "<</A<</B<</C 1/C 1>>>>>>": false, "<</A[1 2 R 3 0 R]>>": true, "<</A null/B true>>": true,
		"<</A(9 0 obj)>>": false, "<</A(\n9 0 obj\n<</Type/Page>>\nendobj\n)>>": false, "<</A(9%c\n0%d\nobj)>>": false, "<</A(9 0 object)>>": false, "<</A(an obj)>>": true,
		"<</A(trailer<</Root 9 0 R>>)>>": false, "<</A(trailer\n%c\n<<)>>": false, "<</A(a trailer)>>": true, "<</A(startxref 1)>>": false, "<</A(xref\n0 1)>>": false, "<</A(xref)>>": true,
		"[1 2 3]": true, "(text)": true, "12": true, "/Name": true, "null": true, "true": true,
	} {
		say("object "+fmt.Sprintf("%q", body), ok, add(file, map[int]string{190: body}))
	}
	for what, ok := range map[string]bool{
		"": true, "\n": true, "\r\n": true, " \n": true, "\n\n\n": true, "%c\n": false, "%9 0 obj\n": false, "\x00\n": false, "\t\n": false, "\f\n": false, "endobj\n": false, "1\n": false,
		"xref\n": false, "startxref\n1\n": false, "%%EOF\n": false, "9 0 obj\n<<>>\nendobj\n": false, "stream\nendstream\n": false, "null\n": false, "<<>>\n": false,
	} {
		a := extend(file)
		a.b = append(a.b, what...)
		say("before an object: "+fmt.Sprintf("%q", what), ok, a.object(190, "<</A 1>>").end(""))
		a = extend(file).object(190, "<</A 1>>")
		a.b = append(a.b, what...)
		say("behind an object: "+fmt.Sprintf("%q", what), ok, a.end(""))
	}
	for what, ok := range map[string]bool{
		"190 0 obj\n": true, "190 0 obj\r\n": true, "190 0 obj": true, "190 0 obj ": true, "190  0 obj\n": true, "190\n0\nobj\n": true, "190 0 obj%c\n": false, "190%c\n0 obj\n": false,
		"190\x000 obj\n": false, "+190 0 obj\n": false, "190 0 \fobj\n": false,
	} {
		a := extend(file).set(190, row{1, len(file), 0})
		a.b = append(a.b, what+"<</A 1>>\nendobj\n"...)
		say("header "+fmt.Sprintf("%q", what), ok, a.end(""))
	}
	out = append(out, refused(name+": a stream that nothing leads to", add(file, map[int]string{190: "<</Length 1>>\nstream\nq\nendstream"}), verify.SigChanged))
	return out
}

// streamForms vary a new member of the DSS, which is a stream that may be added (A36, A37).
func streamForms(t *testing.T, m *material) []mutant {
	num := number(t, m.lta, "/Type/DSS")
	dss := into(t, object(t, m.lta, num), "Certs", "190 0 R")
	var out []mutant
	say := func(what string, ok bool, body string, more map[int]string) {
		objs := map[int]string{num: dss, 190: body}
		for k, v := range more {
			objs[k] = v
		}
		if file := add(m.lta, objs); ok {
			out = append(out, legal("store: "+what, file))
		} else {
			out = append(out, refused("store: "+what, file, verify.SigChanged))
		}
	}
	stream := func(keys, data string) string {
		return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", keys, len(data), data)
	}
	for keys, ok := range map[string]bool{
		"": true, "/Type/X": true, "/F(a.pdf)": false, "/F<</F(a)>>": false, "/FFilter/FlateDecode": false, "/FDecodeParms<<>>": false, "/Filter null": true, "/Filter[null]": false,
		"/Filter/Crypt": false, "/Filter[/Crypt]": false, "/Filter/Fl": false, "/Filter[/AHx]": false, "/Filter/X": false, "/Filter/FlateDecode": true, "/Filter[]": true,
		"/Type/ObjStm/N 0/First 0": false, "/Type/XRef/Size 9/W[1 2 1]": false, "/A 1/A 1": false, "/Length 9": false,
	} {
		say("a stream with "+keys, ok, stream(keys, "0123456789"), nil)
	}
	for data, ok := range map[string]bool{
		"evidence": true, "1 0 obj": false, "x1 0 obj\n<</Type/Catalog>>\nendobj": false, "1 0\nobj": false, "1\x000\x00obj": false, "1%c\n0%c\nobj": false,
		"1 0obj": false, "10obj": true, "1 R obj": true, "a 0 obj": true, "trailer<</Root 1 0 R>>": false, "trailer": true, "trailer \n <<": false, "trailer%c\n<<": false,
		"startxref\n5": false, "startxref": true, "xref\n0 1\n": false, "xref": true, "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n": false, "endobj": true,
		strings.Repeat("1 0 ob", 300) + "j": false, "1 0" + strings.Repeat(" ", 300) + "obj": false, "trailer" + strings.Repeat(" ", 300) + "<<": false,
	} {
		say(fmt.Sprintf("data %.30q", data), ok, stream("", data), nil)
	}
	for tail, ok := range map[string]bool{
		"\nendstream": true, "\r\nendstream": true, "\rendstream": true, "endstream": true, " endstream": false, "\n endstream": false, "\n\nendstream": false, "\n%c\nendstream": false,
		"\x00endstream": false, "\nendstream ": true, "\nendstream%c\n": false, "\nendstream\x00": false,
	} {
		say(fmt.Sprintf("a tail %q", tail), ok, "<</Length 4>>\nstream\ndata"+tail, nil)
	}
	for start, ok := range map[string]bool{"\nstream\n": true, "stream\n": true, "\nstream\r\n": true, "\nstream\r": false, "\nstream \n": false, "\nstream%c\n": false} {
		say(fmt.Sprintf("a start %q", start), ok, "<</Length 4>>"+start+"data\nendstream", nil)
	}
	say("a length elsewhere", true, "<</Length 191 0 R>>\nstream\ndata\nendstream", map[int]string{191: "4"})
	say("a wrong length elsewhere", false, "<</Length 191 0 R>>\nstream\ndata\nendstream", map[int]string{191: "3"})
	return out
}

// packedForms vary object streams and cross-reference streams (A35, A36).
func packedForms(m *material) []mutant {
	var out []mutant
	say := func(what string, ok bool, file []byte) {
		if ok {
			out = append(out, legal("packed: "+what, file))
		} else {
			out = append(out, refused("packed: "+what, file, ""))
		}
	}
	build := func(change func(a *addition, xref string) string) []byte {
		a := extend(m.stream)
		a.stream = true
		a.pack(180, "", map[int]string{190: "<</A 1>>"})
		num, at := a.size, len(a.b)
		a.set(num, row{1, at, 0})
		xref := change(a, a.xrefStream(fmt.Sprintf("/Root %d 0 R/Prev %d", a.root, a.prev)))
		return fmt.Appendf(a.b, "%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n", num, xref, at)
	}
	for _, x := range []struct {
		what, old, now string
		ok             bool
	}{
		{"nothing", "", "", true}, {"/W with eight bytes for the kind", "/W[1 4 2]", "/W[8 4 2]", false}, {"/W of two", "/W[1 4 2]", "/W[1 4]", false}, {"/W of four", "/W[1 4 2]", "/W[1 4 2 0]", false},
		{"/W without a kind", "/W[1 4 2]", "/W[0 5 2]", false}, {"/W elsewhere", "/W[1 4 2]", "/W[1 3 3]", false}, {"an odd /Index", "/Index[", "/Index[0 ", false}, {"/Index with one more", "]/Length", " 9]/Length", false},
		{"an empty pair in /Index", "/Index[", "/Index[0 0 ", false}, {"no /Index", "/Index", "/Indes", false}, {"/Index twice", "/Index[", "/Index[0 1]/Index[", false},
		{"/Size twice", "/Size ", "/Size 5/Size ", false}, {"/F", "/Type/XRef", "/Type/XRef/F(a)", false}, {"/FFilter", "/Type/XRef", "/Type/XRef/FFilter/FlateDecode", false},
		{"/FDecodeParms", "/Type/XRef", "/Type/XRef/FDecodeParms<<>>", false}, {"/XRefStm", "/Type/XRef", "/Type/XRef/XRefStm 0", false}, {"a null filter", "/Type/XRef", "/Type/XRef/Filter null", true},
		{"a filter that is null in a list", "/Type/XRef", "/Type/XRef/Filter[null]", false}, {"/Crypt", "/Type/XRef", "/Type/XRef/Filter/Crypt", false}, {"an empty list of filters", "/Type/XRef", "/Type/XRef/Filter[]", false},
		{"parameters of no filter", "/Type/XRef", "/Type/XRef/DecodeParms<</Predictor 12>>", false}, {"another key", "/Type/XRef", "/Type/XRef/Foo 1", false}, {"/Type twice", "/Type/XRef", "/Type/XRef/Type/XRef", false},
		{"a type in disguise", "/Type/XRef", "/Type/X#52ef", false}, {"a comment", "/Type/XRef", "/Type/XRef%c\n", false},
	} {
		say(x.what, x.ok, build(func(_ *addition, xref string) string { return strings.Replace(xref, x.old, x.now, 1) }))
	}
	pack := func(dict, head, body string, rows map[int]row) []byte {
		a := extend(m.stream)
		a.stream = true
		for num, r := range rows {
			a.set(num, r)
		}
		a.object(180, fmt.Sprintf("<</Type/ObjStm%s/Length %d>>\nstream\n%s\nendstream", dict, len(head)+len(body), head+body))
		return a.end("")
	}
	one := map[int]row{190: {2, 180, 0}}
	for _, x := range []struct {
		what, dict, head, body string
		ok                     bool
	}{
		{"one object", "/N 1/First 6", "190 0 ", "<</A 1>>", true}, {"/First twice", "/N 1/First 6/First 6", "190 0 ", "<</A 1>>", false}, {"/N twice", "/N 1/N 1/First 6", "190 0 ", "<</A 1>>", false},
		{"/F", "/N 1/First 6/F(a)", "190 0 ", "<</A 1>>", false}, {"/F for a filter", "/N 1/First 6/F/FlateDecode", "190 0 ", "<</A 1>>", false}, {"another key", "/N 1/First 6/Foo 1", "190 0 ", "<</A 1>>", false},
		{"a null filter in a list", "/N 1/First 6/Filter[null]", "190 0 ", "<</A 1>>", false}, {"parameters of no filter", "/N 1/First 6/DecodeParms null", "190 0 ", "<</A 1>>", true},
		{"a second object that no row names", "/N 2/First 12", "190 0 191 9 ", "<</A 1>> <</B 2>>", false}, {"a second head", "/N 1/First 12", "190 0 191 0 ", "<</A 1>>", false},
		{"a comment in the head", "/N 1/First 9", "190 %c\n0 ", "<</A 1>>", false}, {"a tab in the head", "/N 1/First 6", "190\t0 ", "<</A 1>>", true}, {"bytes before the object", "/N 1/First 6", "190 4 ", "1 2 <</A 1>>", false},
		{"bytes behind the object", "/N 1/First 6", "190 0 ", "<</A 1>> 5 0 obj", false}, {"a second value", "/N 1/First 6", "190 0 ", "<</A 1>> 7", false}, {"a comment behind", "/N 1/First 6", "190 0 ", "<</A 1>>%c", false},
		{"a key twice in the object", "/N 1/First 6", "190 0 ", "<</A 1/A 2>>", false}, {"a comment in the object", "/N 1/First 6", "190 0 ", "<</A %c\n1>>", false}, {"a reference as the object", "/N 1/First 6", "190 0 ", "5 0 R", true},
		{"a sign in the head", "/N 1/First 7", "190 +0 ", "<</A 1>>", false}, {"blanks behind", "/N 1/First 6", "190 0 ", "<</A 1>> \n", true},
	} {
		say(x.what, x.ok, pack(x.dict, x.head, x.body, one))
	}
	return out
}
