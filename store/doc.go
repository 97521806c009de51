// Package store keeps a system's records, documents and outgoing events.
//
// A [Driver] is what one database offers: rows with a version, a document and a few
// typed columns, inside serializable transactions. Everything else is portable and
// lives here. [Table] gives rows a Go type, [DB] runs and retries transactions,
// [Outbox] hands out events at least once and in order, and [Blobs] holds file content
// under its SHA-256 digest.
//
// The packages memory, sqlite and postgres are drivers; memory, dir and s3 are stores
// of blobs. Package storetest checks any of them, or one of your own, against what the
// comments of this package promise, as far as a test on one machine can.
package store
