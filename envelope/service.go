package envelope

import (
	"context"
	"crypto/x509"
	"fmt"
	"maps"
	"regexp"

	"github.com/dajiaqian/dajiaqian/billing"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/verify"
)

// Config is what a [Service] needs. Every field is required except Archivers, Finder,
// Sinks, VerifyLink, Payer and OnDemand.
type Config struct {
	DB          *store.DB
	Blobs       store.Blobs
	Org         *org.Service
	Seals       *registry.Service
	Billing     *billing.Service
	Credentials Credentials
	Timestamper signer.Timestamper
	Archivers   []signer.Timestamper // for long-term evidence, tried in turn; empty: only Timestamper
	Revocations signer.Revocations   // evidence that certificates were not revoked
	Finder      Finder               // finds the places of keywords; nil: boxes cannot be placed by keywords
	Roots       []*x509.Certificate  // of Credentials and Timestamper: signed documents are checked before they are stored
	Sinks       map[string]Sink      // who gets notices, by a name that must not change: 1 to 40 of a-z, 0-9 and -
	VerifyLink  func(ID) string      // what the QR code of Marks says, at most 300 bytes: the address at which an envelope's documents are checked; nil: the envelope's number
	Payer       Payer                // who pays for what persons send to companies
	OnDemand    bool                 // evidence reports are made only by MakeEvidence, not for every envelope
}

// Service has the methods that hosts call. It is safe for concurrent use.
type Service struct {
	db          *store.DB
	blobs       store.Blobs
	org         org.Inside
	will        org.Will
	seals       *registry.Service
	billing     *billing.Service
	credentials Credentials
	tsa         signer.Timestamper
	archivers   []signer.Timestamper
	revocations signer.Revocations
	finder      Finder
	roots       []*x509.Certificate
	sinks       map[string]Sink
	payer       Payer
	onDemand    bool
	verifyText  func(ID) string
	memory      *verify.Memory // of the few authorities whose certificates are checked here
}

// New checks a configuration; its error names the missing field.
func New(c Config) (*Service, error) {
	if err := fault.Required("envelope",
		fault.Field{Name: "DB", OK: c.DB != nil},
		fault.Field{Name: "Blobs", OK: c.Blobs != nil},
		fault.Field{Name: "Org", OK: c.Org != nil},
		fault.Field{Name: "Seals", OK: c.Seals != nil},
		fault.Field{Name: "Billing", OK: c.Billing != nil},
		fault.Field{Name: "Credentials", OK: c.Credentials != nil},
		fault.Field{Name: "Timestamper", OK: c.Timestamper != nil},
		fault.Field{Name: "Revocations", OK: c.Revocations != nil},
		fault.Field{Name: "Roots", OK: c.Roots != nil},
	); err != nil {
		return nil, err
	}
	for name, sink := range c.Sinks {
		if sink == nil || !sinkName.MatchString(name) {
			return nil, fmt.Errorf("envelope: Config.Sinks has no sink of the name %q", name)
		}
	}
	if len(c.Archivers) == 0 {
		c.Archivers = []signer.Timestamper{c.Timestamper}
	}
	s := &Service{db: c.DB, blobs: c.Blobs, org: c.Org.Inside(), will: c.Org.Will(), seals: c.Seals, billing: c.Billing,
		credentials: c.Credentials, tsa: c.Timestamper, archivers: c.Archivers, revocations: c.Revocations, finder: c.Finder, roots: c.Roots, sinks: maps.Clone(c.Sinks), payer: c.Payer, onDemand: c.OnDemand, verifyText: c.VerifyLink, memory: &verify.Memory{}}
	s.org.OnPurge("envelope", noteClosed)
	return s, nil
}

// Once returns this service with the caller's idempotency key (幂等键) for one command:
// service.Once(key).CreateDraft(…). See [org.Service.Once]. Repeated under the same
// key, the command changes nothing and gives the same answer, with the envelope as it
// is now; with other arguments it returns [org.ErrKey]. Send, Submit, SubmitBatch,
// RequestCode and MakeEvidence need no key: they may be repeated without one.
func (s *Service) Once(key string) *Service {
	c := *s
	c.org = s.org.Once(key)
	return &c
}

// In returns this service, and the services that it works with, on another DB with the
// same tables: a DB that joins a host's transaction, so that an envelope is made in the
// same commit as the host's order. Slow or remote work (signing, sending a code) does
// not belong in such a transaction.
func (s *Service) In(db *store.DB) *Service {
	c := *s
	c.db, c.org, c.will, c.seals, c.billing = db, s.org.In(db), s.will.In(db), s.seals.In(db), s.billing.In(db)
	return &c
}

var sinkName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Get returns an envelope to its sender, to its signers, and to its readers once they
// were told. It returns [ErrNotFound] to anyone else (T1).
func (s *Service) Get(ctx context.Context, actor org.Actor, id ID) (*Envelope, error) {
	e, v, err := s.load(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return e.viewFor(v), nil
}

// Document returns the newest revision of a file, for 预览 and 下载 (M79). The caller must
// close it.
func (s *Service) Document(ctx context.Context, actor org.Actor, id ID, file int) (store.Blob, error) {
	e, err := s.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if file < 0 || file >= len(e.Files) {
		return nil, ErrNotFound
	}
	return s.blobs.Open(ctx, e.Files[file].Head)
}

// EvidenceReport returns the evidence report (证据报告) of a completed envelope, to whom
// [Service.Download] gives it. It returns [ErrNotFound] until Step has made it (存证中). The
// caller must close it.
func (s *Service) EvidenceReport(ctx context.Context, actor org.Actor, id ID) (store.Blob, error) {
	e, v, err := s.load(ctx, actor, id)
	if err == nil {
		err = e.mayDownload(v) // it says more of the parties than a view
	}
	if err != nil {
		return nil, err
	}
	if e.Evidence == (store.Digest{}) {
		return nil, ErrNotFound
	}
	return s.blobs.Open(ctx, e.Evidence)
}
