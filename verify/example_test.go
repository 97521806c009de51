package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"time"

	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/verify"
)

// A seal is drawn, signed into a PDF, and verified, without any store.
func Example() {
	ctx := context.Background()
	now := func() time.Time { return time.Date(2026, 3, 4, 16, 30, 0, 0, time.FixedZone("CST", 8*3600)) }
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	art, err := seal.Draw(seal.Spec{Style: seal.StyleOfficial, Name: "上海测试科技有限公司", Code: "91310115591693856A"})
	must(err)
	ca, err := devca.New(devca.Config{Now: now, Algorithm: devca.RSA2048})
	must(err)
	cred, err := ca.Issue(devca.Subject{Company: "上海测试科技有限公司", Code: "91310115591693856A", Seal: "公章"})
	must(err)

	var page, signed bytes.Buffer
	must(art.PDF(&page)) // any PDF works
	doc, err := signer.Open(bytes.NewReader(page.Bytes()), int64(page.Len()))
	must(err)
	must(signer.Sign(ctx, &signed, doc, signer.Request{Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: ca}, Time: now(),
		NewField: &signer.Field{Name: "Seal", Page: 1, Box: signer.Around(21, 21, 42, 42)}, Appearance: art}))

	rep, err := verify.Verify(ctx, bytes.NewReader(signed.Bytes()), int64(signed.Len()), verify.Policy{
		Roots: ca.Roots(), Time: now(), Revocation: verify.UnsafeSkipRevocation})
	must(err)
	fmt.Print(rep.Text(verify.Chinese))
	// Output:
	// 文件中共有 1 个签名
	//
	// 签章结果: 签名有效且可信
	// 签章人: 上海测试科技有限公司@91310115591693856A@公章
	// 签章人标识: 91310115*****A
	// 签名时间: 2026-03-04 16:30:00 (该时间为权威时间戳, 经验证有效)
	// 是否使用时间戳: 是
	// 签名算法: RSA
	// 签名状态: 有效
	// 注意: 未能确认证书是否已被吊销（REVOCATION_NOT_CHECKED）
}
