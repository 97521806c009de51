// Package org knows who is who, and who may do what: verified persons and companies,
// the members of a company, and its administrators.
//
// Every command takes an [Actor]: the person who acts, and the company for which they
// act, or none in the personal edition (个人版). The table [ActionRules] says what an
// actor may do. [Inside.Authorize] reads it together with the states of person, company
// and member inside the caller's own transaction, so that a right and the change it
// allows are one commit.
//
// Phone numbers, identity numbers, passwords and codes travel as [secret.Text], which
// prints only a mask, and are stored as [secret.Ciphertext] with a keyed index beside
// it. [Upkeep.Rotate] encrypts them under a new key, and [Service.Purge] erases a
// person on their request. A host implements the ports: short messages, face checks,
// licence scans, bank remittances, the staff that reviews papers, and the authority
// that revokes certificates.
//
// Every command runs in one transaction that authorizes it and writes it into the audit
// ([Service.Audit]). With a key it can be repeated without being done twice
// ([Service.Once]). [Inside.Carry] does the same for commands of other packages. Every
// error that a person will read has a Chinese sentence: see [Zh].
//
// Sessions belong to the host: a login returns a [Person], and the host makes of it
// what its web server needs. It must end a session when [Person].SecuredAt has moved
// on. The host also runs [Service.Step] in a loop; otherwise no short message and no
// remittance is sent.
//
// The rules are pure functions: identity.go (what is a number), actions.go (who may
// do what), workday.go (when is a review due), judgeCode, judgeRate, judgeAmount,
// judgeReviewer, mayDisable, and the states of a link. The services load, call them,
// and save in one transaction. A service may be used concurrently, by any number of
// goroutines and processes on one database.
package org
