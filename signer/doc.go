// Package signer puts PAdES signatures (EN 319 142-1) into PDF files.
//
// A signature is an incremental update: the output always begins with the bytes of the
// input. Keys are crypto.Signer values whose inside the package never sees, so a key
// may be in a file, a token, or another building. The package is useful alone, without
// a store:
//
//	doc, err := signer.Open(f, size)
//	err = signer.Sign(ctx, w, doc, signer.Request{
//		Credential: cred, Level: signer.BT, Services: signer.Services{Timestamper: tsa}, Time: time.Now(),
//		NewField: &signer.Field{Name: "Seal", Page: 1, Box: signer.Around(150, 230, 42, 42)},
//		Appearance: artwork,
//	})
//
// A document that several parties will sign gets all its fields first, in one revision,
// with [Layout]; each party then signs in their own field. If an uploaded file is
// damaged or was saved in several revisions, make it clean with [Normalize] before
// anyone signs it. A file that must keep its bytes is opened as it is: an encrypted one
// with [OpenPassword]; a damaged one only if what readers find in it can be listed so
// that it reads back the same.
//
// Lengths are millimetres from the top left corner of the page as it is
// displayed, after /Rotate and CropBox.
package signer
