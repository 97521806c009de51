// Package report writes what package verify found about a file, for machines and for
// people: the signature validation report of ETSI TS 119 102-2 as XML, with a detached
// signature if there is to be one, and a PDF in Chinese or English.
//
//	rep, err := verify.Verify(ctx, f, size, policy)
//	doc, err := report.Describe(f, "contract.pdf")
//	err = report.XML(w, doc, rep)
//	err = report.PDF(w, doc, rep, verify.Chinese)
//
// It stands apart from verify, so that judging compiles no typesetter. It reads no clock:
// equal input gives equal bytes. Its functions are safe for concurrent use.
package report

import (
	"crypto/sha256"
	"fmt"
	"io"
)

// Document names the file that a report is about. A report does not check that it is the
// one that was judged.
type Document struct {
	Name   string            // of the file, for people; without its folder
	Size   int64             // in bytes
	SHA256 [sha256.Size]byte // digest of the whole file
}

// Describe reads a file to its end.
func Describe(r io.Reader, name string) (Document, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return Document{}, fmt.Errorf("report: reading: %w", err)
	}
	return Document{Name: name, Size: n, SHA256: [sha256.Size]byte(h.Sum(nil))}, nil
}
