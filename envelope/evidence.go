package envelope

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// Step does what waits to be done: envelopes past their deadline expire,
// signatures whose consent was recorded and whose making was interrupted are made,
// and completed envelopes get their evidence reports. It
// returns how many it did. Several processes may call it; what one of them
// cannot finish is tried again by the next call, and its error is returned after
// the rest was tried.
func (s *Service) Step(ctx context.Context) (int, error) {
	signed, err1 := s.stepSignings(ctx)
	expired, err2 := s.stepExpiries(ctx)
	reports, err3 := s.stepReports(ctx)
	return signed + expired + reports, errors.Join(err1, err2, err3)
}

func (s *Service) stepSignings(ctx context.Context) (int, error) {
	var open []task
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		open = open[:0]
		page, err := tasks.Page(ctx, tx, store.Where("state", int64(taskSigning)), store.Asc("at"))
		for _, r := range page.Items {
			open = append(open, r.V)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	done := 0
	for _, t := range open {
		actor, e := org.Actor{}, error(nil)
		if actor, e = s.signing(ctx, t); e == nil && actor.Person != "" {
			var token string
			if token, e = s.tryLease(ctx, t.Envelope, t.Party); token == "" {
				err = errors.Join(err, e)
				continue // somebody is signing it now
			}
			if _, e = s.finish(ctx, actor, t.Envelope, t.Party, token); e == nil {
				done++
			}
		}
		err = errors.Join(err, e)
	}
	return done, err
}

// signing returns who agreed to a task; nobody if it is no longer open.
func (s *Service) signing(ctx context.Context, t task) (org.Actor, error) {
	var actor org.Actor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, t.Envelope)
		if err != nil {
			return err
		}
		actor = org.Actor{}
		if p := rec.V.Parties[t.Party-1]; p.State == Signing {
			actor = org.Actor{Person: p.PersonID, Org: p.OrgID}
		}
		return nil
	})
	return actor, err
}

func (s *Service) stepReports(ctx context.Context) (int, error) {
	var waiting []Envelope
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		waiting = waiting[:0]
		page, err := envelopes.Page(ctx, tx, store.Where("unreported", int64(1)), store.Asc("created_at"))
		for _, r := range page.Items {
			waiting = append(waiting, r.V)
		}
		return err
	})
	done := 0
	for _, e := range waiting {
		rerr := s.report(ctx, &e)
		if rerr == nil {
			done++
		}
		err = errors.Join(err, rerr)
	}
	return done, err
}

// report makes, signs and stores one evidence report (证据报告).
func (s *Service) report(ctx context.Context, e *Envelope) error {
	trail, err := s.trail(ctx, e.ID)
	if err != nil {
		return err
	}
	page, err := evidencePage(e, trail)
	if err != nil {
		return err
	}
	cred, err := s.credentials.For(ctx, Subject{Purpose: PlatformSigns, ID: "platform"})
	if err != nil {
		return fmt.Errorf("envelope: credentials: %w", err)
	}
	doc, err := signer.Open(bytes.NewReader(page), int64(len(page)))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := signer.Sign(ctx, &out, doc, signer.Request{Credential: cred, Level: signer.BT, Timestamper: s.tsa,
		Time: s.db.Now().In(beijing), Reason: "证据报告", NewField: &signer.Field{Name: "Evidence"}}); err != nil {
		return err
	}
	if err := s.check(ctx, out.Bytes()); err != nil {
		return err
	}
	digest, _, err := s.blobs.Put(ctx, &out)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, e.ID)
		if err != nil || rec.V.Evidence != (store.Digest{}) {
			return err
		}
		evs, err := Decide(&rec.V, Report{Digest: digest}, tx.Now())
		if err != nil {
			return err
		}
		_, err = s.apply(ctx, tx, rec, org.Actor{}, evs)
		return err
	})
}

// evidencePage sets the report's page.
func evidencePage(e *Envelope, trail []audit.Entry) ([]byte, error) {
	p, err := report.New("电子签署证据报告", "信封编号 "+e.ID, e.EndedAt)
	if err != nil {
		return nil, err
	}
	p.Heading("一、信封")
	p.Row("主题", e.Subject)
	p.Row("状态", e.Status.Zh())
	p.Row("业务系统", e.Source.Zh())
	p.Row("发起时间", shown(e.SentAt))
	p.Row("完成时间", shown(e.EndedAt))
	p.Heading("二、文件")
	for i, f := range e.Files {
		p.Row(fmt.Sprintf("文件 %d", i+1), fmt.Sprintf("%s（%d 页）", f.Name, f.Pages))
		p.Row("上传时 SHA-256", f.Uploaded.String())
		p.Row("签署前 SHA-256", f.Layout.String())
		p.Row("签署后 SHA-256", f.Head.String())
	}
	p.Heading("三、签署方")
	for i, q := range e.Parties {
		p.Row(fmt.Sprintf("签署方 %d", i+1), who(&q)+"，手机 "+q.Mask)
		if q.Consent == nil {
			p.Row("签署", "同组其他签署人已签署")
			continue
		}
		p.Row("意愿确认", fmt.Sprintf("短信验证码，%s", shown(q.Consent.At)))
		p.Row("意愿摘要", fmt.Sprintf("%x", q.Consent.Binding))
		for _, st := range q.Consent.Stamps {
			if st.Seal != "" {
				p.Row("签章", fmt.Sprintf("文件 %d 第 %d 页 (%.1f, %.1f) mm，编号 %s", st.File+1, st.Page, st.X, st.Y, st.Seal))
			}
		}
		p.Row("签署时间", shown(q.SignedAt))
	}
	p.Heading("四、过程记录")
	for _, t := range trail {
		p.Row(shown(t.At), trailWords[EventKind(t.Kind)])
	}
	p.Row("记录链摘要", fmt.Sprintf("%x", trail[len(trail)-1].Hash))
	p.Gap()
	p.Text("本报告由系统根据签署过程自动生成。文件的完整性与签名有效性可用任何支持 PAdES 的软件独立验证；" +
		"过程记录逐条以 SHA-256 相连，任何一条被改动、删除或调换，其后的摘要均不再相符。")
	return p.Bytes()
}

var trailWords = map[EventKind]string{
	EventDrafted: "发起方创建信封", EventSent: "发起方发送信封", EventActivated: "通知签署方",
	EventConsented: "签署方确认签署意愿", EventReleased: "签署意愿失效", EventSigned: "签署方完成签署",
	EventSkipped: "同组其他签署人已签署", EventExtended: "发起方延长签署期限", EventReminded: "发起方催办", EventHanded: "转他人处理",
	EventExpired: "签署期限届满", EventVoided: "解除协议已签署，文件解除",
	EventDeclined: "签署方拒签", EventWithdrawn: "发起方撤销", EventCompleted: "全部签署完成", EventEvidence: "生成证据报告",
}

func shown(t time.Time) string { return t.In(beijing).Format(time.DateTime) }
