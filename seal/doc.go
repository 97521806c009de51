// Package seal makes the seal of a Chinese company or person as a picture: [Draw] turns a
// [Spec] into an [Artwork] of vector paths at true size, which writes itself as PNG, SVG
// and PDF. It is pure: no context, no clock, no files; the same Spec gives the same
// bytes. It needs no store and is useful alone.
//
// Package seal/photo makes photographs of seals clean. Package seal/registry keeps the
// right to use a seal.
//
// Lengths are millimetres unless a comment says otherwise. Errors are typed and carry a
// Chinese sentence in a Zh method beside the English Error.
package seal
