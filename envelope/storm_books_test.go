package envelope_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// What must be true of copies at every moment, and of everything once nothing is left to do.

// payer returns the company that pays for an envelope; empty if it is free, or nobody agreed.
func payer(e *envelope.Record) org.CompanyID {
	if e.Sender.Org != "" {
		return e.Sender.Org
	}
	return e.Payer
}

// books checks the ledgers against the envelopes: each is held once when it is sent, charged once
// and for its files when it is completed, and released once when it ends otherwise (M55, T13, T14).
func (s *storm) books(recs []envelope.Record) {
	ctx, m := s.t.Context(), s.model
	for f, of := range m.firms {
		a := m.actor(hat{of.main(), f})
		if err := s.Billing.Audit(ctx, of.id); err != nil {
			s.fail("%v", err)
		}
		moves, seen := map[string]int64{}, map[string]bool{} // by kind and envelope
		var free, held, bought, expired, under, spent int64
		for _, en := range whole(s, func(after store.Cursor) ([]billing.Entry, store.Cursor, error) {
			return s.Billing.Ledger(ctx, a, after)
		}) {
			free, held = free+en.Free, held+en.Held
			if en.Kind == billing.EntryExpire {
				expired -= en.Free
			}
			if en.Kind != billing.EntryPurchase && en.Kind != billing.EntryExpire {
				if seen[en.ID] {
					s.fail("%s: %s twice", of.name, en.ID)
				}
				seen[en.ID] = true
				kind, id, _ := strings.Cut(en.ID, "/")
				id, _, _ = strings.Cut(id, "/") // a company that takes its consent back may agree again
				moves[kind+"/"+id] += en.Held
			}
		}
		for _, o := range whole(s, func(after store.Cursor) ([]billing.Order, store.Cursor, error) {
			return s.Billing.Orders(ctx, a, after)
		}) {
			if o.State == billing.Paid {
				bought += o.Package.Copies
			}
		}
		charged := map[string]int64{}
		for _, c := range whole(s, func(after store.Cursor) ([]billing.Charge, store.Cursor, error) {
			return s.Billing.Charges(ctx, a, billing.ChargeFilter{}, after)
		}) {
			charged[c.Envelope] += c.Copies
		}
		for i := range recs {
			e := &recs[i]
			copies, id := int64(len(e.Files)), string(e.ID)
			if payer(e) != of.id {
				copies = 0
			}
			hold, charge, release := int64(0), int64(0), int64(0)
			switch e.Status {
			case envelope.InProgress:
				hold, under = copies, under+copies
			case envelope.Completed, envelope.Voided:
				hold, charge, spent = copies, copies, spent+copies
			case envelope.Withdrawn, envelope.Declined, envelope.Expired:
				if !e.SentAt.IsZero() {
					hold, release = copies, copies
				}
			}
			back := moves["hold/"+id] - hold // held and released before
			if back%max(1, int64(len(e.Files))) != 0 || back < 0 || back > 0 && e.Sender.Org != "" || moves["charge/"+id] != -charge || moves["release/"+id] != -release-back || charged[id] != charge {
				s.fail("%s, %v, of %d copies for %s: held %d, charged %d (listed %d), released %d", e.ID, e.Status, copies, of.name,
					moves["hold/"+id], -moves["charge/"+id], charged[id], -moves["release/"+id])
			}
		}
		b, err := s.Billing.Balance(ctx, a)
		if err != nil || b.Free < 0 || b.Free > free || b.Held != held || held != under || free+held+spent+expired != bought {
			s.fail("%s: %d bought; the balance %+v (%v); the ledger: free %d, held %d, expired %d; under way %d, completed %d", of.name, bought, b, err,
				free, held, expired, under, spent)
		}
	}
}

// end lets everything come to rest, and judges the whole.
func (s *storm) end() {
	s.guarded("the end", func() {
		s.faults.disarm()
		s.rest()
		if s.isBroken() {
			return
		}
		s.model.begin(s.Clock.Now())
		s.judge.all(nil)
		recs, err := s.judge.records()
		if err != nil {
			s.fail("%v", err)
			return
		}
		undone, err := envelope.Undone(s.t.Context(), s.DB)
		if err != nil {
			s.fail("%v", err)
		}
		for i := range recs {
			s.atRest(&recs[i], undone)
			s.done["= "+recs[i].Status.String()]++
		}
		s.uses(recs)
	})
}

// rest steps until nothing is left to do. What failed is tried again after pauses.
func (s *storm) rest() {
	const enough = 300
	for quiet, n := 0, 0; quiet < 4; n++ {
		s.Clock.Advance(20 * time.Minute)
		a, err := s.Envelopes.Step(s.t.Context())
		b, oerr := s.Org.Step(s.t.Context())
		s.typed("Step at the end", err)
		s.typed("org.Step at the end", oerr)
		if quiet++; a+b > 0 {
			quiet = 0
		}
		if n > enough {
			s.fail("there is still something to do after %d steps: %d, %v; %d, %v", n, a, err, b, oerr)
			return
		}
	}
}

// atRest checks an envelope when nothing is left to do.
func (s *storm) atRest(e *envelope.Record, undone map[string]string) {
	if e.Upkeep.Lease.Token != "" && s.Clock.Now().Before(e.Upkeep.Lease.Until) {
		s.fail("%s: a lease is held: %+v", e.ID, e.Upkeep.Lease)
	}
	for i, p := range e.Parties {
		task := undone[fmt.Sprintf("%s/%d", e.ID, i+1)]
		want := ""
		if e.Status == envelope.InProgress && p.State == envelope.Active {
			want = "open"
		}
		if waits := e.Status == envelope.InProgress && p.State == envelope.Waiting && task == "waiting"; task != want && !waits {
			s.fail("%s, %v: party %d is %v, its task is %q", e.ID, e.Status, i+1, p.State, task)
		}
		if p.State == envelope.Signing && e.Status == envelope.InProgress {
			s.fail("%s: party %d is still signing", e.ID, i+1)
		}
	}
	for i, p := range e.Parties {
		for slot, acc := range s.model.live {
			if who := stormPeople[slot]; acc >= 0 && e.Status == envelope.InProgress && p.PersonID == "" && who.name == p.Name && mask(who.phone) == p.Mask {
				s.fail("%s: party %d is %s, who is verified, and is not known (M70)", e.ID, i+1, who.name)
			}
		}
	}
	seen := s.judge.seen[e.ID]
	for _, entry := range seen.trail {
		id := fmt.Sprintf("%s-%d-storm", e.ID, entry.Seq)
		got, ok := s.told.seen[id]
		if want := envelope.EventKind(entry.Kind) != envelope.EventDrafted; ok != want || ok && (string(got.Kind) != entry.Kind || !got.At.Equal(entry.At)) {
			s.fail("%s: entry %d, %s: the notice is %+v, %t", e.ID, entry.Seq, entry.Kind, got, ok)
		}
		delete(s.told.seen, id)
	}
	for id, n := range s.told.seen {
		if n.Envelope == e.ID {
			s.fail("a notice without an entry: %s", id)
		}
	}
	want := make([]int, len(e.Files))
	for _, p := range e.Parties {
		if p.State == envelope.Signed {
			for _, st := range p.Consent.Stamps {
				want[st.File]++
			}
		}
	}
	done := e.Status == envelope.Completed || e.Status == envelope.Voided
	if done && (e.ArchivedAt.IsZero() || e.Evidence == (store.Digest{})) {
		s.fail("%s is %v and has no evidence", e.ID, e.Status)
	}
	for i, file := range e.Files {
		if err := s.verifies(file.Head, want[i]); err != nil {
			s.fail("%s, %v, file %d: %v", e.ID, e.Status, i+1, err)
		}
	}
	if h, ok := s.model.hatOf(e.Sender); ok && done && s.model.mayDo(h, org.ActionEnvelopeCreate) {
		var z bytes.Buffer
		err := s.Envelopes.Download(s.t.Context(), e.Sender, e.ID, &z)
		if err == nil {
			c := cast{World: s.World}
			_, err = c.auditOf(s.t, z.Bytes())
		}
		if err != nil {
			s.fail("the download of %s: %v", e.ID, err)
		}
	}
}

// verifies checks that every signature of a document is TOTAL-PASSED, and how many there are.
func (s *storm) verifies(head store.Digest, want int) error {
	b, err := s.Blobs.Open(s.t.Context(), head)
	if err != nil {
		return err
	}
	rep, err := verify.Verify(s.t.Context(), b, b.Size(), verify.Policy{Roots: s.CA.Roots(), Time: s.Clock.Now(), Revocation: verify.UnsafeSkipRevocation})
	if err = errors.Join(err, b.Close()); err != nil {
		return err
	}
	n := 0
	for _, sig := range rep.Signatures {
		if sig.Indication != verify.TotalPassed {
			return fmt.Errorf("a signature is %v: %v", sig.Indication, sig.Reasons)
		}
		if sig.Kind == verify.KindSignature {
			n++
		}
	}
	if n != want {
		return fmt.Errorf("%d signatures, not %d", n, want)
	}
	return nil
}

// uses checks the log of every company seal against the signatures (M47).
func (s *storm) uses(recs []envelope.Record) {
	m := s.model
	want := map[string]int{}
	for i := range recs {
		for _, p := range recs[i].Parties {
			if p.State != envelope.Signed {
				continue
			}
			for _, st := range p.Consent.Stamps {
				want[string(st.Seal)+"/"+string(recs[i].ID)]++
			}
		}
	}
	for _, q := range m.seals {
		if q.firm < 0 {
			continue
		}
		a := m.actor(hat{m.firms[q.firm].main(), q.firm})
		for _, u := range whole(s, func(after store.Cursor) ([]registry.LoggedUse, store.Cursor, error) {
			return s.Seals.Uses(s.t.Context(), a, q.id, after)
		}) {
			want[string(q.id)+"/"+u.Envelope]--
		}
		for key, n := range want {
			if n != 0 && strings.HasPrefix(key, string(q.id)+"/") {
				s.fail("the use of a seal %s is missing or doubled by %d", key, n)
			}
		}
	}
}
