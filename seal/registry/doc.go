// Package registry keeps the right to use a seal.
//
// A [Service] registers the seals of companies and the signatures of persons, lends
// company seals to members for a period or without end, takes applications, and writes
// the usage log. Ask for a right with [Service.Usable] inside the transaction that
// depends on it: when the seal is chosen, and again in the commit that stamps (T5).
//
// The files design.go and rights.go decide and are pure; the others load, decide and
// save. Commands are carried out by [org.Inside.Carry]: once under a key
// ([Service.Once]), and audited. Errors carry a Chinese sentence in a Zh method beside
// the English Error.
package registry
