package plain_test

import (
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/plain"
)

// TestT34Unlink: what a sender types is no link in a short message.
func TestT34Unlink(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"劳动合同":                   "劳动合同",
		"http://evil.com/x":      "http evil·com/x",
		"请看www.evil.com。谢谢":      "请看www·evil·com。谢谢",
		"恶意.中国":                  "恶意·中国",
		"恶意．中国 evil。cn":          "恶意·中国 evil·cn",
		"第一条。第二条":                "第一条。第二条",
		"1.2.3.4/x":              "1·2·3·4/x",
		"版本 1.2, 3.5万元":          "版本 1.2, 3.5万元",
		"1.5:80":                 "1·5:80",
		"a@evil.com":             "a evil·com",
		"合同.pdf":                 "合同·pdf",
		"wechat:// x":            "wechat  x",
		".com a. b .":            ".com a. b .",
		"sub-1.x_2.example.test": "sub-1·x_2·example·test",
	} {
		if got := plain.Unlink(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
