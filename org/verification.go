package org

import (
	"context"
	"errors"
	"net/http"

	"github.com/dajiaqian/dajiaqian/store"
)

// Details are what real-name verification starts from (M7).
type Details struct {
	Name     string
	IDNumber string // 身份证号
	Code     Secret // sent by SendCode with PurposeVerify
	ReturnTo string // where the phone's browser goes after the check; may be empty
}

// StartVerification takes a person's details and opens a face check (M8). It
// returns the address that the PC shows as a QR code.
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
	err = s.withCode(ctx, PurposeVerify, phone, d.Code, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return notFound(err)
		}
		if rec.V.State == PersonVerified {
			return ErrVerified
		}
		if err := s.allowed(ctx, tx, faceLimits(), rec.V.ID); err != nil {
			return err
		}
		sealed, err := s.keys.Seal(s.random, Place{"org_person", "number", rec.V.ID}, number)
		if err != nil {
			return err
		}
		rec.V.Name, rec.V.Number, rec.V.NumberIx, rec.V.NumberMask = name, sealed, s.keys.blind("id", number), certMask(number)
		rec.V.State, rec.V.Session = PersonDetailed, id
		if err := persons.Update(ctx, tx, rec); err != nil {
			return err
		}
		return sessions.Insert(ctx, tx, session{ID: id, Subject: rec.V.ID, Kind: "face", At: tx.Now()})
	})
	if err != nil {
		return "", err
	}
	return s.startFace(ctx, FaceRequest{Session: id, Name: name, IDNumber: number, ReturnTo: d.ReturnTo})
}

// RefreshFaceCheck opens another face check on the details that were accepted,
// for a QR code that ran out or a provider that did not answer. The check before
// it counts no more; whose face has passed only has to confirm, and gets
// ErrVerified. Three faces that did not pass end it for a day (T23).
func (s *Service) RefreshFaceCheck(ctx context.Context, actor Actor, returnTo string) (url string, err error) {
	id, err := s.newSessionID()
	if err != nil {
		return "", err
	}
	var name string
	var number Secret
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return notFound(err)
		}
		switch rec.V.State {
		case PersonUnverified:
			return ErrDetailsFirst
		case PersonFacePassed, PersonVerified:
			return ErrVerified
		case PersonDetailed:
		}
		if err := s.allowed(ctx, tx, faceLimits(), rec.V.ID); err != nil {
			return err
		}
		raw, err := s.keys.Open(Place{"org_person", "number", rec.V.ID}, rec.V.Number)
		if err != nil {
			return err
		}
		name, number = rec.V.Name, Secret{text: raw.text, form: formID}
		rec.V.Session = id
		if err := persons.Update(ctx, tx, rec); err != nil {
			return err
		}
		return sessions.Insert(ctx, tx, session{ID: id, Subject: rec.V.ID, Kind: "face", At: tx.Now()})
	})
	if err != nil {
		return "", err
	}
	return s.startFace(ctx, FaceRequest{Session: id, Name: name, IDNumber: number, ReturnTo: returnTo})
}

// startFace asks the provider, outside any transaction.
func (s *Service) startFace(ctx context.Context, r FaceRequest) (string, error) {
	url, err := s.faces.Start(ctx, r)
	if err != nil {
		return "", portError("face", err)
	}
	return url, nil
}

func (s *Service) phone(ctx context.Context, personID string) (Secret, error) {
	var out Secret
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, personID)
		if err != nil {
			return notFound(err)
		}
		out, err = s.phoneOf(&rec.V)
		return err
	})
	return out, err
}

// FaceCallback takes a face provider's report. The host mounts it in its server
// and answers 2xx when it returns nil. A report that comes twice, late, or for a
// check that was replaced changes nothing and is no error; a forged one is
// ErrCallback.
func (s *Service) FaceCallback(ctx context.Context, header http.Header, body []byte) error {
	r, err := s.faces.ParseCallback(header, body)
	if err != nil {
		s.log.WarnContext(ctx, "face callback refused", "reason", scrub(err.Error()))
		return ErrCallback
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		se, err := s.settle(ctx, tx, "face", r.Session, r.Passed, r.Transaction)
		if err != nil || se == nil {
			return err
		}
		if !r.Passed {
			return s.count(ctx, tx, faceLimits(), se.Subject)
		}
		rec, err := persons.Get(ctx, tx, se.Subject)
		if err != nil {
			return err
		}
		if rec.V.Session != se.ID || rec.V.State != PersonDetailed {
			return nil // another check was opened since
		}
		rec.V.State = PersonFacePassed
		return persons.Update(ctx, tx, rec)
	})
}

// ConfirmVerification is 我已完成认证 on the PC (M10): the face alone does not
// verify a person, this does, and only after the face passed (M11).
func (s *Service) ConfirmVerification(ctx context.Context, actor Actor) (Person, error) {
	var out Person
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return notFound(err)
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
		rec.V.State, rec.V.VerifiedAt, rec.V.Session = PersonVerified, tx.Now(), ""
		if err := persons.Update(ctx, tx, rec); errors.Is(err, store.ErrExists) {
			return ErrIDTaken
		} else if err != nil {
			return err
		}
		out = rec.V.public()
		return nil
	})
	if err != nil {
		return Person{}, err
	}
	s.log.InfoContext(ctx, "person verified", "person", out.ID)
	return out, nil
}
