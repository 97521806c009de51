package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// Long-term evidence: an envelope is 存证中 until every document is at B-LTA and the
// evidence report is made, then 已存证. Evidence is renewed before the certificates of its
// timestamps expire. None of this delays 已完成: an envelope is charged and delivered at
// once.

const (
	archiveLease = 5 * time.Minute     // one process works on an envelope for this long
	renewAhead   = 90 * 24 * time.Hour // a renewal begins this long before the evidence's last day
	longestWait  = 24 * time.Hour      // longest time between two tries
)

// stepArchive makes the evidence that is due.
func (s *Service) stepArchive(ctx context.Context) (int, error) {
	done := 0
	var errs error
	for _, state := range []archiveState{archiveMaking, archiveMade} {
		due, err := s.findDueEvidence(ctx, state)
		errs = errors.Join(errs, err)
		for _, id := range due {
			made, err := s.preserveEnvelope(ctx, ID(id))
			if made {
				done++
			}
			errs = errors.Join(errs, err)
		}
	}
	return done, errs
}

// findDueEvidence returns the envelopes whose evidence is due to be made or renewed.
func (s *Service) findDueEvidence(ctx context.Context, state archiveState) (ids []string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ids = ids[:0]
		page, err := envelopes.Light(ctx, tx, store.Where("archiving", int64(state)), store.Asc("due"))
		for _, r := range page.Items {
			if r.Time("due").After(tx.Now()) {
				break
			}
			ids = append(ids, r.ID)
		}
		return err
	})
	return ids, err
}

// preserveEnvelope makes or renews the evidence of one envelope. A failure is tried
// again later; the wait doubles each time.
func (s *Service) preserveEnvelope(ctx context.Context, id ID) (made bool, err error) {
	e, err := s.claimEnvelope(ctx, id)
	if err != nil || e == nil {
		return false, err
	}
	if e.ArchivedAt.IsZero() || e.preserved() {
		if e, err = s.archiveDocuments(ctx, e); err != nil {
			return false, fmt.Errorf("envelope: long-term evidence of %s: %w", id, err)
		}
	}
	if !e.preserved() {
		if err := s.makeReport(ctx, e); err != nil {
			return false, fmt.Errorf("envelope: evidence report of %s: %w", id, err)
		}
	}
	return true, nil
}

// MakeEvidence makes the evidence report of a completed envelope now. With
// Config.OnDemand, reports are made only in this way. It makes nothing if the report
// exists already, and returns [ErrArchiving] if the documents are not archived yet
// (存证中).
func (s *Service) MakeEvidence(ctx context.Context, actor org.Actor, id ID) error {
	e, _, err := s.load(ctx, actor, id)
	switch {
	case err != nil:
		return err
	case e.ArchivedAt.IsZero():
		return ErrArchiving
	case e.Evidence != (store.Digest{}):
		return nil
	}
	return s.makeReport(ctx, &e)
}

// claimEnvelope takes an envelope to work on, and sets when it is tried again if that
// fails. It returns nil if another process has the envelope.
func (s *Service) claimEnvelope(ctx context.Context, id ID) (*record, error) {
	var out *record
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		rec, err := envelopes.Get(ctx, tx, string(id))
		if err != nil || rec.V.Upkeep.Due.After(tx.Now()) {
			return err
		}
		wait := min(longestWait, archiveLease<<min(rec.V.Upkeep.Tries, 10))
		rec.V.Upkeep.Tries++
		rec.V.Upkeep.Due = tx.Now().Add(wait)
		out = &rec.V
		return envelopes.Update(ctx, tx, rec)
	})
	return out, err
}

// archiveDocuments raises every document to B-LTA, or renews it at that level.
func (s *Service) archiveDocuments(ctx context.Context, e *record) (*record, error) {
	heads := make([]store.Digest, len(e.Files))
	var until time.Time
	for i, f := range e.Files {
		doc, err := s.readBlob(ctx, f.Head)
		if err != nil {
			return nil, err
		}
		raised, renewBy, err := s.raiseLevel(ctx, doc)
		if err != nil {
			return nil, err
		}
		if until.IsZero() || renewBy.Before(until) {
			until = renewBy
		}
		if heads[i], _, err = s.blobs.Put(ctx, bytes.NewReader(raised)); err != nil {
			return nil, err
		}
	}
	return s.settleEvidence(ctx, e, archiveCommand{Heads: heads, RenewBy: until.UTC().Truncate(time.Microsecond)})
}

// raiseLevel asks the TSAs in turn until one succeeds.
func (s *Service) raiseLevel(ctx context.Context, doc []byte) (raised []byte, renewBy time.Time, err error) {
	var errs error
	for _, tsa := range s.archivers {
		in, err := signer.Open(bytes.NewReader(doc), int64(len(doc)))
		if err != nil {
			return nil, time.Time{}, err
		}
		var out bytes.Buffer
		out.Grow(len(doc) + stampSize)
		err = signer.Extend(ctx, &out, in, signer.BLTA, signer.Services{Timestamper: tsa, Revocations: s.revocations, Roots: s.roots, Memory: s.memory})
		if err == nil {
			err = s.checkDocument(ctx, out.Bytes())
		}
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		again, err := signer.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			return nil, time.Time{}, err
		}
		renewBy, err = again.RenewBy()
		return out.Bytes(), renewBy, err
	}
	return nil, time.Time{}, errs
}

// settleEvidence carries out a command about evidence, if the documents have not
// changed since the evidence was made.
func (s *Service) settleEvidence(ctx context.Context, e *record, c command) (*record, error) {
	var out record
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, string(e.ID))
		if err != nil {
			return err
		}
		for i, f := range rec.V.Files {
			if f.Head != e.Files[i].Head {
				return ErrHeadMoved // another process was faster
			}
		}
		if _, ok := c.(reportCommand); ok && rec.V.Evidence != (store.Digest{}) {
			out = rec.V // another process made it at the same time
			return nil
		}
		evs, err := decide(&rec.V.life, c, tx.Now())
		if err != nil {
			return err
		}
		rec.V.Upkeep.Tries = 0
		if rec.V, err = s.applyEvents(ctx, tx, rec.V, org.Actor{}, evs); err != nil {
			return err
		}
		if rec.V.preserved() {
			rec.V.Upkeep.Due = nextRenewal(rec.V.RenewBy, tx.Now())
		}
		out = rec.V
		return envelopes.Update(ctx, tx, rec)
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// nextRenewal returns when evidence is renewed: ninety days before its last day, or
// halfway to that day if that is later.
func nextRenewal(until, now time.Time) time.Time {
	return now.Add(max(until.Sub(now)-renewAhead, until.Sub(now)/2))
}
