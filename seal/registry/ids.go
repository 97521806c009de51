package registry

// SealID names a seal of a company or a signature of a person. It is a type of its
// own, so that it cannot stand where another id is meant.
type SealID string
