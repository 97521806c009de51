package envelope

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// What Submit does, step by step. Each line names a function; an indented one is called
// by the one above it with less indent.
//
//	recordConsents     one commit: the consent, before any key is used
//	  provePassword      the slow part of a password check, outside the commit
//	  findOpen           what the signer agrees to: boxes, seals, texts, binding
//	  useWill            the code, password or face, used up
//	  takeLease          the right to make signatures in these documents
//	carryOutConsent    the rest, which Step does too
//	  waitForLease       if another party has it
//	  finishSigning      under the lease, which is released on failure
//	    prepareJob         the signer and every seal are checked again
//	      checkRights
//	      releaseConsent     if a seal may no longer be used
//	    makeSignatures     in all documents
//	      makeSignature
//	      keepWork           if it takes long: what is made, and a longer lease
//	      checkDocument      does everybody who verifies it find it valid?
//	    giveUpConsent      if it can never be carried out
//	    swapHeads          one commit: the documents, and what follows from them

// Submit signs (立即提交). w shows the signer's will for the same choice: the [Code] that
// [Service.RequestCode] sent, their [Password], or the [Face] that
// [Service.RequestFace] opened. Submit records the consent, makes every signature, and
// puts them in place. It returns a [*MethodError] if the sender does not accept the
// method, and a [*org.CodeError], [org.ErrPassword], a [*org.LimitError] or a
// [*org.FaceError] if a code, a password or a face is wrong.
//
// The consent is committed before any key is used. If the rest is interrupted, the same
// Submit again, or [Service.Step], finishes it once; w is then not looked at, and may
// be nil. If two parties sign at the same time, one waits for the other.
func (s *Service) Submit(ctx context.Context, actor org.Actor, id ID, c Choice, w Will) (*Envelope, error) {
	token := s.db.NewID()
	parties, leased, err := s.recordConsents(ctx, actor, []Item{{id, c}}, false, w, token)
	if err != nil {
		return nil, err
	}
	if !leased {
		token = ""
	}
	e, err := s.carryOutConsent(ctx, actor, id, parties[0], token)
	if err != nil {
		return nil, err
	}
	return e.viewFor(viewer{sender: e.Sender == actor, party: parties[0]}), nil
}

// carryOutConsent makes the signatures under the lease of a token; if the token is
// empty, it takes a lease first. If the lease lapsed meanwhile, another process has
// taken the work over: carryOutConsent waits for it once, and does what it left undone.
func (s *Service) carryOutConsent(ctx context.Context, actor org.Actor, id ID, party int, token string) (e *record, err error) {
	for again := false; ; again = true {
		if token == "" {
			if token, err = s.waitForLease(ctx, id, party); err != nil {
				return nil, err
			}
		}
		e, err = s.finishSigning(ctx, actor, id, party, token)
		if again || !errors.Is(err, ErrHeadMoved) {
			return e, err
		}
		token = ""
	}
}

// finishSigning makes the signatures that a recorded consent asks for, under a lease.
func (s *Service) finishSigning(ctx context.Context, actor org.Actor, id ID, party int, token string) (*record, error) {
	working, stop := s.holdLease(ctx, id, party, token)
	e, err := s.signAndSwap(working, actor, id, party, token)
	stop()
	if err != nil {
		// The lease lapses by itself if this fails too.
		return nil, errors.Join(err, s.releaseLease(context.WithoutCancel(ctx), id, token))
	}
	return e, nil
}

func (s *Service) signAndSwap(ctx context.Context, actor org.Actor, id ID, party int, token string) (*record, error) {
	job, err := s.prepareJob(ctx, actor, id, party)
	if err != nil {
		return nil, err
	}
	if job.done != nil {
		return job.done, s.releaseLease(ctx, id, token)
	}
	heads, err := s.makeSignatures(ctx, job, token)
	if err != nil {
		return nil, s.giveUpConsent(ctx, job, err, token)
	}
	return s.swapHeads(ctx, job, heads, token)
}

// giveUpConsent takes back a consent that can never be carried out, because what it
// asks for does not fit the documents: the signer may then choose otherwise. Any other
// fault may pass, and leaves the consent for the next try. If the lease lapsed
// meanwhile, the consent may be a different one, and is left alone.
func (s *Service) giveUpConsent(ctx context.Context, j *job, why error, token string) error {
	var unfit *FieldError
	var input *signer.InputError
	if !errors.As(why, &unfit) && !errors.As(why, &input) && !errors.Is(why, errInvalid) {
		return why
	}
	err := s.db.Update(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		rec, err := leasedRecord(ctx, tx, j.env.ID, token)
		if err != nil {
			return err
		}
		rec.V.Upkeep.Work, rec.V.Upkeep.Retry = nil, retry{}
		return s.releaseConsent(ctx, tx, rec, j, why)
	})
	if err != nil && !errors.Is(err, ErrHeadMoved) {
		return errors.Join(why, err)
	}
	return why
}

// job is one party's signing of one envelope.
type job struct {
	actor org.Actor
	party int
	env   record
	who   org.Standing
	seals map[registry.SealID]registry.Use
	looks map[string]signer.Appearance // what stamps show

	pictures pictures
	done     *record // the envelope, if the party has signed already
}

// prepareJob loads what signing needs, and takes the consent back if a seal may no
// longer be used.
func (s *Service) prepareJob(ctx context.Context, actor org.Actor, id ID, party int) (*job, error) {
	j := &job{actor: actor, party: party}
	var denied error
	load := func(ctx context.Context, tx *store.Tx) (rec store.Rec[record], err error) {
		denied, j.done = nil, nil
		if rec, err = envelopes.Get(ctx, tx, string(id)); err != nil {
			return rec, fault.NotFound(err, ErrNotFound)
		}
		j.env = rec.V
		if p := j.env.Parties[party-1]; p.State == Signed && p.PersonID == actor.Person {
			j.done = &j.env
			return rec, nil
		}
		denied, err = s.checkRights(ctx, tx, j)
		return rec, err
	}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := load(ctx, tx)
		return err
	})
	if err == nil && denied != nil {
		err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			rec, err := load(ctx, tx)
			if err != nil || denied == nil {
				return err
			}
			return s.releaseConsent(ctx, tx, rec, j, denied)
		})
	}
	if err == nil {
		err = denied
	}
	return j, err
}

// checkRights checks the signer and every seal of their consent now. denied is what the
// signer may not do; err is anything else.
func (s *Service) checkRights(ctx context.Context, tx *store.Tx, j *job) (denied, err error) {
	if j.who, err = s.org.Authorize(ctx, tx, j.actor, org.ActionEnvelopeSign); err != nil {
		return splitRefusal(err)
	}
	p, err := j.env.turn(j.party, "sign", Signing)
	if err != nil {
		return nil, err
	}
	if id := p.Consent.Silent; id != "" {
		if err := s.checkPermission(ctx, tx, &j.env.life, id); err != nil {
			return splitRefusal(err)
		}
	}
	j.seals = map[registry.SealID]registry.Use{}
	for _, st := range p.Consent.Stamps {
		if st.Seal == "" {
			continue
		}
		use, err := s.seals.Usable(ctx, tx, j.actor, st.Seal)
		if err != nil {
			return splitRefusal(err)
		}
		j.seals[st.Seal] = use
	}
	return nil, nil
}

// splitRefusal separates a refusal that a person can read from a fault.
func splitRefusal(err error) (denied, fault error) {
	var z interface{ Zh() string }
	if errors.As(err, &z) {
		return err, nil
	}
	return nil, err
}

func (s *Service) releaseConsent(ctx context.Context, tx *store.Tx, rec store.Rec[record], j *job, why error) error {
	return s.release(ctx, tx, rec, j.actor, releaseCommand{Party: j.party, Reason: why.Error()})
}

// release takes a consent back. Who gave the permission of a silent one is told now: the task
// waits for them.
func (s *Service) release(ctx context.Context, tx *store.Tx, rec store.Rec[record], actor org.Actor, c releaseCommand) error {
	consent := rec.V.Parties[c.Party-1].Consent
	if err := s.performCommand(ctx, tx, rec, actor, c); err != nil || consent == nil || consent.Silent == "" {
		return err
	}
	return s.tellParty(ctx, tx, &rec.V, c.Party)
}

// swapHeads puts the signed documents in place, if nobody signed them meanwhile and the
// signer may still use the seals (T20).
func (s *Service) swapHeads(ctx context.Context, j *job, heads []store.Digest, token string) (*record, error) {
	var out record
	var denied error
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := leasedRecord(ctx, tx, j.env.ID, token)
		if err != nil {
			return err
		}
		for i, f := range rec.V.Files {
			if f.Head != j.env.Files[i].Head {
				return ErrHeadMoved
			}
		}
		rec.V.Upkeep.Work, rec.V.Upkeep.Retry = nil, retry{}
		j.env = rec.V
		if denied, err = s.checkRights(ctx, tx, j); err != nil {
			return err
		}
		if denied != nil {
			return s.releaseConsent(ctx, tx, rec, j, denied)
		}
		for _, st := range rec.V.Parties[j.party-1].Consent.Stamps {
			if st.Seal == "" {
				continue
			}
			if err := s.seals.LogUse(ctx, tx, registry.UseRecord{Seal: st.Seal, Grant: st.Grant, Person: j.actor.Person,
				Envelope: string(rec.V.ID), Document: heads[st.File].String()}); err != nil {
				return err
			}
		}
		evs, err := decide(&rec.V.life, signCommand{Party: j.party, Heads: heads}, tx.Now())
		if err != nil {
			return err
		}
		out, err = s.writeEvents(ctx, tx, rec, j.actor, evs)
		return err
	}, billing.Lock(j.env.Sender.Org))
	if err == nil {
		err = denied
	}
	if err != nil {
		return nil, err
	}
	return &out, nil
}
