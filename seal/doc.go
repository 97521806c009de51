// Package seal is the seal of a Chinese company or person in two halves that
// share nothing but the name.
//
// The drawing half makes the picture: Draw turns a Spec into an Artwork of vector
// paths at true size, which writes itself as PNG, SVG and PDF. It is pure: no
// context, no clock, no files; the same Spec gives the same bytes. It needs no
// store and is useful alone.
//
// The other half keeps the right to use a seal. A Service registers the seals of
// companies and the signatures of persons, lends company seals to members for a
// period or without end, takes applications, and writes the usage log. A right is
// asked for with Usable inside the transaction that rests on it, when the seal is
// chosen and again in the commit that stamps (T5). The files design.go and
// rights.go decide and are pure; service.go, register.go, grant.go, usable.go,
// grants.go, application.go, upload.go and uselog.go load, decide and save. Commands
// are carried out by org's Carry: once under a key (Once), and audited.
//
// Lengths are millimetres unless a comment says otherwise. Errors are typed and
// carry a Chinese sentence in a Zh method beside the English Error.
package seal
