package envelope

import (
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/seal"
)

// Sentinels, for errors.Is. Each has a Zh() string.
var (
	ErrNotFound        error = fault.New("envelope: not found", "信封不存在")
	ErrNotYourTurn     error = fault.New("envelope: it is not this party's turn", "尚未轮到您签署")
	ErrSigned          error = fault.New("envelope: the party has signed", "您已签署该文件")
	ErrSigning         error = fault.New("envelope: the party's signatures are being made", "正在签署，请稍候")
	ErrWrongSigner     error = fault.New("envelope: the signer is not who the sender named", "您的身份与发起方指定的签署人不一致")
	ErrDocumentChanged error = fault.New("envelope: the consent is for other documents", "文件已变更，请重新确认后签署")
	ErrNoSignature     error = fault.New("envelope: no personal signature was chosen", "请先设置个人签名")
	ErrNoSeal          error = fault.New("envelope: a company's party needs a seal", "请选择企业印章")
	ErrNoPlace         error = fault.New("envelope: there is no place to sign", "请先指定签署位置")
	ErrNoExtra         error = fault.New("envelope: the sender does not allow further seals", "发起方不允许追加印章")
	ErrEdited          error = fault.New("envelope: the draft was edited meanwhile", "草稿已被修改，请刷新后重试")
	ErrExpired         error = fault.New("envelope: the deadline has passed", "签署期限已过")
	ErrDeadline        error = fault.New("envelope: a deadline lies in the future, by 366 days at most, and an extension after the present one", "签署截止时间无效")
	ErrReading         error = fault.New("envelope: the documents were not open for as long as the sender asks", "请阅读完文件后再签署")
	ErrBatch           error = fault.New("envelope: a batch has 1 to 50 envelopes, each once", "批量签署须选择1至50个信封，且不能重复")
	ErrSilent          error = fault.New("envelope: the permission to seal silently is not there, over or revoked", "静默签授权不存在、已过期或已取消")
	ErrKey             error = fault.New("envelope: the key was used for another instance", "批次编号已用于其他内容")
	ErrArchiving       error = fault.New("envelope: the documents are not archived yet", "文件正在存证，请稍后再试")
	ErrReminders       error = fault.New("envelope: the party was reminded three times already", "每位签署人最多催办3次")
	ErrNoDelegate      error = fault.New("envelope: a task of a person cannot be delegated", "个人签署任务不能转交他人")
	ErrTwice           error = fault.New("envelope: that handler is a party already", "该经办人已是签署人")
	ErrSkipped         error = fault.New("envelope: another of the group has signed", "同组其他签署人已完成签署，无需再签")
	ErrMember          error = fault.New("envelope: not an active member of the sender's company", "该签署人不是本企业在职成员")
	ErrVoid            error = fault.New("envelope: an agreement to void it is under way", "该文件的解除协议正在签署中")
	ErrGone            error = fault.New("envelope: one of its signers has closed their account", "有签署人已注销账号")
	ErrDownload        error = fault.New("envelope: the copy may be looked at, not downloaded", "您没有下载该文件的权限")
	ErrNoFinder        error = fault.New("envelope: Config.Finder is required for boxes placed by a keyword", "系统不支持按关键字定位")
	ErrHeadMoved       error = fault.New("envelope: the documents were signed by another party meanwhile", "文件正在被其他签署人签署，请稍后重试")
)

// SealKindError says that a box takes another kind of seal.
type SealKindError struct{ Want, Got seal.Style }

func (e *SealKindError) Error() string {
	return fmt.Sprintf("envelope: the box takes a %v, not a %v", e.Want, e.Got)
}

// Zh returns the sentence to show.
func (e *SealKindError) Zh() string { return fmt.Sprintf("该位置须加盖%v", e.Want) }

// MethodError says that a signer showed their will in a way that the sender does not
// accept from them. Got is zero if they showed nothing.
type MethodError struct{ Want, Got Methods }

func (e *MethodError) Error() string {
	return fmt.Sprintf("envelope: the sender asks for %v, not %v", e.Want, e.Got)
}

// Zh returns the sentence to show.
func (e *MethodError) Zh() string { return "发起方要求以" + e.Want.Zh() + "确认签署意愿" }

// StateError says that a command does not fit an envelope's state.
type StateError struct {
	Status Status
	Verb   string
}

func (e *StateError) Error() string {
	return fmt.Sprintf("envelope: cannot %s an envelope that is %v", e.Verb, e.Status)
}

// Zh returns the sentence to show.
func (e *StateError) Zh() string { return "信封" + e.Status.Zh() + "，无法执行该操作" }

// FieldError says that something in a draft breaks a rule. Rule is the number of
// the platform's rule, such as M63.
type FieldError struct {
	Field  string
	Rule   string
	Reason string
	zh     string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("envelope: %s: %s (%s)", e.Field, e.Reason, e.Rule)
}

// Zh returns the sentence to show beside the field.
func (e *FieldError) Zh() string { return e.zh }

// UploadError says why a file was refused.
type UploadError struct {
	File string // its name
	Err  error  // a *verify.Finding, a *signer.InputError …
}

func (e *UploadError) Error() string { return fmt.Sprintf("envelope: file %q: %v", e.File, e.Err) }

// Unwrap returns the reason.
func (e *UploadError) Unwrap() error { return e.Err }

// Zh returns the sentence to show beside the file.
func (e *UploadError) Zh() string {
	if z, ok := e.Err.(interface{ Zh() string }); ok {
		return z.Zh()
	}
	return "文件已损坏，无法读取"
}
