package sandbox

import (
	"context"
	"net/http"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
)

// Revoker returns a client of the authority that revokes certificates.
func (s *Sandbox) Revoker() org.CredentialRevoker { return revokeClient{s} }

type revokeClient struct{ s *Sandbox }

// revokeRequest names a subject and the reason of RFC 5280.
type revokeRequest struct {
	ID, Subject string
	Reason      int
	At          time.Time
}

// The reasons of RFC 5280, 5.3.1.
const (
	affiliationChanged   = 3
	cessationOfOperation = 5
)

// RevokeCredential implements [org.CredentialRevoker].
func (c revokeClient) RevokeCredential(ctx context.Context, r org.Revocation) error {
	reason := affiliationChanged
	if r.Reason == org.RevokePurged {
		reason = cessationOfOperation
	}
	sub := envelope.Subject{Purpose: envelope.PersonSigns, ID: string(r.Person), Code: r.Code}
	return c.s.call(ctx, http.MethodPost, "/revocations", revokeRequest{r.ID, subjectKey(sub), reason, r.At}, nil)
}

// serveRevocation revokes what a subject had at a time, once for each id, so that the
// next certificate is a different one.
func (s *Sandbox) serveRevocation(w http.ResponseWriter, r *http.Request) {
	var q revokeRequest
	if !read(w, r, &q) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.subjects[q.Subject]; k != nil && !s.revocations[q.ID] && !s.issued[q.Subject].After(q.At) {
		if err := s.ca.Revoke(k.Chain[0], q.Reason); err != nil {
			http.Error(w, "the certificate cannot be revoked", http.StatusInternalServerError)
			return
		}
		delete(s.subjects, q.Subject)
	}
	s.revocations[q.ID] = true
	write(w, struct{}{})
}
