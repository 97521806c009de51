package envelope_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/powercut"
)

var cuts = flag.Int("cuts", 10, "how often TestPowerCut cuts the power")

// TestPowerCut: a process makes, signs and completes envelopes on SQLite and a
// directory, and the power fails at a random moment, with the loss of everything not
// synced, again and again on the same files. What it was told is done stays done; every
// charge and every use of a seal is there once; every document verifies.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes; not in the short run")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	folder := t.TempDir()
	s := newSite(t, folder)
	disk := powercut.New(folder, seed)
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	at := envelopetest.Start.Add(30 * 24 * time.Hour)
	var whole []note
	for n := range *cuts {
		at = at.Add(time.Hour)
		var diary []note
		t.Run("work", func(t *testing.T) { diary = s.untilCut(t, at, disk, 1+chance.IntN(4000)) })
		if err := disk.Restore(); err != nil {
			t.Fatal(err)
		}
		t.Run("look", func(t *testing.T) {
			at = at.Add(time.Hour)
			drv, blobs := s.files(t)
			c := s.open(t, at, drv, blobs)
			c.kept(t, diary)
			for _, e := range c.books(t) {
				if e.SentAt.After(at.Add(-2 * time.Hour)) {
					c.sound(t, &e)
				}
			}
			if n%3 == 2 { // otherwise the next cut gets the unfinished work
				c.recover(t)
				at = c.Clock.Now()
			}
		})
		whole = append(whole, diary...)
		if t.Failed() {
			t.Fatalf("after cut %d", n+1)
		}
	}
	drv, blobs := s.files(t)
	c := s.open(t, at.Add(time.Hour), drv, blobs)
	c.recover(t)
	c.kept(t, whole)
	states := c.settled(t)
	t.Logf("%d cuts, %d changes of files, %d acknowledged; at the end %v", *cuts, disk.Changes(), len(whole), states)
	if states[envelope.Completed] == 0 {
		t.Error("nothing was completed")
	}
}

// untilCut is a process that works until the power fails before the n-th change of a
// file. It returns what it was told is done.
func (s *site) untilCut(t *testing.T, at time.Time, disk *powercut.Disk, n int) []note {
	drv, blobs, err := s.filesOn(t.Context(), disk)
	if err != nil {
		t.Fatal(err)
	}
	c := s.open(t, at, drv, blobs)
	disk.CutBefore(n)
	var mu sync.Mutex
	var diary []note
	err = c.work(t.Context(), t, func(n note) error {
		mu.Lock()
		defer mu.Unlock()
		diary = append(diary, n)
		_, err := c.Envelopes.Step(t.Context())
		return err
	})
	if !disk.Off() {
		t.Fatalf("it ended with the power on: %v", err)
	}
	if err := c.DB.Close(); err != nil && !errors.Is(err, powercut.ErrOff) {
		t.Logf("closing: %v", err) // SQLite could not clean up
	}
	return diary
}
