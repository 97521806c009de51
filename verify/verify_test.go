package verify_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

func TestValid(t *testing.T) {
	for name, alg := range map[string]devca.Algorithm{"P-256": devca.P256, "RSA": devca.RSA2048} {
		t.Run(name, func(t *testing.T) {
			ca := newCA(t, alg)
			_, _, two := signedTwice(t, ca)
			rep := judge(t, two, policy(ca))
			if rep.Verdict != verify.Valid || len(rep.Signatures) != 2 {
				t.Fatalf("%v %v %+v", rep.Verdict, rep.Reasons, rep.Signatures)
			}
			first, second := rep.Signatures[0], rep.Signatures[1]
			if first.ChangeLevel != verify.ChangeSign || first.Coverage != verify.CoversRevision {
				t.Errorf("first: changes %v, coverage %v, %q", first.ChangeLevel, first.Coverage, changesOf(first))
			}
			if second.ChangeLevel != verify.ChangeNone || second.Coverage != verify.CoversFile {
				t.Errorf("second: changes %v, coverage %v", second.ChangeLevel, second.Coverage)
			}
			if first.Level != "B-T" || first.TimeSource != verify.TimeTimestamp || !first.SigningTime.Equal(signingTime) {
				t.Errorf("first: level %s, time %v from %v", first.Level, first.SigningTime, first.TimeSource)
			}
		})
	}
}

// TestM80ManualPage checks M80 and M81: the words of the manual's result page.
func TestM80ManualPage(t *testing.T) {
	ca := newCA(t, devca.RSA2048)
	_, _, two := signedTwice(t, ca)
	got := judge(t, two, policy(ca)).Text(verify.Chinese)
	want := `文件中共有 2 个签名

签章结果: 签名有效且可信
签章人: 张三@410*****2028@测试上海科技有限公司@91310115591693856A
签章人标识: 410*****8
签名时间: 2026-03-04 16:30:00 (该时间为权威时间戳, 经验证有效)
是否使用时间戳: 是
签名算法: RSA
签名状态: 有效
注意: 未能确认证书是否已被吊销（REVOCATION_NOT_CHECKED）

签章结果: 签名有效且可信
签章人: 测试上海科技有限公司@91310115591693856A@公章
签章人标识: 91310115*****A
签名时间: 2026-03-04 16:30:00 (该时间为权威时间戳, 经验证有效)
是否使用时间戳: 是
签名算法: RSA
签名状态: 有效
注意: 未能确认证书是否已被吊销（REVOCATION_NOT_CHECKED）
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSON(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, one, _ := signedTwice(t, ca)
	b, err := json.Marshal(judge(t, one, policy(ca)))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	sigs, _ := got["signatures"].([]any)
	if got["verdict"] != "valid" || len(sigs) != 1 {
		t.Fatalf("%s", b)
	}
	sig, _ := sigs[0].(map[string]any)
	for k, want := range map[string]any{"field": "经办人", "kind": "signature", "indication": "TOTAL_PASSED", "intact": true,
		"coverage": "whole_file", "changes": "none", "signing_time": "2026-03-04T08:30:00Z", "time_source": "timestamp",
		"page": 1.0, "algorithm": "ECDSA", "digest": "SHA256", "sub_filter": "ETSI.CAdES.detached"} {
		if sig[k] != want {
			t.Errorf("%s = %v, want %v", k, sig[k], want)
		}
	}
	rect, _ := sig["rect_mm"].([]any)
	if len(rect) != 4 || rect[0] != 29.0 || rect[1] != 79.0 || rect[2] != 42.0 || rect[3] != 42.0 {
		t.Errorf("rect_mm = %v", rect)
	}
}

// TestTrust varies the policy over one good file: what is not established is never
// valid (C15, C16, C20).
func TestTrust(t *testing.T) {
	ca, stranger := newCA(t, devca.P256), newCA(t, devca.P256)
	_, one, _ := signedTwice(t, ca)
	for _, c := range []struct {
		name   string
		change func(*verify.Policy)
		want   verify.Verdict
		reason verify.Reason
	}{
		{"no roots", func(p *verify.Policy) { p.Roots = []*x509.Certificate{} }, verify.Indeterminate, verify.NoCertificateChainFound},
		{"other roots", func(p *verify.Policy) { p.Roots = stranger.Roots() }, verify.Indeterminate, verify.NoCertificateChainFound},
		{"before the timestamp", func(p *verify.Policy) { p.Time = signingTime.Add(-time.Hour) }, verify.Indeterminate, verify.TimeFuture},
		{"after the TSA expired", func(p *verify.Policy) { p.Time = signingTime.AddDate(11, 0, 0) }, verify.Indeterminate, verify.ChainExpired},
		{"after the signer expired", func(p *verify.Policy) { p.Time = signingTime.AddDate(3, 0, 0) }, verify.Valid, ""},
		{"revocation required", func(p *verify.Policy) { p.Revocation = verify.RequireRevocation }, verify.Indeterminate, verify.RevocationNoData},
	} {
		p := policy(ca)
		c.change(&p)
		rep := judge(t, one, p)
		if rep.Verdict != c.want || (c.reason != "" && !has(rep, c.reason)) {
			t.Errorf("%s: %v %v, want %v %v", c.name, rep.Verdict, rep.Signatures[0].Reasons, c.want, c.reason)
		}
	}
}

func TestPolicyIsRequired(t *testing.T) {
	full := policy(newCA(t, devca.P256))
	for name, clear := range map[string]func(*verify.Policy){
		"Roots":      func(p *verify.Policy) { p.Roots = nil },
		"Time":       func(p *verify.Policy) { p.Time = time.Time{} },
		"Revocation": func(p *verify.Policy) { p.Revocation = 0 },
		"MaxChange":  func(p *verify.Policy) { p.MaxChange = verify.ChangeOther },

		"CertificatePolicies.Set":                   func(p *verify.Policy) { p.CertificatePolicies.Set = []string{"policy"} },
		"CertificatePolicies.Set has more than 100": func(p *verify.Policy) { p.CertificatePolicies.Set = make([]string, 101) },
	} {
		p := full
		clear(&p)
		_, err := verify.Verify(t.Context(), bytes.NewReader(nil), 0, p)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func has(rep *verify.Report, code verify.Reason) bool {
	for _, r := range rep.Reasons {
		if r == code {
			return true
		}
	}
	for _, s := range rep.Signatures {
		for _, r := range s.Reasons {
			if r == code {
				return true
			}
		}
	}
	return false
}

func TestUnsignedAndUnreadable(t *testing.T) {
	p := policy(newCA(t, devca.P256))
	for name, c := range map[string]struct {
		in   []byte
		want verify.Verdict
	}{
		"unsigned":   {plainPDF(1, ""), verify.Unsigned},
		"empty":      {nil, verify.Unreadable},
		"not a PDF":  {[]byte("Guten Tag"), verify.Unreadable},
		"cut off":    {plainPDF(1, "")[:300], verify.Unreadable},
		"only empty": {layout(t, plainPDF(1, ""), "A"), verify.Unsigned},
	} {
		if rep := judge(t, c.in, p); rep.Verdict != c.want {
			t.Errorf("%s: %v %v", name, rep.Verdict, rep.Reasons)
		}
	}
}

// TestNewFieldSigned checks D2: a field added and signed in one revision grades as
// sign.
func TestNewFieldSigned(t *testing.T) {
	ca := newCA(t, devca.P256)
	_, _, two := signedTwice(t, ca)
	cred, err := ca.Issue(devca.Subject{Name: "李四", ID: "310*****0011"})
	if err != nil {
		t.Fatal(err)
	}
	three := sign(t, two, signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: signingTime,
		NewField: &signer.Field{Name: "追加", Page: 1, Box: signer.Around(100, 200, 30, 30)}})
	rep := judge(t, three, policy(ca))
	if rep.Verdict != verify.Valid || len(rep.Signatures) != 3 || rep.Signatures[0].ChangeLevel != verify.ChangeSign {
		t.Fatalf("%v %v %+v", rep.Verdict, rep.Reasons, rep.Signatures)
	}
	p := policy(ca)
	p.MaxChange = verify.ChangeNone
	if rep := judge(t, three, p); rep.Verdict != verify.Invalid || !has(rep, verify.SigChanged) {
		t.Errorf("with max change none: %v", rep.Verdict)
	}
}

// changesOf returns the changes since a signature in words.
func changesOf(s verify.Signature) (out []string) {
	for _, c := range s.Changes {
		out = append(out, c.Text(verify.English))
	}
	return out
}
