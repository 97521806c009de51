package pdf

import (
	"errors"
	"fmt"
)

// MalformedError says that a file breaks the PDF syntax, and where.
type MalformedError struct {
	Code   string // one of the Code constants
	Offset int64  // byte offset in the file, -1 if no single place is meant
	Detail string
}

// Error names the code, the place and the detail.
func (e *MalformedError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("pdf: %s: %s", e.Code, e.Detail)
	}
	return fmt.Sprintf("pdf: %s at byte %d: %s", e.Code, e.Offset, e.Detail)
}

// Codes of MalformedError.
const (
	CodeHeader   = "HEADER"   // no %PDF- in the first 1,024 bytes
	CodeEOF      = "EOF"      // no startxref or %%EOF at the end: cut off
	CodeXRef     = "XREF"     // a cross-reference section breaks its form
	CodeObject   = "OBJECT"   // an object is not at the place of its entry, or is another one
	CodeSyntax   = "SYNTAX"   // a token or container breaks its form
	CodeStream   = "STREAM"   // a stream's length or filter is wrong
	CodePages    = "PAGES"    // the page tree breaks its form
	CodeCatalog  = "CATALOG"  // no catalog, or it has a wrong type
	CodeAcroForm = "ACROFORM" // the form's field tree breaks its form
	CodeEncrypt  = "ENCRYPT"  // the encryption dictionary, or encrypted data, breaks its form
)

// LimitError says that a file needs more of a resource than is allowed.
type LimitError struct {
	Resource string // what ran out, for example "nesting"
	Limit    int64
}

// Error names the resource.
func (e *LimitError) Error() string {
	if e.Resource == "INPUT" {
		return fmt.Sprintf("pdf: LIMIT_INPUT: the file has more than %d MiB", e.Limit>>20)
	}
	return fmt.Sprintf("pdf: LIMIT_%s: more than %d", e.Resource, e.Limit)
}

// ErrEncrypted says that an encrypted file cannot be worked on.
var ErrEncrypted = errors.New("pdf: the file is encrypted")

// ErrPassword says that an encrypted file needs another password.
var ErrPassword = errors.New("pdf: the file needs a password")

func malformed(code string, off int64, format string, args ...any) error {
	return &MalformedError{Code: code, Offset: off, Detail: fmt.Sprintf(format, args...)}
}

// IsFault reports whether an error means that the file is at fault, not its reader.
func IsFault(err error) bool {
	var bad *MalformedError
	var big *LimitError
	return errors.As(err, &bad) || errors.As(err, &big)
}
