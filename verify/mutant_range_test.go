package verify_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/verify"
)

// sigPlace is where a signature's range and contents are.
type sigPlace struct {
	from, to int // of /ByteRange's array, including spaces after it
	b, c, d  int
}

// placeOf finds the first or the last signature of a file.
func placeOf(t testing.TB, file []byte, last bool) sigPlace {
	t.Helper()
	key := []byte("/ByteRange ")
	i := bytes.Index(file, key)
	if last {
		i = bytes.LastIndex(file, key)
	}
	if i < 0 {
		t.Fatal("no signature")
	}
	p := sigPlace{from: i + len(key)}
	p.to = p.from + bytes.IndexByte(file[p.from:], '\n')
	if _, err := fmt.Sscanf(string(file[p.from:]), "[0 %d %d %d]", &p.b, &p.c, &p.d); err != nil {
		t.Fatal(err)
	}
	return p
}

// set writes another range in the same width.
func (p sigPlace) set(file []byte, text string) []byte {
	if len(text) > p.to-p.from {
		panic("too long: " + text)
	}
	out := bytes.Clone(file)
	copy(out[p.from:p.to], text+strings.Repeat(" ", p.to-p.from-len(text)))
	return out
}

// byteRanges is R1 (A2, A5, A7): the range is overwritten in place.
func byteRanges(t *testing.T, m *material) []mutant {
	var out []mutant
	// It makes no difference here whether a later signature follows.
	for _, base := range []struct {
		name string
		file []byte
		last bool
	}{{"first", m.two, false}, {"last", m.two, true}, {"stream first", m.stream, false}, {"stream last", m.stream, true},
		{"certified", m.mdp[1], true}, {"document timestamp", m.lta, true}} {
		p := placeOf(t, base.file, base.last)
		b, c, d := p.b, p.c, p.d
		for _, x := range []struct {
			text   string
			reason verify.Reason
		}{
			{"null", verify.SigByteRange},
			{"[]", verify.SigByteRange},
			{"[0]", verify.SigByteRange},
			{"[0 0 0 0]", verify.SigByteRange},
			{"true", verify.SigByteRange},
			{"(0 1 2 3)", verify.SigByteRange},
			{"/Range", verify.SigByteRange},
			{"<</A 0>>", verify.SigByteRange},
			{"9 0 R", verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d]", b, c), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d 0]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d 0 0]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[[0 %d %d %d]]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 0 R %d %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d 9 0 R %d]", b, d), verify.SigByteRange},
			{fmt.Sprintf("[null %d %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 (%d) %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0.0 %d %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d.0 %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d.]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[-1 %d %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 -%d %d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d -%d %d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d -%d]", b, c, d), verify.SigByteRange},
			{fmt.Sprintf("[1 %d %d %d]", b-1, c, d), verify.SigByteRange},
			{fmt.Sprintf("[9 %d %d %d]", b-9, c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 0 %d %d]", c, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d]", b, b, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d]", c, b, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d 0 %d]", b, d), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d 9223372036854775807]", b, c), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d 9223372036854775808]", b, c), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d 18446744073709551615]", b, c), verify.SigByteRange},
			{fmt.Sprintf("[0 %d 9223372036854775807 1]", b), verify.SigByteRange},
			{fmt.Sprintf("[0 9223372036854775807 %d 1]", c), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d]", b-1, c, d), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b+1, c, d), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b-10, c, d), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b+100, c, d), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b, c-1, d), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b, c-2, d), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b-1, c+1, d-1), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b, c+1, d-1), verify.SigContents},
			{fmt.Sprintf("[0 %d %d %d]", b, c+100, d-100), verify.SigContents},
			{fmt.Sprintf("[0 %d %d 0]", b, c), verify.SigByteRange}, // ends before its own dictionary ends
			{fmt.Sprintf("[0 %d %d 1]", b, c), verify.SigByteRange},
			{fmt.Sprintf("[0 %d %d %d]", b, c, d-2), verify.SigCoverage},
			{fmt.Sprintf("[0 %d %d %d]", b, c, d-5), verify.SigCoverage},
			{fmt.Sprintf("[0 %d %d %d]", b, c, d-20), verify.SigCoverage},
			// A range may end before the end of line behind %%EOF; this one was not
			// signed like that.
			{fmt.Sprintf("[0 %d %d %d]", b, c, d-1), map[bool]verify.Reason{false: verify.CMSDigest, true: verify.TimeToken}[base.name == "document timestamp"]},
			{fmt.Sprintf("[0 %d %d %d", b, c, d), verify.StructUnreadable},
		} {
			out = append(out, refused(base.name+" "+x.text, p.set(base.file, x.text), x.reason))
		}
		if !base.last {
			for _, k := range []int{1, 2, 10, 100} {
				out = append(out, refused(fmt.Sprintf("%s longer by %d", base.name, k), p.set(base.file, fmt.Sprintf("[0 %d %d %d]", b, c, d+k)), verify.SigCoverage))
			}
			// All of the file: the range of the other is no longer within it.
			out = append(out, refused(base.name+" to the end", p.set(base.file, fmt.Sprintf("[0 %d %d %d]", b, c, len(base.file)-c)), verify.SigCrossing))
			continue
		}
		for _, k := range []int{1, 2, 10, 100} {
			out = append(out, refused(fmt.Sprintf("%s longer by %d", base.name, k), p.set(base.file, fmt.Sprintf("[0 %d %d %d]", b, c, d+k)), verify.SigByteRange))
		}
	}
	// Two signatures with the range of one.
	first, last := placeOf(t, m.two, false), placeOf(t, m.two, true)
	out = append(out,
		refused("the last takes the first's", last.set(m.two, string(m.two[first.from:first.to])), verify.SigContents),
		refused("no bracket", last.set(m.two, "0 1 2 3]"), verify.StructUnreadable),
		refused("the first takes the last's", first.set(m.two, string(bytes.TrimSpace(m.two[last.from:last.to]))), verify.SigContents))
	return out
}

// duplicateKeys is R2 (A8): a signer's own file that has a key twice, and is signed like
// that. Readers take the first or the last.
func duplicateKeys(t *testing.T, m *material) []mutant {
	var out []mutant
	sound := "/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange @R/Contents @C"
	make := func(dict string) []byte {
		f := m.forge(t, m.one, newField(t, m.one), "<<"+dict+">>")
		return f.with(f.value(t))
	}
	out = append(out, legal("each key once", make(sound)))
	for _, x := range []struct{ key, value string }{
		{"ByteRange", "[0 0 0 0]"}, {"ByteRange", "[0 9 19 9]"}, {"ByteRange", "null"},
		{"Contents", "<00>"}, {"Contents", "<>"}, {"Contents", "(x)"}, {"Contents", "null"},
		{"SubFilter", "/ETSI.CAdES.detached"}, {"SubFilter", "/adbe.pkcs7.sha1"}, {"SubFilter", "/ETSI.RFC3161"},
		{"Type", "/Sig"}, {"Type", "/DocTimeStamp"}, {"Filter", "/Adobe.PPKLite"},
	} {
		first := fmt.Sprintf("#%02x", x.key[0]) + x.key[1:]
		last := x.key[:len(x.key)-1] + fmt.Sprintf("#%02X", x.key[len(x.key)-1])
		every := ""
		for i := range len(x.key) {
			every += fmt.Sprintf("#%02x", x.key[i])
		}
		for _, key := range []string{x.key, first, last, every} {
			entry := "/" + key + " " + x.value
			out = append(out, refused(entry+" before", make(entry+sound), verify.SigDuplicateKey),
				refused(entry+" after", make(sound+entry), verify.SigDuplicateKey))
		}
	}
	for _, key := range []string{"M", "Reason", "Name", "Location", "Reference"} {
		out = append(out, refused("/"+key+" twice", make(sound+"/"+key+"(a)/"+key+"(b)"), verify.SigDuplicateKey))
	}
	return out
}

// contentsBytes is R3 (A9): what is in the hexadecimal string beside the signature.
func contentsBytes(t *testing.T, m *material) []mutant {
	var out []mutant
	for _, base := range []struct {
		name string
		file []byte
	}{{"two", m.two}, {"one", m.one}, {"stream", m.stream}, {"certified", m.mdp[2]}, {"archive", m.lta}} {
		p := placeOf(t, base.file, true)
		edit := func(at int, text string) []byte {
			b := bytes.Clone(base.file)
			copy(b[at:], text)
			return b
		}
		end := p.c - 1 // of the digits
		for _, x := range []struct {
			name   string
			at     int
			text   string
			reason verify.Reason
		}{
			{"DEADBEEF at the end", end - 64, strings.Repeat("DEADBEEF", 8), verify.SigContentsPadding},
			{"the last digit", end - 1, "1", verify.SigContentsPadding},
			{"the last but one", end - 2, "1", verify.SigContentsPadding},
			{"an empty sequence", end - 4, "3000", verify.SigContentsPadding},
			{"end of contents", end - 8, "00000001", verify.SigContentsPadding},
			{"white space at the end", end - 1, " ", verify.SigContents},
			{"a line break", end - 2, "\r\n", verify.SigContents},
			{"a tab in the middle", end - 30, "\t", verify.SigContents},
			{"a zero byte", end - 3, "\x00", verify.SigContents},
			{"white space at the start", p.b + 1, " ", verify.SigContents},
			{"no digit", end - 1, "g", verify.StructUnreadable},
			{"a comment", end - 20, "%", verify.StructUnreadable},
			{"ends one earlier", end - 1, ">0", verify.StructUnreadable},
			{"ends two earlier", end - 2, "> /", verify.StructUnreadable},
			{"ends earlier, with an entry behind", end - 6, ">/X 12", verify.StructUnreadable},
			{"a digit too many", end, "0", verify.StructUnreadable},
			{"a literal string", p.b, "(", verify.StructUnreadable},
			{"a dictionary", p.b, "<<", verify.StructUnreadable},
			{"a name in its place", p.b, "/", verify.SigUnreachable},
			{"another outer tag", p.b + 1, "31", verify.SigContentsPadding},
			{"an outer octet string", p.b + 1, "04", verify.SigContentsPadding},
			{"an indefinite length", p.b + 3, "80", ""}, // what follows then looks like an element, or like padding
			{"a shorter length", p.b + 5, "00", verify.SigContentsPadding},
			{"a longer length", p.b + 5, "7f", verify.SigContentsPadding},
			{"a length of eight bytes", p.b + 3, "88", verify.SigContentsPadding},
		} {
			out = append(out, refused(base.name+": "+x.name, edit(x.at, x.text), x.reason))
		}
		out = append(out,
			refused(base.name+": all zero", edit(p.b+1, strings.Repeat("0", end-p.b-1)), verify.SigContentsPadding),
			refused(base.name+": all F", edit(p.b+1, strings.Repeat("F", end-p.b-1)), verify.SigContentsPadding),
			refused(base.name+": a bare sequence", edit(p.b+1, "3000"+strings.Repeat("0", end-p.b-5)), verify.CMSMalformed),
			legal(base.name+": in capitals", edit(p.b+1, strings.ToUpper(string(base.file[p.b+1:end])))))
	}
	return out
}
