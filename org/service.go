package org

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/store"
)

// Config says what a [Service] needs.
type Config struct {
	DB        *store.DB                // required, with Keys.Rows() as store.Config.Sealer
	Keys      *secret.Keys             // required
	SMS       SMS                      // required
	Faces     FaceChecker              // required
	Licences  LicenceChecker           // required
	Terms     string                   // required: version of the terms in force (《大家签服务条款》)
	ShortLink string                   // required: base of short links, https://…/; the code follows
	Bank      Remitter                 // nil: no verification by remittance (对公打款)
	Reviewers Reviewers                // nil: no manual review (人工审核)
	Blobs     store.Blobs              // required with Reviewers: keeps the papers, encrypted
	Agreement string                   // required with Bank or Reviewers: version in force of 《身份核验服务协议》
	Holiday   func(day time.Time) bool // reports whether a day in Beijing is not a working day; nil means Saturdays and Sundays
	Revoker   CredentialRevoker        // revokes the certificates of disabled members; nil revokes none
	// Guard, if not nil, is called before a code is sent, a password is hashed or checked, or an
	// invitation is used. With it the host can count by network address, which it finds
	// in its ctx; an error of it refuses (T7, T24). act is "code", "register", "login" or "join".
	// It is called outside of transactions, and may be called concurrently.
	Guard func(ctx context.Context, act string) error
	// MayPurge, if not nil, is called in the transaction that closes an account, and
	// its error refuses it: a host refuses while the person has envelopes under way.
	MayPurge func(ctx context.Context, tx *store.Tx, person PersonID) error
	Texts    Texts        // empty fields use the platform's sentences
	Password PasswordCost // zero uses the default
	Codes    []SendLimit  // nil uses DefaultSendLimits
	Messages int          // about envelopes, that one sender causes within an hour; 0 means 2,000
	Rand     io.Reader    // nil means crypto/rand
	Log      *slog.Logger // nil logs nothing
}

// Service does the commands of this package for hosts. It is safe for concurrent use.
type Service struct {
	db         *store.DB
	keys       *secret.Keys
	sms        SMS
	faces      FaceChecker
	licences   LicenceChecker
	terms      string
	link       string
	texts      Texts
	cost       PasswordCost
	sendLimits []SendLimit
	messages   int
	bank       Remitter
	reviewers  Reviewers
	blobs      store.Blobs
	agreement  string
	holiday    func(time.Time) bool
	revoker    CredentialRevoker
	guard      func(context.Context, string) error
	mayPurge   func(context.Context, *store.Tx, PersonID) error
	erasers    *erasers
	decoding   chan struct{} // limits the memory for checking pictures
	hashing    chan struct{} // limits the memory for password hashing
	random     io.Reader
	log        *slog.Logger
	keyed      bool   // set by Once
	key        string // of one command
}

// New checks a configuration. Its error names the missing field.
func New(c Config) (*Service, error) {
	if err := fault.Required("org",
		fault.Field{Name: "DB", OK: c.DB != nil},
		fault.Field{Name: "Keys", OK: c.Keys != nil},
		fault.Field{Name: "SMS", OK: c.SMS != nil},
		fault.Field{Name: "Faces", OK: c.Faces != nil},
		fault.Field{Name: "Licences", OK: c.Licences != nil},
		fault.Field{Name: "Terms", OK: c.Terms != ""},
		fault.Field{Name: "ShortLink", OK: c.ShortLink != ""},
		fault.Field{Name: "Blobs", OK: c.Reviewers == nil || c.Blobs != nil},
		fault.Field{Name: "Agreement", OK: c.Reviewers == nil && c.Bank == nil || c.Agreement != ""},
	); err != nil {
		return nil, err
	}
	if !c.DB.Sealed() {
		return nil, &fault.ConfigError{Package: "org", Field: "Config.DB", Reason: "needs store.Config.Sealer, because rows have names of persons (secret.Keys.Rows)"}
	}
	if err := c.Password.check(); err != nil {
		return nil, err
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Codes == nil {
		c.Codes = DefaultSendLimits()
	}
	if c.Guard == nil {
		c.Guard = func(context.Context, string) error { return nil }
	}
	if c.Holiday == nil {
		c.Holiday = weekend
	}
	const parallelHashes = 4
	return &Service{db: c.DB, keys: c.Keys, sms: c.SMS, faces: c.Faces, licences: c.Licences, terms: c.Terms,
		link: c.ShortLink, texts: c.Texts.orDefault(), cost: c.Password.orDefault(), sendLimits: slices.Clone(c.Codes), messages: cmp.Or(c.Messages, defaultMessages),
		bank: c.Bank, reviewers: c.Reviewers, blobs: c.Blobs, agreement: c.Agreement, holiday: c.Holiday, revoker: c.Revoker,
		guard: c.Guard, mayPurge: c.MayPurge, erasers: new(erasers), hashing: make(chan struct{}, parallelHashes), decoding: make(chan struct{}, 1), random: c.Rand, log: c.Log}, nil
}

// In returns this service on another DB of the same tables: one that joins a host's
// transaction. What the service does is then committed with the host's own rows. See
// Join of the store's adapter.
func (s *Service) In(db *store.DB) *Service {
	c := *s
	c.db = db
	return &c
}

// Person is what others may know of a person.
type Person struct {
	ID         PersonID
	Name       string
	Phone      string // masked, 173****27
	MaskedID   string // identity number as in certificates, 410*****2028; empty until given
	IDKind     IDKind // the card that the number belongs to; zero until given
	State      PersonState
	VerifiedAt time.Time
	SecuredAt  time.Time // when phone or password last changed: a session from before must end
}

func (p *person) public() Person {
	return Person{ID: p.ID, Name: p.Name, Phone: p.PhoneMask, MaskedID: p.NumberMask, IDKind: p.NumberKind, State: p.State,
		VerifiedAt: p.VerifiedAt, SecuredAt: p.SecuredAt}
}

// Company is what its members and partners may know of a company.
type Company struct {
	ID         CompanyID
	Name       string
	CreditCode string
	Irregular  bool // the code is of an early pilot: its check digits are wrong
	State      CompanyState
	Verified   bool   // State is CompanyVerified
	Method     string // how it was verified: MethodLicence, MethodRemittance or MethodReview
	VerifiedAt time.Time
}

func (c *company) public() Company {
	return Company{ID: c.ID, Name: c.Name, CreditCode: c.Code, Irregular: c.Irregular, State: c.State,
		Verified: c.State == CompanyVerified, Method: c.Method, VerifiedAt: c.VerifiedAt}
}

// Standing is who an actor is, as an authorized command sees it.
type Standing struct {
	Person  Person
	PhoneIx string   // keyed index of the person's phone
	Company *Company // nil in the personal edition
	Role    Role
	Tenure  string // names the time in which the person is a member without a break; empty in the personal edition
}

// Authorize returns who an actor is and checks whether they may do something, inside
// the caller's transaction, so that right and change are one commit (T1). It returns
// [ErrNotFound] if the person does not belong to the company, and a [*DeniedError] if
// they may not do it.
func (in Inside) Authorize(ctx context.Context, tx *store.Tx, actor Actor, a Action) (Standing, error) {
	s := in.s
	st, f, err := s.standing(ctx, tx, actor)
	if err != nil {
		return Standing{}, err
	}
	if err := decide(a, f); err != nil {
		return Standing{}, err
	}
	return st, nil
}

// stood is the result of standing.
type stood struct {
	Standing
	facts
}

// standing is looked up once per transaction, because every check of a right before a
// commit begins with it.
func (s *Service) standing(ctx context.Context, tx *store.Tx, actor Actor) (Standing, facts, error) {
	at, err := store.Recall(tx, actor, func() (stood, error) {
		st, f, err := s.findStanding(ctx, tx, actor)
		return stood{st, f}, err
	})
	return at.Standing, at.facts, err
}

func (s *Service) findStanding(ctx context.Context, tx *store.Tx, actor Actor) (Standing, facts, error) {
	p, err := persons.Get(ctx, tx, string(actor.Person))
	if err != nil {
		return Standing{}, facts{}, fault.NotFound(err, ErrNotFound)
	}
	if p.V.State == PersonPurged {
		return Standing{}, facts{}, ErrNotFound
	}
	st := Standing{Person: p.V.public(), PhoneIx: p.V.PhoneIx}
	f := facts{personVerified: p.V.State == PersonVerified, inCompany: actor.Org != ""}
	if actor.Org == "" {
		return st, f, nil
	}
	c, err := companies.Get(ctx, tx, string(actor.Org))
	if err != nil {
		return st, f, fault.NotFound(err, ErrNotFound)
	}
	m, err := s.loadMember(ctx, tx, actor.Org, actor.Person)
	if err != nil {
		return st, f, err
	}
	pub := c.V.public()
	st.Company, st.Role, st.Tenure = &pub, m.Role, m.tenure()
	f.companyVerified = pub.Verified
	switch m.State {
	case Active:
		f.role = m.Role
	case Disabled:
		f.role, f.disabled = m.Role, true
	case Invited, Applied, Rejected, Left:
	}
	return st, f, nil
}

// loadMember loads a person's membership, or the zero member if there is none.
func (s *Service) loadMember(ctx context.Context, tx *store.Tx, companyID CompanyID, personID PersonID) (member, error) {
	if personID == "" {
		return member{}, nil
	}
	page, err := members.Page(ctx, tx, store.Where("person", personID), store.Where("company", companyID), store.Limit(1))
	if err != nil || len(page.Items) == 0 {
		return member{}, err
	}
	return page.Items[0].V, nil
}

// Edition is one edition that a person can switch to (切换, M17): their own, or a
// company's.
type Edition struct {
	Actor   Actor
	Company *Company // nil for the personal edition
	Role    Role
}

// Editions lists what a person can switch to, the personal edition first. There is one
// for each company of the person, in any role (M14). It returns
// [ErrNotFound] if there is no such person or the account is closed.
func (s *Service) Editions(ctx context.Context, personID PersonID) ([]Edition, error) {
	var out []Edition
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		out = []Edition{{Actor: Actor{Person: personID}}}
		if _, _, err := s.standing(ctx, tx, Actor{Person: personID}); err != nil {
			return err
		}
		for m, err := range members.All(ctx, tx, store.Where("person", personID)) {
			if err != nil {
				return err
			}
			if m.V.State != Active {
				continue
			}
			c, err := companies.Get(ctx, tx, string(m.V.Company))
			if err != nil {
				return err
			}
			pub := c.V.public()
			out = append(out, Edition{Actor{personID, m.V.Company}, &pub, m.V.Role})
		}
		return nil
	})
	return out, err
}

// shortCodeLen is the length of a short link's code. The platform's links have six
// characters; ten are used here. Even so a link only leads to a login, and is never a
// credential (T9).
const shortCodeLen = 10

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// ShortCode makes the code of a short link: ten letters and digits.
func (in Inside) ShortCode() (string, error) { return in.s.letters(shortCodeLen) }

// letters draws n letters and digits.
func (s *Service) letters(n int) (string, error) {
	out := make([]byte, 0, n)
	var b [1]byte
	for len(out) < n {
		if _, err := io.ReadFull(s.random, b[:]); err != nil {
			return "", fmt.Errorf("org: random: %w", err)
		}
		if i := int(b[0]) & 63; i < len(base62) { // no bias: 62 and 63 are thrown away
			out = append(out, base62[i])
		}
	}
	return string(out), nil
}

// ShortURL returns the address of a short link.
func (in Inside) ShortURL(code string) string { return in.s.link + code }
