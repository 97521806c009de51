package envelope

import (
	"context"
	"fmt"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Payer says who pays for an envelope that a person sends to companies. What a company sends
// it pays itself, and what persons have among themselves is free (M52).
type Payer int

// The payers. The zero value is PartyPays.
const (
	PartyPays  Payer = iota // the first company that agrees: its copies are held then, and come back if the envelope ends (M55, M56), or if it takes that back before another company agrees
	NobodyPays              // nobody: companies sign free of charge what persons send them
	MayNotSend              // such an envelope is refused at the send, by a *FieldError
)

var payerNames = [...]string{
	PartyPays:  "party pays",
	NobodyPays: "nobody pays",
	MayNotSend: "may not send",
}

func (p Payer) String() string { return enum.Name("Payer", payerNames[:], p) }

// checkPayer refuses what Config.Payer does not allow.
func (s *Service) checkPayer(e *life) error {
	if s.payer != MayNotSend || e.Sender.Org != "" {
		return nil
	}
	for i, p := range e.Parties {
		if p.Company != "" {
			return &FieldError{fmt.Sprintf("signer %d", i+1), "M52", "a person may not send to a company", "个人账户不能向企业发起签署，请切换企业账户"}
		}
	}
	return nil
}

// paidBy returns the company that pays for the envelope; empty if it is free.
func (e *life) paidBy() org.CompanyID {
	if e.Sender.Org != "" {
		return e.Sender.Org
	}
	return e.Payer
}

// holdFor holds the copies of a person's envelope for the company that agrees first.
func (s *Service) holdFor(ctx context.Context, tx *store.Tx, e *record, ev event) error {
	if !ev.Pays {
		return nil
	}
	return s.billing.Hold(ctx, tx, billing.HoldRequest{Org: ev.Org, Envelope: string(e.ID), Copies: e.copies(), Again: true})
}
