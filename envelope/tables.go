package envelope

import (
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/audit"
	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// owner is the key under which an actor's own envelopes are listed.
func owner(a org.Actor) string { return string(a.Org) + "/" + string(a.Person) }

var envelopes = store.NewTable("envelope", func(e *record) string { return string(e.ID) },
	store.Text("sender", func(e *record) string { return owner(e.Sender) }),
	store.Int("status", func(e *record) int64 { return int64(e.Status) }),
	store.Time("created_at", func(e *record) time.Time { return e.CreatedAt }),
	store.Int("archiving", func(e *record) int64 {
		switch {
		case e.Status != Completed && e.Status != Voided:
			return int64(archiveNone)
		case !e.preserved():
			return int64(archiveMaking)
		}
		return int64(archiveMade)
	}),
	store.Time("due", func(e *record) time.Time { return e.Upkeep.Due }),
	store.Int("timed", func(e *record) int64 {
		if e.Status == InProgress {
			return timed
		}
		return untimed
	}),
	store.Time("deadline", func(e *record) time.Time { return e.end() }),
	store.Text("voiding", func(e *record) string {
		if e.Status == InProgress {
			return string(e.Voids)
		}
		return ""
	})).
	Index("by_sender", "sender", "status", "created_at").
	Index("by_latest", "sender", "created_at").
	Index("by_deadline", "timed", "deadline").
	Unique("by_voiding", "voiding"). // one agreement at a time
	Index("by_due", "archiving", "due")

// Whether a deadline is active, as a column.
const (
	untimed int64 = iota
	timed         // in progress
)

// archiveState is the state of an envelope's evidence.
type archiveState int

const (
	archiveNone   archiveState = iota // none: the envelope is not completed
	archiveMaking                     // 存证中: it is to be made
	archiveMade                       // 已存证: it is to be renewed
)

var archiveStateNames = [...]string{
	archiveNone:   "none",
	archiveMaking: "to be made",
	archiveMade:   "to be renewed",
}

func (s archiveState) String() string { return enum.Name("archiveState", archiveStateNames[:], s) }

// eventRow is one entry of an envelope's trail, with its detail: the body of the entry
// has the digest of that.
type eventRow struct {
	Envelope ID          `json:"envelope"`
	Entry    audit.Entry `json:"entry"`
	Detail   []byte      `json:"detail,omitempty"` // JSON, exactly the bytes that were hashed
}

var events = store.NewTable("envelope_event", func(e *eventRow) string { return eventID(string(e.Envelope), e.Entry.Seq) },
	store.Text("envelope", func(e *eventRow) string { return string(e.Envelope) }),
	store.Int("seq", func(e *eventRow) int64 { return e.Entry.Seq })).
	Index("by_envelope", "envelope", "seq")

func eventID(envelope string, seq int64) string { return fmt.Sprintf("%s/%08d", envelope, seq) }

// task is what a party has to do (待我处理). It is found by its owner; while it has none,
// by the phone and the name.
type task struct {
	ID       string    `json:"id"` // envelope/party
	Envelope ID        `json:"envelope"`
	Party    int       `json:"party"`   // from 1
	Owner    string    `json:"owner"`   // see ownerKey
	NameIx   string    `json:"name_ix"` // keyed index of the party's name
	Company  string    `json:"company"` // name of the company it signs for; empty in the personal edition
	Subject  string    `json:"subject"`
	State    taskState `json:"state"`
	At       time.Time `json:"at"`
	Due      time.Time `json:"due,omitzero"` // when its signatures are tried again, after a failure
}

// taskState is the state of a task.
type taskState int

const (
	taskDone    taskState = iota
	taskOpen              // the signer's turn
	taskSigning           // they have agreed, and the signatures are being made
	taskSilent            // a permission will agree to it
	taskWaiting           // its turn has not come; only for persons not known yet
)

var taskStateNames = [...]string{
	taskDone:    "done",
	taskOpen:    "open",
	taskSigning: "signing",
	taskSilent:  "silent",
	taskWaiting: "waiting",
}

func (s taskState) String() string { return enum.Name("taskState", taskStateNames[:], s) }

func taskID(envelope string, party int) string { return fmt.Sprintf("%s/%d", envelope, party) }

var tasks = store.NewTable("envelope_task", func(t *task) string { return t.ID },
	store.Text("owner", func(t *task) string { return t.Owner }),
	store.Text("name_ix", func(t *task) string { return t.NameIx }),
	store.Text("company", func(t *task) string { return t.Company }),
	store.Int("state", func(t *task) int64 { return int64(t.State) }),
	store.Time("at", func(t *task) time.Time { return t.At }),
	store.Time("due", func(t *task) time.Time { return t.Due })).
	Index("by_owner", "owner", "company", "state", "at").
	Index("by_named", "owner", "name_ix").
	Index("by_state", "state", "at").
	Index("by_due", "state", "due")

// link is a short link (短链接): a pointer to an envelope, never a credential.
type link struct {
	Code     string `json:"code"`
	Envelope ID     `json:"envelope"`
	Party    int    `json:"party"`  // from 1; 0 for a reader's
	Reader   int    `json:"reader"` // from 1; 0 for a party's
}

var links = store.NewTable("envelope_link", func(l *link) string { return l.Code })

// Tables returns the tables of this package, for store.Open.
func Tables() []store.AnyTable {
	return []store.AnyTable{envelopes, events, tasks, readings, links, permissions, templates, instances, attachments, claims, closeds}
}
