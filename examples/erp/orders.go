package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/postgres"
)

// order is a row of erp.orders.
type order struct {
	number   string
	supplier who
	fen      int64
	contract []byte // PDF

	envelope string
	state    string
	signed   time.Time
}

// maxTries is how often an order's transaction is started at most.
const maxTries = 10

// place stores an order and the draft of its contract in one commit. If the transaction
// conflicts with another one, it starts again.
func (h *host) place(ctx context.Context, buyer org.Actor, o order) (order, error) {
	for tries := 1; ; tries++ {
		placed, err := h.placeOnce(ctx, buyer, o)
		if err == nil || tries == maxTries || !errors.Is(err, store.ErrRetry) && !postgres.Retryable(err) {
			return placed, err
		}
	}
}

func (h *host) placeOnce(ctx context.Context, buyer org.Actor, o order) (_ order, err error) {
	tx, err := h.pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return o, err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // does nothing after a successful Commit
		}
	}()
	joined, err := postgres.Join(ctx, h.db, tx)
	if err != nil {
		return o, err
	}
	// The uploaded file is stored outside of the transaction. After a roll-back nothing
	// names it, and store.Sweep takes it.
	e, err := h.envelopes.In(joined).CreateDraft(ctx, buyer, o.draft())
	if err != nil {
		return o, err
	}
	o.envelope = string(e.ID)
	if _, err = tx.ExecContext(ctx, `INSERT INTO erp.orders (number, supplier, fen, envelope) VALUES ($1, $2, $3, $4)`,
		o.number, o.supplier.name, o.fen, o.envelope); err != nil {
		return o, err
	}
	return o, tx.Commit()
}

// draft returns the contract as both parties get it: the buyer's seal, then the
// supplier.
func (o order) draft() envelope.NewDraft {
	return envelope.NewDraft{
		Subject: "采购订单 " + o.number, Ordered: true,
		Files: []envelope.Upload{{Name: o.number + ".pdf", Content: bytes.NewReader(o.contract)}},
		Signers: []envelope.Signer{
			{Kind: envelope.Company, Name: buyer.name, Phone: buyer.phone, Company: companyName, Boxes: []envelope.Box{
				{Kind: envelope.SealBox, Page: 1, X: 60, Y: signTop + 20}, {Kind: envelope.SignatureBox, Page: 1, X: 60, Y: signTop + 55}}},
			{Kind: envelope.Person, Name: o.supplier.name, Phone: o.supplier.phone, Boxes: []envelope.Box{
				{Kind: envelope.SignatureBox, Page: 1, X: 150, Y: signTop + 20}}},
		}}
}

// dispatch sends the contracts of orders that were placed, as a worker of the ERP does
// again and again. Sending is slow, so it is not a part of the order's transaction. It
// may be repeated, so a crash between the two statements does no harm.
func (h *host) dispatch(ctx context.Context, buyer org.Actor) (int, error) {
	rows, err := h.pool.QueryContext(ctx, `SELECT number, envelope FROM erp.orders WHERE state = 'placed' ORDER BY number LIMIT 100`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var due []order
	for rows.Next() {
		var o order
		if err := rows.Scan(&o.number, &o.envelope); err != nil {
			return 0, err
		}
		due = append(due, o)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for n, o := range due {
		if _, err := h.envelopes.Send(ctx, buyer, envelope.ID(o.envelope)); err != nil {
			return n, fmt.Errorf("order %s: %w", o.number, err)
		}
		if _, err := h.pool.ExecContext(ctx, `UPDATE erp.orders SET state = 'sent' WHERE number = $1 AND state = 'placed'`, o.number); err != nil {
			return n, err
		}
	}
	return len(due), nil
}

// order reads a row. It returns sql.ErrNoRows if there is none.
func (h *host) order(ctx context.Context, number string) (order, error) {
	o := order{number: number}
	var signed sql.NullTime
	err := h.pool.QueryRowContext(ctx, `SELECT envelope, fen, state, signed_at FROM erp.orders WHERE number = $1`, number).
		Scan(&o.envelope, &o.fen, &o.state, &signed)
	o.signed = signed.Time
	return o, err
}
