// Package seal is the seal of a Chinese company or person in two halves that
// share nothing but the name.
//
// The drawing half, this one, makes the picture: Draw turns a Spec into an
// Artwork of vector paths at true size, which writes itself as PNG, SVG and PDF.
// It is pure: no context, no clock, no files; the same Spec gives the same bytes.
// It needs no store and is useful alone.
//
// The other half keeps the right to use a seal: which seals a company has, who
// may stamp them and until when, and what was stamped.
//
// Lengths are millimetres unless a comment says otherwise. Errors are typed and
// carry a Chinese sentence in a Zh method beside the English Error.
package seal
