// Package org knows who is who, and who may do what: persons and companies that
// are really who they say, the members of a company, and its administrators.
//
// Every command takes an [Actor]: the person who acts, and the company for which
// he acts, or none in the personal edition (个人版). What an actor may do is one
// table of data, [Permissions]; [Service.Authorize] reads it together with the
// states of person, company and member inside the caller's own transaction, so
// that a right and the change it allows are one commit.
//
// Phone numbers, identity numbers, passwords and codes travel as [Secret], which
// prints only a mask, and rest as [secret.Ciphertext] ciphertext with a keyed index beside
// it; [Service.Rotate] brings them under a new key, and [Service.Purge] erases a
// person on his request. Short messages, face checks, licence scans, bank remittances,
// the staff that reviews papers and the authority that revokes certificates are
// ports that a host fills.
//
// Every command is carried out in one transaction that authorises it, is written
// into the audit ([Service.Audit]), and can be repeated under a key without being
// done twice ([Service.Once]); [Service.Carry] gives the commands of other rooms the
// same. Every error that a person will read has a Chinese sentence: see [Zh].
//
// Sessions are the host's: a login returns a [Person], and the host makes of it
// what its web server needs, and ends it when [Person].SecuredAt has moved on. The
// host also runs [Service.Step] in a loop, or no short message and no transfer
// leaves.
//
// The rules are pure: identity.go (what is a number), permissions.go (who may do
// what), workday.go (when is a review due), judgeCode, judgeRate, judgeAmount,
// judgeReviewer, mayDisable, and the states of a link. The services load, ask them,
// and save in one transaction. A service may be used concurrently, by any number of
// goroutines and processes on one database.
package org
