package signer_test

import (
	"bytes"
	"crypto/ecdsa"
	"testing"

	"github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/sm2"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestGMSM: the library gmsm, which has its own reader for Chinese CMS, accepts SM2
// signatures. Its reader knows the signature algorithm that GM/T 0010 writes. Under the
// plain content types the algorithm is SM2-with-SM3 as in certificates; there only its
// signature check is called.
func TestGMSM(t *testing.T) {
	ca := newCA(t, devca.SM2)
	cred := credential(t, ca)
	for _, gm := range []bool{false, true} {
		req := request(ca, cred, signer.BB, "S")
		req.GM = gm
		out := sign(t, samples.PDF(samples.Spec{}), req)
		der, covered := signature(t, out)
		if !gm {
			sd, err := cms.Parse(der)
			if err != nil {
				t.Fatal(err)
			}
			key, _ := cred.Chain[0].PublicKey.(*ecdsa.PublicKey)
			attrs, err := cms.Profile{Chain: cred.Chain, Hash: cms.SM3}.SignedAttributes(cms.SM3.Sum(covered))
			if err != nil {
				t.Fatal(err)
			}
			if !sm2.VerifyASN1WithSM2(key, nil, attrs, sd.SignatureValue()) {
				t.Error("plain: not accepted")
			}
			continue
		}
		p7, err := pkcs7.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		p7.Content = covered
		if err := p7.Verify(); err != nil {
			t.Errorf("GM/T 0010: %v", err)
		}
		p7.Content[100] ^= 1
		if p7.Verify() == nil {
			t.Error("GM/T 0010: a changed document is accepted")
		}
	}
}

// signature returns the CMS of a file's only signature, and what it covers.
func signature(t *testing.T, b []byte) (der, covered []byte) {
	t.Helper()
	f, fm := form(t, b)
	v, err := f.Dict(fm.Fields[0].Dict.Get("V"))
	if err != nil {
		t.Fatal(err)
	}
	contents, _ := v.Get("Contents").(pdf.String)
	der, _ = cms.Element(contents.Bytes)
	r, _ := v.Get("ByteRange").(pdf.Array)
	from, to := int(r[1].(pdf.Integer)), int(r[2].(pdf.Integer))
	return der, append(bytes.Clone(b[:from]), b[to:]...)
}
