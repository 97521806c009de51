package samples

import (
	"encoding/binary"
	"math"
)

// fixed is a number in the 15.16 bits of ICC profiles.
func fixed(v float64) []byte {
	return binary.BigEndian.AppendUint32(nil, uint32(int32(math.Round(v*65536))))
}

func xyz(x, y, z float64) []byte {
	b := append([]byte("XYZ \x00\x00\x00\x00"), fixed(x)...)
	return append(append(b, fixed(y)...), fixed(z)...)
}

// curve is a gamma of 2.2 in 8.8 bits.
var curve = append([]byte("curv\x00\x00\x00\x00"), 0, 0, 0, 1, 2, 51)

// tag is one element of a profile.
type tag struct {
	sig  string
	data []byte
}

// sRGB makes the smallest ICC profile (ICC.1:2001-04) of a display with the
// primaries of sRGB and a gamma of 2.2.
func sRGB() []byte {
	return profile("mntrRGB XYZ ", "sRGB",
		tag{"rXYZ", xyz(0.4361, 0.2225, 0.0139)}, tag{"gXYZ", xyz(0.3851, 0.7169, 0.0971)}, tag{"bXYZ", xyz(0.1431, 0.0606, 0.7141)},
		tag{"rTRC", curve}, tag{"gTRC", curve}, tag{"bTRC", curve})
}

// grayProfile makes that of a display without colours.
func grayProfile() []byte { return profile("mntrGRAYXYZ ", "Gray", tag{"kTRC", curve}) }

// cmykProfile makes that of a printer, of which only the paper and the full inks are
// known: a table of 2 × 2 × 2 × 2 colours.
func cmykProfile() []byte {
	lut := append([]byte("mft1\x00\x00\x00\x00"), 4, 3, 2, 0)
	for i := range 9 { // the identity matrix
		lut = append(lut, fixed(float64((12-i%4)/12))...)
	}
	identity := make([]byte, 256)
	for i := range identity {
		identity[i] = byte(i)
	}
	for range 4 {
		lut = append(lut, identity...)
	}
	for i := range 16 { // the bits are C, M, Y, K
		light := byte(255)
		if i&1 != 0 {
			light = 20
		} else if i&14 != 0 {
			light = 120
		}
		lut = append(lut, light, byte(128-8*(i&8)+8*(i&4)), byte(128-8*(i&8)+16*(i&2)))
	}
	for range 3 {
		lut = append(lut, identity...)
	}
	return profile("prtrCMYKLab ", "CMYK", tag{"A2B0", lut})
}

// profile makes a profile of a class, the space of its data and the space that they lead
// to.
func profile(kind, name string, more ...tag) []byte {
	be := binary.BigEndian
	text := func(s string) []byte { return append([]byte("text\x00\x00\x00\x00"), append([]byte(s), 0)...) }
	desc := func(s string) []byte {
		b := append([]byte("desc\x00\x00\x00\x00"), be.AppendUint32(nil, uint32(len(s)+1))...)
		b = append(append(b, s...), 0)
		return append(b, make([]byte, 4+4+2+1+67)...) // no Unicode, no ScriptCode
	}
	tags := append([]tag{{"desc", desc(name)}, {"cprt", text("no copyright")}, {"wtpt", xyz(0.9642, 1, 0.8249)}}, more...)
	table := be.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	at := 128 + 4 + 12*len(tags)
	for _, t := range tags {
		table = append(table, t.sig...)
		table = be.AppendUint32(table, uint32(at+len(data)))
		table = be.AppendUint32(table, uint32(len(t.data)))
		data = append(data, t.data...)
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
	}
	head := make([]byte, 128)
	be.PutUint32(head, uint32(at+len(data)))
	head[8], head[9] = 2, 0x10
	copy(head[12:], kind)
	copy(head[24:], []byte{7, 0xd0, 0, 1, 0, 1}) // 2000-01-01
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	return append(append(head, table...), data...)
}
