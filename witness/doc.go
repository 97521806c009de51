// Package witness holds the library against well-known packages of the field.
// It is a module of its own, so that none of them becomes a dependency of the
// library, and it has no code besides its tests.
//
// As readers, the packages judge what the library made: every level of PAdES with
// every kind of key, timestamp tokens, OCSP responses, CRLs and chains. What a
// reader cannot read stands in its table with the reason, and its refusal is a
// test too: the test fails on the day that the reader learns it.
//
// As signers, they make files that the library judges. The expected verdicts are
// written by hand, from the standards.
//
// As rivals, they do the same work beside the library in one benchmark, turn by
// turn, and the ratio of the two times is the result. Below 1 the library is
// quicker.
//
//	go test ./...
//	go test -run '^$' -bench . ./...
//
// The module uses the public packages of the library, as a host does, with one
// exception: the library has no public function that parses a CMS structure or a
// timestamp token alone, so rival_cms_test.go times internal/cms. The path of
// this module allows that. A test checks that no other file does.
package witness
