package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// tell runs the story: the people, an order that is given up on either side, and one
// that is stored, sent, signed, and marked as signed.
func (h *host) tell(ctx context.Context) error {
	boss, seller, err := h.people(ctx)
	if err != nil {
		return err
	}
	o := order{number: "PO-" + rand.Text()[:8], supplier: supplier, fen: 18_600_000}
	if o.contract, err = o.page(); err != nil {
		return err
	}
	if err := h.givenUp(ctx, boss, o); err != nil {
		return err
	}
	if o, err = h.place(ctx, boss, o); err != nil {
		return err
	}
	e, err := h.envelopes.Get(ctx, boss, envelope.ID(o.envelope))
	if err != nil {
		return err
	}
	h.say("同一事务：订单 %s 与信封《%s》（%s）一起提交", o.number, e.Subject, e.Status.Zh())
	n, err := h.dispatch(ctx, boss)
	if err != nil {
		return err
	}
	h.say("提交之后发送：%d 份", n)
	if err := h.signed(ctx, o, boss, seller); err != nil {
		return err
	}
	if err := h.learned(ctx, o); err != nil {
		return err
	}
	return h.replayed(ctx, o)
}

// people returns a company that buys, with its seal and a balance, and a supplier.
func (h *host) people(ctx context.Context) (boss, seller org.Actor, err error) {
	p, err := h.person(ctx, buyer)
	if err != nil {
		return boss, seller, err
	}
	if seller, err = h.person(ctx, supplier); err != nil {
		return boss, seller, err
	}
	if boss, err = h.company(ctx, p); err != nil {
		return boss, seller, err
	}
	var sent int
	if err := h.pool.QueryRowContext(ctx, `SELECT count(*) FROM erp.messages`).Scan(&sent); err != nil {
		return boss, seller, err
	}
	h.say("短信端口（本系统自己的实现）：%d 条写入 erp.messages；%s、%s、%s 已认证", sent, buyer.name, supplier.name, companyName)
	return boss, seller, h.balance(ctx, boss)
}

// givenUp shows both roll-backs: if one side refuses, the other stores nothing.
func (h *host) givenUp(ctx context.Context, boss org.Actor, o order) error {
	free := o
	free.fen = 0 // refused by a CHECK of erp.orders, after the draft was made
	free, err := h.place(ctx, boss, free)
	if err == nil || free.envelope == "" {
		return fmt.Errorf("an order of nothing was kept: %w", err)
	}
	if _, err := h.envelopes.Get(ctx, boss, envelope.ID(free.envelope)); !errors.Is(err, envelope.ErrNotFound) {
		return fmt.Errorf("the draft of an order that was rolled back: %w", err)
	}
	h.say("回滚之一：订单表拒绝金额 0，信封也不存在")

	broken := o
	broken.contract = []byte("不是 PDF")
	_, err = h.place(ctx, boss, broken)
	var refused *envelope.UploadError
	if !errors.As(err, &refused) {
		return fmt.Errorf("a contract that is no PDF was taken: %w", err)
	}
	if _, err := h.order(ctx, o.number); !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("the order of a draft that was refused: %w", err)
	}
	h.say("回滚之二：信封被拒（%s），订单也不存在", refused.Zh())
	return nil
}

// signed lets both parties sign, in order.
func (h *host) signed(ctx context.Context, o order, boss, seller org.Actor) error {
	official, err := h.sealOf(ctx, boss, "公章", seal.Spec{Style: seal.StyleOfficial, Code: companyCode})
	if err != nil {
		return err
	}
	if err := h.seals.Grant(ctx, boss, official, boss.Person, registry.Period{To: time.Now().AddDate(1, 0, 0)}); err != nil {
		return err
	}
	for _, s := range []struct {
		actor org.Actor
		phone string
		seal  string
	}{{boss, buyer.phone, string(official)}, {seller, supplier.phone, ""}} {
		choice := envelope.Choice{Seal: registry.SealID(s.seal)}
		if choice.Signature, err = h.sealOf(ctx, org.Actor{Person: s.actor.Person}, "我的签名", seal.Spec{}); err != nil {
			return err
		}
		if err := h.envelopes.RequestCode(ctx, s.actor, envelope.ID(o.envelope), choice); err != nil {
			return err
		}
		code, err := h.messages.code(ctx, s.phone)
		if err != nil {
			return err
		}
		e, err := h.envelopes.Submit(ctx, s.actor, envelope.ID(o.envelope), choice, envelope.Code(code.Reveal()))
		if err != nil {
			return err
		}
		done, all := e.Progress()
		h.say("签署：已签 %d / 需签 %d，信封%s", done, all, e.Status.Zh())
	}
	return nil
}

// learned waits until the webhook has marked the order.
func (h *host) learned(ctx context.Context, o order) error {
	for range 100 {
		if _, err := h.envelopes.Step(ctx); err != nil {
			return err
		}
		now, err := h.order(ctx, o.number)
		if err != nil {
			return err
		}
		if now.state == "signed" {
			h.say("Webhook（签名已核对）：订单 %s 于 %s 签署完成", o.number, now.signed.Format(time.RFC3339))
			return nil
		}
	}
	return fmt.Errorf("order %s was signed, and no webhook said so", o.number)
}

// replayed checks that nothing an eavesdropper sends changes anything.
func (h *host) replayed(ctx context.Context, o order) error {
	before, err := h.taken(ctx, o)
	if err != nil {
		return err
	}
	all, err := h.attacks()
	if err != nil {
		return err
	}
	for _, a := range all {
		got, err := a.post(ctx, h.url+"/notices")
		if err != nil {
			return err
		}
		after, err := h.taken(ctx, o)
		if err != nil {
			return err
		}
		if got != a.want || after != before {
			return fmt.Errorf("webhook, %s: status %d, %+v became %+v", a.name, got, before, after)
		}
		h.say("Webhook（%s）：%d，未产生任何变化", a.name, got)
	}
	return nil
}

// books count the changes made by notices.
type books struct {
	notices int
	state   string
	signed  time.Time
}

func (h *host) taken(ctx context.Context, o order) (b books, err error) {
	if err = h.pool.QueryRowContext(ctx, `SELECT count(*) FROM erp.notices`).Scan(&b.notices); err != nil {
		return b, err
	}
	now, err := h.order(ctx, o.number)
	b.state, b.signed = now.state, now.signed.UTC()
	return b, err
}
