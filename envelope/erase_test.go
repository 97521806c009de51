package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/sqlite"
)

// T11: names of persons and phones stand nowhere in the database, neither before nor after a
// person closes their account; their drafts and templates go, and what others agreed on with
// them stays.
func TestT11PurgeReachesEnvelopes(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	drv, err := sqlite.Open(ctx, filepath.Join(dir, "db"), sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := newCast(t, drv)
	signed := c.send(t, draft(t))
	if _, err := c.Sign(c.staff, phoneB, signed.ID, c.choice(c.staff)); err != nil {
		t.Fatal(err)
	}
	if signed, err = c.Sign(c.partner, phoneC, signed.ID, c.choice(c.partner)); err != nil || signed.Status != envelope.Completed {
		t.Fatal(signed, err)
	}
	waiting := c.send(t, draft(t))
	var drafts []envelope.ID
	for range 60 { // more than one transaction erases
		e, err := c.Envelopes.CreateDraft(ctx, c.partner, envelope.NewDraft{Subject: "私事", Signers: []envelope.Signer{{Kind: envelope.Person, Name: "赵六", Phone: "13800138009"}}})
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, e.ID)
	}
	tpl, err := c.Envelopes.CreateTemplate(ctx, c.partner, envelope.NewTemplate{Name: "模板", Subject: "私事", Roles: []envelope.Role{{Name: "乙方", Kind: envelope.Person}},
		Files: []envelope.Upload{{Name: "合同.pdf", Content: bytes.NewReader(page(t))}}})
	if err != nil {
		t.Fatal(err)
	}
	inClear(t, dir)

	c.Clock.Advance(time.Hour)
	if err := c.Org.Purge(ctx, org.Actor{Person: c.partner.Person}, c.Code(phoneC, org.PurposePurge)); err != nil {
		t.Fatal(err)
	}
	c.recover(t)
	err = c.DB.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range append(drafts, envelope.ID(tpl.ID)) {
			if n, err := envelope.Left(ctx, tx, string(id)); n != 0 || err != nil {
				t.Errorf("%d rows of a draft or template, %v", n, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Envelopes.Get(ctx, c.boss, signed.ID)
	if err != nil || e.Parties[1].Name != "王小明" {
		t.Errorf("evidence of a contract: %v, %v", e, err)
	}
	c.result(t, signed, 3)
	if err := c.Envelopes.Remind(ctx, c.boss, waiting.ID, 1); err != nil {
		t.Errorf("another party of an envelope with them: %v", err)
	}
	if _, err := c.Envelopes.CopyDraft(ctx, c.boss, signed.ID); !errors.Is(err, envelope.ErrGone) {
		t.Errorf("a copy that would name them again: %v", err)
	}
	if err := c.DB.Close(); err != nil {
		t.Fatal(err)
	}
	inClear(t, dir)
}

// inClear looks for what must not be in the files of a database.
func inClear(t *testing.T, dir string) {
	t.Helper()
	seen := 0
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		seen += len(b)
		for _, mark := range []string{"张伟", "李娜", "王小明", "赵六", phoneA, phoneB, phoneC, "13800138009", "110105"} {
			if strings.Contains(string(b), mark) {
				t.Errorf("%s has %q in clear", f.Name(), mark)
			}
		}
	}
	if seen < 1<<16 {
		t.Errorf("only %d bytes were looked at", seen)
	}
}
