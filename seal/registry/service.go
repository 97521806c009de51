package registry

import (
	"context"
	"log/slog"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Config says what a Service needs.
type Config struct {
	DB  *store.DB    // required
	Org *org.Service // required

	// Blobs keeps the picture of each seal as it was made, and the data that seals are
	// made from if they were not drawn. If it is nil, pictures are drawn again each
	// time, and there are only drawn seals: neither handwriting nor uploads.
	Blobs store.Blobs
	Log   *slog.Logger // nil logs nothing
}

// Service keeps who has which seal and who may use it. It is safe for concurrent
// use.
type Service struct {
	db    *store.DB
	org   org.Inside
	blobs store.Blobs
	log   *slog.Logger
	drawn *drawings
}

// New checks a configuration. Its error names the missing field.
func New(c Config) (*Service, error) {
	if err := fault.Required("registry",
		fault.Field{Name: "DB", OK: c.DB != nil},
		fault.Field{Name: "Org", OK: c.Org != nil},
	); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: c.DB, org: c.Org.Inside(), blobs: c.Blobs, log: c.Log, drawn: new(drawings)}
	s.org.OnPurge("registry", eraseSignatures)
	return s, nil
}

// Once returns this service with an idempotency key (幂等键) of the caller for one
// command, under the rules of [org.Service.Once]. The command and the memory of it are
// one commit. A repetition changes nothing and returns the same result. It returns
// [org.ErrKey] if the key comes with another command or other arguments. Reads ignore
// the key. So do [Service.Usable] and [Service.LogUse], because they are part of a
// command of another package.
func (s *Service) Once(key string) *Service {
	c := *s
	c.org = s.org.Once(key)
	return &c
}

// In returns this service, and its org service, on another DB of the same tables: one
// that joins a host's transaction (see [org.Service.In]).
func (s *Service) In(db *store.DB) *Service {
	c := *s
	c.db, c.org = db, s.org.In(db)
	return &c
}

// find loads a seal of the actor's company, or a signature of their own, which is
// theirs in every edition. It returns ErrNotFound for any other seal (T1).
func (s *Service) find(ctx context.Context, tx *store.Tx, actor org.Actor, id SealID) (store.Rec[kept], error) {
	rec, err := seals.Get(ctx, tx, string(id))
	if err != nil {
		return rec, fault.NotFound(err, ErrNotFound)
	}
	if rec.V.Owner != ownerOf(actor) && rec.V.Owner != personOwner(actor.Person) {
		return store.Rec[kept]{}, ErrNotFound
	}
	return rec, nil
}

// checkLender returns nil if the actor administers the company that has a seal.
func (s *Service) checkLender(ctx context.Context, tx *store.Tx, actor org.Actor, id SealID) error {
	if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealGrant); err != nil {
		return err
	}
	_, err := s.findOfCompany(ctx, tx, actor, id)
	return err
}

// findOfCompany loads a seal of the actor's company, but no signature of a person.
func (s *Service) findOfCompany(ctx context.Context, tx *store.Tx, actor org.Actor, id SealID) (store.Rec[kept], error) {
	rec, err := s.find(ctx, tx, actor, id)
	if err == nil && rec.V.Owner != ownerOf(actor) {
		return store.Rec[kept]{}, ErrNotFound
	}
	return rec, err
}
