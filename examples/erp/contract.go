package main

import (
	"bytes"
	"fmt"

	"github.com/signintech/gopdf"

	"github.com/dajiaqian/dajiaqian/seal"
)

// signTop is where the signing block begins, in mm from the top of the page.
const signTop = 150.0

// page makes the one page that both parties sign.
func (o order) page() ([]byte, error) {
	font, err := seal.SongFont()
	if err != nil {
		return nil, err
	}
	mm := func(v float64) float64 { return v * 72 / 25.4 }
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: mm(210), H: mm(297)}})
	if err := pdf.AddTTFFontByReader("song", bytes.NewReader(font)); err != nil {
		return nil, err
	}
	pdf.AddPage()
	for _, line := range []struct {
		x, y float64 // mm
		size int     // points
		text string
	}{
		{80, 30, 22, "采 购 订 单"},
		{28, 55, 11, "订单编号：" + o.number},
		{28, 65, 11, "采购方：" + companyName},
		{28, 75, 11, "供应方：" + o.supplier.name},
		{28, 85, 11, fmt.Sprintf("订单金额：人民币 %d.%02d 元（含税）", o.fen/100, o.fen%100)},
		{28, 100, 11, "供应方应于本订单生效之日起十五个工作日内交货；采购方验收合格后十个工作日内付款。"},
		{28, signTop - 5, 11, "采购方（盖章、经办人签名）："},
		{120, signTop - 5, 11, "供应方（签名）："},
	} {
		if err := pdf.SetFont("song", "", line.size); err != nil {
			return nil, err
		}
		pdf.SetXY(mm(line.x), mm(line.y))
		if err := pdf.Cell(nil, line.text); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	_, err = pdf.WriteTo(&out)
	return out.Bytes(), err
}
