package envelope_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// What must be true of envelopes and of rights, after each command of a single player and at
// each pause of several.

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

// sight is an envelope as it was judged last.
type sight struct {
	rec   envelope.Record
	trail []audit.Entry
	bound map[int]org.PersonID // by party: who it became known as
}

// promise is what a command was told: the trail has such an event of the actor. Without a
// kind, the envelope is deleted.
type promise struct {
	id   envelope.ID
	kind envelope.EventKind
	by   org.Actor
}

type stormTemplate struct {
	id string
	by org.Actor
}

type judge struct {
	s         *storm
	n         int
	seen      map[envelope.ID]*sight
	order     []envelope.ID // as they came
	deleted   map[envelope.ID]bool
	promised  []promise
	templates []stormTemplate
}

// records returns all envelopes, the oldest first.
func (j *judge) records() ([]envelope.Record, error) {
	recs, err := envelope.Records(j.s.t.Context(), j.s.DB)
	slices.SortStableFunc(recs, func(a, b envelope.Record) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.ID), string(b.ID)))
	})
	return recs, err
}

// all judges everything that can have changed. p is who played, if it was one.
func (j *judge) all(p *player) {
	s := j.s
	j.n++
	recs, err := j.records()
	if err != nil {
		s.fail("%v", err)
		return
	}
	there := map[envelope.ID]bool{}
	moved := false
	for i := range recs {
		there[recs[i].ID] = true
		moved = j.envelope(&recs[i]) || moved
	}
	for _, id := range slices.Clone(j.order) {
		if there[id] {
			continue
		}
		seen := j.seen[id]
		erased := seen.rec.SentAt.IsZero() && s.closed(seen.rec.Sender)
		if seen.rec.Status != envelope.Draft && !erased && (s.exact() || seen.rec.Status != envelope.InProgress) {
			s.fail("%s is gone: %+v", id, seen.rec)
		}
		delete(j.seen, id)
		j.order = slices.DeleteFunc(j.order, func(o envelope.ID) bool { return o == id })
	}
	j.promises()
	if p == nil {
		s.readModel(true)
	} else if moved || j.n%4 == 0 {
		s.readModel(false)
	}
	if p == nil || moved || j.n%8 == 0 {
		s.books(recs)
	}
}

// ends are the states that nothing leaves but by what is named here.
var ends = map[envelope.Status][]envelope.Status{
	0:                   {envelope.Draft, envelope.InProgress, envelope.Completed, envelope.Withdrawn, envelope.Declined, envelope.Expired, envelope.Voided},
	envelope.Draft:      {envelope.Draft, envelope.InProgress, envelope.Completed, envelope.Withdrawn, envelope.Declined, envelope.Expired, envelope.Voided},
	envelope.InProgress: {envelope.InProgress, envelope.Completed, envelope.Withdrawn, envelope.Declined, envelope.Expired, envelope.Voided},
	envelope.Completed:  {envelope.Completed, envelope.Voided}, envelope.Withdrawn: {envelope.Withdrawn},
	envelope.Declined: {envelope.Declined}, envelope.Expired: {envelope.Expired}, envelope.Voided: {envelope.Voided}}

// envelope judges one envelope, and reports whether it changed.
func (j *judge) envelope(e *envelope.Record) bool {
	s := j.s
	old, known := j.seen[e.ID]
	if !known {
		old = &sight{bound: map[int]org.PersonID{}}
		j.seen[e.ID] = old
		j.order = append(j.order, e.ID)
	}
	if !slices.Contains(ends[old.rec.Status], e.Status) {
		s.fail("%s was %v and is %v", e.ID, old.rec.Status, e.Status)
	}
	if known && old.rec.Events == e.Events {
		if old.rec.Status != e.Status || old.rec.Trail != e.Trail {
			s.fail("%s changed without an event: %v to %v", e.ID, old.rec.Status, e.Status)
		}
		old.rec = *e
		return false
	}
	trail, err := envelope.ReadTrail(s.t.Context(), s.Envelopes, e.ID)
	if err == nil {
		err = audit.Check(trail, e.Trail.Hash)
	}
	if err != nil {
		s.fail("the trail of %s: %v", e.ID, err)
		return true
	}
	if n := len(old.trail); len(trail) < n || n > 0 && trail[n-1].Hash != old.trail[n-1].Hash {
		s.fail("the trail of %s has %d entries and had %d", e.ID, len(trail), n)
	}
	j.kinds(e, trail)
	for _, entry := range trail[len(old.trail):] {
		j.event(e, old, entry)
	}
	old.rec, old.trail = *e, trail
	return true
}

// after says which events end an envelope, and as what.
var after = map[envelope.EventKind]envelope.Status{envelope.EventDrafted: envelope.Draft, envelope.EventSent: envelope.InProgress,
	envelope.EventCompleted: envelope.Completed, envelope.EventWithdrawn: envelope.Withdrawn, envelope.EventDeclined: envelope.Declined,
	envelope.EventExpired: envelope.Expired, envelope.EventVoided: envelope.Voided}

// kinds judges the events of an envelope together (M69, M71).
func (j *judge) kinds(e *envelope.Record, trail []audit.Entry) {
	status := envelope.Status(0)
	count := map[envelope.EventKind]int{}
	signed := map[int]bool{}
	for _, entry := range trail {
		kind := envelope.EventKind(entry.Kind)
		count[kind]++
		if status > envelope.Completed && status != envelope.Voided && kind != envelope.EventKnown {
			j.s.fail("%s was %v, and then %s", e.ID, status, kind)
		}
		if to, ok := after[kind]; ok {
			status = to
		}
		if kind == envelope.EventSigned {
			ev := j.body(entry)
			for i, q := range e.Parties { // who comes later has not signed
				if q.Stage > e.Parties[ev.Party-1].Stage && signed[i+1] {
					j.s.fail("%s: party %d signed before party %d", e.ID, i+1, ev.Party)
				}
			}
			signed[ev.Party] = true
		}
	}
	if status != e.Status {
		j.s.fail("%s is %v, by its events %v", e.ID, e.Status, status)
	}
	for _, kind := range []envelope.EventKind{envelope.EventSent, envelope.EventCompleted, envelope.EventVoided} {
		if count[kind] > 1 {
			j.s.fail("%s: %d times %s", e.ID, count[kind], kind)
		}
	}
	if e.Status != envelope.Completed && e.Status != envelope.Voided {
		return
	}
	groups := map[[2]int]int{}
	for i, q := range e.Parties {
		if signed[i+1] != (q.State == envelope.Signed) {
			j.s.fail("%s: party %d is %v, signed %t", e.ID, i+1, q.State, signed[i+1])
		}
		switch {
		case q.State != envelope.Signed && q.State != envelope.Skipped:
			j.s.fail("%s is %v, party %d is %v", e.ID, e.Status, i+1, q.State)
		case q.Group == 0 && !signed[i+1]:
			j.s.fail("%s is %v without party %d", e.ID, e.Status, i+1)
		case q.Group != 0 && signed[i+1]:
			groups[[2]int{q.Stage, q.Group}]++
		case q.Group != 0:
			groups[[2]int{q.Stage, q.Group}] += 0
		}
	}
	for g, n := range groups {
		if n != 1 {
			j.s.fail("%s: %d of group %v signed", e.ID, n, g)
		}
	}
}

func (j *judge) body(entry audit.Entry) (ev envelope.Event) {
	if err := json.Unmarshal(entry.Body, &ev); err != nil {
		j.s.fail("%v", err)
	}
	return ev
}

// bySender are the events that only the sender causes.
var bySender = map[envelope.EventKind]org.Action{envelope.EventDrafted: org.ActionEnvelopeCreate, envelope.EventSent: org.ActionEnvelopeSend,
	envelope.EventWithdrawn: org.ActionEnvelopeSend, envelope.EventExtended: org.ActionEnvelopeSend, envelope.EventReminded: org.ActionEnvelopeSend}

// event judges a new event: who caused it had the right at that moment.
func (j *judge) event(e *envelope.Record, old *sight, entry audit.Entry) {
	s, m, ev := j.s, j.s.model, j.body(entry)
	who, edition := "", ""
	if edition, who, _ = strings.Cut(entry.Actor, "/"); who == "" && ev.Kind != envelope.EventExpired {
		who = string(ev.Person)
	}
	actor := org.Actor{Person: org.PersonID(who), Org: org.CompanyID(edition)}
	if action, ok := bySender[ev.Kind]; ok {
		h, found := m.hatOf(actor)
		if actor != e.Sender || !found || s.exact() && !m.mayDo(h, action) {
			s.fail("%s: %s by %v, the sender is %v", e.ID, ev.Kind, actor, e.Sender)
		}
		return
	}
	if ev.Party > 0 {
		j.keepsParty(e, old, ev)
	}
	switch ev.Kind {
	case envelope.EventConsented, envelope.EventSigned, envelope.EventDeclined, envelope.EventOpened, envelope.EventDelegated:
	case envelope.EventExpired:
		if end := cmp.Or(e.Deadline, e.SentAt.Add(366*24*time.Hour)); entry.At.Before(end) {
			s.fail("%s expired at %v, before %v", e.ID, entry.At, end)
		}
		return
	case envelope.EventVoided:
		if seen := j.seen[ev.Envelope]; s.exact() && (seen == nil || seen.rec.Voids != e.ID) {
			s.fail("%s was voided by %s", e.ID, ev.Envelope)
		}
		return
	default:
		return
	}
	if ev.Kind == envelope.EventSigned {
		actor.Org = ev.Org
	}
	h, found := m.hatOf(actor)
	if !found || s.exact() && !m.mayDo(h, org.ActionEnvelopeSign) {
		s.fail("%s: %s by %v, who has no right to sign", e.ID, ev.Kind, actor)
		return
	}
	q := &e.Parties[ev.Party-1]
	if s.exact() && ev.Kind != envelope.EventDelegated && !m.names(h, q.PersonID, q.Name, q.Mask, q.Company) {
		s.fail("%s: %s by %s, the party is %s of %q", e.ID, ev.Kind, m.name(h), q.Name, q.Company)
	}
	switch {
	case ev.Kind == envelope.EventConsented:
		if end := cmp.Or(e.Deadline, e.SentAt.Add(366*24*time.Hour)); !entry.At.Before(end) {
			s.fail("%s: agreed to at %v, after %v", e.ID, entry.At, end)
		}
		j.stamps(e, ev.Kind, h, ev.Stamps, entry.At)
		j.places(e, ev)
		if q.Silent != "" && ev.Method == "silent" {
			j.silent(e, q.Silent, h, entry.At)
		}
	case ev.Kind == envelope.EventSigned && q.Consent != nil:
		j.stamps(e, ev.Kind, h, q.Consent.Stamps, entry.At)
	}
}

// keepsParty checks that who a party is stays so, unless the task is handed on (M70).
func (j *judge) keepsParty(e *envelope.Record, old *sight, ev envelope.Event) {
	if ev.Kind == envelope.EventDelegated {
		delete(old.bound, ev.Party)
		return
	}
	if ev.Person == "" {
		return
	}
	if was, ok := old.bound[ev.Party]; ok && was != ev.Person {
		j.s.fail("%s: party %d was %s and is %s", e.ID, ev.Party, was, ev.Person)
	}
	old.bound[ev.Party] = ev.Person
}

// stamps checks the right to every seal of a consent (M51, M74, T5).
func (j *judge) stamps(e *envelope.Record, kind envelope.EventKind, h hat, stamps []envelope.Stamp, at time.Time) {
	s, m := j.s, j.s.model
	if len(stamps) == 0 {
		s.fail("%s: %s without a signature", e.ID, kind)
	}
	for _, st := range stamps {
		if st.Seal == "" {
			continue
		}
		i := m.sealIndex(st.Seal)
		switch {
		case i < 0:
			s.fail("%s: an unknown seal %s", e.ID, st.Seal)
		case s.exact() && !m.mayUse(h, i, at), !s.exact() && !m.mayHaveUsed(h, i, s.Clock.Now()):
			s.fail("%s: %s with seal %d by %s, who has no right to it: %+v, %+v", e.ID, kind, i, m.name(h), m.seals[i], m.post(h))
		case (m.seals[i].firm < 0) != (st.Kind == envelope.SignatureBox):
			s.fail("%s: seal %d in a %v", e.ID, i, st.Kind)
		}
	}
}

// places checks that a consent fills the boxes of its party, and no other's (T19).
func (j *judge) places(e *envelope.Record, ev envelope.Event) {
	fields := map[string]int{}
	for _, b := range e.Parties[ev.Party-1].Boxes {
		if b.Kind == envelope.SignatureBox || b.Kind == envelope.SealBox {
			fields[b.Field]++
		}
	}
	for _, st := range ev.Stamps {
		if st.Field != "" && !st.Added {
			fields[st.Field]--
		}
	}
	for field, n := range fields {
		if n != 0 {
			j.s.fail("%s: party %d fills %q of another, or leaves its own: %d", e.ID, ev.Party, field, n)
		}
	}
}

// silent checks a consent without a will (T26).
func (j *judge) silent(e *envelope.Record, id string, h hat, at time.Time) {
	s, m := j.s, j.s.model
	i := slices.IndexFunc(m.silents, func(q *silent) bool { return q.id == id })
	sender, ok := m.hatOf(e.Sender)
	if i < 0 || !ok || m.silents[i].by != h.acc {
		s.fail("%s: signed silently under %q by %v", e.ID, id, h)
		return
	}
	q := m.silents[i]
	s.done["= signed silently"]++
	if s.exact() && !m.maySilently(q, sender, at) {
		s.fail("%s: signed silently under %+v, sent by %s", e.ID, *q, m.name(sender))
	}
	used := 0
	for _, other := range j.seen {
		for _, entry := range other.trail {
			if ev := j.body(entry); ev.Kind == envelope.EventConsented && ev.Method == "silent" && other.rec.Parties[ev.Party-1].Silent == id {
				used++
			}
		}
	}
	if used >= q.times { // the present one is not among them
		s.fail("%s: a permission for %d is used more often", e.ID, q.times)
	}
}

// closed is that of the model. A purge whose answer was lost is not in a model of several players.
func (s *storm) closed(a org.Actor) bool {
	if s.model.closed(a) || s.exact() || a.Org != "" {
		return s.model.closed(a)
	}
	_, err := s.Org.Editions(s.t.Context(), a.Person)
	return errors.Is(err, org.ErrNotFound)
}

// promises checks that what was acknowledged is there.
func (j *judge) promises() {
	if j.deleted == nil {
		j.deleted = map[envelope.ID]bool{}
	}
	for _, q := range j.promised {
		if q.kind == "" {
			j.deleted[q.id] = true
		}
	}
	for _, q := range j.promised {
		seen := j.seen[q.id]
		switch {
		case q.kind == "" && seen != nil:
			j.s.fail("%s was deleted and is there", q.id)
		case q.kind == "", seen == nil && j.deleted[q.id] && q.kind == envelope.EventDrafted:
		case seen == nil && j.s.closed(q.by) && (q.kind == envelope.EventDrafted || q.kind == envelope.EventWithdrawn): // T11
		case seen == nil:
			j.s.fail("%s is lost: %+v", q.id, q)
		default:
			if !slices.ContainsFunc(seen.trail, func(entry audit.Entry) bool {
				ev := j.body(entry)
				signed := ev.Kind == envelope.EventSigned && ev.Person == q.by.Person && ev.Org == q.by.Org
				return ev.Kind == q.kind && (signed || entry.Actor == string(q.by.Org)+"/"+string(q.by.Person))
			}) {
				j.s.fail("%s: %s of %v was acknowledged and is not in the trail", q.id, q.kind, q.by)
			}
		}
	}
	j.promised = nil
}

// readModel reads who is what and which grants stand. The model of one player must be equal to
// it; that of several becomes it.
func (s *storm) readModel(adopt bool) {
	ctx, m := s.t.Context(), s.model
	posts := [2]map[int]*post{{}, {}}
	for i, acc := range m.accounts {
		all, err := s.Org.Editions(ctx, acc.id)
		if gone := err != nil; gone != acc.gone {
			if !adopt {
				s.fail("%s is gone: %t, by the rules %t", m.name(hat{i, -1}), gone, acc.gone)
			}
			acc.gone = gone
			if gone && m.live[acc.slot] == i {
				m.live[acc.slot] = -1
			}
		}
		for _, ed := range all {
			if h, ok := m.hatOf(ed.Actor); ok && h.firm >= 0 {
				posts[h.firm][i] = &post{state: org.Active, role: ed.Role}
			}
		}
	}
	for f, of := range m.firms {
		boss := hat{-1, f}
		for acc, q := range posts[f] {
			if q.role == org.MainAdmin {
				if boss.acc >= 0 {
					s.fail("%s has two main administrators (T3)", of.name)
				}
				boss.acc = acc
			}
		}
		if boss.acc < 0 {
			s.fail("%s has no main administrator (T3)", of.name)
			return
		}
		a := m.actor(boss)
		for _, state := range []org.MemberState{org.Applied, org.Disabled, org.Rejected} {
			for _, info := range whole(s, func(after store.Cursor) ([]org.MemberInfo, store.Cursor, error) {
				return s.Org.Members(ctx, a, org.MemberFilter{State: state}, after)
			}) {
				if h, ok := m.hatOf(org.Actor{Person: info.Person}); ok {
					if posts[f][h.acc] != nil {
						s.fail("%s is a member twice, or %v and active", m.name(h), state)
					}
					posts[f][h.acc] = &post{state: state, role: info.Role}
				}
			}
		}
		if adopt {
			of.posts = posts[f]
		} else if got, want := describe(posts[f]), describe(of.posts); got != want {
			s.fail("%s: the members are %s, by the rules %s", of.name, got, want)
		}
		s.readLoans(ctx, a, f, adopt)
	}
}

func describe(posts map[int]*post) string {
	var out []string
	for acc, q := range posts {
		if q.state == org.Active {
			out = append(out, fmt.Sprintf("%d %v", acc, q.role))
		} else {
			out = append(out, fmt.Sprintf("%d %v", acc, q.state))
		}
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}

// readLoans reads the seals of a company and their standing grants.
func (s *storm) readLoans(ctx context.Context, a org.Actor, f int, adopt bool) {
	m := s.model
	for _, gone := range []bool{false, true} {
		for _, info := range whole(s, func(after store.Cursor) ([]registry.Info, store.Cursor, error) {
			return s.Seals.List(ctx, a, gone, after)
		}) {
			i := m.sealIndex(info.ID)
			if i < 0 { // it was made, and the answer was lost
				m.seals = append(m.seals, &ownedSeal{id: info.ID, firm: f, gone: gone, loans: map[int]loan{}})
				i = len(m.seals) - 1
				if !adopt {
					s.fail("a seal that nobody made: %s", info.ID)
				}
			}
			q := m.seals[i]
			if q.gone != gone && !adopt {
				s.fail("seal %d is discarded: %t", i, gone)
			}
			q.gone = gone
			loans := map[int]loan{}
			for _, g := range whole(s, func(after store.Cursor) ([]registry.GrantInfo, store.Cursor, error) {
				return s.Seals.Grants(ctx, a, info.ID, registry.GrantFilter{}, after)
			}) {
				if h, ok := m.hatOf(org.Actor{Person: g.Person}); ok {
					loans[h.acc] = loan{period: g.Period}
				}
			}
			if adopt {
				q.loans = loans
				continue
			}
			for acc, l := range q.loans { // those of who left, or was disabled since, do not stand
				_, stands := loans[acc]
				if p := m.firms[f].posts[acc]; stands != (p.active() && p.tenure == l.tenure) {
					s.fail("the grant of seal %d to %d stands: %t, by the rules %+v, %+v", i, acc, stands, l, p)
				}
				delete(loans, acc)
			}
			if len(loans) > 0 {
				s.fail("seal %d is lent to %v by nobody", i, loans)
			}
		}
	}
}

// whole reads a list to its end. A fault of it breaks the storm.
func whole[T any](s *storm, page func(store.Cursor) ([]T, store.Cursor, error)) (out []T) {
	for after := store.Cursor(""); ; {
		items, next, err := page(after)
		if err != nil {
			s.fail("a list: %v", err)
			return out
		}
		out = append(out, items...)
		if after = next; after == "" {
			return out
		}
	}
}

// notices is a sink that refuses now and then, and keeps what it took.
type notices struct {
	s     *storm
	mu    sync.Mutex
	calls int
	seen  map[string]envelope.Notice
	last  map[envelope.ID]int64
}

func (n *notices) Deliver(_ context.Context, got envelope.Notice) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.calls++; n.calls%9 == 0 {
		return errFault
	}
	before, again := n.seen[got.ID]
	switch {
	case again && before != got:
		n.s.fail("a notice was %+v and is %+v", before, got)
	case again && n.s.exact() && !n.s.w.faults:
		n.s.fail("a notice comes twice: %+v", got)
	case !again && got.Seq <= n.last[got.Envelope]:
		n.s.fail("a notice comes after number %d of its envelope: %+v", n.last[got.Envelope], got)
	}
	n.seen[got.ID] = got
	n.last[got.Envelope] = max(n.last[got.Envelope], got.Seq)
	return nil
}
