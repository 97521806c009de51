// Package billing keeps what a signed file costs: packages of copies (份) that companies
// buy, the balance, and the charge that is made when the last signer of an envelope has
// signed (M52 to M61).
//
// The unit is the copy: one file, one copy. Sending an envelope holds copies,
// completing it charges them, and any other end gives them back. [Service.Hold],
// [Service.Charge] and [Service.Release] work inside the transaction that sends,
// completes or ends the envelope. Every movement is an entry in a ledger, written in
// the transaction that causes it. So nothing is charged twice, and a balance is never
// below zero and is always the sum of its entries ([Service.Audit]). Prices are in fen
// (分). Both are int64.
//
// Payments and invoices are ports that a host implements. They are called outside of
// transactions. If an answer never comes, the order can be asked about again.
//
// Commands of administrators (buying, closing, invoicing) are carried out by
// [org.Inside.Carry]: once under a key ([Service.Once]), and audited. What providers
// report is audited too. [Service.Statement] writes the charges as CSV.
//
// The files account.go, payment.go, period.go, title.go and shortname.go are pure
// decisions; the others load, decide and save.
package billing
