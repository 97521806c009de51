package main

import (
	"bytes"
	"fmt"

	"github.com/signintech/gopdf"

	"github.com/dajiaqian/dajiaqian/seal"
)

// The page is A4 in millimetres, with the column of its text.
const (
	pageWidth, pageHeight = 210.0, 297.0
	left, right           = 28.0, 182.0
	top                   = 30.0
	textSize, lineHeight  = 11, 7.2
)

// clause is a numbered article of the contract.
type clause struct {
	title string
	lines []string
}

var clauses = []clause{
	{"第一条　标的物", []string{
		"乙方向甲方供应下列办公设备，型号、数量与价格以下表为准。",
		"　　1. 便携式计算机，十四英寸，贰拾台，单价人民币 6,800.00 元；",
		"　　2. 彩色激光多功能一体机，叁台，单价人民币 9,500.00 元；",
		"　　3. 会议平板，七十五英寸，壹台，单价人民币 21,500.00 元。",
	}},
	{"第二条　合同价款", []string{
		"合同总价为人民币壹拾捌万陆仟元整（￥186,000.00），含增值税、运输费与安装调试费。",
	}},
	{"第三条　交付与验收", []string{
		"乙方应于本合同生效之日起十五个工作日内，将全部货物送达甲方指定地点并完成安装。",
		"甲方应于安装完成之日起五个工作日内组织验收；逾期未提出书面异议的，视为验收合格。",
	}},
	{"第四条　付款方式", []string{
		"合同生效后五个工作日内，甲方支付合同总价的百分之三十；验收合格后十个工作日内，",
		"甲方凭乙方开具的增值税专用发票支付其余百分之七十。",
	}},
	{"第五条　质量保证", []string{
		"乙方保证货物为全新正品，质保期为验收合格之日起三十六个月。质保期内非因甲方使用",
		"不当造成的故障，乙方应在接到通知后二十四小时内响应并免费修复或更换。",
	}},
	{"第六条　违约责任", []string{
		"任何一方迟延履行的，每迟延一日应按迟延部分价款的万分之五支付违约金；迟延超过三十日的，",
		"守约方有权解除合同。违约金总额不超过合同总价的百分之十。",
	}},
	{"第七条　保密", []string{
		"双方对在签订和履行本合同中知悉的对方商业秘密负有保密义务，该义务不因合同终止而免除。",
	}},
	{"第八条　争议解决", []string{
		"因本合同发生的争议，由双方协商解决；协商不成的，提交甲方所在地有管辖权的人民法院处理。",
	}},
	{"第九条　电子签名", []string{
		"双方同意以可靠的电子签名签署本合同。依据《中华人民共和国电子签名法》，可靠的电子签名",
		"与手写签名或者盖章具有同等的法律效力。本合同自双方均完成签署之时起生效。",
	}},
}

// contract makes the two-page 采购合同 that is signed if no -in is given.
func contract(buyer, code, seller string) ([]byte, error) {
	font, err := seal.SongFont()
	if err != nil {
		return nil, err
	}
	pdf := &gopdf.GoPdf{}
	mm := func(v float64) float64 { return v * 72 / 25.4 }
	pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: mm(pageWidth), H: mm(pageHeight)}})
	if err := pdf.AddTTFFontByReader("song", bytes.NewReader(font)); err != nil {
		return nil, err
	}
	text := func(x, y float64, size int, s string) {
		if err == nil {
			if err = pdf.SetFont("song", "", size); err == nil {
				pdf.SetXY(mm(x), mm(y))
				err = pdf.Cell(nil, s)
			}
		}
	}
	newPage := func(n int) {
		pdf.AddPage()
		text(pageWidth/2-9, pageHeight-18, 9, fmt.Sprintf("第 %d 页　共 2 页", n))
	}
	newPage(1)
	text(pageWidth/2-21, top, 22, "采 购 合 同")
	y := top + 18.0
	for _, s := range []string{"合同编号：CG-2026-0304", "甲方（采购方）：" + buyer, "统一社会信用代码：" + code, "乙方（供应方）：" + seller} {
		text(left, y, textSize, s)
		y += lineHeight
	}
	y += 3
	text(left, y, textSize, "甲乙双方本着平等自愿、诚实信用的原则，就办公设备采购事宜协商一致，订立本合同。")
	y += lineHeight + 3
	for i, c := range clauses {
		if i == 6 {
			newPage(2)
			y = top
		}
		text(left, y, textSize+1, c.title)
		y += lineHeight + 0.6
		for _, l := range c.lines {
			text(left, y, textSize, l)
			y += lineHeight
		}
		y += 2.6
	}
	y += 4
	text(left, y, textSize, "（以下无正文，为签署页）")
	text(left, signTop, textSize, "甲方（盖章）："+buyer)
	text(left, signTop+12, textSize, "经办人（签名）：")
	text(left+92, signTop, textSize, "乙方（签名）："+seller)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = pdf.WriteTo(&out)
	return out.Bytes(), err
}

// signTop is where the signing block of page 2 begins, in mm from its top.
const signTop = 118.0
