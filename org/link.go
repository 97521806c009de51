package org

import (
	"context"
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

const (
	// MaxLinkUses is how many applications one open link takes at most.
	MaxLinkUses = 1000
	// MaxLinkLife is how long an open link lasts at most.
	MaxLinkLife = 30 * 24 * time.Hour

	// linkCodeLen is the length of an open link's code: 22 characters of 62 are 131
	// bits, because strangers need only the link before they apply (T8).
	linkCodeLen = 22
)

// LinkState reports whether an open link takes applications. The zero value is invalid.
type LinkState int

// The states of an open link.
const (
	LinkOpen    LinkState = iota + 1 // 有效
	LinkClosed                       // 已关闭
	LinkExpired                      // 已过期
	LinkUsedUp                       // 已达人数上限
)

var linkStateNames = [...][2]string{
	LinkOpen:    {"open", "有效"},
	LinkClosed:  {"closed", "已关闭"},
	LinkExpired: {"expired", "已过期"},
	LinkUsedUp:  {"used up", "已达人数上限"},
}

// String returns the state in English.
func (s LinkState) String() string { return enum.English("LinkState", linkStateNames[:], s) }

// Zh returns the word that the list shows.
func (s LinkState) Zh() string { return enum.Zh("未知", linkStateNames[:], s) }

// link is the stored record of an invitation for anyone who has it.
type link struct {
	ID      string    `json:"id"`
	Company CompanyID `json:"company"`
	By      PersonID  `json:"by"`
	Hash    string    `json:"hash"` // of its code, which is not kept
	Used    int       `json:"used"`
	Most    int       `json:"most"`
	Expires time.Time `json:"expires"`
	At      time.Time `json:"at"`
	Closed  bool      `json:"closed"`
}

var links = store.NewTable("org_link", func(l *link) string { return l.ID },
	store.Text("company", func(l *link) string { return string(l.Company) }),
	store.Text("hash", func(l *link) string { return l.Hash }),
	store.Time("at", func(l *link) time.Time { return l.At })).
	Index("by_company", "company", "at").
	Unique("by_hash", "hash")

// state returns the state of a link at a time. Pure.
func (l *link) state(now time.Time) LinkState {
	switch {
	case l.Closed:
		return LinkClosed
	case !now.Before(l.Expires):
		return LinkExpired
	case l.Used >= l.Most:
		return LinkUsedUp
	}
	return LinkOpen
}

// LinkTerms are the limits of an open link.
type LinkTerms struct {
	Uses int           // applications, 1 to MaxLinkUses; 0 means 100
	Life time.Duration // up to MaxLinkLife; 0 means seven days
}

// LinkInfo is an open link as administrators see it (通过链接邀请, M30).
type LinkInfo struct {
	ID      string
	By      PersonID // id of the person who opened it
	Used    int      // applications so far
	Uses    int      // at most
	Expires time.Time
	State   LinkState
}

func (l *link) info(now time.Time) LinkInfo {
	return LinkInfo{l.ID, l.By, l.Used, l.Most, l.Expires, l.state(now)}
}

// CreateLink opens an invitation for everyone who has its address (通过链接邀请, M30). It
// returns that address, which is also the content of the QR code. The address cannot be
// read again: only a hash of its code is stored. Applicants still prove their phone and
// wait for an administrator. It returns a [*FieldError] if the terms are out of their
// limits.
func (s *Service) CreateLink(ctx context.Context, actor Actor, t LinkTerms) (url string, info LinkInfo, err error) {
	if t.Uses == 0 {
		t.Uses = 100
	}
	if t.Life == 0 {
		t.Life = invitationTTL
	}
	if t.Uses < 1 || t.Uses > MaxLinkUses || t.Life < 0 || t.Life > MaxLinkLife {
		return "", LinkInfo{}, &FieldError{"link", "1 to 1000 uses, at most 30 days", "邀请人数须为1至1000，有效期不超过30天"}
	}
	code, err := s.letters(linkCodeLen)
	if err != nil {
		return "", LinkInfo{}, err
	}
	var made struct {
		URL  string
		Info LinkInfo
	}
	c := command{name: "link.open", actor: actor, right: ActionMemberInvite, args: []string{t.Life.String(), strconv.Itoa(t.Uses)}}
	_, err = s.do(ctx, c, &made, func(ctx context.Context, a *act) error {
		l := link{ID: a.tx.NewID(), Company: actor.Org, By: actor.Person, Hash: linkHash(code), Most: t.Uses,
			Expires: a.tx.Now().Add(t.Life), At: a.tx.Now()}
		made.URL, made.Info = s.Inside().ShortURL(code), l.info(a.tx.Now())
		return insert(ctx, a, links, "link/"+l.ID, l)
	})
	if err != nil {
		return "", LinkInfo{}, err
	}
	return made.URL, made.Info, nil
}

// CloseLink closes an open link (关闭, M30): nobody can apply by it any longer. Earlier
// applications stay. Closing again changes nothing. It returns [ErrNotFound] for a link
// of another company.
func (s *Service) CloseLink(ctx context.Context, actor Actor, id string) error {
	c := command{name: "link.close", actor: actor, right: ActionMemberInvite, args: []string{id}}
	_, err := s.do(ctx, c, nil, func(ctx context.Context, a *act) error {
		rec, err := links.Get(ctx, a.tx, id)
		if err != nil {
			return fault.NotFound(err, ErrNotFound)
		}
		if rec.V.Company != actor.Org {
			return ErrNotFound
		}
		if rec.V.Closed {
			return nil
		}
		was := rec.V
		rec.V.Closed = true
		return update(ctx, a, links, "link/"+id, was, rec)
	})
	return err
}

// Links lists the company's links, open and past, newest first, 50 per page, to its
// administrators.
func (s *Service) Links(ctx context.Context, actor Actor, after store.Cursor) ([]LinkInfo, store.Cursor, error) {
	var out []LinkInfo
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.Inside().Authorize(ctx, tx, actor, ActionMemberInvite); err != nil {
			return err
		}
		page, err := links.Page(ctx, tx, store.Where("company", actor.Org), store.Desc("at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, r.V.info(tx.Now()))
		}
		return nil
	})
	return out, next, err
}
