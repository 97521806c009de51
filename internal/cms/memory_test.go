package cms_test

import (
	"bytes"
	"encoding/asn1"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// What is remembered depends on the key, the algorithm, the hash, the message and the
// value: with one of them changed it is a different fact.
func TestMemoryBinds(t *testing.T) {
	a, b := asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
	fact := cms.FactOf(a, "", "key", cms.SHA256, "message", "signature")
	for name, got := range map[string][32]byte{
		"key":        cms.FactOf(a, "", "yek", cms.SHA256, "message", "signature"),
		"algorithm":  cms.FactOf(b, "", "key", cms.SHA256, "message", "signature"),
		"parameters": cms.FactOf(a, "p", "key", cms.SHA256, "message", "signature"),
		"hash":       cms.FactOf(a, "", "key", cms.SHA384, "message", "signature"),
		"message":    cms.FactOf(a, "", "key", cms.SHA256, "massage", "signature"),
		"value":      cms.FactOf(a, "", "key", cms.SHA256, "message", "signatura"),
		"border":     cms.FactOf(a, "", "keys", cms.SHA256, "message", "ignature"),
	} {
		if got == fact {
			t.Errorf("the %s is not bound", name)
		}
	}
	if again := cms.FactOf(a, "", "key", cms.SHA256, "message", "signature"); again != fact {
		t.Error("the same fact has two names")
	}
}

// A value that was wrong is not remembered as right, one that was right is kept once,
// and a full memory is emptied.
func TestMemoryRemembersWhatIsRight(t *testing.T) {
	ca := authority(t, "CA")
	leaf := certify(t, 2, "leaf", ca, nil)
	var m cms.Memory
	for range 2 {
		if err := m.CheckIssued(leaf.cert, ca.cert); err != nil || m.Facts() != 1 {
			t.Fatalf("%v; %d facts, not 1", err, m.Facts())
		}
	}
	bad := *leaf.cert
	bad.Raw = bytes.Clone(bad.Raw)
	bad.Raw[len(bad.Raw)-1] ^= 1
	stranger := *ca.cert
	stranger.PublicKey, stranger.RawSubjectPublicKeyInfo = leaf.cert.PublicKey, leaf.cert.RawSubjectPublicKeyInfo
	for range 2 {
		if m.CheckIssued(&bad, ca.cert) == nil || m.CheckIssued(leaf.cert, &stranger) == nil {
			t.Fatal("another signature, or another key, was taken for the one that was right")
		}
	}
	if m.Facts() != 1 {
		t.Fatalf("%d facts, not 1", m.Facts())
	}
	m.Fill(cms.MaxMemory)
	if err := m.CheckIssued(ca.cert, ca.cert); err != nil || m.Facts() != 1 {
		t.Fatalf("%v; %d facts, not 1", err, m.Facts())
	}
}

// A certificate is remembered apart from the bytes in which it came: they may change,
// and the memory does not keep a whole document because of it.
func TestMemoryOwnsItsCertificates(t *testing.T) {
	der := certify(t, 2, "leaf", authority(t, "CA"), nil).cert.Raw
	var m cms.Memory
	met := bytes.Clone(der)
	if _, err := m.ParseCertificate(met); err != nil {
		t.Fatal(err)
	}
	clear(met)
	if c, err := m.ParseCertificate(der); err != nil || !bytes.Equal(c.Raw, der) {
		t.Errorf("a certificate of other bytes, %v", err)
	}
}
