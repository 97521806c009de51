package pdf

import (
	"errors"
	"unicode/utf8"
)

// cryptMethod is how a crypt filter converts bytes (ISO 32000-2, table 25).
type cryptMethod int

const (
	cryptNone cryptMethod = iota + 1 // the bytes are in the file as they are
	cryptRC4
	cryptAES // CBC behind a random block, padded as RFC 8018 requires
)

// crypt is the standard security handler of a file, unlocked.
type crypt struct {
	ref      Ref // of the encryption dictionary; zero if it is in the trailer
	id       []byte
	version  int    // /V
	key      []byte // nil if the password of the files within is not known
	filters  map[Name]cryptMethod
	strings  cryptMethod
	streams  cryptMethod
	embedded cryptMethod
	metadata bool // the metadata stream is encrypted too
}

// Locked returns why the strings and streams of an encrypted file cannot be read:
// [ErrPassword] if another password is needed, [ErrEncrypted] if its security handler
// is not the standard one, a [*MalformedError] if the encryption dictionary is broken.
// It returns nil for a file that can be read.
func (f *File) Locked() error { return f.locked }

// unlock reads the encryption dictionary and finds the key of the file with a
// password, which may be the user's or the owner's.
func (f *File) unlock(password []byte) (*crypt, error) {
	c := &crypt{filters: map[Name]cryptMethod{"Identity": cryptNone}, metadata: true}
	entry := f.Trailer().Get("Encrypt")
	if ref, ok := entry.(Ref); ok {
		c.ref = ref
		if e, ok := f.Lookup(ref.Num); ok && e.Kind == EntryCompressed {
			// ISO 32000-2, 7.5.7: the dictionary determines how object streams are
			// read.
			return nil, malformed(CodeEncrypt, -1, "the encryption dictionary stands in an object stream")
		}
	}
	d, err := f.Dict(entry)
	if err != nil {
		return nil, err
	}
	if d == nil || d.Get("Filter") != Name("Standard") {
		return nil, ErrEncrypted
	}
	h := handler{id: f.firstID(), metadata: true}
	if err := f.readHandler(d, &h, c); err != nil {
		return nil, err
	}
	if err := f.readFilters(d, c); err != nil {
		return nil, err
	}
	c.id, c.metadata = h.id, h.metadata
	var ok bool
	for _, p := range passwords(password, h.revision) {
		if c.key, ok = h.open(p); ok {
			return c, nil
		}
	}
	if c.version >= 4 && c.strings == cryptNone && c.streams == cryptNone {
		return c, nil // only files within the file are encrypted (ISO 32000-2, 7.6.6, EFOpen)
	}
	return nil, ErrPassword
}

// passwords returns the forms in which a password is tried: as it is given; before
// revision 5 also in the single-byte encoding of that time, of which only the part
// shared with Latin-1 is known here; and the empty one, since a file that opens without
// a password needs none.
func passwords(given []byte, revision int) [][]byte {
	out := [][]byte{given}
	if revision < 5 && utf8.Valid(given) {
		var narrow []byte
		for _, r := range string(given) {
			if r > 0xff {
				narrow = nil
				break
			}
			narrow = append(narrow, byte(r))
		}
		if len(narrow) < len(given) && narrow != nil {
			out = append(out, narrow)
		}
	}
	if len(given) > 0 {
		out = append(out, nil)
	}
	return out
}

// firstID returns the first half of the trailer's /ID, from which older keys are made:
// an update must keep it.
func (f *File) firstID() []byte {
	if f.crypt != nil {
		return f.crypt.id
	}
	id, err := f.Array(f.Trailer().Get("ID"))
	if err != nil || len(id) == 0 {
		return nil
	}
	s, _ := id[0].(String)
	return s.Bytes
}

// readHandler reads what keys are made of (ISO 32000-2, tables 20 and 21).
func (f *File) readHandler(d *Dict, h *handler, c *crypt) error {
	number := func(key Name) int64 {
		o, err := f.Resolve(d.Get(key))
		if n, ok := o.(Integer); ok && err == nil {
			return int64(n)
		}
		return 0
	}
	text := func(key Name) []byte {
		o, err := f.Resolve(d.Get(key))
		if s, ok := o.(String); ok && err == nil {
			return s.Bytes
		}
		return nil
	}
	v, r := number("V"), number("R")
	if o, err := f.Resolve(d.Get("P")); err != nil {
		return err
	} else if _, ok := o.(Integer); !ok {
		return malformed(CodeEncrypt, -1, "/P is no integer")
	}
	h.permissions = uint32(number("P"))
	if o, err := f.Resolve(d.Get("EncryptMetadata")); err == nil && o == false && v >= 4 {
		h.metadata = false
	}
	switch {
	case v == 1 && (r == 2 || r == 3):
		h.size = 5
	case v == 2 && (r == 2 || r == 3):
		h.size = 5
		if n := number("Length"); n != 0 {
			h.size = int(n / 8)
		}
		if h.size < 5 || h.size > 16 || r == 2 && h.size != 5 {
			return malformed(CodeEncrypt, -1, "a key of %d bits", number("Length"))
		}
	case v == 4 && r == 4:
		// ISO 32000-2, table 20: /Length is 40 if it is absent, and 128 in version 4
		// whatever it says: readers agree on the latter.
		h.size = 16
	case v == 5 && (r == 5 || r == 6):
		h.size = 32
	default:
		return ErrEncrypted
	}
	c.version, h.revision = int(v), int(r)
	width := 32
	if v == 5 {
		width = 48
		if h.oe, h.ue = text("OE"), text("UE"); len(h.oe) != 32 || len(h.ue) != 32 {
			return malformed(CodeEncrypt, -1, "/OE or /UE does not have 32 bytes")
		}
	}
	if h.o, h.u = text("O"), text("U"); len(h.o) < width || len(h.u) < width {
		return malformed(CodeEncrypt, -1, "/O or /U is shorter than %d bytes", width)
	}
	// QUIRK: ISO 32000-2, table 21: some producers pad the strings to 127 bytes; TestEncryptPadded.
	h.o, h.u = h.o[:width], h.u[:width]
	return nil
}

// readFilters reads the crypt filters (ISO 32000-2, 7.6.6). Before version 4 there are
// none, and everything is RC4.
func (f *File) readFilters(d *Dict, c *crypt) error {
	if c.version < 4 {
		c.strings, c.streams, c.embedded = cryptRC4, cryptRC4, cryptRC4
		return nil
	}
	cf, err := f.Dict(d.Get("CF"))
	if err != nil {
		return err
	}
	const limit = 64
	if cf != nil && len(cf.Entries) > limit {
		return &LimitError{"CRYPT_FILTERS", limit}
	}
	if cf != nil {
		for _, e := range cf.Entries {
			one, err := f.Dict(e.Value)
			if err != nil {
				return err
			}
			if e.Key == "Identity" || one == nil {
				continue // ISO 32000-2, table 26: the standard filter's name is reserved
			}
			method, _ := one.Get("CFM").(Name)
			switch {
			case method == "None" || method == "":
				// The application decrypts in its own way: nothing is known about it.
				continue
			case method == "V2" && c.version == 4:
				c.filters[e.Key] = cryptRC4
			case method == "AESV2" && c.version == 4, method == "AESV3" && c.version == 5:
				c.filters[e.Key] = cryptAES
			default:
				return malformed(CodeEncrypt, -1, "crypt filter %q of method %q in version %d", string(e.Key), string(method), c.version)
			}
		}
	}
	name := func(key, def Name) (Name, error) {
		o, err := f.Resolve(d.Get(key))
		if n, ok := o.(Name); ok {
			return n, err
		}
		return def, err
	}
	stream, err1 := name("StmF", "Identity")
	text, err2 := name("StrF", "Identity")
	file, err3 := name("EFF", stream)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	for _, use := range []struct {
		name Name
		to   *cryptMethod
	}{{stream, &c.streams}, {text, &c.strings}, {file, &c.embedded}} {
		var ok bool
		if *use.to, ok = c.filters[use.name]; !ok {
			return malformed(CodeEncrypt, -1, "no crypt filter %q", string(use.name))
		}
	}
	return nil
}
