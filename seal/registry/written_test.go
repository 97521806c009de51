package registry_test

import (
	"bytes"
	"errors"
	"image/color"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// M41, M42: handwriting is stored under 我的签名 and stamps as it was shown.
func TestM41M42WrittenSignature(t *testing.T) {
	w := newWorld(t, memory.New())
	me := w.Person(t, 7)
	pen := seal.Pen{Width: 50, Color: color.NRGBA{B: 0x80, A: 0x90}}
	shown, err := seal.DrawHandwriting(scribble(), pen)
	orgtest.Must(t, err)
	made, err := w.CreateWritten(t.Context(), me, "手写", scribble(), pen)
	orgtest.Must(t, err)
	list, _, err := w.List(t.Context(), me, false, "")
	if err != nil || len(list) != 1 || list[0] != made || !made.Personal || made.Origin != registry.OriginWritten || made.Style != seal.StyleSignature {
		t.Errorf("我的签名 are %+v, %v", list, err)
	}
	kept, err := w.Impression(t.Context(), me, made.ID)
	orgtest.Must(t, err)
	var a, b, picture bytes.Buffer
	orgtest.Must(t, shown.SVG(&a))
	orgtest.Must(t, kept.Artwork.SVG(&b))
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the signature that is kept draws otherwise")
	}
	a.Reset()
	orgtest.Must(t, shown.PNG(&a, 300))
	orgtest.Must(t, w.Picture(t.Context(), me, made.ID, &picture))
	if !bytes.Equal(a.Bytes(), picture.Bytes()) {
		t.Error("the picture is another")
	}
	w.may(t, me, made.ID, nil)

	// A sweep leaves the data that the signature is made from.
	w.Pass(time.Hour)
	if gone, err := store.Sweep(t.Context(), w.blobs, w.Keeps, w.Now()); err != nil || gone != 0 {
		t.Errorf("%d went, %v", gone, err)
	}
	_, err = w.Impression(t.Context(), me, made.ID)
	orgtest.Must(t, err)
}

func TestM41WrittenRefused(t *testing.T) {
	w := newWorld(t, memory.New())
	me := w.Person(t, 7)
	boss := w.firm(t, 0)
	create := func(a org.Actor, called string, h seal.Handwriting) error {
		_, err := w.CreateWritten(t.Context(), a, called, h, seal.Pen{})
		return err
	}
	orgtest.Must(t, create(me, "手写", scribble()))
	orgtest.Want(t, create(me, "手写", scribble()), registry.ErrNameTaken)
	orgtest.Want(t, create(me, "", scribble()), registry.ErrSealName)
	orgtest.Want(t, create(boss, "手写", scribble()), registry.ErrOwnerStyle)
	var fault *seal.HandwritingError
	if err := create(me, "空", seal.Handwriting{Width: 1, Height: 1}); !errors.As(err, &fault) {
		t.Errorf("nothing written: %v", err)
	}
	s, err := registry.New(registry.Config{DB: w.DB, Org: w.Org})
	orgtest.Must(t, err)
	_, err = s.CreateWritten(t.Context(), me, "二", scribble(), seal.Pen{})
	orgtest.Want(t, err, registry.ErrNoBlobs)
	if list, _, err := w.List(t.Context(), me, false, ""); err != nil || len(list) != 1 {
		t.Errorf("kept %+v, %v", list, err)
	}
}
