package signer

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// FindingCode names a kind of [Finding].
type FindingCode string

// The findings. The first three concern the certificate, at Request.Time.
const (
	FoundNotYetValid     FindingCode = "CERTIFICATE_NOT_YET_VALID"
	FoundExpired         FindingCode = "CERTIFICATE_EXPIRED"
	FoundNotForSigning   FindingCode = "CERTIFICATE_NOT_FOR_SIGNING" // by keyUsage or extKeyUsage (RFC 5280, 4.2.1.3 and 4.2.1.12)
	FoundNeedAppearances FindingCode = "NEED_APPEARANCES"            // readers draw the fields anew (ISO 32000-2, table 224), and no seal; it is taken back, and the fields are drawn, unless the document is signed
	FoundXFA             FindingCode = "XFA"                         // a second form in XML, without the new field; it is taken out, unless the document is signed
	FoundDynamicXFA      FindingCode = "XFA_DYNAMIC"                 // pages that Acrobat makes from XML, without the seal
	FoundMAC             FindingCode = "MAC"                         // a code over an encrypted document that a new revision breaks (ISO/TS 32004)
	FoundUsageRights     FindingCode = "USAGE_RIGHTS"                // rights that Acrobat takes back once the document is changed (ISO 32000-1, 12.8.2.3)
	FoundArchive         FindingCode = "PDF_A"                       // the document conforms to PDF/A (ISO 19005), and will
	FoundAccessible      FindingCode = "PDF_UA"                      // the same for PDF/UA (ISO 14289)
	FoundRecovered       FindingCode = "RECOVERED"                   // the cross-references are broken; all objects are listed anew
	FoundSaves           FindingCode = "SAVES"                       // earlier saves that cannot be told apart; verifiers mention it
	FoundTrailingBytes   FindingCode = "TRAILING_BYTES"              // bytes behind the end, which are signed too
)

var findingZh = map[FindingCode]string{
	FoundNotYetValid: "签名证书尚未生效", FoundExpired: "签名证书已过期", FoundNotForSigning: "该证书不可用于签名",
	FoundNeedAppearances: "表单要求阅读器重新绘制域，印章将不显示", FoundXFA: "文件含 XFA 表单", FoundDynamicXFA: "文件为动态 XFA 表单，印章将不显示",
	FoundMAC: "加密文件带有完整性校验码，签署会使其失效", FoundUsageRights: "文件带有 Adobe 使用权限，签署后将失效",
	FoundArchive: "文件符合 PDF/A，签署后仍符合", FoundAccessible: "文件符合 PDF/UA，签署后仍符合",
	FoundRecovered: "文件结构损坏，已重新整理", FoundSaves: "文件历次保存的写法不规范", FoundTrailingBytes: "文件结尾之后还有内容",
}

// Finding is something about a document or a certificate that their signer should know
// before the key is used.
type Finding struct {
	Code   FindingCode
	Stops  bool   // Sign returns it as an error, unless Request.Accept has its code
	Detail string // more about it; may be empty
}

// Error names the finding.
func (f *Finding) Error() string {
	s := "signer: " + string(f.Code)
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

// Zh describes the finding in Chinese.
func (f *Finding) Zh() string { return findingZh[f.Code] }

// ErrKeyMismatch says that a key is not that of the certificate.
var ErrKeyMismatch = errors.New("signer: the key is not that of the certificate")

// Findings returns what there is to know before a document is signed as requested. It does
// not use the key.
func (d *Document) Findings(req Request) ([]Finding, error) {
	var out []Finding
	if len(req.Credential.Chain) > 0 {
		out = append(out, certificateFindings(req.Credential.Chain[0], req.Time)...)
	}
	more, err := d.formFindings(req)
	if err != nil {
		return nil, inputFault(err)
	}
	out = append(out, more...)
	if more, err = d.catalogFindings(); err != nil {
		return nil, inputFault(err)
	}
	out = append(out, more...)
	p, err := d.palette()
	if err != nil {
		return nil, err
	}
	if p.archive > 0 {
		out = append(out, Finding{Code: FoundArchive, Detail: fmt.Sprintf("PDF/A-%d%s", p.archive, p.level)})
	}
	if p.accessible > 0 {
		out = append(out, Finding{Code: FoundAccessible, Detail: fmt.Sprintf("PDF/UA-%d", p.accessible)})
	}
	return append(out, d.fileFindings()...), nil
}

// stop returns the first finding that stops a request.
func (d *Document) stop(req Request) error {
	found, err := d.Findings(req)
	if err != nil {
		return err
	}
	for i, f := range found {
		if f.Stops && !slices.Contains(req.Accept, f.Code) {
			return &found[i]
		}
	}
	return nil
}

// certificateFindings are about a signer's certificate.
func certificateFindings(c *x509.Certificate, at time.Time) []Finding {
	var out []Finding
	switch {
	case at.Before(c.NotBefore):
		out = append(out, Finding{FoundNotYetValid, true, "it is valid from " + c.NotBefore.UTC().Format(time.RFC3339) + " on"})
	case at.After(c.NotAfter):
		out = append(out, Finding{FoundExpired, true, "it was valid until " + c.NotAfter.UTC().Format(time.RFC3339)})
	}
	if why := notForSigning(c); why != "" {
		out = append(out, Finding{FoundNotForSigning, true, why})
	}
	return out
}

// notForSigning returns why a certificate is not for signing documents; "" if it is. An
// extKeyUsage that is not only for time stamping and OCSP is taken, because certificates
// of persons have many.
func notForSigning(c *x509.Certificate) string {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if c.KeyUsage != 0 && c.KeyUsage&signing == 0 {
		return "keyUsage without digitalSignature and contentCommitment"
	}
	service := func(u x509.ExtKeyUsage) bool {
		return u == x509.ExtKeyUsageTimeStamping || u == x509.ExtKeyUsageOCSPSigning
	}
	if len(c.ExtKeyUsage) > 0 && len(c.UnknownExtKeyUsage) == 0 && !slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool { return !service(u) }) {
		return "extKeyUsage for time stamping or OCSP alone"
	}
	return ""
}

// checkKey returns ErrKeyMismatch if a key says that it is another one.
func (c Credential) checkKey() error {
	own, ok := c.Key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if ok && !own.Equal(c.Chain[0].PublicKey) {
		return ErrKeyMismatch
	}
	return nil
}

// formFindings are about the interactive form.
func (d *Document) formFindings(req Request) ([]Finding, error) {
	f, err := newForm(d, nil)
	if err != nil {
		return nil, err
	}
	var out []Finding
	signed := f.old.Signed()
	ask, err := f.needsAppearances()
	if err != nil {
		return nil, err
	}
	if ask {
		out = append(out, Finding{FoundNeedAppearances, signed && req.Appearance != nil, "the form asks readers to draw its fields anew"})
	}
	xfa, err := d.f.Resolve(f.old.Dict.Get("XFA"))
	if err != nil {
		return nil, err
	}
	cat, _, err := d.f.Catalog()
	if err != nil {
		return nil, err
	}
	rendering, err := d.f.Resolve(cat.Get("NeedsRendering"))
	switch {
	case err != nil:
		return nil, err
	case xfa != nil && rendering == true:
		out = append(out, Finding{FoundDynamicXFA, true, "Acrobat makes the pages from the XFA form"})
	case xfa != nil:
		out = append(out, Finding{FoundXFA, signed && req.NewField != nil, "the XFA form lacks the new field"})
	}
	return out, nil
}

// catalogFindings are about rights and codes over the whole document.
func (d *Document) catalogFindings() ([]Finding, error) {
	var out []Finding
	cat, _, err := d.f.Catalog()
	if err != nil {
		return nil, err
	}
	perms, err := d.f.Dict(cat.Get("Perms"))
	if err != nil {
		return nil, err
	}
	if perms.Get("UR3") != nil || perms.Get("UR") != nil {
		out = append(out, Finding{Code: FoundUsageRights, Detail: "Acrobat takes them back"})
	}
	if d.f.Trailer().Get("AuthCode") != nil {
		out = append(out, Finding{FoundMAC, true, "a new revision breaks it"})
	}
	return out, nil
}

// fileFindings are about how the file is written.
func (d *Document) fileFindings() []Finding {
	var out []Finding
	if d.f.Salvaged() {
		return append(out, Finding{Code: FoundRecovered})
	}
	if _, err := d.f.Revisions(0); err != nil {
		out = append(out, Finding{Code: FoundSaves, Detail: err.Error()})
	}
	if n := d.f.Behind(); n > 0 {
		out = append(out, Finding{Code: FoundTrailingBytes, Detail: fmt.Sprintf("%d bytes", n)})
	}
	return out
}

// withoutXFA takes out a static XFA form, which Acrobat would show in the place of this
// one. In a signed document it stays.
func (f *form) withoutXFA(dict *pdf.Dict) (*pdf.Dict, error) {
	if dict.Get("XFA") == nil || f.old.Signed() {
		return dict, nil
	}
	cat, _, err := f.d.f.Catalog()
	if err != nil {
		return nil, err
	}
	if rendering, err := f.d.f.Resolve(cat.Get("NeedsRendering")); err != nil || rendering == true {
		return dict, err // there would be no pages left
	}
	return dict.With("XFA", nil), nil
}
