package envelope_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
)

// T28: a draft with as much as it may hold is saved again and again. That ends, and the trail
// is still read.
func TestT28SavesOfADraft(t *testing.T) {
	if testing.Short() {
		t.Skip("64 MiB of drafts")
	}
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered = false
	for i := range 28 {
		b := envelope.Box{Kind: envelope.DropdownBox, Page: 1, X: 70, Y: 70, Width: 5, Height: 5}
		for n := range 100 {
			b.Options = append(b.Options, fmt.Sprintf("%02d%02d", i, n)+strings.Repeat("字", 46))
		}
		d.Signers[1].Boxes = append(d.Signers[1].Boxes, b)
	}
	e, err := c.Envelopes.CreateDraft(ctx, c.boss, d)
	orgtest.Must(t, err)
	d.Files = nil
	saves := 0
	for ; err == nil && saves < 1000; saves++ {
		_, err = c.Envelopes.SaveDraft(ctx, c.boss, e.ID, d)
	}
	refusedAs(t, "saved too often", "M65", err)
	if saves < 100 {
		t.Errorf("after %d times", saves)
	}
	trail, err := c.Envelopes.Trail(ctx, c.boss, e.ID)
	if err != nil || len(trail) != saves {
		t.Errorf("%d entries after %d saves, %v", len(trail), saves, err)
	}
	copied, err := c.Envelopes.CopyDraft(ctx, c.boss, e.ID)
	orgtest.Must(t, err)
	_, err = c.Envelopes.SaveDraft(ctx, c.boss, copied.ID, d)
	orgtest.Must(t, err)
}

// T28: what may be done again and again ends when the trail is long.
func TestT28LongTrail(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 commands")
	}
	c, ctx := newCast(t, nil), t.Context()
	d := draft(t)
	d.Ordered = false
	e := c.send(t, d)
	var err error
	hands := 0
	for ; err == nil && hands < 11_000; hands += 2 {
		if err = c.Envelopes.Delegate(ctx, c.staff, e.ID, "张伟", phoneA); err == nil {
			err = c.Envelopes.Delegate(ctx, c.boss, e.ID, "李娜", phoneB)
		}
	}
	refusedAs(t, "handed on too often", "", err)
	if hands < 9_900 {
		t.Errorf("after %d times", hands)
	}
	orgtest.Must(t, c.Envelopes.Withdraw(ctx, c.boss, e.ID, "")) // what ends it is not refused
}
