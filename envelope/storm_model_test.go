package envelope_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
)

// What the model knows: who is what in which company, and which seals they may use. With one
// player it is exact at every moment. With several it is read anew at every pause, and knows
// which rights somebody may have had in between.

// anyone is a person who can have an account.
type anyone struct{ name, phone, number string }

var stormPeople = []anyone{
	{"张伟", "13800138001", "321083197812162119"}, {"李娜", "13800138002", "360426199101010071"}, {"王小明", "13800138003", "11010519491231002X"},
	{"赵甲", "13900139014", "110101199003070011"}, {"赵乙", "13900139015", "11010119900307002X"}, {"赵丙", "13900139016", "110101199003070038"},
	{"赵丁", "13900139017", "110101199003070046"}, {"赵戊", "13900139018", "110101199003070054"}, {"赵己", "13900139019", "110101199003070062"},
	{"赵庚", "13900139020", "110101199003070070"}}

func mask(phone string) string { return phone[:3] + "****" + phone[9:] }

// account is one account of a person. Who closes it and registers again has another.
type account struct {
	slot int // in stormPeople
	id   org.PersonID
	gone bool
}

// post is what somebody is in a company.
type post struct {
	state  org.MemberState
	role   org.Role
	tenure int // how often they became an active member
}

func (p *post) active() bool { return p != nil && p.state == org.Active }

type firm struct {
	id    org.CompanyID
	name  string
	posts map[int]*post // by account
}

// main returns the account of the main administrator.
func (f *firm) main() int {
	for acc, p := range f.posts {
		if p.active() && p.role == org.MainAdmin {
			return acc
		}
	}
	return -1
}

// loan is a grant that stands.
type loan struct {
	period registry.Period
	tenure int
}

type ownedSeal struct {
	id    registry.SealID
	firm  int // -1: a person's signature
	owner int // account, of a signature
	gone  bool
	loans map[int]loan // by account
}

// asking is an application for a seal.
type asking struct {
	id              string
	firm, acc, seal int
	period          registry.Period
	state           registry.ApplicationState
}

// silent is a permission for silent signing.
type silent struct {
	id               string
	firm, by, tenure int
	seal             int
	senders          []int
	times            int
	until            time.Time
	revoked          bool
}

// invitation is a link to join: direct, or open to everybody.
type invitation struct {
	code, id  string
	by        hat
	slot      int // -1: open
	at        time.Time
	used, off bool
}

// hat is an account in an edition: a firm, or -1 for the personal one.
type hat struct{ acc, firm int }

type model struct {
	accounts []*account
	live     []int // by slot: account, or -1
	firms    [2]*firm
	seals    []*ownedSeal
	asked    []*asking
	silents  []*silent
	links    []*invitation

	from time.Time       // of the present round
	past []*firm         // as they were at its beginning
	lent []map[int]loan  // of the seals, at its beginning
	may  map[string]bool // rights that somebody may have got in it
}

// least is docs/permissions.md: the least role, and whether the personal edition has it.
var least = map[org.Action]struct {
	personal bool
	role     org.Role
}{
	org.ActionEnvelopeCreate: {true, org.Member}, org.ActionEnvelopeSend: {true, org.Member}, org.ActionEnvelopeSign: {true, org.Member},
	org.ActionSealCreate: {true, org.SubAdmin}, org.ActionSealGrant: {false, org.SubAdmin}, org.ActionSealUse: {true, org.Member},
	org.ActionSealApply: {false, org.Member}, org.ActionBillingBuy: {false, org.SubAdmin}, org.ActionMemberInvite: {false, org.SubAdmin},
	org.ActionMemberApprove: {false, org.SubAdmin}, org.ActionMemberDisable: {false, org.SubAdmin}, org.ActionMemberRole: {false, org.MainAdmin},
	org.ActionCompanyHandOver: {false, org.MainAdmin},
}

// closed reports whether somebody acted for themselves, and closed their account: their drafts
// are erased (T11).
func (m *model) closed(a org.Actor) bool {
	return a.Org == "" && slices.ContainsFunc(m.accounts, func(q *account) bool { return q.gone && q.id == a.Person })
}

func (m *model) post(h hat) *post {
	if h.firm < 0 {
		return nil
	}
	return m.firms[h.firm].posts[h.acc]
}

// mayDo reports whether somebody has a right now.
func (m *model) mayDo(h hat, a org.Action) bool {
	if m.accounts[h.acc].gone {
		return false
	}
	if h.firm < 0 {
		return least[a].personal
	}
	p := m.post(h)
	return p.active() && p.role >= least[a].role
}

// mayUse reports whether somebody may use a seal: a signature of their own in every edition; a
// company's as its administrator, or while it is lent to them in this tenure (M51, T5, T32).
func (m *model) mayUse(h hat, seal int, now time.Time) bool {
	q := m.seals[seal]
	if !m.mayDo(h, org.ActionSealUse) || q.gone {
		return false
	}
	if q.firm < 0 {
		return q.owner == h.acc
	}
	p := m.post(h)
	if q.firm != h.firm {
		return false
	}
	l, ok := q.loans[h.acc]
	return p.role >= org.SubAdmin || ok && l.tenure == p.tenure && l.period.Contains(now)
}

// maySilently reports whether a permission allows a sender something now (T26). It does not know
// how often it was used.
func (m *model) maySilently(q *silent, sender hat, now time.Time) bool {
	giver := hat{q.by, q.firm}
	return !q.revoked && now.Before(q.until) && sender.firm == q.firm && slices.Contains(q.senders, sender.acc) &&
		m.post(giver).active() && m.post(giver).tenure == q.tenure && m.mayUse(giver, q.seal, now) && m.mayUse(sender, q.seal, now)
}

// begin begins a round of several players: what is true now may be true all along it.
func (m *model) begin(now time.Time) {
	m.from, m.past, m.lent, m.may = now, nil, nil, map[string]bool{}
	for _, f := range m.firms {
		was := &firm{id: f.id, posts: map[int]*post{}}
		for acc, p := range f.posts {
			q := *p
			was.posts[acc] = &q
		}
		m.past = append(m.past, was)
	}
	for _, q := range m.seals {
		lent := map[int]loan{}
		for acc, l := range q.loans {
			lent[acc] = l
		}
		m.lent = append(m.lent, lent)
	}
}

// possible notes that a command may give somebody a right.
func (m *model) possible(right string, h hat, seal int) {
	if m.may != nil {
		m.may[fmt.Sprint(right, h, seal)] = true
	}
}

// mayHaveUsed reports whether somebody may have had the right to a seal at some moment of the
// round that ends now.
func (m *model) mayHaveUsed(h hat, seal int, now time.Time) bool {
	q := m.seals[seal]
	if q.firm < 0 {
		return q.owner == h.acc
	}
	if q.firm != h.firm {
		return false
	}
	was := m.past[h.firm].posts[h.acc]
	if !was.active() && !m.may[fmt.Sprint("member", h, -1)] {
		return false
	}
	if was.active() && was.role >= org.SubAdmin || m.may[fmt.Sprint("admin", h, -1)] || m.may[fmt.Sprint("loan", h, seal)] {
		return true
	}
	if seal >= len(m.lent) {
		return false
	}
	l, ok := m.lent[seal][h.acc]
	return ok && was.active() && l.tenure == was.tenure && l.period.From.Before(now.Add(1)) && (l.period.To.IsZero() || m.from.Before(l.period.To))
}

func (m *model) actor(h hat) org.Actor {
	a := org.Actor{Person: m.accounts[h.acc].id}
	if h.firm >= 0 {
		a.Org = m.firms[h.firm].id
	}
	return a
}

// hatOf is the inverse of actor.
func (m *model) hatOf(a org.Actor) (hat, bool) {
	h := hat{-1, -1}
	for i, acc := range m.accounts {
		if acc.id == a.Person {
			h.acc = i
		}
	}
	for i, f := range m.firms {
		if f.id == a.Org {
			h.firm = i
		}
	}
	return h, h.acc >= 0 && (a.Org == "") == (h.firm < 0)
}

func (m *model) person(acc int) anyone { return stormPeople[m.accounts[acc].slot] }

// company is the name of the company of an edition.
func (m *model) company(h hat) string {
	if h.firm < 0 {
		return ""
	}
	return m.firms[h.firm].name
}

func (m *model) name(h hat) string {
	return fmt.Sprintf("%s%d@%s", m.person(h.acc).name, h.acc, []string{"own", "A", "B"}[h.firm+1])
}

func (m *model) sealIndex(id registry.SealID) int {
	return slices.IndexFunc(m.seals, func(q *ownedSeal) bool { return q.id == id })
}

// names reports whether a party or a reader of these is an account.
func (m *model) names(h hat, person org.PersonID, name, masked, company string) bool {
	if company != m.company(h) {
		return false
	}
	if person != "" {
		return person == m.accounts[h.acc].id
	}
	who := m.person(h.acc)
	return name == who.name && masked == mask(who.phone)
}

// partyOf returns the party of an envelope that an account may act for, counted from 0; -1 if
// there is none. One that is active comes first.
func (m *model) partyOf(h hat, e *envelope.Record) int {
	found := -1
	for i := range e.Parties {
		p := &e.Parties[i]
		if m.names(h, p.PersonID, p.Name, p.Mask, p.Company) && (found < 0 || p.State == envelope.Active) {
			found = i
		}
	}
	return found
}

// heir returns who has the phone of a party now: by taste who registered after the party left.
func (m *model) heir(r *rand.Rand, e *envelope.Record) hat {
	h := m.anyHat(r)
	for _, i := range r.Perm(len(e.Parties)) {
		q := &e.Parties[i]
		for slot, acc := range m.live {
			if acc >= 0 && mask(stormPeople[slot].phone) == q.Mask {
				h = hat{acc, slices.IndexFunc(m.firms[:], func(f *firm) bool { return f.name == q.Company })}
				if m.follows(q, acc) {
					return h
				}
			}
		}
	}
	return h
}

// follows reports whether an account has the phone of a party that was another account.
func (m *model) follows(q *envelope.PartyRecord, acc int) bool {
	return q.PersonID != "" && q.PersonID != m.accounts[acc].id && m.person(acc).phone[9:] == q.Mask[len(q.Mask)-2:]
}

// inherited reports whether a party of an envelope left, and their phone has another account.
func (m *model) inherited(e *envelope.Record) bool {
	return slices.ContainsFunc(e.Parties, func(q envelope.PartyRecord) bool {
		return slices.ContainsFunc(m.live, func(acc int) bool { return acc >= 0 && m.follows(&q, acc) })
	})
}

// one returns one of several; ok is false if there is none.
func one[T any](r *rand.Rand, all []T) (v T, ok bool) {
	if len(all) == 0 {
		return v, false
	}
	return all[r.IntN(len(all))], true
}

// anyHat returns anybody in any edition, usually one that is theirs.
func (m *model) anyHat(r *rand.Rand) hat {
	h := hat{r.IntN(len(m.accounts)), r.IntN(3) - 1}
	if r.IntN(20) == 0 {
		return h
	}
	for range 20 {
		if h.firm < 0 && !m.accounts[h.acc].gone || m.post(h).active() && r.IntN(5) > 0 {
			break
		}
		h = hat{r.IntN(len(m.accounts)), r.IntN(3) - 1}
	}
	return h
}

// admin returns who may manage a company, usually.
func (m *model) admin(r *rand.Rand) hat {
	h := hat{-1, 0}
	if r.IntN(6) == 0 {
		h.firm = 1
	}
	if r.IntN(8) == 0 {
		return m.anyHat(r)
	}
	if h.acc = m.firms[h.firm].main(); h.acc < 0 { // two answers of several players crossed
		return m.anyHat(r)
	}
	if r.IntN(3) == 0 {
		for range 20 {
			if q := r.IntN(len(m.accounts)); m.post(hat{q, h.firm}).active() && m.post(hat{q, h.firm}).role == org.SubAdmin {
				h.acc = q
			}
		}
	}
	return h
}

// member returns an account that is something in a company, usually.
func (m *model) member(r *rand.Rand, f int) int {
	acc := r.IntN(len(m.accounts))
	for range 12 {
		if f >= 0 && m.firms[f].posts[acc] != nil {
			break
		}
		acc = r.IntN(len(m.accounts))
	}
	return acc
}

// sealOf returns a seal of a company, or any.
func (m *model) sealOf(r *rand.Rand, f int) int {
	q := r.IntN(len(m.seals))
	for range 12 {
		if m.seals[q].firm == f && (!m.seals[q].gone || r.IntN(3) == 0) {
			break
		}
		q = r.IntN(len(m.seals))
	}
	return q
}
