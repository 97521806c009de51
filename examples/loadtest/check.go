package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// count compares every envelope with what it must have: its events, its charge, and its
// signatures, each once.
func (c *cast) count(ctx context.Context, o options, all []made) (missing, doubled int, err error) {
	charges, err := c.charges(ctx)
	if err != nil {
		return 0, 0, err
	}
	tally := func(got, want int) {
		missing += max(0, want-got)
		doubled += max(0, got-want)
	}
	signatures := 0
	for _, p := range c.workers[0] {
		signatures++
		if p.Company != "" {
			signatures++ // of the handler, and of the seal
		}
	}
	for _, m := range all {
		tally(charges[m.ID], 1)
		delete(charges, m.ID)
		trail, err := c.h.envelopes.Trail(ctx, m.Sender, envelope.ID(m.ID)) // it checks its chain
		if err != nil {
			return missing, doubled, err
		}
		events := map[string]int{}
		for _, t := range trail {
			events[t.Kind]++
		}
		want := map[envelope.EventKind]int{envelope.EventDrafted: 1, envelope.EventSent: 1, envelope.EventActivated: o.parties,
			envelope.EventConsented: o.parties, envelope.EventSigned: o.parties, envelope.EventCompleted: 1, envelope.EventArchived: 1}
		if m.Evidence {
			want[envelope.EventEvidence] = 1
		}
		for kind, n := range want {
			tally(events[string(kind)], n)
			delete(events, string(kind))
		}
		doubled += len(events)
		doc, err := c.document(ctx, m)
		if err != nil {
			return missing, doubled, err
		}
		rep, err := verify.Verify(ctx, bytes.NewReader(doc), int64(len(doc)), verify.Policy{Roots: c.h.ca.Roots(), Time: time.Now(),
			Revocation: verify.UnsafeSkipRevocation})
		if err != nil {
			return missing, doubled, err
		}
		if !rep.Valid() {
			return missing, doubled, fmt.Errorf("envelope %s: its document is %v", m.ID, rep.Verdict)
		}
		tally(len(rep.Signatures), signatures+1) // and the timestamp of the archive
	}
	for range charges {
		doubled++ // for an envelope that is not ours
	}
	return missing, doubled, nil
}

// charges counts the charges of each envelope.
func (c *cast) charges(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	var after store.Cursor
	for {
		page, next, err := c.h.billing.Charges(ctx, c.boss.Actor, billing.ChargeFilter{}, after)
		if err != nil {
			return nil, err
		}
		for _, charge := range page {
			out[charge.Envelope]++
		}
		if next == "" {
			return out, nil
		}
		after = next
	}
}

func (c *cast) document(ctx context.Context, m made) ([]byte, error) {
	b, err := c.h.envelopes.Document(ctx, m.Sender, envelope.ID(m.ID), 0)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
	return out, errors.Join(err, b.Close())
}

// samples writes random results for other tools to open.
func (c *cast) samples(ctx context.Context, o options, all []made) error {
	if o.out == "" {
		return nil
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	var roots bytes.Buffer
	for _, cert := range c.h.ca.Roots() {
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(o.out, "roots.pem"), roots.Bytes(), 0o644); err != nil {
		return err
	}
	for _, i := range rand.Perm(len(all))[:min(o.sample, len(all))] {
		doc, err := c.document(ctx, all[i])
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(o.out, fmt.Sprintf("envelope-%d.pdf", i)), doc, 0o644); err != nil {
			return err
		}
	}
	return nil
}
