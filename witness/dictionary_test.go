package witness_test

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"testing"
)

// documentTimestamp is the SubFilter of one.
const documentTimestamp = "ETSI.RFC3161"

// dictionary is a signature dictionary as it stands in a file.
type dictionary struct {
	subFilter string
	covered   []byte // the bytes of /ByteRange
	contents  []byte // DER, without the zeros behind it
	at        int    // where the hexadecimal digits of /Contents begin
}

var (
	byteRange = regexp.MustCompile(`/ByteRange ?\[ ?(\d+) +(\d+) +(\d+) +(\d+) *\]`)
	subFilter = regexp.MustCompile(`/SubFilter ?/([A-Za-z0-9.]+)`)
)

// dictionaries finds the signatures of a file by looking at its bytes. A reader
// of CMS is handed what stands between the ranges, so that no parser of ours has
// a part in it.
func dictionaries(t testing.TB, file []byte) []dictionary {
	t.Helper()
	var all []dictionary
	for _, at := range byteRange.FindAllSubmatchIndex(file, -1) {
		var n [4]int
		for i := range n {
			var err error
			if n[i], err = strconv.Atoi(string(file[at[2*i+2]:at[2*i+3]])); err != nil {
				t.Fatal(err)
			}
		}
		if n[0] != 0 || n[1] >= n[2] || n[2]+n[3] > len(file) {
			t.Fatalf("a byte range of %v in %d bytes", n, len(file))
		}
		gap := file[n[1]:n[2]]
		if gap[0] != '<' || gap[len(gap)-1] != '>' {
			t.Fatal("the gap is not a hexadecimal string")
		}
		raw := make([]byte, len(gap)/2-1)
		if _, err := hex.Decode(raw, gap[1:len(gap)-1]); err != nil {
			t.Fatal(err)
		}
		start := bytes.LastIndex(file[:at[0]], []byte(" obj"))
		end := at[1] + bytes.Index(file[at[1]:], []byte("endobj"))
		sub := subFilter.FindSubmatch(file[start:end])
		if sub == nil {
			t.Fatal("no /SubFilter beside the byte range")
		}
		covered := append(bytes.Clone(file[:n[1]]), file[n[2]:n[2]+n[3]]...)
		all = append(all, dictionary{string(sub[1]), covered, element(t, raw), n[1] + 1})
	}
	if len(all) == 0 {
		t.Fatal("no signature in the file")
	}
	return all
}

// element cuts off what follows a DER element, such as the padding of /Contents.
func element(t testing.TB, b []byte) []byte {
	t.Helper()
	if len(b) < 4 || b[0] != 0x30 || b[1] != 0x82 {
		t.Fatalf("% x is not a SEQUENCE of 256 to 65535 bytes", b[:min(4, len(b))])
	}
	return b[:4+int(b[2])<<8+int(b[3])]
}

// timestampToken is the OID of the unsigned attribute that holds one (RFC 3161,
// appendix A).
var timestampToken = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e}

// token finds the timestamp token in the CMS of a signature. It returns nil if
// there is none.
func (d dictionary) token(t testing.TB) []byte {
	t.Helper()
	at := bytes.Index(d.contents, timestampToken)
	if at < 0 {
		return nil
	}
	set := d.contents[at+len(timestampToken):]
	if set[0] != 0x31 || set[1] != 0x82 {
		t.Fatalf("% x is not a SET of 256 to 65535 bytes", set[:4])
	}
	return element(t, set[4:])
}
