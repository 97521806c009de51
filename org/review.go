package org

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// ReviewState is the state of a manual review. The zero value is invalid.
type ReviewState int

// The states of M26 and M27.
const (
	ReviewDraft    ReviewState = iota + 1 // papers are being uploaded
	ReviewWaiting                         // 提交成功, 等待系统审核
	ReviewApproved                        // 审核通过
	ReviewRefused                         // 审核不通过: the company is 未认证 again
)

var reviewStateNames = [...][2]string{
	ReviewDraft:    {"draft", "待提交"},
	ReviewWaiting:  {"waiting", "等待系统审核"},
	ReviewApproved: {"approved", "审核通过"},
	ReviewRefused:  {"refused", "审核不通过"},
}

// String returns the state in English.
func (s ReviewState) String() string { return enum.English("ReviewState", reviewStateNames[:], s) }

// Zh returns the platform's word.
func (s ReviewState) Zh() string { return enum.Zh("未知", reviewStateNames[:], s) }

// review is the stored record.
type review struct {
	ID          string      `json:"id"`
	Company     CompanyID   `json:"company"`
	Applicant   PersonID    `json:"applicant"` // id of the handler (经办人)
	Handler     string      `json:"handler"`   // their name
	Phone       string      `json:"phone"`     // masked: where the result is sent
	Kind        IDKind      `json:"kind"`
	Legal       string      `json:"legal"`
	State       ReviewState `json:"state"`
	At          time.Time   `json:"at"`
	SubmittedAt time.Time   `json:"submitted_at"`
	Due         time.Time   `json:"due"`
	DecidedBy   PersonID    `json:"decided_by"`
	DecidedAt   time.Time   `json:"decided_at"`
	Reason      string      `json:"reason"`
}

var reviews = store.NewTable("org_review", func(r *review) string { return r.ID },
	store.Int("state", func(r *review) int64 { return int64(r.State) }),
	store.Text("applicant", func(r *review) string { return string(r.Applicant) }),
	store.Time("due", func(r *review) time.Time { return r.Due })).
	Index("by_queue", "state", "due").
	Index("by_applicant", "applicant")

// ReviewForm is what 人工审核 asks for before the papers (M20).
type ReviewForm struct {
	CreditCode string // 统一信用代码: the company's own
	Legal      string // 法定代表人, 1 to 50 characters
	Agreement  string // version of 《身份核验服务协议》 that was ticked
}

// Review is a manual review as the company and the reviewers see it.
type Review struct {
	ID          string
	Company     CompanyID // id
	Name        string    // 企业名称
	CreditCode  string
	Legal       string // 法定代表人
	Handler     string // 经办人身份: the applicant's verified name (M21)
	Phone       string // masked, 173****27: where the result is sent (M26)
	Region      string // 国家/地区: always 中国大陆 (M21)
	IDKind      IDKind // 证件类型 (M21)
	State       ReviewState
	Papers      []Paper   // those uploaded so far
	SubmittedAt time.Time // UTC
	Due         time.Time // UTC; one working day after SubmittedAt (M26)
	DecidedAt   time.Time
	Reason      string // of a refusal
}

const region = "中国大陆"

// StartReview begins a manual review (人工审核, M20). The papers follow with
// [Service.Upload], and [Service.SubmitReview] submits them. An earlier review that was
// not submitted ends. The handler is the actor. It returns [ErrMethodOff] without
// Config.Reviewers, [ErrVerified] if the company is verified, [ErrInReview] if a review
// was submitted, [ErrAgreement] if the agreement is not the one in force, and a
// [*FieldError] if the credit code is not the company's.
func (s *Service) StartReview(ctx context.Context, actor Actor, f ReviewForm) (Review, error) {
	if s.reviewers == nil {
		return Review{}, ErrMethodOff
	}
	legal, err := cleanName("legal representative", f.Legal, 50)
	if err != nil {
		return Review{}, err
	}
	code, _, err := ParseCreditCode(f.CreditCode, false)
	if err != nil {
		return Review{}, err
	}
	if f.Agreement != s.agreement {
		return Review{}, ErrAgreement
	}
	var out Review
	c := command{name: "company.review.start", actor: actor, right: ActionCompanyVerify, args: []string{code, legal}}
	_, err = s.do(ctx, c, &out, func(ctx context.Context, a *act) error {
		rec, err := loadUnverified(ctx, a)
		if err != nil {
			return err
		}
		if rec.V.State == CompanyInReview {
			return ErrInReview
		}
		if rec.V.Code != code {
			return &FieldError{"credit code", "not the company's", "统一社会信用代码与企业不符"}
		}
		if err := s.dropReview(ctx, a, rec.V.Review, "重新发起"); err != nil {
			return err
		}
		r := review{ID: a.tx.NewID(), Company: rec.V.ID, Applicant: actor.Person, Handler: a.st.Person.Name, Phone: a.st.Person.Phone,
			Kind: a.st.Person.IDKind, Legal: legal, State: ReviewDraft, At: a.tx.Now()}
		if err := insert(ctx, a, reviews, "review/"+r.ID, r); err != nil {
			return err
		}
		was := rec.V
		rec.V.Review = r.ID
		if err := update(ctx, a, companies, "company/"+string(rec.V.ID), was, rec); err != nil {
			return err
		}
		if err := s.consent(ctx, a, DocumentAgreement, f.Agreement); err != nil {
			return err
		}
		out, err = s.showReview(ctx, a.tx, r)
		return err
	})
	return out, err
}

// dropReview ends a review that nobody will decide.
func (s *Service) dropReview(ctx context.Context, a *act, id, reason string) error {
	if id == "" {
		return nil
	}
	rec, err := reviews.Get(ctx, a.tx, id)
	if err != nil {
		return err
	}
	was := rec.V
	if was.State != ReviewDraft && was.State != ReviewWaiting {
		return nil
	}
	rec.V.State, rec.V.Reason, rec.V.DecidedAt = ReviewRefused, reason, a.tx.Now()
	return update(ctx, a, reviews, "review/"+id, was, rec)
}

// showReview adds what is stored elsewhere.
func (s *Service) showReview(ctx context.Context, tx *store.Tx, r review) (Review, error) {
	c, err := companies.Get(ctx, tx, string(r.Company))
	if err != nil && !errors.Is(err, store.ErrNotFound) { // a company may be deleted with the account that made it: see Purge
		return Review{}, err
	}
	out := Review{ID: r.ID, Company: r.Company, Name: c.V.Name, CreditCode: c.V.Code, Legal: r.Legal, Handler: r.Handler, Phone: r.Phone,
		Region: region, IDKind: r.Kind, State: r.State, SubmittedAt: r.SubmittedAt, Due: r.Due, DecidedAt: r.DecidedAt, Reason: r.Reason}
	have, err := s.loadPapers(ctx, tx, r.ID)
	for _, p := range have {
		out.Papers = append(out.Papers, p.V.Kind)
	}
	return out, err
}

// loadPapers loads the uploaded papers, in the order of Papers.
func (s *Service) loadPapers(ctx context.Context, tx *store.Tx, id string) ([]store.Rec[paper], error) {
	page, err := papers.Page(ctx, tx, store.Where("review", id), store.Limit(len(Papers())))
	return page.Items, err
}

// loadDraft loads the company's review for its applicant, while papers may be uploaded.
func (s *Service) loadDraft(ctx context.Context, tx *store.Tx, actor Actor) (store.Rec[review], error) {
	c, err := companies.Get(ctx, tx, string(actor.Org))
	if err != nil {
		return store.Rec[review]{}, fault.NotFound(err, ErrNotFound)
	}
	if c.V.Review == "" {
		return store.Rec[review]{}, ErrNoReview
	}
	rec, err := reviews.Get(ctx, tx, c.V.Review)
	if err != nil {
		return rec, err
	}
	switch {
	case rec.V.State == ReviewWaiting:
		return rec, ErrInReview
	case rec.V.State != ReviewDraft || rec.V.Applicant != actor.Person:
		return rec, ErrNoReview // the papers belong to one handler
	}
	return rec, nil
}

// Upload takes one paper of a review that the actor began (点击上传, M22 to M25). name is
// the file's name. r is its content, read to its end or to the limit of
// [Paper.MaxBytes]. A paper that is sent again replaces the one before. The content is
// decoded whole, whatever the name says, and stored encrypted. It returns a
// [*PaperError] if the file is refused, and a [*LimitError] for the 101st picture in a
// day.
func (s *Service) Upload(ctx context.Context, actor Actor, p Paper, name string, r io.Reader) error {
	if s.reviewers == nil {
		return ErrMethodOff
	}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error { // before the bytes are read
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionCompanyVerify); err != nil {
			return err
		}
		if _, err := s.loadDraft(ctx, tx, actor); err != nil {
			return err
		}
		claim, err := s.claimOf(ctx, tx, actor.Org)
		if err != nil {
			return err
		}
		return s.checkAllowed(ctx, tx, uploadLimits(), claim)
	})
	if err != nil {
		return err
	}
	content, err := readPaper(p, name, r)
	if err != nil {
		return err
	}
	mime, err := s.checkPicture(ctx, p, content)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	encrypted, err := s.keys.Encrypt(s.random, paperPlace(digest), secret.New(string(content)))
	if err != nil {
		return err
	}
	blob, _, err := s.blobs.Put(ctx, bytes.NewReader(encrypted.Data)) // before the row that names it
	if err != nil {
		return err
	}
	c := command{name: "company.review.upload", actor: actor, right: ActionCompanyVerify, args: []string{p.Zh(), digest}}
	_, err = s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		rv, err := s.loadDraft(ctx, a.tx, actor)
		if err != nil {
			return err
		}
		claim, err := s.claimOf(ctx, a.tx, actor.Org)
		if err != nil {
			return err
		}
		if err := s.spendOne(ctx, a.tx, uploadLimits(), claim); err != nil {
			return err
		}
		n := paper{Review: rv.V.ID, Kind: p, Digest: digest, Blob: blob.String(), Key: encrypted.Key, Bytes: int64(len(content)), Type: mime, At: a.tx.Now()}
		what := "paper/" + paperID(n.Review, n.Kind)
		rec, err := papers.Get(ctx, a.tx, paperID(n.Review, n.Kind))
		if errors.Is(err, store.ErrNotFound) {
			return insert(ctx, a, papers, what, n)
		}
		if err != nil {
			return err
		}
		was := rec.V
		rec.V = n
		return update(ctx, a, papers, what, was, rec)
	})
	return err
}

// paperPlace binds a ciphertext to the picture that it must decrypt to: a ciphertext
// that was moved to another picture's place does not decrypt (T23).
func paperPlace(digest string) secret.Place {
	return secret.Place{Table: "org_paper", Column: "content", ID: digest}
}

// SubmitReview submits the papers (提交, M26): the company is then 审核中, and the review is
// due after one working day. It returns a [*MissingError] if a paper is missing, and
// [ErrSamePaper] if one picture was sent for two papers.
func (s *Service) SubmitReview(ctx context.Context, actor Actor) (Review, error) {
	if s.reviewers == nil {
		return Review{}, ErrMethodOff
	}
	var out Review
	c := command{name: "company.review.submit", actor: actor, right: ActionCompanyVerify}
	_, err := s.do(ctx, c, &out, func(ctx context.Context, a *act) error {
		rec, err := loadUnverified(ctx, a)
		if err != nil {
			return err
		}
		rv, err := s.loadDraft(ctx, a.tx, actor)
		if err != nil {
			return err
		}
		have, err := s.loadPapers(ctx, a.tx, rv.V.ID)
		if err != nil {
			return err
		}
		if err := checkComplete(have); err != nil {
			return err
		}
		if err := replaceRemittance(ctx, a, rec.V.Remittance); err != nil {
			return err
		}
		was, wasCompany := rv.V, rec.V
		rv.V.State, rv.V.SubmittedAt, rv.V.Due = ReviewWaiting, a.tx.Now(), dueAfterWorkday(a.tx.Now(), s.holiday)
		if err := update(ctx, a, reviews, "review/"+was.ID, was, rv); err != nil {
			return err
		}
		rec.V.State, rec.V.Remittance = CompanyInReview, ""
		if err := update(ctx, a, companies, "company/"+string(rec.V.ID), wasCompany, rec); err != nil {
			return err
		}
		out, err = s.showReview(ctx, a.tx, rv.V)
		return err
	})
	return out, err
}

// checkComplete checks whether the papers may be submitted. Pure.
func checkComplete(have []store.Rec[paper]) error {
	seen, digests := map[Paper]bool{}, map[string]bool{}
	for _, p := range have {
		seen[p.V.Kind] = true
		digests[p.V.Digest] = true
	}
	for _, p := range Papers() {
		if !seen[p] {
			return &MissingError{p}
		}
	}
	if len(digests) < len(have) {
		return ErrSamePaper
	}
	return nil
}

// MissingError says which paper was not uploaded.
type MissingError struct{ Paper Paper }

// Error names the paper by its number.
func (e *MissingError) Error() string { return fmt.Sprintf("org: paper %d is missing", int(e.Paper)) }

// Zh returns the sentence to show.
func (e *MissingError) Zh() string { return "请上传" + e.Paper.Zh() }

// ReviewStatus returns the company's last review to its administrators. It returns
// [ErrNoReview] if there is none.
func (s *Service) ReviewStatus(ctx context.Context, actor Actor) (Review, error) {
	var out Review
	err := s.viewVerifying(ctx, actor, func(ctx context.Context, tx *store.Tx, c company) error {
		if c.Review == "" {
			return ErrNoReview
		}
		rec, err := reviews.Get(ctx, tx, c.Review)
		if err != nil {
			return err
		}
		out, err = s.showReview(ctx, tx, rec.V)
		return err
	})
	return out, err
}

// Keeps reports whether a paper names this blob. The keep function of [store.Sweep]
// calls it for this package.
func (u Upkeep) Keeps(ctx context.Context, d store.Digest) (bool, error) {
	s := u.s
	found := false
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, err := papers.Light(ctx, tx, store.Where("blob", d.String()), store.Limit(1))
		found = len(page.Items) > 0
		return err
	})
	return found, err
}

// Named calls each for the blobs that papers name. [store.CheckBlobs] uses it for this
// package.
func (u Upkeep) Named(ctx context.Context, each func(store.Digest) error) error {
	s := u.s
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for rec, err := range papers.All(ctx, tx, store.Limit(store.MaxLimit)) {
			if err != nil {
				return err
			}
			if rec.V.Blob == "" {
				continue
			}
			d, err := store.ParseDigest(rec.V.Blob)
			if err != nil {
				return err
			}
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	})
}
