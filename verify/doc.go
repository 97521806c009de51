// Package verify checks the signatures in PDF files (EN 319 102-1, ISO 32000-2
// 12.8) without a store, a network, or any part of the code that signs.
//
// Every signature in a file gets one verdict and separate answers: are the bytes
// intact, is the signer trusted, what time is proved, how much of the file does it
// cover, and what changed since. No signature is left out, even if it is malformed or
// cannot be reached. The report names a check that was not made.
//
//	rep, err := verify.Verify(ctx, f, size, verify.Policy{
//		Roots: roots, Time: time.Now(), Revocation: verify.UnsafeSkipRevocation})
//	fmt.Print(rep.Text(verify.Chinese))
//
// The zero value of every answer is the unfavourable one. Input is only read, never
// repaired and never kept.
package verify
