package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/store"
)

// FillSeals writes seals for the benchmark. A tenth of them belong to one company, and
// a hundred of these are live. One seal gets as many grants and uses as the company has
// seals.
func FillSeals(ctx context.Context, db *store.DB, company, person, one string, rows int) error {
	const batch = 5000
	for from := 0; from < rows; from += batch {
		err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+batch, rows); i++ {
				at := tx.Now().Add(time.Duration(i) * time.Second)
				k := kept{ID: SealID(fmt.Sprintf("s%07d", i)), Owner: companyOwner(org.CompanyID(fmt.Sprint("other", i%10))), Name: fmt.Sprint("公章", i),
					Design: design{Style: seal.StyleOfficial, Name: "上海测试科技有限公司"}, Discarded: i >= 1000, By: org.PersonID(person), CreatedAt: at}
				if i%10 == 0 {
					k.Owner = companyOwner(org.CompanyID(company))
					g := grant{ID: fmt.Sprintf("g%07d", i), Company: org.CompanyID(company), Seal: SealID(one), Person: org.PersonID(person), By: org.PersonID(person), At: at, Period: Period{From: at}, Ended: at.Add(1)}
					if err := grants.Insert(ctx, tx, g); err != nil {
						return err
					}
					u := used{ID: fmt.Sprintf("u%07d", i), UseRecord: UseRecord{Seal: SealID(one), Grant: g.ID + "/1", Person: org.PersonID(person), Envelope: "e", Document: "d"}, At: at}
					if err := uses.Insert(ctx, tx, u); err != nil {
						return err
					}
				}
				if err := seals.Insert(ctx, tx, k); err != nil {
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
