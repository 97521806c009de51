package envelope

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/signer"
)

// Purpose is what a credential is for.
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

// Subject names the holder of a certificate (M81).
type Subject struct {
	Purpose Purpose
	ID      string // stable: id of the person or of the seal, or "platform"
	Name    string // 姓名, for PersonSigns
	Number  string // identity number, masked, for PersonSigns
	Company string // 企业名称; also for a person who signs as its handler
	Code    string // 统一社会信用代码 of Company
	Seal    string // 印章名, for SealSigns
}

// Credentials gives signers their keys and certificates. It is called outside of
// transactions, for every submit. A real implementation has the licensed CA issue a
// certificate for the subject (long-lived, or for one event), keeps the key in its HSM
// or uses the KMS that holds it, and returns for the same subject a certificate that is
// valid and not revoked. The returned key is used once for each signature. For may be
// called concurrently.
type Credentials interface {
	For(ctx context.Context, s Subject) (signer.Credential, error)
}
