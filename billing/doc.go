// Package billing is what a signed file costs: packages of copies (份) that
// companies buy, the balance, and the charge that falls when the last signer of
// an envelope has signed (M52 to M61).
//
// The unit is the copy: one file, one copy. Sending holds copies, completing
// charges them, anything else gives them back. Every movement is an entry in a
// ledger with a key of its own, written in the transaction that causes it, so
// that nothing is charged twice and a balance is never below zero. Prices are in
// fen (分). Both are int64.
//
// The files ledger.go and shortname.go are pure decisions; the others load,
// decide and save.
package billing
