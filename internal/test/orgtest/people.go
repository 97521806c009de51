// Package orgtest is a platform with persons and companies for the tests of packages
// that use org. Its providers answer at once, and its clock moves only when it is
// moved.
package orgtest

import (
	"fmt"
	"strings"
)

// Phone returns the n-th person's phone; n below 100,000,000.
func Phone(n int) string { return fmt.Sprintf("138%08d", n) }

// Name returns the n-th person's name: the number in Chinese digits.
func Name(n int) string {
	name := "张"
	for _, d := range fmt.Sprint(n) {
		name += string([]rune("零一二三四五六七八九")[d-'0'])
	}
	return name
}

// IDNumber returns the n-th valid identity number (GB 11643); n below 50,000.
func IDNumber(n int) string {
	body := fmt.Sprintf("110105%04d0307%03d", 1950+n/1000, n%1000)
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(body[i]-'0') * weight
	}
	return body + string("10X98765432"[sum%11])
}

// CreditCode returns the n-th valid 统一社会信用代码 (GB 32100, GB 11714); n below 100,000,000.
func CreditCode(n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("91310115%08d", n)
	sum := 0
	for i, w := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(body[8+i]-'0')
	}
	body += "0X987654321"[sum%11 : sum%11+1]
	total, weight := 0, 1
	for i := range body {
		total += strings.IndexByte(alphabet, body[i]) * weight
		weight = weight * 3 % 31
	}
	return body + string(alphabet[(31-total%31)%31])
}
