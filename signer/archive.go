package signer

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// ErrArchive says that an appearance cannot be shown in a document that conforms to PDF/A
// (ISO 19005), because of its colours.
var ErrArchive = errors.New("signer: the document is PDF/A, and the appearance has colours that its output intent does not define")

// palette is the device colour spaces that a document lets appearances use. In PDF/A they
// are those that its output intent defines (ISO 19005-2, 6.2.4.3).
type palette struct {
	claims
	gray, rgb, cmyk bool
}

// opaque reports whether nothing may show through: PDF/A-1 has no transparency (ISO
// 19005-1, 6.4), and later parts have none without an output intent or a space of the page
// to blend in (ISO 19005-2, 6.2.10).
func (p palette) opaque() bool { return p.archive == 1 || p.archive > 1 && !p.gray }

// palette reads what a document lets appearances use, once.
func (d *Document) palette() (palette, error) {
	if d.colours != nil {
		return *d.colours, nil
	}
	c, err := d.readClaims()
	if err != nil {
		return palette{}, err
	}
	p := palette{claims: c, gray: true, rgb: true, cmyk: true}
	if c.archive > 0 {
		if p.gray, p.rgb, p.cmyk, err = d.outputIntents(); err != nil {
			return p, inputFault(err)
		}
	}
	d.colours = &p
	return p, nil
}

// outputIntents returns which device colour spaces the output intents for PDF/A define. Any
// of them defines gray.
func (d *Document) outputIntents() (gray, rgb, cmyk bool, err error) {
	cat, _, err := d.f.Catalog()
	if err != nil {
		return false, false, false, err
	}
	intents, err := d.f.Array(cat.Get("OutputIntents"))
	if err != nil {
		return false, false, false, err
	}
	const most = 64
	for _, o := range intents[:min(len(intents), most)] {
		intent, err := d.f.Dict(o)
		if err != nil {
			return false, false, false, err
		}
		kind, err := d.f.Resolve(intent.Get("S"))
		if err != nil {
			return false, false, false, err
		}
		profile, err := d.f.Resolve(intent.Get("DestOutputProfile"))
		if err != nil {
			return false, false, false, err
		}
		st, ok := profile.(*pdf.Stream)
		if !ok || kind != pdf.Name("GTS_PDFA1") {
			continue
		}
		data, err := d.f.Decode(st, 16<<20)
		if err != nil || len(data) < 20 {
			continue // defines nothing
		}
		gray = true
		switch { // ICC.1, 7.2.6: the colour space of the data
		case bytes.Equal(data[16:20], []byte("RGB ")):
			rgb = true
		case bytes.Equal(data[16:20], []byte("CMYK")):
			cmyk = true
		}
	}
	return gray, rgb, cmyk, nil
}

// space returns a colour space in which colours of a device space are shown: itself, or one
// that depends on no device.
func (p palette) space(device pdf.Name) (pdf.Object, error) {
	switch {
	case device == "DeviceGray" && !p.gray:
		return calGray, nil
	case device == "DeviceRGB" && !p.rgb:
		return calRGB, nil
	case device == "DeviceCMYK" && !p.cmyk:
		return nil, fmt.Errorf("%w: CMYK", ErrArchive)
	}
	return device, nil
}

// The spaces of sRGB (IEC 61966-2-1) and of its grays, with a gamma of 2.2.
var (
	whitePoint = pdf.Array{pdf.Real("0.9505"), pdf.Integer(1), pdf.Real("1.089")}
	calGray    = pdf.Array{pdf.Name("CalGray"), pdf.NewDict(pdf.Name("WhitePoint"), whitePoint, pdf.Name("Gamma"), pdf.Real("2.2"))}
	calRGB     = pdf.Array{pdf.Name("CalRGB"), pdf.NewDict(pdf.Name("WhitePoint"), whitePoint,
		pdf.Name("Gamma"), pdf.Array{pdf.Real("2.2"), pdf.Real("2.2"), pdf.Real("2.2")},
		pdf.Name("Matrix"), pdf.Array{pdf.Real("0.4124"), pdf.Real("0.2126"), pdf.Real("0.0193"), pdf.Real("0.3576"), pdf.Real("0.7152"),
			pdf.Real("0.1192"), pdf.Real("0.1805"), pdf.Real("0.0722"), pdf.Real("0.9505")})}
)

// colourOperators are those that set a colour in a device space, the space, and the
// operators that do so in a named one (ISO 32000-2, table 73).
var colourOperators = map[string]struct {
	device   pdf.Name
	operands int
	set, in  string
}{
	"g": {"DeviceGray", 1, "cs", "sc"}, "G": {"DeviceGray", 1, "CS", "SC"},
	"rg": {"DeviceRGB", 3, "cs", "sc"}, "RG": {"DeviceRGB", 3, "CS", "SC"},
	"k": {"DeviceCMYK", 4, "cs", "sc"}, "K": {"DeviceCMYK", 4, "CS", "SC"},
}

// recolour returns content whose colours are in spaces that the document lets appearances
// use, and the resources that this needs.
func (p palette) recolour(content []byte, resources *pdf.Dict) ([]byte, *pdf.Dict, error) {
	if p.gray && p.rgb && p.cmyk {
		return content, resources, nil
	}
	var out []byte
	var fault error
	spaces := pdf.NewDict()
	if !p.gray { // what is painted before a colour is set is black in DeviceGray
		spaces = spaces.With("CalGray", calGray)
		out = append(out, "/CalGray cs 0 sc /CalGray CS 0 SC\n"...)
	}
	whole := pdf.Operators(content, func(op string, args []pdf.Object) bool {
		if op == "BI" {
			fault = fmt.Errorf("%w: an inline image", ErrArchive)
			return false
		}
		c, ok := colourOperators[op]
		if ok && len(args) == c.operands {
			space, err := p.space(c.device)
			if err != nil {
				fault = err
				return false
			}
			if space != pdf.Object(c.device) {
				name := "Cal" + c.device[len("Device"):]
				spaces = spaces.With(name, space)
				out = fmt.Appendf(out, "/%s %s ", name, c.set)
				op = c.in
			}
		}
		for _, a := range args {
			out = append(pdf.AppendDirect(out, a), ' ')
		}
		out = append(append(out, op...), '\n')
		return true
	})
	switch {
	case fault != nil:
		return nil, nil, fault
	case !whole:
		return nil, nil, fmt.Errorf("%w: content that is not understood", ErrArchive)
	case len(spaces.Entries) > 0:
		resources = resources.With("ColorSpace", spaces)
	}
	return out, resources, nil
}
