package envelope

import (
	"bytes"
	"context"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Void begins to undo a completed envelope of the actor's own (解约): it makes and
// sends an agreement, one page or more that name the files by their digests, for
// all who signed, at once. When all have signed it too, the first envelope is
// Voided (已解除). What was signed stays signed and charged, and the agreement costs
// a copy as any file does. reason is required, at most MaxReason characters. One
// agreement can be under way at a time (ErrVoid); where somebody who signed has closed
// his account there can be none (ErrGone).
func (s *Service) Void(ctx context.Context, actor org.Actor, id, reason string) (*Envelope, error) {
	if err := checkReason(reason, true); err != nil {
		return nil, err
	}
	e, err := s.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if e.Sender != actor {
		return nil, ErrNotFound
	}
	if e.Status != Completed {
		return nil, &StateError{e.Status, "void"}
	}
	out := Envelope{ID: s.db.NewID(), Sender: actor, From: e.From, Subject: voidSubject(e.Subject), Source: e.Source,
		Status: Draft, Methods: e.Methods, Voids: id, Events: 1}
	if out.Parties, err = s.again(ctx, e, out.ID); err != nil {
		return nil, err
	}
	page, err := agreement(e, reason, out.Parties)
	if err != nil {
		return nil, err
	}
	f, err := s.take(ctx, Upload{Name: "解除协议.pdf", Content: bytes.NewReader(page)})
	if err != nil {
		return nil, err
	}
	out.Files = []File{f}
	draft, err := s.insertDraft(ctx, out, nil)
	if err != nil {
		return nil, err
	}
	return s.Send(ctx, actor, draft.ID)
}

// voidSubject is the subject of an agreement, within MaxSubject.
func voidSubject(subject string) string {
	const head = "解除："
	r := []rune(head + subject)
	return string(r[:min(len(r), MaxSubject)])
}

// again returns those who signed an envelope as parties of another, by the phones that
// they have now.
func (s *Service) again(ctx context.Context, e *Envelope, id string) ([]Party, error) {
	var out []Party
	for i, p := range e.Parties {
		if p.State != Signed {
			continue // of its group another signed
		}
		var phone secret.Text
		ok := false
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			phone, ok, err = s.phoneNow(ctx, tx, p.PersonID, "party", taskID(e.ID, i+1), p.Phone)
			return err
		})
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, ErrGone
		}
		q := Party{Kind: p.Kind, Name: p.Name, Company: p.Company, Mask: phone.Mask(), Methods: p.Methods}
		if q.Phone, q.PhoneIx, err = s.org.EncryptPhone("envelope", "party", taskID(id, len(out)+1), phone); err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

// agreement sets the pages of an agreement and gives each party its box on them.
func agreement(e *Envelope, reason string, parties []Party) ([]byte, error) {
	p, err := report.New("解除协议", "原信封编号 "+e.ID)
	if err != nil {
		return nil, err
	}
	p.Text(fmt.Sprintf("以下各方曾于 %s 完成签署《%s》，现一致同意自本协议各方签署完成之时起解除下列文件，互不再依据其主张权利。", shown(e.EndedAt), e.Subject))
	p.Heading("一、解除的文件")
	for i, f := range e.Files {
		p.Row(fmt.Sprintf("文件 %d", i+1), f.Name)
		p.Row("签署后 SHA-256", f.Head.String())
	}
	p.Heading("二、解除原因")
	p.Text(reason)
	p.Heading("三、签署")
	for i := range parties {
		q := &parties[i]
		p.Text(who(q))
		b := Box{Kind: SignatureBox, X: 60}
		if q.Kind == Company {
			b.Kind = SealBox
		}
		b = b.sized()
		page, y := p.Room(b.Height + 4)
		b.Page, b.Y = page, y+b.Height/2+1
		q.Boxes = []Box{b}
	}
	return p.Bytes()
}

// who names a party as reports show it.
func who(p *Party) string {
	switch p.Kind {
	case Company:
		return p.Company + "（经办人 " + p.Name + "）"
	case Member:
		return p.Company + "（成员 " + p.Name + "）"
	}
	return p.Name
}

// voidable holds that what an agreement undoes can still be undone.
func voidable(ctx context.Context, tx *store.Tx, e *Envelope) error {
	if e.Voids == "" {
		return nil
	}
	first, err := envelopes.Get(ctx, tx, e.Voids)
	if err != nil {
		return fault.NotFound(err, ErrNotFound)
	}
	_, err = Decide(&first.V, Void{By: e.ID}, tx.Now())
	return err
}
