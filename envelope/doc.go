// Package envelope takes a contract from its draft to its evidence report: a sender
// drafts an envelope (信封) of PDF files, says who signs in which places, and sends
// it; each signer agrees with a one-time code and signs; after the last signature the
// envelope is complete and charged, and its report is made (M62 to M79).
//
// It is the only package that uses all the others. A host gives it its database, its
// blobs, the other packages, and ports for credentials and timestamps:
//
//	svc, err := envelope.New(envelope.Config{...})
//	e, err := svc.CreateDraft(ctx, sender, envelope.NewDraft{Subject: "采购合同", ...})
//	e, err = svc.Send(ctx, sender, e.ID)
//	err = svc.RequestCode(ctx, signer, e.ID, choice)
//	e, err = svc.Submit(ctx, signer, e.ID, choice, envelope.Code(digits))
//
// The files life_*.go hold the whole life of an envelope as pure functions: decide
// returns the events that a command causes, apply applies them, and folding all events
// of an envelope gives its record. [Service] loads, decides and saves. Nothing slow or
// remote runs in a transaction, and every command may be repeated after a crash:
// [Service.Step] finishes what was left.
package envelope
