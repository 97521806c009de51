package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// makeSignatures makes all of a party's signatures, and returns the new heads of the
// documents.
func (s *Service) makeSignatures(ctx context.Context, j *job) ([]store.Digest, error) {
	heads := make([]store.Digest, len(j.env.Files))
	for i := range heads {
		var err error
		if heads[i], err = s.signDocument(ctx, j, i); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

// signDocument adds all of a party's signatures to one document and stores it.
func (s *Service) signDocument(ctx context.Context, j *job, file int) (store.Digest, error) {
	head := j.env.Files[file].Head
	doc, err := s.readBlob(ctx, head)
	if err != nil {
		return head, err
	}
	p := j.env.Parties[j.party-1]
	texts, err := s.values(ctx, p.Boxes, p.Consent, file)
	if err != nil {
		return head, err
	}
	for n, st := range p.Consent.Stamps {
		if st.File != file {
			continue
		}
		if doc, err = s.makeSignature(ctx, j, n, st, texts, doc); err != nil {
			return head, err
		}
		texts = nil // the first signature has filled them in
	}
	if err := s.checkDocument(ctx, doc); err != nil {
		return head, err
	}
	out, _, err := s.blobs.Put(ctx, bytes.NewReader(doc))
	return out, err
}

// checkDocument returns an error if a receiver of the document would not find it valid,
// before it is stored.
func (s *Service) checkDocument(ctx context.Context, doc []byte) error {
	_, err := s.judgeDocument(ctx, doc)
	return err
}

// errInvalid says that a document which was just signed is not valid.
var errInvalid = errors.New("envelope: the signed document does not verify")

func (s *Service) judgeDocument(ctx context.Context, doc []byte) (*verify.Report, error) {
	rep, err := verify.Verify(ctx, bytes.NewReader(doc), int64(len(doc)), verify.Policy{
		Roots: s.roots, Time: s.db.Now(), Revocation: verify.UnsafeSkipRevocation, Memory: s.memory})
	if err != nil {
		return nil, err
	}
	if !rep.Valid() {
		return nil, fmt.Errorf("%w: %v %v", errInvalid, rep.Verdict, rep.Reasons)
	}
	return rep, nil
}

// values returns what a party's first signature in a file fills in: the typed texts, the
// day of consent, pictures, and nothing for what is left open, which is written again too:
// validators treat a locked field as changed if its appearance is older than the lock.
func (s *Service) values(ctx context.Context, boxes []Box, c *Consent, file int) ([]signer.Value, error) {
	filled := map[string]Fill{}
	for _, f := range c.Fills {
		filled[f.Field] = f
	}
	var out []signer.Value
	for _, b := range boxes {
		if b.File == file && b.Kind == DateBox {
			out = append(out, signer.Value{Field: b.Field, Text: showDay(c.At)})
		}
	}
	for _, in := range inputsOf(boxes) {
		f := filled[in.Field]
		v := signer.Value{Field: in.Field, Text: f.Text}
		if in.File != file {
			continue
		}
		if in.Kind == PictureBox && f.Attached != nil {
			raw, err := s.readBlob(ctx, f.Attached.Digest)
			if err != nil {
				return nil, err
			}
			if v.Picture, err = pictureIn(raw, in.Box); err != nil {
				return nil, uploadFault(f.Attached.Name, err)
			}
			v.Text = ""
		}
		out = append(out, v)
	}
	return out, nil
}

// makeSignature makes one signature and fills in texts with it.
func (s *Service) makeSignature(ctx context.Context, j *job, n int, st Stamp, texts []signer.Value, in []byte) ([]byte, error) {
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	req := signer.Request{Level: signer.BT, Services: signer.Services{Timestamper: s.tsa, Memory: s.memory}, Time: s.db.Now().In(beijing.Zone),
		Reason: "签署《" + j.env.Subject + "》", Fill: texts}
	subject := Subject{Purpose: PersonSigns, ID: string(j.who.Person.ID), Name: j.who.Person.Name, Number: j.who.Person.MaskedID}
	req.Name = j.who.Person.Name
	if j.who.Company != nil {
		subject.Company, subject.Code = j.who.Company.Name, j.who.Company.CreditCode
	}
	if st.Kind == SealBox {
		use := j.seals[st.Seal]
		subject = Subject{Purpose: SealSigns, ID: string(use.Seal), Company: subject.Company, Code: subject.Code, Seal: use.Name}
		req.Name = subject.Company
	}
	if st.Seal != "" {
		made, err := s.seals.ImpressionOf(ctx, j.seals[st.Seal])
		if err != nil {
			return nil, err
		}
		if req.Appearance, err = fitAppearance(made, st.Box); err != nil {
			return nil, err
		}
	}
	if st.Added {
		f := st.Box
		f.Field = fmt.Sprintf("A%d-%d", j.party, n+1)
		nf := f.signatureField(0)
		req.NewField = &nf
	} else {
		req.Field = st.Field
	}
	if req.Credential, err = s.credentials.For(ctx, subject); err != nil {
		return nil, fmt.Errorf("envelope: credentials: %w", err)
	}
	var out bytes.Buffer
	if err := signer.Sign(ctx, &out, doc, req); err != nil {
		return nil, layoutFault(err)
	}
	return out.Bytes(), nil
}
