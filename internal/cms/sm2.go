package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signSM2 signs with the default identity 1234567812345678 (GM/T 0009, 10). A
// key that takes messages gets the message; any other gets e = SM3(Z ‖ M).
func signSM2(key crypto.Signer, pub *ecdsa.PublicKey, message []byte) ([]byte, error) {
	if m, ok := key.(crypto.MessageSigner); ok {
		return m.SignMessage(rand.Reader, message, sm2.DefaultSM2SignerOpts)
	}
	e, err := sm2.CalculateSM2Hash(pub, message, nil)
	if err != nil {
		return nil, err
	}
	return key.Sign(rand.Reader, e, crypto.Hash(0))
}

// verifySM2 checks a DER signature under the default identity.
func verifySM2(pub *ecdsa.PublicKey, message, sig []byte) bool {
	e, err := sm2.CalculateSM2Hash(pub, message, nil)
	if err != nil {
		return false
	}
	// A refusal is computed a second time by the standard: versions of the fast code
	// have refused some valid signatures.
	return sm2.VerifyASN1(pub, e, sig) || verifySM2Slowly(pub, e, sig)
}

// verifySM2Slowly is GB/T 32918.2, 7.1 with plain big integers.
func verifySM2Slowly(pub *ecdsa.PublicKey, e, sig []byte) bool {
	in := &reader{s: cryptobyte.String(sig)}
	seq := in.element(cbasn1.SEQUENCE)
	r, s := new(big.Int), new(big.Int)
	if !in.done() || !seq.s.ReadASN1Integer(r) || !seq.s.ReadASN1Integer(s) || !seq.s.Empty() {
		return false
	}
	n := pub.Curve.Params().N
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return false
	}
	t := new(big.Int).Add(r, s)
	if t.Mod(t, n).Sign() == 0 {
		return false
	}
	//lint:ignore SA1019 the curve's own arithmetic is what is needed here
	x1, y1 := pub.Curve.ScalarBaseMult(s.Bytes())
	//lint:ignore SA1019 as above
	x2, y2 := pub.Curve.ScalarMult(pub.X, pub.Y, t.Bytes())
	//lint:ignore SA1019 as above
	x, _ := pub.Curve.Add(x1, y1, x2, y2)
	x.Add(x, new(big.Int).SetBytes(e))
	return x.Mod(x, n).Cmp(r) == 0
}
