package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/signer"
)

// Purpose says what a credential is for.
type Purpose int

// The purposes. The zero value is invalid.
const (
	PersonSigns   Purpose = iota + 1 // a person's own signature
	SealSigns                        // a company's seal
	PlatformSigns                    // the platform's evidence reports
)

var purposeNames = [...]string{
	PersonSigns:   "person signs",
	SealSigns:     "seal signs",
	PlatformSigns: "platform signs",
}

// String returns the purpose in English.
func (p Purpose) String() string { return enum.Name("Purpose", purposeNames[:], p) }

// Subject names who a certificate is for (M81).
type Subject struct {
	Purpose Purpose
	ID      string // stable: of the person, of the seal; "platform"
	Name    string // 姓名, for PersonSigns
	Number  string // identity number, masked, for PersonSigns
	Company string // 企业名称; also for a person who signs as its handler
	Code    string // 统一社会信用代码 of Company
	Seal    string // 印章名, for SealSigns
}

// Credentials gives signers their keys and certificates. It is asked outside of
// transactions, for every submit; a real one has the licensed CA issue a
// certificate for the subject (long-lived, or one for the event), keeps the key
// in its HSM or asks the KMS that holds it, and answers the same subject with a
// certificate that is valid and not revoked. The key of the answer is asked once
// for each signature. It may be called concurrently.
type Credentials interface {
	For(ctx context.Context, s Subject) (signer.Credential, error)
}
