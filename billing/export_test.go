package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/store"
)

// PlainCell returns how a statement writes a text that someone typed.
var PlainCell = plainCell

// FillCharges writes charges for the benchmark, one a minute; a tenth belong to one
// company.
func FillCharges(ctx context.Context, db *store.DB, company string, rows int, start time.Time) error {
	const batch = 5000
	for from := 0; from < rows; from += batch {
		err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+batch, rows); i++ {
				c := Charge{Envelope: fmt.Sprintf("e%07d", i), Org: org.CompanyID(fmt.Sprint("other", i%10)), At: start.Add(time.Duration(i) * time.Minute),
					Copies: 1, Name: "公有云接口调用发起多份计量", Source: Source(1 + i/10%2)}
				if i%10 == 0 {
					c.Org = org.CompanyID(company)
				}
				if err := charges.Insert(ctx, tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
