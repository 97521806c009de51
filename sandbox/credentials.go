package sandbox

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// credentialAnswer carries a chain in DER.
type credentialAnswer struct{ Chain [][]byte }

type signRequest struct {
	Subject string
	Digest  []byte
	Hash    crypto.Hash
	PSS     bool
}

type signAnswer struct{ Signature []byte }

// Credentials returns a client of the authority, which issues certificates and makes
// every signature.
func (s *Sandbox) Credentials() envelope.Credentials { return credentialClient{s} }

type credentialClient struct{ s *Sandbox }

// For implements [envelope.Credentials].
func (c credentialClient) For(ctx context.Context, sub envelope.Subject) (signer.Credential, error) {
	var a credentialAnswer
	if err := c.s.call(ctx, http.MethodPost, "/credentials", sub, &a); err != nil {
		return signer.Credential{}, err
	}
	cred := signer.Credential{}
	for _, der := range a.Chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return cred, fmt.Errorf("sandbox: credential: %w", err)
		}
		cred.Chain = append(cred.Chain, cert)
	}
	if len(cred.Chain) == 0 {
		return cred, errors.New("sandbox: credential: an empty chain")
	}
	// crypto.Signer takes no context: what ends this call ends its signatures too.
	cred.Key = remoteKey{cred.Chain[0].PublicKey, func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		_, pss := opts.(*rsa.PSSOptions)
		var a signAnswer
		err := c.s.call(ctx, http.MethodPost, "/sign", signRequest{subjectKey(sub), digest, opts.HashFunc(), pss}, &a)
		return a.Signature, err
	}}
	return cred, nil
}

// remoteKey is a crypto.Signer whose key is kept by the authority.
type remoteKey struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (k remoteKey) Public() crypto.PublicKey { return k.public }

func (k remoteKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.sign(digest, opts)
}

// subjectKey returns the key of a subject's certificate: the certificate names the
// company too, so a handler of two companies has two.
func subjectKey(s envelope.Subject) string { return fmt.Sprintf("%d/%s/%s", s.Purpose, s.ID, s.Code) }

// serveCredential issues a certificate for a subject, once.
func (s *Sandbox) serveCredential(w http.ResponseWriter, r *http.Request) {
	var sub envelope.Subject
	if !read(w, r, &sub) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.subjects[subjectKey(sub)]
	if k == nil {
		var err error
		if k, err = s.certify(sub); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.subjects[subjectKey(sub)], s.issued[subjectKey(sub)] = k, s.now()
	}
	var a credentialAnswer
	for _, c := range k.Chain {
		a.Chain = append(a.Chain, c.Raw)
	}
	write(w, a)
}

func (s *Sandbox) certify(sub envelope.Subject) (*signer.Credential, error) {
	d := devca.Subject{Name: sub.Name, ID: sub.Number, Company: sub.Company, Code: sub.Code, Seal: sub.Seal}
	switch sub.Purpose {
	case envelope.PersonSigns:
		if sub.Name == "" {
			return nil, errors.New("a person needs a name")
		}
	case envelope.SealSigns:
		d.Name = ""
	case envelope.PlatformSigns:
		d = devca.Subject{Company: "大家签", Code: "沙箱平台", Seal: "证据章"}
	default:
		return nil, errors.New("an unknown purpose")
	}
	cred, err := s.ca.Issue(d)
	return &cred, err
}

// serveSign uses a subject's key.
func (s *Sandbox) serveSign(w http.ResponseWriter, r *http.Request) {
	var q signRequest
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	k := s.subjects[q.Subject]
	s.mu.Unlock()
	if k == nil || !q.Hash.Available() || len(q.Digest) != q.Hash.Size() {
		http.Error(w, "an unknown subject or digest", http.StatusBadRequest)
		return
	}
	var opts crypto.SignerOpts = q.Hash
	if q.PSS {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: q.Hash}
	}
	sig, err := k.Key.Sign(rand.Reader, q.Digest, opts)
	if err != nil {
		http.Error(w, "the key does not sign", http.StatusInternalServerError)
		return
	}
	write(w, signAnswer{sig})
}
