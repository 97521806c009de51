// Package envelope is what a contract goes through, from draft to evidence
// report: a sender drafts an envelope (信封) of PDF files, names who signs and
// where, and sends it; each signer agrees with a one-time code and signs; after
// the last one it is complete, charged, and reported on (M62 to M79).
//
// It is the only package that sees all the others. A host gives it its database,
// its blobs, the other packages, and ports for credentials and timestamps:
//
//	svc, err := envelope.New(envelope.Config{...})
//	e, err := svc.CreateDraft(ctx, sender, envelope.NewDraft{Subject: "采购合同", ...})
//	e, err = svc.Send(ctx, sender, e.ID)
//	err = svc.RequestCode(ctx, signer, e.ID, choice)
//	e, err = svc.Submit(ctx, signer, e.ID, choice, envelope.Code(digits))
//
// The files life_*.go are the whole life of an envelope as pure functions: decide says
// which events a command causes, apply does them, and folding the events of any
// envelope gives its record. The Service loads, decides, saves. Nothing slow or remote
// runs in a transaction, and every command may be repeated after a crash: Step finishes
// what was left.
package envelope
