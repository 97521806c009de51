package main

import (
	"context"
	"errors"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// who is one of the two persons of the story.
type who struct{ name, phone, number string }

var (
	buyer    = who{"张伟", "13800138001", "321083197812162119"}
	supplier = who{"王小明", "13800138003", "11010519491231002X"}
)

const (
	companyName = "上海测试科技有限公司"
	companyCode = "91310115591693856A"
	password    = "correct horse battery"
)

// person registers and verifies a person, unless an earlier run has.
func (h *host) person(ctx context.Context, w who) (org.Actor, error) {
	p, err := h.org.Login(ctx, w.phone, secret.New(password))
	if errors.Is(err, org.ErrLogin) {
		code, cerr := h.ask(ctx, w.phone, org.PurposeRegister)
		if cerr != nil {
			return org.Actor{}, cerr
		}
		p, err = h.org.Register(ctx, org.Registration{Phone: w.phone, Code: code, Name: w.name, Password: secret.New(password), Terms: terms})
	}
	actor := org.Actor{Person: p.ID}
	if err != nil || p.State == org.PersonVerified {
		return actor, err
	}
	if p.State != org.PersonFacePassed {
		code, err := h.ask(ctx, w.phone, org.PurposeVerify)
		if err != nil {
			return actor, err
		}
		url, err := h.org.StartVerification(ctx, actor, org.Details{Name: w.name, IDNumber: w.number, Code: code})
		if err != nil {
			return actor, err
		}
		if err := h.box.Pass(ctx, url); err != nil {
			return actor, err
		}
	}
	_, err = h.org.ConfirmVerification(ctx, actor)
	return actor, err
}

// ask has a code sent, and reads it from the ERP's table of messages.
func (h *host) ask(ctx context.Context, phone string, p org.Purpose) (secret.Text, error) {
	if err := h.org.SendCode(ctx, phone, p); err != nil {
		return secret.Text{}, err
	}
	return h.messages.code(ctx, phone)
}

// company creates the buyer's company and has its licence scanned, unless an earlier
// run has.
func (h *host) company(ctx context.Context, person org.Actor) (org.Actor, error) {
	contexts, err := h.org.Editions(ctx, person.Person)
	if err != nil {
		return person, err
	}
	actor := person
	for _, c := range contexts {
		if c.Company != nil && c.Company.CreditCode == companyCode {
			actor = c.Actor
			if c.Company.Verified {
				return actor, nil
			}
		}
	}
	if actor.Org == "" {
		c, err := h.org.CreateCompany(ctx, actor, org.NewCompany{Name: companyName, CreditCode: companyCode})
		if err != nil {
			return actor, err
		}
		actor.Org = c.ID
	}
	url, err := h.org.StartLicenceScan(ctx, actor)
	if err != nil {
		return actor, err
	}
	return actor, h.box.Pass(ctx, url)
}

// sealOf returns the first seal of a company, or signature of a person, made if there
// is none.
func (h *host) sealOf(ctx context.Context, actor org.Actor, name string, spec seal.Spec) (registry.SealID, error) {
	list, _, err := h.seals.List(ctx, actor, false, "")
	if err != nil {
		return "", err
	}
	if len(list) > 0 {
		return list[0].ID, nil
	}
	made, err := h.seals.Create(ctx, actor, name, spec)
	return made.ID, err
}

// balance buys copies when there are none left; the accounts department approves.
func (h *host) balance(ctx context.Context, boss org.Actor) error {
	b, err := h.billing.Balance(ctx, boss)
	if err != nil || b.Free > 0 {
		return err
	}
	o, err := h.billing.Buy(ctx, boss, "100", billing.Alipay)
	if err != nil {
		return err
	}
	if err := h.accounts.approve(ctx, o.ID, h.url+"/payment"); err != nil {
		return err
	}
	if b, err = h.billing.Balance(ctx, boss); err != nil {
		return err
	}
	h.say("支付端口（本系统自己的实现）：%s批准 %s，%d.%02d 元，剩余 %d 份", merchant, o.Package.Name, o.Package.Fen/100, o.Package.Fen%100, b.Free)
	return nil
}
