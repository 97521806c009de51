package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/beijing"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// keepEvery is the time after which finished signatures are kept, and the lease renewed,
// before the next one is made.
const keepEvery = time.Second

// makeSignatures makes all of a party's signatures under the lease of a token, and returns the
// new heads of the documents. It goes on from what is kept of them.
func (s *Service) makeSignatures(ctx context.Context, j *job, token string) ([]store.Digest, error) {
	p := &j.env.Parties[j.party-1]
	w := work{Party: j.party, Binding: p.Consent.Binding, Base: j.env.heads(), Heads: j.env.heads()}
	if kept := j.env.Upkeep.Work; kept != nil && kept.Party == w.Party && kept.Binding == w.Binding && slices.Equal(kept.Base, w.Base) {
		w = *kept
	}
	at := s.db.Now()
	var next revisions
	for i := range j.env.Files {
		doc, err := s.readBlob(ctx, w.Heads[i])
		if err != nil {
			return nil, err
		}
		texts, err := s.values(ctx, p.Boxes, p.Consent, i)
		if err != nil {
			return nil, err
		}
		for n, st := range p.Consent.Stamps {
			if st.File != i {
				continue
			}
			if n >= w.Done {
				if doc, err = s.makeSignature(ctx, j, n, st, texts, doc, next.room(len(doc))); err != nil {
					return nil, err
				}
				w.Done = n + 1
				if s.db.Now().Sub(at) >= keepEvery {
					if w.Heads[i], err = s.keepWork(ctx, j, token, w, i, doc); err != nil {
						return nil, err
					}
					at = s.db.Now()
				}
			}
			texts = nil // the first signature has filled them in
		}
		if err := s.checkDocument(ctx, doc); err != nil {
			return nil, err
		}
		if w.Heads[i], _, err = s.blobs.Put(ctx, bytes.NewReader(doc)); err != nil {
			return nil, err
		}
	}
	return w.Heads, nil
}

// keepWork stores a document that is not finished, and renews the lease of a token. It returns
// ErrHeadMoved if others have the lease.
func (s *Service) keepWork(ctx context.Context, j *job, token string, w work, file int, doc []byte) (store.Digest, error) {
	head, _, err := s.blobs.Put(ctx, bytes.NewReader(doc))
	if err != nil {
		return head, err
	}
	w.Heads = slices.Clone(w.Heads)
	w.Heads[file] = head
	return head, s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := leasedRecord(ctx, tx, j.env.ID, token)
		if err != nil {
			return err
		}
		rec.V.Upkeep.Lease = lease{j.party, token, tx.Now().Add(leaseTime)}
		rec.V.Upkeep.Work = &w
		return envelopes.Update(ctx, tx, rec)
	})
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

// revisions are two buffers in turn: each revision of a document is read while the next one
// is written, and then not needed any more.
type revisions struct {
	buffers [2]*bytes.Buffer
	turn    int
}

// room returns an empty buffer for the revision that follows one of some bytes.
func (r *revisions) room(size int) *bytes.Buffer {
	r.turn = 1 - r.turn
	if b := r.buffers[r.turn]; b != nil && b.Cap() >= size+stampSize {
		b.Reset()
		return b
	}
	r.buffers[r.turn] = bytes.NewBuffer(make([]byte, 0, size+size/8+stampSize))
	return r.buffers[r.turn]
}

// makeSignature makes one signature, fills in texts with it, and writes the document to a
// buffer.
func (s *Service) makeSignature(ctx context.Context, j *job, n int, st Stamp, texts []signer.Value, in []byte, out *bytes.Buffer) ([]byte, error) {
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
		if req.Appearance, err = s.look(ctx, j, st); err != nil {
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
	if err := signer.Sign(ctx, out, doc, req); err != nil {
		return nil, layoutFault(err)
	}
	return out.Bytes(), nil
}
