package signer

import "github.com/dajiaqian/dajiaqian/internal/cms"

// Memory remembers which signature values were right: of which key, over which bytes.
// Every signature, timestamp and piece of evidence is checked before it is written,
// and who signs many documents with few authorities meets the same certificates and
// responses again. It is bounded, safe for concurrent use, ready as its zero value,
// and may be shared with a verifier.
type Memory = cms.Memory
