package org

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Remitter pays small amounts into companies' accounts (对公打款).
type Remitter interface {
	// Remit orders one remittance and returns nil once the bank has taken the order. It
	// is called again after an error, and may be called again after a success that was
	// not recorded. So it must be idempotent by RemittanceOrder.ID: the money is sent
	// once. It must return when ctx is done (10 seconds), log neither account nor
	// amount, and keep both out of its error. It may be called concurrently.
	Remit(ctx context.Context, o RemittanceOrder) error
	// ParseCallback verifies the bank's signature on the raw body FIRST, and only then
	// reads it. See [FaceChecker].
	ParseCallback(header http.Header, body []byte) (RemittanceResult, error)
}

// RemittanceOrder is one remittance. Fen and Remark are the secret by which the company proves
// the account; only the bank may see them.
type RemittanceOrder struct {
	ID      string      // the same at every attempt
	Payee   string      // 单位名称
	Bank    string      // 开户行
	Account secret.Text // 银行账户: 8 to 30 digits
	Fen     int64       // 1 to 99
	Remark  secret.Text // 附言, as the payee's statement shows it: 4 digits
}

// RemittanceProof is what a person reads in the account's statement: the amount in fen, and
// the four digits of the remark (附言). Guessed, it is right once in 990,000 times.
type RemittanceProof struct {
	Fen    int64
	Remark string
}

// RemittanceResult is the content of a verified callback.
type RemittanceResult struct {
	ID          string // of the RemittanceOrder
	Arrived     bool   // the account exists, has the payee's name, and has the money
	Transaction string // the bank's number, kept as evidence; at most 128 bytes
}

// RemittanceState is the state of a verification by remittance. The zero value is
// invalid.
type RemittanceState int

// The states.
const (
	RemittanceOrdered   RemittanceState = iota + 1 // the bank is asked to pay
	RemittanceArrived                              // the bank says that it has paid
	RemittanceFailed                               // the bank could not pay
	RemittanceConfirmed                            // the company entered the right amount
	RemittanceReplaced                             // another remittance, or another method, came after it
)

var remittanceStateNames = [...]string{
	RemittanceOrdered:   "ordered",
	RemittanceArrived:   "arrived",
	RemittanceFailed:    "failed",
	RemittanceConfirmed: "confirmed",
	RemittanceReplaced:  "replaced",
}

// String returns the state in English.
func (s RemittanceState) String() string {
	return enum.Name("RemittanceState", remittanceStateNames[:], s)
}

const (
	maxFen    = 99
	maxRemark = 10_000 // remarks are below it
	// RemittanceTTL is how long an amount may be entered after it was ordered.
	RemittanceTTL = 7 * 24 * time.Hour
	// RemittanceTries is how many wrong amounts lock the method for [RemittanceLock].
	RemittanceTries = 3
	// RemittanceLock is how long wrong amounts count, even if new remittances come in
	// between.
	RemittanceLock = 30 * 24 * time.Hour

	minAccount, maxAccount = 8, 30 // digits
	remittancesADay        = 3
)

// remittance is the stored record; the amount is not in it.
type remittance struct {
	ID          string            `json:"id"`
	Company     CompanyID         `json:"company"`
	By          PersonID          `json:"by"`
	Legal       string            `json:"legal"`
	Bank        string            `json:"bank"`
	Account     secret.Ciphertext `json:"account"`
	Mask        string            `json:"mask"`   // the account's last four digits
	Amount      []byte            `json:"amount"` // keyed hash of amount and remark
	State       RemittanceState   `json:"state"`
	Transaction string            `json:"transaction"`
	At          time.Time         `json:"at"`
}

var remittances = store.NewTable("org_remittance", func(t *remittance) string { return t.ID })

// RemittanceForm is what 对公打款 asks for (M19).
type RemittanceForm struct {
	Legal     string // 法定代表人
	Agreement string // version of 《身份核验服务协议》 that was ticked
	Bank      string // 开户行, 2 to 60 characters
	Account   string // 银行账户: 8 to 30 digits; spaces and hyphens are dropped
}

// RemittanceInfo is a verification by remittance, without its amount.
type RemittanceInfo struct {
	ID      string
	Bank    string
	Account string // masked, ****5678
	State   RemittanceState
	Expires time.Time // the amount must be entered before
	Left    int       // wrong amounts that are still allowed before the lock
}

// ParseAccount reads the number of a company's bank account (银行账户): 8 to 30 digits. It
// returns a [*FieldError], which does not quote the text, for anything else.
func ParseAccount(text string) (secret.Text, error) {
	b := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c != ' ' && c != '-' {
			b = append(b, c)
		}
	}
	if len(b) < minAccount || len(b) > maxAccount || !digits(string(b)) {
		return secret.Text{}, &FieldError{"account", "not 8 to 30 digits", "请输入正确的银行账户"}
	}
	return secret.New(string(b)), nil
}

// remittanceStarts limits the cost of a company's remittances; remittanceTries locks. Both
// count for a credit code, whichever company claims it (T27).
func remittanceStarts() limited {
	return limited{"remittance", []limit{{24 * time.Hour, remittancesADay}}}
}
func remittanceTries() limited { return limited{"amount", []limit{{RemittanceLock, RemittanceTries}}} }

// judgeAmount checks whether a company may enter the amount of a remittance now. Pure.
func judgeAmount(t *remittance, now time.Time) error {
	switch {
	case t.State == RemittanceFailed:
		return ErrRemittanceFailed
	case t.State == RemittanceOrdered && now.Before(t.At.Add(RemittanceTTL)):
		return ErrRemittanceWaits
	case t.State != RemittanceOrdered && t.State != RemittanceArrived, !now.Before(t.At.Add(RemittanceTTL)):
		return ErrNoRemittance
	}
	return nil
}

// StartRemittance begins the verification by remittance (对公打款, M19). [Service.Step] has
// a random amount of 1 to 99 fen paid to the company's account, with a random remark, and a
// person who sees the account's statement enters both with [Service.ConfirmRemittance]. An earlier
// remittance no longer counts. It returns [ErrMethodOff] without Config.Bank,
// [ErrInReview] during a review, and [ErrVerified] if the company is verified. It
// returns a [*LimitError] after three remittances in a day, or three wrong amounts in
// 30 days.
func (s *Service) StartRemittance(ctx context.Context, actor Actor, f RemittanceForm) (RemittanceInfo, error) {
	if s.bank == nil {
		return RemittanceInfo{}, ErrMethodOff
	}
	legal, err := cleanName("legal representative", f.Legal, 50)
	if err != nil {
		return RemittanceInfo{}, err
	}
	bank, err := cleanName("bank", f.Bank, 60)
	if err != nil {
		return RemittanceInfo{}, err
	}
	account, err := ParseAccount(f.Account)
	if err != nil {
		return RemittanceInfo{}, err
	}
	if f.Agreement != s.agreement {
		return RemittanceInfo{}, ErrAgreement
	}
	n, err := rand.Int(s.random, big.NewInt(maxFen*maxRemark))
	if err != nil {
		return RemittanceInfo{}, fmt.Errorf("org: random: %w", err)
	}
	proof := RemittanceProof{n.Int64()/maxRemark + 1, fmt.Sprintf("%04d", n.Int64()%maxRemark)}
	var info RemittanceInfo
	c := command{name: "company.remittance.start", actor: actor, right: ActionCompanyVerify,
		args: []string{legal, bank, s.keys.Index("account", account)}}
	_, err = s.do(ctx, c, &info, func(ctx context.Context, a *act) error {
		rec, err := loadUnverified(ctx, a)
		if err != nil {
			return err
		}
		if rec.V.State == CompanyInReview {
			return ErrInReview
		}
		counted := s.claim(&rec.V)
		left, err := s.leftTries(ctx, a.tx, counted)
		if err != nil {
			return err
		}
		if err := s.checkAllowed(ctx, a.tx, remittanceTries(), counted); err != nil {
			return err
		}
		if err := s.spendOne(ctx, a.tx, remittanceStarts(), counted); err != nil {
			return err
		}
		if err := replaceRemittance(ctx, a, rec.V.Remittance); err != nil {
			return err
		}
		t := remittance{ID: a.tx.NewID(), Company: rec.V.ID, By: actor.Person, Legal: legal, Bank: bank,
			Mask: "****" + account.Reveal()[len(account.Reveal())-4:], State: RemittanceOrdered, At: a.tx.Now()}
		t.Amount = s.amountMAC(t.ID, proof)
		if t.Account, err = s.keys.Encrypt(s.random, secret.Place{Table: "org_remittance", Column: "account", ID: t.ID}, account); err != nil {
			return err
		}
		if err := insert(ctx, a, remittances, "remittance/"+t.ID, t); err != nil {
			return err
		}
		was := rec.V
		rec.V.Remittance, rec.V.State = t.ID, CompanyRemitted
		if err := update(ctx, a, companies, "company/"+string(rec.V.ID), was, rec); err != nil {
			return err
		}
		if err := s.consent(ctx, a, DocumentAgreement, f.Agreement); err != nil {
			return err
		}
		info = t.info(left)
		return s.orderRemittance(ctx, a, t.ID, proof)
	})
	if err != nil {
		return RemittanceInfo{}, err
	}
	return info, nil
}

func (t *remittance) info(left int) RemittanceInfo {
	return RemittanceInfo{ID: t.ID, Bank: t.Bank, Account: t.Mask, State: t.State, Expires: t.At.Add(RemittanceTTL), Left: left}
}

// amountMAC returns the stored form of what proves a remittance. Without the key, trying all
// would not find it.
func (s *Service) amountMAC(id string, p RemittanceProof) []byte {
	return s.keys.IndexMAC("remittance", id, strconv.FormatInt(p.Fen, 10)+"/"+p.Remark)
}

// claim returns the subject of what is counted for a company: its credit code, under a key.
// Deleting a company and making it again does not reset them (T27).
func (s *Service) claim(c *company) string { return s.keys.Index("company", secret.New(c.Code)) }

// claimOf is claim for a company by its id.
func (s *Service) claimOf(ctx context.Context, tx *store.Tx, id CompanyID) (string, error) {
	rec, err := companies.Get(ctx, tx, string(id))
	if err != nil {
		return "", fault.NotFound(err, ErrNotFound)
	}
	return s.claim(&rec.V), nil
}

// leftTries counts the wrong amounts that may still be entered for a claim.
func (s *Service) leftTries(ctx context.Context, tx *store.Tx, claim string) (int, error) {
	n, err := s.countedTimes(ctx, tx, remittanceTries(), claim)
	return max(0, RemittanceTries-n), err
}

// replaceRemittance ends the remittance that was under way, if any.
func replaceRemittance(ctx context.Context, a *act, id string) error {
	if id == "" {
		return nil
	}
	rec, err := remittances.Get(ctx, a.tx, id)
	if err != nil {
		return err
	}
	was := rec.V
	if was.State != RemittanceOrdered && was.State != RemittanceArrived {
		return nil
	}
	rec.V.State = RemittanceReplaced
	return update(ctx, a, remittances, "remittance/"+id, was, rec)
}

// topicRemittance is the outbox topic of remittances; the amount in it is encrypted.
const topicRemittance = "org.remittance"

type remittanceBody struct {
	ID  string            `json:"id"`
	Fen secret.Ciphertext `json:"fen"`
}

func (s *Service) orderRemittance(ctx context.Context, a *act, id string, p RemittanceProof) error {
	text := secret.New(strconv.FormatInt(p.Fen, 10) + "/" + p.Remark)
	encrypted, err := s.keys.Encrypt(s.random, secret.Place{Table: "outbox", Column: "fen", ID: id}, text)
	if err != nil {
		return err
	}
	body, err := json.Marshal(remittanceBody{id, encrypted})
	if err != nil {
		return err
	}
	return store.Emit(ctx, a.tx, store.Event{Topic: topicRemittance, Body: body})
}

// sendRemittance hands a queued remittance to the bank; one that was replaced meanwhile
// is not paid.
func (s *Service) sendRemittance(ctx context.Context, body []byte) error {
	var b remittanceBody
	if err := json.Unmarshal(body, &b); err != nil {
		return err
	}
	text, err := s.keys.Decrypt(secret.Place{Table: "outbox", Column: "fen", ID: b.ID}, b.Fen)
	if err != nil {
		return err
	}
	amount, remark, _ := strings.Cut(text.Reveal(), "/")
	fen, err := strconv.ParseInt(amount, 10, 64)
	if err != nil {
		return secret.ErrDecrypt
	}
	o := RemittanceOrder{ID: b.ID, Fen: fen, Remark: secret.New(remark)}
	var t remittance
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := remittances.Get(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		if t = rec.V; t.State != RemittanceOrdered {
			return nil
		}
		c, err := companies.Get(ctx, tx, string(t.Company))
		o.Payee, o.Bank = c.V.Name, t.Bank
		return err
	})
	if err != nil || t.State != RemittanceOrdered {
		return err
	}
	if o.Account, err = s.keys.Decrypt(secret.Place{Table: "org_remittance", Column: "account", ID: t.ID}, t.Account); err != nil {
		return err
	}
	return s.bank.Remit(ctx, o)
}

// RemittanceCallback takes the bank's report, like [Service.FaceCallback]: the money
// has arrived, or could not be paid, which lets the company start again.
func (s *Service) RemittanceCallback(ctx context.Context, header http.Header, body []byte) error {
	if s.bank == nil {
		return ErrCallback
	}
	r, err := s.bank.ParseCallback(header, body)
	if err != nil {
		s.log.WarnContext(ctx, "remittance callback refused", "reason", scrub(err.Error()))
		return ErrCallback
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := remittances.Get(ctx, tx, r.ID)
		if err = fault.NotFound(err, ErrNotFound); errors.Is(err, ErrNotFound) || len(r.Transaction) > maxTransaction {
			return ErrCallback
		}
		if err != nil || rec.V.State != RemittanceOrdered {
			return err // the report is repeated or late
		}
		a := &act{s: s, tx: tx, command: command{name: "company.remittance.report", actor: Actor{Org: rec.V.Company}}}
		was := rec.V
		rec.V.State, rec.V.Transaction = RemittanceFailed, r.Transaction
		if r.Arrived {
			rec.V.State = RemittanceArrived
		}
		return update(ctx, a, remittances, "remittance/"+r.ID, was, rec)
	})
}

// ConfirmRemittance takes what the account's statement shows of the money that arrived, and
// makes the company 已认证 if it is right (T23). It returns an [*AmountError] if it is wrong.
// The third wrong one within 30 days locks the method for the credit code until they are over:
// it then returns a [*LimitError], also for the right one. It returns [ErrNoRemittance] if no
// remittance is under way, [ErrRemittanceWaits] until the bank has reported it, and
// [ErrRemittanceFailed] if the bank could not pay.
func (s *Service) ConfirmRemittance(ctx context.Context, actor Actor, proof RemittanceProof) (Company, error) {
	if s.bank == nil {
		return Company{}, ErrMethodOff
	}
	var out Company
	c := command{name: "company.remittance.confirm", actor: actor, right: ActionCompanyVerify, args: []string{strconv.FormatInt(proof.Fen, 10), proof.Remark}}
	_, err := s.do(ctx, c, &out, func(ctx context.Context, a *act) error {
		rec, err := loadUnverified(ctx, a)
		if err != nil {
			return err
		}
		if rec.V.Remittance == "" {
			return ErrNoRemittance
		}
		t, err := remittances.Get(ctx, a.tx, rec.V.Remittance)
		if err != nil {
			return err
		}
		if err := judgeAmount(&t.V, a.tx.Now()); err != nil {
			return err
		}
		counted := s.claim(&rec.V)
		if err := s.spendOne(ctx, a.tx, remittanceTries(), counted); err != nil {
			return err
		}
		if !hmac.Equal(t.V.Amount, s.amountMAC(t.V.ID, proof)) {
			left, err := s.leftTries(ctx, a.tx, counted)
			a.refused = &AmountError{Left: left}
			return err
		}
		if err := s.forgive(ctx, a.tx, remittanceTries(), counted); err != nil {
			return err
		}
		was := t.V
		t.V.State = RemittanceConfirmed
		if err := update(ctx, a, remittances, "remittance/"+t.V.ID, was, t); err != nil {
			return err
		}
		if err := s.dropReview(ctx, a, rec.V.Review, "企业已通过对公打款认证"); err != nil {
			return err
		}
		if err := verify(ctx, a, rec, MethodRemittance, t.V.Legal); err != nil {
			return err
		}
		again, err := companies.Get(ctx, a.tx, string(rec.V.ID))
		out = again.V.public()
		return err
	})
	if err != nil {
		return Company{}, err
	}
	s.log.InfoContext(ctx, "company verified", "company", out.ID, "method", "remittance")
	return out, nil
}

// RemittanceStatus returns the company's verification by remittance to its
// administrators. It returns [ErrNoRemittance] if there is none.
func (s *Service) RemittanceStatus(ctx context.Context, actor Actor) (RemittanceInfo, error) {
	var info RemittanceInfo
	err := s.viewVerifying(ctx, actor, func(ctx context.Context, tx *store.Tx, c company) error {
		if c.Remittance == "" {
			return ErrNoRemittance
		}
		t, err := remittances.Get(ctx, tx, c.Remittance)
		if err != nil {
			return err
		}
		left, err := s.leftTries(ctx, tx, s.claim(&c))
		info = t.V.info(left)
		return err
	})
	return info, err
}
