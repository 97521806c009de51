package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/dajiaqian/dajiaqian/billing"
)

// merchant is the receiver of payments: within the group, its accounts department.
const merchant = "集团财务部"

const headerMAC = "X-Erp-Mac" // hexadecimal HMAC-SHA-256 of the body

// accounts is the ERP's own billing.Payments. Instead of 支付宝 it has a table in which
// the accounts department approves what is to be booked, and reports it in a signed
// callback.
type accounts struct {
	pool   *sql.DB
	secret []byte
}

// Create implements billing.Payments. The same order returns the same payment.
func (a accounts) Create(ctx context.Context, r billing.PaymentRequest) (string, error) {
	_, err := a.pool.ExecContext(ctx, `INSERT INTO erp.payments (id, fen, subject) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, r.Order, r.Fen, r.Subject)
	if err != nil {
		return "", err
	}
	p, err := a.Query(ctx, r.Order)
	if err == nil && p.Fen != r.Fen {
		err = errors.New("erp: the payment exists with another amount")
	}
	return "erp:payment/" + r.Order, err
}

// ParseCallback implements billing.Payments.
func (a accounts) ParseCallback(header http.Header, body []byte) (billing.Payment, error) {
	var p billing.Payment
	mac, err := hex.DecodeString(header.Get(headerMAC))
	if err != nil || !hmac.Equal(mac, a.mac(body)) {
		return p, errors.New("erp: the callback is not from the accounts department")
	}
	return p, json.Unmarshal(body, &p)
}

// Query implements billing.Payments.
func (a accounts) Query(ctx context.Context, order string) (billing.Payment, error) {
	p := billing.Payment{Order: order, Provider: "erp", Transaction: "booking-" + order, Merchant: merchant, Currency: "CNY"}
	err := a.pool.QueryRowContext(ctx, `SELECT fen, paid FROM erp.payments WHERE id = $1`, order).Scan(&p.Fen, &p.Paid)
	return p, err
}

func (a accounts) mac(body []byte) []byte {
	h := hmac.New(sha256.New, a.secret)
	h.Write(body)
	return h.Sum(nil)
}

// approve does what the accounts department does: it books, and reports to the
// platform.
func (a accounts) approve(ctx context.Context, order, url string) error {
	if _, err := a.pool.ExecContext(ctx, `UPDATE erp.payments SET paid = true WHERE id = $1`, order); err != nil {
		return err
	}
	p, err := a.Query(ctx, order)
	if err != nil {
		return err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set(headerMAC, hex.EncodeToString(a.mac(body)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the payment's callback was answered %s", res.Status)
	}
	return nil
}
