package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations are the ERP's own tables, in their own schema. The library's tables stand
// beside them, and no migration touches those. A migration that has run never changes.
var migrations = []string{
	`CREATE TABLE erp.orders (
		number    text PRIMARY KEY,
		supplier  text NOT NULL,
		fen       bigint NOT NULL CHECK (fen > 0),
		envelope  text NOT NULL UNIQUE,
		state     text NOT NULL DEFAULT 'placed' CHECK (state IN ('placed', 'sent', 'signed')),
		signed_at timestamptz
	)`,
	`CREATE TABLE erp.notices (
		id       text PRIMARY KEY,
		received timestamptz NOT NULL DEFAULT now()
	)`,
	`CREATE TABLE erp.messages (
		id    text PRIMARY KEY,
		phone text NOT NULL,
		text  text NOT NULL,
		at    timestamptz NOT NULL DEFAULT clock_timestamp()
	)`,
	`CREATE TABLE erp.payments (
		id      text PRIMARY KEY,
		fen     bigint NOT NULL,
		subject text NOT NULL,
		paid    boolean NOT NULL DEFAULT false
	)`,
}

// migrate runs the migrations that this database has not had yet, one process at a
// time.
func migrate(ctx context.Context, pool *sql.DB) (err error) {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("migration: %w", err), tx.Rollback())
		}
	}()
	for _, text := range []string{
		`SELECT pg_advisory_xact_lock(hashtext('erp migration'))`,
		`CREATE SCHEMA IF NOT EXISTS erp`,
		`CREATE TABLE IF NOT EXISTS erp.migrations (version int PRIMARY KEY)`,
	} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	done := 0
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM erp.migrations`).Scan(&done); err != nil {
		return err
	}
	for version := done + 1; version <= len(migrations); version++ {
		if _, err := tx.ExecContext(ctx, migrations[version-1]); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO erp.migrations VALUES ($1)`, version); err != nil {
			return err
		}
	}
	return tx.Commit()
}
