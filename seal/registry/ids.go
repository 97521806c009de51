package registry

// SealID identifies a seal of a company or a signature of a person. It has its own
// type, so that it cannot be confused with another id.
type SealID string
