package pdf

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
)

// objectKey returns the key of one object (ISO 32000-2, algorithm 1; 1.A uses the key
// of the file).
func (c *crypt) objectKey(ref Ref, m cryptMethod) []byte {
	if c.version >= 5 {
		return c.key
	}
	b := append([]byte(nil), c.key...)
	b = append(b, byte(ref.Num), byte(ref.Num>>8), byte(ref.Num>>16), byte(ref.Gen), byte(ref.Gen>>8))
	if m == cryptAES {
		b = append(b, "sAlT"...)
	}
	sum := md5.Sum(b)
	return sum[:min(16, len(c.key)+5)]
}

// decrypt decrypts what belongs to an object.
func (c *crypt) decrypt(ref Ref, m cryptMethod, b []byte) ([]byte, error) {
	const size = aes.BlockSize
	switch {
	case m != cryptNone && c.key == nil:
		return nil, ErrPassword
	case m == cryptRC4:
		return xorRC4(c.objectKey(ref, m), b, 0), nil
	case m != cryptAES:
		return b, nil
	case len(b) == 0 || len(b) == size:
		// QUIRK: ISO 32000-2, 7.6.3.1: an empty string has a block of padding too; some producers leave it out; TestEncryptAES.
		return nil, nil
	}
	if len(b)%size != 0 || len(b) < 2*size {
		return nil, malformed(CodeEncrypt, -1, "object %d: %d bytes are no whole blocks of AES", ref.Num, len(b))
	}
	block, err := aes.NewCipher(c.objectKey(ref, m))
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(b)-size)
	cipher.NewCBCDecrypter(block, b[:size]).CryptBlocks(out, b[size:])
	pad := out[len(out)-1]
	if pad == 0 || pad > size {
		return nil, malformed(CodeEncrypt, -1, "object %d: wrong padding of AES", ref.Num)
	}
	for _, p := range out[len(out)-int(pad):] {
		if p != pad {
			return nil, malformed(CodeEncrypt, -1, "object %d: wrong padding of AES", ref.Num)
		}
	}
	return out[:len(out)-int(pad)], nil
}

// encrypt encrypts what is written for an object. Nobody may be able to predict the first
// block of AES-CBC without the key, so it is a MAC of the object's number and the plain
// text under the key of the file. So equal inputs give equal files, and only one thing
// shows: two equal texts in one object.
func (c *crypt) encrypt(ref Ref, m cryptMethod, b []byte) ([]byte, error) {
	if m != cryptNone && c.key == nil {
		return nil, ErrPassword
	}
	switch m {
	case cryptRC4:
		return xorRC4(c.objectKey(ref, m), b, 0), nil
	case cryptAES:
	default:
		return b, nil
	}
	block, err := aes.NewCipher(c.objectKey(ref, m))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, c.key)
	mac.Write(binary.BigEndian.AppendUint32(nil, ref.Num))
	mac.Write(binary.BigEndian.AppendUint16(nil, ref.Gen))
	mac.Write(b)
	const size = aes.BlockSize
	out := append(make([]byte, 0, len(b)+2*size), mac.Sum(nil)[:size]...)
	out = append(out, b...)
	pad := size - len(b)%size
	for range pad {
		out = append(out, byte(pad))
	}
	cipher.NewCBCEncrypter(block, out[:size]).CryptBlocks(out[size:], out[size:])
	return out, nil
}

// streamMethod returns how a stream is encrypted: as its own crypt filter says (ISO
// 32000-2, 7.4.10), or as the file says for streams of its type.
func (f *File) streamMethod(d *Dict) (cryptMethod, error) {
	filters, err := f.list(d.Get("Filter"))
	if err != nil {
		return 0, err
	}
	for i, o := range filters {
		if o != Name("Crypt") {
			continue
		}
		parms, err := f.list(d.Get("DecodeParms"))
		if err != nil {
			return 0, err
		}
		name := Name("Identity")
		if i < len(parms) {
			p, err := f.Dict(parms[i])
			if err != nil {
				return 0, err
			}
			if n, ok := p.Get("Name").(Name); ok {
				name = n
			}
		}
		if m, ok := f.crypt.filters[name]; ok {
			return m, nil
		}
		return 0, malformed(CodeEncrypt, -1, "no crypt filter %q", string(name))
	}
	switch d.Get("Type") {
	case Name("Metadata"):
		if !f.crypt.metadata {
			return cryptNone, nil
		}
	case Name("EmbeddedFile"):
		return f.crypt.embedded, nil
	}
	return f.crypt.streams, nil
}

// incoming decrypts the strings of an object that was read at an offset of the file,
// and marks a stream as encrypted.
func (f *File) incoming(ref Ref, o Object) (Object, error) {
	if f.locked != nil {
		return nil, f.locked
	}
	if f.crypt == nil || ref == f.crypt.ref {
		return o, nil
	}
	if st, ok := o.(*Stream); ok && st.Dict.Get("Type") == Name("XRef") {
		return o, nil // ISO 32000-2, 7.5.8.2: neither its data nor its strings are encrypted
	}
	return mapStrings(o, func(b []byte) ([]byte, error) { return f.crypt.decrypt(ref, f.crypt.strings, b) }, ref)
}

// member prepares an object of an object stream, whose strings are not encrypted
// on their own (ISO 32000-2, 7.5.7).
func (f *File) member(num uint32, o Object) (Object, error) {
	if f.crypt == nil {
		return o, nil
	}
	return mapStrings(o, func(b []byte) ([]byte, error) { return b, nil }, Ref{Num: num})
}

// outgoing makes the body of an object for an update: with the data of a stream that is
// taken over from the file, and encrypted if the file is.
func (f *File) outgoing(ref Ref, o Object) (Object, error) {
	if f.locked != nil {
		return nil, f.locked
	}
	st, stream := o.(*Stream)
	if stream && st.Data == nil && st.Length > 0 {
		data, err := f.Encoded(st)
		if err != nil {
			return nil, err
		}
		st = &Stream{Dict: st.Dict, Data: data}
		o = st
	}
	if f.crypt == nil {
		return o, nil
	}
	out, err := mapStrings(o, func(b []byte) ([]byte, error) { return f.crypt.encrypt(ref, f.crypt.strings, b) }, ref)
	if err != nil || !stream {
		return out, err
	}
	m, err := f.streamMethod(st.Dict)
	if err != nil {
		return nil, err
	}
	written, _ := out.(*Stream)
	written.Data, err = f.crypt.encrypt(ref, m, st.Data)
	return written, err
}

// mapStrings copies an object with its strings replaced, except the /Contents of
// signature dictionaries (ISO 32000-2, 7.6.2). An entry that holds a string loses its
// Raw bytes: they would mean something else in another object.
func mapStrings(o Object, turn func([]byte) ([]byte, error), ref Ref) (Object, error) {
	var walk func(o Object) (Object, bool, error)
	walk = func(o Object) (Object, bool, error) { // as deep as direct objects nest, which the parser limits
		switch v := o.(type) {
		case String:
			b, err := turn(v.Bytes)
			return String{Bytes: b, Hex: v.Hex}, true, err
		case Array:
			out, held := make(Array, len(v)), false
			for i := range v {
				e, h, err := walk(v[i])
				if err != nil {
					return nil, false, err
				}
				out[i], held = e, held || h
			}
			return out, held, nil
		case *Dict:
			out := &Dict{Entries: make([]Entry, len(v.Entries)), Off: v.Off, End: v.End, Duplicate: v.Duplicate}
			held, signature := false, isSignature(v)
			for i, e := range v.Entries {
				if out.Entries[i] = e; signature && e.Key == "Contents" {
					continue
				}
				x, h, err := walk(e.Value)
				if err != nil {
					return nil, false, err
				}
				if out.Entries[i].Value = x; h {
					out.Entries[i].Raw, held = nil, true
				}
			}
			return out, held, nil
		case *Stream:
			d, _, err := walk(v.Dict)
			if err != nil {
				return nil, false, err
			}
			out := *v
			out.Dict, _ = d.(*Dict)
			out.ref, out.encrypted = ref, v.Data == nil
			return &out, true, nil
		}
		return o, false, nil
	}
	out, _, err := walk(o)
	return out, err
}

// isSignature reports whether a dictionary holds a signature. /Type is optional there
// (ISO 32000-2, table 255).
func isSignature(d *Dict) bool {
	switch d.Get("Type") {
	case Name("Sig"), Name("DocTimeStamp"):
		return true
	}
	_, array := d.Get("ByteRange").(Array)
	_, text := d.Get("Contents").(String)
	return array && text
}
