package envelope

import (
	"strings"

	"github.com/dajiaqian/dajiaqian/org/secret"
)

// Methods are ways in which a signer shows their will (意愿认证): one, or several from
// which they may choose. The zero value is the default.
type Methods uint8

// The methods.
const (
	ByCode     Methods = 1 << iota // 短信验证码: a one-time code to their phone; the default
	ByPassword                     // 登录密码
	ByFace                         // 人脸识别
)

// allMethods has every method, with its names in the trail and in Chinese.
var allMethods = [...]struct {
	m      Methods
	en, zh string
}{{ByCode, "code", "短信验证码"}, {ByPassword, "password", "登录密码"}, {ByFace, "face", "人脸识别"}}

// String names the methods, as in code|face.
func (m Methods) String() string {
	return m.join("|", "unknown", func(i int) string { return allMethods[i].en })
}

// Zh returns the platform's Chinese words.
func (m Methods) Zh() string {
	return m.join("或", "未知", func(i int) string { return allMethods[i].zh })
}

func (m Methods) join(sep, unknown string, name func(int) string) string {
	var out []string
	for i, a := range allMethods {
		if m&a.m != 0 {
			out = append(out, name(i))
		}
	}
	if m&^(ByCode|ByPassword|ByFace) != 0 {
		out = append(out, unknown)
	}
	return strings.Join(out, sep)
}

// check returns an error if a bit is not a method.
func (m Methods) check(field string) error {
	if m&^(ByCode|ByPassword|ByFace) != 0 {
		return &FieldError{field, "M76", "a method of showing one's will is unknown", "请选择意愿认证方式"}
	}
	return nil
}

// Will shows that a signer wants to sign: a [Code], a [Password] or a [Face]. nil shows
// nothing; it is enough for a signer who has agreed already.
type Will interface{ method() Methods }

type (
	codeWill     struct{ digits secret.Text }
	passwordWill struct{ password secret.Text }
	faceWill     struct{ token string }
)

func (codeWill) method() Methods     { return ByCode }
func (passwordWill) method() Methods { return ByPassword }
func (faceWill) method() Methods     { return ByFace }

// Code is the one-time code that [Service.RequestCode] sent.
func Code(digits string) Will { return codeWill{secret.New(digits)} }

// Password is the signer's login password.
func Password(p secret.Text) Will { return passwordWill{p} }

// Face is a passed face check that [Service.RequestFace] opened; token is the Token of
// its result.
func Face(token string) Will { return faceWill{token} }

// methodOf returns the method of a Will; 0 for nil.
func methodOf(w Will) Methods {
	if w == nil {
		return 0
	}
	return w.method()
}
