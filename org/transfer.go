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
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// BankTransfer pays small amounts into companies' accounts (对公打款).
type BankTransfer interface {
	// SendTransfer orders one transfer and returns nil once the bank has taken
	// the order. It is called again after an error, and may be called again
	// after a success that was not recorded: it must be idempotent by
	// TransferOrder.ID, so that the money is sent once. It must return when ctx
	// is done (10 seconds), log neither account nor amount, and keep both out of
	// its error. It may be called concurrently.
	SendTransfer(ctx context.Context, o TransferOrder) error
	// ParseCallback verifies the bank's signature on the raw body FIRST, and
	// only then reads it. See FaceChecker.
	ParseCallback(header http.Header, body []byte) (TransferResult, error)
}

// TransferOrder is one transfer. Fen is the secret by which the company proves the
// account: it is shown to nobody but the bank.
type TransferOrder struct {
	ID      string // the same at every attempt
	Payee   string // 单位名称
	Bank    string // 开户行
	Account Secret // 银行账户: 8 to 30 digits
	Fen     int64  // 1 to 99
}

// TransferResult is what a verified callback says.
type TransferResult struct {
	ID          string // of the TransferOrder
	Arrived     bool   // the account exists, bears the payee's name, and has the money
	Transaction string // the bank's number, kept as evidence; at most 128 bytes
}

// TransferState is how far a verification by transfer is. The zero value is invalid.
type TransferState int

// The states.
const (
	TransferOrdered   TransferState = iota + 1 // the bank is asked to pay
	TransferArrived                            // the bank says that it has paid
	TransferFailed                             // the bank could not pay
	TransferConfirmed                          // the amount was told
	TransferReplaced                           // another transfer, or another method, came after it
)

const (
	maxFen = 99
	// TransferTTL is how long an amount may be told after it was ordered.
	TransferTTL = 7 * 24 * time.Hour
	// TransferTries is how many wrong amounts lock the method for TransferLock.
	TransferTries = 3
	// TransferLock is how long wrong amounts count, whatever transfers come between.
	TransferLock = 30 * 24 * time.Hour

	minAccount, maxAccount = 8, 30 // digits
	transfersADay          = 3
)

// transfer is the stored record; the amount is not in it.
type transfer struct {
	ID, Company, By string
	Legal, Bank     string
	Account         Sealed
	Mask            string // the account's last four digits
	Amount          []byte // keyed hash of the amount
	State           TransferState
	Transaction     string
	At              time.Time
}

var transfers = store.NewTable("org_transfer", func(t *transfer) string { return t.ID })

// TransferForm is what 对公打款 asks for (M19).
type TransferForm struct {
	Legal     string // 法定代表人
	Agreement string // version of 《身份核验服务协议》 that was ticked
	Bank      string // 开户行, 2 to 60 characters
	Account   string // 银行账户: 8 to 30 digits; spaces and hyphens are dropped
}

// TransferInfo is a verification by transfer, without its amount.
type TransferInfo struct {
	ID      string
	Bank    string
	Account string // masked, ****5678
	State   TransferState
	Expires time.Time // the amount must be told before
	Left    int       // wrong amounts that are still allowed before the lock
}

// ParseAccount reads the number of a company's bank account (银行账户): 8 to 30
// digits. Anything else is a *FieldError, which does not quote it.
func ParseAccount(text string) (Secret, error) {
	b := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c != ' ' && c != '-' {
			b = append(b, c)
		}
	}
	if len(b) < minAccount || len(b) > maxAccount || !digits(string(b)) {
		return Secret{}, &FieldError{"account", "not 8 to 30 digits", "请输入正确的银行账户"}
	}
	return NewSecret(string(b)), nil
}

// transferStarts bounds what a company's transfers cost; transferTries locks.
func transferStarts() limited {
	return limited{"transfer", []limit{{24 * time.Hour, transfersADay}}}
}
func transferTries() limited { return limited{"amount", []limit{{TransferLock, TransferTries}}} }

// judgeAmount says whether a company may tell the amount of a transfer now. Pure.
func judgeAmount(t *transfer, now time.Time) error {
	switch {
	case t.State == TransferFailed:
		return ErrTransferFailed
	case t.State != TransferOrdered && t.State != TransferArrived, !now.Before(t.At.Add(TransferTTL)):
		return ErrNoTransfer
	}
	return nil
}

// StartTransfer begins the verification by bank transfer (对公打款, M19): a random
// amount of 1 to 99 fen is paid to the company's account, through Step, and whoever
// sees the account's statement tells it with ConfirmTransfer. The transfer before it
// counts no more. Without Config.Bank it is ErrMethodOff, under review ErrInReview,
// verified ErrVerified; three transfers a day, and three wrong amounts in 30 days,
// are a *LimitError.
func (s *Service) StartTransfer(ctx context.Context, actor Actor, f TransferForm) (TransferInfo, error) {
	if s.bank == nil {
		return TransferInfo{}, ErrMethodOff
	}
	legal, err := cleanName("legal representative", f.Legal, 50)
	if err != nil {
		return TransferInfo{}, err
	}
	bank, err := cleanName("bank", f.Bank, 60)
	if err != nil {
		return TransferInfo{}, err
	}
	account, err := ParseAccount(f.Account)
	if err != nil {
		return TransferInfo{}, err
	}
	if f.Agreement != s.agreement {
		return TransferInfo{}, ErrAgreement
	}
	n, err := rand.Int(s.random, big.NewInt(maxFen))
	if err != nil {
		return TransferInfo{}, fmt.Errorf("org: random: %w", err)
	}
	fen := n.Int64() + 1
	var info TransferInfo
	c := command{name: "company.transfer.start", actor: actor, right: ActionCompanyVerify,
		args: []string{legal, bank, s.keys.blind("account", account)}}
	_, err = s.do(ctx, c, &info, func(ctx context.Context, a *act) error {
		rec, err := unverified(ctx, a)
		if err != nil {
			return err
		}
		if rec.V.State == CompanyInReview {
			return ErrInReview
		}
		left, err := s.leftTries(ctx, a.tx, rec.V.ID)
		if err != nil {
			return err
		}
		if err := s.allowed(ctx, a.tx, transferTries(), rec.V.ID); err != nil {
			return err
		}
		if err := s.spend(ctx, a.tx, transferStarts(), rec.V.ID); err != nil {
			return err
		}
		if err := replaceTransfer(ctx, a, rec.V.Transfer); err != nil {
			return err
		}
		t := transfer{ID: a.tx.NewID(), Company: rec.V.ID, By: actor.Person, Legal: legal, Bank: bank,
			Mask: "****" + account.text[len(account.text)-4:], State: TransferOrdered, At: a.tx.Now()}
		t.Amount = s.amountMAC(t.ID, fen)
		if t.Account, err = s.keys.Seal(s.random, Place{"org_transfer", "account", t.ID}, account); err != nil {
			return err
		}
		if err := insert(ctx, a, transfers, "transfer/"+t.ID, t); err != nil {
			return err
		}
		was := rec.V
		rec.V.Transfer, rec.V.State = t.ID, CompanyTransferred
		if err := update(ctx, a, companies, "company/"+rec.V.ID, was, rec); err != nil {
			return err
		}
		if err := s.consent(ctx, a, DocumentAgreement, f.Agreement); err != nil {
			return err
		}
		info = t.info(left)
		return s.orderTransfer(ctx, a, t.ID, fen)
	})
	if err != nil {
		return TransferInfo{}, err
	}
	return info, nil
}

func (t *transfer) info(left int) TransferInfo {
	return TransferInfo{ID: t.ID, Bank: t.Bank, Account: t.Mask, State: t.State, Expires: t.At.Add(TransferTTL), Left: left}
}

// amountMAC is how an amount is kept: a hundred tries find it without the key.
func (s *Service) amountMAC(id string, fen int64) []byte {
	return mac(s.keys.index, "transfer", id, strconv.FormatInt(fen, 10))
}

// leftTries counts the wrong amounts that a company may still tell.
func (s *Service) leftTries(ctx context.Context, tx *store.Tx, companyID string) (int, error) {
	n, err := s.counted(ctx, tx, transferTries(), companyID)
	return max(0, TransferTries-n), err
}

// replaceTransfer ends the transfer that was under way, if any.
func replaceTransfer(ctx context.Context, a *act, id string) error {
	if id == "" {
		return nil
	}
	rec, err := transfers.Get(ctx, a.tx, id)
	if err != nil {
		return err
	}
	was := rec.V
	if was.State != TransferOrdered && was.State != TransferArrived {
		return nil
	}
	rec.V.State = TransferReplaced
	return update(ctx, a, transfers, "transfer/"+id, was, rec)
}

// topicTransfer is the outbox topic of transfers; the amount in it is sealed.
const topicTransfer = "org.transfer"

type transferBody struct {
	ID  string
	Fen Sealed
}

func (s *Service) orderTransfer(ctx context.Context, a *act, id string, fen int64) error {
	sealed, err := s.keys.Seal(s.random, Place{"outbox", "fen", id}, NewSecret(strconv.FormatInt(fen, 10)))
	if err != nil {
		return err
	}
	body, err := json.Marshal(transferBody{id, sealed})
	if err != nil {
		return err
	}
	return store.Emit(ctx, a.tx, store.Event{Topic: topicTransfer, Body: body})
}

// sendTransfer hands a queued transfer to the bank; one that was replaced
// meanwhile is not paid.
func (s *Service) sendTransfer(ctx context.Context, body []byte) error {
	var b transferBody
	if err := json.Unmarshal(body, &b); err != nil {
		return err
	}
	text, err := s.keys.Open(Place{"outbox", "fen", b.ID}, b.Fen)
	if err != nil {
		return err
	}
	fen, err := strconv.ParseInt(text.Reveal(), 10, 64)
	if err != nil {
		return ErrSealed
	}
	o := TransferOrder{ID: b.ID, Fen: fen}
	var t transfer
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := transfers.Get(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		if t = rec.V; t.State != TransferOrdered {
			return nil
		}
		c, err := companies.Get(ctx, tx, t.Company)
		o.Payee, o.Bank = c.V.Name, t.Bank
		return err
	})
	if err != nil || t.State != TransferOrdered {
		return err
	}
	if o.Account, err = s.keys.Open(Place{"org_transfer", "account", t.ID}, t.Account); err != nil {
		return err
	}
	return s.bank.SendTransfer(ctx, o)
}

// TransferCallback takes the bank's report, as FaceCallback does: the money has
// arrived, or could not be paid, which lets the company start again.
func (s *Service) TransferCallback(ctx context.Context, header http.Header, body []byte) error {
	if s.bank == nil {
		return ErrCallback
	}
	r, err := s.bank.ParseCallback(header, body)
	if err != nil {
		s.log.WarnContext(ctx, "transfer callback refused", "reason", scrub(err.Error()))
		return ErrCallback
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := transfers.Get(ctx, tx, r.ID)
		if err = notFound(err); errors.Is(err, ErrNotFound) || len(r.Transaction) > maxTransaction {
			return ErrCallback
		}
		if err != nil || rec.V.State != TransferOrdered {
			return err // a report that comes twice or late
		}
		a := &act{s: s, tx: tx, command: command{name: "company.transfer.report", actor: Actor{Org: rec.V.Company}}}
		was := rec.V
		rec.V.State, rec.V.Transaction = TransferFailed, r.Transaction
		if r.Arrived {
			rec.V.State = TransferArrived
		}
		return update(ctx, a, transfers, "transfer/"+r.ID, was, rec)
	})
}

// ConfirmTransfer tells the amount that came, in fen, and makes the company 已认证 if
// it is right (T23). A wrong one is an *AmountError, and the third within 30 days
// locks the method until they are over: a *LimitError, also for the right amount.
// Without a transfer under way it is ErrNoTransfer, after one that the bank could
// not pay ErrTransferFailed.
func (s *Service) ConfirmTransfer(ctx context.Context, actor Actor, fen int64) (Company, error) {
	if s.bank == nil {
		return Company{}, ErrMethodOff
	}
	var out Company
	c := command{name: "company.transfer.confirm", actor: actor, right: ActionCompanyVerify, args: []string{strconv.FormatInt(fen, 10)}}
	_, err := s.do(ctx, c, &out, func(ctx context.Context, a *act) error {
		rec, err := unverified(ctx, a)
		if err != nil {
			return err
		}
		if rec.V.Transfer == "" {
			return ErrNoTransfer
		}
		t, err := transfers.Get(ctx, a.tx, rec.V.Transfer)
		if err != nil {
			return err
		}
		if err := judgeAmount(&t.V, a.tx.Now()); err != nil {
			return err
		}
		if err := s.spend(ctx, a.tx, transferTries(), rec.V.ID); err != nil {
			return err
		}
		if !hmac.Equal(t.V.Amount, s.amountMAC(t.V.ID, fen)) {
			left, err := s.leftTries(ctx, a.tx, rec.V.ID)
			a.refused = &AmountError{Left: left}
			return err
		}
		if err := s.forgive(ctx, a.tx, transferTries(), rec.V.ID); err != nil {
			return err
		}
		was := t.V
		t.V.State = TransferConfirmed
		if err := update(ctx, a, transfers, "transfer/"+t.V.ID, was, t); err != nil {
			return err
		}
		if err := s.dropReview(ctx, a, rec.V.Review, "企业已通过对公打款认证"); err != nil {
			return err
		}
		if err := verify(ctx, a, rec, MethodTransfer, t.V.Legal); err != nil {
			return err
		}
		again, err := companies.Get(ctx, a.tx, rec.V.ID)
		out = again.V.public()
		return err
	})
	if err != nil {
		return Company{}, err
	}
	s.log.InfoContext(ctx, "company verified", "company", out.ID, "method", "transfer")
	return out, nil
}

// TransferStatus returns the company's verification by transfer to its
// administrators; ErrNoTransfer if there is none.
func (s *Service) TransferStatus(ctx context.Context, actor Actor) (TransferInfo, error) {
	var info TransferInfo
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Authorize(ctx, tx, actor, ActionCompanyVerify); err != nil {
			return err
		}
		c, err := companies.Get(ctx, tx, actor.Org)
		if err != nil {
			return notFound(err)
		}
		if c.V.Transfer == "" {
			return ErrNoTransfer
		}
		t, err := transfers.Get(ctx, tx, c.V.Transfer)
		if err != nil {
			return err
		}
		left, err := s.leftTries(ctx, tx, actor.Org)
		info = t.V.info(left)
		return err
	})
	return info, err
}
