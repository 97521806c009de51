package org

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Texts makes the short messages. Each function gets the variable parts and returns the
// whole text with its signature 【大家签】. In what persons typed, addresses are broken before
// a function gets it, so that phones make no links of them: evil·com.
type Texts struct {
	Code   func(code string) string
	Invite func(inviter, company, link string) string              // M31
	Task   func(sender, subject, link string) string               // M77
	Review func(company string, passed bool, reason string) string // M26: the outcome of 人工审核
	Moved  func(newPhone string) string                            // to the phone that an account left; newPhone is masked
}

func (t Texts) orDefault() Texts {
	if t.Code == nil {
		t.Code = func(code string) string {
			return "【大家签】您的验证码为" + code + "，5分钟内有效，请勿告知他人。"
		}
	}
	if t.Invite == nil {
		t.Invite = func(inviter, company, link string) string {
			return fmt.Sprintf("【大家签】您好, %s将您添加至%s企业账户中, 详情请点击: %s。", inviter, company, link)
		}
	}
	if t.Task == nil {
		t.Task = func(sender, subject, link string) string {
			return fmt.Sprintf("【大家签】您好, 收到来自(%s)发起的一份《%s》文件, 请点击处理: %s。", sender, subject, link)
		}
	}
	if t.Review == nil {
		t.Review = func(company string, passed bool, reason string) string {
			if passed {
				return fmt.Sprintf("【大家签】您好, %s的企业认证已审核通过。", company)
			}
			return fmt.Sprintf("【大家签】您好, %s的企业认证未通过审核, 原因: %s。", company, reason)
		}
	}
	if t.Moved == nil {
		t.Moved = func(newPhone string) string {
			return fmt.Sprintf("【大家签】您好, 您的帐号手机号已变更为%s, 如非本人操作请联系客服。", newPhone)
		}
	}
	return t.unlinked()
}

// unlinked makes what persons typed no link in any message (T34).
func (t Texts) unlinked() Texts {
	invite, task, review := t.Invite, t.Task, t.Review
	t.Invite = func(inviter, company, link string) string {
		return invite(plain.Unlink(inviter), plain.Unlink(company), link)
	}
	t.Task = func(sender, subject, link string) string {
		return task(plain.Unlink(sender), plain.Unlink(subject), link)
	}
	t.Review = func(company string, passed bool, reason string) string {
		return review(plain.Unlink(company), passed, plain.Unlink(reason))
	}
	return t
}

// TaskText returns the message of M77.
func (in Inside) TaskText(sender, subject, link string) string {
	s := in.s
	return s.texts.Task(sender, subject, link)
}

// topicSMS is the outbox topic of short messages. Their bodies are encrypted.
const topicSMS = "sms"

// smsTimeout is how long the carrier may take for one message.
const smsTimeout = 10 * time.Second

type smsBody struct {
	ID    string            `json:"id"`
	Phone secret.Ciphertext `json:"phone"`
	Text  secret.Ciphertext `json:"text"`
}

// notify queues a short message to a phone in the caller's transaction.
func (s *Service) notify(ctx context.Context, tx *store.Tx, phone secret.Text, text string) error {
	b := smsBody{ID: tx.NewID()}
	var err error
	if b.Phone, err = s.keys.Encrypt(s.random, secret.Place{Table: "outbox", Column: "phone", ID: b.ID}, phone); err != nil {
		return err
	}
	if b.Text, err = s.keys.Encrypt(s.random, secret.Place{Table: "outbox", Column: "text", ID: b.ID}, secret.New(text)); err != nil {
		return err
	}
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return store.Emit(ctx, tx, store.Event{Topic: topicSMS, Body: body})
}

// Step does queued work for providers: short messages (at most once each, as far as the
// carrier distinguishes Message.ID), bank remittances, revocations. It returns how many
// the providers accepted. What one of them did not accept is tried again later, after a
// minute and then after longer and longer pauses. Step also deletes old idempotency
// keys, codes and counters. A call after the clock leapt does nothing, and returns a
// [*store.ClockError] (T35). The host runs it in a loop, in any number of processes.
func (s *Service) Step(ctx context.Context) (int, error) {
	const batch = 10
	lease := 2 * batch * smsTimeout // the last of a slow batch is still ours
	if err := s.db.CheckClock(ctx, "org"); err != nil {
		return 0, err
	}
	if err := s.sweep(ctx); err != nil {
		return 0, err
	}
	topics := []string{topicSMS}
	if s.bank != nil {
		topics = append(topics, topicRemittance)
	}
	if s.revoker != nil {
		topics = append(topics, topicRevoke)
	}
	due, err := s.db.Outbox().Claim(ctx, store.Claim{Worker: "org", Topics: topics, N: batch, Lease: lease})
	if err != nil {
		return 0, err
	}
	sent := 0
	for _, d := range due {
		if err := s.deliver(ctx, d); err != nil {
			wait := time.Minute << min(d.Attempt, 8)
			s.log.WarnContext(ctx, undelivered[d.Topic], "message", d.ID, "attempt", d.Attempt, "reason", scrub(err.Error()))
			if err := s.db.Outbox().Retry(ctx, d, wait, scrub(err.Error())); err != nil && !errors.Is(err, store.ErrLeaseLost) {
				return sent, err
			}
			continue
		}
		if err := s.db.Outbox().Done(ctx, d); err != nil && !errors.Is(err, store.ErrLeaseLost) {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

// undelivered is the log text of each topic; it is never changed.
var undelivered = map[string]string{topicSMS: "short message not sent", topicRemittance: "remittance not ordered",
	topicRevoke: "certificate not revoked"}

func (s *Service) deliver(ctx context.Context, d store.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, smsTimeout)
	defer cancel()
	switch d.Topic {
	case topicRemittance:
		return s.sendRemittance(ctx, d.Body)
	case topicRevoke:
		return s.sendRevocation(ctx, d.Body)
	}
	return s.sendSMS(ctx, d.Body)
}

func (s *Service) sendSMS(ctx context.Context, body []byte) error {
	var b smsBody
	if err := json.Unmarshal(body, &b); err != nil {
		return err
	}
	raw, err := s.keys.Decrypt(secret.Place{Table: "outbox", Column: "phone", ID: b.ID}, b.Phone)
	if err != nil {
		return err
	}
	phone, err := ParsePhone(raw.Reveal())
	if err != nil {
		return err
	}
	text, err := s.keys.Decrypt(secret.Place{Table: "outbox", Column: "text", ID: b.ID}, b.Text)
	if err != nil {
		return err
	}
	return s.sms.Send(ctx, Message{ID: b.ID, Phone: phone, Text: text})
}

// EncryptPhone encrypts a phone for a place in a table of another package, and returns
// the keyed index by which it is found.
func (in Inside) EncryptPhone(table, column, id string, phone secret.Text) (secret.Ciphertext, string, error) {
	s := in.s
	encrypted, err := s.keys.Encrypt(s.random, secret.Place{Table: table, Column: column, ID: id}, phone)
	return encrypted, s.keys.Index("phone", phone), err
}

// DecryptPhone decrypts what [Inside.EncryptPhone] encrypted for the same place.
func (in Inside) DecryptPhone(table, column, id string, encrypted secret.Ciphertext) (secret.Text, error) {
	s := in.s
	raw, err := s.keys.Decrypt(secret.Place{Table: table, Column: column, ID: id}, encrypted)
	if err != nil {
		return secret.Text{}, err
	}
	return ParsePhone(raw.Reveal())
}
