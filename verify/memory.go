package verify

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Memory remembers from one verification to the next which signature values were
// right: of which key, over which bytes. Who judges a document again after each
// signature, or many files of few authorities, computes each value once. It holds
// no verdict: digests of documents, names, times, constraints, revocation and what
// changed are judged anew each time. It is bounded, safe for concurrent use, and
// ready as its zero value. Who signs too may give the same one to his signer.
type Memory = cms.Memory

// maxIssues is how many answers one verification remembers.
const maxIssues = 2000

// checkIssued is cms.CheckIssued, which is asked once for each certificate and key,
// also where the answer is no: the signatures of a file, and their timestamps,
// mostly share their issuers.
func (v *verifier) checkIssued(cert, issuer *x509.Certificate) error {
	if !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
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
