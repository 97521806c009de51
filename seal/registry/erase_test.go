package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
)

// T11: the signatures of who closes their account go, discarded ones too, with their pictures.
// What their company has stays.
func TestT11SignaturesAreErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, boss := t.Context(), w.firm(t, 1)
		official := w.official(t, boss, "公章")
		m := w.Member(t, boss, 2)
		own := org.Actor{Person: m.Person}
		drawn, err := w.Create(ctx, own, "李四的签名", seal.Spec{Style: seal.StyleSignature})
		orgtest.Must(t, err)
		written, err := w.CreateWritten(ctx, own, "手写", scribble(), seal.Pen{})
		orgtest.Must(t, err)
		discarded, err := w.CreateWritten(ctx, own, "旧的", scribble(), seal.Pen{Width: 30, Height: 15})
		orgtest.Must(t, err)
		orgtest.Must(t, w.Discard(ctx, own, discarded.ID))
		w.Pass(25 * time.Hour)
		sweep := func() int {
			n, err := store.Sweep(ctx, w.blobs, w.Keeps, w.Now())
			orgtest.Must(t, err)
			return n
		}
		if n := sweep(); n != 0 {
			t.Fatalf("%d pictures were swept before", n)
		}
		orgtest.Must(t, w.Org.Purge(ctx, own, w.Code(t, orgtest.Phone(2), org.PurposePurge)))
		for _, id := range []registry.SealID{drawn.ID, written.ID, discarded.ID} {
			if _, err := w.usable(own, id); !errors.Is(err, registry.ErrNotFound) && !errors.Is(err, org.ErrNotFound) {
				t.Errorf("a signature of a closed account: %v", err)
			}
		}
		w.Pass(25 * time.Hour)
		if n := sweep(); n < 3 {
			t.Errorf("%d pictures were swept", n)
		}
		w.may(t, boss, official, nil)
	})
}
