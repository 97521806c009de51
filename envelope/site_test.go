package envelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/envelope/envelopetest"
	"github.com/dajiaqian/dajiaqian/internal/test/powercut"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// site is a SQLite database and a directory of documents that outlive the processes
// that work on them, with what such a process must know. It is in a folder.
type site struct {
	folder string

	Keys                 secret.KeySet
	CA                   *devca.State
	Boss, Staff, Partner org.Actor
	Seal                 string
	Choices              map[string]envelope.Choice // by phone
}

// newSite makes a site with its cast, and writes down what a process must know.
func newSite(t testing.TB, folder string) *site {
	t.Helper()
	s := &site{folder: folder, Keys: envelopetest.Keys()}
	drv, blobs := s.files(t)
	s.settle(t, drv, blobs)
	return s
}

// settle makes the cast, over files.
func (s *site) settle(t testing.TB, drv store.Driver, blobs store.Blobs) {
	t.Helper()
	c := castOf(t, s.config(envelopetest.Start, drv, blobs))
	s.Boss, s.Staff, s.Partner, s.Seal = c.boss, c.staff, c.partner, string(c.seal)
	s.Choices = map[string]envelope.Choice{phoneB: c.choice(c.staff), phoneC: c.choice(c.partner)}
	var err error
	if s.CA, err = c.CA.State(); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.folder, "site.json"), b, 0o600)
	}
	if err = errors.Join(err, c.DB.Close()); err != nil {
		t.Fatal(err)
	}
}

// readSite is the first step of every other process.
func readSite(t testing.TB, folder string) *site {
	t.Helper()
	s := &site{folder: folder}
	b, err := os.ReadFile(filepath.Join(folder, "site.json"))
	if err == nil {
		err = json.Unmarshal(b, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// files opens the database and the documents.
func (s *site) files(t testing.TB) (store.Driver, store.Blobs) {
	t.Helper()
	drv, err := sqlite.Open(t.Context(), filepath.Join(s.folder, "db"), sqlite.Config{Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := dir.New(filepath.Join(s.folder, "blobs"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return drv, blobs
}

// filesOn opens them on a disk whose power can be cut.
func (s *site) filesOn(ctx context.Context, disk *powercut.Disk) (store.Driver, store.Blobs, error) {
	vfs, err := disk.VFS()
	if err != nil {
		return nil, nil, err
	}
	blobs, err := dir.NewOn(disk, filepath.Join(s.folder, "blobs"), time.Now)
	if err != nil {
		return nil, nil, err
	}
	drv, err := sqlite.Open(ctx, filepath.Join(s.folder, "db"), sqlite.Config{Readers: 2, VFS: vfs})
	return drv, blobs, err
}

// config is the configuration of a World over the site's files. Its people get as many
// codes as they ask for: one person plays many.
func (s *site) config(at time.Time, drv store.Driver, blobs store.Blobs) envelopetest.Config {
	return envelopetest.Config{Driver: drv, Blobs: func(store.Blobs) store.Blobs { return blobs }, Start: at, Keys: s.Keys, CA: s.CA,
		Codes: []org.SendLimit{{Within: time.Hour, Most: 1 << 20}}}
}

// open is a process that starts at a time, over files.
func (s *site) open(t testing.TB, at time.Time, drv store.Driver, blobs store.Blobs) *cast {
	t.Helper()
	return &cast{World: envelopetest.NewWith(t, s.config(at, drv, blobs)), boss: s.Boss, staff: s.Staff, partner: s.Partner,
		seal: registry.SealID(s.Seal), choices: s.Choices}
}

// note is one thing that a caller was told is done.
type note struct {
	What     string // sent, signed, completed, withdrawn
	Envelope string
	Party    int `json:",omitempty"` // from 1, of signed
}

// work makes, sends and signs envelopes until ctx is done or something fails, like
// callers of one process, and writes down at once what was acknowledged. Every second
// envelope is signed by both parties at once; every fifth is withdrawn.
func (c *cast) work(ctx context.Context, t testing.TB, write func(note) error) error {
	for i := 0; ctx.Err() == nil; i++ {
		if err := c.fund(ctx); err != nil {
			return fmt.Errorf("fund: %w", err)
		}
		d := draft(t)
		d.Ordered = i%2 == 0
		e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
		if err == nil {
			e, err = c.Envelopes.Send(ctx, c.boss, e.ID)
		}
		if err == nil {
			err = write(note{What: "sent", Envelope: string(e.ID)})
		}
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if i%5 == 4 {
			if err = c.Envelopes.Withdraw(ctx, c.boss, e.ID, ""); err == nil {
				err = write(note{What: "withdrawn", Envelope: string(e.ID)})
			}
			if err != nil {
				return fmt.Errorf("withdraw: %w", err)
			}
			continue
		}
		first := c.party(c.staff, phoneB, string(e.ID), 1, write)
		second := c.party(c.partner, phoneC, string(e.ID), 2, write)
		if d.Ordered {
			if err = first(ctx); err == nil {
				err = second(ctx)
			}
		} else {
			err = runAll(ctx, first, second)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// party is one party's signing of an envelope.
func (c *cast) party(a org.Actor, phone, id string, n int, write func(note) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := c.Envelopes.RequestCode(ctx, a, envelope.ID(id), c.choices[phone]); err != nil {
			return fmt.Errorf("code: %w", err)
		}
		e, err := c.Envelopes.Submit(ctx, a, envelope.ID(id), c.choices[phone], envelope.Code(c.Sandbox.Code(phone)))
		if err != nil {
			return fmt.Errorf("submit: %w", err)
		}
		if err := write(note{What: "signed", Envelope: id, Party: n}); err != nil || e.Status != envelope.Completed {
			return err
		}
		return write(note{What: "completed", Envelope: id})
	}
}

// runAll runs all, and stops waiting for the others once one of them fails: it may have
// left a lease, and the clock does not move.
func runAll(ctx context.Context, all ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, do := range all {
		wg.Go(func() {
			if err := do(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// fund buys more copies when few are left.
func (c *cast) fund(ctx context.Context) error {
	b, err := c.Billing.Balance(ctx, c.boss)
	if err != nil || b.Free >= 4 {
		return err
	}
	o, err := c.Billing.Buy(ctx, c.boss, "32", billing.WeChat)
	if err != nil {
		return err
	}
	return c.Sandbox.Pass(ctx, o.QR)
}
