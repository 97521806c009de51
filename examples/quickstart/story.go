package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// who is one of the persons of the story.
type who struct{ name, phone, number string }

var (
	admin   = who{"张伟", "13800138001", "321083197812162119"}
	handler = who{"李娜", "13800138002", "360426199101010071"}
	partner = who{"王小明", "13800138003", "11010519491231002X"}
)

const (
	companyName = "上海测试科技有限公司"
	companyCode = "91310115591693856A"
	password    = "correct horse battery"
)

// tell runs the whole story. Each step first checks whether an earlier run has already
// taken it.
func (h *host) tell(ctx context.Context, in string) error {
	doc, err := document(in)
	if err != nil {
		return err
	}
	if _, err := h.envelopes.Step(ctx); err != nil { // what an earlier run left unfinished
		return err
	}
	a, err := h.person(ctx, admin)
	if err != nil {
		return err
	}
	b, err := h.person(ctx, handler)
	if err != nil {
		return err
	}
	p, err := h.person(ctx, partner)
	if err != nil {
		return err
	}
	boss, err := h.company(ctx, a)
	if err != nil {
		return err
	}
	staff, err := h.member(ctx, boss, b)
	if err != nil {
		return err
	}
	official, err := h.seal(ctx, boss, b)
	if err != nil {
		return err
	}
	if err := h.balance(ctx, boss); err != nil {
		return err
	}
	e, err := h.draft(ctx, boss, in, doc)
	if err != nil {
		return err
	}
	if err := h.sign(ctx, staff, handler.phone, e.ID, registry.SealID(official)); err != nil {
		return err
	}
	if err := h.sign(ctx, org.Actor{Person: p.ID}, partner.phone, e.ID, ""); err != nil {
		return err
	}
	if _, err := h.envelopes.Step(ctx); err != nil {
		return err
	}
	if err := h.charges(ctx, boss); err != nil {
		return err
	}
	return h.results(ctx, boss, string(e.ID), official)
}

// document returns what will be signed.
func document(in string) ([]byte, error) {
	if in == "" {
		return contract(companyName, companyCode, partner.name)
	}
	b, err := os.ReadFile(in)
	if err != nil {
		return nil, &usageError{err}
	}
	return b, nil
}

// person registers and verifies a person: code, account, face check on the
// phone, confirmation on the PC.
func (h *host) person(ctx context.Context, w who) (org.Person, error) {
	p, err := h.org.Login(ctx, w.phone, secret.New(password))
	if errors.Is(err, org.ErrLogin) {
		if err := h.org.SendCode(ctx, w.phone, org.PurposeRegister); err != nil {
			return p, err
		}
		p, err = h.org.Register(ctx, org.Registration{Phone: w.phone, Code: h.code(w.phone), Name: w.name,
			Password: secret.New(password), Terms: terms})
	}
	if err != nil || p.State == org.PersonVerified {
		return p, err
	}
	actor := org.Actor{Person: p.ID}
	if p.State != org.PersonFacePassed {
		if err := h.org.SendCode(ctx, w.phone, org.PurposeVerify); err != nil {
			return p, err
		}
		url, err := h.org.StartVerification(ctx, actor, org.Details{Name: w.name, IDNumber: w.number, Code: h.code(w.phone)})
		if err != nil {
			return p, err
		}
		if err := h.box.Pass(ctx, url); err != nil {
			return p, err
		}
	}
	p, err = h.org.ConfirmVerification(ctx, actor)
	if err == nil {
		h.say("实名认证：%s（%s，%s）", p.Name, p.Phone, p.MaskedID)
	}
	return p, err
}

// code reads the newest code from a phone's inbox.
func (h *host) code(phone string) secret.Text { return secret.New(h.box.Code(phone)) }

// company creates the company and has its licence scanned.
func (h *host) company(ctx context.Context, admin org.Person) (org.Actor, error) {
	contexts, err := h.org.Editions(ctx, admin.ID)
	if err != nil {
		return org.Actor{}, err
	}
	actor := org.Actor{Person: admin.ID}
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
	if err := h.box.Pass(ctx, url); err != nil {
		return actor, err
	}
	h.say("企业认证：%s（%s，电子营业执照）", companyName, companyCode)
	return actor, nil
}

// member invites a colleague, who joins by the link and is approved.
func (h *host) member(ctx context.Context, boss org.Actor, p org.Person) (org.Actor, error) {
	actor := org.Actor{Person: p.ID, Org: boss.Org}
	if _, err := h.org.Company(ctx, actor); err == nil {
		return actor, nil
	}
	link, err := h.org.Invite(ctx, boss, handler.name, handler.phone)
	if err != nil && !errors.Is(err, org.ErrMember) {
		return actor, err
	}
	if err == nil {
		if err := h.org.SendCode(ctx, handler.phone, org.PurposeJoin); err != nil {
			return actor, err
		}
		if err := h.org.Join(ctx, org.Actor{Person: p.ID}, link[strings.LastIndex(link, "/")+1:], h.code(handler.phone)); err != nil {
			return actor, err
		}
	}
	if err := h.org.Approve(ctx, boss, p.ID); err != nil {
		return actor, err
	}
	h.say("成员加入：%s", p.Name)
	return actor, nil
}

// seal draws the company's seal and lends it to the handler.
func (h *host) seal(ctx context.Context, boss org.Actor, to org.Person) (string, error) {
	list, _, err := h.seals.List(ctx, boss, false, "")
	if err != nil {
		return "", err
	}
	id := ""
	if len(list) > 0 {
		id = string(list[0].ID)
	} else {
		made, err := h.seals.Create(ctx, boss, "公章", seal.Spec{Style: seal.StyleOfficial, Code: companyCode})
		if err != nil {
			return "", err
		}
		id = string(made.ID)
		h.say("制作印章：公章，授权给 %s 使用一年", to.Name)
	}
	return id, h.seals.Grant(ctx, boss, registry.SealID(id), to.ID, registry.Period{To: time.Now().AddDate(1, 0, 0)})
}

// signature returns a person's own signature, made if there is none.
func (h *host) signature(ctx context.Context, person org.PersonID) (registry.SealID, error) {
	me := org.Actor{Person: person}
	list, _, err := h.seals.List(ctx, me, false, "")
	if err != nil {
		return "", err
	}
	if len(list) > 0 {
		return list[0].ID, nil
	}
	made, err := h.seals.Create(ctx, me, "我的签名", seal.Spec{})
	return made.ID, err
}

// balance buys copies when there are none left.
func (h *host) balance(ctx context.Context, boss org.Actor) error {
	b, err := h.billing.Balance(ctx, boss)
	if err != nil || b.Free > 0 {
		return err
	}
	o, err := h.billing.Buy(ctx, boss, "100", billing.Alipay)
	if err != nil {
		return err
	}
	if err := h.box.Pass(ctx, o.QR); err != nil {
		return err
	}
	if b, err = h.billing.Balance(ctx, boss); err != nil {
		return err
	}
	h.say("购买套餐：%s，支付成功，剩余签署份数 %d", o.Package.Name, b.Free)
	return nil
}

// draft makes the envelope and sends it.
func (h *host) draft(ctx context.Context, boss org.Actor, in string, doc []byte) (*envelope.Envelope, error) {
	name := "采购合同.pdf"
	if in != "" {
		name = filepath.Base(in)
	}
	first, second, err := boxes(ctx, in == "", doc)
	if err != nil {
		return nil, err
	}
	e, err := h.envelopes.CreateDraft(ctx, boss, envelope.NewDraft{
		Subject: "办公设备采购合同", Note: "请双方核对后签署", Ordered: true,
		Files: []envelope.Upload{{Name: name, Content: bytes.NewReader(doc)}},
		Signers: []envelope.Signer{
			{Kind: envelope.Company, Name: handler.name, Phone: handler.phone, Company: companyName, Boxes: first},
			{Kind: envelope.Person, Name: partner.name, Phone: partner.phone, Boxes: second},
		}})
	var upload *envelope.UploadError
	if errors.As(err, &upload) {
		return nil, &usageError{err}
	}
	if err != nil {
		return nil, err
	}
	for _, n := range e.Files[0].Notes {
		h.say("上传检查：%s", n)
	}
	e, err = h.envelopes.Send(ctx, boss, e.ID)
	if err == nil {
		h.say("发起签署：《%s》，%d 个签署方", e.Subject, len(e.Parties))
	}
	return e, err
}

// boxes places the signatures: beside their labels in the default contract, near the
// foot of the last page of any other file.
func boxes(ctx context.Context, ours bool, doc []byte) (company, person []envelope.Box, err error) {
	box := func(k envelope.BoxKind, page int, x, y float64) envelope.Box {
		return envelope.Box{Kind: k, Page: page, X: x, Y: y}
	}
	if ours {
		return []envelope.Box{box(envelope.SignatureBox, 2, left+41, signTop+14), box(envelope.SealBox, 2, left+70, signTop+8)},
			[]envelope.Box{box(envelope.SignatureBox, 2, left+92+38, signTop+14)}, nil
	}
	page, w, h, err := lastPage(ctx, doc)
	if err != nil {
		return nil, nil, err
	}
	// The company's half is on the left, the person's beside it, or above it if the
	// page is narrow.
	const seal, sigW, sigH = 42.0, 40.0, 16.0
	in := func(v, half, most float64) float64 { return max(half, min(v, most-half)) }
	x, y := in(w*0.3, seal/2, w), in(h-30, seal/2, h)
	if w < seal+sigW {
		x = seal / 2
	}
	free := w - x - seal/2
	own := envelope.Box{Kind: envelope.SignatureBox, Page: page, Width: min(sigW, free), Height: sigH,
		X: max(x+seal/2+min(sigW, free)/2, in(w*0.72, sigW/2, w)), Y: in(h-30, sigH/2, h)}
	if free < 8 {
		own.Width, own.Height = min(sigW, w), min(sigH, y-seal/2)
		own.X, own.Y = own.Width/2, y-seal/2-own.Height/2
	}
	return []envelope.Box{box(envelope.SignatureBox, page, x, y), box(envelope.SealBox, page, x, y)}, []envelope.Box{own}, nil
}

// lastPage measures the last page as it will be once the upload is normalized.
func lastPage(ctx context.Context, doc []byte) (page int, w, h float64, err error) {
	d, err := signer.Open(bytes.NewReader(doc), int64(len(doc)))
	if err != nil {
		var clean bytes.Buffer
		if nerr := signer.Normalize(ctx, &clean, bytes.NewReader(doc), int64(len(doc))); nerr != nil {
			return 1, 210, 297, nil // the upload check will report what is wrong
		}
		if d, err = signer.Open(bytes.NewReader(clean.Bytes()), int64(clean.Len())); err != nil {
			return 0, 0, 0, err
		}
	}
	if page, err = d.Pages(); err != nil {
		return 1, 210, 297, nil
	}
	w, h, err = d.PageSize(page)
	return page, w, h, err
}

// sign does what a signer does: they find the task, choose, get a code, submit.
func (h *host) sign(ctx context.Context, actor org.Actor, phone string, id envelope.ID, companySeal registry.SealID) error {
	found := false
	for after, more := store.Cursor(""), true; more && !found; more = after != "" {
		list, next, err := h.envelopes.Tasks(ctx, actor, after)
		if err != nil {
			return err
		}
		for _, t := range list {
			found = found || t.Envelope == id
		}
		after = next
	}
	if !found {
		return fmt.Errorf("the envelope is not among the signer's tasks")
	}
	signature, err := h.signature(ctx, actor.Person)
	if err != nil {
		return err
	}
	choice := envelope.Choice{Seal: companySeal, Signature: signature}
	if err := h.envelopes.RequestCode(ctx, actor, id, choice); err != nil {
		return err
	}
	e, err := h.envelopes.Submit(ctx, actor, id, choice, envelope.Code(h.box.Code(phone)))
	if err != nil {
		return err
	}
	done, all := e.Progress()
	h.say("签署成功：已签 %d / 需签 %d，信封%s", done, all, e.Status.Zh())
	return nil
}

// charges shows the charge list. It checks that each line is a completed envelope and
// that the balance is the sum of its ledger.
func (h *host) charges(ctx context.Context, boss org.Actor) error {
	if err := h.billing.Audit(ctx, boss.Org); err != nil {
		return err
	}
	after := store.Cursor("")
	for first := true; first || after != ""; first = false {
		list, next, err := h.billing.Charges(ctx, boss, billing.ChargeFilter{}, after)
		if err != nil {
			return err
		}
		for _, c := range list {
			e, err := h.envelopes.Get(ctx, boss, envelope.ID(c.Envelope))
			if err != nil {
				return err
			}
			if e.Status != envelope.Completed {
				return fmt.Errorf("envelope %s is charged and not complete", e.ID)
			}
			h.say("消费明细：%s  %d 份  %s  %s", billing.ShowTime(c.At), c.Copies, billing.ShortName(c.Name), c.Source.Zh())
		}
		after = next
	}
	return nil
}

// results writes the files and shows the verification page.
func (h *host) results(ctx context.Context, boss org.Actor, id, official string) error {
	if err := h.roots(); err != nil {
		return err
	}
	made, err := h.seals.Impression(ctx, boss, registry.SealID(official))
	if err != nil {
		return err
	}
	var png, svg bytes.Buffer
	if err := errors.Join(made.Artwork.PNG(&png, 600), made.Artwork.SVG(&svg)); err != nil {
		return err
	}
	signed, err := read(h.envelopes.Document(ctx, boss, envelope.ID(id), 0))
	if err != nil {
		return err
	}
	evidence, err := read(h.envelopes.EvidenceReport(ctx, boss, envelope.ID(id)))
	if err != nil {
		return err
	}
	rep, err := verify.Verify(ctx, bytes.NewReader(signed), int64(len(signed)), verify.Policy{
		Roots: h.ca.Roots(), Time: time.Now(), Revocation: verify.UnsafeSkipRevocation})
	if err != nil {
		return err
	}
	path := filepath.Join(h.out, "contract-signed.pdf")
	line, err := jsonLine(path, rep)
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{"contract-signed.pdf": signed, "evidence.pdf": evidence,
		"seal.png": png.Bytes(), "seal.svg": svg.Bytes(), "verify.json": line} {
		if err := writeFile(filepath.Join(h.out, name), b, 0o644); err != nil {
			return err
		}
	}
	h.say("\n文件验签：%s\n%s", path, rep.Text(verify.Chinese))
	// Three signatures, and the timestamp of the long-term evidence.
	if !rep.Valid() || len(rep.Signatures) != 4 || rep.Signatures[3].Kind != verify.KindTimestamp {
		return fmt.Errorf("the result does not verify: %v, %d signatures and timestamps", rep.Verdict, len(rep.Signatures))
	}
	return nil
}

func read(b store.Blob, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
}

// jsonLine returns what verifypdf -json prints.
func jsonLine(file string, rep *verify.Report) ([]byte, error) {
	body, err := json.Marshal(rep)
	if err != nil {
		return nil, err
	}
	name, err := json.Marshal(file)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"file":%s,%s`+"\n", name, body[1:]), nil
}
