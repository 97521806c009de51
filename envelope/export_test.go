package envelope

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// RequestCodeUnseen is RequestCode without the check that everything fits.
func (s *Service) RequestCodeUnseen(ctx context.Context, actor org.Actor, id string, c Choice) error {
	var w waiting
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		w, err = s.findOpen(ctx, tx, actor, []Item{{ID(id), c}}, false)
		return err
	})
	if err != nil {
		return err
	}
	return s.will.SendSignCode(ctx, actor, w.binding)
}

// FillEnvelopes stores n finished, open and draft envelopes of two parties in a
// database. sender sent every tenth of them, and has a task there for a company.
func FillEnvelopes(ctx context.Context, db *store.DB, sender org.Actor, company string, n int) error {
	const batch = 500
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < n; from += batch {
		err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				e := record{life: life{ID: ID(fmt.Sprintf("fill-%08d", i)), Sender: org.Actor{Person: "p", Org: org.CompanyID(fmt.Sprint("org", i%97))},
					content: content{From: "某公司", Subject: fmt.Sprintf("合同 %d", i), Files: []File{{Name: "合同.pdf", Pages: 3}},
						Parties: []partyRecord{{Kind: Company, Name: "李娜", Company: company, State: Signed}, {Kind: Person, Name: "王小明", Stage: 1}}},
					Status:    []Status{Completed, InProgress, Draft, Completed, Withdrawn}[i/10%5],
					CreatedAt: start.Add(time.Duration(i) * time.Minute)}}
				t := task{ID: taskID(string(e.ID), 1), Envelope: e.ID, Party: 1, Owner: fmt.Sprint("ix", i%89), Company: company, Subject: e.Subject,
					State: []taskState{taskDone, taskOpen}[i/10%2], At: e.CreatedAt}
				if i%10 == 0 {
					e.Sender, t.Owner = sender, ownerKey(sender.Person, "")
				}
				if err := envelopes.Insert(ctx, tx, e); err != nil {
					return err
				}
				if err := tasks.Insert(ctx, tx, t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// CutTrail removes the last entry of a trail, with number seq.
func CutTrail(ctx context.Context, db *store.DB, id string, seq int64) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := events.Get(ctx, tx, eventID(id, seq))
		if err != nil {
			return err
		}
		return events.Delete(ctx, tx, rec)
	})
}

// The pure half, for its tests.
type (
	Life        = life
	Content     = content
	PartyRecord = partyRecord
	ReadRecord  = readerRecord
	Event       = event
	Detail      = detail
	Drafted     = drafted
	Dated       = dated
	Command     = command

	DraftCommand    = draftCommand
	SendCommand     = sendCommand
	KnowCommand     = knowCommand
	OpenCommand     = openCommand
	AgreeCommand    = agreeCommand
	ReleaseCommand  = releaseCommand
	SignCommand     = signCommand
	DeclineCommand  = declineCommand
	WithdrawCommand = withdrawCommand
	ExtendCommand   = extendCommand
	RemindCommand   = remindCommand
	DelegateCommand = delegateCommand
	ExpireCommand   = expireCommand
	VoidCommand     = voidCommand
	ArchiveCommand  = archiveCommand
	ReportCommand   = reportCommand
)

// NewLife returns a life with a state and a content.
func NewLife(s Status, files []File, parties ...PartyRecord) Life {
	return life{Status: s, content: content{Files: files, Parties: parties}}
}

// Tries returns how often making evidence of an envelope was tried since the last
// success.
func Tries(ctx context.Context, db *store.DB, id string) (n int, err error) {
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, id)
		n = rec.V.Upkeep.Tries
		return err
	})
	return n, err
}

// Limits, for their tests.
const (
	MaxBatch      = maxBatch
	MaxPermission = maxPermission
	MaxReaders    = maxReaders
	MaxReason     = maxReason
	MaxReminder   = maxReminder
)

// Decide, Apply and Fold are the pure half.
var (
	Decide = decide
	Apply  = apply
)

// Fold returns the state after all events.
func Fold(events []Dated) (e life, err error) {
	for _, ev := range events {
		if e, err = fold(e, ev); err != nil {
			return e, err
		}
	}
	return e, nil
}

// DetailTables returns tables of what rows hold as bytes: bodies and details of events.
func DetailTables() []store.AnyTable {
	return []store.AnyTable{
		store.NewTable("event_body", func(e *event) string { return string(e.Person) }),
		store.NewTable("event_detail", func(d *detail) string { return d.Salt }),
		store.NewTable("notice", func(n *Notice) string { return n.ID }),
	}
}

// InnerEnums returns the enums that hosts do not see.
func InnerEnums() map[string]func(n int) fmt.Stringer {
	return map[string]func(n int) fmt.Stringer{
		"taskState":    func(n int) fmt.Stringer { return taskState(n) },
		"archiveState": func(n int) fmt.Stringer { return archiveState(n) },
	}
}

// ChangeDetail changes a text in the detail of an entry. If old is empty, it removes
// the detail.
func ChangeDetail(ctx context.Context, db *store.DB, id string, seq int64, old, new string) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := events.Get(ctx, tx, eventID(id, seq))
		if err != nil {
			return err
		}
		if rec.V.Detail = []byte(strings.Replace(string(rec.V.Detail), old, new, 1)); old == "" {
			rec.V.Detail = nil
		}
		return events.Update(ctx, tx, rec)
	})
}

// ChangeNote changes a record without an event.
func ChangeNote(ctx context.Context, db *store.DB, id, note string) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		rec, err := envelopes.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		rec.V.Note = note
		return envelopes.Update(ctx, tx, rec)
	})
}

// Left counts the rows of an envelope and its trail, or of a template.
func Left(ctx context.Context, tx *store.Tx, id string) (n int, err error) {
	for _, get := range []func() error{
		func() error { _, err := envelopes.Get(ctx, tx, id); return err },
		func() error { _, err := templates.Get(ctx, tx, id); return err },
		func() error { _, err := events.Get(ctx, tx, eventID(id, 1)); return err },
	} {
		if err := get(); err == nil {
			n++
		} else if !errors.Is(err, store.ErrNotFound) {
			return n, err
		}
	}
	return n, nil
}

// SetMaxSigned changes the limit of signed documents for one test.
func SetMaxSigned(t interface{ Cleanup(func()) }, size int64) {
	was := maxSigned
	t.Cleanup(func() { maxSigned = was })
	maxSigned = size
}

// Record is the row of an envelope, with what nobody sees.
type Record = record

// Records returns the rows of all envelopes.
func Records(ctx context.Context, db *store.DB) (out []Record, err error) {
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = nil
		for rec, err := range envelopes.All(ctx, tx) {
			if err != nil {
				return err
			}
			out = append(out, rec.V)
		}
		return nil
	})
	return out, err
}

// ReadTrail returns the checked trail of an envelope, whoever may see it.
func ReadTrail(ctx context.Context, s *Service, id ID) ([]TrailEntry, error) {
	return s.readTrail(ctx, id)
}

// Undone returns the ids of the tasks that wait for somebody, and the state in which they are.
func Undone(ctx context.Context, db *store.DB) (map[string]string, error) {
	out := map[string]string{}
	err := db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for rec, err := range tasks.All(ctx, tx) {
			if err != nil {
				return err
			}
			if rec.V.State != taskDone {
				out[rec.V.ID] = rec.V.State.String()
			}
		}
		return nil
	})
	return out, err
}

// AgreeSilently is what a step does with a task that was silent when it listed the tasks.
func AgreeSilently(ctx context.Context, s *Service, id ID, party int) (bool, error) {
	return s.agreeSilently(ctx, taskID(string(id), party))
}
