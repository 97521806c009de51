package envelope

import (
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// Limits of M63 and M64, and of typed texts.
const (
	MaxFiles    = 5
	MaxFileSize = 10 << 20 // bytes of one upload
	MaxSubject  = 25       // characters (字)
	MaxNote     = 300      // characters (字)
	maxCompany  = 100      // characters (字) of the name of a company
	maxText     = 100      // characters (字) of a text box
)

// Further limits. The error names the limit that is exceeded.
const (
	maxParties  = 50
	maxBoxes    = 300       // boxes of one envelope
	maxPlaces   = 2_000     // places of all its boxes, each page of a 骑缝章 one
	maxKept     = 512 << 10 // bytes of all parties and boxes as they are kept: lists read fifty envelopes
	maxReaders  = 20        // 抄送
	maxReminder = 3         // reminders of one party
	maxReason   = 200       // characters (字) of a reason to decline, withdraw or void
	maxBatch    = 50        // envelopes of one batch submit (批量签署)
	maxReading  = 10 * time.Minute
)

// Status is the state of an envelope (信封). The zero value is invalid.
type Status int

// The states of M71.
const (
	Draft      Status = iota + 1 // 草稿
	InProgress                   // 进行中
	Completed                    // 已完成
	Withdrawn                    // 已撤销: by the sender, not charged
	Declined                     // 已拒签: by a party, not charged
	Expired                      // 已过期: not all signed before the deadline, not charged
	Voided                       // 已解除: completed and charged, then voided by an agreement that all signed
)

var statusNames = [...][2]string{
	Draft:      {"draft", "草稿"},
	InProgress: {"in progress", "进行中"},
	Completed:  {"completed", "已完成"},
	Withdrawn:  {"withdrawn", "已撤销"},
	Declined:   {"declined", "已拒签"},
	Expired:    {"expired", "已过期"},
	Voided:     {"voided", "已解除"},
}

// String returns the state in English.
func (s Status) String() string { return enum.English("Status", statusNames[:], s) }

// Zh returns the platform's Chinese word for the state.
func (s Status) Zh() string { return enum.Zh("未知", statusNames[:], s) }

// PartyKind is the way in which a party takes part.
type PartyKind int

// The kinds of M66 and M67. The zero value is invalid.
const (
	Person  PartyKind = iota + 1 // 个人: signs with their own signature
	Company                      // 企业: a handler (经办人) signs and seals for it
	Member                       // 企业成员: a member of the sender's company, in the block 企业内部流程; a seal only if a box asks for one
)

var partyKindNames = [...][2]string{
	Person:  {"person", "个人"},
	Company: {"company", "企业"},
	Member:  {"member", "企业成员"},
}

// String returns the kind in English.
func (k PartyKind) String() string { return enum.English("PartyKind", partyKindNames[:], k) }

// Zh returns the platform's word.
func (k PartyKind) Zh() string { return enum.Zh("未知", partyKindNames[:], k) }

// PartyState is the state of a party.
type PartyState int

// The states of a party.
const (
	Waiting PartyState = iota // its turn has not come yet
	Active                    // 待处理: it was notified and may sign
	Signing                   // its consent is recorded, and its signatures are being made
	Signed                    // all its signatures are in the documents
	Refused                   // it declined
	Skipped                   // another party of its group signed (或签)
)

var partyStateNames = [...]string{
	Waiting: "waiting",
	Active:  "active",
	Signing: "signing",
	Signed:  "signed",
	Refused: "refused",
	Skipped: "skipped",
}

// String returns the state in English.
func (s PartyState) String() string { return enum.Name("PartyState", partyStateNames[:], s) }

// File is one document. Each digest is the name of a blob.
type File struct {
	Name     string       `json:"name"`
	Uploaded store.Digest `json:"uploaded"`        // as it was uploaded
	Clean    store.Digest `json:"clean"`           // cleaned, if the check asked for that, before it was laid out
	Layout   store.Digest `json:"layout,omitzero"` // with its empty fields, as shown to every signer
	Signed   store.Digest `json:"signed,omitzero"` // after the last signature, once completed
	Head     store.Digest `json:"head"`            // the newest revision
	Pages    int          `json:"pages"`
	Notes    []string     `json:"notes,omitempty"` // what the upload check told the sender
}

// Filled is a text that the sender put into a document before anyone signs.
type Filled struct {
	Box
	Text string `json:"text"`
}

// Consent is what a signer agreed to: documents as laid out, places, seals, texts. The
// one-time code was sent, or the face was checked, for its Binding.
type Consent struct {
	Binding store.Digest        `json:"binding"`
	At      time.Time           `json:"at"`
	Stamps  []Stamp             `json:"stamps"`
	Fills   []Fill              `json:"fills,omitempty"`
	Proof   Proof               `json:"proof"`
	Method  Methods             `json:"method,omitzero"` // how they showed their will: one method; zero with Silent
	Face    *org.SignFaceResult `json:"face,omitempty"`  // of the check, with ByFace
	Batch   string              `json:"batch,omitzero"`  // hexadecimal: what the Will was for, if it was for several envelopes
	Silent  string              `json:"silent,omitzero"` // id of the permission, if there was no Will (静默签)
}

// Proof records how the signer's identity was known at consent.
type Proof struct {
	Number     string    `json:"number"`              // identity number, masked
	VerifiedAt time.Time `json:"verified_at"`         // of the person (实名认证)
	Code       string    `json:"code,omitzero"`       // 统一社会信用代码 of the company
	Method     string    `json:"method,omitzero"`     // how the company was verified
	CompanyAt  time.Time `json:"company_at,omitzero"` // when
}

// Stamp is one signature to be made: a seal and its place.
type Stamp struct {
	Box
	Seal        registry.SealID `json:"seal,omitzero"`      // id of the seal or personal signature; empty if the signature is invisible
	SealName    string          `json:"seal_name,omitzero"` // 印章名称
	SealVersion int64           `json:"seal_version,omitzero"`
	Grant       string          `json:"grant,omitzero"` // id of the grant that lends the seal; empty if the owner uses it
	Added       bool            `json:"added,omitzero"` // placed by the signer, not by the sender
}

// Fill is a text that goes into a field, or a file that a party brings.
type Fill struct {
	File     int         `json:"file"`
	Field    string      `json:"field"`
	Text     string      `json:"text"`
	Attached *Attachment `json:"attached,omitempty"`
}
