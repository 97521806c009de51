package verify_test

import (
	"regexp"
	"testing"
	"time"

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
