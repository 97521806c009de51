package signer

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/cms"
	"github.com/dajiaqian/dajiaqian/internal/enum"
)

// Level is a baseline level of EN 319 142-1, clause 6.
type Level int

// The levels. The zero value is invalid. Each contains the ones before it.
const (
	BB   Level = iota + 1 // B-B: a signature
	BT                    // B-T: with a timestamp on it
	BLT                   // B-LT: with certificates and revocation data in the document (DSS)
	BLTA                  // B-LTA: with a document timestamp over all of it
)

var levelNames = [...]string{
	BB:   "B-B",
	BT:   "B-T",
	BLT:  "B-LT",
	BLTA: "B-LTA",
}

// String returns the name of the level, such as "B-B".
func (l Level) String() string { return enum.Name("Level", levelNames[:], l) }

// ParseLevel reads "B-B", "B-T", "B-LT" or "B-LTA".
func ParseLevel(s string) (Level, error) {
	for l := BB; l <= BLTA; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return 0, fmt.Errorf("signer: unknown level %q", s)
}

// Certification is what a certification allows to change afterwards (ISO 32000-2, table
// 257). Further validation data and document timestamps are always allowed.
type Certification int

// The certifications. The zero value does not certify.
const (
	NoCertification Certification = iota
	AllowNothing                  // P 1
	AllowForms                    // P 2: filling and signing the existing fields
	AllowAnnotation               // P 3: annotations as well
)

var certificationNames = [...]string{
	NoCertification: "no certification",
	AllowNothing:    "allow nothing",
	AllowForms:      "allow forms",
	AllowAnnotation: "allow annotation",
}

// String returns the certification in English.
func (p Certification) String() string { return enum.Name("Certification", certificationNames[:], p) }

// Request says how to sign. Exactly one of Field and NewField is set.
type Request struct {
	Credential Credential  // required; Prepare needs only the chain
	Level      Level       // required
	Services               // Timestamper is required from BT on, Revocations from BLT on
	Time       time.Time   // required: the claimed signing time /M, shown in its own zone
	Hash       crypto.Hash // 0 means SHA-256, SHA-512 for Ed25519, SM3 for SM2
	PSS        bool        // RSASSA-PSS instead of PKCS #1 v1.5, for RSA keys
	GM         bool        // the content types of GM/T 0010, for SM2 keys

	Field      string        // an empty signature field of the document
	NewField   *Field        // a field to be added in the signing revision
	Appearance Appearance    // nil shows nothing
	Fill       []Value       // fields to be filled in the signing revision, which locks them
	Certify    Certification // a certification; it must be the first signature
	Lock       *Lock         // fields locked besides those of the field's own Lock

	Accept []FindingCode // findings that do not stop the signing

	Name     string // of the signer, shown by readers; like the next two, at most 1 MiB
	Reason   string
	Location string
}

// Value is what a field is filled with: the text of a text field, the option of a dropdown,
// the choice of a radio group, [Ticked] for a check box, or the picture of a picture field.
// Without any, the field is left open, and the signature locks it so.
type Value struct {
	Field   string
	Text    string
	Picture Appearance // for a PictureField alone
}

// open reports whether the field is left open.
func (v Value) open() bool { return v.Text == "" && v.Picture == nil }

// Lock names the fields that may not change after a signature (ISO 32000-2,
// 12.7.5.5).
type Lock struct {
	All    bool     // every field of the document
	Fields []string // full names
}

const maxShown = 1 << 20 // bytes; twice as many in UTF-16 can still be read

func (r *Request) check() error {
	switch {
	case len(r.Credential.Chain) == 0:
		return errors.New("signer: Request.Credential needs a chain")
	case r.Level < BB || r.Level > BLTA:
		return errors.New("signer: Request.Level is not set")
	case r.Level >= BT && r.Timestamper == nil:
		return fmt.Errorf("signer: Request.Timestamper is required for %v", r.Level)
	case r.Level >= BLT && r.Revocations == nil:
		return fmt.Errorf("signer: Request.Revocations is required for %v", r.Level)
	case r.Time.IsZero():
		return errors.New("signer: Request.Time is not set")
	case (r.Field == "") == (r.NewField == nil):
		return errors.New("signer: one of Request.Field and Request.NewField is required")
	case max(len(r.Name), len(r.Reason), len(r.Location)) > maxShown:
		return fmt.Errorf("signer: Request.Name, Reason or Location has more than %d bytes", maxShown)
	case r.Certify < NoCertification || r.Certify > AllowAnnotation:
		return errors.New("signer: Request.Certify is out of range")
	}
	return nil
}

// profile returns what the request requires of the CMS.
func (r *Request) profile() (cms.Profile, error) {
	p := cms.Profile{Chain: r.Credential.Chain, PSS: r.PSS, GM: r.GM, Hash: cms.DefaultHash(r.Credential.Chain[0].PublicKey)}
	if r.Hash != 0 {
		h, ok := cms.HashOf(r.Hash)
		if !ok {
			return p, fmt.Errorf("signer: Request.Hash %v does not serve", r.Hash)
		}
		p.Hash = h
	}
	return p, checkProfile(p)
}

// checkProfile refuses what a key of this kind cannot do.
func checkProfile(p cms.Profile) error {
	_, isRSA := p.Chain[0].PublicKey.(*rsa.PublicKey)
	switch {
	case p.PSS && !isRSA:
		return errors.New("signer: PSS is for RSA keys")
	case p.GM && cms.DefaultHash(p.Chain[0].PublicKey) != cms.SM3:
		return errors.New("signer: the content types of GM/T 0010 are for SM2 keys")
	}
	for i, c := range p.Chain {
		if slices.ContainsFunc(p.Chain[:i], c.Equal) {
			return errors.New("signer: the chain has a certificate twice")
		}
	}
	return nil
}
