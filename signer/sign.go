package signer

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// Level is a baseline level of EN 319 142-1, clause 6.
type Level int

// The levels. The zero value is invalid.
const (
	BB Level = iota + 1 // B-B: a signature
	BT                  // B-T: with a timestamp on it
)

// Credential is a signer's key and certificates. Key may be remote; it is asked
// once for every signature.
type Credential struct {
	Chain []*x509.Certificate // the signer's first, then its issuers, without the root
	Key   crypto.Signer
}

// Request says how to sign. Exactly one of Field and NewField is set.
type Request struct {
	Credential  Credential  // required
	Level       Level       // required
	Timestamper Timestamper // required for BT
	Time        time.Time   // required: the claimed signing time /M, shown in its own zone
	Hash        crypto.Hash // 0 means SHA-256; SHA-384 and SHA-512 are the others
	PSS         bool        // RSASSA-PSS instead of PKCS #1 v1.5, for RSA keys

	Field      string     // an empty signature field of the document
	NewField   *Field     // a field to be added in the signing revision
	Appearance Appearance // nil shows nothing

	Name     string // of the signer, shown by readers
	Reason   string
	Location string
}

// tokenReserve is the space kept for a timestamp token, in bytes.
const tokenReserve = 8 << 10

func (r *Request) check() error {
	switch {
	case len(r.Credential.Chain) == 0 || r.Credential.Key == nil:
		return errors.New("signer: Request.Credential needs a chain and a key")
	case r.Level != BB && r.Level != BT:
		return errors.New("signer: Request.Level is not set")
	case r.Level >= BT && r.Timestamper == nil:
		return errors.New("signer: Request.Timestamper is required for B-T")
	case r.Time.IsZero():
		return errors.New("signer: Request.Time is not set")
	case (r.Field == "") == (r.NewField == nil):
		return errors.New("signer: one of Request.Field and Request.NewField is required")
	}
	return nil
}

// Sign writes the document with one more signature to w. The input is read
// once. When an error is returned, what w holds is to be thrown away.
func Sign(ctx context.Context, w io.Writer, d *Document, req Request) error {
	if err := req.check(); err != nil {
		return err
	}
	profile := cms.Profile{Chain: req.Credential.Chain, Hash: req.Hash, PSS: req.PSS}
	if profile.Hash == 0 {
		profile.Hash = crypto.SHA256
	}
	p, err := newPlan(d, req, profile)
	if err != nil {
		return err
	}
	h := profile.Hash.New()
	if err := copyTo(ctx, io.MultiWriter(w, h), d.f); err != nil {
		return err
	}
	p.hash(h)
	sig, err := seal(ctx, req, profile, h.Sum(nil))
	if err != nil {
		return err
	}
	if err := p.fill(sig); err != nil {
		return err
	}
	_, err = w.Write(p.layout.Bytes)
	return err
}

// seal makes the CMS over a digest and judges it as a verifier would.
func seal(ctx context.Context, req Request, profile cms.Profile, digest []byte) ([]byte, error) {
	attrs, err := profile.SignedAttributes(digest)
	if err != nil {
		return nil, err
	}
	value, err := profile.SignAttributes(req.Credential.Key, attrs)
	if err != nil {
		return nil, fmt.Errorf("signer: the key: %w", err)
	}
	var token []byte
	if req.Level >= BT {
		sum := profile.Hash.New()
		sum.Write(value)
		if token, err = req.Timestamper.Timestamp(ctx, profile.Hash, sum.Sum(nil)); err != nil {
			return nil, err
		}
		ts, err := cms.ParseTimestamp(token)
		if err == nil {
			err = ts.Check(value)
		}
		if err != nil {
			return nil, fmt.Errorf("signer: the timestamp: %w", err)
		}
	}
	out, err := profile.Assemble(attrs, value, token)
	if err != nil {
		return nil, err
	}
	sd, err := cms.Parse(out)
	if err == nil {
		err = sd.Verify(digest)
	}
	if err != nil {
		return nil, fmt.Errorf("signer: the signature does not verify: %w", err)
	}
	return out, nil
}

// plan is a signing revision with its signature still to come.
type plan struct {
	layout   pdf.Layout
	from, to int // of the hexadecimal string /Contents within layout.Bytes
}

const (
	keyRange    = "ByteRange"
	keyContents = "Contents"
)

func newPlan(d *Document, req Request, profile cms.Profile) (*plan, error) {
	u := d.f.NewUpdate()
	form, err := newForm(d, u)
	if err != nil {
		return nil, err
	}
	ref, err := form.target(req)
	if err != nil {
		return nil, err
	}
	field, err := u.Dict(ref)
	if err != nil {
		return nil, &InputError{err}
	}
	if req.Appearance != nil {
		if field, err = form.show(field, req.Appearance); err != nil {
			return nil, err
		}
	}
	value, err := signatureDict(d, u, field, req, profile)
	if err != nil {
		return nil, err
	}
	u.Set(ref, field.With("V", u.Add(value)))
	if err := form.finish(); err != nil {
		return nil, err
	}
	l, err := u.Layout()
	if err != nil {
		return nil, &InputError{err}
	}
	p := &plan{layout: l, from: l.Places[keyContents]}
	p.to = p.from + contentsWidth(req, profile)
	b, c := d.f.Size()+int64(p.from), d.f.Size()+int64(p.to)
	text := fmt.Sprintf("[0 %d %d %d]", b, c, d.f.Size()+int64(len(l.Bytes))-c)
	copy(l.Bytes[l.Places[keyRange]:], text)
	return p, nil
}

// contentsWidth is the width of the /Contents token in characters.
func contentsWidth(req Request, profile cms.Profile) int {
	n := 2048 // attributes, identifiers and the signature value
	for _, c := range profile.Chain {
		n += len(c.Raw)
	}
	if req.Level >= BT {
		n += tokenReserve
	}
	return 2*n + 2
}

// target returns the field to sign: the named one, or a new one.
func (f *form) target(req Request) (pdf.Ref, error) {
	if req.NewField != nil {
		return f.add(*req.NewField)
	}
	fd, ok := f.old.Find(req.Field)
	if !ok || fd.Type != "Sig" {
		return pdf.Ref{}, fmt.Errorf("%w: %q", ErrNoField, req.Field)
	}
	if fd.Dict.Get("V") != nil {
		return pdf.Ref{}, fmt.Errorf("%w: %q", ErrFieldSigned, req.Field)
	}
	return fd.Ref, nil
}

// show gives the field's widget an appearance.
func (f *form) show(field *pdf.Dict, a Appearance) (*pdf.Dict, error) {
	rect, err := f.d.f.Rect(field.Get("Rect"))
	if err != nil {
		return nil, &InputError{err}
	}
	var page pdf.Page
	ref, ok := field.Get("P").(pdf.Ref)
	if !ok {
		return nil, fmt.Errorf("%w: its widget names no page", ErrNoField)
	}
	found := false
	err = f.d.f.Pages(func(_ int, p pdf.Page) bool {
		if p.Ref == ref {
			page, found = p, true
		}
		return !found
	})
	if err != nil {
		return nil, &InputError{err}
	}
	if !found {
		return nil, fmt.Errorf("%w: its widget's page is not in the document", ErrNoField)
	}
	st, err := stamp(a, page, rect)
	if err != nil {
		return nil, err
	}
	return field.With("AP", pdf.NewDict(pdf.Name("N"), f.u.Add(st))), nil
}

// signatureDict makes the signature dictionary (ISO 32000-2, table 255) as
// EN 319 142-1 profiles it. A lock of the field becomes a FieldMDP reference.
func signatureDict(d *Document, u *pdf.Update, field *pdf.Dict, req Request, profile cms.Profile) (*pdf.Dict, error) {
	width := contentsWidth(req, profile)
	contents := make([]byte, width)
	for i := range contents {
		contents[i] = '0'
	}
	contents[0], contents[width-1] = '<', '>'
	brange := make([]byte, len("[0 ]")+3*20)
	for i := range brange {
		brange[i] = ' '
	}
	v := pdf.NewDict(pdf.Name("Type"), pdf.Name("Sig"), pdf.Name("Filter"), pdf.Name("Adobe.PPKLite"),
		pdf.Name("SubFilter"), pdf.Name("ETSI.CAdES.detached"),
		pdf.Name("ByteRange"), pdf.Reserved{Key: keyRange, Text: brange},
		pdf.Name("Contents"), pdf.Reserved{Key: keyContents, Text: contents},
		pdf.Name("M"), pdf.String{Bytes: []byte(pdfDate(req.Time))})
	for _, kv := range []struct {
		key  pdf.Name
		text string
	}{{"Name", req.Name}, {"Reason", req.Reason}, {"Location", req.Location}} {
		if kv.text != "" {
			v = v.With(kv.key, pdf.TextString(kv.text))
		}
	}
	lock, err := lockOf(u, field)
	if err != nil || lock == nil {
		return v, err
	}
	_, root, err := d.f.Catalog()
	if err != nil {
		return nil, &InputError{err}
	}
	params := pdf.NewDict(pdf.Name("Type"), pdf.Name("TransformParams"), pdf.Name("V"), pdf.Name("1.2"),
		pdf.Name("Action"), lock.Get("Action"), pdf.Name("Fields"), lock.Get("Fields"))
	return v.With("Reference", pdf.Array{pdf.NewDict(pdf.Name("Type"), pdf.Name("SigRef"),
		pdf.Name("TransformMethod"), pdf.Name("FieldMDP"), pdf.Name("TransformParams"), params, pdf.Name("Data"), root)}), nil
}

func lockOf(u *pdf.Update, field *pdf.Dict) (*pdf.Dict, error) {
	switch v := field.Get("Lock").(type) {
	case *pdf.Dict:
		return v, nil
	case pdf.Ref:
		lock, err := u.Dict(v)
		if err != nil {
			return nil, &InputError{err}
		}
		return lock, nil
	}
	return nil, nil
}

// pdfDate is the form of ISO 32000-2, 7.9.4.
func pdfDate(t time.Time) string {
	_, off := t.Zone()
	if off == 0 {
		return t.Format("D:20060102150405Z")
	}
	sign := '+'
	if off < 0 {
		sign, off = '-', -off
	}
	return fmt.Sprintf("D:%s%c%02d'%02d'", t.Format("20060102150405"), sign, off/3600, off/60%60)
}

// hash adds the revision's bytes but for the signature itself.
func (p *plan) hash(h hash.Hash) {
	h.Write(p.layout.Bytes[:p.from])
	h.Write(p.layout.Bytes[p.to:])
}

// fill writes the signature into its place; the rest stays zero.
func (p *plan) fill(sig []byte) error {
	const digits = "0123456789abcdef"
	if 2*len(sig)+2 > p.to-p.from {
		return fmt.Errorf("%w: %d bytes", ErrPlaceholderTooSmall, len(sig))
	}
	at := p.from + 1
	for _, c := range sig {
		p.layout.Bytes[at], p.layout.Bytes[at+1] = digits[c>>4], digits[c&15]
		at += 2
	}
	return nil
}

// copyTo copies the whole input, looking at ctx every 256 KiB.
func copyTo(ctx context.Context, w io.Writer, f *pdf.File) error {
	r := io.NewSectionReader(f.ReaderAt(), 0, f.Size())
	buf := make([]byte, 256<<10)
	var copied int64
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buf)
		if _, werr := w.Write(buf[:n]); werr != nil {
			return werr
		}
		copied += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if copied != f.Size() {
		return &InputError{io.ErrUnexpectedEOF}
	}
	return nil
}
