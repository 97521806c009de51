package devca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/big"
	randv2 "math/rand/v2"
	"sync"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Algorithm is the kind of a key.
type Algorithm int

// The algorithms. The zero value is P256.
const (
	P256 Algorithm = iota
	P384
	RSA2048
	RSA3072
	RSA4096
	P521
	Ed25519
	SM2
)

var algorithmNames = [...]string{
	P256:    "P256",
	P384:    "P384",
	RSA2048: "RSA2048",
	RSA3072: "RSA3072",
	RSA4096: "RSA4096",
	P521:    "P521",
	Ed25519: "Ed25519",
	SM2:     "SM2",
}

// String returns the name of the algorithm, such as "P256".
func (a Algorithm) String() string { return enum.Name("Algorithm", algorithmNames[:], a) }

// seeded draws keys, serial numbers and nonces that are the same for the same
// seed. It is safe for concurrent use; the order of draws counts.
type seeded struct {
	mu sync.Mutex
	r  *randv2.ChaCha8
}

func newSeeded(seed []byte) *seeded { return &seeded{r: randv2.NewChaCha8(sha256.Sum256(seed))} }

func (s *seeded) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(b)
}

// newKey makes a key: from the seed if the CA has one, otherwise from the system's
// randomness.
func (ca *CA) newKey(alg Algorithm) (crypto.Signer, error) {
	if ca.seed != nil {
		return seededKey(alg, ca.seed)
	}
	switch alg {
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case RSA2048, RSA3072, RSA4096:
		return rsa.GenerateKey(rand.Reader, bits(alg))
	case Ed25519:
		_, k, err := ed25519.GenerateKey(rand.Reader)
		return k, err
	case SM2:
		return sm2.GenerateKey(rand.Reader)
	}
	return nil, fmt.Errorf("devca: algorithm %d", alg)
}

func bits(alg Algorithm) int {
	switch alg {
	case RSA3072:
		return 3072
	case RSA4096:
		return 4096
	}
	return 2048
}

// seededKey makes a key from a stream of random bytes. The standard library makes keys
// only from its own randomness, so the numbers are drawn here.
func seededKey(alg Algorithm, r io.Reader) (crypto.Signer, error) {
	switch alg {
	case P256, P384, P521:
		curve := map[Algorithm]elliptic.Curve{P256: elliptic.P256(), P384: elliptic.P384(), P521: elliptic.P521()}[alg]
		d, err := scalar(r, curve.Params().N)
		if err != nil {
			return nil, err
		}
		return ecdsa.ParseRawPrivateKey(curve, d)
	case SM2:
		d, err := scalar(r, new(big.Int).Sub(sm2.P256().Params().N, big.NewInt(1)))
		if err != nil {
			return nil, err
		}
		return sm2.NewPrivateKey(d)
	case Ed25519:
		seed := make([]byte, ed25519.SeedSize)
		_, err := io.ReadFull(r, seed)
		return ed25519.NewKeyFromSeed(seed), err
	case RSA2048, RSA3072, RSA4096:
		return seededRSA(r, bits(alg))
	}
	return nil, fmt.Errorf("devca: algorithm %d", alg)
}

// scalar draws a number from 1 to below n, in as many bytes as n has.
func scalar(r io.Reader, n *big.Int) ([]byte, error) {
	b := make([]byte, (n.BitLen()+7)/8)
	for {
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		b[0] &= byte(0xff >> (8*len(b) - n.BitLen()))
		if v := new(big.Int).SetBytes(b); v.Sign() > 0 && v.Cmp(n) < 0 {
			return b, nil
		}
	}
}

// seededRSA draws two primes and makes an RSA key from them, with exponent 65537.
func seededRSA(r io.Reader, size int) (*rsa.PrivateKey, error) {
	e, one := big.NewInt(65537), big.NewInt(1)
	prime := func() (*big.Int, error) {
		b := make([]byte, size/16)
		for {
			if _, err := io.ReadFull(r, b); err != nil {
				return nil, err
			}
			b[0] |= 0xc0 // two such primes have a product of full length
			b[len(b)-1] |= 1
			p := new(big.Int).SetBytes(b)
			m := new(big.Int).Sub(p, one)
			if p.ProbablyPrime(20) && new(big.Int).GCD(nil, nil, m, e).Cmp(one) == 0 {
				return p, nil
			}
		}
	}
	p, err := prime()
	if err != nil {
		return nil, err
	}
	q, err := prime()
	if err != nil {
		return nil, err
	}
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D: new(big.Int).ModInverse(e, phi), Primes: []*big.Int{p, q}}
	k.Precompute()
	return k, k.Validate()
}

// steady signs without randomness if the scheme allows it (RFC 6979), so that a seeded
// CA gives the same bytes twice.
type steady struct{ key crypto.Signer }

func (s steady) Public() crypto.PublicKey { return s.key.Public() }

func (s steady) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	switch s.key.(type) {
	case *ecdsa.PrivateKey, *sm2.PrivateKey:
		r = nil
	}
	return s.key.Sign(r, digest, opts)
}

// use returns the key in the form that signs.
func (ca *CA) use(k crypto.Signer) crypto.Signer {
	if ca.seed != nil {
		return steady{k}
	}
	return k
}

func marshalKey(k crypto.Signer) ([]byte, error) { return smx509.MarshalPKCS8PrivateKey(k) }

func parseKey(der []byte) (crypto.Signer, error) {
	k, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("devca: state: not a PKCS #8 key")
	}
	s, ok := k.(crypto.Signer)
	if !ok {
		return nil, errors.New("devca: state: a key that cannot sign")
	}
	return s, nil
}
