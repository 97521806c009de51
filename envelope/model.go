package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Limits of M63 and M64.
const (
	MaxFiles    = 5
	MaxFileSize = 10 << 20 // bytes of one upload
	MaxSubject  = 25       // characters (字)
	MaxNote     = 300      // characters (字)
	MaxParties  = 50
	MaxBoxes    = 300 // boxes of one envelope
	MaxReaders  = 20  // 抄送
	MaxReminder = 3   // reminders of one party
	MaxReason   = 200 // characters (字) of a reason to decline, withdraw or void
	MaxBatch    = 50  // envelopes of one batch submit (批量签署)
	MaxReading  = 10 * time.Minute
)

// Status is where an envelope (信封) stands. The zero value is invalid.
type Status int

// The states of M71.
const (
	Draft      Status = iota + 1 // 草稿
	InProgress                   // 进行中
	Completed                    // 已完成
	Withdrawn                    // 已撤销: by the sender, not charged
	Declined                     // 已拒签: by a party, not charged
	Expired                      // 已过期: not all signed before the deadline, not charged
	Voided                       // 已解除: completed and charged, then undone by an agreement that all signed
)

var statusNames = map[Status][2]string{Draft: {"draft", "草稿"}, InProgress: {"in progress", "进行中"},
	Completed: {"completed", "已完成"}, Withdrawn: {"withdrawn", "已撤销"}, Declined: {"declined", "已拒签"},
	Expired: {"expired", "已过期"}, Voided: {"voided", "已解除"}}

func (s Status) String() string { return statusNames[s][0] }

// Zh returns the platform's word for the state.
func (s Status) Zh() string { return statusNames[s][1] }

// PartyKind tells how a party takes part.
type PartyKind int

// The kinds of M66 and M67. The zero value is invalid.
const (
	Person  PartyKind = iota + 1 // 个人: signs with his own signature
	Company                      // 企业: a handler (经办人) signs and seals for it
	Member                       // 企业成员: one of the sender's company, in the block 企业内部流程; a seal only where a box asks for one
)

// PartyState is where a party stands.
type PartyState int

// The states of a party.
const (
	Waiting PartyState = iota // its turn has not come
	Active                    // 待处理: it was notified and may sign
	Signing                   // its consent is recorded, its signatures are being made
	Signed                    // all its signatures are in the documents
	Refused                   // it declined
	Skipped                   // another of its group signed (或签)
)

// Party is one signer of an envelope. Its phone is sealed; a party need not be
// registered yet.
type Party struct {
	Kind    PartyKind
	Stage   int    `json:",omitzero"` // parties of one stage sign at once; stages follow one another
	Name    string // real name of the person or handler
	Phone   secret.Ciphertext
	PhoneIx string // keyed index of the phone
	Mask    string // the phone as shown, 173****27
	Company string `json:",omitzero"` // name of the company it signs for, empty for a Person
	Group   int    `json:",omitzero"` // 或签: of the parties of one stage and group one signs; 0 is none

	State    PartyState
	PersonID string    `json:",omitzero"` // once phone and name are a verified person's
	OrgID    string    `json:",omitzero"` // once known
	Boxes    []Box     `json:",omitzero"` // set by the sender; none lets the signer place his own (M68)
	Consent  *Consent  `json:",omitzero"`
	SignedAt time.Time `json:",omitzero"`
	Reminded int       `json:",omitzero"` // how often (催办)
	OpenedAt time.Time `json:",omitzero"` // when it first opened the documents (已查看)
	Silent   string    `json:",omitzero"` // id of the permission under which its seal goes on without it (静默签)
	Methods  Methods   `json:",omitzero"` // how it may show its will (意愿认证方式); zero takes the envelope's: see Accepts
}

// Reader is told of an envelope without signing it (抄送).
type Reader struct {
	Name     string
	Phone    secret.Ciphertext
	PhoneIx  string // keyed index of the phone
	Mask     string // the phone as shown
	PersonID string // once phone and name are a verified person's
	Company  string // edition in which he sees it; empty is the personal one
	Download bool   // he may download, not only look
	AtSend   bool   // told when the envelope is sent; otherwise when it is completed
}

// File is one document. All digests name blobs.
type File struct {
	Name     string
	Uploaded store.Digest // as it came
	Clean    store.Digest // made clean where the check asked for it, before it was laid out
	Layout   store.Digest // with its empty fields, as shown to every signer
	Signed   store.Digest `json:",omitzero"` // after the last signature, once completed
	Head     store.Digest // newest revision
	Pages    int
	Notes    []string `json:",omitzero"` // what the upload check told the sender
}

// Filled is a text that the sender put into a document before anyone signs.
type Filled struct {
	Box
	Text string
}

// Source is the 业务系统 of M58: who called.
type Source int

// The sources. The zero value is the portal.
const (
	Portal Source = iota // 门户调用
	API                  // 接口调用
)

// Zh returns the platform's word.
func (s Source) Zh() string {
	if s == API {
		return "接口调用"
	}
	return "门户调用"
}

// Envelope is the state of one envelope.
type Envelope struct {
	ID         string
	Sender     org.Actor
	From       string // 发起方: name of the sender's company, or his own
	Subject    string
	Note       string `json:",omitzero"`
	Source     Source
	Status     Status
	AllowExtra bool `json:",omitzero"` // signers may add seals where the sender set none (追加印章, M75)
	Files      []File
	Parties    []Party
	Readers    []Reader      `json:",omitzero"`
	Filled     []Filled      `json:",omitzero"` // texts that the sender put in, from a template
	Template   string        `json:",omitzero"` // id of the template that it was made from
	Deadline   time.Time     `json:",omitzero"` // nobody agrees after it; zero is none
	Reading    time.Duration `json:",omitzero"` // from opening to agreeing, at least
	Methods    Methods       `json:",omitzero"` // how parties may show their will (意愿认证方式), where they say nothing; zero is ByCode
	Voids      string        `json:",omitzero"` // id of the completed envelope that this one undoes (解约)
	VoidedBy   string        `json:",omitzero"` // id of the envelope that undid this one
	CreatedAt  time.Time
	SentAt     time.Time    `json:",omitzero"`
	EndedAt    time.Time    `json:",omitzero"`
	ArchivedAt time.Time    `json:",omitzero"` // when the documents got long-term evidence (B-LTA)
	RenewBy    time.Time    `json:",omitzero"` // the end of the TSA's certificate: until then it has to be renewed
	Audit      store.Digest `json:",omitzero"` // audit.json, with the evidence report
	Evidence   store.Digest `json:",omitzero"` // the evidence report
	OnDemand   bool         `json:",omitzero"` // the report is made when it is asked for
	Tries      int          `json:",omitzero"` // at making or renewing evidence, since the last success
	Due        time.Time    `json:",omitzero"` // when that is tried next
	Events     int64        // entries of its trail
	Trail      TrailHead    // the last of them
	Lease      Lease        `json:",omitzero"` // whose signatures are being made
}

// Copies returns what the envelope costs: one copy a file (M55).
func (e *Envelope) Copies() int64 { return int64(len(e.Files)) }

// Progress returns how many parties have signed, and how many are needed (已签,
// 需签; M73). A group of which one signs counts once.
func (e *Envelope) Progress() (signed, all int) {
	groups := map[[2]int]bool{}
	for _, p := range e.Parties {
		if p.State == Signed {
			signed++
		}
		key := [2]int{p.Stage, p.Group}
		if p.Group == 0 || !groups[key] {
			all++
		}
		groups[key] = true
	}
	return signed, all
}

// Preserved tells whether the long-term evidence of a completed envelope is made
// (已存证), not still being made (存证中): its documents are at B-LTA, and its evidence
// report is there, unless that is made on demand.
func (e *Envelope) Preserved() bool {
	return !e.ArchivedAt.IsZero() && (e.OnDemand || e.Evidence != (store.Digest{}))
}

// Consent is what a signer agreed to: documents as laid out, places, seals, texts.
// Its Binding is what the one-time code was sent for, or the face checked for.
type Consent struct {
	Binding store.Digest
	At      time.Time
	Stamps  []Stamp
	Fills   []Fill `json:",omitzero"`
	Proof   Proof
	Method  Methods       `json:",omitzero"` // how he showed his will, one method; zero with Silent
	Face    *FaceEvidence `json:",omitzero"` // of the check, with ByFace
	Batch   string        `json:",omitzero"` // hexadecimal: what the Will was for, where it was for several envelopes
	Silent  string        `json:",omitzero"` // id of the permission, where there was no Will (静默签)
}

// Proof is how it was known, at consent, who the signer is.
type Proof struct {
	Number     string    // identity number, masked
	VerifiedAt time.Time // of the person (实名认证)
	Code       string    `json:",omitzero"` // 统一社会信用代码 of the company
	Method     string    `json:",omitzero"` // how the company was verified
	CompanyAt  time.Time `json:",omitzero"` // when
}

// Stamp is one signature to be made: which seal goes where.
type Stamp struct {
	Box
	Seal        string `json:",omitzero"` // id of the seal or personal signature, empty for an invisible one
	SealName    string `json:",omitzero"` // 印章名称
	SealVersion int64  `json:",omitzero"`
	Grant       string `json:",omitzero"` // id of the grant that lends the seal, empty for its owner
	Added       bool   `json:",omitzero"` // placed by the signer, not by the sender
}

// Fill is a text that goes into a field.
type Fill struct {
	File  int
	Field string
	Text  string
}
