package sqlite

import (
	"context"

	"github.com/dajiaqian/dajiaqian/store"
)

// Exec runs a statement on the connection that writes.
func (d *Driver) Exec(ctx context.Context, text string) error {
	s, err := d.writer.take(ctx)
	if err != nil {
		return err
	}
	defer d.writer.pass(s)
	return s.exec(ctx, text)
}

// Waiting returns how many Updates wait for their turn.
func (d *Driver) Waiting() int {
	d.writer.mu.Lock()
	defer d.writer.mu.Unlock()
	return len(d.writer.waiting)
}

// OpenSynchronous is Open with another setting of SQLite's synchronous.
var OpenSynchronous = open

// ExecIn runs a statement in a transaction.
func ExecIn(ctx context.Context, in store.DriverTx, text string) error {
	return in.(*tx).session.exec(ctx, text)
}
