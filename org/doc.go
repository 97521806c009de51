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
// prints only a mask, and rest as [Sealed] ciphertext with a keyed index beside
// it. Short messages, face checks and licence scans are ports that a host fills.
//
// Sessions are the host's: a login returns a [Person], and the host makes of it
// what its web server needs. The host also runs [Service.Step] in a loop, or no
// short message leaves.
//
// The rules are pure: identity.go (what is a number), permissions.go (who may do
// what), judgeCode and judgeRate (is a code good, is it too often). The services
// load, ask them, and save in one transaction.
package org
