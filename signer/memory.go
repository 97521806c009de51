package signer

import "github.com/dajiaqian/dajiaqian/internal/cms"

// Memory remembers which signature values were right: by key and signed bytes. Every
// signature, timestamp and piece of evidence is checked before it is written. If many
// documents are signed with few authorities, the same certificates and responses come
// again. It is bounded and safe for concurrent use; its zero value is ready. It may be
// shared with a verifier.
type Memory = cms.Memory
