// Package pdf reads and extends PDF files (ISO 32000) at the level of objects.
//
// A [File] is read at random: opening one reads only the cross-reference chain, and an
// object is parsed when it is needed. An [Update] adds objects to a File without
// changing an existing byte (ISO 32000-2, 7.5.6), and [Rewrite] makes one clean
// revision of what a File shows.
//
// [Limits] limits everything that is read. Errors are a [*MalformedError], a
// [*LimitError], or what the underlying reader returned.
package pdf

import "slices"

// Object is one of: nil (the null object), bool, [Integer], [Real], [Name],
// [String], [Array], [*Dict], [Ref], [*Stream]. A *Stream is always a whole indirect
// object.
type Object any

// Integer is a PDF integer.
type Integer int64

// Real is a PDF real number, kept as its text in the file so that copying it changes
// nothing.
type Real string

// Name is a PDF name without its slash, with #xx escapes decoded.
type Name string

// String is a PDF string with its escapes decoded. Hex says how it was written.
type String struct {
	Bytes []byte
	Hex   bool
}

// Array is a PDF array.
type Array []Object

// Ref names an indirect object.
type Ref struct {
	Num uint32
	Gen uint16
}

// Entry is one key of a dictionary. Raw is the value as it is in the file and Off the
// offset of its first byte there; both are empty for entries made in memory.
type Entry struct {
	Key   Name
	Value Object
	Raw   []byte
	Off   int64
}

// Dict is a PDF dictionary in the order of the file. Off and End are the offsets of
// "<<" and of the byte behind ">>"; in an object stream they count from the start of
// its decoded data.
type Dict struct {
	Entries   []Entry
	Off, End  int64
	Duplicate bool // a key occurs more than once
}

// Stream is a stream object: its dictionary and the place of its encoded data
// in the file. Data is set instead for streams made in memory.
type Stream struct {
	Dict   *Dict
	Offset int64
	Length int64
	Data   []byte

	ref       Ref  // of the object, if its data is encrypted
	encrypted bool // the data in the file is encrypted
	mended    bool // Length differs from the dictionary
}

// Get returns the value of key, nil if it is absent. For a duplicate key the last value
// counts, as in most readers; strict callers check Duplicate.
func (d *Dict) Get(key Name) Object {
	if e := d.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Entry returns the entry of key, nil if it is absent.
func (d *Dict) Entry(key Name) *Entry {
	if d == nil {
		return nil
	}
	for i := len(d.Entries) - 1; i >= 0; i-- {
		if d.Entries[i].Key == key {
			return &d.Entries[i]
		}
	}
	return nil
}

// lookup returns a function like Entry, for a caller that needs all keys.
func (d *Dict) lookup() func(Name) *Entry {
	const few = 32
	if d == nil || len(d.Entries) <= few {
		return d.Entry
	}
	at := make(map[Name]*Entry, len(d.Entries))
	for i := range d.Entries {
		at[d.Entries[i].Key] = &d.Entries[i]
	}
	return func(key Name) *Entry { return at[key] }
}

// With returns a copy of d in which key has the given value; a nil value removes the
// key. The other entries keep their bytes.
func (d *Dict) With(key Name, v Object) *Dict {
	out := &Dict{Entries: make([]Entry, 0, len(d.Entries)+1)}
	done := false
	for _, e := range d.Entries {
		if e.Key != key {
			out.Entries = append(out.Entries, e)
			continue
		}
		if v != nil && !done {
			out.Entries = append(out.Entries, Entry{Key: key, Value: v})
			done = true
		}
	}
	if v != nil && !done {
		out.Entries = append(out.Entries, Entry{Key: key, Value: v})
	}
	return out
}

// Ambiguous reports whether a key stands twice with different values, of which readers take
// one or the other.
func (d *Dict) Ambiguous() bool {
	if d == nil || !d.Duplicate {
		return false
	}
	last := d.lookup()
	return slices.ContainsFunc(d.Entries, func(e Entry) bool { return !equalDirect(e.Value, last(e.Key).Value) })
}

// unique returns o without the earlier values of keys that stand twice in it, and reports
// whether there were any. Its depth is that of direct objects.
func unique(o Object) (Object, bool) {
	switch v := o.(type) {
	case Array:
		out, any := v, false
		for i := range v {
			e, changed := unique(v[i])
			if changed && !any {
				out, any = slices.Clone(v), true
			}
			if changed {
				out[i] = e
			}
		}
		return out, any
	case *Dict:
		any := false
		out := &Dict{Entries: make([]Entry, 0, len(v.Entries))}
		last := v.lookup()
		for i := range v.Entries {
			e := v.Entries[i]
			if last(e.Key) != &v.Entries[i] {
				any = true
				continue
			}
			if value, changed := unique(e.Value); changed {
				e, any = Entry{Key: e.Key, Value: value}, true
			}
			out.Entries = append(out.Entries, e)
		}
		if any {
			return out, true
		}
	case *Stream:
		if d, any := unique(v.Dict); any {
			out := *v
			out.Dict, _ = d.(*Dict)
			return &out, true
		}
	}
	return o, false
}

// NewDict makes a dictionary from keys and values in turn. Nil values are left
// out, so optional entries need no branches.
func NewDict(kv ...Object) *Dict {
	d := &Dict{}
	for i := 0; i+1 < len(kv); i += 2 {
		key, ok := kv[i].(Name)
		if ok && kv[i+1] != nil {
			d.Entries = append(d.Entries, Entry{Key: key, Value: kv[i+1]})
		}
	}
	return d
}

// Number returns the value of an Integer or Real.
func Number(o Object) (float64, bool) {
	switch v := o.(type) {
	case Integer:
		return float64(v), true
	case Real:
		return parseReal(string(v))
	}
	return 0, false
}
