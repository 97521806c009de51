package main

import (
	"context"
	"database/sql"
	"errors"
	"regexp"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
)

// messages is the ERP's own org.SMS: a table from which its carrier would take them. In
// a real system few people may read this table, because a text may contain a code.
type messages struct{ pool *sql.DB }

// Send implements org.SMS. A message with the same id is stored once.
func (m messages) Send(ctx context.Context, msg org.Message) error {
	_, err := m.pool.ExecContext(ctx, `INSERT INTO erp.messages (id, phone, text) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
		msg.ID, msg.Phone.Reveal(), msg.Text.Reveal())
	if err != nil && ctx.Err() == nil {
		return errors.New("erp: the message was not kept") // the database's error could contain phone and text
	}
	return err
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// code returns what a person reads on their phone: the newest code.
func (m messages) code(ctx context.Context, phone string) (secret.Text, error) {
	var text string
	err := m.pool.QueryRowContext(ctx, `SELECT text FROM erp.messages WHERE phone = $1 AND text ~ '[0-9]{6}' ORDER BY at DESC LIMIT 1`, phone).Scan(&text)
	return secret.New(sixDigits.FindString(text)), err
}
