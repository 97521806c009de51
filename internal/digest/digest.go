// Package digest joins texts before they are hashed.
package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Frame joins parts so that no two lists of parts give the same bytes: each is
// preceded by its length in bytes, as 32 bits in big-endian order.
func Frame(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// Hex returns the SHA-256 of the framed parts in hexadecimal.
func Hex(parts ...string) string {
	sum := sha256.Sum256(Frame(parts...))
	return hex.EncodeToString(sum[:])
}
