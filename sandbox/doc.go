// Package sandbox is a set of providers on loopback for first runs and tests:
// short messages, face checks, licence scans, bank remittances, the staff that reviews
// papers, payments, invoices, and a certificate authority that keeps the signers' keys.
//
// They are real HTTP programs behind the same ports that a host's true providers
// implement. A client speaks JSON to them with a bearer key. They report back with
// callbacks that are signed over the raw body. On request the callbacks are late,
// repeated or out of order, as those of true providers may be. A test reads the
// messages they sent, lets a face pass, or pays an order, through methods of [Sandbox];
// a person does the same in a browser at the addresses they return.
//
// Nothing here is lawful identification, payment or certification.
//
// # Writing a true provider
//
// Each port's doc comment says what it must do. The clients in this package show the
// shape: one file per port, a few dozen lines, an HTTP request with a deadline, a check
// of the answer, and for callbacks a signature check before anything in the body is
// used.
package sandbox
