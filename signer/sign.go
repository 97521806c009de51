package signer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// Sign writes the document with one more signature to w. It reads the input once;
// memory does not grow with the input. It calls the key and the timestamper once, and
// checks their answers as a verifier would before it writes a byte of them. If it
// returns an error, discard what w holds.
func Sign(ctx context.Context, w io.Writer, d *Document, req Request) error {
	if req.Credential.Key == nil {
		return errors.New("signer: Request.Credential needs a key")
	}
	p, err := newPrepared(ctx, d, req)
	if err == nil {
		err = req.Credential.checkKey()
	}
	if err != nil {
		return err
	}
	g := newGrowing(d)
	if err := g.read(ctx, w, p.hashes()...); err != nil {
		return err
	}
	if err := p.cover(g, req); err != nil {
		return err
	}
	return p.finish(ctx, w, g, func(context.Context) ([]byte, error) {
		sig, err := p.profile.SignAttributes(req.Credential.Key, p.attrs)
		if err != nil {
			return nil, fmt.Errorf("signer: the key: %w", err)
		}
		return p.profile.Assemble(p.attrs, sig, nil)
	})
}

// finish gets the signature, its timestamp and its evidence, and writes what
// follows the input.
func (p *Prepared) finish(ctx context.Context, w io.Writer, g *growing, sign func(context.Context) ([]byte, error)) error {
	der, err := sign(ctx)
	if err != nil {
		return err
	}
	if der, err = p.addStamp(ctx, der); err != nil {
		return err
	}
	if err := p.plan.fill(der); err != nil {
		return err
	}
	g.tail = p.plan.bytes
	if p.level >= BLT {
		x := extension{g: g, svc: p.svc, only: der}
		if err := x.run(ctx, p.level); err != nil {
			return err
		}
	}
	_, err = w.Write(g.tail)
	return err
}

// addStamp checks a signature over the document as a verifier would, and adds the
// timestamp that the level requires.
func (p *Prepared) addStamp(ctx context.Context, der []byte) ([]byte, error) {
	sd, err := p.svc.Memory.Parse(der)
	if err == nil {
		err = sd.Verify(p.digest)
	}
	if err != nil {
		return nil, fmt.Errorf("signer: the signature does not verify: %w", err)
	}
	if !sd.IsData() || sd.Content != nil {
		return nil, errors.New("signer: the signature is not a detached one over data")
	}
	if token, _ := sd.TimestampToken(); token != nil {
		return der, checkStamp(token, sd)
	}
	if p.level == BB {
		return der, nil
	}
	h := p.profile.Hash
	if h.Std() == 0 {
		h = cms.SHA256
	}
	token, err := p.svc.Timestamper.Timestamp(ctx, h.Std(), h.Sum(sd.SignatureValue()))
	if err != nil {
		return nil, err
	}
	if err := checkStamp(token, sd); err != nil {
		return nil, err
	}
	return cms.AddTimestamp(der, token)
}

// checkStamp checks a timestamp on a signature.
func checkStamp(token []byte, sd *cms.SignedData) error {
	ts, err := sd.Memory.ParseTimestamp(token)
	if err == nil {
		err = ts.Check(sd.SignatureValue())
	}
	if err != nil {
		return fmt.Errorf("signer: the timestamp: %w", err)
	}
	return nil
}
