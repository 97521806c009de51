package samples

import (
	"encoding/binary"
	"math"
)

// sRGB makes the smallest ICC profile (ICC.1:2001-04) of a display with the
// primaries of sRGB and a gamma of 2.2.
func sRGB() []byte {
	be := binary.BigEndian
	fixed := func(v float64) []byte { return be.AppendUint32(nil, uint32(int32(math.Round(v*65536)))) }
	xyz := func(x, y, z float64) []byte {
		b := append([]byte("XYZ \x00\x00\x00\x00"), fixed(x)...)
		return append(append(b, fixed(y)...), fixed(z)...)
	}
	text := func(s string) []byte { return append([]byte("text\x00\x00\x00\x00"), append([]byte(s), 0)...) }
	desc := func(s string) []byte {
		b := append([]byte("desc\x00\x00\x00\x00"), be.AppendUint32(nil, uint32(len(s)+1))...)
		b = append(append(b, s...), 0)
		return append(b, make([]byte, 4+4+2+1+67)...) // no Unicode, no ScriptCode
	}
	curve := append([]byte("curv\x00\x00\x00\x00"), 0, 0, 0, 1, 2, 51) // 2.2 in 8.8
	tags := []struct {
		sig  string
		data []byte
	}{
		{"desc", desc("sRGB")}, {"cprt", text("no copyright")}, {"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.4361, 0.2225, 0.0139)}, {"gXYZ", xyz(0.3851, 0.7169, 0.0971)}, {"bXYZ", xyz(0.1431, 0.0606, 0.7141)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
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
	copy(head[12:], "mntrRGB XYZ ")
	copy(head[24:], []byte{7, 0xd0, 0, 1, 0, 1}) // 2000-01-01
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	return append(append(head, table...), data...)
}
