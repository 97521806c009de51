package envelope

// ID names an envelope. It is a type of its own, so that it cannot stand where another
// id is meant.
type ID string
