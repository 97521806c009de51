package signer

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// archiveHash is the hash of document timestamps' imprints.
const archiveHash = cms.SHA256

// Extend raises the signatures of a document to a level without signing. BT adds a
// document timestamp over signatures that have none, BLT the validation data of every
// signature and timestamp, BLTA a document timestamp over all of it. A document that is
// at BLTA is renewed: it gets new data about its last timestamp, and a new timestamp
// over both. Renew it before the certificate of the last timestamp expires (see
// [Document.RenewBy]). Signatures may come from other programs if they are CMS or RFC
// 3161; Extend returns [ErrUnsupported], which names the others. The output begins with
// the bytes of the input.
func Extend(ctx context.Context, w io.Writer, d *Document, level Level, svc Services) error {
	switch {
	case level < BT || level > BLTA:
		return fmt.Errorf("signer: %v is no level to extend to", level)
	case svc.Timestamper == nil:
		return errors.New("signer: Services.Timestamper is required")
	case level >= BLT && svc.Revocations == nil:
		return errors.New("signer: Services.Revocations is required")
	}
	if found, err := d.catalogFindings(); err != nil {
		return inputFault(err)
	} else if i := slices.IndexFunc(found, func(f Finding) bool { return f.Stops }); i >= 0 {
		return &found[i]
	}
	g := newGrowing(d)
	x := extension{g: g, svc: svc}
	sigs, err := x.readSignatures(d)
	if err != nil {
		return err
	}
	if len(sigs) == 0 {
		return ErrNotSigned
	}
	if err := g.read(ctx, w, archiveHash); err != nil {
		return err
	}
	if !timestamped(sigs) {
		if err := x.addTimestamp(ctx); err != nil {
			return err
		}
	}
	if err := x.run(ctx, level); err != nil {
		return err
	}
	_, err = w.Write(g.tail)
	return err
}

// RenewBy returns until when a document at B-LTA can be renewed: the end of the
// certificate of its newest document timestamp. It returns the zero time for a document
// without one, and an [*InputError] or [ErrUnsupported] if the signatures cannot be
// read.
func (d *Document) RenewBy() (time.Time, error) {
	sigs, err := (&extension{}).readSignatures(d)
	if err != nil {
		return time.Time{}, err
	}
	var newest found
	for _, s := range sigs {
		if s.archive && s.end > newest.end {
			newest = s
		}
	}
	if newest.sd == nil || newest.sd.Signer == nil {
		return time.Time{}, nil
	}
	return newest.sd.Signer.NotAfter, nil
}

// ErrNotSigned says that a document has no signature to extend.
var ErrNotSigned = errors.New("signer: the document is not signed")

// extension adds evidence and document timestamps to a growing document.
type extension struct {
	g    *growing
	svc  Services
	only []byte // CMS of the only signature that gets evidence; nil for all
}

// run adds the parts of the levels above B-T.
func (x *extension) run(ctx context.Context, level Level) error {
	if x.svc.Memory == nil {
		x.svc.Memory = new(Memory) // for what is asked more than once
	}
	if level >= BLT {
		if err := x.addEvidence(ctx); err != nil {
			return err
		}
	}
	if level >= BLTA {
		return x.addTimestamp(ctx)
	}
	return nil
}

// found is a signature or document timestamp of a document.
type found struct {
	contents []byte // with its padding
	der      []byte
	end      int64 // of what it covers
	sd       *cms.SignedData
	token    *cms.Timestamp // of a signature: its timestamp; of a document timestamp: itself
	archive  bool           // a document timestamp
}

// readSignatures reads the signatures of a document.
func (x *extension) readSignatures(d *Document) ([]found, error) {
	signed, err := d.findSigned(0)
	if err != nil {
		return nil, err
	}
	var out []found
	for _, fd := range signed {
		v, err := d.f.Dict(fd.Dict.Get("V"))
		if err != nil {
			return nil, &InputError{err}
		}
		if v == nil {
			continue
		}
		s, err := readSignature(v, x.svc.Memory)
		if err != nil {
			return nil, fmt.Errorf("%w: field %q: %w", ErrUnsupported, fd.Name, err)
		}
		if x.only != nil && !bytes.Equal(s.der, x.only) {
			continue
		}
		out = append(out, s)
	}
	return out, nil
}

// time returns the time of the timestamp, zero if there is none.
func (s *found) time() time.Time {
	if s.token == nil {
		return time.Time{}
	}
	return s.token.Time
}

func readSignature(v *pdf.Dict, m *Memory) (found, error) {
	var s found
	str, _ := v.Get(keyContents).(pdf.String)
	s.contents = str.Bytes
	var ok bool
	if s.der, ok = cms.Element(s.contents); !ok {
		return s, errors.New("no DER in /Contents")
	}
	if r, _ := v.Get(keyRange).(pdf.Array); len(r) == 4 {
		c, _ := r[2].(pdf.Integer)
		n, _ := r[3].(pdf.Integer)
		s.end = int64(c) + int64(n)
	}
	var err error
	if v.Get("SubFilter") == pdf.Name("ETSI.RFC3161") {
		s.archive = true
		if s.token, err = m.ParseTimestamp(s.der); err == nil {
			s.sd = s.token.SignedData
		}
		return s, err
	}
	if s.sd, err = m.Parse(s.der); err != nil {
		return s, err
	}
	if token, _ := s.sd.TimestampToken(); token != nil {
		s.token, err = m.ParseTimestamp(token)
	}
	return s, err
}

// timestamped reports whether every signature has its own timestamp or is covered by a
// document timestamp.
func timestamped(sigs []found) bool {
	var archived int64
	for _, s := range sigs {
		if s.archive {
			archived = max(archived, s.end)
		}
	}
	for _, s := range sigs {
		if s.token == nil && s.end >= archived {
			return false
		}
	}
	return true
}

// addEvidence adds the validation data of signatures and timestamps in a new revision.
func (x *extension) addEvidence(ctx context.Context) error {
	d, err := x.g.open()
	if err != nil {
		return err
	}
	sigs, err := x.readSignatures(d)
	if err != nil {
		return err
	}
	c := collector{svc: x.svc}
	u := d.f.NewUpdate(d.awaited)
	store, err := openDSS(d.f, u)
	if err != nil {
		return &InputError{err}
	}
	// The newest first: evidence that reaches it serves the older ones too.
	slices.SortStableFunc(sigs, func(a, b found) int { return b.time().Compare(a.time()) })
	for _, s := range sigs {
		c.since(s.time())
		if !s.archive {
			c.proven = s.time()
		}
		e, err := c.collect(ctx, s.sd.Signer, s.sd.Certificates)
		c.proven = time.Time{} // nothing proves the timestamps yet
		if err != nil {
			return err
		}
		for _, cert := range s.sd.Certificates {
			e.certs = add(e.certs, cert.Raw)
		}
		if s.token != nil && !s.archive {
			more, err := c.collect(ctx, s.token.Signer, joined(s.token.Certificates, s.sd.Certificates))
			if err != nil {
				return err
			}
			e.merge(more)
		}
		if err := store.add(vriKey(s.contents), e); err != nil {
			return err
		}
	}
	grew, err := store.enterCatalog()
	if err != nil {
		return &InputError{err}
	}
	if !grew {
		return nil
	}
	l, err := u.Layout()
	if err != nil {
		return &InputError{err}
	}
	x.g.tail = append(x.g.tail, l.Bytes...)
	return nil
}

func joined(a, b []*x509.Certificate) []*x509.Certificate {
	return append(append([]*x509.Certificate(nil), a...), b...)
}

// addTimestamp adds a document timestamp (EN 319 142-1, 5.4.3) in a new revision.
func (x *extension) addTimestamp(ctx context.Context) error {
	d, err := x.g.open()
	if err != nil {
		return err
	}
	if _, err := d.findSigned(1); err != nil {
		return err
	}
	u := d.f.NewUpdate(d.awaited)
	form, err := newForm(d, u)
	if err != nil {
		return err
	}
	n, err := tokenSize(ctx, x.svc.Timestamper)
	if err != nil {
		return err
	}
	width := 2*n + 2
	p, err := d.palette()
	if err != nil {
		return err
	}
	_, err = form.addWidget(form.fresh("Timestamp"), 0, Box{}, func(rect pdf.Rect) *pdf.Dict {
		field := pdf.NewDict(pdf.Name("FT"), pdf.Name("Sig"), pdf.Name("V"), u.Add(value("DocTimeStamp", "ETSI.RFC3161", width)))
		if p.archive == 1 { // ISO 19005-1, 6.9 requires an appearance; otherwise verifiers want none
			field = field.With("AP", pdf.NewDict(pdf.Name("N"), form.empty(rect)))
		}
		return field
	})
	if err != nil {
		return err
	}
	if err := form.finish(); err != nil {
		return err
	}
	pl, err := newPlan(u, x.g.Size(), width)
	if err != nil {
		return err
	}
	before := len(x.g.tail)
	tail := append(bytes.Clone(x.g.tail), pl.bytes...)
	digest, err := x.g.digest(archiveHash, tail, before+pl.from, before+pl.to)
	if err != nil {
		return err
	}
	token, err := x.svc.Timestamper.Timestamp(ctx, archiveHash.Std(), digest)
	if err != nil {
		return err
	}
	ts, err := x.svc.Memory.ParseTimestamp(token)
	if err == nil {
		err = ts.CheckDigest(digest)
	}
	if err != nil {
		return fmt.Errorf("signer: the timestamp: %w", err)
	}
	if err := pl.fill(token); err != nil {
		return err
	}
	x.g.tail = append(x.g.tail, pl.bytes...)
	return nil
}

// fresh returns a field name that the document does not have.
func (f *form) fresh(stem string) string {
	for i := 1; ; i++ {
		if name := fmt.Sprintf("%s%d", stem, i); !f.names[name] {
			return name
		}
	}
}
