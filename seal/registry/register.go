package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
)

const (
	// MaxSeals is how many live seals an owner has at most.
	MaxSeals = 200

	pictureDPI = 300
)

// Info is a seal as lists show it.
type Info struct {
	ID        SealID
	Name      string     // 印章名称
	Style     seal.Style // zero for a seal that a company uploaded: its picture does not show it
	Origin    Origin
	Personal  bool // a person's own signature (我的签名)
	Discarded bool
	CreatedAt time.Time
}

func (k *kept) info() Info {
	return Info{k.ID, k.Name, k.Design.Style, k.Origin, k.personal(), k.Discarded, k.CreatedAt}
}

// Create makes a seal of the actor's company (在线制作, M45) or, in the personal edition, a
// signature of the actor (我的签名, M42). It stores it under a name of 1 to [MaxSealName]
// characters that no live seal of the owner has.
//
// The spec's Name is empty or the owner's verified name; otherwise Create returns
// [ErrOwnerName]. A Code that is not empty (信息编码 是, M46) is replaced by the company's
// own credit code. A person's style is 个人签名章 or zero; otherwise Create returns
// [ErrOwnerStyle]. It returns [ErrHostFont] if the spec has a Font of the host, because
// a stored seal must draw the same for ever. It returns the errors of [seal.Draw]
// unchanged.
func (s *Service) Create(ctx context.Context, actor org.Actor, name string, spec seal.Spec) (Info, error) {
	plan, err := json.Marshal(newDesign(spec))
	if err != nil {
		return Info{}, err
	}
	var asked seal.Spec
	own := func(st org.Standing) (err error) {
		asked, err = ownSpec(spec, st)
		return err
	}
	return s.make(ctx, actor, "seal.create", name, plan, own, func(k *kept) error {
		art, err := seal.Draw(asked)
		if err != nil {
			return err
		}
		k.Design = newDesign(asked)
		k.Picture, err = s.storePicture(ctx, art)
		return err
	})
}

// make stores a new seal. It checks who may make it before the work, which is done
// outside any transaction, and again in the commit. what is the seal as the caller
// described it; it is the same when the caller repeats the command.
func (s *Service) make(ctx context.Context, actor org.Actor, command, name string, what []byte, own func(org.Standing) error, work func(*kept) error) (Info, error) {
	if err := checkSealName(name); err != nil {
		return Info{}, err
	}
	digest := sha256.Sum256(what)
	c := org.Command{Name: command, Actor: actor, Right: org.ActionSealCreate, Args: []string{name, hex.EncodeToString(digest[:])}}
	var out Info
	done, err := s.org.Ask(ctx, c, &out, func(_ context.Context, _ *store.Tx, st org.Standing) error { return own(st) })
	if err != nil || done {
		return out, err
	}
	made := kept{Owner: ownerOf(actor), Name: name, By: actor.Person}
	if made.personal() {
		made.NameIx = s.org.IndexName(name)
	}
	if err := work(&made); err != nil {
		return Info{}, err
	}
	_, err = s.org.Carry(ctx, c, &out, func(ctx context.Context, u org.UnderWay) error {
		if err := own(u.Standing()); err != nil {
			return err
		}
		tx := u.Tx()
		n, err := seals.Count(ctx, tx, store.Where("owner", made.Owner), store.Where("discarded", 0))
		if err != nil {
			return err
		}
		if n.N >= MaxSeals {
			return ErrTooMany
		}
		made.ID, made.CreatedAt = SealID(tx.NewID()), tx.Now()
		if err = seals.Insert(ctx, tx, made); errors.Is(err, store.ErrExists) {
			return ErrNameTaken
		}
		if err != nil {
			return err
		}
		out = made.info()
		return u.Record(ctx, "seal/"+string(made.ID), nil, made)
	})
	if err != nil {
		return Info{}, err
	}
	return out, nil
}

// storePicture stores the picture of a seal, before the row that names it.
func (s *Service) storePicture(ctx context.Context, art *seal.Artwork) (digest string, err error) {
	if s.blobs == nil {
		return "", nil
	}
	var png bytes.Buffer
	if err := art.PNG(&png, pictureDPI); err != nil {
		return "", err
	}
	return s.putBlob(ctx, png.Bytes())
}

// findVisible loads a seal that the actor may view: one of their company, or their own.
func (s *Service) findVisible(ctx context.Context, actor org.Actor, id SealID) (kept, error) {
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

// Keeps reports whether a seal names this blob. The keep function of [store.Sweep]
// calls it for this package.
func (s *Service) Keeps(ctx context.Context, d store.Digest) (bool, error) {
	found := false
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		found = false
		for _, column := range []string{"picture", "original"} {
			page, err := seals.Light(ctx, tx, store.Where(column, d.String()), store.Limit(1))
			if err != nil {
				return err
			}
			found = found || len(page.Items) > 0
		}
		return nil
	})
	return found, err
}

// Named calls each for the blobs that seals name, also discarded seals.
// [store.CheckBlobs] uses it for this package.
func (s *Service) Named(ctx context.Context, each func(store.Digest) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for rec, err := range seals.All(ctx, tx, store.Limit(store.MaxLimit)) {
			if err != nil {
				return err
			}
			for _, text := range []string{rec.V.Picture, rec.V.Original} {
				if text == "" {
					continue
				}
				d, err := store.ParseDigest(text)
				if err != nil {
					return err
				}
				if err := each(d); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// List returns the live seals (现有印章) or the discarded ones, oldest first: those of the
// actor's company, or in the personal edition the actor's signatures.
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

// Discard puts a seal out of use for ever (废弃, M47): it can sign nothing more, and its
// name is free again. What it signed stays signed. Discarding again changes nothing.
func (s *Service) Discard(ctx context.Context, actor org.Actor, id SealID) error {
	c := org.Command{Name: "seal.discard", Actor: actor, Right: org.ActionSealCreate, Args: []string{string(id)}}
	_, err := s.org.Carry(ctx, c, nil, func(ctx context.Context, u org.UnderWay) error {
		rec, err := s.find(ctx, u.Tx(), actor, id)
		if err != nil || rec.V.Discarded {
			return err
		}
		was := rec.V
		rec.V.Discarded = true
		if err := seals.Update(ctx, u.Tx(), rec); err != nil {
			return err
		}
		return u.Record(ctx, "seal/"+string(id), was, rec.V)
	})
	return err
}
