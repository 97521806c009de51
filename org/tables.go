package org

import (
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// PersonState is how far a person's real-name verification is (实名认证).
type PersonState int

// The states of M11. The zero value is 未认证.
const (
	PersonUnverified PersonState = iota // 未认证
	PersonDetailed                      // name and number are given, the face is awaited
	PersonFacePassed                    // the face passed on the phone, the PC has not confirmed
	PersonVerified                      // 已认证
)

// person is the stored record. Secrets in it are sealed.
type person struct {
	ID         string
	Name       string
	Phone      Sealed
	PhoneIx    string
	PhoneMask  string
	Password   string // PHC string of argon2id
	Terms      string // version accepted
	TermsAt    time.Time
	State      PersonState
	Number     Sealed
	NumberIx   string // set once verified: one account for each identity (M6)
	NumberMask string // as in certificates
	Session    string // of the face check under way
	VerifiedAt time.Time
	CreatedAt  time.Time
}

var persons = store.NewTable("org_person", func(p *person) string { return p.ID },
	store.Text("phone_ix", func(p *person) string { return p.PhoneIx }),
	store.Text("number_ix", func(p *person) string {
		if p.State == PersonVerified {
			return p.NumberIx
		}
		return ""
	})).
	Unique("by_phone", "phone_ix").
	Unique("by_number", "number_ix")

// company is the stored record.
type company struct {
	ID         string
	Name       string
	Code       string
	Verified   bool
	Method     string
	Legal      string // 法定代表人
	Session    string // of the licence scan under way
	VerifiedAt time.Time
	CreatedAt  time.Time
}

var companies = store.NewTable("org_company", func(c *company) string { return c.ID },
	store.Text("code", func(c *company) string { return c.Code }),
	store.Text("name", func(c *company) string { return c.Name })).
	Unique("by_code", "code").
	Unique("by_name", "name")

// MemberState is where a member stands in a company.
type MemberState int

// The states of M33. The zero value is invalid.
const (
	Invited  MemberState = iota + 1 // 已邀请
	Applied                         // 待审核
	Active                          // 正常
	Disabled                        // 已禁用
	Rejected                        // 已拒绝
)

// member is the stored record. Its id is the company and the phone's index: a
// phone stands once in a company, invited or not.
type member struct {
	Company   string
	Person    string // empty until he applies
	Name      string // as the administrator typed it
	PhoneIx   string
	PhoneMask string
	Role      Role
	State     MemberState
	Link      string    // code of the invitation's short link
	Since     time.Time // when he last became active: what was lent before is not his any more
	At        time.Time
}

func memberID(company, phoneIx string) string { return company + "/" + phoneIx }

var members = store.NewTable("org_member", func(m *member) string { return memberID(m.Company, m.PhoneIx) },
	store.Text("company", func(m *member) string { return m.Company }),
	store.Text("person", func(m *member) string { return m.Person }),
	store.Int("state", func(m *member) int64 { return int64(m.State) }),
	store.Text("link", func(m *member) string { return m.Link })).
	Index("by_company", "company", "state").
	Unique("by_person", "person", "company").
	Unique("by_link", "link")

// session is one face check or licence scan at a provider.
type session struct {
	ID          string
	Subject     string // person or company
	Kind        string // face, licence
	Done        bool
	Passed      bool
	Transaction string
	At          time.Time
}

var sessions = store.NewTable("org_session", func(s *session) string { return s.ID })

// oneTimeCode is a code that waits for its use; the code itself is not kept.
type oneTimeCode struct {
	ID      string // purpose/subject
	MAC     []byte
	Expires time.Time
	Tries   int
}

var codes = store.NewTable("org_code", func(c *oneTimeCode) string { return c.ID })

// rate remembers when something was done for a subject, for its limits.
type rate struct {
	ID    string
	Times []time.Time
}

var rates = store.NewTable("org_rate", func(r *rate) string { return r.ID })

// Tables returns the tables of this room, for store.Open.
func Tables() []store.AnyTable {
	return []store.AnyTable{persons, companies, members, sessions, codes, rates}
}
