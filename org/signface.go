package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/digest"
	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// signFaceTTL is how long a face check for signing is valid, from its beginning to its
// use.
const signFaceTTL = 10 * time.Minute

// kindSignFace is a session of a face check for one consent.
const kindSignFace = "sign"

// SignFace is a face check that was opened for one consent (刷脸确认意愿).
type SignFace struct {
	Token string    // needed by UseSignFace; also the provider's reference of the check
	URL   string    // what the PC shows as a QR code
	Until time.Time // it must be passed and used before
}

// SignFaceResult is a face check that was used: what is kept as evidence.
type SignFaceResult struct {
	Token       string `json:"token"`       // the reference that the provider got
	Salt        string `json:"salt"`        // with person and binding it makes Token: see SignFaceToken
	Transaction string `json:"transaction"` // the provider's number
}

// FaceReason is why a face check was refused for signing. The zero value is
// [FaceOther].
type FaceReason uint8

const (
	// FaceOther is a check that does not exist, belongs to another person, was opened
	// for something else, or was already used.
	FaceOther FaceReason = iota
	// FacePending is a check that the provider has not reported yet.
	FacePending
	// FaceFailed is a check that did not pass.
	FaceFailed
	// FaceExpired is a check that was opened more than ten minutes ago.
	FaceExpired
)

var faceReasonNames = [...][2]string{
	FaceOther:   {"is for something else", "人脸识别与本次签署不符，请重新进行人脸识别"},
	FacePending: {"is pending", "人脸识别尚未通过，请先在手机端完成认证"},
	FaceFailed:  {"did not pass", "人脸识别未通过，请重新进行人脸识别"},
	FaceExpired: {"has expired", "人脸识别已过期，请重新进行人脸识别"},
}

// String returns the reason in English.
func (r FaceReason) String() string { return enum.English("FaceReason", faceReasonNames[:], r) }

// Zh returns the sentence to show.
func (r FaceReason) Zh() string {
	return enum.Zh("人脸识别与本次签署不符，请重新进行人脸识别", faceReasonNames[:], r)
}

// FaceError says that a face check does not allow a signature.
type FaceError struct{ Reason FaceReason }

// Error names the reason.
func (e *FaceError) Error() string { return "org: face check " + e.Reason.String() }

// Zh returns the sentence to show.
func (e *FaceError) Zh() string { return e.Reason.Zh() }

// SignFaceToken returns the reference of a face check: 32 hexadecimal digits of the
// SHA-256 over salt, person and binding, each with its length before it. With these
// three, anyone can prove that the provider checked a face for this binding.
func SignFaceToken(salt string, person PersonID, binding [32]byte) string {
	sum := sha256.Sum256(digest.Frame("org/signface", salt, string(person), string(binding[:])))
	return hex.EncodeToString(sum[:sessionBytes])
}

// StartSignFace opens a face check that is valid for one binding, ten minutes and one
// use. It returns the same errors as [Will.SendSignCode] if the actor may not sign. The
// provider's report comes through [Service.FaceCallback]. It returns a [*LimitError]
// for the fourth check in a day after three that did not pass, and a [*PortError] if
// the provider does not answer.
func (w Will) StartSignFace(ctx context.Context, actor Actor, binding [32]byte, returnTo string) (SignFace, error) {
	s := w.s
	salt, err := s.newSessionID()
	if err != nil {
		return SignFace{}, err
	}
	out := SignFace{Token: SignFaceToken(salt, actor.Person, binding)}
	r := FaceRequest{Session: out.Token, ReturnTo: returnTo}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionEnvelopeSign); err != nil {
			return err
		}
		p, err := persons.Get(ctx, tx, string(actor.Person))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if err := s.openFace(ctx, tx, p.V.NumberIx); err != nil {
			return err
		}
		raw, err := s.keys.Decrypt(secret.Place{Table: "org_person", Column: "number", ID: string(p.V.ID)}, p.V.Number)
		if err != nil {
			return err
		}
		r.Name, r.IDNumber = p.V.Name, secret.IDNumber(raw.Reveal())
		out.Until = tx.Now().Add(signFaceTTL)
		return sessions.Insert(ctx, tx, session{ID: out.Token, Subject: string(p.V.ID), Kind: kindSignFace, NumberIx: p.V.NumberIx, Salt: salt, At: tx.Now()})
	})
	if err != nil {
		return SignFace{}, err
	}
	out.URL, err = s.startFace(ctx, r)
	return out, err
}

// UseSignFace uses up a face check that [Will.StartSignFace] opened for this actor and
// binding, inside the caller's transaction, together with what it allows. Only the
// provider's report proves that it passed. It returns a [*FaceError] if the check does
// not allow it; nothing is counted, so the transaction does not have to be committed.
func (w Will) UseSignFace(ctx context.Context, tx *store.Tx, actor Actor, binding [32]byte, token string) (SignFaceResult, error) {
	none := SignFaceResult{}
	rec, err := sessions.Get(ctx, tx, token)
	if errors.Is(fault.NotFound(err, ErrNotFound), ErrNotFound) {
		return none, &FaceError{Reason: FaceOther}
	}
	if err != nil {
		return none, err
	}
	if err := judgeSignFace(&rec.V, actor.Person, binding, tx.Now()); err != nil {
		return none, err
	}
	rec.V.Used = true
	return SignFaceResult{Token: token, Salt: rec.V.Salt, Transaction: rec.V.Transaction}, sessions.Update(ctx, tx, rec)
}

// judgeSignFace checks whether a check may be used: nil, or the refusal. Computing the
// same token again proves that it is for signing, this person and this binding. Pure.
func judgeSignFace(se *session, person PersonID, binding [32]byte, now time.Time) error {
	switch {
	case se.Used || SignFaceToken(se.Salt, person, binding) != se.ID:
		return &FaceError{Reason: FaceOther}
	case !now.Before(se.At.Add(signFaceTTL)):
		return &FaceError{Reason: FaceExpired}
	case !se.Done:
		return &FaceError{Reason: FacePending}
	case !se.Passed:
		return &FaceError{Reason: FaceFailed}
	}
	return nil
}
