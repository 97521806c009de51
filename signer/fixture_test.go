package signer_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto"
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func ftoa(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (k faultyKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	sig, err := k.Signer.Sign(r, digest, opts)
	if err == nil {
		sig[len(sig)/2] ^= 1
	}
	return sig, err
}

// bodies returns the objects of a document of A4 pages, from number 1 on.
func bodies(pages int) []string {
	kids := ""
	out := []string{"<</Type/Catalog/Pages 2 0 R>>", ""}
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+i)
		out = append(out, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.28 841.89]/Resources<<>>>>")
	}
	out[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, kids)
	return out
}

// tablePDF makes a file with a classic cross-reference table.
func tablePDF(pages int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	objs := bodies(pages)
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, at)
	return b.Bytes()
}

// streamPDF makes a file whose objects are in an object stream behind a cross-reference
// stream.
func streamPDF(pages int) []byte {
	objs := bodies(pages)
	head, body := "", ""
	for i, o := range objs {
		head += fmt.Sprintf("%d %d ", i+1, len(body))
		body += o + "\n"
	}
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	io.WriteString(zw, head+body)
	zw.Close()
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	stm, at := len(objs)+1, b.Len()
	fmt.Fprintf(&b, "%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n",
		stm, len(objs), len(head), z.Len(), z.Bytes())
	x := b.Len()
	rows := []byte{0, 0, 0, 0xff}
	for i := range objs {
		rows = append(rows, 2, byte(stm>>8), byte(stm), byte(i))
	}
	rows = append(rows, 1, byte(at>>8), byte(at), 0, 1, byte(x>>8), byte(x), 0)
	fmt.Fprintf(&b, "%d 0 obj\n<</Type/XRef/Size %d/W[1 2 1]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		stm+1, stm+2, len(rows), rows, x)
	return b.Bytes()
}

var sm2Opts = sm2.DefaultSM2SignerOpts

// cmsOver makes a CMS structure as a service does.
func cmsOver(t *testing.T, cred signer.Credential, digest []byte) []byte {
	t.Helper()
	p := cms.Profile{Chain: cred.Chain, Hash: cms.SHA256}
	attrs, err := p.SignedAttributes(digest)
	if err != nil {
		t.Fatal(err)
	}
	value, err := p.SignAttributes(cred.Key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.Assemble(attrs, value, nil)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// countingKey counts how often it is called.
type countingKey struct {
	crypto.Signer
	asked int
}

func (k *countingKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.asked++
	return k.Signer.Sign(r, digest, opts)
}

// sizedTSA states a size of its tokens.
type sizedTSA struct {
	*devca.CA
	size int
}

func (s sizedTSA) TokenSize(context.Context, crypto.Hash) (int, error) { return s.size, nil }
