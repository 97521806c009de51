package signer

import (
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// plan is a revision whose signature is not there yet.
type plan struct {
	bytes    []byte
	from, to int // of the hexadecimal string /Contents within bytes
	update   *pdf.Update
}

const (
	keyRange    = "ByteRange"
	keyContents = "Contents"
)

// newPlan serialises an update and fills in the /ByteRange of its signature.
func newPlan(u *pdf.Update, size int64, width int) (*plan, error) {
	l, err := u.Layout()
	if err != nil {
		return nil, &InputError{err}
	}
	p := &plan{bytes: l.Bytes, from: l.Places[keyContents], update: u}
	p.to = p.from + width
	b, c := size+int64(p.from), size+int64(p.to)
	copy(l.Bytes[l.Places[keyRange]:], fmt.Sprintf("[0 %d %d %d]", b, c, size+int64(len(l.Bytes))-c))
	return p, nil
}

// fill writes the signature into its place; the rest stays zero.
func (p *plan) fill(sig []byte) error {
	const digits = "0123456789abcdef"
	if 2*len(sig)+2 > p.to-p.from {
		return fmt.Errorf("%w: %d bytes, where %d fit", ErrPlaceholderTooSmall, len(sig), (p.to-p.from-2)/2)
	}
	gap := p.bytes[p.from+1 : p.to-1]
	for i := range gap { // whatever is there
		gap[i] = '0'
	}
	for i, c := range sig {
		gap[2*i], gap[2*i+1] = digits[c>>4], digits[c&15]
	}
	return nil
}

// value returns the common entries of signature dictionaries (ISO 32000-2, table 255):
// the places of /ByteRange and of /Contents, which is width characters wide.
func value(typ, subFilter pdf.Name, width int) *pdf.Dict {
	contents := make([]byte, width)
	for i := range contents {
		contents[i] = '0'
	}
	contents[0], contents[width-1] = '<', '>'
	brange := make([]byte, len("[0 ]")+3*20)
	for i := range brange {
		brange[i] = ' '
	}
	return pdf.NewDict(pdf.Name("Type"), typ, pdf.Name("Filter"), pdf.Name("Adobe.PPKLite"),
		pdf.Name("SubFilter"), subFilter,
		pdf.Name(keyRange), pdf.Reserved{Key: keyRange, Text: brange},
		pdf.Name(keyContents), pdf.Reserved{Key: keyContents, Text: contents})
}

// signingPlan makes the revision that signs one field. width is that of /Contents.
func signingPlan(d *Document, req Request, width int) (*plan, error) {
	u := d.f.NewUpdate(d.awaited)
	form, err := newForm(d, u)
	if err != nil {
		return nil, err
	}
	ref, field, lock, err := form.fillFor(req)
	if err != nil {
		return nil, err
	}
	rights, err := d.readRights()
	if err != nil {
		return nil, err
	}
	if err := rights.checkRequest(req, form); err != nil {
		return nil, err
	}
	if req.Appearance != nil {
		if field, err = form.show(ref, field, lock, req.Appearance); err != nil {
			return nil, err
		}
	}
	v, err := signatureDict(d, req, lock, width)
	if err != nil {
		return nil, err
	}
	sig := u.Add(v)
	u.Set(ref, field.With("V", sig))
	if err := form.finish(); err != nil {
		return nil, err
	}
	if req.Certify != NoCertification {
		if err := certify(d, u, sig); err != nil {
			return nil, err
		}
	}
	if rights.signed {
		switch num, ambiguous, err := u.Ambiguous(); {
		case err != nil:
			return nil, inputFault(err)
		case ambiguous:
			return nil, fmt.Errorf("%w: in object %d, which a further signature has to change, a key stands twice", ErrNotAllowed, num)
		}
	}
	return newPlan(u, d.f.Size(), width)
}

// contentsWidth returns the width of the /Contents token in characters: the size of a
// signature made of the same parts, and a little more for a token that grows.
func (p *Prepared) contentsWidth(ctx context.Context) (int, error) {
	profile := p.profile
	var token []byte
	if p.level >= BT {
		n, err := tokenSize(ctx, p.svc.Timestamper)
		if err != nil {
			return 0, err
		}
		token = make([]byte, n)
	}
	attrs, err := profile.SignedAttributes(make([]byte, profile.Hash.Size()))
	if err != nil {
		return 0, err
	}
	value := make([]byte, profile.ValueSize())
	// A fault that no value could correct is found before the key is called.
	like, err := profile.Assemble(attrs, value, nil)
	if err == nil {
		_, err = p.svc.Memory.Parse(like)
	}
	if err != nil {
		return 0, fmt.Errorf("signer: the chain does not serve: %w", err)
	}
	if like, err = profile.Assemble(attrs, value, token); err != nil {
		return 0, err
	}
	const slack = 16
	return 2*(len(like)+slack) + 2, nil
}

// signatureDict makes the signature dictionary in the profile of EN 319 142-1. A lock
// becomes a FieldMDP reference, a certification a DocMDP reference.
func signatureDict(d *Document, req Request, lock *pdf.Dict, width int) (*pdf.Dict, error) {
	v := value("Sig", "ETSI.CAdES.detached", width)
	v = v.With("M", pdf.String{Bytes: []byte(pdfDate(req.Time))})
	for _, kv := range []struct {
		key  pdf.Name
		text string
	}{{"Name", req.Name}, {"Reason", req.Reason}, {"Location", req.Location}} {
		if kv.text != "" {
			v = v.With(kv.key, pdf.TextString(kv.text))
		}
	}
	_, root, err := d.f.Catalog()
	if err != nil {
		return nil, &InputError{err}
	}
	var refs pdf.Array
	if req.Certify != NoCertification {
		refs = append(refs, pdf.NewDict(pdf.Name("Type"), pdf.Name("SigRef"), pdf.Name("TransformMethod"), pdf.Name("DocMDP"),
			pdf.Name("TransformParams"), pdf.NewDict(pdf.Name("Type"), pdf.Name("TransformParams"),
				pdf.Name("P"), pdf.Integer(req.Certify), pdf.Name("V"), pdf.Name("1.2"))))
	}
	if lock != nil {
		params := pdf.NewDict(pdf.Name("Type"), pdf.Name("TransformParams"), pdf.Name("V"), pdf.Name("1.2"),
			pdf.Name("Action"), lock.Get("Action"), pdf.Name("Fields"), lock.Get("Fields"))
		refs = append(refs, pdf.NewDict(pdf.Name("Type"), pdf.Name("SigRef"),
			pdf.Name("TransformMethod"), pdf.Name("FieldMDP"), pdf.Name("TransformParams"), params, pdf.Name("Data"), root))
	}
	if refs != nil {
		v = v.With("Reference", refs)
	}
	return v, nil
}

// certify enters the certification into the catalog (ISO 32000-2, 12.8.6).
func certify(d *Document, u *pdf.Update, sig pdf.Ref) error {
	_, ref, err := d.f.Catalog()
	if err != nil {
		return &InputError{err}
	}
	cat, err := u.Dict(ref)
	if err != nil {
		return &InputError{err}
	}
	perms, err := d.f.Dict(cat.Get("Perms"))
	if err != nil {
		return &InputError{err}
	}
	if perms == nil {
		perms = pdf.NewDict()
	}
	u.Set(ref, cat.With("Perms", perms.With("DocMDP", sig)))
	return nil
}

// pdfDate formats a time as in ISO 32000-2, 7.9.4.
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
