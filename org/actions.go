package org

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Actor is who acts, and for which company: Org is empty in the personal edition (个人版).
// Every command gets it explicitly; it is never guessed.
type Actor struct {
	Person PersonID  `json:"person"`
	Org    CompanyID `json:"org,omitempty"` // empty in the personal edition
}

// Role is the role of a member in a company. The zero value is no member.
type Role int

// The roles of M35.
const (
	NoMember  Role = iota
	Member         // 一般用户
	SubAdmin       // 子管理员
	MainAdmin      // 主管理员: exactly one in every company
)

var roleNames = [...][2]string{
	NoMember:  {"no member", "非成员"},
	Member:    {"member", "一般用户"},
	SubAdmin:  {"sub-administrator", "子管理员"},
	MainAdmin: {"main administrator", "主管理员"},
}

// String returns the role in English.
func (r Role) String() string { return enum.English("Role", roleNames[:], r.known()) }

// Zh returns the platform's word.
func (r Role) Zh() string { return enum.Zh("非成员", roleNames[:], r) }

// known returns the role, or NoMember for a number that is none.
func (r Role) known() Role {
	if r < NoMember || r > MainAdmin {
		return NoMember
	}
	return r
}

// Action is something that an actor may or may not do.
type Action string

// The actions.
const (
	ActionEnvelopeCreate  Action = "envelope.create"
	ActionEnvelopeSend    Action = "envelope.send"
	ActionEnvelopeSign    Action = "envelope.sign"
	ActionSealCreate      Action = "seal.create"
	ActionSealGrant       Action = "seal.grant"
	ActionSealUse         Action = "seal.use"
	ActionSealApply       Action = "seal.apply"
	ActionBillingBuy      Action = "billing.buy"
	ActionBillingInvoice  Action = "billing.invoice"
	ActionBillingRead     Action = "billing.read"
	ActionCompanyCreate   Action = "company.create"
	ActionCompanyVerify   Action = "company.verify"
	ActionMemberInvite    Action = "member.invite"
	ActionMemberApprove   Action = "member.approve"
	ActionMemberDisable   Action = "member.disable"
	ActionMemberRole      Action = "member.role"
	ActionMemberRead      Action = "member.read"
	ActionCompanyHandOver Action = "company.handover"
	ActionAuditRead       Action = "audit.read"
	ActionCompanyRead     Action = "company.read"
)

// ActionRule is one row of the table: who may do an action.
type ActionRule struct {
	Action     Action
	Personal   bool // allowed in the personal edition
	Least      Role // in a company, the least role; NoMember means never
	Unverified bool // also while the company is not verified
}

// ActionRules returns the whole table. Every actor must be a verified person (M4); a
// disabled member may do nothing (M34).
func ActionRules() []ActionRule {
	return []ActionRule{
		{Action: ActionEnvelopeCreate, Personal: true, Least: Member},
		{Action: ActionEnvelopeSend, Personal: true, Least: Member},
		{Action: ActionEnvelopeSign, Personal: true, Least: Member},
		{Action: ActionSealCreate, Personal: true, Least: SubAdmin},
		{Action: ActionSealGrant, Least: SubAdmin},
		{Action: ActionSealUse, Personal: true, Least: Member},
		{Action: ActionSealApply, Least: Member},
		{Action: ActionBillingBuy, Least: SubAdmin},
		{Action: ActionBillingInvoice, Least: SubAdmin},
		{Action: ActionBillingRead, Least: SubAdmin},
		{Action: ActionCompanyCreate, Personal: true, Least: Member, Unverified: true},
		{Action: ActionCompanyVerify, Least: SubAdmin, Unverified: true},
		{Action: ActionMemberInvite, Least: SubAdmin},
		{Action: ActionMemberApprove, Least: SubAdmin},
		{Action: ActionMemberDisable, Least: SubAdmin},
		{Action: ActionMemberRole, Least: MainAdmin},
		{Action: ActionMemberRead, Least: Member},
		{Action: ActionCompanyHandOver, Least: MainAdmin},
		{Action: ActionCompanyRead, Least: Member, Unverified: true},
		{Action: ActionAuditRead, Personal: true, Least: SubAdmin, Unverified: true},
	}
}

// DenyReason is why an action was refused. The zero value is invalid.
type DenyReason int

// The reasons.
const (
	DenyPersonUnverified  DenyReason = iota + 1 // 未实名认证 (M4)
	DenyCompanyUnverified                       // 企业未认证 (M16)
	DenyDisabled                                // 成员已被禁用 (M34)
	DenyRole                                    // 权限不足
	DenyPersonal                                // 个人版没有该功能
)

var denyReasonNames = [...][2]string{
	DenyPersonUnverified:  {"the person is not verified", "请先完成个人实名认证"},
	DenyCompanyUnverified: {"the company is not verified", "请先完成企业认证"},
	DenyDisabled:          {"the member is disabled", "您在该企业中已被禁用"},
	DenyRole:              {"the role does not allow it", "您没有该操作的权限，请联系企业管理员"},
	DenyPersonal:          {"not in the personal edition", "请切换到企业后再操作"},
}

// String returns the reason in English.
func (r DenyReason) String() string { return enum.English("DenyReason", denyReasonNames[:], r) }

// Zh returns the sentence to show.
func (r DenyReason) Zh() string {
	return enum.Zh("您没有该操作的权限，请联系企业管理员", denyReasonNames[:], r)
}

// DeniedError says that an actor may not do something.
type DeniedError struct {
	Action Action
	Reason DenyReason
}

// Error names the action and the reason.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("org: %s: %v", e.Action, e.Reason)
}

// Zh returns the sentence to show.
func (e *DeniedError) Zh() string { return e.Reason.Zh() }

// facts are what a decision depends on.
type facts struct {
	personVerified  bool
	inCompany       bool
	companyVerified bool
	role            Role
	disabled        bool
}

// decide reads the table. It returns ErrNotFound for a role of NoMember in a company: a
// stranger does not learn that the company exists.
func decide(a Action, f facts) error {
	if f.inCompany && f.role == NoMember {
		return ErrNotFound
	}
	deny := func(r DenyReason) error { return &DeniedError{a, r} }
	if f.disabled {
		return deny(DenyDisabled)
	}
	if !f.personVerified {
		return deny(DenyPersonUnverified)
	}
	for _, p := range ActionRules() {
		if p.Action != a {
			continue
		}
		switch {
		case !f.inCompany && !p.Personal:
			return deny(DenyPersonal)
		case !f.inCompany:
			return nil
		case p.Least == NoMember || f.role < p.Least:
			return deny(DenyRole)
		case !f.companyVerified && !p.Unverified:
			return deny(DenyCompanyUnverified)
		}
		return nil
	}
	return deny(DenyRole)
}
