// Package billing is what a signed file costs: packages of copies (份) that
// companies buy, the balance, and the charge that falls when the last signer of
// an envelope has signed (M52 to M61).
//
// The unit is the copy: one file, one copy. Sending holds copies, completing
// charges them, anything else gives them back; [Service.Hold], [Service.Charge]
// and [Service.Release] work inside the transaction that sends, completes or ends
// the envelope. Every movement is an entry in a ledger, written in the transaction
// that causes it, so that nothing is charged twice, a balance is never below zero
// and is always the sum of its entries ([Service.Audit]). Prices are in fen (分).
// Both are int64.
//
// Payments and invoices are ports that a host fills. They are called outside of
// transactions, and an answer that never comes leaves an order that can be asked
// about again.
//
// What administrators command (buying, closing, invoicing) is carried out by org's
// Carry: once under a key (Once), and audited, as is what providers report.
// [Service.Statement] writes what was charged as CSV.
//
// The files account.go, payment.go, period.go, title.go and shortname.go are pure
// decisions; the others load, decide and save.
package billing
