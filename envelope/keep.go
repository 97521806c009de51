package envelope

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/dajiaqian/dajiaqian/store"
)

// Keeper reads which blobs the rows of this package name now: of envelopes in every
// state the files as uploaded, cleaned, laid out and signed, the newest revision, and
// the evidence; of templates their files; and what signers attached. The result is the keep function for
// [store.Sweep]. It takes 8 bytes of memory per blob. Each sweep needs a new Keeper,
// made after the moment was chosen before which that sweep deletes: it does not know
// what is stored later.
//
// Only the trail names revisions between two signatures, so they are deleted: the
// later ones contain them completely.
func (s *Service) Keeper(ctx context.Context) (func(context.Context, store.Digest) (bool, error), error) {
	var named []uint64 // by their first 8 bytes: if two have the same ones, both stay
	err := s.Named(ctx, func(d store.Digest) error { named = append(named, short(d)); return nil })
	if err != nil {
		return nil, err
	}
	slices.Sort(named)
	return func(_ context.Context, d store.Digest) (bool, error) {
		_, found := slices.BinarySearch(named, short(d))
		return found, nil
	}, nil
}

// Named calls each for every blob that a Keeper keeps, for [store.CheckBlobs]. each is
// called inside a transaction, and must not start one.
func (s *Service) Named(ctx context.Context, each func(store.Digest) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error { // one snapshot: a copy shares the files of its original
		for rec, err := range envelopes.All(ctx, tx) {
			if err != nil {
				return err
			}
			more := []store.Digest{rec.V.Evidence, rec.V.Audit}
			if w := rec.V.Upkeep.Work; w != nil {
				more = append(append(more, w.Base...), w.Heads...)
			}
			if err := nameAll(rec.V.Files, each, more...); err != nil {
				return err
			}
		}
		for rec, err := range templates.All(ctx, tx) {
			if err != nil {
				return err
			}
			if err := nameAll(rec.V.Files, each); err != nil {
				return err
			}
		}
		for rec, err := range attachments.All(ctx, tx) {
			if err != nil {
				return err
			}
			if err := nameAll(nil, each, rec.V.Digest); err != nil {
				return err
			}
		}
		return nil
	})
}

func nameAll(files []File, each func(store.Digest) error, more ...store.Digest) error {
	for i := range files {
		more = append(more, files[i].digests()...)
	}
	for _, d := range more {
		if d == (store.Digest{}) {
			continue
		}
		if err := each(d); err != nil {
			return err
		}
	}
	return nil
}

func short(d store.Digest) uint64 { return binary.BigEndian.Uint64(d[:]) }

// digests returns the blobs that a file names.
func (f *File) digests() []store.Digest {
	return []store.Digest{f.Uploaded, f.Clean, f.Layout, f.Signed, f.Head}
}
