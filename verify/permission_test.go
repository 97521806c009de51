package verify_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// transforms are the rows of testdata/permissions.txt: a signature's /Reference, the /Lock
// of its field, and objects that they refer to.
var transforms = map[string]struct {
	refs, lock string
	objs       map[int]string
}{
	"none":            {},
	"P1":              {refs: docMDP("/P 1")},
	"P2":              {refs: docMDP("/P 2")},
	"P3":              {refs: docMDP("/P 3")},
	"P1-indirect":     {refs: docMDP("/P 197 0 R"), objs: map[int]string{197: "1"}},
	"P2-indirect":     {refs: docMDP("/P 197 0 R"), objs: map[int]string{197: "2"}},
	"P-absent":        {refs: docMDP("")},
	"P-seven":         {refs: docMDP("/P 7")},
	"P-name":          {refs: docMDP("/P/Three")},
	"P-real":          {refs: docMDP("/P 3.0")},
	"method-indirect": {refs: "<</TransformMethod 197 0 R/TransformParams<</P 1>>>>", objs: map[int]string{197: "/DocMDP"}},
	"params-indirect": {refs: "198 0 R", objs: map[int]string{197: "<</P 1>>", 198: "<</TransformMethod/DocMDP/TransformParams 197 0 R>>"}},
	"all":             {refs: fieldMDP("/Action/All")},
	"include":         {refs: fieldMDP("/Action/Include/Fields[(note)]")},
	"include-other":   {refs: fieldMDP("/Action/Include/Fields[(not)(note.x)(NOTE)]")},
	"include-above":   {refs: fieldMDP("/Action/Include/Fields[(notes)]")},
	"exclude":         {refs: fieldMDP("/Action/Exclude/Fields[(note)]")},
	"exclude-other":   {refs: fieldMDP("/Action/Exclude/Fields[(A)]")},
	"names-indirect":  {refs: fieldMDP("/Action/Include/Fields[197 0 R]"), objs: map[int]string{197: "(note)"}},
	"list-indirect":   {refs: fieldMDP("/Action/Include/Fields 197 0 R"), objs: map[int]string{197: "[(note)]"}},
	"action-indirect": {refs: fieldMDP("/Action 197 0 R/Fields[(note)]"), objs: map[int]string{197: "/Include"}},
	"action-unknown":  {refs: fieldMDP("/Action/Some/Fields[(A)]")},
	"name-number":     {refs: fieldMDP("/Action/Include/Fields[1]")},
	"lock-P1":         {refs: fieldMDP("/Action/Include/Fields[(A)]/P 1")},
	"lock-P2":         {refs: fieldMDP("/Action/Include/Fields[(A)]/P 2")},
	"lock-P3":         {refs: fieldMDP("/Action/Include/Fields[(A)]/P 3")},
	"include-P1":      {refs: fieldMDP("/Action/Include/Fields[(note)]/P 1")},
	"field-lock":      {lock: "/Action/Include/Fields[(note)]"},
	"field-P1":        {lock: "/Action/Include/Fields[(A)]/P 1"},
	"field-P2":        {lock: "/Action/Include/Fields[(A)]/P 2"},
	"P3-field-P1":     {refs: docMDP("/P 3"), lock: "/Action/Include/Fields[(A)]/P 1"},
	"P1-lock-P3":      {refs: docMDP("/P 1") + fieldMDP("/Action/Include/Fields[(A)]/P 3")},
}

func docMDP(params string) string {
	return "<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/V/1.2" + params + ">>>>"
}

func fieldMDP(params string) string {
	return "<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/V/1.2" + params + ">>>>"
}

// TestA40Permissions (A28, A29, A40, A41): each cell of testdata/permissions.txt. Its files
// go to $PERMISSIONS_OUT, as transform_change_verdict.pdf, for other judges.
func TestA40Permissions(t *testing.T) {
	m := newMaterial(t, devca.P256)
	table, err := os.ReadFile("testdata/permissions.txt")
	if err != nil {
		t.Fatal(err)
	}
	var changes []string
	seen := map[string]bool{}
	for line := range strings.Lines(string(table)) {
		cells := strings.Fields(line)
		switch {
		case len(cells) == 0 || cells[0] == "#":
			continue
		case changes == nil:
			changes = cells[1:]
			continue
		}
		how, ok := transforms[cells[0]]
		if !ok || len(cells) != len(changes)+1 {
			t.Fatalf("not a row: %s", line)
		}
		seen[cells[0]] = true
		objs := newField(t, m.laid)
		if how.lock != "" {
			objs[fieldNum] = put(objs[fieldNum], "Lock", "<</Type/SigFieldLock"+how.lock+">>")
		}
		maps.Copy(objs, how.objs)
		f := m.forge(t, m.laid, objs, put(sigDict, "Reference", "["+how.refs+"]"))
		signed := f.with(f.value(t))
		for i, change := range changes {
			p := policy(m.ca)
			p.MaxChange = verify.ChangeAnnotation
			file := m.permitted(t, signed, change)
			if out := os.Getenv("PERMISSIONS_OUT"); out != "" {
				if err := os.WriteFile(filepath.Join(out, cells[0]+"_"+change+"_"+cells[i+1]+".pdf"), file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			rep := judge(t, file, p)
			if got := permission(rep); got != cells[i+1] {
				t.Errorf("%s, %s: %s, want %s: %v", cells[0], change, got, cells[i+1], codesOf(rep))
			}
		}
	}
	if len(seen) != len(transforms) {
		t.Errorf("%d transforms have a row, of %d", len(seen), len(transforms))
	}
}

// permitted makes a change of a document with one signature.
func (m *material) permitted(t *testing.T, file []byte, change string) []byte {
	t.Helper()
	page := object(t, file, 3)
	signature := func(rect string) []byte {
		form, num := number(t, file, "/SigFlags"), 291
		f := m.forgeAs(t, file, map[int]string{
			form: into(t, object(t, file, form), "Fields", "291 0 R"), 3: into(t, page, "Annots", "291 0 R"),
			num: fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Later)/Rect[%s]/F 132/P 3 0 R/V 295 0 R>>", rect),
		}, sigDict, 295)
		return f.with(f.value(t))
	}
	switch change {
	case "again":
		return add(file, map[int]string{290: orphan})
	case "info":
		return extend(file).object(290, "<</Title(x)>>").end("/Info 290 0 R")
	case "fill":
		return add(file, map[int]string{10: swap(t, object(t, file, 10), "/V(x)", "/V(y)")})
	case "sign":
		return signature("0 0 0 0")
	case "show":
		return signature("10 10 60 60")
	case "note":
		return add(file, map[int]string{3: into(t, page, "Annots", "290 0 R"), 290: "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(x)>>"})
	case "less":
		return add(file, map[int]string{3: swap(t, page, "8 0 R ", "")})
	}
	t.Fatalf("no change %q", change)
	return nil
}

// permission says in one word what a report says about the first signature's permissions.
func permission(rep *verify.Report) string {
	for _, s := range rep.Signatures {
		if s.Field != "New" {
			continue
		}
		mdp, lock := false, false
		for _, r := range s.Reasons {
			mdp, lock = mdp || r == verify.SigDocMDP, lock || r == verify.SigFieldLock
		}
		switch {
		case mdp && lock:
			return "both"
		case mdp:
			return "mdp"
		case lock:
			return "lock"
		case len(s.Reasons) > 0:
			return string(s.Reasons[0])
		}
		return "ok"
	}
	return "no signature"
}
