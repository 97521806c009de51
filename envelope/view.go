package envelope

import (
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
)

// Envelope is an envelope as the actor who asks may see it. It is a copy: changing it
// does not change what is stored. A field that the actor may not see is zero.
//
//	                                              sender   a party    a reader
//	subject, sender, note, status, times, files,
//	  marks                                       yes      yes        yes
//	parties: name, kind, company, order, state    all      all        all
//	parties: boxes                                all      all (a)    none
//	parties: masked phone, ids, consent, opened,
//	  reminders, methods                          all (b)  own        none
//	parties: permission                           all      none       none
//	readers                                       all      none       own
//	template, texts filled in by the sender       yes      no         no
//
// (a) of other parties without their labels. (b) the ids once the party has opened or answered
// it, or is of the sender's company: what is sent does not tell whether a phone and a name are
// an account (T24). Nobody sees a phone, a key, or the index
// of a phone. A sender who is also a party sees what a sender sees.
type Envelope struct {
	ID         ID
	Sender     org.Actor
	From       string // 发起方: name of the sender's company, or of the sender
	Subject    string
	Note       string
	Source     billing.Source
	Status     Status
	AllowExtra bool // signers may add seals where the sender set none (追加印章, M75)
	Files      []File
	Parties    []Party
	Readers    []Reader
	Template   string        // id of the template from which it was made
	Filled     []Filled      // texts that the sender put in, from a template
	Deadline   time.Time     // nobody can agree after it; zero: 366 days after the send
	Reading    time.Duration // minimum time from opening to agreeing
	Methods    Methods       // how parties may show their will (意愿认证方式), unless a party has its own; zero is ByCode
	Marks      Marks         // watermark and QR code of every page
	Voids      ID            // id of the completed envelope that this one voids (解约)
	VoidedBy   ID            // id of the envelope that voided this one
	CreatedAt  time.Time
	SentAt     time.Time
	EndedAt    time.Time
	ArchivedAt time.Time    // when the documents got long-term evidence (B-LTA)
	RenewBy    time.Time    // the end of the TSA's certificate: the evidence is renewed before it
	Audit      store.Digest // audit.json, with the evidence report
	Evidence   store.Digest // the evidence report
	OnDemand   bool         // the report is made only when it is asked for
	Events     int64        // number of entries in its trail
}

// Party is one signer of an envelope. They need not be registered yet.
type Party struct {
	Kind     PartyKind
	Stage    int    // parties of one stage sign at the same time; stages follow one another
	Group    int    // 或签: one of the parties of the same stage and group signs; 0: no group
	Name     string // real name of the person or handler
	Company  string // name of the company it signs for, empty for a Person
	State    PartyState
	SignedAt time.Time
	Boxes    []Box // set by the sender; if empty, the signer places their own (M68)

	Mask     string        // the phone as shown, 173****27
	PersonID org.PersonID  // set once phone and name belong to a verified person; see (b) of Envelope
	OrgID    org.CompanyID // set once known
	Silent   string        // id of the permission by which its seal is set automatically (静默签)
	Methods  Methods
	Consent  *Consent
	Reminded int       // how many times (催办)
	OpenedAt time.Time // when it first opened the documents (已查看)
}

// Reader is told of an envelope but does not sign it (抄送).
type Reader struct {
	Name     string
	Mask     string       // the phone as shown
	PersonID org.PersonID // to themself, once phone and name are a verified person's
	Company  string       // the edition in which they see it; empty: the personal one
	Download bool         // they may download, not only view
	AtSend   bool         // told when the envelope is sent; otherwise when it is completed
}

// Copies returns what the envelope costs: one copy per file (M55).
func (e *Envelope) Copies() int64 { return int64(len(e.Files)) }

// Progress returns how many parties have signed, and how many are needed (已签, 需签; M73).
// A group of which one party signs counts once.
func (e *Envelope) Progress() (signed, all int) {
	groups := map[[2]int]bool{}
	for _, p := range e.Parties {
		if p.State == Signed {
			signed++
		}
		key := [2]int{p.Stage, p.Group}
		if p.Group == 0 || !groups[key] {
			all++
		}
		groups[key] = true
	}
	return signed, all
}

// Preserved reports whether the long-term evidence of a completed envelope is made
// (已存证), and not still being made (存证中): its documents are at B-LTA, and its evidence
// report exists, unless that is made on demand.
func (e *Envelope) Preserved() bool { return preserved(e.ArchivedAt, e.OnDemand, e.Evidence) }

// Accepts returns the methods that the sender accepts from a party, counted from 1:
// those asked for this party, else those asked for all, else a code. A party can ask
// only for itself.
func (e *Envelope) Accepts(party int) Methods {
	var own Methods
	if party >= 1 && party <= len(e.Parties) {
		own = e.Parties[party-1].Methods
	}
	return acceptedOf(own, e.Methods)
}

// viewFor returns what a viewer gets of a record.
func (r *record) viewFor(v viewer) *Envelope {
	e := &Envelope{ID: r.ID, Sender: r.Sender, From: r.From, Subject: r.Subject, Note: r.Note, Source: r.Source, Status: r.Status,
		AllowExtra: r.AllowExtra, Deadline: r.Deadline, Reading: r.Reading, Methods: r.Methods, Marks: r.Marks.clone(), Voids: r.Voids, VoidedBy: r.VoidedBy,
		CreatedAt: r.CreatedAt, SentAt: r.SentAt, EndedAt: r.EndedAt, ArchivedAt: r.ArchivedAt, RenewBy: r.RenewBy, Audit: r.Audit,
		Evidence: r.Evidence, OnDemand: r.OnDemand, Events: r.Events}
	for _, f := range r.Files {
		f.Notes = slices.Clone(f.Notes)
		e.Files = append(e.Files, f)
	}
	for i := range r.Parties {
		e.Parties = append(e.Parties, r.Parties[i].viewFor(v, i+1))
	}
	for i, p := range r.Readers {
		if v.sender || v.reader == i+1 {
			if v.reader != i+1 {
				p.PersonID = ""
			}
			e.Readers = append(e.Readers, Reader{Name: p.Name, Mask: p.Mask, PersonID: p.PersonID, Company: p.Company, Download: p.Download, AtSend: p.AtSend})
		}
	}
	if v.sender {
		e.Template = r.Template
		for _, f := range r.Filled {
			f.Box = f.Box.clone()
			e.Filled = append(e.Filled, f)
		}
	}
	return e
}

// met reports whether the sender knows who the party is: a member of their company, or one who
// has shown themself (T24).
func (p *partyRecord) met() bool {
	return p.Kind == Member || !p.OpenedAt.IsZero() || p.Consent != nil || p.State == Refused
}

// viewFor returns what a viewer gets of the party with a number.
func (p *partyRecord) viewFor(v viewer, number int) Party {
	out := Party{Kind: p.Kind, Stage: p.Stage, Group: p.Group, Name: p.Name, Company: p.Company, State: p.State, SignedAt: p.SignedAt}
	whole := v.sender || v.party == number
	if whole {
		out.Mask, out.PersonID, out.OrgID, out.Methods = p.Mask, p.PersonID, p.OrgID, p.Methods
		out.Consent, out.Reminded, out.OpenedAt = p.Consent.clone(), p.Reminded, p.OpenedAt
		if v.party != number && !p.met() {
			out.PersonID = ""
		}
		switch {
		case v.sender:
			out.Silent = p.Silent
		case out.Consent != nil:
			out.Consent.Silent = ""
		}
	}
	if whole || v.party > 0 {
		for _, b := range p.Boxes {
			if b = b.clone(); !whole {
				b.Label = ""
			}
			out.Boxes = append(out.Boxes, b)
		}
	}
	return out
}

// clone returns a copy of a box that shares no memory with it.
func (b Box) clone() Box {
	b.Pages, b.Found, b.Options = slices.Clone(b.Pages), slices.Clone(b.Found), slices.Clone(b.Options)
	if b.Rule.When != nil {
		b.Rule.When = &signer.When{Field: b.Rule.When.Field, In: slices.Clone(b.Rule.When.In)}
	}
	if b.Keyword != nil {
		k := *b.Keyword
		b.Keyword = &k
	}
	if b.Edge != nil {
		e := *b.Edge
		b.Edge = &e
	}
	return b
}

// clone returns a copy of a consent that shares no memory with it.
func (c *Consent) clone() *Consent {
	if c == nil {
		return nil
	}
	out := *c
	out.Stamps, out.Fills = slices.Clone(c.Stamps), slices.Clone(c.Fills)
	for i := range out.Stamps {
		out.Stamps[i].Box = out.Stamps[i].Box.clone()
	}
	for i, f := range out.Fills {
		if f.Attached != nil {
			a := *f.Attached
			out.Fills[i].Attached = &a
		}
	}
	if c.Face != nil {
		f := *c.Face
		out.Face = &f
	}
	return &out
}
