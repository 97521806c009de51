package verify_test

import (
	"bytes"
	"crypto/x509"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// A signature without /M shows the time of its signed attribute, as claimed.
func TestClaimedTimeOfTheAttribute(t *testing.T) {
	m := newMaterial(t, devca.P256)
	f := m.forge(t, m.one, newField(t, m.one), regexp.MustCompile(`/M ?\(.*?\)`).ReplaceAllString(sigDict, ""))
	p := &patient{t: t, top: parseDER(t, f.value(t))[0], profile: f.profile, cred: m.cheat}
	p.more(pkcs9(5), prim(0x17, []byte("260201101500Z")))
	p.sort()
	p.resign()
	file := f.with(p.top.encode())
	if regexp.MustCompile(`/M ?\(`).Match(file[len(m.one):]) {
		t.Fatal("the signature has an /M")
	}
	rep := judge(t, file, policy(m.ca))
	s := rep.Signatures[len(rep.Signatures)-1]
	if want := time.Date(2026, 2, 1, 10, 15, 0, 0, time.UTC); s.TimeSource != verify.TimeClaimed || !s.SigningTime.Equal(want) {
		t.Errorf("%v %v, want %v as claimed", s.SigningTime, s.TimeSource, want)
	}
}

// TestClaimsWithoutRoots: for a policy that trusts nobody, the level and the time of the
// timestamp are shown as what they claim to be. Nothing is trusted for it.
func TestClaimsWithoutRoots(t *testing.T) {
	w := &watch{signingTime}
	ca := timedCA(t, w, devca.P256)
	cred := issue(t, ca)
	nobody := at(ca, w.t.Add(time.Minute))
	nobody.Roots = []*x509.Certificate{}
	for level := signer.BB; level <= signer.BLTA; level++ {
		rep := judge(t, signed(t, ca, cred, w, level), nobody)
		s := rep.Signatures[0]
		source := verify.TimeTimestamp
		if level == signer.BB {
			source = verify.TimeClaimed
		}
		if s.Level != level.String() || s.TimeSource != source || s.Trusted || rep.Verdict != verify.Indeterminate {
			t.Errorf("%v: %v %v, trusted %v, %v", level, s.Level, s.TimeSource, s.Trusted, rep.Verdict)
		}
		if text := rep.Text(verify.Chinese); strings.Contains(text, "经验证有效") || strings.Contains(text, "时间戳服务机构未经确认") == (level == signer.BB) {
			t.Errorf("%v: the page says\n%s", level, text)
		}
	}
	// A timestamp over other bytes claims nothing.
	m := newMaterial(t, devca.P256)
	f := m.forge(t, m.one, newField(t, m.one), sigDict)
	p := &patient{t: t, top: parseDER(t, f.value(t))[0], profile: f.profile, cred: m.cheat}
	p.si().kids = append(p.si().kids, under(0xa1, seq(oid(pkcs9(16, 2, 14)...), set(parseDER(t, tokenOf(t, signed(t, ca, cred, w, signer.BT)))[0]))))
	rep := judge(t, f.with(p.top.encode()), nobody)
	if s := rep.Signatures[len(rep.Signatures)-1]; s.TimeSource == verify.TimeTimestamp || s.Level != "B-B" {
		t.Errorf("another's timestamp: %v %v", s.Level, s.TimeSource)
	}
}

// TestUnparsedSignatureIsListed: a signature whose dictionary cannot be read is listed with
// the others, and fails the document.
func TestUnparsedSignatureIsListed(t *testing.T) {
	m := newMaterial(t, devca.P256)
	b := m.over(t, m.one, nil)
	i := bytes.LastIndex(b, []byte("195 0 obj\n<<"))
	b = slices.Concat(b[:i], []byte("195 0 obj\n<("), b[i+len("195 0 obj\n<<"):])
	rep := judge(t, b, policy(m.ca))
	if len(rep.Signatures) != 2 || rep.Verdict != verify.Invalid {
		t.Fatalf("%v %v, %d signatures", rep.Verdict, rep.Reasons, len(rep.Signatures))
	}
	for _, s := range rep.Signatures {
		if (s.Field == "New") != slices.Contains(s.Reasons, verify.StructUnreadable) {
			t.Errorf("%s: %v", s.Field, s.Reasons)
		}
	}
}
