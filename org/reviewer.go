package org

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Reviewers knows who is on the platform's reviewing staff (审核人员), which is not a role
// in any company.
type Reviewers interface {
	// Reviewer reports whether a verified person is a reviewer now. It is called before
	// every reviewer's command, outside of transactions. It must answer by the present
	// staff list, return when ctx is done, and may be called concurrently.
	Reviewer(ctx context.Context, person PersonID) (bool, error)
}

// mayReview returns ErrNotFound for everyone who is not on the staff: a stranger does
// not learn that there is such a desk.
func (s *Service) mayReview(ctx context.Context, actor Actor) error {
	if s.reviewers == nil {
		return ErrNotFound
	}
	p, err := s.Person(ctx, actor.Person)
	if err != nil {
		return err
	}
	ok, err := s.reviewers.Reviewer(ctx, actor.Person)
	if err != nil {
		return portError("reviewers", err)
	}
	if !ok || p.State != PersonVerified {
		return ErrNotFound
	}
	return nil
}

// judgeReviewer checks whether a reviewer may see and decide a review. They may not if
// they are its applicant, or if the company knows them as a member in any state. Pure.
func judgeReviewer(r *review, reviewer PersonID, known bool) error {
	if r.Applicant == reviewer || known {
		return ErrOwnReview
	}
	return nil
}

// loadForReviewer loads a review for a reviewer, in the transaction of their command.
func (s *Service) loadForReviewer(ctx context.Context, tx *store.Tx, reviewer PersonID, id string) (store.Rec[review], error) {
	rec, err := reviews.Get(ctx, tx, id)
	if err != nil {
		return rec, fault.NotFound(err, ErrNotFound)
	}
	m, err := s.loadMember(ctx, tx, rec.V.Company, reviewer)
	if err != nil {
		return rec, err
	}
	return rec, judgeReviewer(&rec.V, reviewer, m.Person != "")
}

// List lists the reviews of one state to a reviewer, 50 per page, in the order in which
// they are due. It returns [ErrNotFound] if the actor is not on the staff.
func (d ReviewDesk) List(ctx context.Context, reviewer Actor, state ReviewState, after store.Cursor) ([]Review, store.Cursor, error) {
	s := d.s
	if err := s.mayReview(ctx, reviewer); err != nil {
		return nil, "", err
	}
	var out []Review
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, err := reviews.Page(ctx, tx, store.Where("state", state), store.Asc("due"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			shown, err := s.showReview(ctx, tx, r.V)
			if err != nil {
				return err
			}
			out = append(out, shown)
		}
		return nil
	})
	return out, next, err
}

// Read writes one paper of a review to w, decrypted, for a reviewer. The company's
// audit records the reading. It returns [ErrNotFound] if the paper is missing or was
// purged, and [ErrOwnReview] if the review is of the reviewer's own company.
func (d ReviewDesk) Read(ctx context.Context, reviewer Actor, id string, p Paper, w io.Writer) error {
	s := d.s
	if err := s.mayReview(ctx, reviewer); err != nil {
		return err
	}
	var row paper
	c := command{name: "review.read", actor: Actor{Person: reviewer.Person}}
	_, err := s.unkeyed().do(ctx, c, nil, func(ctx context.Context, a *act) error {
		rv, err := s.loadForReviewer(ctx, a.tx, reviewer.Person, id)
		if err != nil {
			return err
		}
		rec, err := papers.Get(ctx, a.tx, paperID(id, p))
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if row = rec.V; row.Blob == "" {
			return ErrNotFound
		}
		a.command.actor.Org = rv.V.Company
		return a.log(ctx, "paper/"+paperID(id, p), row, row)
	})
	if err != nil {
		return err
	}
	content, err := s.openPaper(ctx, row)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, content)
	return err
}

// openPaper decrypts a picture and compares it with its digest.
func (s *Service) openPaper(ctx context.Context, p paper) (string, error) {
	digest, err := store.ParseDigest(p.Blob)
	if err != nil {
		return "", err
	}
	blob, err := s.blobs.Open(ctx, digest)
	if err != nil {
		return "", err
	}
	data := make([]byte, blob.Size())
	if _, err := io.ReadFull(io.NewSectionReader(blob, 0, blob.Size()), data); err != nil {
		_ = blob.Close()
		return "", err
	}
	if err := blob.Close(); err != nil {
		return "", err
	}
	content, err := s.keys.Decrypt(paperPlace(p.Digest), secret.Ciphertext{Key: p.Key, Data: data})
	if err != nil {
		return "", err
	}
	if sum := sha256.Sum256([]byte(content.Reveal())); hex.EncodeToString(sum[:]) != p.Digest {
		return "", secret.ErrDecrypt
	}
	return content.Reveal(), nil
}

// maxReason is the longest reason of a refusal, in characters.
const maxReason = 100

// Decide approves a review, which makes the company 已认证, or refuses it with a reason of
// 1 to 100 characters, after which the company is 未认证 again (M27). The applicant gets
// the result by a short message (M26). The same decision again changes nothing. It
// returns [ErrNoReview] for the opposite decision, and [ErrOwnReview] if reviewers
// would decide about themselves or their own company.
func (d ReviewDesk) Decide(ctx context.Context, reviewer Actor, id string, approve bool, reason string) (Review, error) {
	s := d.s
	if err := s.mayReview(ctx, reviewer); err != nil {
		return Review{}, err
	}
	name, to := "review.approve", ReviewApproved
	if !approve {
		var err error
		name, to = "review.refuse", ReviewRefused
		if reason, err = cleanName("reason", reason, maxReason); err != nil {
			return Review{}, err
		}
	} else {
		reason = ""
	}
	var out Review
	c := command{name: name, actor: Actor{Person: reviewer.Person}, args: []string{id, reason}}
	_, err := s.do(ctx, c, &out, func(ctx context.Context, a *act) error {
		if a.st.Person.State != PersonVerified {
			return ErrNotFound
		}
		rec, err := s.loadForReviewer(ctx, a.tx, reviewer.Person, id)
		if err != nil {
			return err
		}
		a.command.actor.Org = rec.V.Company
		if rec.V.State == to && rec.V.DecidedBy == reviewer.Person {
			out, err = s.showReview(ctx, a.tx, rec.V)
			return err
		}
		if rec.V.State != ReviewWaiting {
			return ErrNoReview
		}
		was := rec.V
		rec.V.State, rec.V.DecidedBy, rec.V.DecidedAt, rec.V.Reason = to, reviewer.Person, a.tx.Now(), reason
		if err := update(ctx, a, reviews, "review/"+id, was, rec); err != nil {
			return err
		}
		co, err := companies.Get(ctx, a.tx, string(was.Company))
		if err != nil {
			return err
		}
		if approve {
			err = verify(ctx, a, co, MethodReview, was.Legal)
		} else {
			wasCompany := co.V
			co.V.State = CompanyUnverified
			err = update(ctx, a, companies, "company/"+string(co.V.ID), wasCompany, co)
		}
		if err != nil {
			return err
		}
		if err := s.tellApplicant(ctx, a, was.Applicant, s.texts.Review(co.V.Name, approve, reason)); err != nil {
			return err
		}
		out, err = s.showReview(ctx, a.tx, rec.V)
		return err
	})
	if err != nil {
		return Review{}, err
	}
	s.log.InfoContext(ctx, "review decided", "review", id, "state", int(out.State), "by", reviewer.Person)
	return out, nil
}

// tellApplicant queues a message to a person's present phone.
func (s *Service) tellApplicant(ctx context.Context, a *act, person PersonID, text string) error {
	p, err := persons.Get(ctx, a.tx, string(person))
	if err != nil || p.V.State == PersonPurged {
		return err
	}
	phone, err := s.phoneOf(&p.V)
	if err != nil {
		return err
	}
	return s.notify(ctx, a.tx, phone, text)
}

// Overdue reports whether a review has waited longer than its working day (M26).
func (r Review) Overdue(now time.Time) bool { return r.State == ReviewWaiting && now.After(r.Due) }
