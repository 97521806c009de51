package download

// Agreed reads the consents in a trail as Audit does.
var Agreed = readConsents
