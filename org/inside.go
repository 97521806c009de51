package org

import "github.com/dajiaqian/dajiaqian/store"

// Inside is what packages ask that keep their rows in the same database: seals,
// money, envelopes. A host does not call it. Most of it works inside the caller's
// transaction, so that what it answers holds when that commits. What it answers
// about persons and companies must not reach a stranger (T24).
type Inside struct{ s *Service }

// Inside returns this service as sister packages see it.
func (s *Service) Inside() Inside { return Inside{s} }

// Once is Service.Once.
func (in Inside) Once(key string) Inside { return in.s.Once(key).Inside() }

// In is Service.In.
func (in Inside) In(db *store.DB) Inside { return in.s.In(db).Inside() }

// Will is how a signer shows that they mean it (意愿认证): with a one-time code, a face
// check, or their password. Each is good for one binding, the SHA-256 of what they are
// shown, and is used up in the transaction that rests on it.
type Will struct{ s *Service }

// Will returns the ways of showing one's will.
func (s *Service) Will() Will { return Will{s} }

// In is Service.In.
func (w Will) In(db *store.DB) Will { return w.s.In(db).Will() }

// ReviewDesk is what the platform's reviewing staff works with (人工审核).
type ReviewDesk struct{ s *Service }

// ReviewDesk returns the desk of those whom Config.Reviewers names.
func (s *Service) ReviewDesk() ReviewDesk { return ReviewDesk{s} }

// Upkeep is what the platform's operators run besides Service.Step: what sweeps and
// backups of blobs ask, the change of keys, and proof about a closed account.
type Upkeep struct{ s *Service }

// Upkeep returns what operators run.
func (s *Service) Upkeep() Upkeep { return Upkeep{s} }
