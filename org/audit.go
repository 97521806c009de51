package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// AuditEntry is one line of the audit (操作日志): who changed what, for which company, when, and the
// SHA-256 of the stored record before and after. The digests prove what a record was
// without keeping it. Every record with personal data holds a random nonce or a keyed
// index, so that nobody finds the data by trying.
type AuditEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`      // UTC
	Command string    `json:"command"` // such as member.approve
	By      PersonID  `json:"by"`      // id of the person who acted; empty for a provider's report
	Org     CompanyID `json:"org"`     // id of the company it was done for or to; empty in the personal edition
	What    string    `json:"what"`    // kind and id of the record, such as member/7f3a
	Before  string    `json:"before"`  // 64 hexadecimal digits; empty for a new record
	After   string    `json:"after"`   // empty for a deleted record; empty like Before for one that was only read
}

var audits = store.NewTable("org_audit", func(e *AuditEntry) string { return e.ID },
	store.Text("org", func(e *AuditEntry) string { return string(e.Org) }),
	store.Text("by", func(e *AuditEntry) string { return string(e.By) }),
	store.Time("at", func(e *AuditEntry) time.Time { return e.At })).
	Index("by_org", "org", "at").
	Index("by_person", "org", "by", "at")

// recordDigest returns the SHA-256 of a record's JSON, as it is stored.
func recordDigest(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// log writes one line in the transaction of the change. nil means no record.
func (a *act) log(ctx context.Context, what string, before, after any) error {
	e := AuditEntry{ID: a.tx.NewID(), At: a.tx.Now(), Command: a.command.name, By: a.command.actor.Person, Org: a.command.actor.Org, What: what}
	var err error
	if before != nil {
		if e.Before, err = recordDigest(before); err != nil {
			return err
		}
	}
	if after != nil {
		if e.After, err = recordDigest(after); err != nil {
			return err
		}
	}
	return audits.Insert(ctx, a.tx, e)
}

// insert adds a record and its line in the audit.
func insert[T any](ctx context.Context, a *act, t *store.Table[T], what string, v T) error {
	if err := t.Insert(ctx, a.tx, v); err != nil {
		return err
	}
	return a.log(ctx, what, nil, v)
}

// update replaces the record was by r.
func update[T any](ctx context.Context, a *act, t *store.Table[T], what string, was T, r store.Rec[T]) error {
	if err := t.Update(ctx, a.tx, r); err != nil {
		return err
	}
	return a.log(ctx, what, was, r.V)
}

// remove deletes a record.
func remove[T any](ctx context.Context, a *act, t *store.Table[T], what string, r store.Rec[T]) error {
	if err := t.Delete(ctx, a.tx, r); err != nil {
		return err
	}
	return a.log(ctx, what, r.V, nil)
}

// Audit lists what was done for the actor's company, newest first, 50 per page; in the
// personal edition it lists what the actor did (操作日志). It is for administrators: it
// returns a [*DeniedError] to other members, and [ErrNotFound] to strangers.
func (s *Service) Audit(ctx context.Context, actor Actor, after store.Cursor) ([]AuditEntry, store.Cursor, error) {
	var out []AuditEntry
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionAuditRead); err != nil {
			return err
		}
		which := []store.Clause{store.Where("org", actor.Org)}
		if actor.Org == "" {
			which = append(which, store.Where("by", actor.Person))
		}
		page, err := audits.Page(ctx, tx, append(which, store.Desc("at"), store.After(after))...)
		out, next = page.Values()
		return err
	})
	return out, next, err
}
