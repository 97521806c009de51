package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"errors"
	"io"
	"sync"
)

// Encoded returns the bytes of a stream before its filters are undone: as they are in
// the file, decrypted if they are encrypted.
func (f *File) Encoded(s *Stream) ([]byte, error) {
	if s.Data != nil || s.Length == 0 {
		return s.Data, nil
	}
	if s.Length > f.limits.Decoded {
		return nil, &LimitError{"STREAM", f.limits.Decoded}
	}
	b, err := f.window(s.Offset, s.Length)
	if err != nil || !s.encrypted {
		return b, err
	}
	m, err := f.streamMethod(s.Dict)
	if err != nil {
		return nil, err
	}
	return f.crypt.decrypt(s.ref, m, b)
}

// Decode returns a stream's data with its filters undone, at most limit bytes. It does
// not know filters of images: nothing that is signed or verified needs them.
func (f *File) Decode(s *Stream, limit int64) ([]byte, error) {
	data, err := f.Encoded(s)
	if err != nil {
		return nil, err
	}
	filters, err := f.list(s.Dict.Get("Filter"))
	if err != nil {
		return nil, err
	}
	parms, err := f.list(s.Dict.Get("DecodeParms"))
	if err != nil {
		return nil, err
	}
	if len(filters) > f.limits.Filters {
		return nil, &LimitError{"FILTERS", int64(f.limits.Filters)}
	}
	for i, o := range filters {
		name, _ := o.(Name)
		if name == "Crypt" {
			continue // undone above
		}
		var parm *Dict
		if i < len(parms) {
			if parm, err = f.Dict(parms[i]); err != nil {
				return nil, err
			}
		}
		if data, err = undo(name, data, parm, limit); err != nil {
			return nil, err
		}
		if err := f.kept.spend(len(data)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// list resolves a value that may be one object or an array of them.
func (f *File) list(o Object) (Array, error) {
	o, err := f.Resolve(o)
	if err != nil || o == nil {
		return nil, err
	}
	a, ok := o.(Array)
	if !ok {
		return Array{o}, nil
	}
	out := make(Array, len(a))
	for i := range a {
		if out[i], err = f.Resolve(a[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func undo(filter Name, data []byte, parm *Dict, limit int64) ([]byte, error) {
	switch filter {
	case "FlateDecode", "Fl":
		zr, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, malformed(CodeStream, -1, "not a zlib stream")
		}
		out, err := bounded(zr, limit)
		if err != nil {
			return nil, err
		}
		return unpredict(out, parm)
	case "LZWDecode", "LZW":
		early := 1
		if parm.Get("EarlyChange") == Integer(0) {
			early = 0
		}
		out, err := unLZW(data, early, limit)
		if err != nil {
			return nil, err
		}
		return unpredict(out, parm)
	case "RunLengthDecode", "RL":
		return unRunLength(data, limit)
	case "ASCIIHexDecode", "AHx":
		end := bytes.IndexByte(data, '>')
		if end < 0 {
			end = len(data)
		}
		o, err := (&parser{b: append(append([]byte{'<'}, data[:end]...), '>'), whole: true}).hex()
		if err != nil {
			return nil, err
		}
		s, _ := o.(String)
		return s.Bytes, nil
	case "ASCII85Decode", "A85":
		if end := bytes.Index(data, []byte("~>")); end >= 0 {
			data = data[:end]
		}
		return bounded(ascii85.NewDecoder(bytes.NewReader(data)), limit)
	}
	return nil, malformed(CodeStream, -1, "a filter %q that only images use", string(filter))
}

func bounded(r io.Reader, limit int64) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(out)) > limit {
		return nil, &LimitError{"DECODED", limit}
	}
	// QUIRK: ISO 32000-2, 7.4.4: streams cut behind their last data byte, or with a wrong check sum, are read by everyone.
	if err != nil && len(out) == 0 && !errors.Is(err, io.EOF) {
		return nil, malformed(CodeStream, -1, "a stream that does not decode")
	}
	return out, nil
}

// unpredict undoes the PNG predictors (ISO 32000-2, 7.4.4.4).
func unpredict(data []byte, parm *Dict) ([]byte, error) {
	num := func(key Name, def int64) int64 {
		if n, ok := parm.Get(key).(Integer); ok {
			return int64(n)
		}
		return def
	}
	predictor := num("Predictor", 1)
	if predictor < 2 {
		return data, nil
	}
	colors, bpc, columns := num("Colors", 1), num("BitsPerComponent", 8), num("Columns", 1)
	if predictor < 10 || colors < 1 || colors > 32 || bpc < 1 || bpc > 16 || columns < 1 || columns > maxRow {
		return nil, malformed(CodeStream, -1, "predictor %d with %d × %d × %d", predictor, columns, colors, bpc)
	}
	row := (colors*bpc*columns + 7) / 8
	if row > maxRow {
		return nil, &LimitError{"ROW", maxRow}
	}
	bpp := int(max(1, colors*bpc/8))
	out := make([]byte, 0, len(data))
	prev := make([]byte, row)
	for len(data) > 0 {
		kind := data[0]
		data = data[1:]
		cur := make([]byte, row)
		n := copy(cur, data)
		data = data[n:]
		if err := pngRow(kind, cur, prev, bpp); err != nil {
			return nil, err
		}
		out = append(out, cur[:n]...)
		prev = cur
	}
	return out, nil
}

func pngRow(kind byte, cur, prev []byte, bpp int) error {
	for i := range cur {
		var left, upLeft byte
		if i >= bpp {
			left, upLeft = cur[i-bpp], prev[i-bpp]
		}
		up := prev[i]
		switch kind {
		case 0:
			return nil
		case 1:
			cur[i] += left
		case 2:
			cur[i] += up
		case 3:
			cur[i] += byte((int(left) + int(up)) / 2)
		case 4:
			cur[i] += paeth(left, up, upLeft)
		default:
			return malformed(CodeStream, -1, "PNG predictor %d", kind)
		}
	}
	return nil
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// deflaters are used writers, because a new one costs more than a short stream. They
// compress at level 3: an artwork is 4 % larger than at the default level, in two
// thirds of the time.
var deflaters = sync.Pool{New: func() any {
	zw, _ := zlib.NewWriterLevel(nil, 3) // it fails only for levels that do not exist
	return zw
}}

// Deflate compresses data for a stream with /Filter /FlateDecode.
func Deflate(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	zw := deflaters.Get().(*zlib.Writer)
	defer deflaters.Put(zw)
	zw.Reset(&buf)
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
