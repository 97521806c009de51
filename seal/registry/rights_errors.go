package registry

import "github.com/dajiaqian/dajiaqian/internal/fault"

// Sentinels of this package, for errors.Is. Each has a Zh().
var (
	// ErrNotFound says that there is no such seal, grant or application, or that the
	// actor may not know of it.
	ErrNotFound error = fault.New("registry: not found", "印章不存在")
	// ErrNameTaken says that the owner has a live seal of that name.
	ErrNameTaken error = fault.New("registry: the name is taken", "印章名称已存在")
	// ErrSealName says that the name of a seal is empty, too long or unprintable.
	ErrSealName error = fault.New("registry: a seal's name has 1 to 50 characters", "印章名称须为1至50个字符")
	// ErrTooMany says that the owner has [MaxSeals] live seals.
	ErrTooMany error = fault.New("registry: too many live seals", "印章数量已达上限，请先废弃不再使用的印章")
	// ErrNoBlobs says that a seal that was not drawn needs Config.Blobs.
	ErrNoBlobs error = fault.New("registry: Config.Blobs is required for this seal", "系统未配置文件存储，无法保存该印章")
	// ErrHostFont says that a seal to be stored was drawn with a font of the host.
	ErrHostFont error = fault.New("registry: a seal that is kept uses the embedded font", "在线制作的印章须使用内置字体")
	// ErrOwnerName says that a seal would bear the name of someone else.
	ErrOwnerName error = fault.New("registry: a seal bears its owner's own name", "印章文字须与认证名称一致")
	// ErrOwnerStyle says that the style is not for this owner. A person has only a
	// 个人签名章. A company has neither that nor the 法人章, which bears a person's name.
	ErrOwnerStyle error = fault.New("registry: the style is not for this owner", "该印章样式不适用于当前身份")
	// ErrDiscarded says that the seal can sign nothing more (M47).
	ErrDiscarded error = fault.New("registry: the seal was discarded", "该印章已废弃")
	// ErrNotGranted says that the seal is not lent to the member now (M51).
	ErrNotGranted error = fault.New("registry: not granted to this member now", "您没有该印章的使用权限，请先申请使用")
	// ErrNotMember says that a seal is lent to active members only.
	ErrNotMember error = fault.New("registry: only an active member can be granted a seal", "只能授权给在职成员")
	// ErrPeriod says that a period is empty, or over.
	ErrPeriod error = fault.New("registry: the period is empty or over", "授权时间段无效")
	// ErrPurpose says that an application does not say what the seal is for, or says it
	// in more than [MaxPurpose] characters (M50).
	ErrPurpose error = fault.New("registry: the purpose has 1 to 200 characters", "请填写申请印章用途，最多200字")
	// ErrPending says that the member's application for this seal is already waiting.
	ErrPending error = fault.New("registry: an application is pending", "您已提交过申请，请等待管理员审批")
	// ErrOwnApplication says that only the main administrator decides on their own
	// application (T6).
	ErrOwnApplication error = fault.New("registry: not on one's own application", "不能审批本人的申请")
	// ErrDecided says that an application was already decided the other way.
	ErrDecided error = fault.New("registry: the application was decided", "该申请已审批")
)
