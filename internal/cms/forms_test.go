package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/dajiaqian/dajiaqian/internal/cms"
)

// seq makes a SEQUENCE, or another constructed element, of parts.
func tlv(tag byte, parts ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.Tag(tag), func(b *cryptobyte.Builder) {
		for _, p := range parts {
			b.AddBytes(p)
		}
	})
	return b.BytesOrPanic()
}

func must(t testing.TB, v any) []byte {
	t.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var ecdsaAlgorithm = []byte{0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2}

// sign makes the SIGNED form of X.509 around what is signed.
func (by *identity) sign(t testing.TB, tbs []byte) []byte {
	t.Helper()
	sig, err := by.key.Sign(rand.Reader, cms.SHA256.Sum(tbs), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return tlv(0x30, tbs, ecdsaAlgorithm, must(t, asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}))
}

// TestListForms (C19, A50): versions, and lists without entries.
func TestListForms(t *testing.T) {
	ca := authority(t, "CA")
	at := func(d int) []byte { return must(t, day(d).UTC()) }
	exts := tlv(0xa0, tlv(0x30, tlv(0x30, must(t, asn1.ObjectIdentifier{2, 5, 29, 20}), []byte{4, 3, 2, 1, 1})))
	reason := func(value ...byte) []byte {
		return tlv(0x30, must(t, asn1.ObjectIdentifier{2, 5, 29, 21}), tlv(4, value))
	}
	entryExts := tlv(0x30, reason(0x0a, 1, 1))
	entry := func(more ...[]byte) []byte { return tlv(0x30, append([][]byte{{2, 1, 5}, at(-2)}, more...)...) }
	for name, c := range map[string]struct {
		version []byte
		rest    [][]byte
		want    string
	}{
		"version 2":                          {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(entryExts)), exts}, "revoked"},
		"version 1":                          {nil, [][]byte{tlv(0x30, entry())}, "revoked"},
		"version 1 without entries":          {nil, nil, "good"},
		"version 1 written out":              {[]byte{2, 1, 0}, [][]byte{tlv(0x30, entry())}, "refused"},
		"version 3":                          {[]byte{2, 1, 2}, [][]byte{tlv(0x30, entry())}, "refused"},
		"version 1 with extensions":          {nil, [][]byte{tlv(0x30, entry()), exts}, "refused"},
		"version 1 with extensions of entry": {nil, [][]byte{tlv(0x30, entry(entryExts))}, "refused"},
		"no entries, but their list":         {[]byte{2, 1, 1}, [][]byte{{0x30, 0}, exts}, "good"},
		"empty extensions":                   {[]byte{2, 1, 1}, [][]byte{tlv(0xa0, []byte{0x30, 0})}, "good"},
		"extensions and bytes behind":        {[]byte{2, 1, 1}, [][]byte{tlv(0xa0, []byte{0x30, 0}, []byte{5, 0})}, "refused"},
		"bytes behind all":                   {[]byte{2, 1, 1}, [][]byte{exts, {5, 0}}, "refused"},
		"bytes behind a reason":              {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(tlv(0x30, reason(0x0a, 1, 1, 0))))}, "refused"},
		"a reason that is a number":          {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(tlv(0x30, reason(2, 1, 1))))}, "refused"},
		"a reason twice":                     {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(tlv(0x30, reason(0x0a, 1, 1), reason(0x0a, 1, 1))))}, "refused"},
		"removeFromCRL":                      {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(tlv(0x30, reason(0x0a, 1, 8))))}, "removed"},
		"listed twice, removed first":        {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(tlv(0x30, reason(0x0a, 1, 8))), entry())}, "revoked"},
		"listed twice, removed last":         {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry(), entry(tlv(0x30, reason(0x0a, 1, 8))))}, "revoked"},
		"a time in month 13":                 {[]byte{2, 1, 1}, [][]byte{tlv(0x30, tlv(0x30, []byte{2, 1, 5}, tlv(23, []byte("261301000000Z"))))}, "revoked"},
		"a time that is none":                {[]byte{2, 1, 1}, [][]byte{tlv(0x30, tlv(0x30, []byte{2, 1, 5}, []byte{2, 1, 1}))}, "refused"},
		"bytes behind an entry":              {[]byte{2, 1, 1}, [][]byte{tlv(0x30, entry([]byte{5, 0}))}, "refused"},
	} {
		tbs := tlv(0x30, append([][]byte{c.version, ecdsaAlgorithm, ca.cert.RawSubject, at(0), at(1)}, c.rest...)...)
		if got := listed(ca, ca.sign(t, tbs), ca, 5); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// response makes an OCSPResponse of parts: what stands before the responder's name, the
// answers, and what stands behind them.
func (by *identity) response(t testing.TB, version []byte, singles [][]byte, behind ...[]byte) []byte {
	t.Helper()
	data := tlv(0x30, append([][]byte{version, tlv(0xa1, by.cert.RawSubject), moment(0), tlv(0x30, singles...)}, behind...)...)
	basic := by.sign(t, data)
	return tlv(0x30, []byte{0x0a, 1, 0}, tlv(0xa0, tlv(0x30, must(t, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}), tlv(4, basic))))
}

func moment(d int) []byte {
	var b cryptobyte.Builder
	b.AddASN1GeneralizedTime(day(d).UTC())
	return b.BytesOrPanic()
}

// TestOCSPForms (C18): the version, bytes behind values, and several answers.
func TestOCSPForms(t *testing.T) {
	ca := authority(t, "CA")
	ee := certify(t, 5, "ee", ca, nil)
	ask, err := cms.OCSPRequest(ee.cert, ca.cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	id := ask[8:] // behind the heads of OCSPRequest, TBSRequest, requestList and Request
	single := func(status []byte, more ...[]byte) []byte {
		return tlv(0x30, append([][]byte{id, status, moment(0), tlv(0xa0, moment(1))}, more...)...)
	}
	good, unknown := []byte{0x80, 0}, []byte{0x82, 0}
	revoked := func(d int, reason ...byte) []byte {
		parts := [][]byte{moment(d)}
		if reason != nil {
			parts = append(parts, tlv(0xa0, reason))
		}
		return tlv(0xa1, parts...)
	}
	ext := func(oid asn1.ObjectIdentifier, value ...byte) []byte { return tlv(0x30, must(t, oid), tlv(4, value)) }
	nonce := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
	other := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 9}
	for name, c := range map[string]struct {
		version []byte
		singles [][]byte
		behind  [][]byte
		want    string
	}{
		"no version":                      {nil, [][]byte{single(good)}, nil, "good"},
		"version 1 written out":           {tlv(0xa0, []byte{2, 1, 0}), [][]byte{single(good)}, nil, "good"},
		"version 2":                       {tlv(0xa0, []byte{2, 1, 1}), [][]byte{single(good)}, nil, "refused"},
		"a negative version":              {tlv(0xa0, []byte{2, 1, 0xff}), [][]byte{single(good)}, nil, "refused"},
		"bytes behind the version":        {tlv(0xa0, []byte{2, 1, 0, 5, 0}), [][]byte{single(good)}, nil, "refused"},
		"an empty version":                {[]byte{0xa0, 0}, [][]byte{single(good)}, nil, "refused"},
		"a version that is no number":     {tlv(0xa0, []byte{4, 1, 0}), [][]byte{single(good)}, nil, "refused"},
		"good that says more":             {nil, [][]byte{single([]byte{0x80, 1, 0})}, nil, "refused"},
		"unknown that says more":          {nil, [][]byte{single([]byte{0x82, 1, 0})}, nil, "refused"},
		"bytes behind a reason":           {nil, [][]byte{single(revoked(-1, 0x0a, 1, 1, 0))}, nil, "refused"},
		"bytes behind a nextUpdate":       {nil, [][]byte{tlv(0x30, id, good, moment(0), tlv(0xa0, moment(1), []byte{5, 0}))}, nil, "refused"},
		"revoked":                         {nil, [][]byte{single(revoked(-1, 0x0a, 1, 1))}, nil, "revoked 1"},
		"revoked to be removed":           {nil, [][]byte{single(revoked(-1, 0x0a, 1, 8))}, nil, "revoked 0"},
		"good and revoked":                {nil, [][]byte{single(good), single(revoked(-1))}, nil, "revoked 0"},
		"revoked and good":                {nil, [][]byte{single(revoked(-1)), single(good)}, nil, "revoked 0"},
		"good and unknown":                {nil, [][]byte{single(good), single(unknown)}, nil, "unknown"},
		"unknown and revoked":             {nil, [][]byte{single(unknown), single(revoked(-1))}, nil, "revoked 0"},
		"on hold, and revoked later":      {nil, [][]byte{single(revoked(-2, 0x0a, 1, 6)), single(revoked(-1, 0x0a, 1, 1))}, nil, "revoked 1"},
		"revoked, and on hold before":     {nil, [][]byte{single(revoked(-1, 0x0a, 1, 1)), single(revoked(-2, 0x0a, 1, 6))}, nil, "revoked 1"},
		"a nonce":                         {nil, [][]byte{single(good)}, [][]byte{tlv(0xa1, tlv(0x30, ext(nonce, 4, 1, 'x')))}, "good nonce"},
		"a nonce with bytes behind":       {nil, [][]byte{single(good)}, [][]byte{tlv(0xa1, tlv(0x30, ext(nonce, 4, 1, 'x', 0)))}, "good"},
		"a nonce twice":                   {nil, [][]byte{single(good)}, [][]byte{tlv(0xa1, tlv(0x30, ext(nonce, 4, 1, 'x'), ext(nonce, 4, 1, 'x')))}, "refused"},
		"bytes behind extensions":         {nil, [][]byte{single(good)}, [][]byte{tlv(0xa1, tlv(0x30, ext(other, 5, 0)), []byte{5, 0})}, "refused"},
		"an extension of an answer twice": {nil, [][]byte{single(good, tlv(0xa1, tlv(0x30, ext(other, 5, 0), ext(other, 5, 0))))}, nil, "refused"},
		"a critical extension":            {nil, [][]byte{single(good)}, [][]byte{tlv(0xa1, tlv(0x30, tlv(0x30, must(t, other), []byte{1, 1, 0xff}, tlv(4, []byte{5, 0}))))}, "refused"},
		"an extension with bytes behind":  {nil, [][]byte{single(good)}, [][]byte{tlv(0xa1, tlv(0x30, tlv(0x30, must(t, other), tlv(4, []byte{5, 0}), []byte{5, 0})))}, "refused"},
	} {
		got := "refused"
		if r, err := cms.ParseOCSP(ca.response(t, c.version, c.singles, c.behind...)); err == nil {
			if err := r.Check(ee.cert, ca.cert); err != nil {
				t.Fatal(name, err)
			}
			got = map[cms.Status]string{cms.StatusGood: "good", cms.StatusUnknown: "unknown", cms.StatusRevoked: fmt.Sprintf("revoked %d", r.Reason)}[r.Status]
			if r.Nonce != nil {
				got += " nonce"
			}
			if r.Status == cms.StatusRevoked && strings.Contains(name, "hold") && !r.RevokedAt.Equal(day(-2)) {
				t.Errorf("%s: revoked at %v", name, r.RevokedAt)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	// Good news is the latest; of a response that says it twice it does not matter.
	old := tlv(0x30, id, good, moment(-1), tlv(0xa0, moment(0)))
	r, err := cms.ParseOCSP(ca.response(t, nil, [][]byte{old, single(good)}))
	if err != nil || r.Check(ee.cert, ca.cert) != nil || !r.ThisUpdate.Equal(day(0)) {
		t.Errorf("two times good: %v, %v", r, err)
	}
	// A responder's name in another spelling.
	ca.cert.RawSubject = bytes.Replace(ca.cert.RawSubject, []byte("CA"), []byte("ca"), 1)
	respelled := ca.response(t, nil, [][]byte{single(good)})
	ca.cert.RawSubject = ee.cert.RawIssuer
	if r, err = cms.ParseOCSP(respelled); err != nil || r.Check(ee.cert, ca.cert) != nil {
		t.Errorf("another spelling: %v", err)
	}
}

// TestScopes (C19): an issuingDistributionPoint is read whole or not at all.
func TestScopes(t *testing.T) {
	issuer := authority(t, "CA").cert.RawSubject
	covers := func(value []byte, exts ...[]byte) string {
		l, ok := cms.ScopedCRL(value, issuer)
		if !ok {
			return "refused"
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(5), RawIssuer: issuer}
		for _, e := range exts {
			c.Extensions = append(c.Extensions, extension(false, asn1.ObjectIdentifier{2, 5, 29, 31}, e...))
		}
		return fmt.Sprintf("%03x", uint(l.Covers(cms.NewTarget(c))))
	}
	many := make([]byte, 0, 3*(cms.MaxPointNames+1))
	for range cms.MaxPointNames {
		many = append(many, 0x86, 1, 'x')
	}
	names := func(b []byte) []byte { return tlv(0x30, tlv(0xa0, tlv(0xa0, b))) }
	uri := []byte{0x86, 1, 'x'}
	atX := tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, uri))))
	for name, c := range map[string]struct{ got, want string }{
		"empty":                            {covers([]byte{0x30, 0}), "1fe"},
		"users":                            {covers([]byte{0x30, 3, 0x81, 1, 0xff}), "1fe"},
		"users written as false":           {covers([]byte{0x30, 3, 0x82, 1, 0}), "1fe"},
		"a boolean of 1":                   {covers([]byte{0x30, 3, 0x81, 1, 1}), "refused"},
		"a boolean of two bytes":           {covers([]byte{0x30, 4, 0x81, 2, 0xff, 0xff}), "refused"},
		"users and authorities":            {covers([]byte{0x30, 6, 0x81, 1, 0xff, 0x82, 1, 0xff}), "000"},
		"out of order":                     {covers([]byte{0x30, 6, 0x82, 1, 0, 0x81, 1, 0xff}), "refused"},
		"twice":                            {covers([]byte{0x30, 6, 0x81, 1, 0, 0x81, 1, 0xff}), "refused"},
		"a flag that is not known":         {covers([]byte{0x30, 3, 0x86, 1, 0xff}), "refused"},
		"some reasons":                     {covers([]byte{0x30, 4, 0x83, 2, 6, 0x40}), "002"},
		"all reasons":                      {covers([]byte{0x30, 5, 0x83, 3, 7, 0x7f, 0x80}), "1fe"},
		"no reasons":                       {covers([]byte{0x30, 3, 0x83, 1, 0}), "000"},
		"the flag without a meaning":       {covers([]byte{0x30, 4, 0x83, 2, 7, 0x80}), "000"},
		"reasons with unused bits set":     {covers([]byte{0x30, 4, 0x83, 2, 6, 0x41}), "refused"},
		"reasons without a count":          {covers([]byte{0x30, 2, 0x83, 0}), "refused"},
		"reasons of 9 unused bits":         {covers([]byte{0x30, 4, 0x83, 2, 9, 0}), "refused"},
		"an empty point":                   {covers(tlv(0x30, []byte{0xa0, 0})), "refused"},
		"no names":                         {covers(names(nil)), "refused"},
		"a name of another kind":           {covers(names([]byte{0x99, 1, 'x'})), "refused"},
		"the most names":                   {covers(names(many), atX), "1fe"},
		"a name more":                      {covers(names(append(many, uri...))), "refused"},
		"its own name":                     {covers(names(tlv(0xa4, issuer))), "1fe"},
		"a point of the certificate":       {covers(names(uri), atX), "1fe"},
		"the points twice":                 {covers(names(uri), atX, atX), "000"},
		"another point":                    {covers(names([]byte{0x86, 1, 'y'}), atX), "000"},
		"a relative name that is empty":    {covers(tlv(0x30, tlv(0xa0, []byte{0xa1, 0}))), "refused"},
		"a name and another":               {covers(tlv(0x30, tlv(0xa0, tlv(0xa0, uri), tlv(0xa0, uri)))), "refused"},
		"a point that some reasons have":   {covers([]byte{0x30, 0}, tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, uri)), []byte{0x81, 2, 6, 0x40}))), "1fe"},
		"a named point, some reasons have": {covers(names(uri), tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, uri)), []byte{0x81, 2, 6, 0x40}))), "002"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", name, c.got, c.want)
		}
	}
}

// TestPoints (C19): cRLDistributionPoints that cannot be read count as none.
func TestPoints(t *testing.T) {
	issuer := authority(t, "CA").cert.RawSubject
	uri := tlv(0xa0, tlv(0xa0, []byte{0x86, 1, 'x'}))
	dir := tlv(0xa4, issuer)
	rdn := tlv(0xa0, tlv(0xa1, issuer[4:])) // its one relative name, without the head of the set
	points := func(n int) []byte { return tlv(0x30, bytes.Repeat(tlv(0x30, uri), n)) }
	for name, c := range map[string]struct {
		value []byte
		bad   bool
	}{
		"one":                              {points(1), false},
		"the most":                         {points(cms.MaxPoints), false},
		"one more":                         {points(cms.MaxPoints + 1), true},
		"none":                             {[]byte{0x30, 0}, true},
		"nothing in it":                    {tlv(0x30, []byte{0x30, 0}), false},
		"bytes behind":                     {append(points(1), 0), true},
		"bytes in a point":                 {tlv(0x30, tlv(0x30, uri, []byte{5, 0})), true},
		"a relative name":                  {tlv(0x30, tlv(0x30, rdn)), false},
		"a relative name of an issuer":     {tlv(0x30, tlv(0x30, rdn, tlv(0xa2, dir))), false},
		"a relative name of two issuers":   {tlv(0x30, tlv(0x30, rdn, tlv(0xa2, dir, dir))), true},
		"a relative name of a URI":         {tlv(0x30, tlv(0x30, rdn, tlv(0xa2, []byte{0x86, 1, 'x'}))), true},
		"two issuers":                      {tlv(0x30, tlv(0x30, uri, tlv(0xa2, dir, dir))), false},
		"no issuer where one is due":       {tlv(0x30, tlv(0x30, uri, tlv(0xa2))), true},
		"reasons behind the issuer":        {tlv(0x30, tlv(0x30, uri, tlv(0xa2, dir), []byte{0x81, 2, 6, 0x40})), true},
		"reasons of a wrong form":          {tlv(0x30, tlv(0x30, uri, []byte{0x81, 2, 6, 0x41})), true},
		"a directory name with bytes more": {tlv(0x30, tlv(0x30, tlv(0xa0, tlv(0xa0, tlv(0xa4, issuer, []byte{5, 0}))))), true},
	} {
		cert := &x509.Certificate{SerialNumber: big.NewInt(5), RawIssuer: issuer, RawSubject: issuer}
		cert.Extensions = append(cert.Extensions, extension(false, asn1.ObjectIdentifier{2, 5, 29, 31}, c.value...))
		if got := cms.NewTarget(cert); got.Malformed != c.bad {
			t.Errorf("%s: malformed is %v", name, got.Malformed)
		}
	}
}

// TestEntryIssuers (C19): names of issuers are compared only for entries of the number
// that is searched, and at most maxEntryIssuers of them.
func TestEntryIssuers(t *testing.T) {
	ca := authority(t, "CA")
	of := func(i int) []byte {
		name := tlv(0x30, tlv(0x31, tlv(0x30, must(t, asn1.ObjectIdentifier{2, 5, 4, 3}), tlv(12, fmt.Appendf(nil, "issuer %d", i)))))
		ext := tlv(0x30, must(t, asn1.ObjectIdentifier{2, 5, 29, 29}), []byte{1, 1, 0xff}, tlv(4, tlv(0x30, tlv(0xa4, name))))
		return tlv(0x30, []byte{2, 1, 5}, must(t, day(-2).UTC()), tlv(0x30, ext))
	}
	build := func(n int) []byte {
		var entries [][]byte
		for i := range n {
			entries = append(entries, of(i))
		}
		return ca.sign(t, tlv(0x30, []byte{2, 1, 1}, ecdsaAlgorithm, ca.cert.RawSubject, must(t, day(0).UTC()), tlv(0x30, entries...)))
	}
	if got := listed(ca, build(cms.MaxEntryIssuers), ca, 5); got != "good" {
		t.Errorf("at the limit: %s", got)
	}
	if got := listed(ca, build(cms.MaxEntryIssuers+1), ca, 5); got != "not known" {
		t.Errorf("beyond the limit: %s", got)
	}
	if got := listed(ca, build(cms.MaxEntryIssuers+1), ca, 6); got != "good" {
		t.Errorf("another number: %s", got)
	}
}

// TestManyExtensions (C19): a list has at most maxExts extensions, an entry maxEntryExts.
func TestManyExtensions(t *testing.T) {
	ca := authority(t, "CA")
	build := func(n int) []byte {
		var exts [][]byte
		for i := range n {
			exts = append(exts, tlv(0x30, must(t, asn1.ObjectIdentifier{1, 2, 3, i}), tlv(4, []byte{5, 0})))
		}
		return ca.sign(t, tlv(0x30, []byte{2, 1, 1}, ecdsaAlgorithm, ca.cert.RawSubject, must(t, day(0).UTC()), tlv(0xa0, tlv(0x30, exts...))))
	}
	if got := listed(ca, build(cms.MaxExts), ca, 5); got != "good" {
		t.Error(got)
	}
	if got := listed(ca, build(cms.MaxExts+1), ca, 5); got != "refused" {
		t.Error(got)
	}
	entry := func(n int) []byte {
		var exts [][]byte
		for i := range n {
			exts = append(exts, tlv(0x30, must(t, asn1.ObjectIdentifier{1, 2, 3, i}), tlv(4, []byte{5, 0})))
		}
		e := tlv(0x30, []byte{2, 1, 5}, must(t, day(-2).UTC()), tlv(0x30, exts...))
		return ca.sign(t, tlv(0x30, []byte{2, 1, 1}, ecdsaAlgorithm, ca.cert.RawSubject, must(t, day(0).UTC()), tlv(0x30, e)))
	}
	if got := listed(ca, entry(cms.MaxEntryExts), ca, 5); got != "revoked" {
		t.Error(got)
	}
	if got := listed(ca, entry(cms.MaxEntryExts+1), ca, 5); got != "refused" {
		t.Error(got)
	}
}

// TestC19LongList: a long list is searched in one pass.
func TestC19LongList(t *testing.T) {
	ca := authority(t, "CA")
	const n = 200_000
	at := must(t, day(-2).UTC())
	var entries []byte
	for i := range n {
		entries = append(entries, tlv(0x30, must(t, 1000+i), at)...)
	}
	der := ca.sign(t, tlv(0x30, []byte{2, 1, 1}, ecdsaAlgorithm, ca.cert.RawSubject, must(t, day(0).UTC()), tlv(0x30, entries)))
	begin := time.Now()
	if got := listed(ca, der, ca, 1000+n-1); got != "revoked" {
		t.Error(got)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}
