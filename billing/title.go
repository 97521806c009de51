package billing

import (
	"net/mail"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org"
)

// What may be written on an invoice, decided without ctx, clock or store.

// TitleKind says who an invoice is for (M57). The zero value is invalid.
type TitleKind int

// The kinds.
const (
	TitleCompany TitleKind = iota + 1 // 企业
	TitlePerson                       // 个人/其他
)

var titleKindNames = [...][2]string{
	TitleCompany: {"company", "企业"},
	TitlePerson:  {"person", "个人/其他"},
}

// String returns the kind in English.
func (k TitleKind) String() string { return enum.English("TitleKind", titleKindNames[:], k) }

// Zh returns the platform's word.
func (k TitleKind) Zh() string { return enum.Zh("未知", titleKindNames[:], k) }

// InvoiceForm is what 申请开票 asks for (M57), and what the provider gets. Phone, Email,
// Address and Bank are passed to the provider, and neither stored nor logged.
type InvoiceForm struct {
	Order     string // id
	TitleKind TitleKind
	Title     string // 抬头, 1 to 100 characters
	TaxNumber string // 税号, required for a company
	Fen       int64  // 发票金额 in fen (分); 0 means all that was paid
	Phone     string // 手机号, may be empty
	Email     string // 邮箱, may be empty
	Address   string // 更多: 地址, 电话; up to 200 characters
	Bank      string // 更多: 开户行及账号; up to 200 characters
}

// args returns what a repeated command has in common with the first.
func (c *InvoiceForm) args() []string {
	return []string{c.Order, strconv.Itoa(int(c.TitleKind)), c.Title, c.TaxNumber, strconv.FormatInt(c.Fen, 10), c.Phone, c.Email, c.Address, c.Bank}
}

// check returns a *TitleError that names the first field that is wrong.
func (c *InvoiceForm) check() error {
	const maxTitle, maxMore = 100, 200
	text := func(s string, limit int) bool { return utf8.RuneCountInString(s) <= limit && plain.Printable(s, "　") }
	switch {
	case c.TitleKind != TitleCompany && c.TitleKind != TitlePerson:
		return &TitleError{"TitleKind", "请选择抬头类型"}
	case strings.TrimSpace(c.Title) == "" || !text(c.Title, maxTitle):
		return &TitleError{"Title", "请填写发票抬头"}
	case c.TaxNumber == "" && c.TitleKind == TitleCompany:
		return &TitleError{"TaxNumber", "请填写税号"}
	case c.TaxNumber != "" && !isTaxNumber(c.TaxNumber):
		return &TitleError{"TaxNumber", "税号格式有误"}
	case c.Phone != "" && !isPhone(c.Phone):
		return &TitleError{"Phone", "手机号格式有误"}
	case c.Email != "" && !isEmail(c.Email):
		return &TitleError{"Email", "邮箱格式有误"}
	case !text(c.Address, maxMore):
		return &TitleError{"Address", "地址过长"}
	case !text(c.Bank, maxMore):
		return &TitleError{"Bank", "开户行信息过长"}
	}
	return nil
}

// isTaxNumber reports whether s is a credit code of 18 characters with its check
// digits, or an older number of 15, 17 or 20 digits and capital letters.
func isTaxNumber(s string) bool {
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'A' || s[i] > 'Z') {
			return false
		}
	}
	switch len(s) {
	case 15, 17, 20:
		return true
	case 18:
		_, _, err := org.ParseCreditCode(s, true)
		return err == nil
	}
	return false
}

func isPhone(s string) bool {
	_, err := org.ParsePhone(s)
	return err == nil
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// amount returns the amount of an invoice for an order: up to what was paid.
func (c *InvoiceForm) amount(o *Order) (int64, error) {
	switch {
	case o.State != Paid:
		return 0, ErrUnpaid
	case c.Fen == 0:
		return o.Package.Fen, nil
	case c.Fen < 0 || c.Fen > o.Package.Fen:
		return 0, ErrAmount
	}
	return c.Fen, nil
}
