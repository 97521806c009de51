package pkcs11

import "encoding/binary"

// Numbers of PKCS #11 v2.40 that this package uses.
const (
	classCertificate = 1
	classPublicKey   = 2
	classPrivateKey  = 3

	keyRSA = 0
	keyEC  = 3

	class    = 0x000 // CKA_CLASS
	labelOf  = 0x003 // CKA_LABEL
	valueOf  = 0x011 // CKA_VALUE
	keyType  = 0x100 // CKA_KEY_TYPE
	idOf     = 0x102 // CKA_ID
	modulus  = 0x120 // CKA_MODULUS
	exponent = 0x122 // CKA_PUBLIC_EXPONENT
	ecParams = 0x180 // CKA_EC_PARAMS
	ecPoint  = 0x181 // CKA_EC_POINT

	rsaPKCS  = 0x0001 // CKM_RSA_PKCS
	rsaPSS   = 0x000d // CKM_RSA_PKCS_PSS
	ecdsaRaw = 0x1041 // CKM_ECDSA
)

// attribute is one property of an object: its type and its value.
type attribute struct {
	kind  uint64
	value []byte
}

type attributes []attribute

// mechanism is a way to sign, with parameters that are numbers.
type mechanism struct {
	kind   uint64
	params []uint64
}

// number returns a CK_ULONG as a value.
func number(n uint64) []byte { return binary.NativeEndian.AppendUint64(nil, n) }

func toNumber(b []byte) uint64 {
	if len(b) != 8 {
		return ^uint64(0)
	}
	return binary.NativeEndian.Uint64(b)
}
