package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/dajiaqian/dajiaqian/envelope"
)

// receiver takes the platform's webhooks, in the form of Standard Webhooks, at a public
// address.
type receiver struct {
	host   *host
	verify *webhooks.Webhook
}

const maxNotice = 64 << 10 // bytes

// ServeHTTP answers 401 to a notice that is not signed, or was signed more than five
// minutes ago. It answers 500 to any other fault, and the notice comes again later.
func (r receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxNotice))
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	if err := r.verify.Verify(body, req.Header); err != nil {
		http.Error(w, "not signed by the platform, or not now", http.StatusUnauthorized)
		return
	}
	var notice struct {
		Data envelope.Notice `json:"data"`
	}
	if err := json.Unmarshal(body, &notice); err != nil {
		http.Error(w, "not a notice", http.StatusBadRequest)
		return
	}
	if err := r.host.take(req.Context(), req.Header.Get(webhooks.HeaderWebhookID), notice.Data); err != nil {
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// take acts on a notice once, however often it comes: its id is stored in the same
// commit as its effect. A known notice is not an error, because a delivery is repeated
// if its answer was lost. The same holds for what an eavesdropper repeats within the
// five minutes.
func (h *host) take(ctx context.Context, id string, n envelope.Notice) error {
	tx, err := h.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	res, err := tx.ExecContext(ctx, `INSERT INTO erp.notices (id) VALUES ($1) ON CONFLICT (id) DO NOTHING`, id)
	if err != nil {
		return err
	}
	fresh, err := res.RowsAffected()
	if err != nil || fresh == 0 {
		return err
	}
	if n.Kind == envelope.EventCompleted {
		if _, err := tx.ExecContext(ctx, `UPDATE erp.orders SET state = 'signed', signed_at = $2 WHERE envelope = $1`, n.Envelope, n.At); err != nil {
			return err
		}
	}
	return tx.Commit()
}
