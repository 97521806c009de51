package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/digest"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// signFaceTTL is how long a face check for signing is good, from its beginning to
// its use.
const signFaceTTL = 10 * time.Minute

// kindSignFace is a session of a face check that stands for one consent.
const kindSignFace = "sign"

// SignFace is a face check that was opened for one consent (刷脸确认意愿).
type SignFace struct {
	Token string    // what UseSignFace asks for; also the provider's reference of the check
	URL   string    // what the PC shows as a QR code
	Until time.Time // it must be passed and used before
}

// SignFaceResult is a face check that was used: what is kept as evidence.
type SignFaceResult struct {
	Token       string `json:"token"`       // the reference that the provider was given
	Salt        string `json:"salt"`        // with person and binding it makes Token: see SignFaceToken
	Transaction string `json:"transaction"` // the provider's number
}

// FaceReason is why a face check was refused for signing. The zero value is
// FaceOther.
type FaceReason uint8

const (
	// FaceOther is a check that does not exist, is another person's, was opened for
	// something else, or was used before.
	FaceOther FaceReason = iota
	// FacePending is a check of which the provider has not reported yet.
	FacePending
	// FaceFailed is a check that did not pass.
	FaceFailed
	// FaceExpired is a check that was begun more than ten minutes ago.
	FaceExpired
)

// FaceError says that a face check does not allow a signature.
type FaceError struct{ Reason FaceReason }

// Error names the reason.
func (e *FaceError) Error() string {
	switch e.Reason {
	case FacePending:
		return "org: face check is pending"
	case FaceFailed:
		return "org: face check did not pass"
	case FaceExpired:
		return "org: face check has expired"
	default:
		return "org: face check is for something else"
	}
}

// Zh is the sentence to show.
func (e *FaceError) Zh() string {
	switch e.Reason {
	case FacePending:
		return "人脸识别尚未通过，请先在手机端完成认证"
	case FaceFailed:
		return "人脸识别未通过，请重新进行人脸识别"
	case FaceExpired:
		return "人脸识别已过期，请重新进行人脸识别"
	default:
		return "人脸识别与本次签署不符，请重新进行人脸识别"
	}
}

// SignFaceToken is the reference of a face check: 32 hexadecimal digits of the
// SHA-256 over salt, person and binding, each with its length before it. Whoever
// knows the three can tell that the provider checked a face for this binding.
func SignFaceToken(salt, person string, binding [32]byte) string {
	sum := sha256.Sum256(digest.Frame("org/signface", salt, person, string(binding[:])))
	return hex.EncodeToString(sum[:sessionBytes])
}

// StartSignFace opens a face check that is good for one binding, ten minutes and one
// use: see SendSignCode, whose refusals it shares. The provider's report comes
// through FaceCallback. The fourth check in a day after three that did not pass is a
// *LimitError, a provider that does not answer a *PortError.
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
		p, err := persons.Get(ctx, tx, actor.Person)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if err := s.allowed(ctx, tx, faceLimits(), p.V.ID); err != nil {
			return err
		}
		raw, err := s.keys.Decrypt(secret.Place{Table: "org_person", Column: "number", ID: p.V.ID}, p.V.Number)
		if err != nil {
			return err
		}
		r.Name, r.IDNumber = p.V.Name, secret.IDNumber(raw.Reveal())
		out.Until = tx.Now().Add(signFaceTTL)
		return sessions.Insert(ctx, tx, session{ID: out.Token, Subject: p.V.ID, Kind: kindSignFace, Salt: salt, At: tx.Now()})
	})
	if err != nil {
		return SignFace{}, err
	}
	out.URL, err = s.startFace(ctx, r)
	return out, err
}

// UseSignFace uses up a face check that StartSignFace opened for this actor and
// binding, inside the caller's transaction, together with what it allows. That it
// passed is believed from the provider's report alone. What does not allow it is a
// *FaceError, which counts nothing: the transaction need not be committed.
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

// judgeSignFace says whether a check may be used: nil, or the refusal. That the token
// comes out again tells that it is for signing, this person and this binding. Pure.
func judgeSignFace(se *session, person string, binding [32]byte, now time.Time) error {
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
