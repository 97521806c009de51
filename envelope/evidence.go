package envelope

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/beijing"
	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// makeReport makes, certifies and stores the evidence report (证据报告) of an archived
// envelope, and audit.json, whose digest is in the name of the report's signature
// field.
func (s *Service) makeReport(ctx context.Context, e *record) error {
	trail, err := s.readTrail(ctx, e.ID)
	if err != nil {
		return err
	}
	record := audit.Record{Envelope: string(e.ID), Subject: e.Subject, Trail: trail}
	var judged []*verify.Report
	for i, f := range e.Files {
		doc, err := s.readBlob(ctx, f.Head)
		if err != nil {
			return err
		}
		rep, err := s.judgeDocument(ctx, doc)
		if err != nil {
			return err
		}
		judged = append(judged, rep)
		record.Files = append(record.Files, audit.RecordFile{Name: f.Name, Path: archivePath(e, i), Uploaded: f.Uploaded.String(),
			Layout: f.Layout.String(), Signed: f.Signed.String(), Archived: f.Head.String(), Size: int64(len(doc))})
	}
	encoded, err := record.Encode()
	if err != nil {
		return err
	}
	auditDigest, _, err := s.blobs.Put(ctx, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	page, err := evidencePage(e, trail, auditDigest, judged)
	if err != nil {
		return err
	}
	signed, err := s.certifyReport(ctx, page, auditDigest)
	if err != nil {
		return err
	}
	digest, _, err := s.blobs.Put(ctx, bytes.NewReader(signed))
	if err != nil {
		return err
	}
	_, err = s.settleEvidence(ctx, e, reportCommand{Digest: digest, Audit: auditDigest})
	return err
}

// certifyReport signs the report for the platform: forms may still be filled in,
// nothing else may change (P 2).
func (s *Service) certifyReport(ctx context.Context, page []byte, record store.Digest) ([]byte, error) {
	cred, err := s.credentials.For(ctx, Subject{Purpose: PlatformSigns, ID: "platform"})
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	doc, err := signer.Open(bytes.NewReader(page), int64(len(page)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = signer.Sign(ctx, &out, doc, signer.Request{Credential: cred, Services: signer.Services{Memory: s.memory, Timestamper: s.tsa}, Level: signer.BT,
		Time: s.db.Now().In(beijing.Zone), Reason: "证据报告", Certify: signer.AllowForms,
		NewField: &signer.Field{Name: audit.EvidenceField(record.String())}})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), s.checkDocument(ctx, out.Bytes())
}

// evidencePage typesets the report.
func evidencePage(e *record, trail []audit.Entry, record store.Digest, judged []*verify.Report) ([]byte, error) {
	p, err := report.New("电子签署证据报告", "信封编号 "+string(e.ID))
	if err != nil {
		return nil, err
	}
	p.Heading("一、信封")
	p.Row("主题", e.Subject)
	p.Row("发起方", e.From)
	p.Row("状态", e.Status.Zh())
	p.Row("业务系统", e.Source.Zh())
	p.Row("发起时间", showTime(e.SentAt))
	p.Row("完成时间", showTime(e.EndedAt))
	p.Row("存证时间", showTime(e.ArchivedAt))
	p.Heading("二、文件")
	for i, f := range e.Files {
		p.Row(fmt.Sprintf("文件 %d", i+1), fmt.Sprintf("%s（%d 页）", f.Name, f.Pages))
		p.Row("上传时 SHA-256", f.Uploaded.String())
		p.Row("签署前 SHA-256", f.Layout.String())
		p.Row("签署后 SHA-256", f.Signed.String())
		p.Row("存证 SHA-256", f.Head.String())
	}
	p.Heading("三、签署方")
	for i := range e.Parties {
		partyRows(p, i, &e.Parties[i])
	}
	p.Heading("四、签名与证书")
	for i, rep := range judged {
		for _, sig := range rep.Signatures {
			signatureRows(p, i, sig)
		}
	}
	p.Heading("五、过程记录")
	for _, t := range trail {
		p.Row(showTime(t.At), trailWords[EventKind(t.Kind)])
	}
	p.Row("记录链摘要", fmt.Sprintf("%x", trail[len(trail)-1].Hash))
	p.Row("audit.json", record.String())
	p.Gap()
	p.Text("本报告由系统根据签署过程自动生成，并由平台认证签名、加盖时间戳。文件的完整性与签名有效性可用任何支持 PAdES 的软件独立验证；" +
		"过程记录逐条以 SHA-256 相连，任何一条被改动、删除或调换，其后的摘要均不再相符；audit.json 的 SHA-256 写入本报告的签名域名称，不可更改。")
	return p.Bytes()
}

func partyRows(p *report.Page, i int, q *partyRecord) {
	p.Row(fmt.Sprintf("签署方 %d", i+1), who(q)+"，手机 "+q.Mask)
	if q.Consent == nil {
		p.Row("签署", "同组其他签署人已签署，无需签署")
		return
	}
	c := q.Consent
	p.Row("实名认证", fmt.Sprintf("证件号 %s，人脸识别认证于 %s", c.Proof.Number, showTime(c.Proof.VerifiedAt)))
	if c.Proof.Code != "" {
		p.Row("企业认证", fmt.Sprintf("统一社会信用代码 %s，%s，%s", c.Proof.Code, c.Proof.Method, showTime(c.Proof.CompanyAt)))
	}
	p.Row("意愿认证方式", fmt.Sprintf("%s，%s", howAgreed(c), showTime(c.At)))
	p.Row("意愿摘要", c.Binding.String())
	for _, st := range c.Stamps {
		if st.Seal == "" {
			continue
		}
		where := fmt.Sprintf("文件 %d 第 %d 页 (%.1f, %.1f) mm", st.File+1, st.Page, st.X, st.Y)
		if st.Edge != nil {
			where = fmt.Sprintf("文件 %d 骑缝", st.File+1)
		}
		p.Row("签章", fmt.Sprintf("%s，%s，编号 %s", st.SealName, where, st.Seal))
	}
	for _, f := range c.Fills {
		p.Row("填写", fmt.Sprintf("文件 %d：%s", f.File+1, strings.ReplaceAll(f.Text, "\n", " ")))
	}
	p.Row("签署时间", showTime(q.SignedAt))
}

// howAgreed describes how a signer showed their will.
func howAgreed(c *Consent) string {
	if c.Silent != "" {
		return "静默签"
	}
	how := c.Method.Zh()
	if c.Face != nil {
		how += "（流水号 " + c.Face.Transaction + "，引用 " + c.Face.Token + "）"
	}
	if c.Batch != "" {
		how += "（批量签署 " + c.Batch + "）"
	}
	return how
}

func signatureRows(p *report.Page, file int, sig verify.Signature) {
	what := "签名"
	if sig.Kind == verify.KindTimestamp {
		what = "存证时间戳"
	}
	p.Row(fmt.Sprintf("文件 %d %s", file+1, what), sig.Signer)
	p.Row("颁发者", sig.Issuer)
	p.Row("算法与级别", fmt.Sprintf("%s %s，%s", sig.Algorithm, sig.Digest, sig.Level))
	p.Row("时间", showTime(sig.SigningTime))
}

var trailWords = map[EventKind]string{
	EventDrafted: "发起方保存草稿", EventSent: "发起方发送信封", EventActivated: "通知签署方", EventKnown: "参与人完成实名认证",
	EventOpened: "签署方查看文件", EventConsented: "签署方确认签署意愿", EventReleased: "签署意愿失效", EventSigned: "签署方完成签署",
	EventSkipped: "同组其他签署人已签署", EventExtended: "发起方延长签署期限", EventReminded: "发起方催办", EventDelegated: "转他人处理",
	EventExpired: "签署期限届满", EventVoided: "解除协议已签署，文件解除",
	EventDeclined: "签署方拒签", EventWithdrawn: "发起方撤销", EventCompleted: "全部签署完成",
	EventArchived: "完成长期存证", EventEvidence: "生成证据报告",
}
