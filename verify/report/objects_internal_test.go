package report

import (
	"bytes"
	"strings"
	"testing"
)

// TestObjects: the same bytes are one object, wherever they come from; what is larger than
// the limit stands as its digest.
func TestObjects(t *testing.T) {
	o := newObjects(&Document{})
	list := bytes.Repeat([]byte{1}, maxObject)
	id := o.add("R", "CRL", list)
	if again := o.add("R", "CRL", bytes.Clone(list)); id != "R1" || again != id {
		t.Errorf("%s, then %s", id, again)
	}
	if other := o.add("O", "OCSPResponse", list[:1]); other != "O1" {
		t.Errorf("another object is %s", other)
	}
	if large := o.add("R", "CRL", append(bytes.Clone(list), 1)); large != "R2" {
		t.Errorf("a third is %s", large)
	}
	if none := o.add("T", "timestamp", nil); none != "" {
		t.Errorf("nothing is %s", none)
	}
	var b builder
	o.write(&b)
	out := b.out.String()
	if strings.Count(out, "<base64>") != 2 || strings.Count(out, "<DigestAlgAndValue>") != 2 || strings.Count(out, "<ValidationObject ") != 4 {
		t.Errorf("%.2000s", out)
	}
}
