package envelope

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Void begins to undo one of the actor's own completed envelopes (解约): it makes an
// agreement, one page or more that names the files by their digests, and sends it to
// all who signed, at once. When all have signed the agreement, the first envelope is
// Voided (已解除). What was signed stays signed and charged, and the agreement costs a
// copy like any file. reason is required, at most 200 characters. Void returns
// [ErrVoid] if an agreement is already under way, and [ErrGone] if a signer has closed
// their account.
func (s *Service) Void(ctx context.Context, actor org.Actor, id ID, reason string) (*Envelope, error) {
	if err := checkReason(reason, true); err != nil {
		return nil, err
	}
	e, err := s.loadOwn(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if e.Status != Completed {
		return nil, &StateError{e.Status, "void"}
	}
	out := s.newDraft(actor)
	out.content = content{From: e.From, Subject: voidSubject(e.Subject), Source: e.Source, Methods: e.Methods, Voids: id}
	if err := s.nameAgain(ctx, &e, &out); err != nil {
		return nil, err
	}
	page, err := agreement(&e, reason, out.Parties)
	if err != nil {
		return nil, err
	}
	f, err := s.takeUpload(ctx, Upload{Name: "解除协议.pdf", Content: bytes.NewReader(page)})
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

// nameAgain makes the signers of an envelope the parties of another, by their present
// phones.
func (s *Service) nameAgain(ctx context.Context, e, out *record) error {
	for i, p := range e.Parties {
		if p.State != Signed {
			continue // another party of its group signed
		}
		phone, err := s.phoneAgain(ctx, p.PersonID, "party", taskID(string(e.ID), i+1), e.Upkeep.Phones[i])
		if err != nil {
			return err
		}
		q := partyRecord{Kind: p.Kind, Name: p.Name, Company: p.Company, Mask: phone.Mask(), Methods: p.Methods}
		if q.PhoneIx, err = s.encryptPhone(&out.Upkeep.Phones, "party", taskID(string(out.ID), len(out.Parties)+1), phone); err != nil {
			return err
		}
		out.Parties = append(out.Parties, q)
	}
	return nil
}

// agreement makes the pages of an agreement and gives each party its box on them.
func agreement(e *record, reason string, parties []partyRecord) ([]byte, error) {
	p, err := report.New("解除协议", "原信封编号 "+string(e.ID))
	if err != nil {
		return nil, err
	}
	p.Text(fmt.Sprintf("以下各方曾于 %s 完成签署《%s》，现一致同意自本协议各方签署完成之时起解除下列文件，互不再依据其主张权利。", showTime(e.EndedAt), e.Subject))
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

// who returns the name of a party for reports.
func who(p *partyRecord) string {
	switch p.Kind {
	case Company:
		return p.Company + "（经办人 " + p.Name + "）"
	case Member:
		return p.Company + "（成员 " + p.Name + "）"
	}
	return p.Name
}

// checkVoidable checks that the envelope of an agreement can still be voided, and that all who
// signed it are parties of the agreement (T38).
func checkVoidable(ctx context.Context, tx *store.Tx, e *record) error {
	if e.Voids == "" {
		return nil
	}
	first, err := envelopes.Get(ctx, tx, string(e.Voids))
	if err != nil {
		return fault.NotFound(err, ErrNotFound)
	}
	if !slices.EqualFunc(signedBy(first.V.Parties), e.Parties, sameParty) {
		return ErrEdited
	}
	_, err = decide(&first.V.life, voidCommand{By: e.ID}, tx.Now())
	return err
}

// signedBy returns the parties that signed.
func signedBy(parties []partyRecord) []partyRecord {
	return slices.DeleteFunc(slices.Clone(parties), func(p partyRecord) bool { return p.State != Signed })
}

// sameParty reports whether two envelopes name the same party, on whatever phone.
func sameParty(a, b partyRecord) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Company == b.Company
}
