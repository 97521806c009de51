// Package letter sets the letters that company verification asks for (M25).
package letter

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/report"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// Authority makes the template of 认证授权书 (下载授权书模板, M25) for the actor's company as a PDF
// of one A4 page. Company and handler are filled in; the identity number, dates and the
// legal representative are to be filled in by hand, and the company's 公章 is stamped on
// the printed page. It returns the error of [org.Inside.Authorize] if the actor may not
// have the company verified. The same company gives the same bytes.
func Authority(ctx context.Context, s *org.Service, actor org.Actor) ([]byte, error) {
	var st org.Standing
	asked := org.Command{Name: "company.letter", Actor: actor, Right: org.ActionCompanyVerify}
	look := func(_ context.Context, _ *store.Tx, found org.Standing) error { st = found; return nil }
	if _, err := s.Inside().Ask(ctx, asked, nil, look); err != nil {
		return nil, err
	}
	p, err := report.New("授权委托书", "企业认证授权书模板　打印后填写，加盖企业公章，拍照上传")
	if err != nil {
		return nil, err
	}
	const blank = "＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿＿"
	p.Gap()
	p.Heading("委托人")
	p.Row("企业名称", st.Company.Name)
	p.Row("统一社会信用代码", st.Company.CreditCode)
	p.Gap()
	p.Row("法定代表人", blank)
	p.Heading("受托人（经办人）")
	p.Row("姓名", st.Person.Name)
	p.Row("证件类型", st.Person.IDKind.Zh())
	p.Gap()
	p.Row("证件号码", blank)
	p.Gap()
	p.Row("手机号", blank)
	p.Heading("授权事项")
	p.Text("兹委托上述经办人代表本企业在大家签电子签署平台办理企业认证，提交营业执照、法定代表人与经办人的身份证件等材料，" +
		"并作为本企业的主管理员管理企业成员、企业印章与费用。经办人在上述权限内的行为由本企业承担法律责任。")
	p.Gap()
	p.Text("本企业保证所提交的材料真实、完整、在有效期内。")
	p.Gap()
	p.Text("本授权自签署之日起生效，至企业书面撤销之日止。")
	p.Heading("签署")
	p.Gap()
	p.Row("企业（盖公章）", blank)
	p.Gap()
	p.Gap()
	p.Row("法定代表人签字", blank)
	p.Gap()
	p.Row("经办人签字", blank)
	p.Gap()
	p.Row("日期", "＿＿＿＿年＿＿月＿＿日")
	return p.Bytes()
}
