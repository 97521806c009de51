package envelope

import (
	"bytes"
	"context"
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
	texts := p.texts(file)
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

func (s *Service) judgeDocument(ctx context.Context, doc []byte) (*verify.Report, error) {
	rep, err := verify.Verify(ctx, bytes.NewReader(doc), int64(len(doc)), verify.Policy{
		Roots: s.roots, Time: s.db.Now(), Revocation: verify.UnsafeSkipRevocation, Memory: s.memory})
	if err != nil {
		return nil, err
	}
	if !rep.Valid() {
		return nil, fmt.Errorf("envelope: the signed document does not verify: %v %v", rep.Verdict, rep.Reasons)
	}
	return rep, nil
}

// texts returns what a party's first signature in a file fills in: the typed texts, the
// day of consent, and nothing for texts left open, which are written again too:
// validators treat a locked field as changed if its appearance is older than the lock.
func (p *partyRecord) texts(file int) []signer.Value {
	typed := map[string]string{}
	for _, f := range p.Consent.Fills {
		typed[f.Field] = f.Text
	}
	var out []signer.Value
	for _, b := range p.Boxes {
		switch {
		case b.File != file || b.signs():
		case b.Kind == DateBox:
			out = append(out, signer.Value{Field: b.Field, Text: showDay(p.Consent.At)})
		default:
			out = append(out, signer.Value{Field: b.Field, Text: typed[b.Field]})
		}
	}
	return out
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
