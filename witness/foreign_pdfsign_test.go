package witness_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/digitorus/pdf"
	"github.com/digitorus/pdfsign/sign"
)

// signByPdfsign signs a file in memory.
func signByPdfsign(file []byte, data sign.SignData) ([]byte, error) {
	in := bytes.NewReader(file)
	r, err := pdf.NewReader(in, int64(len(file)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = sign.Sign(in, &out, r, int64(len(file)), data)
	return out.Bytes(), err
}

// pdfsignAs is an approval signature by pdfsign.
func pdfsignAs(chain []*x509.Certificate, key crypto.Signer) sign.SignData {
	data := sign.SignData{Signer: key, Certificate: chain[0], CertificateChains: [][]*x509.Certificate{chain}, DigestAlgorithm: crypto.SHA256}
	if strings.HasPrefix(chain[0].PublicKeyAlgorithm.String(), "Ed") {
		data.DigestAlgorithm = crypto.SHA512 // RFC 8419, 3.1
	}
	data.Signature.CertType = sign.ApprovalSignature
	data.Signature.Info.Name = chain[0].Subject.CommonName
	data.Signature.Info.Date = time.Now()
	return data
}

// What pdfsign signs for a subject of our authority. Its SubFilter is
// adbe.pkcs7.detached: no level of PAdES, and the signing-time attribute that it
// always has is allowed (ISO 32000-2, 12.8.3.3.2).
func TestPdfsignSigned(t *testing.T) {
	passed := verdict{field: "Signature 1", indication: verify.TotalPassed, level: "CMS", time: verify.TimeClaimed, changes: verify.ChangeNone}
	for _, algorithm := range []string{"rsa2048", "p256", "ed25519"} {
		a := authorityOf(t, algorithm)
		data := pdfsignAs(a.cred.Chain, a.cred.Key)
		make := func(t *testing.T, file []byte, data sign.SignData) []byte {
			t.Helper()
			out, err := signByPdfsign(file, data)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		t.Run(algorithm+"/approval", func(t *testing.T) {
			file := make(t, small.pdf(), data)
			expect(t, judge(t, a, file), passed)
			failed := passed
			failed.indication, failed.sub, failed.reasons = verify.TotalFailed, verify.HashFailure, []verify.Reason{verify.CMSDigest}
			expect(t, judge(t, a, changed(file)), failed)
		})
		t.Run(algorithm+"/certification", func(t *testing.T) {
			data := data
			data.Signature.CertType = sign.CertificationSignature
			got := judge(t, a, make(t, small.pdf(), data))
			expect(t, got, passed)
			if got.Signatures[0].DocMDP != int(sign.DoNotAllowAnyChangesPerms) {
				t.Errorf("DocMDP %d", got.Signatures[0].DocMDP)
			}
		})
		t.Run(algorithm+"/timestamp", func(t *testing.T) {
			data := data
			data.TSA.URL = strings.TrimSuffix(a.cred.Chain[0].CRLDistributionPoints[0], "issuing.crl") + "tsa"
			stamped := passed
			stamped.time = verify.TimeTimestamp
			expect(t, judge(t, a, make(t, small.pdf(), data)), stamped)
			// With no certificate of a signer it is a document timestamp.
			data.Signature.CertType = sign.TimeStampSignature
			stamped.kind, stamped.level = verify.KindTimestamp, "TS"
			expect(t, judge(t, a, make(t, small.pdf(), data)), stamped)
		})
		// Ours on top of theirs, at B-LTA: theirs is now covered by our timestamp, and
		// what we added was a further signature.
		t.Run(algorithm+"/ours after it", func(t *testing.T) {
			file, err := a.sign(make(t, small.pdf(), data), "S", signer.BLTA)
			if err != nil {
				t.Fatal(err)
			}
			first := passed
			first.time, first.changes = verify.TimeTimestamp, verify.ChangeSign
			expect(t, judge(t, a, file), first,
				verdict{field: "S", indication: verify.TotalPassed, level: "B-LTA", time: verify.TimeTimestamp, changes: verify.ChangeLTA},
				verdict{field: "Timestamp1", kind: verify.KindTimestamp, indication: verify.TotalPassed, level: "TS", time: verify.TimeTimestamp, changes: verify.ChangeNone})
		})
		// Theirs on top of ours: it puts another object in the place of the catalog, with
		// an AcroForm made again. That is more than a further signature may change (ISO
		// 32000-2, 12.8.2.2), so ours fails, and the new one passes.
		t.Run(algorithm+"/after ours", func(t *testing.T) {
			ours, err := a.sign(small.pdf(), "S", signer.BB)
			if err != nil {
				t.Fatal(err)
			}
			second := passed
			second.field = "Signature 2"
			expect(t, judge(t, a, make(t, ours, data)), verdict{
				field: "S", indication: verify.TotalFailed, sub: verify.FormatFailure, reasons: []verify.Reason{verify.SigChanged},
				level: "B-B", time: verify.TimeClaimed, changes: verify.ChangeOther,
			}, second)
		})
	}
}

// By default pdfsign signs with SHA-256, also where the key is Ed25519. RFC 8419,
// 3.1 says that the digest of such a signature must be SHA-512. This is noted, and no fault
// of the signature.
func TestPdfsignEd25519WithSHA256(t *testing.T) {
	a := authorityOf(t, "ed25519")
	data := pdfsignAs(a.cred.Chain, a.cred.Key)
	data.DigestAlgorithm = crypto.SHA256
	file, err := signByPdfsign(small.pdf(), data)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, judge(t, a, file), verdict{
		field: "Signature 1", indication: verify.TotalPassed, warnings: []verify.Reason{verify.CMSNotCanonical},
		level: "CMS", time: verify.TimeClaimed, changes: verify.ChangeNone,
	})
}

// What pdfsign signs with a chain that crypto/x509 made. Its issuer serves no
// evidence about revocation.
func TestPdfsignStranger(t *testing.T) {
	a, s := authorityOf(t, "p256"), newStranger(t)
	file, err := signByPdfsign(small.pdf(), pdfsignAs([]*x509.Certificate{s.leaf, s.root}, s.key))
	if err != nil {
		t.Fatal(err)
	}
	want := verdict{field: "Signature 1", level: "CMS", time: verify.TimeClaimed, changes: verify.ChangeNone}
	// EN 319 102-1, 5.2.6.4: no path to an anchor.
	unknown := want
	unknown.indication, unknown.sub, unknown.reasons = verify.Undetermined, verify.NoChain, []verify.Reason{verify.NoCertificateChainFound}
	expect(t, judge(t, a, file), unknown)
	// 5.2.6.4 again: a path, and no information about revocation.
	trusting := policy(a)
	trusting.Roots = append(trusting.Roots, s.root)
	later := want
	later.indication, later.sub, later.reasons = verify.Undetermined, verify.TryLater, []verify.Reason{verify.RevocationNoData}
	expect(t, judgeBy(t, file, trusting), later)
	trusting.Revocation = verify.UnsafeSkipRevocation
	skipped := want
	skipped.indication, skipped.warnings = verify.TotalPassed, []verify.Reason{verify.RevocationNotChecked}
	expect(t, judgeBy(t, file, trusting), skipped)
}

// pdfsign writes an AcroForm with signatures alone: the fields of a form are gone.
// Our signer keeps them. That is why pdfsign signs nothing for the library.
func TestPdfsignDropsFields(t *testing.T) {
	a := authorityOf(t, "p256")
	form := sample{fields: true}.pdf()
	theirs, err := signByPdfsign(form, pdfsignAs(a.cred.Chain, a.cred.Key))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := a.sign(form, "S", signer.BB)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{{"before", form, "Note"}, {"pdfsign", theirs, "Signature 1"}, {"ours", ours, "Note S"}} {
		r, err := pdf.NewReader(bytes.NewReader(c.file), int64(len(c.file)))
		if err != nil {
			t.Fatal(err)
		}
		fields := r.Trailer().Key("Root").Key("AcroForm").Key("Fields")
		var names []string
		for i := range fields.Len() {
			names = append(names, fields.Index(i).Key("T").Text())
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: fields %q, want %q", c.name, got, c.want)
		}
	}
}
