package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// player is one party of a worker's envelopes.
type player struct {
	Actor     org.Actor
	Name      string
	Phone     string
	Company   string // name, empty for a person
	Seal      string // id
	Signature string // id
}

// cast is who takes part: one sending company, of which every worker has a member as
// the first party and the sender, and further persons and companies for each worker.
type cast struct {
	h       *host
	boss    player
	workers [][]player
	n       int // persons and companies so far
}

func newCast(ctx context.Context, h *host, o options) (*cast, error) {
	c := &cast{h: h}
	var err error
	if c.boss, err = c.firm(ctx); err != nil {
		return nil, err
	}
	if err := c.pay(ctx); err != nil {
		return nil, err
	}
	for range o.workers * o.processes {
		staff, err := c.staff(ctx)
		if err != nil {
			return nil, err
		}
		all := []player{staff}
		for i := 1; i < o.parties; i++ {
			make := c.person
			if i%2 == 0 {
				make = c.firm
			}
			p, err := make(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		c.workers = append(c.workers, all)
	}
	return c, nil
}

// person registers and verifies a person, and makes their signature.
func (c *cast) person(ctx context.Context) (player, error) {
	c.n++
	p := player{Name: "张" + chinese(c.n), Phone: fmt.Sprintf("138%08d", c.n)}
	h := c.h
	code := func(purpose org.Purpose) secret.Text {
		if err := h.org.SendCode(ctx, p.Phone, purpose); err != nil {
			return secret.Text{} // the command will return the error
		}
		return secret.New(h.ports.code(p.Phone))
	}
	made, err := h.org.Register(ctx, org.Registration{Phone: p.Phone, Code: code(org.PurposeRegister), Name: p.Name,
		Password: secret.New("a password for load"), Terms: terms})
	if err != nil {
		return p, err
	}
	p.Actor = org.Actor{Person: made.ID}
	details := org.Details{Name: p.Name, IDNumber: idNumber(c.n), Code: code(org.PurposeVerify)}
	if _, err := h.org.StartVerification(ctx, p.Actor, details); err != nil {
		return p, err
	}
	passed := org.FaceResult{Session: h.ports.session, Passed: true, Transaction: fmt.Sprint("face", c.n)}
	if err := call(ctx, h.org.FaceCallback, passed); err != nil {
		return p, err
	}
	if _, err := h.org.ConfirmVerification(ctx, p.Actor); err != nil {
		return p, err
	}
	s, err := h.seals.Create(ctx, p.Actor, "我的签名", seal.Spec{})
	p.Signature = string(s.ID)
	return p, err
}

// firm makes a verified company with a seal, and its administrator.
func (c *cast) firm(ctx context.Context) (player, error) {
	p, err := c.person(ctx)
	if err != nil {
		return p, err
	}
	h := c.h
	p.Company = "上海第" + chinese(c.n) + "有限公司"
	code := creditCode(c.n)
	made, err := h.org.CreateCompany(ctx, p.Actor, org.NewCompany{Name: p.Company, CreditCode: code})
	if err != nil {
		return p, err
	}
	p.Actor.Org = made.ID
	if _, err := h.org.StartLicenceScan(ctx, p.Actor); err != nil {
		return p, err
	}
	read := org.LicenceResult{Session: h.ports.session, Passed: true, Company: p.Company, CreditCode: code, Transaction: fmt.Sprint("licence", c.n)}
	if err := call(ctx, h.org.LicenceCallback, read); err != nil {
		return p, err
	}
	s, err := h.seals.Create(ctx, p.Actor, "公章", seal.Spec{Style: seal.StyleOfficial, Code: code})
	p.Seal = string(s.ID)
	return p, err
}

// staff makes a member of the sending company, with a grant of its seal.
func (c *cast) staff(ctx context.Context) (player, error) {
	p, err := c.person(ctx)
	if err != nil {
		return p, err
	}
	h := c.h
	link, err := h.org.Invite(ctx, c.boss.Actor, p.Name, p.Phone)
	if err != nil {
		return p, err
	}
	if err := h.org.SendCode(ctx, p.Phone, org.PurposeJoin); err != nil {
		return p, err
	}
	if err := h.org.Join(ctx, p.Actor, link[strings.LastIndex(link, "/")+1:], secret.New(h.ports.code(p.Phone))); err != nil {
		return p, err
	}
	if err := h.org.Approve(ctx, c.boss.Actor, p.Actor.Person); err != nil {
		return p, err
	}
	p.Actor.Org, p.Company, p.Seal = c.boss.Actor.Org, c.boss.Company, c.boss.Seal
	return p, h.seals.Grant(ctx, c.boss.Actor, registry.SealID(p.Seal), p.Actor.Person, registry.Period{})
}

// pay buys more copies than will be used.
func (c *cast) pay(ctx context.Context) error {
	order, err := c.h.billing.Buy(ctx, c.boss.Actor, "all", billing.WeChat)
	if err != nil {
		return err
	}
	_, err = c.h.billing.RefreshOrder(ctx, c.boss.Actor, order.ID)
	return err
}

// chinese writes a number in characters.
func chinese(n int) string {
	digits := []rune("零一二三四五六七八九")
	var out []rune
	for _, d := range fmt.Sprint(n) {
		out = append(out, digits[d-'0'])
	}
	return string(out)
}

// idNumber returns the n-th valid identity number (GB 11643-1999).
func idNumber(n int) string {
	body := fmt.Sprintf("11010119%02d%02d%02d%03d", 70+n/900%30, 1+n/28%12, 1+n%28, n%1000)
	sum, weight := 0, []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for i, w := range weight {
		sum += int(body[i]-'0') * w
	}
	return body + string("10X98765432"[sum%11])
}

// creditCode returns the n-th valid 统一社会信用代码 (GB 32100-2015), with a valid organisation
// code (GB 11714-1997) in it.
func creditCode(n int) string {
	const set = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	subject := fmt.Sprintf("%08d", n)
	sum := 0
	for i, w := range []int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(subject[i]-'0') * w
	}
	check := "0123456789X"[(11-sum%11)%11]
	body := "91310115" + subject + string(check)
	sum, weight := 0, 1
	for _, r := range body {
		sum += strings.IndexRune(set, r) * weight
		weight = weight * 3 % 31
	}
	return body + string(set[(31-sum%31)%31])
}
