package signer_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// stopped returns the code of the finding that an error is, "" if it is none.
func stopped(err error) signer.FindingCode {
	var f *signer.Finding
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// TestFindings: what there is to know about a document is said before the key is used, and
// what would harm it stops the signing unless it is accepted.
func TestFindings(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	const page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>>>"
	document := func(catalog string, objs ...string) []byte {
		return objects(0, append([]string{"<</Type/Catalog/Pages 2 0 R" + catalog + ">>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", page}, objs...)...)
	}
	good := document("")
	const value = "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<3000>>>"
	for name, c := range map[string]struct {
		in    []byte
		code  signer.FindingCode
		stops bool
	}{
		"nothing":           {good, "", false},
		"dynamic XFA":       {document("/NeedsRendering true/AcroForm<</XFA 4 0 R/Fields[]>>", "[(template)(x)]"), signer.FoundDynamicXFA, true},
		"XFA":               {document("/AcroForm<</XFA 4 0 R/Fields[]>>", "[(template)(x)]"), signer.FoundXFA, false},
		"XFA, signed":       {document("/AcroForm<</XFA 4 0 R/Fields[5 0 R]>>", "[(template)(x)]", "<</FT/Sig/T(Other)/V "+value+">>"), signer.FoundXFA, true},
		"rendering, no XFA": {document("/NeedsRendering true"), "", false},
		"usage rights":      {document("/Perms<</UR3 4 0 R>>", value), signer.FoundUsageRights, false},
		"a MAC":             {bytes.Replace(good, []byte("/Root 1 0 R"), []byte("/Root 1 0 R/AuthCode<</MACLocation/Standalone>>"), 1), signer.FoundMAC, true},
		"fields drawn":      {document("/AcroForm<</NeedAppearances true/Fields[]>>"), signer.FoundNeedAppearances, false},
		"PDF/A":             {claiming(levelB, "null"), signer.FoundArchive, false},
		"PDF/UA":            {claiming(accessible, "null"), signer.FoundAccessible, false},
		"broken":            {bytes.Replace(good, []byte("\nxref\n"), []byte("\nxfer\n"), 1), signer.FoundRecovered, false},
		"an odd save":       {oddlySaved(good), signer.FoundSaves, false},
		"bytes behind":      {append(bytes.Clone(good), "<html>"...), signer.FoundTrailingBytes, false},
	} {
		req := request(ca, cred, signer.BT, "S")
		req.Accept = []signer.FindingCode{"ANOTHER"}
		found, err := open(t, c.in).Findings(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.code == "" && len(found) == 0 {
			continue
		}
		if len(found) != 1 || found[0].Code != c.code || found[0].Stops != c.stops || found[0].Zh() == "" || !strings.Contains(found[0].Error(), string(c.code)) {
			t.Errorf("%s: %+v, want %s", name, found, c.code)
		}
		var out bytes.Buffer
		err = signer.Sign(t.Context(), &out, open(t, c.in), req)
		if c.stops != (stopped(err) == c.code) || !c.stops && err != nil || c.stops && out.Len() > 0 {
			t.Errorf("%s: %v, and %d bytes", name, err, out.Len())
		}
		req.Accept = []signer.FindingCode{c.code}
		if out.Reset(); signer.Sign(t.Context(), &out, open(t, c.in), req) != nil {
			t.Errorf("%s, accepted: %v", name, err)
		}
		if c.code == signer.FoundXFA && bytes.Contains(out.Bytes()[len(c.in):], []byte("/XFA")) != c.stops {
			t.Errorf("%s: the XFA form stays: %v", name, !c.stops)
		}
	}
	for _, c := range []struct {
		in   []byte
		want signer.FindingCode
	}{
		{document("/NeedsRendering true/AcroForm<</XFA 4 0 R/Fields[]>>", "[(template)(x)]"), signer.FoundDynamicXFA},
		{bytes.Replace(good, []byte("/Root 1 0 R"), []byte("/Root 1 0 R/AuthCode<<>>"), 1), signer.FoundMAC},
	} {
		if err := signer.Layout(t.Context(), &bytes.Buffer{}, open(t, c.in), signer.Field{Name: "S"}); stopped(err) != c.want {
			t.Errorf("Layout: %v, want %s", err, c.want)
		}
		if err := signer.Normalize(t.Context(), &bytes.Buffer{}, bytes.NewReader(c.in), int64(len(c.in))); stopped(err) != c.want {
			t.Errorf("Normalize: %v, want %s", err, c.want)
		}
	}
	mac := bytes.Replace(document("/AcroForm<</Fields[4 0 R]>>", "<</FT/Sig/T(Other)/V "+value+">>"), []byte("/Root 1 0 R"), []byte("/Root 1 0 R/AuthCode<<>>"), 1)
	if err := signer.Extend(t.Context(), &bytes.Buffer{}, open(t, mac), signer.BT, services(ca)); stopped(err) != signer.FoundMAC {
		t.Errorf("Extend: %v", err)
	}
}

// TestCertificates: a certificate that is expired, not yet valid or not for signing is
// refused at every level, and a key that is not its own before it is used.
func TestCertificates(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	in := tablePDF(1)
	changed := func(change func(*x509.Certificate)) signer.Credential {
		c := *cred.Chain[0]
		change(&c)
		out := cred
		out.Chain = append([]*x509.Certificate{&c}, cred.Chain[1:]...)
		return out
	}
	for name, c := range map[string]struct {
		cred signer.Credential
		at   time.Time
		want signer.FindingCode
	}{
		"good":            {cred, signingTime, ""},
		"expired":         {cred, cred.Chain[0].NotAfter.Add(time.Second), signer.FoundExpired},
		"its last second": {cred, cred.Chain[0].NotAfter, ""},
		"not yet valid":   {cred, cred.Chain[0].NotBefore.Add(-time.Second), signer.FoundNotYetValid},
		"for keys":        {changed(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), signingTime, signer.FoundNotForSigning},
		"an authority's":  {changed(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCertSign }), signingTime, signer.FoundNotForSigning},
		"for any use":     {changed(func(c *x509.Certificate) { c.KeyUsage = 0 }), signingTime, ""},
		"a TSA's":         {changed(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping} }), signingTime, signer.FoundNotForSigning},
		"a responder's":   {changed(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} }), signingTime, signer.FoundNotForSigning},
		"for mail":        {changed(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), signingTime, ""},
		"for time stamps, mail": {changed(func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageEmailProtection}
		}), signingTime, ""},
	} {
		for level := signer.BB; level <= signer.BLTA; level++ {
			key := &countingKey{Signer: c.cred.Key}
			req := request(ca, signer.Credential{Chain: c.cred.Chain, Key: key}, level, "S")
			req.Time = c.at
			_, err := signer.Prepare(t.Context(), open(t, in), req)
			if stopped(err) != c.want || (c.want == "") != (err == nil) {
				t.Errorf("%s, %v: prepared: %v, want %s", name, level, err, c.want)
			}
			if c.want == "" {
				continue
			}
			if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, in), req); stopped(err) != c.want || key.asked > 0 {
				t.Errorf("%s, %v: %v, want %s; the key was called %d times", name, level, err, c.want, key.asked)
			}
			if req.Accept = []signer.FindingCode{c.want}; level == signer.BB {
				if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, in), req); err != nil {
					t.Errorf("%s, accepted: %v", name, err)
				}
			}
		}
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := &countingKey{Signer: other}
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, in), request(ca, signer.Credential{Chain: cred.Chain, Key: key}, signer.BB, "S")); !errors.Is(err, signer.ErrKeyMismatch) || key.asked > 0 {
		t.Errorf("another key: %v; it was called %d times", err, key.asked)
	}
}
