// Package signer puts PAdES signatures (EN 319 142-1) into PDF files.
//
// A signature is an incremental update: the bytes of the input are the first
// bytes of the output, always. Keys are crypto.Signer values that the package
// never sees into, so a key may live in a file, a token, or another building.
// The package is useful alone, without a store:
//
//	doc, err := signer.Open(f, size)
//	err = signer.Sign(ctx, w, doc, signer.Request{
//		Credential: cred, Level: signer.BT, Timestamper: tsa, Time: time.Now(),
//		NewField: &signer.Field{Name: "Seal", Page: 1, Box: signer.Around(150, 230, 42, 42)},
//		Appearance: artwork,
//	})
//
// A document that several parties will sign gets all its fields first, in one
// revision, with Layout; each party then fills the field that is theirs. An
// uploaded file that is damaged or was saved in several revisions is made clean
// with Normalize before anyone signs it. One that has to keep its bytes is opened
// as it is: encrypted, with OpenPassword; damaged, if what readers find in it can
// be listed so that it reads back the same.
//
// Lengths are millimetres from the top left corner of the page as it is
// displayed, after /Rotate and CropBox.
package signer
