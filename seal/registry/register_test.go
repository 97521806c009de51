package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// M43, M45, M46: an administrator makes a seal. Its name and code are the company's
// own, and it draws again as it was made.
func TestM43Create(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		blue, err := seal.ParseColor("blue")
		orgtest.Must(t, err)
		spec := seal.Spec{Style: seal.StyleOfficial, Code: orgtest.Firms()[0].CreditCode, Width: 45, Color: blue, Measure: seal.Measure{Star: 12}}
		made, err := w.Create(t.Context(), boss, "公章", spec)
		orgtest.Must(t, err)
		if made.Name != "公章" || made.Style != seal.StyleOfficial || made.Personal || made.Discarded || !made.CreatedAt.Equal(w.Now()) {
			t.Errorf("made %+v", made)
		}
		spec.Name = orgtest.Firms()[0].Name
		other := spec
		other.Code = orgtest.Firms()[1].CreditCode // 是: the code is the company's own
		second, err := w.Create(t.Context(), boss, "公章二", other)
		orgtest.Must(t, err)
		fresh, err := seal.Draw(spec)
		orgtest.Must(t, err)
		kept, err := w.Impression(t.Context(), boss, made.ID)
		orgtest.Must(t, err)
		same, err := w.Impression(t.Context(), boss, second.ID)
		orgtest.Must(t, err)
		var a, b, c, picture bytes.Buffer
		orgtest.Must(t, same.Artwork.SVG(&c))
		orgtest.Must(t, fresh.SVG(&a))
		orgtest.Must(t, kept.Artwork.SVG(&b))
		if !bytes.Equal(a.Bytes(), b.Bytes()) || !bytes.Equal(a.Bytes(), c.Bytes()) {
			t.Error("the seal that is kept draws otherwise")
		}
		a.Reset()
		orgtest.Must(t, fresh.PNG(&a, 300))
		orgtest.Must(t, w.Picture(t.Context(), boss, made.ID, &picture))
		if !bytes.Equal(a.Bytes(), picture.Bytes()) {
			t.Error("the picture is another")
		}
	})
}

// Without blobs a picture is drawn when it is asked for.
func TestPictureWithoutBlobs(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	id := w.official(t, boss, "公章")
	s, err := registry.New(registry.Config{DB: w.DB, Org: w.Org})
	orgtest.Must(t, err)
	var kept, drawn bytes.Buffer
	orgtest.Must(t, w.Picture(t.Context(), boss, id, &kept))
	orgtest.Must(t, s.Picture(t.Context(), boss, id, &drawn))
	if !bytes.Equal(kept.Bytes(), drawn.Bytes()) {
		t.Error("two pictures of one seal")
	}
}

// A sweep leaves the pictures that seals name.
func TestKeeps(t *testing.T) {
	w := newWorld(t, memory.New())
	w.official(t, w.firm(t, 0), "公章")
	_, _, err := w.blobs.Put(t.Context(), strings.NewReader("orphan"))
	orgtest.Must(t, err)
	w.Pass(time.Hour)
	gone, err := store.Sweep(t.Context(), w.blobs, w.Keeps, w.Now())
	if err != nil || gone != 1 {
		t.Errorf("%d went, %v", gone, err)
	}
}

func TestM43Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	boss := w.firm(t, 0)
	song, err := seal.SongFont()
	orgtest.Must(t, err)
	font, err := seal.ParseFont(song)
	orgtest.Must(t, err)
	official := seal.Spec{Style: seal.StyleOfficial}
	create := func(a org.Actor, name string, spec seal.Spec) error {
		_, err := w.Create(t.Context(), a, name, spec)
		return err
	}
	for name, want := range map[string]error{
		"": registry.ErrSealName, " ": registry.ErrSealName, "公\n章": registry.ErrSealName, "\xff": registry.ErrSealName,
		strings.Repeat("章", registry.MaxSealName):   nil,
		strings.Repeat("章", registry.MaxSealName+1): registry.ErrSealName,
	} {
		if err := create(boss, name, official); !errors.Is(err, want) {
			t.Errorf("name %q: error is %v, want %v", name, err, want)
		}
	}
	orgtest.Want(t, create(boss, "a", seal.Spec{Style: seal.StyleOfficial, Font: font}), registry.ErrHostFont)
	orgtest.Want(t, create(boss, "a", seal.Spec{Style: seal.StyleOfficial, Name: orgtest.Firms()[1].Name}), registry.ErrOwnerName)
	orgtest.Want(t, create(boss, "a", seal.Spec{Style: seal.StyleSignature}), registry.ErrOwnerStyle)
	orgtest.Want(t, create(boss, "a", seal.Spec{Style: seal.StyleRepresentative}), registry.ErrOwnerStyle)
	orgtest.Want(t, create(boss, "a", seal.Spec{}), seal.ErrUnknownStyle)
	orgtest.Want(t, create(boss, "a", seal.Spec{Style: 200}), seal.ErrUnknownStyle)
	var size *seal.SizeError
	if err := create(boss, "a", seal.Spec{Style: seal.StyleOfficial, Width: 1}); !errors.As(err, &size) {
		t.Errorf("error is %v", err)
	}
	var ink *seal.ColorError
	if err := create(boss, "a", seal.Spec{Style: seal.StyleOfficial, Color: color.NRGBA{A: 1}}); !errors.As(err, &ink) {
		t.Errorf("error is %v", err)
	}
	// M48: administrators make seals; M16: of verified companies.
	orgtest.WantDenied(t, create(w.Member(t, boss, 1), "a", official), org.DenyRole)
	orgtest.WantDenied(t, create(w.Startup(t, 1), "a", official), org.DenyCompanyUnverified)
	orgtest.Want(t, create(org.Actor{Person: w.Person(t, 2).Person, Org: boss.Org}, "a", official), org.ErrNotFound)
}

// A name belongs to one live seal of an owner.
func TestNameUnique(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss, other := w.firm(t, 0), w.firm(t, 1)
		first := w.official(t, boss, "公章")
		_, err := w.Create(t.Context(), boss, "公章", seal.Spec{Style: seal.StyleContract})
		orgtest.Want(t, err, registry.ErrNameTaken)
		w.official(t, other, "公章")
		orgtest.Must(t, w.Discard(t.Context(), boss, first))
		w.official(t, boss, "公章")
	})
}

// M47: a discarded seal can sign nothing more; it is listed apart and can still be
// viewed.
func TestM47Discard(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss, other := w.firm(t, 0), w.firm(t, 1)
		m := w.Member(t, boss, 1)
		id, second := w.official(t, boss, "公章"), w.official(t, boss, "公章二")
		orgtest.Must(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}))
		w.may(t, m, id, nil)
		orgtest.Want(t, w.Discard(t.Context(), other, id), registry.ErrNotFound)
		orgtest.WantDenied(t, w.Discard(t.Context(), m, id), org.DenyRole)
		orgtest.Must(t, w.Discard(t.Context(), boss, id))
		orgtest.Must(t, w.Discard(t.Context(), boss, id))
		w.may(t, m, id, registry.ErrDiscarded)
		w.may(t, boss, id, registry.ErrDiscarded)
		orgtest.Want(t, w.Grant(t.Context(), boss, id, m.Person, registry.Period{}), registry.ErrDiscarded)
		_, err := w.Apply(t.Context(), m, id, "合同", registry.Period{})
		orgtest.Want(t, err, registry.ErrDiscarded)
		_, err = w.Impression(t.Context(), boss, id)
		orgtest.Must(t, err)
		for discarded, wanted := range map[bool]registry.SealID{false: second, true: id} {
			list, next, err := w.List(t.Context(), boss, discarded, "")
			if err != nil || next != "" || len(list) != 1 || list[0].ID != wanted || list[0].Discarded != discarded {
				t.Errorf("list of discarded %t: %v, %q, %v", discarded, list, next, err)
			}
		}
	})
}

// M42: a person's signature bears their verified name and is theirs in every edition.
func TestM42Signature(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m := w.Member(t, boss, 1)
		me := org.Actor{Person: m.Person}
		mine, err := w.Create(t.Context(), me, "我的签名", seal.Spec{})
		if err != nil || !mine.Personal || mine.Style != seal.StyleSignature {
			t.Fatalf("made %+v, %v", mine, err)
		}
		for _, a := range []org.Actor{me, m} {
			if u := w.may(t, a, mine.ID, nil); !u.Personal || u.Grant != "" || u.Version != 1 || u.Name != "我的签名" {
				t.Errorf("use is %+v", u)
			}
		}
		w.may(t, boss, mine.ID, registry.ErrNotFound) // nobody else may use it, not even the administrator
		orgtest.WantDenied(t, w.Grant(t.Context(), me, mine.ID, boss.Person, registry.Period{}), org.DenyPersonal)
		hers, err := w.Create(t.Context(), org.Actor{Person: boss.Person}, "签名", seal.Spec{})
		orgtest.Must(t, err) // an administrator may lend seals, but not this one
		orgtest.Want(t, w.Grant(t.Context(), boss, hers.ID, m.Person, registry.Period{}), registry.ErrNotFound)
	})
}

func TestM42Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	me := w.Person(t, 1)
	create := func(spec seal.Spec) error {
		_, err := w.Create(t.Context(), me, "我的签名", spec)
		return err
	}
	orgtest.Want(t, create(seal.Spec{Name: "李四"}), registry.ErrOwnerName)
	orgtest.Want(t, create(seal.Spec{Style: seal.StyleOfficial}), registry.ErrOwnerStyle)
	var code *seal.CodeError
	if err := create(seal.Spec{Code: orgtest.Firms()[0].CreditCode}); !errors.As(err, &code) {
		t.Errorf("error is %v", err)
	}
	orgtest.Want(t, create(seal.Spec{Name: orgtest.Name(1), Style: seal.StyleSignature}), nil)
}

// An owner has MaxSeals live seals at most.
func TestMaxSeals(t *testing.T) {
	w := newWorld(t, memory.New())
	me := w.Person(t, 1)
	var last registry.Info
	for n := range registry.MaxSeals {
		var err error
		last, err = w.Create(t.Context(), me, fmt.Sprint("签名", n), seal.Spec{})
		orgtest.Must(t, err)
	}
	_, err := w.Create(t.Context(), me, "再来", seal.Spec{})
	orgtest.Want(t, err, registry.ErrTooMany)
	orgtest.Must(t, w.Discard(t.Context(), me, last.ID))
	_, err = w.Create(t.Context(), me, "再来", seal.Spec{})
	orgtest.Must(t, err)
	if all, err := w.Available(t.Context(), me); err != nil || len(all) != registry.MaxSeals {
		t.Errorf("%d are available, %v", len(all), err)
	}
}

// T1: a seal of someone else looks as if it did not exist.
func TestT1ForeignSeal(t *testing.T) {
	w := newWorld(t, memory.New())
	boss, other := w.firm(t, 0), w.firm(t, 1)
	ctx := context.Background()
	for _, id := range []string{string(w.official(t, boss, "公章")), "nothing", "", "\xff", strings.Repeat("x", 300)} {
		_, err := w.Impression(ctx, other, registry.SealID(id))
		orgtest.Want(t, err, registry.ErrNotFound)
		orgtest.Want(t, w.Picture(ctx, other, registry.SealID(id), nil), registry.ErrNotFound)
		_, _, err = w.Grants(ctx, other, registry.SealID(id), registry.GrantFilter{}, "")
		orgtest.Want(t, err, registry.ErrNotFound)
		_, _, err = w.Uses(ctx, other, registry.SealID(id), "")
		orgtest.Want(t, err, registry.ErrNotFound)
		orgtest.Want(t, w.Grant(ctx, other, registry.SealID(id), other.Person, registry.Period{}), registry.ErrNotFound)
		orgtest.Want(t, w.Revoke(ctx, other, registry.SealID(id), other.Person), registry.ErrNotFound)
		_, err = w.Apply(ctx, other, registry.SealID(id), "合同", registry.Period{})
		orgtest.Want(t, err, registry.ErrNotFound)
		w.may(t, other, registry.SealID(id), registry.ErrNotFound)
	}
}

func TestServiceConfig(t *testing.T) {
	w := newWorld(t, memory.New())
	for field, c := range map[string]registry.Config{"DB": {Org: w.Org}, "Org": {DB: w.DB}} {
		if _, err := registry.New(c); err == nil || !strings.Contains(err.Error(), "registry: Config."+field) {
			t.Errorf("%s: error is %v", field, err)
		}
	}
}
