package devca

import (
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// policyOID is in the documentation arc: no real TSA uses it.
var policyOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1}

// stamp makes a token over a digest.
func (ca *CA) stamp(h cms.Hash, digest []byte, nonce *big.Int) ([]byte, error) {
	b := make([]byte, 8)
	if _, err := io.ReadFull(ca.random(), b); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x7f | 0x40 // always the same length
	p := cms.Profile{Chain: []*x509.Certificate{ca.tsa.cert, ca.issuing.cert}, Hash: cms.DefaultHash(ca.tsa.cert.PublicKey)}
	return p.Stamp(ca.use(ca.tsa.key), cms.Info{Policy: policyOID, Hash: h, Digest: digest,
		Serial: new(big.Int).SetBytes(b), Time: ca.now(), Nonce: nonce})
}
