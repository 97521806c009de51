package seal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

const (
	// MaxSeals is how many live seals an owner has at most.
	MaxSeals = 200

	pictureDPI = 300
)

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
	return Info{k.ID, k.Name, k.Design.Style, k.personal(), k.Discarded, k.CreatedAt}
}

// Create makes a seal of the actor's company (在线制作, M45) or, in the personal
// edition, a signature of his own (我的签名, M42), and keeps it under a name of 1
// to MaxSealName characters that no live seal of the owner has.
//
// The spec's Name is left empty or is the owner's verified name (ErrOwnerName). A
// Code that is not empty (信息编码 是, M46) becomes the company's own credit code,
// whatever it is. A person's style is 个人签名章, which may be left zero
// (ErrOwnerStyle). A Font of the host's is ErrHostFont: what is kept must draw
// alike for ever. Errors of Draw come as they are.
func (s *Service) Create(ctx context.Context, actor org.Actor, name string, spec Spec) (Info, error) {
	if err := checkSealName(name); err != nil {
		return Info{}, err
	}
	var asked Spec
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		asked, err = s.mayCreate(ctx, tx, actor, spec)
		return err
	})
	if err != nil {
		return Info{}, err
	}
	picture, err := s.paint(ctx, asked)
	if err != nil {
		return Info{}, err
	}
	var made kept
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.mayCreate(ctx, tx, actor, asked); err != nil {
			return err
		}
		n, err := seals.Count(ctx, tx, store.Where("owner", ownerOf(actor)), store.Where("discarded", 0))
		if err != nil {
			return err
		}
		if n.N >= MaxSeals {
			return ErrTooMany
		}
		made = kept{
			ID: tx.NewID(), Owner: ownerOf(actor), Name: name, Design: newDesign(asked), Picture: picture,
			By: actor.Person, CreatedAt: tx.Now(),
		}
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

func (s *Service) mayCreate(ctx context.Context, tx *store.Tx, actor org.Actor, spec Spec) (Spec, error) {
	st, err := s.org.Authorize(ctx, tx, actor, org.ActionSealCreate)
	if err != nil {
		return Spec{}, err
	}
	return ownSpec(spec, st)
}

// paint draws a seal and keeps its picture, before the row that names it.
func (s *Service) paint(ctx context.Context, spec Spec) (digest string, err error) {
	art, err := Draw(spec)
	if err != nil || s.blobs == nil {
		return "", err
	}
	var png bytes.Buffer
	if err := art.PNG(&png, pictureDPI); err != nil {
		return "", err
	}
	d, _, err := s.blobs.Put(ctx, &png)
	return d.String(), err
}

// see loads a seal that the actor may look at: his company's, or his own.
func (s *Service) see(ctx context.Context, actor org.Actor, id string) (kept, error) {
	var k kept
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse); err != nil {
			return err
		}
		rec, err := s.find(ctx, tx, actor, id)
		k = rec.V
		return err
	})
	return k, err
}

// Artwork draws again a seal that the actor's company has, or a signature of his
// own, discarded or not. To look at a seal is not to use it: see Usable.
func (s *Service) Artwork(ctx context.Context, actor org.Actor, id string) (*Artwork, error) {
	k, err := s.see(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return k.Design.draw()
}

func (d *design) draw() (*Artwork, error) {
	spec, err := d.spec()
	if err != nil {
		return nil, err
	}
	return Draw(spec)
}

// Picture writes a seal as a PNG of 300 dots per inch on a transparent ground: as
// it was made, where Config.Blobs keeps it. The rules of Artwork hold.
func (s *Service) Picture(ctx context.Context, actor org.Actor, id string, w io.Writer) error {
	k, err := s.see(ctx, actor, id)
	if err != nil {
		return err
	}
	if k.Picture == "" || s.blobs == nil {
		art, err := k.Design.draw()
		if err != nil {
			return err
		}
		return art.PNG(w, pictureDPI)
	}
	digest, err := store.ParseDigest(k.Picture)
	if err != nil {
		return err
	}
	blob, err := s.blobs.Open(ctx, digest)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(blob, 0, blob.Size()))
	return errors.Join(err, blob.Close())
}

// Keeps reports whether a seal names this blob; it is this room's voice in the
// keep function of store.Sweep.
func (s *Service) Keeps(ctx context.Context, d store.Digest) (bool, error) {
	found := false
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, err := seals.Light(ctx, tx, store.Where("picture", d.String()), store.Limit(1))
		found = len(page.Items) > 0
		return err
	})
	return found, err
}

// List returns the actor's live seals (现有印章) or the discarded ones, oldest
// first: those of the company, or in the personal edition his signatures.
func (s *Service) List(ctx context.Context, actor org.Actor, discarded bool, after store.Cursor) ([]Info, store.Cursor, error) {
	var out []Info
	var next store.Cursor
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.org.Authorize(ctx, tx, actor, org.ActionSealUse); err != nil {
			return err
		}
		page, err := seals.Page(ctx, tx, store.Where("owner", ownerOf(actor)), store.Where("discarded", flag(discarded)),
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

// Discard takes a seal out of use for good (废弃, M47): it signs nothing more, and
// its name is free again. What it signed stays signed. Discarding again changes
// nothing.
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
