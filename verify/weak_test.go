package verify_test

import (
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// TestA32WeakHash (A32): a signature over a SHA-1 digest is intact, weak, and never
// valid; the same with SHA-256 is.
func TestA32WeakHash(t *testing.T) {
	m := newMaterial(t, devca.RSA2048)
	var chain strings.Builder
	for _, c := range m.cheat.Chain {
		fmt.Fprintf(&chain, "<%x>", c.Raw)
	}
	dict := strings.Replace(sigDict, "ETSI.CAdES.detached", "adbe.x509.rsa_sha1/Cert["+chain.String()+"]", 1)
	for h, weak := range map[crypto.Hash]bool{crypto.SHA1: true, crypto.SHA256: false} {
		f := m.forge(t, m.laid, newField(t, m.laid), dict)
		sum := h.New()
		sum.Write(f.covered())
		value, err := m.cheat.Key.Sign(rand.Reader, sum.Sum(nil), h)
		if err != nil {
			t.Fatal(err)
		}
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		rep := judge(t, f.with(der), policy(m.ca))
		if len(rep.Signatures) != 1 || !rep.Signatures[0].Intact {
			t.Fatalf("%v: %v %+v", h, rep.Reasons, rep.Signatures)
		}
		s := rep.Signatures[0]
		if slices.Contains(s.Reasons, verify.CMSWeakHash) != weak || (s.Indication == verify.Undetermined) != weak || rep.Valid() == weak {
			t.Errorf("%v: %v %v, valid %v", h, s.Indication, s.Reasons, rep.Valid())
		}
	}
}
