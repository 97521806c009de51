package envelope

// ID identifies an envelope. It is a separate type, so that no other id can be used in
// its place.
type ID string
