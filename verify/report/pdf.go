package report

import (
	"crypto/x509"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dajiaqian/dajiaqian/internal/plain"
	typeset "github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/verify"
)

// Limits of what the PDF lists. It says how many more there are.
const (
	maxRows    = 100  // changes, mentions, and places of one signature
	maxPages   = 48   // pages that are drawn
	maxMarks   = 1000 // rectangles on one page
	maxLetters = 300  // of a text from the file
	maxWords   = 1000 // of any other value
)

// PDF writes the report for people, as A4 pages with an embedded font: the verdict, every
// signature with its reasons and warnings in words, a sketch of each page that shows a
// signature or a later change, and the list of these changes. A sketch is the page's
// outline with rectangles, numbered for signatures: nothing of the file is drawn. Of long
// lists it has the beginning, and says how many more there are; a character that the font
// lacks is shown as 〓. Times are those of Beijing.
func PDF(w io.Writer, doc Document, rep *verify.Report, lang verify.Language) error {
	p := &pdfReport{doc: &doc, rep: rep, lang: lang, changes: listChanges(rep)}
	title := p.say("电子签名验证报告", "Report on electronic signatures")
	page, err := typeset.NewNumbered(title, clip(doc.Name), p.say("第 %d 页", "page %d"))
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p.Page = page
	for i := range rep.Signatures {
		p.basis = append(p.basis, rep.Signatures[i].Basis())
	}
	p.writeFile()
	p.writeSignatures()
	p.writeSketches()
	p.writeChanges()
	p.writeNotes()
	out, err := page.Bytes()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

// pdfReport is a PDF on its way.
type pdfReport struct {
	*typeset.Page
	doc   *Document
	rep   *verify.Report
	basis []verify.Basis
	lang  verify.Language

	changes  []verify.Change
	sections int
}

// section begins a section with its number.
func (p *pdfReport) section(zh, en string) {
	numbers := [...]string{"一", "二", "三", "四", "五"}
	p.Heading(p.say(numbers[p.sections]+"、"+zh, fmt.Sprintf("%d. %s", p.sections+1, en)))
	p.sections++
}

func (p *pdfReport) say(zh, en string) string { return phrase{zh, en}.say(p.lang) }

// row sets a row unless its value is empty.
func (p *pdfReport) row(zh, en, value string) {
	if value != "" {
		p.Row(p.say(zh, en), clipTo(value, maxWords))
	}
}

// clip makes a text of anyone fit to print, and short enough.
func clip(s string) string { return clipTo(s, maxLetters) }

func clipTo(s string, limit int) string {
	r := []rune(plain.Text(s))
	if len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return string(r)
}

// writeFile says what was judged, and the verdict.
func (p *pdfReport) writeFile() {
	words, tone := verdict(p.rep.Verdict)
	p.Banner(words.say(p.lang), tone)
	p.section("文件", "The file")
	p.row("文件名", "Name", clip(p.doc.Name))
	p.row("文件大小", "Size", fmt.Sprintf(p.say("%d字节", "%d bytes"), p.doc.Size))
	p.row("SHA-256", "SHA-256", fmt.Sprintf("%x", p.doc.SHA256))
	p.row("验证时间", "Judged as of", when(p.rep.Time, p.lang))
	signatures := 0
	for _, s := range p.rep.Signatures {
		if s.Kind == verify.KindSignature {
			signatures++
		}
	}
	p.row("签名数量", "Signatures", fmt.Sprintf(p.say("%d个签名，%d个文档时间戳", "%d, and %d document timestamps"), signatures, len(p.rep.Signatures)-signatures))
	for _, r := range p.rep.Reasons {
		p.row("文件问题", "Found", r.Text(p.lang)+p.code(r))
	}
	for i, m := range p.rep.Mentions {
		if i == maxRows {
			p.more(len(p.rep.Mentions) - i)
			break
		}
		p.row("另外发现", "Also found", m.Text(p.lang))
	}
}

func (p *pdfReport) code(r verify.Reason) string {
	return fmt.Sprintf(p.say("（%s）", " (%s)"), string(r))
}

func (p *pdfReport) more(n int) {
	p.row("……", "…", fmt.Sprintf(p.say("另有%d项", "%d more"), n))
}

// name returns the number of a signature as the sketches show it.
func (p *pdfReport) name(i int) string {
	n := 0
	for _, s := range p.rep.Signatures[:i+1] {
		if s.Kind == p.rep.Signatures[i].Kind {
			n++
		}
	}
	if p.rep.Signatures[i].Kind == verify.KindTimestamp {
		return fmt.Sprintf("T%d", n)
	}
	return fmt.Sprint(n)
}

func (p *pdfReport) writeSignatures() {
	if len(p.rep.Signatures) == 0 {
		return
	}
	p.section("签名", "Signatures")
	for i := range p.rep.Signatures {
		p.writeSignature(i)
	}
}

func (p *pdfReport) writeSignature(i int) {
	s, b := &p.rep.Signatures[i], &p.basis[i]
	head := p.say("签名", "Signature")
	if s.Kind == verify.KindTimestamp {
		head = p.say("文档时间戳", "Document timestamp")
	}
	p.Title(fmt.Sprintf("%s %s  %s", head, p.name(i), clip(s.Signer)), tone(s.Indication))
	for _, r := range s.Rows(p.lang) {
		if r.Value != "" {
			p.Row(r.Label, clipTo(r.Value, maxWords))
		}
	}
	status := s.Indication.String()
	if s.SubIndication != "" {
		status += "，" + string(s.SubIndication)
	}
	p.row("标准结论", "EN 319 102-1", strings.ReplaceAll(status, "，", p.say("，", ", ")))
	if s.Digest != "" {
		p.row("哈希算法", "Hash", hash(s.Digest))
	}
	p.row("签名级别", "Level", level(s.Level).say(p.lang))
	p.writePath(s, b)
	if !b.Claimed.IsZero() && s.TimeSource == verify.TimeTimestamp && s.Kind == verify.KindSignature {
		p.row("声明的时间", "Claimed time", when(b.Claimed, p.lang))
	}
	p.row("覆盖范围", "Covers", coverage(s.Coverage).say(p.lang))
	p.row("变更类别", "Kind of change", changeWords(s.ChangeLevel).say(p.lang))
	p.row("认证权限", "Certification", docMDP(s.DocMDP).say(p.lang))
	p.row("签署原因", "Reason", clip(b.Reason))
	p.row("签署地点", "Location", clip(b.Location))
	p.row("签名域", "Field", clip(s.Field))
	p.row("签名格式", "Format", clip(s.SubFilter))
	for n, place := range b.Places {
		if n == maxRows {
			p.more(len(b.Places) - n)
			break
		}
		p.row("签署位置", "Place", where(place, p.lang))
	}
}

// writePath sets the rows about the certificates.
func (p *pdfReport) writePath(s *verify.Signature, b *verify.Basis) {
	p.row("颁发机构", "Issuer", clip(s.Issuer))
	if len(b.Path) > 0 {
		c := b.Path[0]
		p.row("证书序列号", "Serial number", serial(c))
		p.row("证书有效期", "Valid", when(c.NotBefore, p.lang)+p.say(" 至 ", " to ")+when(c.NotAfter, p.lang))
	}
	if len(b.StampPath) > 0 {
		c := b.StampPath[0]
		p.row("时间戳机构", "Timestamp by", clip(nameOf(c))+p.say("，证书", ", certificate ")+serial(c))
	}
	var seen []string
	for _, e := range b.Evidence {
		text := p.evidence(e)
		if len(seen) < maxRows && !slices.Contains(seen, text) {
			seen = append(seen, text)
			p.row("吊销证据", "Revocation", text)
		}
	}
}

// evidence says what a piece of evidence tells of a certificate.
func (p *pdfReport) evidence(e verify.Evidence) string {
	kind := "CRL"
	if e.OCSP != nil {
		kind = "OCSP"
	}
	status := p.say("未吊销", "not revoked")
	if !e.RevokedAt.IsZero() {
		status = fmt.Sprintf(p.say("已于%s吊销", "revoked %s"), when(e.RevokedAt, p.lang))
	}
	return fmt.Sprintf(p.say("%s（%s %s），证书%s", "%s (%s of %s), certificate %s"), status, kind, when(e.Made, p.lang), serial(e.Certificate))
}

// nameOf returns what a certificate's holder is called.
func nameOf(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return strings.Join(c.Subject.Organization, " ")
}

func serial(c *x509.Certificate) string { return fmt.Sprintf("%X", c.SerialNumber) }

// writeSketches draws the pages on which a signature is seen, or a later change.
func (p *pdfReport) writeSketches() {
	pages := map[int]*typeset.Sketch{}
	mark := func(page int, size [2]float64, rect [4]float64, label string, t typeset.Tone) {
		if rect[2] == 0 || rect[3] == 0 || size[0] == 0 || size[1] == 0 {
			return
		}
		s := pages[page]
		if s == nil {
			s = &typeset.Sketch{Width: size[0], Height: size[1], Caption: fmt.Sprintf(p.say("第%d页，%.0f×%.0f毫米", "page %d, %.0f × %.0f mm"), page, size[0], size[1])}
			pages[page] = s
		}
		if len(s.Marks) == maxMarks || label == "" && len(s.Marks) == maxRows {
			return
		}
		s.Marks = append(s.Marks, typeset.Mark{X: rect[0], Y: rect[1], Width: rect[2], Height: rect[3], Label: label, Tone: t})
	}
	for _, c := range p.changes {
		t := typeset.Plain
		if c.Level > verify.ChangeSign {
			t = typeset.Doubt
		}
		mark(c.Page, c.PageSize, c.Rect, "", t)
	}
	for i, b := range p.basis {
		for _, place := range b.Places {
			mark(place.Page, place.PageSize, place.Rect, p.name(i), tone(p.rep.Signatures[i].Indication))
		}
	}
	if len(pages) == 0 {
		return
	}
	var numbers []int
	for n := range pages {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	p.section("签署位置", "Where the signatures stand")
	p.Text(p.say("方框内的数字是签名的序号，没有数字的方框是签署后变更的位置。只画出页面轮廓，不显示文件内容。",
		"The numbers are those of the signatures; a box without a number is where something was done later. Pages are drawn as outlines, without their content."))
	p.Gap()
	var list []typeset.Sketch
	for _, n := range numbers[:min(len(numbers), maxPages)] {
		list = append(list, *pages[n])
	}
	p.Sketches(list)
	if len(numbers) > maxPages {
		p.Text(fmt.Sprintf(p.say("另有%d页未画出。", "%d more pages are not drawn."), len(numbers)-maxPages))
	}
}

// listChanges returns what was done after a signature, each change once, in order.
func listChanges(rep *verify.Report) (list []verify.Change) {
	type key struct {
		revision int
		text     string
	}
	seen := map[key]bool{}
	for _, s := range rep.Signatures {
		for _, c := range s.Changes {
			if k := (key{c.Revision, c.Text(verify.Chinese)}); !seen[k] {
				seen[k] = true
				list = append(list, c)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b verify.Change) int { return a.Revision - b.Revision })
	return list
}

// writeChanges lists what was done after a signature.
func (p *pdfReport) writeChanges() {
	if len(p.changes) == 0 {
		return
	}
	p.section("签署后的变更", "What was done after signing")
	for i, c := range p.changes {
		if i == maxRows {
			p.more(len(p.changes) - i)
			break
		}
		p.Row(fmt.Sprintf(p.say("第%d次保存", "Revision %d"), c.Revision), clip(c.Text(p.lang))+fmt.Sprintf(p.say("（%s）", " (%s)"), changeWords(c.Level).say(p.lang)))
	}
}

// writeNotes says how the report is to be read.
func (p *pdfReport) writeNotes() {
	p.section("说明", "Notes")
	for _, s := range []phrase{
		{"本报告按 ETSI EN 319 102-1 的验证方法得出，只说明上述验证时间的结论；证书过期、被吊销或补充新的证据后，结论可能不同。",
			"This report follows the validation of ETSI EN 319 102-1. It holds for the time stated above: when certificates end or are revoked, or new evidence comes, another verdict may follow."},
		{"“有效且可信”表示：文件在签署后没有被不允许地修改，并且签章人的证书由受信任的机构签发。“未确定”表示现有证据不足，不等于签名无效。",
			`"Valid and trusted" says that the file was not changed beyond what is permitted, and that a trusted authority issued the signer's certificate. "Undetermined" says that evidence is missing, not that the signature is wrong.`},
		{"声明的时间由签名人自己填写，没有证明力；只有时间戳能证明签名在该时间之前已经存在。",
			"A claimed time is what the signer wrote, and proves nothing. Only a timestamp proves that a signature existed before its time."},
		{"本报告的时间均为北京时间（UTC+8）。文件是否与本报告所述为同一文件，请以 SHA-256 核对。",
			"Times are those of Beijing (UTC+8). Compare the SHA-256 to know that a file is the one that was judged."},
	} {
		p.Text(s.say(p.lang))
		p.Gap()
	}
}
