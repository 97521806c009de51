package org

import (
	"context"
	"net/http"

	"github.com/dajiaqian/dajiaqian/org/secret"
)

// SMS sends short messages (短信).
type SMS interface {
	// Send hands one message to the carrier and returns nil once the carrier has
	// accepted it. It is called again after an error, and may be called again after a
	// success that was not recorded. So it must be idempotent by Message.ID: the same
	// ID reaches the phone once. It must return when ctx is done (10 seconds), log
	// neither phone nor text, and keep both out of its error. It may be called
	// concurrently.
	Send(ctx context.Context, m Message) error
}

// Message is one short message.
type Message struct {
	ID    string      // the same at every attempt
	Phone secret.Text // 11 digits of a mainland mobile; call Reveal only for the carrier
	Text  secret.Text // what the person reads, with the signature 【大家签】; may contain a code
}

// FaceChecker compares a living face with the state's photo for an identity number
// (人脸识别). A real one must run the check on the provider's pages, must not trust
// anything that passed through the person's browser, and must report by a callback that
// the provider signs.
type FaceChecker interface {
	// Start opens a check and returns the address that the PC shows as a QR code. The
	// provider must return Session unchanged in its callback and accept one passed face
	// for it. Start is called outside any transaction; after an error there must be
	// nothing to undo.
	Start(ctx context.Context, r FaceRequest) (url string, err error)
	// ParseCallback verifies the provider's signature on the raw body FIRST, and only
	// then reads it. It returns an error for a bad signature, a wrong merchant or app
	// id, and an old timestamp. It does no other I/O.
	ParseCallback(header http.Header, body []byte) (FaceResult, error)
}

// FaceRequest is what a face check starts from.
type FaceRequest struct {
	Session  string      // nonce of this check, single use
	Name     string      // as on the identity card
	IDNumber secret.Text // 18 characters
	ReturnTo string      // where the phone's browser goes afterwards
}

// FaceResult is the content of a verified callback.
type FaceResult struct {
	Session     string // of the FaceRequest
	Passed      bool   // a living face, and the right one
	Transaction string // the provider's number, kept as evidence; at most 128 bytes
}

// LicenceChecker reads an electronic business licence (电子营业执照) that the legal
// representative shows by scanning a QR code. A real one must do what [FaceChecker]
// requires.
type LicenceChecker interface {
	// Start opens a scan and returns the address that the page shows as a QR code. See
	// [FaceChecker].
	Start(ctx context.Context, r LicenceRequest) (url string, err error)
	// ParseCallback verifies the provider's signature on the raw body first. See
	// [FaceChecker].
	ParseCallback(header http.Header, body []byte) (LicenceResult, error)
}

// LicenceRequest is what a licence scan starts from.
type LicenceRequest struct {
	Session    string // nonce of this scan, single use
	Company    string // name as created
	CreditCode string // 统一社会信用代码
	ReturnTo   string // where the phone's browser goes afterwards
}

// LicenceResult is the content of a verified callback. Company and CreditCode are those
// on the licence that was scanned; the service compares them.
type LicenceResult struct {
	Session     string
	Passed      bool   // scanned by the legal representative in person, licence valid
	Company     string // 名称 on the licence
	CreditCode  string // 统一社会信用代码 on the licence
	LegalPerson string // 法定代表人
	Transaction string // the provider's number, kept as evidence; at most 128 bytes
}
