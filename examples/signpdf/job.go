package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/signer/online"
)

// job is one input on its way to one output.
type job struct {
	r     io.ReaderAt
	size  int64
	doc   *signer.Document
	pages int

	signed   bool
	password string
}

func (o *options) run(ctx context.Context, fs *flag.FlagSet, stdout, stderr io.Writer) error {
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected %q; -h explains", fs.Arg(0))
	}
	if o.in == "" || o.out == "" && o.prepare == "" && !o.explain {
		return errors.New("-in and -out are required; -h explains")
	}
	level, err := signer.ParseLevel(o.level)
	if err != nil {
		return fmt.Errorf("-level is B-B, B-T, B-LT or B-LTA, not %q", o.level)
	}
	alg, ok := algorithms[o.alg]
	if !ok {
		return fmt.Errorf("-alg %q is not known; -h lists them", o.alg)
	}
	if err := o.fit(); err != nil {
		return err
	}
	if st, err := os.Stat(o.in); err != nil {
		return err
	} else if !st.Mode().IsRegular() { // a pipe would be waited for
		return fmt.Errorf("%s: not a regular file", o.in)
	}
	f, err := os.Open(o.in)
	if err != nil {
		return err
	}
	defer f.Close()
	j, err := o.open(ctx, f)
	if err != nil {
		return fmt.Errorf("%s: %w", o.in, err)
	}
	if o.pki == "" {
		o.pki = filepath.Join(filepath.Dir(o.out), ".pki")
	}
	// A development CA is made only where something is asked of it.
	var ca *devca.CA
	if o.cert == "" || o.tsa == "dev" && (level > signer.BB || o.extend || o.complete != "") {
		if ca, err = authority(o.pki, alg); err != nil {
			return err
		}
	}
	svc, err := o.services(ca, stderr)
	if err != nil {
		return err
	}
	if svc.Timestamper == nil && (level > signer.BB || o.extend) {
		return fmt.Errorf("%v needs a timestamp: -tsa none allows B-B only", level)
	}
	if !o.extend && (len(o.newFields) > 1 || len(o.newFields) == 1 && o.field != "") {
		if err := o.layOut(ctx, j); err != nil {
			return err
		}
	}
	switch {
	case o.extend:
		return o.write(stderr, j, func(w io.Writer) error { return signer.Extend(ctx, w, j.doc, level, svc) })
	case o.complete != "":
		return o.finish(ctx, stderr, j, svc)
	}
	req, err := o.request(ctx, j, ca, alg, level, svc)
	if err != nil {
		return err
	}
	if o.explain {
		return o.say(stdout, j, req)
	}
	if o.prepare != "" {
		return o.stop(ctx, stdout, j, req)
	}
	if f := req.NewField; f != nil && j.signed && (len(f.Also) > 0 || f.Straddle != nil) {
		return o.write(stderr, j, func(w io.Writer) error { return j.signEach(ctx, w, req, svc) })
	}
	return o.write(stderr, j, func(w io.Writer) error { return signer.Sign(ctx, w, j.doc, req) })
}

// fit refuses flags that do not belong together, before anything is made.
func (o *options) fit() error {
	switch {
	case o.tsa != "dev" && o.tsa != "none" && !strings.HasPrefix(o.tsa, "http://") && !strings.HasPrefix(o.tsa, "https://"):
		return fmt.Errorf("-tsa is a URL of http or https, dev or none, not %q", o.tsa)
	case o.key != "" && o.cert == "":
		return errors.New("-key needs -cert")
	case (o.value != "" || o.cmsFile != "") && o.complete == "":
		return errors.New("-raw and -cms need -complete")
	case o.nth == 0:
		return errors.New("-nth counts from 1, or from -1 at the end")
	case o.out == "":
		return nil
	}
	// A device or pipe cannot be replaced by a whole file, and must not be.
	if st, err := os.Stat(o.out); err == nil && !st.Mode().IsRegular() {
		return fmt.Errorf("-out %s is not a regular file", o.out)
	}
	_, err := os.Stat(filepath.Dir(o.out))
	return err
}

// open reads the input; a picture becomes a page first.
func (o *options) open(ctx context.Context, f *os.File) (*job, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	j := &job{r: f, size: st.Size(), password: o.password}
	if err := j.convert(ctx, f); err != nil {
		return nil, err
	}
	return j, j.reopen(o.password)
}

func (j *job) reopen(password string) error {
	var err error
	if j.doc, err = signer.OpenPassword(j.r, j.size, password); err != nil {
		return err
	}
	if j.pages, err = j.doc.Pages(); err != nil {
		return err
	}
	fields, err := j.doc.Fields()
	for _, f := range fields {
		j.signed = j.signed || f.Signed
	}
	return err
}

// layOut makes several fields before one of them is signed.
func (o *options) layOut(ctx context.Context, j *job) error {
	var elements []signer.Element
	first := ""
	for _, s := range o.newFields {
		f, err := newField(s, j.pages)
		if err != nil {
			return err
		}
		if first == "" {
			first = f.Name
		}
		elements = append(elements, f)
	}
	if o.field == "" {
		o.field = first
	}
	return j.grow(func(w io.Writer) error { return signer.Layout(ctx, w, j.doc, elements...) })
}

// patience is how long one answer from the network may take.
const patience = 30 * time.Second

// services returns those of the development CAs in -pki, or the ones that -tsa and the
// certificates name.
func (o *options) services(ca *devca.CA, stderr io.Writer) (signer.Services, error) {
	var all developers
	if ca != nil {
		var err error
		if all, err = authorities(o.pki); err != nil {
			return signer.Services{}, err
		}
	}
	svc := signer.Services{Revocations: all}
	for _, c := range all {
		svc.Roots = append(svc.Roots, c.Root())
	}
	switch o.tsa {
	case "none":
	case "dev":
		if ca != nil {
			svc.Timestamper = ca
		}
	default:
		c := &http.Client{Timeout: patience}
		svc.Timestamper = &online.TSA{URL: o.tsa, Client: c, Warn: func(s string) { fmt.Fprintf(stderr, "signpdf: warning: %s\n", s) }}
		svc.Revocations = &both{all, &online.Revocations{Client: c}}
	}
	return svc, nil
}

// both asks the development CAs about their own certificates, and the network about the
// others.
type both struct {
	own    developers
	online *online.Revocations
}

func (b *both) Revocation(ctx context.Context, cert, issuer *x509.Certificate) (ocsp, crl []byte, err error) {
	if ocsp, crl, err = b.own.Revocation(ctx, cert, issuer); err == nil {
		return ocsp, crl, nil
	}
	return b.online.Revocation(ctx, cert, issuer)
}

func (b *both) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	return b.online.Issuer(ctx, cert)
}

// signEach signs an already signed document in several places: one signature per place,
// since fields of another kind would break the earlier signatures.
func (j *job) signEach(ctx context.Context, w io.Writer, req signer.Request, svc signer.Services) error {
	f := *req.NewField
	var strips []signer.Strip
	if f.Box != (signer.Box{}) {
		strips = append(strips, signer.Strip{Place: signer.Place{Page: f.Page, Box: f.Box}, Appearance: req.Appearance})
	}
	for _, p := range f.Also {
		strips = append(strips, signer.Strip{Place: p, Appearance: req.Appearance})
	}
	if f.Straddle != nil {
		more, err := f.Straddle.Strips(j.doc, req.Appearance)
		if err != nil {
			return err
		}
		strips = append(strips, more...)
	}
	level := req.Level
	req.Level = min(level, signer.BT)
	for _, s := range strips {
		name, err := j.doc.FreshName("Signature")
		if err != nil {
			return err
		}
		req.NewField = &signer.Field{Name: name, Page: s.Page, Box: s.Box}
		req.Appearance = s.Appearance
		if err := j.grow(func(w io.Writer) error { return signer.Sign(ctx, w, j.doc, req) }); err != nil {
			return err
		}
	}
	if level > signer.BT {
		return signer.Extend(ctx, w, j.doc, level, svc)
	}
	_, err := io.Copy(w, io.NewSectionReader(j.r, 0, j.size))
	return err
}

// grow replaces the document by the output of do, in memory.
func (j *job) grow(do func(io.Writer) error) error {
	var b bytes.Buffer
	if err := do(&b); err != nil {
		return err
	}
	j.r, j.size = bytes.NewReader(b.Bytes()), int64(b.Len())
	return j.reopen(j.password)
}

func (o *options) request(ctx context.Context, j *job, ca *devca.CA, alg devca.Algorithm, level signer.Level, svc signer.Services) (signer.Request, error) {
	req := signer.Request{Level: level, Services: signer.Services{Timestamper: svc.Timestamper, Revocations: svc.Revocations, Roots: svc.Roots},
		Time: time.Now(), PSS: o.pss, GM: o.gm, Name: o.name, Reason: o.reason, Location: o.location,
		Certify: signer.Certification(o.certify)}
	if o.certify < 0 || o.certify > 3 {
		return req, fmt.Errorf("-certify is 1, 2 or 3, not %d", o.certify)
	}
	var err error
	if req.Credential, err = o.credential(ca, alg); err != nil {
		return req, err
	}
	req.Roots = append(req.Roots, selfSigned(append(o.certs, req.Credential.Chain...))...)
	switch o.lock {
	case "":
	case "all":
		req.Lock = &signer.Lock{All: true}
	default:
		req.Lock = &signer.Lock{Fields: strings.Split(o.lock, ",")}
	}
	if req.Appearance, err = o.appearance(); err != nil {
		return req, err
	}
	if req.Appearance == nil && (o.at != "" || o.keyword != "" || o.straddle != "") {
		return req, errors.New("-at, -keyword and -straddle need -seal or -draw")
	}
	return req, o.place(ctx, j, &req)
}

// drawing splits the value of -draw.
func drawing(s string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(s, ";") {
		if k, v, ok := strings.Cut(part, "="); ok {
			out[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return out
}

func (o *options) appearance() (signer.Appearance, error) {
	switch {
	case o.seal != "" && o.draw != "":
		return nil, errors.New("-seal and -draw exclude each other")
	case o.seal != "":
		return o.picture()
	case o.draw == "":
		return nil, nil
	}
	d := drawing(o.draw)
	style, err := seal.ParseStyle(d["style"])
	if err != nil {
		return nil, fmt.Errorf("-draw: %w", err)
	}
	spec := seal.Spec{Style: style, Name: d["name"], Code: d["code"], Text: d["text"], RingCode: d["ring-code"]}
	if s := d["size"]; s != "" {
		w, h, two := strings.Cut(s, "x")
		if spec.Width, err = strconv.ParseFloat(w, 64); err == nil && two {
			spec.Height, err = strconv.ParseFloat(h, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("-draw: size %q is not MM or MMxMM", s)
		}
	}
	if c := d["color"]; c != "" {
		if spec.Color, err = seal.ParseColor(c); err != nil {
			return nil, fmt.Errorf("-draw: %w", err)
		}
	}
	art, err := seal.Draw(spec)
	if err != nil {
		return nil, fmt.Errorf("-draw: %w", err)
	}
	return art, nil
}

// stop writes the state and what a key elsewhere needs.
func (o *options) stop(ctx context.Context, stdout io.Writer, j *job, req signer.Request) error {
	p, err := signer.Prepare(ctx, j.doc, req)
	if err != nil {
		return err
	}
	state, err := p.MarshalBinary()
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{o.prepare: state, o.prepare + ".digest": p.Digest(), o.prepare + ".tosign": p.ToSign()} {
		if err := replace(name, func(f *os.File) error { _, err := f.Write(b); return err }); err != nil {
			return err
		}
	}
	if o.cert == "" {
		if err := o.keep(req.Credential); err != nil {
			return err
		}
	}
	h := "SM3"
	if p.Hash() != 0 {
		h = p.Hash().String()
	}
	_, err = fmt.Fprintf(stdout, "digest %s %s\nattributes to sign: %s\n", h, hex.EncodeToString(p.Digest()), o.prepare+".tosign")
	return err
}

// finish completes what stop has left.
func (o *options) finish(ctx context.Context, stderr io.Writer, j *job, svc signer.Services) error {
	if (o.cmsFile == "") == (o.value == "") {
		return errors.New("-complete takes one of -cms and -raw")
	}
	state, err := os.ReadFile(o.complete)
	if err != nil {
		return err
	}
	p, err := signer.Resume(j.doc, state, svc)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(o.cmsFile + o.value)
	if err != nil {
		return err
	}
	if o.value != "" {
		return o.write(stderr, j, func(w io.Writer) error { return p.Complete(ctx, w, b) })
	}
	if block, _ := pem.Decode(b); block != nil {
		b = block.Bytes
	}
	return o.write(stderr, j, func(w io.Writer) error { return p.CompleteCMS(ctx, w, b) })
}
