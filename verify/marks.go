package verify

import (
	"slices"

	"github.com/dajiaqian/dajiaqian/internal/enum"
	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// MentionKind says what looks like a signature and is none of the document's form.
type MentionKind int

// The kinds.
const (
	Unreachable MentionKind = iota + 1 // a signature that the form no longer reaches: the document is invalid
	UsageRights                        // usage rights (UR3): no signature of the document, and no fault
	Embedded                           // in the data of a stream, such as an attached file: not the document's
)

var mentionNames = [...]string{
	Unreachable: "unreachable",
	UsageRights: "usage_rights",
	Embedded:    "embedded",
}

// String returns the name in the contract, such as "usage_rights".
func (k MentionKind) String() string { return enum.Name("MentionKind", mentionNames[:], k) }

// Mention is something in the file that looks like a signature, besides Signatures.
type Mention struct {
	Kind   MentionKind
	Offset int64 // of its /ByteRange in the file
}

// mention lists what looks like a signature and lies in none that the form reaches.
func (v *verifier) mention(marks []int64) error {
	var rights *pdf.Dict
	var starts []int64
	for _, m := range marks {
		if slices.ContainsFunc(v.sigs, func(c *candidate) bool { return c.dict.Off <= m && m < c.dict.End }) {
			continue
		}
		if starts == nil { // once, and for few files
			var err error
			if rights, err = v.usageRights(); err != nil {
				return err
			}
			if starts, err = v.objectStarts(); err != nil {
				return err
			}
		}
		kind := Unreachable
		switch {
		case rights != nil && rights.Off <= m && m < rights.End:
			kind = UsageRights
		case v.inStream(m, starts):
			kind = Embedded
		}
		v.rep.Mentions = append(v.rep.Mentions, Mention{kind, m})
		if kind == Unreachable && !v.rep.has(SigUnreachable) {
			v.rep.Reasons = append(v.rep.Reasons, SigUnreachable)
		}
	}
	return nil
}

// usageRights returns the signature dictionary of the catalog's /Perms /UR3 (ISO 32000-2,
// table 263), nil if there is none.
func (v *verifier) usageRights() (*pdf.Dict, error) {
	cat, _, err := v.f.Catalog()
	if err != nil {
		return nil, faultless(err)
	}
	perms, err := v.f.Dict(cat.Get("Perms"))
	if err != nil {
		return nil, faultless(err)
	}
	d, err := v.f.Dict(perms.Get("UR3"))
	return d, faultless(err)
}

// faultless drops an error of the file, and keeps one of its reader.
func faultless(err error) error {
	if pdf.IsFault(err) {
		return nil
	}
	return err
}

// objectStarts returns the offsets of all objects that any section declares, in order.
func (v *verifier) objectStarts() ([]int64, error) {
	out := []int64{}
	for _, s := range v.f.Sections() {
		for _, num := range s.Numbers() {
			e, ok, err := s.Find(num)
			if err != nil {
				return nil, faultless(err)
			}
			if ok && e.Kind == pdf.EntryOffset {
				out = append(out, e.Offset)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// maxUnread is how many objects around marks may turn out not to be readable, which can take
// long; the marks in others count as the document's.
const maxUnread = 16

// inStream reports whether an offset lies in the data of a stream, which states its
// length itself. An object stream is no such: what is in it belongs to the document.
func (v *verifier) inStream(at int64, starts []int64) bool {
	i, found := slices.BinarySearch(starts, at)
	if found || i == 0 {
		return false
	}
	if starts[i-1] != v.around.at { // marks of one object come one after the other
		v.around.at, v.around.object = starts[i-1], nil
		if v.unread < maxUnread {
			ind, err := v.f.IndirectAt(starts[i-1])
			if err != nil {
				v.unread++
			}
			v.around.object = ind.Object
		}
	}
	st, ok := v.around.object.(*pdf.Stream)
	if !ok || st.Dict.Get("Type") == pdf.Name("ObjStm") || st.Dict.Get("Type") == pdf.Name("XRef") {
		return false
	}
	_, direct := st.Dict.Get("Length").(pdf.Integer)
	return direct && st.Offset <= at && at < st.Offset+st.Length
}
