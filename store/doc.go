// Package store keeps a system's records, documents and outgoing events.
//
// A [Driver] is what one database offers: rows with a version, a document and
// a few typed columns, inside serializable transactions. Everything else is
// portable and lives here: [Table] gives rows a Go type, [DB] runs and retries
// transactions, [Outbox] hands out events at least once and in order, and
// [Blobs] holds file content under its SHA-256 digest.
//
// Drivers are in the folders below (memory, sqlite, postgres), and stores of blobs
// (memory, dir, s3). Package storetest holds one, or another, against what the comments
// of this package promise, as far as a test on one machine can.
package store
