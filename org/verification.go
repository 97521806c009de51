package org

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Details are what real-name verification needs at its start (M7).
type Details struct {
	Name     string
	IDNumber string      // 身份证号
	Code     secret.Text // sent by SendCode with PurposeVerify
	ReturnTo string      // where the phone's browser goes after the check; may be empty
}

// StartVerification takes a person's details (M7) and opens a face check (人脸识别, M8),
// valid for an hour. It returns the address that the PC shows as a QR code. Earlier
// details, and a face that passed on them, no longer count. It returns a [*FieldError]
// if a field cannot be right, a [*CodeError] if the code is refused, [ErrVerified] if
// the person is verified, and a [*LimitError] for the fourth face in a day after three
// that did not pass. It returns a [*PortError] if the provider does not answer; the
// details are then stored, and [Service.RefreshFaceCheck] continues.
func (s *Service) StartVerification(ctx context.Context, actor Actor, d Details) (url string, err error) {
	name, err := cleanName("name", d.Name, 50)
	if err != nil {
		return "", err
	}
	number, err := ParseCitizenID(d.IDNumber, s.db.Now())
	if err != nil {
		return "", err
	}
	phone, err := s.phone(ctx, actor.Person)
	if err != nil {
		return "", err
	}
	id, err := s.newSessionID()
	if err != nil {
		return "", err
	}
	actor.Org = ""
	numberIx := s.keys.Index("id", number)
	c := command{name: "person.details", actor: actor, args: []string{name, numberIx}, codes: []codeUse{{PurposeVerify, phone, d.Code}}}
	repeated, err := s.do(ctx, c, &url, func(ctx context.Context, a *act) error {
		rec, err := persons.Get(ctx, a.tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		was := rec.V
		if rec.V.State == PersonVerified {
			return ErrVerified
		}
		if err := s.openFace(ctx, a.tx, numberIx); err != nil {
			return err
		}
		encrypted, err := s.keys.Encrypt(s.random, secret.Place{Table: "org_person", Column: "number", ID: string(rec.V.ID)}, number)
		if err != nil {
			return err
		}
		rec.V.Name, rec.V.Number, rec.V.NumberIx, rec.V.NumberMask = name, encrypted, numberIx, certMask(number)
		rec.V.NumberKind, rec.V.State, rec.V.Session = CitizenIDKind(number), PersonDetailed, id
		if err := update(ctx, a, persons, "person/"+string(rec.V.ID), was, rec); err != nil {
			return err
		}
		return sessions.Insert(ctx, a.tx, session{ID: id, Subject: string(rec.V.ID), Kind: "face", NumberIx: rec.V.NumberIx, At: a.tx.Now()})
	})
	switch {
	case err != nil || url != "":
		return url, err
	case repeated: // and the provider had not answered
		if url, err = s.RefreshFaceCheck(ctx, actor, d.ReturnTo); err != nil {
			return "", err
		}
		return url, s.amendAnswer(ctx, c, url)
	}
	if url, err = s.startFace(ctx, FaceRequest{Session: id, Name: name, IDNumber: number, ReturnTo: d.ReturnTo}); err != nil {
		return "", err
	}
	return url, s.amendAnswer(ctx, c, url)
}

// RefreshFaceCheck opens another face check on the details that were accepted, for a QR
// code that ran out or a provider that did not answer. The earlier check no longer
// counts. It returns [ErrVerified] if the face has already passed: the person then only
// has to confirm. After three faces that did not pass there is no check for a day
// (T23).
//
// It ignores an idempotency key: each call is a new check.
func (s *Service) RefreshFaceCheck(ctx context.Context, actor Actor, returnTo string) (url string, err error) {
	id, err := s.newSessionID()
	if err != nil {
		return "", err
	}
	var name string
	var number secret.Text
	actor.Org = ""
	_, err = s.unkeyed().do(ctx, command{name: "person.face.refresh", actor: actor}, nil, func(ctx context.Context, a *act) error {
		rec, err := persons.Get(ctx, a.tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		was := rec.V
		switch rec.V.State {
		case PersonUnverified:
			return ErrDetailsFirst
		case PersonFacePassed, PersonVerified:
			return ErrVerified
		case PersonPurged:
			return ErrNotFound
		case PersonDetailed:
		}
		if err := s.openFace(ctx, a.tx, rec.V.NumberIx); err != nil {
			return err
		}
		raw, err := s.keys.Decrypt(secret.Place{Table: "org_person", Column: "number", ID: string(rec.V.ID)}, rec.V.Number)
		if err != nil {
			return err
		}
		name, number = rec.V.Name, secret.IDNumber(raw.Reveal())
		rec.V.Session = id
		if err := update(ctx, a, persons, "person/"+string(rec.V.ID), was, rec); err != nil {
			return err
		}
		return sessions.Insert(ctx, a.tx, session{ID: id, Subject: string(rec.V.ID), Kind: "face", NumberIx: rec.V.NumberIx, At: a.tx.Now()})
	})
	if err != nil {
		return "", err
	}
	return s.startFace(ctx, FaceRequest{Session: id, Name: name, IDNumber: number, ReturnTo: returnTo})
}

// startFace calls the provider, outside any transaction.
func (s *Service) startFace(ctx context.Context, r FaceRequest) (string, error) {
	url, err := s.faces.Start(ctx, r)
	if err != nil {
		return "", portError("face", err)
	}
	return url, nil
}

func (s *Service) phone(ctx context.Context, personID PersonID) (secret.Text, error) {
	var out secret.Text
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, string(personID))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if rec.V.State == PersonPurged {
			return ErrNotFound
		}
		out, err = s.phoneOf(&rec.V)
		return err
	})
	return out, err
}

// FaceCallback takes a face provider's report (M9), on a verification or on a check of
// [Will.StartSignFace]. The host mounts it in its server and answers 2xx when it
// returns nil. A report that is repeated, late, or for a check that was replaced
// changes nothing and returns nil. It returns [ErrCallback] if the report is forged.
func (s *Service) FaceCallback(ctx context.Context, header http.Header, body []byte) error {
	r, err := s.faces.ParseCallback(header, body)
	if err != nil {
		s.log.WarnContext(ctx, "face callback refused", "reason", scrub(err.Error()))
		return ErrCallback
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		se, fresh, err := s.settle(ctx, tx, []string{"face", kindSignFace}, r.Session, r.Passed, r.Transaction)
		if err != nil || !fresh {
			return err
		}
		rec, err := persons.Get(ctx, tx, se.Subject)
		if err != nil {
			return err
		}
		number := cmp.Or(se.NumberIx, rec.V.NumberIx) // a session of an older program has none
		if !r.Passed {
			return s.count(ctx, tx, faceLimits(), number)
		}
		if err := s.forgive(ctx, tx, faceOpens(), opened(number)); err != nil || se.Kind == kindSignFace {
			return err // UseSignFace reads it
		}
		if rec.V.Session != se.ID || rec.V.State != PersonDetailed {
			return nil // another check was opened since
		}
		was := rec.V
		rec.V.State = PersonFacePassed
		a := &act{s: s, tx: tx, command: command{name: "person.face"}}
		return update(ctx, a, persons, "person/"+string(rec.V.ID), was, rec)
	})
}

// ConfirmVerification is 我已完成认证 on the PC (M10). The face alone does not verify a
// person: this does, and only after the face passed (M11). It returns [ErrDetailsFirst]
// or [ErrFaceFirst] if a step before is missing, and [ErrIDTaken] if another account is
// verified with the same number (M6). Confirming again changes nothing.
func (s *Service) ConfirmVerification(ctx context.Context, actor Actor) (Person, error) {
	var out Person
	actor.Org = ""
	_, err := s.do(ctx, command{name: "person.verify", actor: actor}, &out, func(ctx context.Context, a *act) error {
		rec, err := persons.Get(ctx, a.tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		switch rec.V.State {
		case PersonVerified:
			out = rec.V.public()
			return nil
		case PersonUnverified:
			return ErrDetailsFirst
		case PersonDetailed:
			return ErrFaceFirst
		}
		was := rec.V
		rec.V.State, rec.V.VerifiedAt, rec.V.Session = PersonVerified, a.tx.Now(), ""
		if err := update(ctx, a, persons, "person/"+string(rec.V.ID), was, rec); errors.Is(err, store.ErrExists) {
			return ErrIDTaken
		} else if err != nil {
			return err
		}
		out = rec.V.public()
		return s.tellKnown(ctx, a.tx, &rec.V)
	})
	if err != nil {
		return Person{}, err
	}
	s.log.InfoContext(ctx, "person verified", "person", out.ID)
	return out, nil
}
