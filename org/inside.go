package org

import "github.com/dajiaqian/dajiaqian/store"

// Inside is for packages that keep their rows in the same database: seals, money,
// envelopes. A host does not call it. Most methods work inside the caller's
// transaction, so that their results still hold when it commits. Their results about
// persons and companies must not reach a stranger (T24).
type Inside struct{ s *Service }

// Inside returns this service for sister packages.
func (s *Service) Inside() Inside { return Inside{s} }

// Once is [Service.Once].
func (in Inside) Once(key string) Inside { return in.s.Once(key).Inside() }

// In is [Service.In].
func (in Inside) In(db *store.DB) Inside { return in.s.In(db).Inside() }

// Will is how a signer shows that they mean it (意愿认证): with a one-time code, a face
// check, or their password. Each is valid for one binding, the SHA-256 of what they are
// shown, and is used up in the transaction that depends on it.
type Will struct{ s *Service }

// Will returns the ways in which signers show their will.
func (s *Service) Will() Will { return Will{s} }

// In is [Service.In].
func (w Will) In(db *store.DB) Will { return w.s.In(db).Will() }

// ReviewDesk is what the platform's reviewing staff works with (人工审核).
type ReviewDesk struct{ s *Service }

// ReviewDesk returns the desk of the persons that Config.Reviewers names.
func (s *Service) ReviewDesk() ReviewDesk { return ReviewDesk{s} }

// Upkeep is what the platform's operators run besides [Service.Step]: the questions of
// sweeps and backups of blobs, the change of keys, and proof about a closed account.
type Upkeep struct{ s *Service }

// Upkeep returns the operators' methods.
func (s *Service) Upkeep() Upkeep { return Upkeep{s} }
