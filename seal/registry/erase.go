package registry

import (
	"context"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// eraseSignatures deletes the signatures of a person who closes their account, discarded ones
// too. Their pictures go with the next store.Sweep, because Keeps no longer names them. The
// logs of companies' seals keep the person's id, which names nobody.
func eraseSignatures(ctx context.Context, tx *store.Tx, person org.PersonID) error {
	for rec, err := range seals.All(ctx, tx, store.Where("owner", personOwner(person))) {
		if err != nil {
			return err
		}
		if err := seals.Delete(ctx, tx, rec); err != nil {
			return err
		}
	}
	return nil
}
