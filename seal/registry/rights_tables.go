package registry

import (
	"cmp"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// kept is one seal or personal signature.
type kept struct {
	ID        SealID       `json:"id"`
	Owner     string       `json:"owner"`             // company/<id> or person/<id>
	Name      string       `json:"name"`              // 印章名称
	NameIx    string       `json:"name_ix,omitempty"` // keyed index of a signature's name, which may be the person's
	Design    design       `json:"design"`
	Origin    Origin       `json:"origin"`
	Picture   string       `json:"picture"`  // digest of the PNG for viewing, empty if none is stored
	Original  string       `json:"original"` // digest of what a seal that was not drawn is made from
	Discarded bool         `json:"discarded"`
	By        org.PersonID `json:"by"` // who made it
	CreatedAt time.Time    `json:"created_at"`
}

var seals = store.NewTable("seal", func(k *kept) string { return string(k.ID) },
	store.Text("owner", func(k *kept) string { return k.Owner }),
	store.Int("discarded", func(k *kept) int64 { return flag(k.Discarded) }),
	store.Time("created_at", func(k *kept) time.Time { return k.CreatedAt }),
	store.Text("live_name", func(k *kept) string { return unless(k.Discarded, k.Owner+"/"+cmp.Or(k.NameIx, k.Name)) }),
	store.Text("picture", func(k *kept) string { return k.Picture }),
	store.Text("original", func(k *kept) string { return k.Original })).
	Index("by_owner", "owner", "discarded", "created_at").
	Index("by_picture", "picture").
	Index("by_original", "original").
	Unique("by_name", "live_name") // a discarded seal's name is free again

// grant lends a seal to a member. Its terms never change: a modification ends it and
// makes another. So the grants show who had which seal when.
type grant struct {
	ID          string        `json:"id"`
	Company     org.CompanyID `json:"company"`
	Seal        SealID        `json:"seal"`
	Person      org.PersonID  `json:"person"`
	Period      Period        `json:"period"`
	Application string        `json:"application"` // the application that it was made for; empty for one by an administrator
	By          org.PersonID  `json:"by"`
	At          time.Time     `json:"at"`
	Tenure      string        `json:"tenure,omitzero"` // of the person when it was made; empty in older grants
	Ended       time.Time     `json:"ended"`           // revoked or replaced; zero while it stands
	EndedBy     org.PersonID  `json:"ended_by"`
}

var grants = store.NewTable("seal_grant", func(g *grant) string { return g.ID },
	store.Text("seal", func(g *grant) string { return string(g.Seal) }),
	store.Text("standing", func(g *grant) string { return unless(g.ended(), standing(g.Seal, g.Person)) }),
	store.Text("standing_seal", func(g *grant) string { return unless(g.ended(), string(g.Seal)) }),
	store.Text("standing_holder", func(g *grant) string { return unless(g.ended(), holder(g.Company, g.Person)) }),
	store.Time("at", func(g *grant) time.Time { return g.At })).
	Index("by_seal", "seal", "at").
	Index("by_standing_seal", "standing_seal", "at").
	Index("by_standing_holder", "standing_holder", "at").
	Unique("by_standing", "standing")

// application is a member's wish to use a seal (申请使用).
type application struct {
	Application
	Company org.CompanyID `json:"company"`
}

var applications = store.NewTable("seal_application", func(a *application) string { return a.ID },
	store.Text("company", func(a *application) string { return string(a.Company) }),
	store.Int("state", func(a *application) int64 { return int64(a.State) }),
	store.Text("applicant", func(a *application) string { return holder(a.Company, a.Person) }),
	store.Text("pending", func(a *application) string { return unless(a.State != Pending, standing(a.Seal, a.Person)) }),
	store.Time("at", func(a *application) time.Time { return a.At })).
	Index("by_company", "company", "state", "at").
	Index("by_applicant", "applicant", "at").
	Unique("by_pending", "pending")

// used is one line of a seal's usage log (使用日志).
type used struct {
	ID string `json:"id"`
	UseRecord
	At time.Time `json:"at"`
}

var uses = store.NewTable("seal_use", func(u *used) string { return u.ID },
	store.Text("seal", func(u *used) string { return string(u.Seal) }),
	store.Time("at", func(u *used) time.Time { return u.At })).
	Index("by_seal", "seal", "at")

// Tables returns the tables of this package, for [store.Open].
func Tables() []store.AnyTable { return []store.AnyTable{seals, grants, applications, uses} }

func standing(seal SealID, person org.PersonID) string { return string(seal) + "/" + string(person) }
func holder(company org.CompanyID, person org.PersonID) string {
	return string(company) + "/" + string(person)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// unless leaves a text column empty, so that a unique index does not hold the row.
func unless(not bool, text string) string {
	if not {
		return ""
	}
	return text
}
