package pdf

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
)

// handler holds what the standard security handler stores in the encryption dictionary.
// The lengths of its strings are checked when it is read.
type handler struct {
	revision     int
	size         int // of the key, in bytes
	o, u, oe, ue []byte
	permissions  uint32
	id           []byte
	metadata     bool
}

// padding completes short passwords (ISO 32000-2, algorithm 2, step a).
const padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08" +
	"\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"

func padded(password []byte) []byte {
	return append(password[:min(32, len(password)):min(32, len(password))], padding...)[:32]
}

// open returns the key of the file if password is its user's or its owner's.
func (h *handler) open(password []byte) ([]byte, bool) {
	if h.revision >= 5 {
		return h.open256(password[:min(127, len(password))])
	}
	if key, ok := h.openUser(padded(password)); ok {
		return key, true
	}
	return h.openUser(h.userOf(padded(password)))
}

// openUser makes the key from a padded user password (algorithm 2) and reports whether
// /U was made with it (algorithm 6).
func (h *handler) openUser(user []byte) ([]byte, bool) {
	sum := md5.New()
	sum.Write(user)
	sum.Write(h.o)
	sum.Write(binary.LittleEndian.AppendUint32(nil, h.permissions))
	sum.Write(h.id)
	if h.revision >= 4 && !h.metadata {
		sum.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := sum.Sum(nil)
	if h.revision >= 3 {
		for range 50 {
			next := md5.Sum(key[:h.size])
			key = next[:]
		}
	}
	key = key[:h.size]
	if h.revision == 2 {
		return key, subtle.ConstantTimeCompare(xorRC4(key, []byte(padding), 0), h.u) == 1
	}
	first := md5.Sum(append([]byte(padding), h.id...))
	want := first[:]
	for i := range 20 {
		want = xorRC4(key, want, byte(i))
	}
	return key, subtle.ConstantTimeCompare(want, h.u[:16]) == 1
}

// userOf returns the padded user password that /O holds for the owner (algorithm 7). A
// wrong password gives noise.
func (h *handler) userOf(owner []byte) []byte {
	sum := md5.Sum(owner)
	if h.revision == 2 {
		return xorRC4(sum[:h.size], h.o, 0)
	}
	for range 50 {
		sum = md5.Sum(sum[:])
	}
	out := h.o
	for i := 19; i >= 0; i-- {
		out = xorRC4(sum[:h.size], out, byte(i))
	}
	return out
}

// xorRC4 applies RC4 under key, with each byte of it changed by mask.
func xorRC4(key, data []byte, mask byte) []byte {
	k := make([]byte, len(key))
	for i := range key {
		k[i] = key[i] ^ mask
	}
	out := make([]byte, len(data))
	c, err := rc4.NewCipher(k)
	if err != nil {
		return out // keys have 5 to 21 bytes here, and RC4 takes up to 256
	}
	c.XORKeyStream(out, data)
	return out
}

// open256 is algorithm 2.A: /U and /O hold a hash and two salts, and the second salt
// opens /UE or /OE, which hold the key.
func (h *handler) open256(password []byte) ([]byte, bool) {
	if subtle.ConstantTimeCompare(h.hash(password, h.u[32:40], nil), h.u[:32]) == 1 {
		return unwrap(h.hash(password, h.u[40:48], nil), h.ue), true
	}
	if subtle.ConstantTimeCompare(h.hash(password, h.o[32:40], h.u), h.o[:32]) == 1 {
		return unwrap(h.hash(password, h.o[40:48], h.u), h.oe), true
	}
	return nil, false
}

// unwrap decrypts a key of 32 bytes with AES-256 in CBC mode from a zero block.
func unwrap(key, wrapped []byte) []byte {
	out := make([]byte, len(wrapped))
	if block, err := aes.NewCipher(key); err == nil {
		cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, wrapped)
	}
	return out
}

// hash is algorithm 2.B; revision 5 has only its first step. It ends after at most 287
// rounds, when the last byte can no longer exceed the round.
func (h *handler) hash(password, salt, user []byte) []byte {
	first := sha256.New()
	first.Write(password)
	first.Write(salt)
	first.Write(user)
	k := first.Sum(nil)
	if h.revision == 5 {
		return k
	}
	for round := 1; ; round++ {
		one := append(append(append([]byte(nil), password...), k...), user...)
		e := make([]byte, 0, 64*len(one))
		for range 64 {
			e = append(e, one...)
		}
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil // the key has 16 bytes
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, e)
		mod := 0 // 256 leaves 1 when divided by 3, so the sum of the bytes is enough
		for _, c := range e[:16] {
			mod += int(c)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(e)
			k = s[:]
		case 1:
			s := sha512.Sum384(e)
			k = s[:]
		default:
			s := sha512.Sum512(e)
			k = s[:]
		}
		if round >= 64 && int(e[len(e)-1]) <= round-32 {
			return k[:32]
		}
	}
}
