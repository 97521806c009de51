package download_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/download"
)

// What is no download of a finished envelope is refused, with what does not hold. The
// example of package envelopetest audits a whole one.
func ExampleAudit() {
	junk := []byte("not a ZIP")
	_, err := download.Audit(context.Background(), bytes.NewReader(junk), int64(len(junk)), verify.Policy{
		Roots: []*x509.Certificate{}, Time: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), Revocation: verify.RequireRevocation,
	})
	var fault *download.Error
	fmt.Println(errors.As(err, &fault), fault.Part, "/", fault.Zh())
	// Output: true download / 存证包校验失败：download
}
