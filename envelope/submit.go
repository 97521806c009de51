package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// Submit signs (立即提交): it takes what shows the signer's will for the same choice
// (the Code that RequestCode sent, his Password, the Face that RequestFace opened),
// records the consent, makes every signature, and puts them in place. A way that the
// sender does not accept is a *MethodError; what is wrong with a code, a password or a
// face is org's *CodeError, ErrPassword, *LimitError and *FaceError.
//
// The consent is committed before any key is used. Whatever interrupts the rest,
// the same Submit again, or Step, finishes it once; the Will is then not looked at,
// and may be nil. Of two parties that sign at once one waits for the other.
func (s *Service) Submit(ctx context.Context, actor org.Actor, id string, c Choice, w Will) (*Envelope, error) {
	token := s.db.NewID()
	parties, leased, err := s.agree(ctx, actor, []Item{{id, c}}, false, w, token)
	if err != nil {
		return nil, err
	}
	if !leased {
		token = ""
	}
	return s.carryOut(ctx, actor, id, parties[0], token)
}

// carryOut makes the signatures under the lease of a token, or takes it where that is
// empty. Where the lease lapsed meanwhile another process has taken the work over: it
// is waited for, once, and what it left undone is done.
func (s *Service) carryOut(ctx context.Context, actor org.Actor, id string, party int, token string) (e *Envelope, err error) {
	for again := false; ; again = true {
		if token == "" {
			if token, err = s.acquire(ctx, id, party); err != nil {
				return nil, err
			}
		}
		e, err = s.finish(ctx, actor, id, party, token)
		if again || !errors.Is(err, ErrHeadMoved) {
			return e, err
		}
		token = ""
	}
}

// finish makes the signatures that a recorded consent asks for, under a lease.
func (s *Service) finish(ctx context.Context, actor org.Actor, id string, party int, token string) (*Envelope, error) {
	e, err := s.signAndCommit(ctx, actor, id, party, token)
	if err != nil {
		// The lease lapses by itself where this fails too.
		return nil, errors.Join(err, s.release(context.WithoutCancel(ctx), id, token))
	}
	return e, nil
}

func (s *Service) signAndCommit(ctx context.Context, actor org.Actor, id string, party int, token string) (*Envelope, error) {
	job, err := s.prepare(ctx, actor, id, party)
	if err != nil {
		return nil, err
	}
	if job.done != nil {
		return job.done, s.release(ctx, id, token)
	}
	heads := make([]store.Digest, len(job.env.Files))
	for i := range job.env.Files {
		if heads[i], err = s.signFile(ctx, job, i); err != nil {
			return nil, s.giveUp(ctx, job, err, token)
		}
	}
	return s.commit(ctx, job, heads, token)
}

// giveUp takes a consent back that can never be carried out, since what it asks for
// does not fit the documents: who gave it may choose otherwise. Any other fault may
// pass, and leaves the consent for the next try. Where the lease lapsed meanwhile the
// consent may be another, and is left alone.
func (s *Service) giveUp(ctx context.Context, j *job, why error, token string) error {
	var unfit *FieldError
	if !errors.As(why, &unfit) {
		return why
	}
	err := s.db.Update(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		rec, err := leased(ctx, tx, j.env.ID, token)
		if err != nil {
			return err
		}
		return s.takeBack(ctx, tx, rec, j, why)
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
	env   Envelope
	who   org.Standing
	seals map[string]registry.Use
	done  *Envelope // the envelope, if the party has signed already
}

// prepare loads what signing needs, and takes the consent back where a seal may
// no longer be used.
func (s *Service) prepare(ctx context.Context, actor org.Actor, id string, party int) (*job, error) {
	j := &job{actor: actor, party: party}
	var denied error
	load := func(ctx context.Context, tx *store.Tx) (rec store.Rec[Envelope], err error) {
		denied, j.done = nil, nil
		if rec, err = envelopes.Get(ctx, tx, id); err != nil {
			return rec, fault.NotFound(err, ErrNotFound)
		}
		j.env = rec.V
		if p := j.env.Parties[party-1]; p.State == Signed && p.PersonID == actor.Person {
			j.done = &j.env
			return rec, nil
		}
		denied, err = s.entitled(ctx, tx, j)
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
			return s.takeBack(ctx, tx, rec, j, denied)
		})
	}
	if err == nil {
		err = denied
	}
	return j, err
}

// entitled checks the signer and every seal of his consent now. What the signer
// may not is denied; err is anything else.
func (s *Service) entitled(ctx context.Context, tx *store.Tx, j *job) (denied, err error) {
	if j.who, err = s.org.Authorize(ctx, tx, j.actor, org.ActionEnvelopeSign); err != nil {
		return split(err)
	}
	p, err := j.env.turn(j.party, "sign", Signing)
	if err != nil {
		return nil, err
	}
	j.seals = map[string]registry.Use{}
	for _, st := range p.Consent.Stamps {
		if st.Seal == "" {
			continue
		}
		use, err := s.seals.Usable(ctx, tx, j.actor, st.Seal)
		if err != nil {
			return split(err)
		}
		j.seals[st.Seal] = use
	}
	return nil, nil
}

// split tells a refusal that a person can read from a fault.
func split(err error) (denied, fault error) {
	var z interface{ Zh() string }
	if errors.As(err, &z) {
		return err, nil
	}
	return nil, err
}

func (s *Service) takeBack(ctx context.Context, tx *store.Tx, rec store.Rec[Envelope], j *job, why error) error {
	return s.decide(ctx, tx, rec, j.actor, Release{Party: j.party, Reason: why.Error()})
}

// signFile adds all of a party's signatures to one document and stores it.
func (s *Service) signFile(ctx context.Context, j *job, file int) (store.Digest, error) {
	head := j.env.Files[file].Head
	doc, err := s.read(ctx, head)
	if err != nil {
		return head, err
	}
	p := j.env.Parties[j.party-1]
	texts := p.texts(file)
	for n, st := range p.Consent.Stamps {
		if st.File != file {
			continue
		}
		if doc, err = s.stamp(ctx, j, n, st, texts, doc); err != nil {
			return head, err
		}
		texts = nil // they went in with the first
	}
	if err := s.check(ctx, doc); err != nil {
		return head, err
	}
	out, _, err := s.blobs.Put(ctx, bytes.NewReader(doc))
	return out, err
}

// check refuses a document that anyone who receives it would not find valid,
// before it is kept.
func (s *Service) check(ctx context.Context, doc []byte) error {
	_, err := s.judge(ctx, doc)
	return err
}

func (s *Service) judge(ctx context.Context, doc []byte) (*verify.Report, error) {
	rep, err := verify.Verify(ctx, bytes.NewReader(doc), int64(len(doc)), verify.Policy{
		Roots: s.roots, Time: s.db.Now(), Revocation: verify.UnsafeSkipRevocation, Memory: s.memory})
	if err != nil {
		return nil, err
	}
	if !rep.Valid() {
		return nil, fmt.Errorf("envelope: the signed document does not verify: %v %v", rep.Verdict, rep.Reasons)
	}
	return rep, nil
}

// texts are what a party's first signature in a file fills in: what it typed, the day
// on which it agreed, and nothing into what it left open. That too is written anew:
// validators take a locked field whose appearance is older than the lock for one
// that was changed.
func (p *Party) texts(file int) []signer.Value {
	typed := map[string]string{}
	for _, f := range p.Consent.Fills {
		typed[f.Field] = f.Text
	}
	var out []signer.Value
	for _, b := range p.Boxes {
		switch {
		case b.File != file || b.signs():
		case b.Kind == DateBox:
			out = append(out, signer.Value{Field: b.Field, Text: p.Consent.At.In(beijing).Format("2006年01月02日")})
		default:
			out = append(out, signer.Value{Field: b.Field, Text: typed[b.Field]})
		}
	}
	return out
}

// stamp makes one signature, which fills in texts.
func (s *Service) stamp(ctx context.Context, j *job, n int, st Stamp, texts []signer.Value, in []byte) ([]byte, error) {
	doc, err := signer.Open(bytes.NewReader(in), int64(len(in)))
	if err != nil {
		return nil, err
	}
	req := signer.Request{Level: signer.BT, Services: signer.Services{Timestamper: s.tsa, Memory: s.memory}, Time: s.db.Now().In(beijing),
		Reason: "签署《" + j.env.Subject + "》", Fill: texts}
	subject := Subject{Purpose: PersonSigns, ID: j.who.Person.ID, Name: j.who.Person.Name, Number: j.who.Person.MaskedID}
	req.Name = j.who.Person.Name
	if j.who.Company != nil {
		subject.Company, subject.Code = j.who.Company.Name, j.who.Company.CreditCode
	}
	if st.Kind == SealBox {
		use := j.seals[st.Seal]
		subject = Subject{Purpose: SealSigns, ID: use.Seal, Company: subject.Company, Code: subject.Code, Seal: use.Name}
		req.Name = subject.Company
	}
	if st.Seal != "" {
		made, err := s.seals.ImpressionOf(ctx, j.seals[st.Seal])
		if err != nil {
			return nil, err
		}
		if req.Appearance, err = fitted(made, st.Box); err != nil {
			return nil, err
		}
	}
	if st.Added {
		f := st.Box
		f.Field = fmt.Sprintf("A%d-%d", j.party, n+1)
		nf := f.signatureField(0)
		req.NewField = &nf
	} else {
		req.Field = st.Field
	}
	if req.Credential, err = s.credentials.For(ctx, subject); err != nil {
		return nil, fmt.Errorf("envelope: credentials: %w", err)
	}
	var out bytes.Buffer
	if err := signer.Sign(ctx, &out, doc, req); err != nil {
		return nil, layoutFault(err)
	}
	return out.Bytes(), nil
}

// commit puts the signed documents in place, if nobody signed them meanwhile (T20) and
// the seals are still the signer's to use.
func (s *Service) commit(ctx context.Context, j *job, heads []store.Digest, token string) (*Envelope, error) {
	var out Envelope
	var denied error
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := leased(ctx, tx, j.env.ID, token)
		if err != nil {
			return err
		}
		for i, f := range rec.V.Files {
			if f.Head != j.env.Files[i].Head {
				return ErrHeadMoved
			}
		}
		j.env = rec.V
		if denied, err = s.entitled(ctx, tx, j); err != nil {
			return err
		}
		if denied != nil {
			return s.takeBack(ctx, tx, rec, j, denied)
		}
		for _, st := range rec.V.Parties[j.party-1].Consent.Stamps {
			if st.Seal == "" {
				continue
			}
			if err := s.seals.LogUse(ctx, tx, registry.UseRecord{Seal: st.Seal, Grant: st.Grant, Person: j.actor.Person,
				Envelope: rec.V.ID, Document: heads[st.File].String()}); err != nil {
				return err
			}
		}
		evs, err := Decide(&rec.V, Sign{Party: j.party, Heads: heads}, tx.Now())
		if err != nil {
			return err
		}
		out, err = s.apply(ctx, tx, rec, j.actor, evs)
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

// beijing is the zone of the times that people read.
var beijing = time.FixedZone("CST", 8*3600)
