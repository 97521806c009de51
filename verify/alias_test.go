package verify_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// aliased makes a document whose form and annotations are in separate arrays: 4
// content, 5 form, 6 signature field A, 7 signature field B, 8 text field T, 9 the
// field array, 10 the annotations, 11 a form that the page paints, 12 and 13
// appearances of B and T. page goes into the page dictionary.
func aliased(page string) []byte {
	form := func(s string) string {
		return "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length " + itoa(len(s)) + ">>\nstream\n" + s + "\nendstream"
	}
	widget := "<</Type/Annot/Subtype/Widget/F 132/P 3 0 R"
	b := plainPDF(1, "/AcroForm 5 0 R",
		form("/X Do"), // 4
		"<</Fields 9 0 R/SigFlags 3>>",
		widget+"/FT/Sig/T(A)/Rect[0 0 0 0]>>",
		widget+"/FT/Sig/T(B)/Rect[10 10 60 60]/AP<</N 12 0 R>>>>",
		widget+"/FT/Tx/T(T)/Rect[10 100 60 120]/Ff 1/AP<</N 13 0 R>>>>",
		"[6 0 R 7 0 R 8 0 R]",
		"[6 0 R 7 0 R 8 0 R]",
		form("0 0 9 9 re f"), form(""), form(""))
	old := "/MediaBox[0 0 595.28 841.89]/Resources<<>>>>"
	with := "/MediaBox[0 0 595.28 841.89]/Annots 10 0 R/Contents 4 0 R/Resources<</XObject<</X 11 0 R>>>>" + page + ">>"
	return rebuilt(strings.Replace(string(b), old, with, 1))
}

// rebuilt makes a new table for a file that was edited by hand.
func rebuilt(s string) []byte {
	body := s[:strings.LastIndex(s, "xref\n0 ")]
	var rows strings.Builder
	n := 1
	for {
		i := strings.Index(body, "\n"+itoa(n)+" 0 obj\n")
		if i < 0 {
			break
		}
		rows.WriteString(pad(i+1) + " 00000 n \n")
		n++
	}
	return []byte(body + "xref\n0 " + itoa(n) + "\n0000000000 65535 f \n" + rows.String() +
		"trailer\n<</Size " + itoa(n) + "/Root 1 0 R>>\nstartxref\n" + itoa(len(body)) + "\n%%EOF\n")
}

// TestA13Aliases: a further signature may change only objects that nothing else uses (D1,
// D2, A13, A14, A23, A24). Fields, annotations and appearances are in separate objects
// here, as many producers write them.
func TestA13Aliases(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	const widget = "<</Type/Annot/Subtype/Widget/F 132/P 3 0 R"
	honest := map[int]string{7: widget + "/FT/Sig/T(B)/Rect[10 10 60 60]/AP<</N 90 0 R>>/V 95 0 R>>",
		90: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream"}
	filled := func(more string) string {
		return widget + "/FT/Tx/T(T)/Rect[10 100 60 120]/Ff 1" + more + ">>"
	}
	const lock = "/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2/Action/Include/Fields[(B)(T)]>>>>]"
	for _, c := range []struct {
		name string
		page string // of the document
		lock string
		objs map[int]string
		want verify.ChangeLevel
	}{
		{"honest", "", "", nil, verify.ChangeSign},
		{"the widget is used elsewhere too", "/PieceInfo<</X 7 0 R>>", "", nil, verify.ChangeOther},
		{"its old appearance is used elsewhere too", "/PieceInfo<</X 12 0 R>>", "", map[int]string{12: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 1>>\nstream\nn\nendstream"}, verify.ChangeOther},
		{"its own appearance is overwritten", "", "", map[int]string{7: widget + "/FT/Sig/T(B)/Rect[10 10 60 60]/AP<</N 12 0 R>>/V 95 0 R>>",
			12: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 1>>\nstream\nn\nendstream", 90: "<<>>"}, verify.ChangeSign},
		{"its appearance is a part of the page", "", "", map[int]string{7: widget + "/FT/Sig/T(B)/Rect[10 10 60 60]/AP<</N 11 0 R>>/V 95 0 R>>"}, verify.ChangeOther},
		{"its appearance leads to a part of the page", "", "", map[int]string{90: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 11 0 R>>>>/Length 0>>\nstream\n\nendstream"}, verify.ChangeSign},
		{"the page's own form is overwritten", "", "", map[int]string{11: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 1>>\nstream\nn\nendstream"}, verify.ChangeOther},
		{"the field array loses a field", "", "", map[int]string{9: "[6 0 R 7 0 R]"}, verify.ChangeOther},
		{"the field array is reordered", "", "", map[int]string{9: "[7 0 R 6 0 R 8 0 R]"}, verify.ChangeOther},
		{"the field array gains an unsigned field", "", "", map[int]string{9: "[6 0 R 7 0 R 8 0 R 91 0 R]", 91: "<</FT/Sig/T(C)/Rect[0 0 0 0]>>"}, verify.ChangeOther},
		{"the field array gains a text field", "", "", map[int]string{9: "[6 0 R 7 0 R 8 0 R 91 0 R]", 91: "<</FT/Tx/T(C)/V(x)/Rect[0 0 0 0]>>"}, verify.ChangeOther},
		{"the field array gains a part of the page", "", "", map[int]string{9: "[6 0 R 7 0 R 8 0 R 4 0 R]"}, verify.ChangeUnchecked}, // no form can be read
		{"the annotations lose one", "", "", map[int]string{10: "[6 0 R 7 0 R]"}, verify.ChangeOther},
		{"the annotations gain one", "", "", map[int]string{10: "[6 0 R 7 0 R 8 0 R 91 0 R]", 91: "<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]>>"}, verify.ChangeAnnotation},
		{"the annotations gain a widget", "", "", map[int]string{10: "[6 0 R 7 0 R 8 0 R 91 0 R]", 91: widget + "/FT/Btn/T(C)/Rect[0 0 9 9]>>"}, verify.ChangeOther},
		{"the text field is filled", "", "", map[int]string{8: filled("/V(x)/AP<</N 91 0 R>>"), 91: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream"}, verify.ChangeForm},
		{"and the signature locks it", "", lock, map[int]string{8: filled("/V(x)/AP<</N 91 0 R>>"), 91: "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>\nstream\n\nendstream"}, verify.ChangeSign},
		{"and it becomes writable", "", lock, map[int]string{8: strings.Replace(filled("/V(x)/AP<</N 13 0 R>>"), "/Ff 1", "/Ff 0", 1)}, verify.ChangeForm},
		{"and its flags hide it", "", lock, map[int]string{8: strings.Replace(filled("/V(x)/AP<</N 13 0 R>>"), "/F 132", "/F 134", 1)}, verify.ChangeForm},
		{"and it moves", "", lock, map[int]string{8: strings.Replace(filled("/V(x)/AP<</N 13 0 R>>"), "[10 100", "[10 90", 1)}, verify.ChangeOther},
		{"and its value is a part of the page", "", lock, map[int]string{8: filled("/V 4 0 R/AP<</N 13 0 R>>")}, verify.ChangeOther},
		{"and its appearance is a part of the page", "", lock, map[int]string{8: filled("/V(x)/AP<</N 11 0 R>>")}, verify.ChangeOther},
		{"and it is used elsewhere too", "/PieceInfo<</X 8 0 R>>", lock, map[int]string{8: filled("/V(x)/AP<</N 13 0 R>>")}, verify.ChangeOther},
	} {
		one := sign(t, aliased(c.page), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, Field: "A"})
		objs := maps.Clone(honest)
		maps.Copy(objs, c.objs)
		rep := judge(t, coveredWith(t, cred, one, objs, c.lock), policy(ca))
		if len(rep.Signatures) == 0 {
			if c.want != verify.ChangeUnchecked || rep.Verdict != verify.Invalid {
				t.Errorf("%s: %v %v", c.name, rep.Verdict, rep.Reasons)
			}
			continue
		}
		s := rep.Signatures[0]
		if s.ChangeLevel != c.want || rep.Valid() != (c.want == verify.ChangeSign) {
			t.Errorf("%s: %v, %v %q, want %v", c.name, rep.Verdict, s.ChangeLevel, changesOf(s), c.want)
		}
	}
}

// TestSharedAnnotations: an array that two pages share would show a new widget on both.
func TestSharedAnnotations(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	const widget = "<</Type/Annot/Subtype/Widget/F 132/P 3 0 R/FT/Sig"
	for shared, want := range map[bool]verify.ChangeLevel{false: verify.ChangeSign, true: verify.ChangeOther} {
		b := string(plainPDF(2, "/AcroForm 6 0 R", "[7 0 R]", "<</Fields[7 0 R]/SigFlags 3>>", widget+"/T(A)/Rect[0 0 0 0]>>"))
		n := 1
		if shared {
			n = 2
		}
		b = strings.Replace(b, "/Resources<<>>>>", "/Resources<<>>/Annots 5 0 R>>", n)
		one := sign(t, rebuilt(b), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, Field: "A"})
		rep := judge(t, covered(t, cred, one, map[int]string{5: "[7 0 R 91 0 R]", 6: "<</Fields[7 0 R 91 0 R]/SigFlags 3>>",
			91: widget + "/T(New)/Rect[10 10 60 60]/V 95 0 R>>"}), policy(ca))
		if got := rep.Signatures[0].ChangeLevel; got != want {
			t.Errorf("shared %v: %v %q, want %v", shared, got, changesOf(rep.Signatures[0]), want)
		}
	}
}

// TestA29LockedField (A29): filling a field breaks a lock on every field, and a document
// timestamp does not.
func TestA29LockedField(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	one := sign(t, aliased(""), signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime, Field: "A",
		Lock: &signer.Lock{All: true}})
	if rep := judge(t, raise(t, one, ca, signer.BLTA), policy(ca)); !rep.Valid() {
		t.Errorf("archived: %v %v", rep.Verdict, rep.Signatures[0].Reasons)
	}
	const filled = "<</Type/Annot/Subtype/Widget/F 132/P 3 0 R/FT/Tx/T(T)/Rect[10 100 60 120]/Ff 1/V(x)/AP<</N 13 0 R>>>>"
	rep := judge(t, update(one, 1, map[int]string{8: filled}), verify.Policy{Roots: ca.Roots(), Time: signingTime.Add(time.Hour),
		Revocation: verify.UnsafeSkipRevocation, MaxChange: verify.ChangeForm})
	if rep.Verdict != verify.Invalid || !slices.Contains(rep.Signatures[0].Reasons, verify.SigFieldLock) {
		t.Errorf("filled: %v %v", rep.Verdict, rep.Signatures[0].Reasons)
	}
}

// TestA18AmbiguousHybrid (A18): a hybrid file whose table and stream agree is valid with a
// warning. One in which they name two places for one object is not valid.
func TestA18AmbiguousHybrid(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := issue(t, ca)
	good := sign(t, samples.PDF(samples.Spec{Form: samples.Hybrid}), signer.Request{Credential: cred, Level: signer.BB, Time: signingTime,
		NewField: &signer.Field{Name: "S"}})
	if rep := judge(t, good, policy(ca)); !rep.Valid() || !slices.Contains(rep.Signatures[0].Warnings, verify.StructHybrid) {
		t.Errorf("agreeing: %v %v", rep.Verdict, rep.Signatures[0].Warnings)
	}
	// The stream's second row describes the stream itself: type, offset, generation.
	// Its offset is changed before the file is signed.
	in := samples.PDF(samples.Spec{Form: samples.Hybrid})
	i := bytes.Index(in, []byte("/Type/XRef"))
	rows := i + bytes.Index(in[i:], []byte("stream\n")) + len("stream\n")
	in[rows+7+4]++
	bad := sign(t, in, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, NewField: &signer.Field{Name: "S"}})
	if rep := judge(t, bad, policy(ca)); rep.Verdict != verify.Invalid || !slices.Contains(rep.Reasons, verify.StructHybrid) {
		t.Errorf("disagreeing: %v %v", rep.Verdict, rep.Reasons)
	}
}
