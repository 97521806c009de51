package envelope

import (
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// command is what decide takes: one of the types below.
type command interface{ command() }

type (
	// draftCommand stores a draft, in place of the one before.
	draftCommand struct {
		ID      ID
		Sender  org.Actor
		Content content
	}
	// sendCommand starts the envelope. Layouts are the documents with their fields.
	sendCommand struct {
		Layouts  []store.Digest
		Parties  []partyRecord  // with the fields of their boxes, and the known persons
		Readers  []readerRecord // with the known persons
		OnDemand bool
	}
	// knowCommand records which verified person a party or a reader is.
	knowCommand struct {
		Party, Reader int
		Person        org.PersonID
	}
	// openCommand records that a party opened the documents.
	openCommand struct {
		Party  int
		Person org.PersonID
	}
	// agreeCommand records a party's consent.
	agreeCommand struct {
		Party   int
		Person  org.PersonID
		Org     org.CompanyID
		Pays    bool // if nobody pays yet
		Consent Consent
	}
	// releaseCommand takes back a consent by which nothing was signed.
	releaseCommand struct {
		Party  int
		Reason string
	}
	// signCommand puts a party's finished signatures in place.
	signCommand struct {
		Party int
		Heads []store.Digest
	}
	// declineCommand refuses to sign (拒签).
	declineCommand struct {
		Party  int
		Reason string
	}
	// withdrawCommand takes the envelope back (撤销).
	withdrawCommand struct{ Reason string }
	// extendCommand moves the deadline to a later time (延期).
	extendCommand struct{ Until time.Time }
	// remindCommand reminds a party (催办), at most three times.
	remindCommand struct{ Party int }
	// delegateCommand gives a company's task to another handler (转他人处理). To has their
	// name and phone.
	delegateCommand struct {
		Party  int
		Person org.PersonID // who delegates it
		To     partyRecord
	}
	// expireCommand ends an envelope whose deadline has passed.
	expireCommand struct{}
	// voidCommand voids a completed envelope: the agreement By was completed (解约).
	voidCommand struct{ By ID }
	// archiveCommand replaces the documents of a completed envelope with those that
	// have long-term evidence (B-LTA), and again before RenewBy.
	archiveCommand struct {
		Heads   []store.Digest
		RenewBy time.Time
	}
	// reportCommand adds the evidence report of an archived envelope, and its audit.json.
	reportCommand struct{ Digest, Audit store.Digest }
)

func (draftCommand) command()    {}
func (sendCommand) command()     {}
func (knowCommand) command()     {}
func (openCommand) command()     {}
func (agreeCommand) command()    {}
func (releaseCommand) command()  {}
func (signCommand) command()     {}
func (declineCommand) command()  {}
func (withdrawCommand) command() {}
func (extendCommand) command()   {}
func (remindCommand) command()   {}
func (delegateCommand) command() {}
func (expireCommand) command()   {}
func (voidCommand) command()     {}
func (archiveCommand) command()  {}
func (reportCommand) command()   {}

// The names of the commands of hosts: Once knows a command by its name and arguments,
// and the audit of org has the names of those that no trail records (UnderWay.Record).
// They never change, and no two are the same.
const (
	auditDraft      = "envelope.draft"
	auditSave       = "envelope.save"
	auditDelete     = "envelope.delete"
	auditOpen       = "envelope.open"
	auditDecline    = "envelope.decline"
	auditWithdraw   = "envelope.withdraw"
	auditExtend     = "envelope.extend"
	auditRemind     = "envelope.remind"
	auditRetract    = "envelope.retract"
	auditDelegate   = "envelope.delegate"
	auditPermit     = "envelope.permit"
	auditRevoke     = "envelope.revoke"
	auditTemplate   = "envelope.template"
	auditUntemplate = "envelope.untemplate"
)

// asked is a command as a host asks for it: with its name, and with what must be the
// same in a repetition under the same key.
type asked interface {
	command
	audit() (name string, args []string)
}

func (c openCommand) audit() (string, []string)     { return auditOpen, []string{string(c.Person)} }
func (c declineCommand) audit() (string, []string)  { return auditDecline, []string{c.Reason} }
func (c withdrawCommand) audit() (string, []string) { return auditWithdraw, []string{c.Reason} }
func (c extendCommand) audit() (string, []string) {
	return auditExtend, []string{c.Until.UTC().Format(time.RFC3339Nano)}
}
func (c remindCommand) audit() (string, []string) {
	return auditRemind, []string{strconv.Itoa(c.Party)}
}
