package signer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/subtle"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Prepared is a signature without its value. [Prepare] makes its revision, a key
// somewhere else signs, and [Prepared.Complete] writes the document. It is not safe for
// concurrent use.
type Prepared struct {
	doc     *Document
	svc     Services
	profile cms.Profile
	level   Level
	width   int // of /Contents, in characters
	plan    *plan
	digest  []byte
	attrs   []byte
}

// Services are what levels above B-B call while a signature is completed.
type Services struct {
	Timestamper Timestamper         // from BT on
	Revocations Revocations         // from BLT on
	Roots       []*x509.Certificate // from BLT on: anchors of the certificates of signers and TSAs
	Memory      *Memory             // of signature values that were found right; nil remembers within one document
}

// Prepare lays out the signing revision and hashes the document. It does not use the
// key; Request.Credential.Key may be nil.
func Prepare(ctx context.Context, d *Document, req Request) (*Prepared, error) {
	p, err := newPrepared(ctx, d, req)
	if err != nil {
		return nil, err
	}
	g := newGrowing(d)
	if err := g.read(ctx, nil, p.profile.Hash); err != nil {
		return nil, err
	}
	return p, p.cover(g, req)
}

func newPrepared(ctx context.Context, d *Document, req Request) (*Prepared, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	p := &Prepared{doc: d, svc: req.Services, level: req.Level}
	var err error
	if p.profile, err = req.profile(); err != nil {
		return nil, err
	}
	if err := d.stop(req); err != nil {
		return nil, err
	}
	if p.svc.Memory == nil {
		p.svc.Memory = &Memory{}
		p.svc.Memory.Keep(req.Credential.Chain)
	}
	if p.width, err = p.contentsWidth(ctx); err != nil {
		return nil, err
	}
	p.plan, err = signingPlan(d, req, p.width)
	return p, err
}

// cover keeps the digest of what the signature covers. Once the file was read, it is known
// which numbers its new objects must not have; then the revision is made once more.
func (p *Prepared) cover(g *growing, req Request) error {
	var err error
	if p.plan.update.Takes(p.doc.awaited) {
		if p.plan, err = signingPlan(p.doc, req, p.width); err != nil {
			return err
		}
	}
	if p.digest, err = g.digest(p.profile.Hash, p.plan.bytes, p.plan.from, p.plan.to); err != nil {
		return err
	}
	p.attrs, err = p.profile.SignedAttributes(p.digest)
	return err
}

// Digest returns the digest of the bytes that the signature covers. A service that
// makes whole CMS structures needs it.
func (p *Prepared) Digest() []byte { return bytes.Clone(p.digest) }

// ToSign returns the DER signed attributes: the message that a key signs. A key that
// takes digests gets its hash under [Prepared.Hash] (for SM2, e = SM3(Z ‖ M)); an
// Ed25519 key gets the message itself.
func (p *Prepared) ToSign() []byte { return bytes.Clone(p.attrs) }

// Hash returns the hash of [Prepared.Digest] and [Prepared.ToSign]; 0 stands for SM3.
func (p *Prepared) Hash() crypto.Hash { return p.profile.Hash.Std() }

// state is the serialised form of a Prepared. It holds no secret and not the document;
// Digest proves which document it belongs to.
type state struct {
	Version  int      `json:"version"`
	Size     int64    `json:"size"` // of the input, in bytes
	Revision []byte   `json:"revision"`
	From     int      `json:"from"`
	To       int      `json:"to"`
	Digest   []byte   `json:"digest"`
	Attrs    []byte   `json:"attributes"`
	Chain    [][]byte `json:"chain"`
	Hash     string   `json:"hash"`
	PSS      bool     `json:"pss,omitempty"`
	GM       bool     `json:"gm,omitempty"`
	Level    Level    `json:"level"`
}

// MarshalBinary returns the state as JSON. [Resume] continues with it, even hours later
// and on another machine.
func (p *Prepared) MarshalBinary() ([]byte, error) {
	s := state{Version: 1, Size: p.doc.f.Size(), Revision: p.plan.bytes, From: p.plan.from, To: p.plan.to,
		Digest: p.digest, Attrs: p.attrs, Hash: p.profile.Hash.String(), PSS: p.profile.PSS, GM: p.profile.GM,
		Level: p.level}
	for _, c := range p.profile.Chain {
		s.Chain = append(s.Chain, c.Raw)
	}
	return json.Marshal(s)
}

// ErrState says that a state is damaged, or belongs to another document.
var ErrState = errors.New("signer: the state does not fit")

// Resume continues with a state of at most 64 MiB. The document must be the one that
// was prepared; Complete checks this by its digest.
func Resume(d *Document, data []byte, svc Services) (*Prepared, error) {
	const limit = 64 << 20
	var s state
	if len(data) > limit || json.Unmarshal(data, &s) != nil || s.Version != 1 {
		return nil, fmt.Errorf("%w: not a state of this version", ErrState)
	}
	if s.Size != d.f.Size() {
		return nil, fmt.Errorf("%w: the document has %d bytes, not %d", ErrState, d.f.Size(), s.Size)
	}
	p := &Prepared{doc: d, svc: svc, level: s.Level, digest: s.Digest, attrs: s.Attrs,
		plan:    &plan{bytes: s.Revision, from: s.From, to: s.To},
		profile: cms.Profile{PSS: s.PSS, GM: s.GM}}
	for _, h := range []cms.Hash{cms.SHA256, cms.SHA384, cms.SHA512, cms.SM3} {
		if h.String() == s.Hash {
			p.profile.Hash = h
		}
	}
	for _, der := range s.Chain {
		c, err := cms.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrState, err)
		}
		p.profile.Chain = append(p.profile.Chain, c)
	}
	if len(p.profile.Chain) > 0 {
		if err := checkProfile(p.profile); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrState, err)
		}
	}
	switch n := len(s.Revision); {
	case p.profile.Hash == 0 || len(p.profile.Chain) == 0 || s.Level < BB || s.Level > BLTA,
		s.From < 0 || s.From > n-2 || s.To < s.From+2 || s.To > n, s.Revision[s.From] != '<' || s.Revision[s.To-1] != '>':
		return nil, fmt.Errorf("%w: it is damaged", ErrState)
	case s.Level >= BT && svc.Timestamper == nil:
		return nil, fmt.Errorf("signer: Services.Timestamper is required for %v", s.Level)
	case s.Level >= BLT && svc.Revocations == nil:
		return nil, fmt.Errorf("signer: Services.Revocations is required for %v", s.Level)
	}
	return p, nil
}

// Complete writes the document with the raw signature value that the key made over
// [Prepared.ToSign]. With the same value and timestamps, the bytes are those of [Sign].
// If it returns an error, discard what w holds.
func (p *Prepared) Complete(ctx context.Context, w io.Writer, signature []byte) error {
	return p.complete(ctx, w, func(context.Context) ([]byte, error) {
		if err := p.profile.CheckValue(p.attrs, signature); err != nil {
			return nil, fmt.Errorf("signer: the signature value: %w", err)
		}
		return p.profile.Assemble(p.attrs, signature, nil)
	})
}

// CompleteCMS writes the document with a CMS structure that a service made over
// [Prepared.Digest]. It must be a detached CAdES signature (EN 319 142-1, 6.3). From BT
// on, a timestamp is added if it has none. If it returns an error, discard what w
// holds.
func (p *Prepared) CompleteCMS(ctx context.Context, w io.Writer, der []byte) error {
	return p.complete(ctx, w, func(context.Context) ([]byte, error) { return der, nil })
}

// complete reads the input once, and checks that it is what was prepared.
func (p *Prepared) complete(ctx context.Context, w io.Writer, sign func(context.Context) ([]byte, error)) error {
	g := newGrowing(p.doc)
	if err := g.read(ctx, w, p.hashes()...); err != nil {
		return err
	}
	digest, err := g.digest(p.profile.Hash, p.plan.bytes, p.plan.from, p.plan.to)
	if err != nil {
		return err
	}
	attrs, err := p.profile.SignedAttributes(digest)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(digest, p.digest) != 1 || !bytes.Equal(attrs, p.attrs) {
		return fmt.Errorf("%w: the document or the state was changed", ErrState)
	}
	return p.finish(ctx, w, g, sign)
}

// hashes returns the hash functions that the input must go through.
func (p *Prepared) hashes() []cms.Hash {
	if p.level == BLTA {
		return []cms.Hash{p.profile.Hash, archiveHash}
	}
	return []cms.Hash{p.profile.Hash}
}
