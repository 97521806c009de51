package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dajiaqian/dajiaqian/verify"
)

// XML writes the signature validation report of ETSI TS 119 102-2 (v1.4.1), in UTF-8:
//
//   - one SignatureValidationReport for each entry of rep.Signatures, in that order,
//     document timestamps among them. Their indications are passed, failed and
//     indeterminate, those of signatures total-passed, total-failed and indeterminate;
//   - one more, without a SignatureIdentifier, if rep.Reasons has something about the file
//     as a whole, or if the file has no signature: total-failed if the file is
//     [verify.Invalid], otherwise indeterminate. So a file is valid only if none of the
//     reports says anything but passed;
//   - the certificates, timestamps, OCSP responses and CRLs that the verdicts rest on, each
//     once. Of what is larger than 64 KiB there is the digest.
//
// Reasons and warnings stand in AdditionalValidationReportData, in Chinese and English.
// The report names no policy, and no validator but this program: its signature, made by
// [Sign], says who answers for it. Texts from the file are escaped (A45).
func XML(w io.Writer, doc Document, rep *verify.Report) error {
	x := &xmlReport{builder: new(builder), objects: newObjects(&doc), rep: rep}
	x.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	x.in("ValidationReport", x.write, attr{"xmlns", nsReport}, attr{"xmlns:ds", nsDsig}, attr{"xmlns:XAdES", nsXAdES}, attr{"xmlns:tsl", nsList})
	if _, err := w.Write(x.out.Bytes()); err != nil {
		return fmt.Errorf("report: writing: %w", err)
	}
	return nil
}

// xmlReport is an XML report on its way.
type xmlReport struct {
	*builder
	*objects
	rep *verify.Report
}

func (x *xmlReport) write() {
	for i := range x.rep.Signatures {
		x.in("SignatureValidationReport", func() { x.writeSignature(i) })
	}
	if len(x.rep.Reasons) > 0 || len(x.rep.Signatures) == 0 {
		x.in("SignatureValidationReport", x.writeFile)
	}
	x.objects.write(x.builder)
	x.in("SignatureValidator", func() {
		x.in("DigitalId", func() { x.text("tsl:Other", "https://github.com/dajiaqian/dajiaqian") })
	})
}

// writeSignature writes the report of one signature (TS 119 102-2, type
// SignatureValidationReportType).
func (x *xmlReport) writeSignature(i int) {
	s := &x.rep.Signatures[i]
	b := s.Basis()
	x.in("SignatureIdentifier", func() {
		if digestURI(s.Digest) != "" && b.Represented != nil {
			writeDigest(x.builder, s.Digest, b.Represented)
		}
		if b.Value != nil {
			x.bytes("ds:SignatureValue", b.Value)
		}
		x.text("HashOnly", "false")
		x.text("DocHashOnly", "false")
	}, attr{"id", fmt.Sprintf("S%d", i+1)})
	x.in("ValidationConstraintsEvaluationReport", func() { x.writeConstraints(s) })
	stamp := x.timestamp(s, &b)
	x.writeTimes(s, stamp)
	x.in("SignersDocument", func() {
		if uri := digestURI(b.CoveredBy); uri != "" && b.Covered != nil {
			writeDigest(x.builder, b.CoveredBy, b.Covered)
		}
		x.refer("SignersDocumentRepresentation", "D1")
	})
	x.writeAttributes(s, &b, stamp)
	if len(b.Path) > 0 {
		x.in("SignerInformation", func() {
			x.refer("SignerCertificate", x.certificate(b.Path[0]))
			x.text("Signer", s.Signer)
		})
	}
	if s.Kind == verify.KindSignature {
		x.in("SignatureValidationProcess", func() { x.text("SignatureValidationProcessID", urnProcess+"LTA") })
	}
	x.in("SignatureValidationStatus", func() { x.writeStatus(i, &b, stamp) })
}

// writeTimes writes the time of validation and the best signature time, which is the time
// of validation if nothing proves an earlier one (EN 319 102-1, 5.5).
func (x *xmlReport) writeTimes(s *verify.Signature, stamp string) {
	if !isDate(x.rep.Time) {
		return
	}
	x.in("ValidationTimeInfo", func() {
		x.time("ValidationTime", x.rep.Time)
		x.in("BestSignatureTime", func() {
			best, proof := x.rep.Time, ""
			if s != nil && s.TimeSource == verify.TimeTimestamp && isDate(s.SigningTime) {
				if proof = x.findProof(s, stamp); proof != "" {
					best = s.SigningTime
				}
			}
			x.time("POETime", best)
			x.text("TypeOfProof", urnProof+"validation")
			if proof != "" {
				x.refer("POEObject", proof)
			}
		})
	})
}

// findProof returns the trusted timestamp that proves a signature's time: its own, or a
// document timestamp. It returns "" if nothing proves it.
func (x *xmlReport) findProof(s *verify.Signature, stamp string) string {
	if b := s.Basis(); stamp != "" && b.Proven && b.StampTime.Equal(s.SigningTime) {
		return stamp
	}
	for i := range x.rep.Signatures {
		t := &x.rep.Signatures[i]
		if t.Kind != verify.KindTimestamp || !t.Trusted || !t.SigningTime.Equal(s.SigningTime) {
			continue
		}
		b := t.Basis()
		return x.timestamp(t, &b)
	}
	return ""
}

// writeAttributes writes what the signature says of itself (TS 119 102-2, annex A).
func (x *xmlReport) writeAttributes(s *verify.Signature, b *verify.Basis, stamp string) {
	var parts []func()
	signed := attr{"Signed", "true"}
	add := func(outer, inner, value string) {
		if value != "" {
			parts = append(parts, func() { x.in(outer, func() { x.text(inner, value) }, signed) })
		}
	}
	if isDate(b.Claimed) {
		parts = append(parts, func() { x.in("SigningTime", func() { x.time("Time", b.Claimed) }, signed) })
	}
	if stamp != "" && isDate(b.StampTime) {
		name := "SignatureTimeStamp"
		if s.Kind == verify.KindTimestamp {
			name = "DocTimeStamp"
		}
		parts = append(parts, func() {
			x.in(name, func() {
				x.refer("AttributeObject", stamp)
				x.time("TimeStampValue", b.StampTime)
			})
		})
	}
	add("SignatureProductionPlace", "AddressString", b.Location)
	add("Reason", "ReasonElement", b.Reason)
	add("Name", "NameElement", b.Name)
	add("ContactInfo", "ContactInfoElement", b.Contact)
	add("SubFilter", "SubFilterElement", s.SubFilter)
	if b.ByteRange != [4]int64{} {
		r := b.ByteRange
		parts = append(parts, func() { x.text("ByteRange", fmt.Sprintf("%d %d %d %d", r[0], r[1], r[2], r[3])) })
	}
	if len(parts) > 0 {
		x.in("SignatureAttributes", func() {
			for _, write := range parts {
				write()
			}
		})
	}
}

// writeStatus writes the verdict on a signature and what it rests on (TS 119 102-2, type
// ValidationStatusType).
func (x *xmlReport) writeStatus(i int, b *verify.Basis, stamp string) {
	s := &x.rep.Signatures[i]
	x.text("MainIndication", mainIndication(s))
	if s.SubIndication != "" {
		x.text("SubIndication", urnSub+string(s.SubIndication))
	}
	x.in("AssociatedValidationReportData", func() {
		if b.Anchored {
			x.refer("TrustAnchor", x.certificate(b.Path[len(b.Path)-1]))
		}
		if len(b.Path) > 0 {
			x.in("CertificateChain", func() {
				for n, c := range b.Path {
					switch {
					case n == 0:
						x.refer("SigningCertificate", x.certificate(c))
					case n < len(b.Path)-1:
						x.refer("IntermediateCertificate", x.certificate(c))
					}
				}
				if b.Anchored {
					x.refer("TrustAnchor", x.certificate(b.Path[len(b.Path)-1]))
				}
			})
		}
		for _, id := range x.findRelated(b, stamp) {
			x.refer("RelatedValidationObject", id)
		}
		x.writeRevoked(b)
		if uri := signatureURI(s.Algorithm, s.Digest); uri != "" {
			x.in("CryptoInformation", func() {
				x.refer("ValidationObjectId", fmt.Sprintf("S%d", i+1))
				x.text("Algorithm", uri)
				weak := slices.Contains(s.Reasons, verify.CMSWeakHash) || slices.Contains(s.Reasons, verify.CMSAlgorithm)
				x.text("SecureAlgorithm", strconv.FormatBool(!weak))
			})
		}
		x.writeData(signatureData(s, b))
	})
}

// findRelated returns the timestamp, its authority's path and the evidence.
func (x *xmlReport) findRelated(b *verify.Basis, stamp string) (ids []string) {
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(stamp)
	for _, c := range b.StampPath {
		add(x.certificate(c))
	}
	for _, e := range b.Evidence {
		add(x.evidence(e))
	}
	return ids
}

func (x *xmlReport) evidence(e verify.Evidence) string {
	if e.OCSP != nil {
		return x.add("O", "OCSPResponse", e.OCSP)
	}
	return x.add("R", "CRL", e.CRL)
}

// writeRevoked writes the first revocation that was found.
func (x *xmlReport) writeRevoked(b *verify.Basis) {
	for _, e := range b.Evidence {
		if !isDate(e.RevokedAt) {
			continue
		}
		x.in("RevocationStatusInformation", func() {
			x.refer("ValidationObjectId", x.certificate(e.Certificate))
			x.time("RevocationTime", e.RevokedAt)
			if uri := revocationReason(e.Reason); uri != "" {
				x.text("RevocationReason", uri)
			}
			x.refer("RevocationObject", x.evidence(e))
		})
		return
	}
}

// datum is a ReportData: what it is, after own, and its value.
type datum struct{ kind, value string }

func (x *xmlReport) writeData(list []datum) {
	x.in("AdditionalValidationReportData", func() {
		for _, d := range list {
			x.in("ReportData", func() {
				x.text("Type", own+d.kind)
				x.text("Value", d.value)
			})
		}
	})
}

// reasonData returns reasons in words: code, Chinese, English.
func reasonData(kind string, list []verify.Reason) (out []datum) {
	for _, r := range list {
		out = append(out, datum{kind, string(r) + ": " + r.Text(verify.Chinese) + " / " + r.Text(verify.English)})
	}
	return out
}

// signatureData returns the answers that ETSI's report has no place for.
func signatureData(s *verify.Signature, b *verify.Basis) []datum {
	out := slices.Concat(reasonData("reason", s.Reasons), reasonData("warning", s.Warnings))
	add := func(kind, value string) {
		if value != "" {
			out = append(out, datum{kind, value})
		}
	}
	add("field", s.Field)
	add("level", s.Level)
	add("coverage", s.Coverage.String())
	if s.RevisionNumber > 0 {
		add("revision", strconv.Itoa(s.RevisionNumber))
	}
	if s.DocMDP > 0 {
		add("docmdp", strconv.Itoa(s.DocMDP))
	}
	add("signer-id", s.SignerID)
	for _, p := range b.Places {
		if p.Rect[2] == 0 || p.Rect[3] == 0 {
			continue
		}
		add("place", fmt.Sprintf("page %d, mm from its top left corner: %s", p.Page, joinNumbers(p.Rect[:])))
	}
	add("changes", s.ChangeLevel.String())
	for _, c := range s.Changes {
		add("change", fmt.Sprintf("revision %d, %s, %s: %s / %s", c.Revision, c.Level, c.Code, c.Text(verify.Chinese), c.Text(verify.English)))
	}
	return out
}

// joinNumbers writes millimetres with a tenth.
func joinNumbers(list []float64) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strings.Join(out, " ")
}

// writeConstraints writes the separate answers (TS 119 102-2, 4.3.5).
func (x *xmlReport) writeConstraints(s *verify.Signature) {
	has := func(list []verify.Reason, any ...verify.Reason) bool {
		return slices.ContainsFunc(any, func(r verify.Reason) bool { return slices.Contains(list, r) })
	}
	answer := func(passed, failed bool) string {
		switch {
		case passed:
			return "passed"
		case failed:
			return "failed"
		}
		return "indeterminate"
	}
	for _, c := range []struct {
		name, answer string
	}{
		{"intact", answer(s.Intact, s.Indication == verify.TotalFailed)},
		{"trusted", answer(s.Trusted, false)},
		{"changes", answer(s.Intact && s.ChangeLevel != verify.ChangeUnchecked && !has(s.Reasons, verify.SigChanged), has(s.Reasons, verify.SigChanged))},
		{"revocation", answer(s.Trusted && !has(s.Reasons, verify.RevocationRevoked, verify.RevocationNoData, verify.RevocationStale),
			has(s.Reasons, verify.RevocationRevoked))},
	} {
		x.in("ValidationConstraint", func() {
			x.text("ValidationConstraintIdentifier", own+c.name)
			status := "applied"
			if c.name == "revocation" && has(s.Warnings, verify.RevocationNotChecked) {
				status = "disabled"
			}
			x.in("ConstraintStatus", func() { x.text("Status", urnConstraint+status) })
			if status == "applied" {
				x.in("ValidationStatus", func() { x.text("MainIndication", urnMain+c.answer) })
			}
		})
	}
}

// writeFile writes the report about the file as a whole.
func (x *xmlReport) writeFile() {
	x.writeTimes(nil, "")
	x.in("SignersDocument", func() { x.refer("SignersDocumentRepresentation", "D1") })
	x.in("SignatureValidationStatus", func() {
		if x.rep.Verdict == verify.Invalid {
			x.text("MainIndication", urnMain+"total-failed")
			x.text("SubIndication", urnSub+string(verify.FormatFailure))
		} else {
			x.text("MainIndication", urnMain+"indeterminate")
		}
		x.in("AssociatedValidationReportData", func() {
			data := append([]datum{{"verdict", x.rep.Verdict.String()}}, reasonData("reason", x.rep.Reasons)...)
			for _, m := range x.rep.Mentions {
				data = append(data, datum{"mention", fmt.Sprintf("%s, byte %d: %s / %s", m.Kind, m.Offset, m.Text(verify.Chinese), m.Text(verify.English))})
			}
			x.writeData(data)
		})
	})
}
