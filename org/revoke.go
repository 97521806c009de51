package org

import (
	"context"
	"encoding/json"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/store"
)

// CredentialRevoker revokes certificates (吊销证书). It is the part of a host's certificate
// port that this package needs.
type CredentialRevoker interface {
	// RevokeCredential revokes what was issued to a person as handler of a company, or
	// to the person alone if Company is empty. It returns nil once the authority has
	// taken the request, also if there is nothing to revoke. It is called again after
	// an error, and may be called again after a success that was not recorded. So it
	// must be idempotent by Revocation.ID. It must not revoke a certificate issued
	// after Revocation.At, for example to a member who was enabled again. It must
	// return when ctx is done (10 seconds), and may be called concurrently.
	RevokeCredential(ctx context.Context, r Revocation) error
}

// RevocationReason is why a certificate is revoked. The zero value is invalid.
type RevocationReason int

// The reasons.
const (
	RevokeDisabled RevocationReason = iota + 1 // the member was disabled: RFC 5280 affiliationChanged (3)
	RevokePurged                               // the account was closed: cessationOfOperation (5)
)

var revocationReasonNames = [...]string{
	RevokeDisabled: "disabled",
	RevokePurged:   "purged",
}

// String returns the reason in English.
func (r RevocationReason) String() string {
	return enum.Name("RevocationReason", revocationReasonNames[:], r)
}

// Revocation names the person whose certificates are revoked.
type Revocation struct {
	ID      string           `json:"id"`      // the same at every attempt
	Person  PersonID         `json:"person"`  // id
	Company CompanyID        `json:"company"` // id; empty for the person's own
	Code    string           `json:"code"`    // 统一社会信用代码 of Company
	Reason  RevocationReason `json:"reason"`
	At      time.Time        `json:"at"` // UTC
}

// topicRevoke is the outbox topic of revocations.
const topicRevoke = "org.revoke"

// revoke queues the revocation in the transaction of what caused it.
func (s *Service) revoke(ctx context.Context, a *act, m member, why RevocationReason) error {
	if s.revoker == nil || m.Person == "" {
		return nil
	}
	r := Revocation{ID: a.tx.NewID(), Person: m.Person, Company: m.Company, Reason: why, At: a.tx.Now()}
	if m.Company != "" {
		c, err := companies.Get(ctx, a.tx, string(m.Company))
		if err != nil {
			return err
		}
		r.Code = c.V.Code
	}
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return store.Emit(ctx, a.tx, store.Event{Topic: topicRevoke, Key: string(topicRevoke + "/" + m.Person), Body: body})
}

func (s *Service) sendRevocation(ctx context.Context, body []byte) error {
	var r Revocation
	if err := json.Unmarshal(body, &r); err != nil {
		return err
	}
	return s.revoker.RevokeCredential(ctx, r)
}
