package main

import (
	"bytes"
	"fmt"
)

// contract writes a page of text as a PDF, a different one for each number.
func contract(n int) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "BT /F1 18 Tf 72 780 Td (Purchase contract %d) Tj /F1 10 Tf 0 -30 Td 14 TL\n", n)
	for i := range 40 {
		fmt.Fprintf(&text, "(%d. The seller delivers the goods of order %d, item %d, as agreed between the parties.) Tj T*\n", i+1, n, i+1)
	}
	text.WriteString("ET\n")
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>/Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%sendstream", text.Len(), text.String()),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	rows := "0000000000 65535 f \n"
	for i, o := range objects {
		rows += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, rows, len(objects)+1, at)
	return b.Bytes()
}
