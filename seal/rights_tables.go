package seal

import (
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// design is a Spec as it is kept: plain values only.
type design struct {
	Style         Style
	Name          string
	Text          string
	Code          string
	RingCode      string
	Width, Height float64
	Color         string // #rrggbb, empty for the default
	Measure       Measure
}

// kept is one seal or personal signature.
type kept struct {
	ID        string
	Owner     string // company/<id> or person/<id>
	Name      string // 印章名称
	Design    design
	Discarded bool
	By        string // who made it
	CreatedAt time.Time
}

var seals = store.NewTable("seal", func(k *kept) string { return k.ID },
	store.Text("owner", func(k *kept) string { return k.Owner }),
	store.Int("discarded", func(k *kept) int64 {
		if k.Discarded {
			return 1
		}
		return 0
	}),
	store.Time("created_at", func(k *kept) time.Time { return k.CreatedAt }),
	store.Text("live_name", func(k *kept) string {
		if k.Discarded {
			return "" // its name is free again
		}
		return k.Owner + "/" + k.Name
	})).
	Index("by_owner", "owner", "discarded", "created_at").
	Unique("by_name", "live_name")

// grant lends a seal to a member. There is one for each seal and member; to
// grant again changes it.
type grant struct {
	Seal, Person string
	From, To     time.Time // half-open; a zero To is open-ended (无期限)
	Revoked      bool
	By           string
	At           time.Time
}

func grantID(seal, person string) string { return seal + "/" + person }

var grants = store.NewTable("seal_grant", func(g *grant) string { return grantID(g.Seal, g.Person) },
	store.Text("seal", func(g *grant) string { return g.Seal }),
	store.Text("person", func(g *grant) string { return g.Person }),
	store.Time("at", func(g *grant) time.Time { return g.At })).
	Index("by_seal", "seal", "at").
	Index("by_person", "person", "at")

// used is one line of a seal's usage log (使用日志).
type used struct {
	ID string
	UseRecord
	At time.Time
}

var uses = store.NewTable("seal_use", func(u *used) string { return u.ID },
	store.Text("seal", func(u *used) string { return u.Seal }),
	store.Time("at", func(u *used) time.Time { return u.At })).
	Index("by_seal", "seal", "at")

// Tables returns the tables of the rights half, for store.Open.
func Tables() []store.AnyTable { return []store.AnyTable{seals, grants, uses} }

// holds tells whether a grant is good at an instant. Pure.
func (g *grant) holds(now time.Time) bool {
	return !g.Revoked && !now.Before(g.From) && (g.To.IsZero() || now.Before(g.To))
}
