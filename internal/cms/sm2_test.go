package cms_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

func number(t testing.TB, s string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(s, 16)
	if !ok {
		t.Fatal(s)
	}
	return n
}

// TestSM3 checks the examples of GM/T 0004.
func TestSM3(t *testing.T) {
	for message, want := range map[string]string{
		"abc":                                    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		string(bytes.Repeat([]byte("abcd"), 16)): "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
	} {
		if got := hex.EncodeToString(cms.SM3.Sum([]byte(message))); got != want {
			t.Errorf("%q: %s", message, got)
		}
	}
}

// TestSM2 checks the example of GM/T 0003.5 under the default identity, and what a
// signature must not be (C21).
func TestSM2(t *testing.T) {
	point, err := hex.DecodeString("0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020" +
		"CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13")
	if err != nil {
		t.Fatal(err)
	}
	pub, err := sm2.NewPublicKey(point)
	if err != nil {
		t.Fatal(err)
	}
	r := number(t, "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3")
	s := number(t, "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")
	n, zero := pub.Curve.Params().N, new(big.Int)
	add := func(a, b *big.Int) *big.Int { return new(big.Int).Add(a, b) }
	p := cms.Profile{Chain: []*x509.Certificate{{PublicKey: pub}}, Hash: cms.SM3}
	for name, c := range map[string]struct {
		r, s    *big.Int
		message string
		ok      bool
	}{
		"the example":     {r, s, "message digest", true},
		"another message": {r, s, "massage digest", false},
		"r is 0":          {zero, s, "message digest", false},
		"s is 0":          {r, zero, "message digest", false},
		"r over n":        {add(r, n), s, "message digest", false},
		"s over n":        {r, add(s, n), "message digest", false},
		"r negative":      {new(big.Int).Neg(r), s, "message digest", false},
		"r and s swapped": {s, r, "message digest", false},
		"r + s = n":       {r, new(big.Int).Sub(n, r), "message digest", false},
	} {
		sig, err := asn1.Marshal(struct{ R, S *big.Int }{c.r, c.s})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.CheckValue([]byte(c.message), sig); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err := p.CheckValue([]byte(c.message), append(sig, 0)); err == nil {
			t.Errorf("%s: a trailing byte", name)
		}
	}
	key, err := sm2.NewPrivateKey(number(t, "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8").FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	sig, err := p.SignAttributes(key, []byte("message"))
	if err == nil {
		err = p.CheckValue([]byte("message"), sig)
	}
	if err != nil || !key.PublicKey.Equal(pub) {
		t.Errorf("the example's key: %v", err)
	}
}

// sealed makes a detached signature under a new self-signed certificate.
func sealed(t testing.TB, key crypto.Signer, p cms.Profile, message []byte) []byte {
	t.Helper()
	tmpl := &smx509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "signer"}, NotBefore: day(-1), NotAfter: day(1)}
	der, err := smx509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := cms.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := cms.CheckIssued(cert, cert); err != nil {
		t.Error(err)
	}
	p.Chain, p.Hash = []*x509.Certificate{cert}, cms.DefaultHash(cert.PublicKey)
	attrs, err := p.SignedAttributes(p.Hash.Sum(message))
	if err != nil {
		t.Fatal(err)
	}
	value, err := p.SignAttributes(key, attrs)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Assemble(attrs, value, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKinds: signatures of Ed25519 (RFC 8419) and of SM2, with the content types
// of RFC 5652 and of GM/T 0010, parse and verify.
func TestKinds(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sm, err := sm2.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	gmData := []byte{6, 10, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 1}
	for name, c := range map[string]struct {
		key crypto.Signer
		gm  bool
		alg string
	}{"Ed25519": {ed, false, "Ed25519"}, "SM2": {sm, false, "SM2"}, "GM/T 0010": {sm, true, "SM2"}} {
		der := sealed(t, c.key, cms.Profile{GM: c.gm}, []byte("message"))
		sd, err := cms.Parse(der)
		if err != nil {
			t.Fatal(name, err)
		}
		h, err := sd.DigestAlgorithm()
		if err != nil {
			t.Fatal(name, err)
		}
		if err := sd.Verify(h.Sum([]byte("message"))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := sd.Verify(h.Sum([]byte("massage"))); code(err) != cms.CodeMessageDigest {
			t.Errorf("%s: another message: %v", name, err)
		}
		if sd.GM != c.gm || !sd.IsData() || sd.KeyAlgorithm() != c.alg || bytes.Contains(der, gmData) != c.gm {
			t.Errorf("%s: GM %v, data %v, %s", name, sd.GM, sd.IsData(), sd.KeyAlgorithm())
		}
		// Content types of two families do not belong together.
		mixed := bytes.Replace(der, gmData, []byte{6, 10, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 6, 1, 4, 2, 3}, 1)
		if sd, err := cms.Parse(mixed); c.gm && err == nil && sd.IsData() {
			t.Errorf("%s: another content type passes for data", name)
		}
	}
}
