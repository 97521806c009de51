package report

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/url"
	"time"

	"github.com/dajiaqian/dajiaqian/verify"
)

// maxObject is the size up to which an object stands in the report as a whole. Of a larger
// one, such as a long CRL, there is its digest.
const maxObject = 64 << 10

// object is a ValidationObject (TS 119 102-2, type ValidationObjectType).
type object struct {
	id, kind string
	der      []byte
	doc      *Document // of signedData

	// Of a timestamp: the time that it proves, and the field of what it proves.
	proves time.Time
	field  string
}

// objects collects what the reports refer to, each once.
type objects struct {
	list  []object
	seen  map[place]string // so that a long list that many certificates share is hashed once
	byKey map[string]string
	count map[string]int
}

// place is where bytes lie in memory.
type place struct {
	start *byte
	size  int
}

func newObjects(doc *Document) *objects {
	o := &objects{seen: map[place]string{}, byKey: map[string]string{}, count: map[string]int{}}
	o.list = append(o.list, object{id: "D1", kind: "signedData", doc: doc})
	return o
}

// add returns the id of an object.
func (o *objects) add(letter, kind string, der []byte) string {
	if len(der) == 0 {
		return ""
	}
	at := place{&der[0], len(der)}
	if id := o.seen[at]; id != "" {
		return id
	}
	sum := sha256.Sum256(der)
	key := kind + string(sum[:])
	id := o.byKey[key]
	if id == "" {
		o.count[letter]++
		id = fmt.Sprintf("%s%d", letter, o.count[letter])
		o.byKey[key] = id
		o.list = append(o.list, object{id: id, kind: kind, der: der})
	}
	o.seen[at] = id
	return id
}

func (o *objects) certificate(c *x509.Certificate) string { return o.add("C", "certificate", c.Raw) }

// timestamp adds the token of a signature, or of a document timestamp.
func (o *objects) timestamp(s *verify.Signature, b *verify.Basis) string {
	id := o.add("T", "timestamp", b.Stamp)
	for i := range o.list {
		if b.Proven && o.list[i].id == id {
			o.list[i].proves, o.list[i].field = b.StampTime, s.Field
		}
	}
	return id
}

// write writes the list.
func (o *objects) write(b *builder) {
	b.in("SignatureValidationObjects", func() {
		for _, v := range o.list {
			b.in("ValidationObject", func() { v.write(b) }, attr{"id", v.id})
		}
	})
}

func (v *object) write(b *builder) {
	b.text("ObjectType", urnObject+v.kind)
	b.in("ValidationObjectRepresentation", func() {
		switch {
		case v.doc != nil:
			writeDigest(b, "SHA256", v.doc.SHA256[:])
			if v.doc.Name != "" {
				b.text("URI", reference(v.doc.Name))
			}
		case len(v.der) > maxObject:
			sum := sha256.Sum256(v.der)
			writeDigest(b, "SHA256", sum[:])
		default:
			b.bytes("base64", v.der)
		}
	})
	if isDate(v.proves) {
		b.in("POEProvisioning", func() {
			b.time("POETime", v.proves)
			if v.field != "" {
				b.in("SignatureReference", func() { b.text("PAdESFieldName", v.field) })
			}
		})
	}
}

// reference returns a name as a relative reference (RFC 3986, 4.2): neither a slash nor a
// colon in it means anything.
func reference(name string) string {
	return "./" + url.PathEscape(name)
}

// writeDigest writes a DigestAlgAndValue of XAdES. The name of the hash has a URI.
func writeDigest(b *builder, hash string, sum []byte) {
	b.in("DigestAlgAndValue", func() {
		b.empty("ds:DigestMethod", attr{"Algorithm", digestURI(hash)})
		b.bytes("ds:DigestValue", sum)
	})
}
