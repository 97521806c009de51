package verify

import (
	"crypto/sha256"
	"crypto/x509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Memory remembers from one verification to the next which signature values were right:
// by key and signed bytes. If a document is verified again after each signature, or
// many files come from few authorities, each value is computed once. It holds no
// verdict: digests of documents, names, times, constraints, revocation and changes are
// checked again each time. It is bounded and safe for concurrent use; its zero value is
// ready. A host that also signs may share it with its signer.
type Memory = cms.Memory

// maxIssues is how many results one verification remembers.
const maxIssues = 2000

// checkIssued is cms.CheckIssued, called once for each certificate and key; it also
// remembers errors. The signatures of a file, and their timestamps, mostly share their
// issuers.
func (v *verifier) checkIssued(cert, issuer *x509.Certificate) error {
	if !cms.SameName(cert.RawIssuer, issuer.RawSubject) {
		return cms.CheckIssued(cert, issuer)
	}
	h := sha256.New()
	whole, key := sha256.Sum256(cert.Raw), sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	h.Write(whole[:])
	h.Write(key[:])
	pair := [sha256.Size]byte(h.Sum(nil))
	err, asked := v.issues[pair]
	if asked {
		return err
	}
	err = v.memory.CheckIssued(cert, issuer)
	if len(v.issues) < maxIssues {
		v.issues[pair] = err
	}
	return err
}

// nameKey is cms.NameKey, called once for each name.
func (v *verifier) nameKey(name []byte) string {
	key, known := v.names[string(name)]
	if !known {
		key = cms.NameKey(name)
		v.names[string(name)] = key
	}
	return key
}
