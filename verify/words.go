package verify

import (
	"fmt"
	"strings"
)

// Text returns the finding in a short sentence, without its code. A code that is not known
// here is returned as it is.
func (r Reason) Text(lang Language) string {
	if p, ok := reasonWords[r]; ok {
		return p.in(lang)
	}
	return string(r)
}

// join returns reasons in words, each followed by its code.
func join(codes []Reason) phrase {
	var zh, en []string
	for _, c := range codes {
		zh = append(zh, c.Text(Chinese)+"（"+string(c)+"）")
		en = append(en, c.Text(English)+" ("+string(c)+")")
	}
	return phrase{strings.Join(zh, "；"), strings.Join(en, "; ")}
}

// reasonWords says every reason in a sentence. Some are reasons in one report and warnings
// in another: their sentences hold for both.
var reasonWords = map[Reason]phrase{
	StructUnreadable:    {"文件结构损坏，无法按标准读取", "the file is damaged and cannot be read by the standard"},
	StructNotPDF:        {"文件不是 PDF 格式", "the file is not a PDF"},
	StructEncrypted:     {"文件已加密，没有密码无法验签", "the file is encrypted and cannot be judged without its password"},
	StructRevision:      {"文件的某次保存不完整，或含有未登记的内容", "one saving of the file is incomplete, or holds content that it does not declare"},
	StructTrailingBytes: {"文件末尾有多余数据", "there is data behind the end of the file"},
	StructHybrid:        {"文件有新旧两套索引，不同软件读取的方式不同", "the file has two indexes, an old one and a new one, and programs read it by different ones"},
	StructAmbiguous:     {"已签署的内容写法不规范，其他软件显示的内容可能不同", "the signed content is not written cleanly, and other programs could show it otherwise"},
	LimitExceeded:       {"文件过于复杂，超出处理上限", "the file asks for more work than the limits allow"},

	SigUnreachable:      {"文件中有一个签名无法从表单找到", "the file has a signature that its form no longer reaches"},
	SigByteRange:        {"签名范围缺失或不合规范", "the signed range is absent or of a wrong form"},
	SigContents:         {"签名数据缺失或位置不符", "the signature's data are absent or not where the signed range says"},
	SigContentsPadding:  {"签名数据之后有多余内容", "there is content behind the signature's data"},
	SigDuplicateKey:     {"签名中同一项目出现两次", "the signature states the same entry twice"},
	SigCompressed:       {"签名被压缩存放，不合规范", "the signature is stored compressed, which the standard forbids"},
	SigCoverage:         {"签名没有完整覆盖签署时的文件", "the signature does not cover the whole file of its time"},
	SigCrossing:         {"两个签名的范围互相交叉", "the ranges of two signatures cross"},
	SigShared:           {"同一个签名被用于多个签名域", "one signature is used in several fields"},
	SigUnsupported:      {"不支持该签名格式", "the format of the signature is not known here"},
	SigChanged:          {"签署后文件被修改", "the file was changed after this signature"},
	SigDocMDP:           {"签署后的修改超出了认证签名允许的范围", "later changes exceed what the certifying signature permits"},
	SigFieldLock:        {"签署时锁定的内容被修改", "a field that this signature locks was changed"},
	SigClaimedTimeLater: {"签名人声明的时间晚于时间戳", "the time that the signer claims is later than the timestamp"},

	CMSMalformed:     {"签名数据格式错误", "the signature's data are malformed"},
	CMSContent:       {"签名数据中的内容不合规范", "the signature's data hold content that they must not, or lack what they must hold"},
	CMSAttributes:    {"签名属性缺失、重复或不合规范", "signed attributes are absent, doubled or not canonical"},
	CMSDigest:        {"文件内容与签名不符", "the file's content is not what was signed"},
	CMSSignature:     {"签名值验证不通过", "the signature value does not verify"},
	CMSSigningCert:   {"签名中登记的证书与签章人证书不符", "the signature names another certificate than the signer's"},
	CMSSigner:        {"签名数据中没有唯一的签章人", "the signature does not have exactly one signer with one certificate"},
	CMSAlgorithm:     {"签名算法或密钥强度不足、无法识别或前后不一致", "an algorithm or key is weak, unknown or inconsistent"},
	CMSNotCanonical:  {"签名数据的编码不规范", "the signature's data are not encoded in the canonical form"},
	CMSWeakHash:      {"哈希算法已不安全，不能证明文件由谁签署", "the hash is weak and does not prove who made the document"},
	CMSNoAttributes:  {"签名没有签名属性，属于旧式签名", "the signature has no signed attributes, as old profiles allow"},
	CMSNoSigningCert: {"签名没有绑定签章人证书，属于旧式签名", "nothing binds the signer's certificate, as old profiles allow"},
	CMSSigningCertV1: {"签名以 SHA-1 绑定签章人证书", "the signer's certificate is bound by its SHA-1"},
	CMSUnsignedExtra: {"签名带有无法识别的附加属性", "the signature carries attributes that are not known here"},

	NoCertificateChainFound: {"证书不是由受信任的机构签发", "the certificate does not lead to a trusted authority"},
	ChainConstraints:        {"证书链不符合签发机构规定的限制", "the chain of certificates breaks the rules of RFC 5280"},
	ChainKeyUsage:           {"证书不能用于签名", "the certificate is not for signing"},
	ChainExpired:            {"证书在有关时间已过期", "a certificate had expired at the relevant time"},
	ChainNotYetValid:        {"证书在有关时间尚未生效", "a certificate was not yet valid at the relevant time"},
	TimeToken:               {"时间戳验证不通过", "the timestamp does not verify"},
	TimeWeak:                {"时间戳使用了不安全的算法，不能证明时间", "the timestamp rests on a weak algorithm and proves no time"},
	TimeUntrusted:           {"时间戳服务机构不受信任", "the time stamping authority is not trusted"},
	TimeFuture:              {"时间戳晚于验证时间", "the timestamp lies after the time of validation"},
	TimeOrder:               {"时间戳的先后顺序矛盾", "a document timestamp is later than the one that covers it"},
	RevocationRevoked:       {"证书已被吊销", "a certificate was revoked"},
	RevocationStale:         {"证书吊销状态的证据已过时", "the evidence about revocation is too old"},
	RevocationNotChecked:    {"未能确认证书是否已被吊销", "it was not established whether a certificate was revoked"},
	RevocationNoData:        {"缺少证书吊销状态的证据", "there is no evidence about revocation"},
}

// Text says what was found where.
func (m Mention) Text(lang Language) string {
	switch m.Kind {
	case UsageRights:
		return phrase{"文件含有使用权限签名 (UR3)，它不是文档的签名", "The file has usage rights (UR3), which are no signature of the document"}.in(lang)
	case Embedded:
		return phrase{"附件等数据流中含有签名，它不是本文档的签名", "The data of a stream, such as an attached file, has a signature, which is not the document's"}.in(lang)
	}
	return fmt.Sprintf(phrase{"第 %d 字节处有一个表单无法到达的签名", "At byte %d there is a signature that the form does not reach"}.in(lang), m.Offset)
}
