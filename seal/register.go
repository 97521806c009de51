package seal

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Config says what a Service needs.
type Config struct {
	DB  *store.DB    // required
	Org *org.Service // required
}

// Service keeps who has which seal and who may use it. It is safe for concurrent
// use.
type Service struct {
	db  *store.DB
	org *org.Service
}

// New checks a configuration; its error names the field that is missing.
func New(c Config) (*Service, error) {
	switch {
	case c.DB == nil:
		return nil, errors.New("seal: Config.DB is required")
	case c.Org == nil:
		return nil, errors.New("seal: Config.Org is required")
	}
	return &Service{db: c.DB, org: c.Org}, nil
}

// Info is a seal as lists show it.
type Info struct {
	ID        string
	Name      string // 印章名称
	Style     Style
	Personal  bool // a person's own signature (我的签名)
	Discarded bool
	CreatedAt time.Time
}

func (k *kept) info() Info {
	return Info{k.ID, k.Name, k.Design.Style, strings.HasPrefix(k.Owner, "person/"), k.Discarded, k.CreatedAt}
}

func owner(a org.Actor) string {
	if a.Org != "" {
		return "company/" + a.Org
	}
	return "person/" + a.Person
}

// Create draws a seal (在线制作, M45) or a personal signature and keeps it. In a
// company the spec's Name is set to the company's and a Code that is not empty
// to its credit code: a seal never bears another's name. In the personal edition
// the style is 个人签名章 and the name the person's.
func (s *Service) Create(ctx context.Context, actor org.Actor, name string, spec Spec) (Info, error) {
	if n := utf8.RuneCountInString(name); n == 0 || n > 50 || !utf8.ValidString(name) ||
		strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
		return Info{}, ErrSealName
	}
	if spec.Font != nil {
		return Info{}, ErrHostFont
	}
	var made kept
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := s.org.Authorize(ctx, tx, actor, org.ActionSealCreate)
		if err != nil {
			return err
		}
		if st.Company != nil {
			spec.Name = st.Company.Name
			if spec.Code != "" {
				spec.Code = st.Company.CreditCode
			}
		} else {
			spec.Style, spec.Name, spec.Code, spec.RingCode = StyleSignature, st.Person.Name, "", ""
		}
		if _, err := Draw(spec); err != nil {
			return err
		}
		made = kept{ID: tx.NewID(), Owner: owner(actor), Name: name, Design: keep(spec), By: actor.Person, CreatedAt: tx.Now()}
		err = seals.Insert(ctx, tx, made)
		if errors.Is(err, store.ErrExists) {
			return ErrNameTaken
		}
		return err
	})
	if err != nil {
		return Info{}, err
	}
	return made.info(), nil
}

func keep(s Spec) design {
	d := design{Style: s.Style, Name: s.Name, Text: s.Text, Code: s.Code, RingCode: s.RingCode,
		Width: s.Width, Height: s.Height, Measure: s.Measure}
	if s.Color != nil {
		c := color.NRGBAModel.Convert(s.Color).(color.NRGBA)
		d.Color = fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	return d
}

func (d *design) spec() (Spec, error) {
	s := Spec{Style: d.Style, Name: d.Name, Text: d.Text, Code: d.Code, RingCode: d.RingCode,
		Width: d.Width, Height: d.Height, Measure: d.Measure}
	if d.Color != "" {
		c, err := ParseColor(d.Color)
		if err != nil {
			return s, err
		}
		s.Color = c
	}
	return s, nil
}

// Artwork draws a seal that the actor's company has, or his own signature, again.
func (s *Service) Artwork(ctx context.Context, actor org.Actor, id string) (*Artwork, error) {
	var k kept
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse); err != nil {
			return err
		}
		rec, err := s.find(ctx, tx, actor, id)
		k = rec.V
		return err
	})
	if err != nil {
		return nil, err
	}
	spec, err := k.Design.spec()
	if err != nil {
		return nil, err
	}
	return Draw(spec)
}

// find loads a seal of the actor's company, or a signature of his own: a person
// signs with it in every edition.
func (s *Service) find(ctx context.Context, tx *store.Tx, actor org.Actor, id string) (store.Rec[kept], error) {
	rec, err := seals.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return rec, ErrNotFound
	}
	if err != nil {
		return rec, err
	}
	if rec.V.Owner != owner(actor) && rec.V.Owner != "person/"+actor.Person {
		return store.Rec[kept]{}, ErrNotFound
	}
	return rec, nil
}

// List returns the actor's live seals (现有印章) or the discarded ones, oldest
// first: those of the company, or in the personal edition his signatures.
func (s *Service) List(ctx context.Context, actor org.Actor, discarded bool, after store.Cursor) ([]Info, store.Cursor, error) {
	var out []Info
	var next store.Cursor
	state := int64(0)
	if discarded {
		state = 1
	}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse); err != nil {
			return err
		}
		page, err := seals.Page(ctx, tx, store.Where("owner", owner(actor)), store.Where("discarded", state),
			store.Asc("created_at"), store.After(after))
		if err != nil {
			return err
		}
		out, next = nil, page.Next
		for _, r := range page.Items {
			out = append(out, r.V.info())
		}
		return nil
	})
	return out, next, err
}

// Discard takes a seal out of use for good (废弃, M47). What it signed stays
// signed. Discarding again changes nothing.
func (s *Service) Discard(ctx context.Context, actor org.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealCreate); err != nil {
			return err
		}
		rec, err := s.find(ctx, tx, actor, id)
		if err != nil || rec.V.Discarded {
			return err
		}
		rec.V.Discarded = true
		return seals.Update(ctx, tx, rec)
	})
}
