package org

import (
	"context"
	"fmt"

	"github.com/dajiaqian/dajiaqian/store"
)

// FillMembers writes rows of members for the benchmark; a tenth belong to one company.
func FillMembers(ctx context.Context, db *store.DB, company string, rows int) error {
	const batch = 5000
	for from := 0; from < rows; from += batch {
		err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+batch, rows); i++ {
				m := member{ID: fmt.Sprintf("m%07d", i), Company: CompanyID(fmt.Sprintf("other%d", i%10)), Person: PersonID(fmt.Sprintf("p%07d", i)), Name: "张三",
					PhoneIx: fmt.Sprintf("%032d", i), PhoneMask: "138****01", Role: Member, State: Active, At: tx.Now()}
				if i%10 == 0 {
					m.Company = CompanyID(company)
				}
				if err := members.Insert(ctx, tx, m); err != nil {
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

// PutMember writes a member as no command can: a company that is not verified has only
// one.
func PutMember(ctx context.Context, db *store.DB, company, person string, state MemberState) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return members.Insert(ctx, tx, member{ID: tx.NewID(), Company: CompanyID(company), Person: PersonID(person), Role: Member, State: state, At: tx.Now()})
	})
}

// BodyTables returns tables of what the outbox holds as bytes: the bodies of events.
func BodyTables() []store.AnyTable {
	return []store.AnyTable{
		store.NewTable("known_body", func(b *knownBody) string { return b.ID }),
		store.NewTable("known", func(k *Known) string { return string(k.Person) }),
		store.NewTable("remittance_body", func(b *remittanceBody) string { return b.ID }),
		store.NewTable("revocation", func(r *Revocation) string { return r.ID }),
		store.NewTable("sms_body", func(b *smsBody) string { return b.ID }),
	}
}
