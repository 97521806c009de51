package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestSignatureLimit: a document has at most 1,024 signatures, because verifiers refuse
// more; a form of fields that share one signature costs no more to read.
func TestSignatureLimit(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	crowd := func(n int) []byte {
		kids := ""
		objs := []string{"", strings.ReplaceAll(foreignTree, "@", "0"), "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>",
			"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<3000>>>"}
		for i := range n {
			kids += fmt.Sprintf("%d 0 R ", 5+i)
			objs = append(objs, fmt.Sprintf("<</FT/Sig/T(S%d)/V 4 0 R>>", i))
		}
		objs[0] = "<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[" + kids + "]>>>>"
		return objects(0, objs...)
	}
	for n, full := range map[int]bool{1023: false, 1024: true, 1100: true} {
		var limit *pdf.LimitError
		err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, crowd(n)), request(ca, cred, signer.BB, "one more"))
		if full != errors.As(err, &limit) || !full && err != nil {
			t.Errorf("signing a document with %d signatures: %v", n, err)
		}
	}
	var limit *pdf.LimitError
	if err := signer.Extend(t.Context(), &bytes.Buffer{}, open(t, crowd(1100)), signer.BT, services(ca)); !errors.As(err, &limit) {
		t.Errorf("extending a document with 1,100 signatures: %v", err)
	}
}

// TestLockPermission (ISO 32000-2, table 236, /P): a signed field's lock may restrict
// the whole document from then on.
func TestLockPermission(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for p, c := range map[int]struct{ field, fresh, shown error }{1: {signer.ErrNotAllowed, signer.ErrNotAllowed, signer.ErrNotAllowed}, 2: {nil, nil, signer.ErrNotAllowed}, 3: {}} {
		in := objects(0, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R 5 0 R]>>>>", strings.ReplaceAll(foreignTree, "@", "0"),
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Annots[4 0 R 5 0 R]>>",
			fmt.Sprintf("<</FT/Sig/T(A)/P 3 0 R/Lock<</Type/SigFieldLock/Action/Include/Fields[(A)]/P %d>>%s>>", p, foreignWidget),
			"<</FT/Sig/T(B)/P 3 0 R"+foreignWidget+">>")
		first := request(ca, cred, signer.BT, "")
		first.NewField, first.Field = nil, "A"
		signed := sign(t, in, first)
		second := first
		second.Field = "B"
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, signed), second); !errors.Is(err, c.field) {
			t.Errorf("P %d, a field that is there: %v, want %v", p, err, c.field)
		}
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, signed), request(ca, cred, signer.BT, "C")); !errors.Is(err, c.fresh) {
			t.Errorf("P %d, a new field: %v, want %v", p, err, c.fresh)
		}
		shown := request(ca, cred, signer.BT, "C")
		shown.NewField.Page, shown.NewField.Box = 1, signer.Box{X: 10, Y: 10, W: 20, H: 20}
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, signed), shown); !errors.Is(err, c.shown) {
			t.Errorf("P %d, a new field that can be seen: %v, want %v", p, err, c.shown)
		}
	}
}
