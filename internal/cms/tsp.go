package cms

import (
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// TimestampRequest is the TimeStampReq of RFC 3161, 2.4.1.
type TimestampRequest struct {
	Hash     Hash
	Digest   []byte
	Policy   asn1.ObjectIdentifier // nil for the TSA's default
	Nonce    *big.Int              // nil for none
	WantCert bool
}

// Marshal encodes the request.
func (q TimestampRequest) Marshal() ([]byte, error) {
	oid := q.Hash.oid()
	if oid == nil || len(q.Digest) != q.Hash.Size() {
		return nil, errf(CodeTimestamp, "a request needs a digest of SHA-2 or SM3")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addAlgorithm(b, oid, derNull)
			b.AddASN1OctetString(q.Digest)
		})
		if q.Policy != nil {
			b.AddASN1ObjectIdentifier(q.Policy)
		}
		if q.Nonce != nil {
			b.AddASN1BigInt(q.Nonce)
		}
		if q.WantCert {
			b.AddASN1Boolean(true)
		}
	})
	return b.Bytes()
}

// ParseTimestampRequest reads a request of at most 4 KiB.
func ParseTimestampRequest(der []byte) (TimestampRequest, error) {
	var q TimestampRequest
	bad := errf(CodeTimestamp, "a request of a wrong form")
	if len(der) > 4<<10 || CheckDepth(der) != nil {
		return q, bad
	}
	top := &reader{s: cryptobyte.String(der)}
	in := top.element(cbasn1.SEQUENCE)
	version := in.integer()
	mi := in.element(cbasn1.SEQUENCE)
	alg := mi.algorithm()
	q.Digest = append([]byte(nil), mi.element(cbasn1.OCTET_STRING).s...)
	if in.bad || !mi.done() || version != 1 {
		return q, bad
	}
	var ok bool
	if q.Hash, ok = hashOf(alg.oid); !ok || !alg.plain() || len(q.Digest) != q.Hash.Size() {
		return q, errf(CodeAlgorithm, "the imprint's hash is weak or unknown")
	}
	if in.peek(cbasn1.OBJECT_IDENTIFIER) {
		q.Policy = in.oid()
	}
	if in.peek(cbasn1.INTEGER) {
		q.Nonce = new(big.Int)
		if !in.s.ReadASN1Integer(q.Nonce) {
			return q, bad
		}
	}
	if in.peek(cbasn1.BOOLEAN) && !in.s.ReadASN1Boolean(&q.WantCert) {
		return q, bad
	}
	if !top.done() || !in.done() {
		return q, bad
	}
	return q, nil
}

// TimestampResponse wraps a token in a TimeStampResp with status granted.
func TimestampResponse(token []byte) ([]byte, error) { return response(0, token) }

// TimestampRejection returns a TimeStampResp without a token.
func TimestampRejection() ([]byte, error) { return response(2, nil) }

func response(status int64, token []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(status) })
		b.AddBytes(token)
	})
	return b.Bytes()
}

// ParseTimestampResponse returns the token of a response whose status is granted, and
// reports whether that is "with modifications" (RFC 3161, 2.4.2). It returns an error for
// any other status.
func ParseTimestampResponse(der []byte) (token []byte, modified bool, err error) {
	if len(der) > MaxSize {
		return nil, false, errf(CodeLimit, "%d bytes, more than %d", len(der), MaxSize)
	}
	if err := CheckDepth(der); err != nil {
		return nil, false, err
	}
	top := &reader{s: cryptobyte.String(der)}
	in := top.element(cbasn1.SEQUENCE)
	st := in.element(cbasn1.SEQUENCE)
	status := st.integer()
	if !top.done() || in.bad || st.bad {
		return nil, false, errf(CodeTimestamp, "a response of a wrong form")
	}
	if status != 0 && status != 1 {
		return nil, false, errf(CodeTimestamp, "the TSA answers status %d", status)
	}
	token = in.raw(cbasn1.SEQUENCE)
	if !in.done() {
		return nil, false, errf(CodeTimestamp, "a response of a wrong form")
	}
	return token, status == 1, nil
}
