package org

import (
	"bytes"
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Reencrypt encrypts under the current key what was encrypted under an older one, for
// the same place. changed is false if it is already under the current one. Packages
// that store results of [Inside.EncryptPhone] use it in their own rotation.
func (in Inside) Reencrypt(at secret.Place, old secret.Ciphertext) (encrypted secret.Ciphertext, changed bool, err error) {
	s := in.s
	if old.IsZero() || old.Key == s.keys.Current() {
		return old, false, nil
	}
	text, err := s.keys.Decrypt(at, old)
	if err != nil {
		return secret.Ciphertext{}, false, err
	}
	encrypted, err = s.keys.Encrypt(s.random, at, text)
	return encrypted, err == nil, err
}

// Rotation is what a round of Rotate did.
type Rotation struct {
	Fields int // encrypted fields that were encrypted again
	Papers int // pictures of reviews that were encrypted again
}

// rotateBatch is how many rows one transaction of Rotate changes.
const rotateBatch = 100

// Rotate encrypts everything that this package keeps under the current data key (密钥轮换):
// phones, identity numbers, accounts, papers. It may run while the platform works, in
// several processes, and again after it was interrupted. It is done when a round
// returns the zero [Rotation]. Old keys must stay in secret.KeySet.Older until then,
// and for as long as the outbox holds messages encrypted under them: see docs/keys.md.
// A round reads each row once.
func (u Upkeep) Rotate(ctx context.Context) (Rotation, error) {
	s := u.s
	var r Rotation
	var err error
	if r.Fields, err = rotate(ctx, s, persons, func(p *person) (bool, error) {
		return s.reencryptAll(map[*secret.Ciphertext]secret.Place{&p.Phone: {Table: "org_person", Column: "phone", ID: string(p.ID)}, &p.Number: {Table: "org_person", Column: "number", ID: string(p.ID)}})
	}); err != nil {
		return r, err
	}
	n, err := rotate(ctx, s, remittances, func(t *remittance) (bool, error) {
		return s.reencryptAll(map[*secret.Ciphertext]secret.Place{&t.Account: {Table: "org_remittance", Column: "account", ID: t.ID}})
	})
	r.Fields += n
	if err != nil {
		return r, err
	}
	n, err = rotate(ctx, s, dones, func(d *done) (bool, error) {
		return s.reencryptAll(map[*secret.Ciphertext]secret.Place{&d.Result: {Table: "org_done", Column: "result", ID: d.ID}})
	})
	r.Fields += n
	if err != nil {
		return r, err
	}
	r.Papers, err = s.rotatePapers(ctx)
	return r, err
}

// reencryptAll replaces the encrypted texts of one row, and reports whether any
// changed.
func (s *Service) reencryptAll(fields map[*secret.Ciphertext]secret.Place) (bool, error) {
	any := false
	for f, at := range fields {
		encrypted, changed, err := s.Inside().Reencrypt(at, *f)
		if err != nil {
			return false, err
		}
		if changed {
			*f, any = encrypted, true
		}
	}
	return any, nil
}

// rotate goes through a table, one page per transaction, and returns how many rows
// changed. The store serializes it with other changes of the same row.
func rotate[T any](ctx context.Context, s *Service, t *store.Table[T], reencrypt func(*T) (bool, error)) (int, error) {
	total, after := 0, store.Cursor("")
	for {
		var next store.Cursor
		n := 0
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			n = 0
			page, err := t.Page(ctx, tx, store.Limit(rotateBatch), store.After(after))
			if err != nil {
				return err
			}
			next = page.Next
			for _, rec := range page.Items {
				changed, err := reencrypt(&rec.V)
				if err != nil {
					return err
				}
				if !changed {
					continue
				}
				if err := t.Update(ctx, tx, rec); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		total += n
		if err != nil || next == "" {
			return total, err
		}
		after = next
	}
}

// rotatePapers encrypts pictures again, one at a time: each is up to 10 MiB. The old
// ciphertext goes with the next sweep.
func (s *Service) rotatePapers(ctx context.Context) (int, error) {
	total, after := 0, store.Cursor("")
	for {
		var old []paper
		var next store.Cursor
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			page, err := papers.Page(ctx, tx, store.Limit(rotateBatch), store.After(after))
			if err != nil {
				return err
			}
			old, next = nil, page.Next
			for _, rec := range page.Items {
				if rec.V.Blob != "" && rec.V.Key != s.keys.Current() {
					old = append(old, rec.V)
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		for _, p := range old {
			if err := s.rotatePaper(ctx, p); err != nil {
				return total, err
			}
			total++
		}
		if next == "" {
			return total, nil
		}
		after = next
	}
}

func (s *Service) rotatePaper(ctx context.Context, p paper) error {
	content, err := s.openPaper(ctx, p)
	if err != nil {
		return err
	}
	encrypted, err := s.keys.Encrypt(s.random, paperPlace(p.Digest), secret.New(content))
	if err != nil {
		return err
	}
	blob, _, err := s.blobs.Put(ctx, bytes.NewReader(encrypted.Data))
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := papers.Get(ctx, tx, paperID(p.Review, p.Kind))
		if errors.Is(err, store.ErrNotFound) || err == nil && rec.V.Blob != p.Blob {
			return nil // replaced or purged meanwhile
		}
		if err != nil {
			return err
		}
		rec.V.Key, rec.V.Blob = encrypted.Key, blob.String()
		return papers.Update(ctx, tx, rec)
	})
}
