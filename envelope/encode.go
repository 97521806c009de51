package envelope

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/digest"
)

// Explicit encodings for digests. They never change, even if names or the order of
// fields in Go change: the same content must always give the same digest again.

// encode returns the content of an instance, for its digest.
func (i *Instance) encode() []string {
	out := []string{"envelope instance 1", i.Subject, encodeTime(i.Deadline), strconv.Itoa(int(sourceOf(i.Source))), strconv.FormatBool(i.Send)}
	var roles, values, copies []string
	for _, name := range slices.Sorted(maps.Keys(i.Roles)) {
		f := i.Roles[name]
		roles = append(roles, frame(name, f.Name, f.Phone, f.Company, f.Silent))
	}
	for _, name := range slices.Sorted(maps.Keys(i.Values)) {
		values = append(values, frame(name, i.Values[name]))
	}
	for _, c := range i.CopyTo {
		copies = append(copies, frame(c.Name, c.Phone, c.Company, strconv.FormatBool(c.Download), strconv.FormatBool(c.AtSend)))
	}
	return append(out, frame(roles...), frame(values...), frame(copies...))
}

// encode returns a stamp, for the binding of a consent.
func (s *Stamp) encode() string {
	return frame(s.Box.encode(), string(s.Seal), s.SealName, strconv.FormatInt(s.SealVersion, 10), s.Grant, strconv.FormatBool(s.Added))
}

// encode returns what is filled in, for the binding of a consent.
func (f *Fill) encode() string {
	parts := []string{strconv.Itoa(f.File), f.Field, f.Text}
	if a := f.Attached; a != nil {
		parts = append(parts, a.Name, a.Digest.String(), strconv.FormatInt(a.Size, 10))
	}
	return frame(parts...)
}

// encode returns a box with everything about its place and what it takes.
func (b *Box) encode() string {
	var pages, found, keyword, edge []string
	for _, p := range b.Pages {
		pages = append(pages, strconv.Itoa(p))
	}
	for _, s := range b.Found {
		found = append(found, frame(strconv.Itoa(s.Page), encodeFloat(s.X), encodeFloat(s.Y)))
	}
	if k := b.Keyword; k != nil {
		keyword = []string{k.Word, strconv.Itoa(k.Nth), encodeFloat(k.DX), encodeFloat(k.DY), strconv.FormatBool(k.Skip)}
	}
	if e := b.Edge; e != nil {
		edge = []string{strconv.Itoa(int(e.Side)), encodeFloat(e.At)}
	}
	return frame(strconv.Itoa(int(b.Kind)), strconv.Itoa(b.File), strconv.Itoa(b.Page), encodeFloat(b.X), encodeFloat(b.Y),
		encodeFloat(b.Width), encodeFloat(b.Height), strconv.Itoa(int(b.Style)), b.Label, strconv.FormatBool(b.Must), b.Field,
		frame(pages...), frame(found...), frame(keyword...), frame(edge...))
}

// digestOf returns a digest of all that a command says, by which a repetition is known. It
// need not be the same in another version of the program: keys are remembered for a week.
func digestOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return digest.Hex(string(b)), nil
}

func frame(parts ...string) string { return string(digest.Frame(parts...)) }

func encodeFloat(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func encodeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
