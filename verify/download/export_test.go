package download

// Agreed is what Audit reads of consents in a trail.
var Agreed = agreed
