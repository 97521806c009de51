package seal

// refusal is a sentinel with the sentence that a person reads.
type refusal struct{ en, zh string }

func (r *refusal) Error() string { return r.en }

// Zh returns the message for a Chinese reader.
func (r *refusal) Zh() string { return r.zh }

// Sentinels of the rights half, to be tested with errors.Is. Each has a Zh().
var (
	// ErrNotFound says that there is no such seal, or that it is not the actor's
	// to know of.
	ErrNotFound error = &refusal{"seal: not found", "印章不存在"}
	// ErrNameTaken says that the owner has a live seal of that name.
	ErrNameTaken error = &refusal{"seal: the name is taken", "印章名称已存在"}
	// ErrDiscarded says that the seal signs nothing more (M47).
	ErrDiscarded error = &refusal{"seal: the seal was discarded", "该印章已废弃"}
	// ErrNotGranted says that the seal is not lent to the member now (M51).
	ErrNotGranted error = &refusal{"seal: not granted to this member now", "您没有该印章的使用权限，请先申请使用"}
	// ErrNotMember says that a seal is lent to active members only.
	ErrNotMember error = &refusal{"seal: only an active member can be granted a seal", "只能授权给在职成员"}
	// ErrPeriod says that a grant's period is empty.
	ErrPeriod error = &refusal{"seal: the period ends before it begins", "授权时间段无效"}
	// ErrHostFont says that a seal to be kept was drawn with a font of the host's.
	ErrHostFont error = &refusal{"seal: a seal that is kept uses the embedded font", "在线制作的印章须使用内置字体"}
	// ErrSealName says that the name of a seal is empty, too long or unprintable.
	ErrSealName error = &refusal{"seal: a seal's name has 1 to 50 characters", "印章名称须为1至50个字符"}
)
