package org

import (
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/names"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// PersonState is the state of a person's real-name verification (实名认证).
type PersonState int

// The states of M11. The zero value is 未认证.
const (
	PersonUnverified PersonState = iota // 未认证
	PersonDetailed                      // name and number are given, the face is missing
	PersonFacePassed                    // the face passed on the phone, the PC has not confirmed
	PersonVerified                      // 已认证
	PersonPurged                        // 已注销: the personal data is gone, what the person did stays
)

var personStateNames = [...]string{
	PersonUnverified: "unverified",
	PersonDetailed:   "detailed",
	PersonFacePassed: "face passed",
	PersonVerified:   "verified",
	PersonPurged:     "purged",
}

// String returns the state in English.
func (s PersonState) String() string { return enum.Name("PersonState", personStateNames[:], s) }

// person is the stored record. Secrets in it are encrypted.
type person struct {
	ID         PersonID          `json:"id"`
	Name       string            `json:"name"`
	Phone      secret.Ciphertext `json:"phone"`
	PhoneIx    string            `json:"phone_ix"`
	PhoneMask  string            `json:"phone_mask"`
	Password   string            `json:"password"` // PHC string of argon2id
	SecuredAt  time.Time         `json:"secured_at"`
	State      PersonState       `json:"state"`
	Number     secret.Ciphertext `json:"number"`
	NumberIx   string            `json:"number_ix"`   // set once verified: one account for each identity (M6)
	NumberMask string            `json:"number_mask"` // as in certificates
	NumberKind IDKind            `json:"number_kind"`
	Proof      string            `json:"proof"`            // commitment to name and number of a purged person
	Session    string            `json:"session"`          // of the face check under way
	Claims     []CompanyID       `json:"claims,omitempty"` // companies that they made and that were not verified when last looked at
	VerifiedAt time.Time         `json:"verified_at"`
	CreatedAt  time.Time         `json:"created_at"`
}

var persons = store.NewTable("org_person", func(p *person) string { return string(p.ID) },
	store.Text("phone_ix", func(p *person) string { return p.PhoneIx }), // empty once purged
	store.Text("number_ix", func(p *person) string {
		if p.State == PersonVerified {
			return p.NumberIx
		}
		return ""
	})).
	Unique("by_phone", "phone_ix").
	Unique("by_number", "number_ix")

// CompanyState is the state of a company's verification (企业认证). The zero value is 未认证;
// only a company that is 已认证 may do anything (M16).
type CompanyState int

// The states of M16 to M27.
const (
	CompanyUnverified CompanyState = iota // 未认证
	CompanyRemitted                       // a small amount is on its way, to be entered (对公打款, M19)
	CompanyInReview                       // 等待审核 (人工审核, M26)
	CompanyVerified                       // 已认证
)

var companyStateNames = [...][2]string{
	CompanyUnverified: {"unverified", "未认证"},
	CompanyRemitted:   {"remitted", "待确认打款金额"},
	CompanyInReview:   {"in review", "审核中"},
	CompanyVerified:   {"verified", "已认证"},
}

// String returns the state in English.
func (s CompanyState) String() string { return enum.English("CompanyState", companyStateNames[:], s) }

// Zh returns the platform's word.
func (s CompanyState) Zh() string { return enum.Zh("未认证", companyStateNames[:], s) }

// company is the stored record.
type company struct {
	ID         CompanyID    `json:"id"`
	Name       string       `json:"name"`
	Code       string       `json:"code"`
	Irregular  bool         `json:"irregular"` // the code's check digits are wrong
	State      CompanyState `json:"state"`
	Method     string       `json:"method"`
	Legal      string       `json:"legal"`      // 法定代表人
	Session    string       `json:"session"`    // of the licence scan under way
	Remittance string       `json:"remittance"` // id of the remittance under way
	Review     string       `json:"review"`     // id of the review under way
	VerifiedAt time.Time    `json:"verified_at"`
	CreatedAt  time.Time    `json:"created_at"`
}

var companies = store.NewTable("org_company", func(c *company) string { return string(c.ID) },
	store.Text("code", func(c *company) string { return c.Code }),
	store.Text("name", func(c *company) string { return names.Fold(c.Name) })). // no two look alike (T36)
	Unique("by_code", "code").
	Unique("by_name", "name")

// MemberState is the state of a member in a company.
type MemberState int

// The states of M33. The zero value is invalid.
const (
	Invited  MemberState = iota + 1 // 已邀请
	Applied                         // 待审核
	Active                          // 正常
	Disabled                        // 已禁用
	Rejected                        // 已拒绝
	Left                            // 已注销: the person closed their account
)

var memberStateNames = [...][2]string{
	Invited:  {"invited", "已邀请"},
	Applied:  {"applied", "待审核"},
	Active:   {"active", "正常"},
	Disabled: {"disabled", "已禁用"},
	Rejected: {"rejected", "已拒绝"},
	Left:     {"left", "已注销"},
}

// String returns the state in English.
func (s MemberState) String() string { return enum.English("MemberState", memberStateNames[:], s) }

// Zh returns the platform's word.
func (s MemberState) Zh() string { return enum.Zh("未知", memberStateNames[:], s) }

// member is the stored record. A phone occurs once in a company, invited or not.
type member struct {
	ID        string      `json:"id"`
	Company   CompanyID   `json:"company"`
	Person    PersonID    `json:"person"` // empty until they apply
	Name      string      `json:"name"`   // as the administrator typed it
	PhoneIx   string      `json:"phone_ix"`
	PhoneMask string      `json:"phone_mask"`
	Role      Role        `json:"role"`
	State     MemberState `json:"state"`
	Link      string      `json:"link"`           // SHA-256 of the invitation's code
	By        PersonID    `json:"by"`             // who invited them: their right is checked again when the invitation is used
	Terms     int64       `json:"terms,omitzero"` // how often they became active again: see tenure
	At        time.Time   `json:"at"`
}

// tenure names the time in which a member is active without a break. What was lent in one
// does not count in the next; clocks have no say in it.
func (m *member) tenure() string { return fmt.Sprintf("%s/%d", m.ID, m.Terms) }

// seat is the one place of a phone in a company; a member who left has none.
func seat(company, phoneIx string) string {
	if phoneIx == "" {
		return ""
	}
	return company + "/" + phoneIx
}

var members = store.NewTable("org_member", func(m *member) string { return m.ID },
	store.Text("company", func(m *member) string { return string(m.Company) }),
	store.Text("person", func(m *member) string { return string(m.Person) }),
	store.Int("state", func(m *member) int64 { return int64(m.State) }),
	store.Text("link", func(m *member) string { return m.Link }),
	store.Text("seat", func(m *member) string { return seat(string(m.Company), m.PhoneIx) }),
	store.Text("phone_ix", func(m *member) string { return m.PhoneIx })).
	Index("by_company", "company", "state").
	Index("by_phone", "phone_ix").
	Unique("by_seat", "seat").
	Unique("by_person", "person", "company").
	Unique("by_link", "link")

// session is one face check or licence scan at a provider.
type session struct {
	ID          string    `json:"id"`
	Subject     string    `json:"subject"`             // person or company
	Kind        string    `json:"kind"`                // face, licence; sign for a face check for one consent
	NumberIx    string    `json:"number_ix,omitempty"` // of a face: the number for which it counts, whatever the person says later
	Salt        string    `json:"salt"`                // of the id, for sign
	Done        bool      `json:"done"`
	Passed      bool      `json:"passed"`
	Used        bool      `json:"used"` // for sign
	Transaction string    `json:"transaction"`
	At          time.Time `json:"at"`
}

var sessions = store.NewTable("org_session", func(s *session) string { return s.ID },
	store.Time("over", func(s *session) time.Time { return s.over() })).
	Index("by_over", "over")

// over returns when a check is deleted: a week after it was opened, if it proved nothing that
// is kept here. What a consent used up is kept with the consent.
func (s *session) over() time.Time {
	if s.Passed && s.Kind != kindSignFace {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return s.At.Add(7 * 24 * time.Hour)
}

// oneTimeCode is a code that waits for its use; the code itself is not kept.
type oneTimeCode struct {
	ID      string    `json:"id"` // purpose/subject
	MAC     []byte    `json:"mac"`
	Expires time.Time `json:"expires"`
	Tries   int       `json:"tries"`
}

var codes = store.NewTable("org_code", func(c *oneTimeCode) string { return c.ID },
	store.Time("expires", func(c *oneTimeCode) time.Time { return c.Expires })).
	Index("by_expiry", "expires")

// rate remembers when something was done for a subject, for its limits.
type rate struct {
	ID    string      `json:"id"`
	Times []time.Time `json:"times"`
	N     int         `json:"n,omitzero"` // where there are too many times to keep
}

var rates = store.NewTable("org_rate", func(r *rate) string { return r.ID },
	store.Time("last", func(r *rate) time.Time { // the hour it ends in: one entry of the index serves them all
		if len(r.Times) == 0 {
			return time.Time{}
		}
		return r.Times[len(r.Times)-1].Truncate(time.Hour).Add(time.Hour)
	})).
	Index("by_last", "last")

// Tables returns the tables of this package, for [store.Open].
func Tables() []store.AnyTable {
	return []store.AnyTable{persons, companies, members, sessions, codes, rates, dones, audits, departures, consents, links, remittances, reviews, papers}
}
