package registry

import (
	"context"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// UseRecord is one use of a seal (使用日志).
type UseRecord struct {
	Seal     SealID       `json:"seal"`     // id
	Grant    string       `json:"grant"`    // of the Use
	Person   org.PersonID `json:"person"`   // who stamped
	Envelope string       `json:"envelope"` // id
	Document string       `json:"document"` // digest of the stamped document
}

// LogUse writes a line of a seal's usage log in the transaction that stamps, after
// [Service.Usable] has allowed it in the same transaction.
func (s *Service) LogUse(ctx context.Context, tx *store.Tx, r UseRecord) error {
	return uses.Insert(ctx, tx, used{ID: tx.NewID(), UseRecord: r, At: tx.Now()})
}

// LoggedUse is a line of the usage log with its time.
type LoggedUse struct {
	UseRecord
	At time.Time
}

// Uses returns a seal's usage log, newest first, to the administrators of its company.
// It works for a discarded seal too.
func (s *Service) Uses(ctx context.Context, actor org.Actor, seal SealID, after store.Cursor) ([]LoggedUse, store.Cursor, error) {
	var out []LoggedUse
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.checkLender(ctx, tx, actor, seal); err != nil {
			return err
		}
		page, err := uses.Page(ctx, tx, store.Where("seal", seal), store.Desc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, LoggedUse{r.V.UseRecord, r.V.At})
		}
		return nil
	})
	return out, next, err
}
