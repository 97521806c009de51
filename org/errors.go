package org

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// Sentinels, for errors.Is. All have a Zh() string; see [Zh].
var (
	// ErrNotFound says that there is no such thing, or that the actor may not
	// know of it.
	ErrNotFound error = fault.New("org: not found", "内容不存在")
	// ErrTerms says that the terms in force were not accepted (M2).
	ErrTerms error = fault.New("org: terms not accepted", "请先阅读并同意《大家签服务条款》")
	// ErrPhoneTaken says that the phone has an account (M6).
	ErrPhoneTaken error = fault.New("org: phone has an account", "该手机号已注册，请直接登录")
	// ErrIDTaken says that another account is verified with this identity number.
	ErrIDTaken error = fault.New("org: identity number is verified in another account", "该身份证号已被其他帐号实名认证")
	// ErrLogin says that phone and password do not match, or that the phone has no
	// account; it does not say which.
	ErrLogin error = fault.New("org: wrong phone or password", "手机号或密码错误")
	// ErrPassword says that the password of a signer is wrong, or was changed since.
	ErrPassword error = fault.New("org: wrong password", "登录密码错误")
	// ErrDetailsFirst says that name and identity number must come before the face
	// (M7).
	ErrDetailsFirst error = fault.New("org: identity details not submitted", "请先填写姓名和身份证号")
	// ErrFaceFirst says that the face has not passed (M11).
	ErrFaceFirst error = fault.New("org: face check has not passed", "人脸识别尚未通过，请先在手机端完成认证")
	// ErrVerified says that the person or company is verified already.
	ErrVerified error = fault.New("org: already verified", "已认证，无需重复认证")
	// ErrMember says that the person is a member of the company already.
	ErrMember error = fault.New("org: already a member", "该同事已是企业成员")
	// ErrInvitation says that the invitation is used, expired, or for another phone.
	ErrInvitation error = fault.New("org: invitation is not open to this person", "邀请链接已失效，请联系企业管理员重新邀请")
	// ErrMemberState says that the member is not in the state that the command needs,
	// such as an approval of a person who did not apply.
	ErrMemberState error = fault.New("org: member is in another state", "成员状态已变更，请刷新后重试")
	// ErrSuccessor says that a company can be handed over only to another active,
	// verified member (M38).
	ErrSuccessor error = fault.New("org: successor is not an active verified member", "只能转让给已认证的在职成员")
	// ErrCallback says that a provider's callback is not authentic.
	ErrCallback error = fault.New("org: callback refused", "回调验证失败")
	// ErrMethodOff says that the host does not offer a method of verification.
	ErrMethodOff error = fault.New("org: method of verification not offered", "暂不支持该认证方式，请选择其他方式")
	// ErrAgreement says that 《身份核验服务协议》 was not accepted (M19, M20).
	ErrAgreement error = fault.New("org: agreement not accepted", "请先阅读并同意《身份核验服务协议》")
	// ErrNoRemittance says that no remittance waits for its amount.
	ErrNoRemittance error = fault.New("org: no remittance under way", "没有待确认的打款，请重新发起")
	// ErrClaims says that a person has five companies that are not verified.
	ErrClaims error = fault.New("org: too many companies of this person are not verified", "您创建的未认证企业过多，请先完成认证")
	// ErrRemittanceWaits says that the bank has not reported that the money arrived.
	ErrRemittanceWaits error = fault.New("org: the bank has not reported the money yet", "打款尚未到账，请稍后再试")
	// ErrRemittanceFailed says that the bank could not pay into the account.
	ErrRemittanceFailed error = fault.New("org: the bank could not pay", "打款失败，请核对开户行和银行账户后重新发起")
	// ErrInReview says that the company's papers are being reviewed (M26).
	ErrInReview error = fault.New("org: under review", "企业认证审核中，请等待审核结果")
	// ErrNoReview says that no review was started, or that it was already decided.
	ErrNoReview error = fault.New("org: no review under way", "没有进行中的人工审核")
	// ErrSamePaper says that one picture was sent for two papers.
	ErrSamePaper error = fault.New("org: the same picture for two papers", "不同材料请勿上传同一张图片")
	// ErrOwnReview says that a reviewer belongs to the company under review.
	ErrOwnReview error = fault.New("org: a reviewer does not review their own company", "不能审核本人申请或所属企业的认证")
	// ErrSamePhone says that the new phone is the old one.
	ErrSamePhone error = fault.New("org: the phone is the same", "新手机号与原手机号相同")
	// ErrMainAdmin says that main administrators must hand over their companies before
	// they close their account.
	ErrMainAdmin error = fault.New("org: main administrator of a company", "请先转让您作为主管理员的企业")
	// ErrKey says that an idempotency key is empty, longer than [MaxKey] bytes, or was
	// used for another command.
	ErrKey error = fault.New("org: idempotency key empty, too long or used for something else", "请勿重复提交")
)

// Zh returns the Chinese sentence of the first error in the chain that has one,
// or 系统繁忙，请稍后再试 if none has.
func Zh(err error) string { return fault.Zh(err) }

// ConfigError names the field of a [Config], of this or another package, that New
// refused.
type ConfigError = fault.ConfigError

// FieldError says that a typed value cannot be right. It never quotes the value.
type FieldError struct {
	Field  string // "phone", "name", "id number", "credit code", "password", "company name", "purpose", "link", "legal representative", "bank", "account", "reason"
	Reason string // English, e.g. "check digit is wrong"
	zh     string
}

// Error names field and reason.
func (e *FieldError) Error() string { return "org: " + e.Field + ": " + e.Reason }

// Zh returns the sentence to show beside the field.
func (e *FieldError) Zh() string { return e.zh }

// CodeReason is why a one-time code was refused. The zero value is [CodeWrong].
type CodeReason uint8

const (
	// CodeWrong is a code that does not match, or was sent for another purpose.
	CodeWrong CodeReason = iota
	// CodeExpired is a code that is older than five minutes.
	CodeExpired
	// CodeVoid is a code that was tried wrongly five times.
	CodeVoid
)

var codeReasonNames = [...][2]string{
	CodeWrong:   {"wrong", "验证码错误"},
	CodeExpired: {"expired", "验证码已过期，请重新获取"},
	CodeVoid:    {"void", "验证码错误次数过多，请重新获取"},
}

// String returns the reason in English.
func (r CodeReason) String() string { return enum.English("CodeReason", codeReasonNames[:], r) }

// Zh returns the sentence to show.
func (r CodeReason) Zh() string { return enum.Zh("验证码错误", codeReasonNames[:], r) }

// CodeError says that a one-time code (验证码) was refused. The transaction that checked
// the code must be committed: see [Inside.UseCode].
type CodeError struct {
	Reason CodeReason
	Left   int // tries left on the code that was sent last
}

// Error names the reason.
func (e *CodeError) Error() string { return "org: code is " + e.Reason.String() }

// Zh returns the sentence to show.
func (e *CodeError) Zh() string { return e.Reason.Zh() }

// LimitError says that something was asked for too often.
type LimitError struct {
	What  string        // "sms", "login", "face", "remittance", "amount", "invite", "upload", "message"
	After time.Duration // until it may be asked for again
}

// Error names what and how long.
func (e *LimitError) Error() string {
	return fmt.Sprintf("org: %s limit, again after %v", e.What, e.After)
}

// Zh returns the sentence to show.
func (e *LimitError) Zh() string {
	switch e.What {
	case "sms":
		return "验证码获取过于频繁，请稍后再试"
	case "login":
		return "登录失败次数过多，请稍后再试"
	case "amount":
		return "打款金额多次错误，该认证方式已锁定，请使用其他认证方式"
	default:
		return "操作过于频繁，请稍后再试"
	}
}

// AmountError says that an amount was not the one that was remitted.
type AmountError struct{ Left int } // tries before the method is locked

// Error names the tries left.
func (e *AmountError) Error() string { return fmt.Sprintf("org: wrong amount, %d tries left", e.Left) }

// Zh returns the sentence to show.
func (e *AmountError) Zh() string {
	if e.Left == 0 {
		return "打款金额错误，该认证方式已锁定，请使用其他认证方式"
	}
	return fmt.Sprintf("打款金额错误，还可尝试%d次", e.Left)
}

// CompanyExistsError says that a company with this name or credit code exists: its
// administrator can invite (M15).
type CompanyExistsError struct{ Field string } // "credit code" or "company name"

// Error names the field that is taken.
func (e *CompanyExistsError) Error() string { return "org: a company has this " + e.Field }

// Zh returns the sentence to show.
func (e *CompanyExistsError) Zh() string {
	return "该企业已存在，请联系企业管理员邀请您加入"
}

// PortError says that a provider did not answer. Its text has no run of four or more
// digits, because the provider's words may hold a phone or an identity number. For the
// same reason it unwraps to nothing but context.Canceled or context.DeadlineExceeded.
type PortError struct {
	Port, Reason string

	ended error // of the two, the one that it is
}

// Error names the port and what was left of the reason.
func (e *PortError) Error() string { return "org: " + e.Port + ": " + e.Reason }

// Unwrap returns what the call's ctx ended with, or nil.
func (e *PortError) Unwrap() error { return e.ended }

// Zh returns the sentence to show.
func (e *PortError) Zh() string { return "服务暂时不可用，请稍后再试" }

func portError(port string, err error) *PortError {
	e := &PortError{Port: port, Reason: scrub(err.Error())}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			e.ended = ended
		}
	}
	return e
}

// scrub is [plain.Scrub].
func scrub(text string) string { return plain.Scrub(text) }
