package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// rotateBatch is how many envelopes one transaction of Rotate touches.
const rotateBatch = 100

// Rotate encrypts the phones of parties and readers under org's current data key
// (密钥轮换), also in envelopes that ended, and returns the number of envelopes changed. It
// may run while the platform works, in several processes, and again after an
// interruption; it is done when a round returns 0. Until then the old key must stay in
// secret.KeySet.Older: see docs/keys.md. Each envelope is read once per round.
func (s *Service) Rotate(ctx context.Context) (int, error) {
	total, after := 0, store.Cursor("")
	for {
		n, next, err := s.rotatePage(ctx, after)
		total += n
		if err != nil || next == "" {
			return total, err
		}
		after = next
	}
}

// rotatePage encrypts the phones in a page of envelopes again, in one commit.
func (s *Service) rotatePage(ctx context.Context, after store.Cursor) (n int, next store.Cursor, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		n = 0
		page, err := envelopes.Page(ctx, tx, store.Limit(rotateBatch), store.After(after))
		if err != nil {
			return err
		}
		next = page.Next
		for _, rec := range page.Items {
			changed, err := s.reencrypt(&rec.V)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			if err := envelopes.Update(ctx, tx, rec); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, after, err
	}
	return n, next, nil
}

// reencrypt encrypts the phones of one envelope again, and reports whether any was
// under an older key.
func (s *Service) reencrypt(e *record) (any bool, err error) {
	one := func(column, id string, phone *secret.Ciphertext) {
		if err != nil {
			return
		}
		var changed bool
		*phone, changed, err = s.org.Reencrypt(secret.Place{Table: "envelope", Column: column, ID: id}, *phone)
		any = any || changed
	}
	for i := range e.Upkeep.Phones {
		one("party", taskID(string(e.ID), i+1), &e.Upkeep.Phones[i])
	}
	for i := range e.Upkeep.ReaderPhones {
		one("reader", readerID(string(e.ID), i+1), &e.Upkeep.ReaderPhones[i])
	}
	return any, err
}
