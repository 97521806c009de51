package verify

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"sync"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Memory remembers which certificates were signed by which keys, from one
// verification to the next: who judges many files of few authorities asks each
// question once. It holds no verdict: names, times, constraints, revocation and
// every signature on a document are judged anew each time. It is bounded, safe for
// concurrent use, and ready as its zero value.
type Memory struct {
	mu     sync.Mutex
	issued map[[sha256.Size]byte]bool
}

// maxMemory is how many pairs a Memory holds before it begins anew.
const maxMemory = 10_000

func (m *Memory) known(key [sha256.Size]byte) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.issued[key]
}

func (m *Memory) learn(key [sha256.Size]byte) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.issued == nil || len(m.issued) >= maxMemory {
		m.issued = map[[sha256.Size]byte]bool{}
	}
	m.issued[key] = true
}

// maxIssues is how many answers one verification remembers.
const maxIssues = 2000

// checkIssued is cms.CheckIssued, which is asked once for each certificate and key:
// the signatures of a file, and their timestamps, mostly share their issuers.
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
	if asked || v.policy.Memory.known(pair) {
		return err
	}
	if err = cms.CheckIssued(cert, issuer); err == nil {
		v.policy.Memory.learn(pair)
	}
	if len(v.issues) < maxIssues {
		v.issues[pair] = err
	}
	return err
}
