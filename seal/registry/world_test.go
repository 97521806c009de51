package registry_test

import (
	"context"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// world is the package with real persons and companies.
type world struct {
	*registry.Service
	*orgtest.World
	blobs *memory.Blobs
	boss  org.Actor // of the firm that was made last
}

// onBoth runs a test on every database that needs no server.
func onBoth(t *testing.T, test func(t *testing.T, w *world)) {
	orgtest.OnBoth(t, func(t *testing.T, d store.Driver) { test(t, newWorld(t, d)) })
}

func newWorld(t orgtest.T, driver store.Driver) *world {
	t.Helper()
	w := &world{World: orgtest.New(t, driver, registry.Tables())}
	var err error
	w.blobs, err = memory.NewBlobs(w.Now)
	orgtest.Must(t, err)
	w.Service, err = registry.New(registry.Config{DB: w.DB, Org: w.Org, Blobs: w.blobs})
	orgtest.Must(t, err)
	return w
}

// firm makes a company, verified.
func (w *world) firm(t orgtest.T, n int) org.Actor {
	t.Helper()
	w.boss = w.Firm(t, n)
	return w.boss
}

// official makes a 公章 of the actor's company.
func (w *world) official(t orgtest.T, boss org.Actor, name string) registry.SealID {
	t.Helper()
	i, err := w.Create(context.Background(), boss, name, seal.Spec{Style: seal.StyleOfficial})
	orgtest.Must(t, err)
	return i.ID
}

// usable calls Usable in its own transaction.
func (w *world) usable(actor org.Actor, id registry.SealID) (u registry.Use, err error) {
	err = w.DB.View(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		u, err = w.Usable(ctx, tx, actor, id)
		return err
	})
	return u, err
}

// may compares the error of Usable with the expected one.
func (w *world) may(t testing.TB, actor org.Actor, id registry.SealID, target error) registry.Use {
	t.Helper()
	u, err := w.usable(actor, id)
	orgtest.Want(t, err, target)
	return u
}

// scribble returns a handwriting of two strokes.
func scribble() seal.Handwriting {
	h := seal.Handwriting{Width: 600, Height: 300, Strokes: make([]seal.Stroke, 2)}
	for i := range 25 {
		x, at := float64(i), float64(16*i)
		h.Strokes[0] = append(h.Strokes[0], seal.StrokePoint{X: 60 + 12*x, Y: 90 + x*x/4, Time: at, Pressure: 0.5})
		h.Strokes[1] = append(h.Strokes[1], seal.StrokePoint{X: 340 - 8*x, Y: 60 + 8*x, Time: at + 600, Pressure: 0.5})
	}
	return h
}
