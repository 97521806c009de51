package verify_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// TestA31TrailerKinds: values that a trailer or an object should not have cause no panic
// (A31).
func TestA31TrailerKinds(t *testing.T) {
	m := newMaterial(t, devca.P256)
	for _, info := range []string{"[]", "(x)", "<<>>", "7", "null"} {
		a := extend(m.laid)
		b := m.forgeTrailer(t, a.object(190, orphan).end("/Info "+info))
		b = extend(b).object(199, orphan).end("/Info " + info)
		judge(t, b, policy(m.ca))
	}
	for _, s := range []string{"[]", "(x)"} {
		b := add(m.laid, map[int]string{8: swap(t, object(t, m.laid, 8), "/Square", s), 11: "<</Type/XObject/Subtype " + s + "/Length 0>>\nstream\n\nendstream"})
		b = m.over(t, b, nil)
		judge(t, add(b, map[int]string{8: put(object(t, b, 8), "X", "1")}), policy(m.ca))
		judge(t, add(b, map[int]string{11: "<</Type/XObject/Subtype " + s + "/Length 1>>\nstream\n \nendstream"}), policy(m.ca))
	}
	b := m.two
	for range 2 {
		a := extend(b).object(199, orphan)
		at := len(a.b)
		b = fmt.Appendf(a.b, "%strailer\n<</Size %d/Root [1 0 R]/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", a.table(), a.size, a.prev, at)
	}
	judge(t, extend(b).object(199, orphan).end(""), policy(m.ca))
}

// forgeTrailer signs a file whose trailer has an /Info.
func (m *material) forgeTrailer(t testing.TB, b []byte) []byte {
	t.Helper()
	i := bytes.LastIndex(b, []byte("/Info "))
	info := string(b[i : i+bytes.Index(b[i:], []byte(">>\nstartxref"))])
	f := m.forgeWith(t, b, newField(t, b), sigDict, sigNum, info)
	return f.with(f.value(t))
}
