// Package verify judges the signatures in PDF files (EN 319 102-1, ISO 32000-2
// 12.8) without a store, a network, or any part of the code that signs.
//
// Every signature in a file gets one verdict and separate answers: are the bytes
// intact, is the signer trusted, what time is proved, how much of the file does
// it cover, and what changed since. None is dropped, also where it is malformed
// or cannot be reached; a check that was not made is named in the report.
//
//	rep, err := verify.Verify(ctx, f, size, verify.Policy{
//		Roots: roots, Time: time.Now(), Revocation: verify.UnsafeSkipRevocation})
//	fmt.Print(rep.Text(verify.Chinese))
//
// The zero value of every answer is the unfavourable one. Input is read only,
// never repaired, never kept.
package verify
