package registry

import (
	"fmt"
	"image/color"
	"strings"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/internal/plain"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
)

// The look of a stored seal, decided without ctx, clock or store.

// MaxSealName is the longest 印章名称, in characters.
const MaxSealName = 50

// design is a Spec as it is stored: plain values only.
type design struct {
	Style    seal.Style   `json:"style"`
	Name     string       `json:"name"`
	Text     string       `json:"text"`
	Code     string       `json:"code"`
	RingCode string       `json:"ring_code"`
	Serial   int          `json:"serial"`
	Width    float64      `json:"width"`
	Height   float64      `json:"height"`
	Color    string       `json:"color"` // #rrggbb or #rrggbbaa, empty for the default
	Measure  seal.Measure `json:"measure"`
}

func checkSealName(name string) error {
	n := utf8.RuneCountInString(name)
	if n > MaxSealName || strings.TrimSpace(name) == "" || !plain.Printable(name, "") {
		return ErrSealName
	}
	return nil
}

// ownSpec completes a spec with its owner's verified name and credit code, and refuses
// one with the name of someone else.
func ownSpec(spec seal.Spec, owner org.Standing) (seal.Spec, error) {
	if spec.Font != nil {
		return seal.Spec{}, ErrHostFont
	}
	name := owner.Person.Name
	personal := spec.Style == seal.StyleSignature
	if owner.Company != nil {
		name = owner.Company.Name
		if personal || spec.Style == seal.StyleRepresentative {
			return seal.Spec{}, ErrOwnerStyle
		}
		if spec.Code != "" {
			spec.Code = owner.Company.CreditCode
		}
	} else {
		if spec.Style != 0 && !personal {
			return seal.Spec{}, ErrOwnerStyle
		}
		spec.Style = seal.StyleSignature
	}
	if spec.Name != "" && spec.Name != name {
		return seal.Spec{}, ErrOwnerName
	}
	spec.Name = name
	return spec, nil
}

// newDesign returns what is stored of a spec.
func newDesign(s seal.Spec) design {
	return design{
		Style: s.Style, Name: s.Name, Text: s.Text, Code: s.Code, RingCode: s.RingCode, Serial: s.Serial,
		Width: s.Width, Height: s.Height, Color: colorText(s.Color), Measure: s.Measure,
	}
}

// spec is the inverse of newDesign.
func (d *design) spec() (seal.Spec, error) {
	s := seal.Spec{
		Style: d.Style, Name: d.Name, Text: d.Text, Code: d.Code, RingCode: d.RingCode, Serial: d.Serial,
		Width: d.Width, Height: d.Height, Measure: d.Measure,
	}
	if d.Color == "" {
		return s, nil
	}
	ink, err := seal.ParseColor(d.Color)
	s.Color = ink
	return s, err
}

// colorText is the inverse of ParseColor; nil becomes "".
func colorText(c color.Color) string {
	if c == nil {
		return ""
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if n.A == 0xFF {
		return fmt.Sprintf("#%02x%02x%02x", n.R, n.G, n.B)
	}
	return fmt.Sprintf("#%02x%02x%02x%02x", n.R, n.G, n.B, n.A)
}

func companyOwner(id org.CompanyID) string { return "company/" + string(id) }
func personOwner(id org.PersonID) string   { return "person/" + string(id) }

// ownerOf returns the owner of what the actor makes: their company, or themselves.
func ownerOf(a org.Actor) string {
	if a.Org != "" {
		return companyOwner(a.Org)
	}
	return personOwner(a.Person)
}

func (k *kept) personal() bool { return strings.HasPrefix(k.Owner, personOwner("")) }
