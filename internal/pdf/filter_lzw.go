package pdf

// unLZW undoes LZWDecode (ISO 32000-2, 7.4.4): codes of 9 to 12 bits, the most
// significant bit first. early is 1 if codes grow one code before they must.
func unLZW(data []byte, early int, limit int64) ([]byte, error) {
	const (
		clearTable, endOfData = 256, 257
		first, full           = 258, 4096
	)
	var prefix [full]uint16
	var suffix [full]byte
	var out, stack []byte
	next, width, last := first, 9, -1
	var bits, have uint
	var head byte // first byte of the data of the last code
	for _, b := range data {
		bits, have = bits<<8|uint(b), have+8
		if have < uint(width) {
			continue
		}
		have -= uint(width)
		code := int(bits>>have) & (1<<width - 1)
		switch {
		case code == endOfData:
			return out, nil
		case code == clearTable:
			next, width, last = first, 9, -1
			continue
		case code > next || code >= next && last < 0:
			return nil, malformed(CodeStream, -1, "LZW code %d where %d are known", code, next)
		}
		stack = stack[:0]
		at := code
		if code == next { // the code that this very step makes
			stack, at = append(stack, head), last
		}
		for at >= first { // prefixes have lower codes
			stack, at = append(stack, suffix[at]), int(prefix[at])
		}
		head = byte(at)
		stack = append(stack, head)
		if int64(len(out)+len(stack)) > limit {
			return nil, &LimitError{"DECODED", limit}
		}
		for i := len(stack) - 1; i >= 0; i-- {
			out = append(out, stack[i])
		}
		if last >= 0 && next < full {
			prefix[next], suffix[next] = uint16(last), head
			next++
		}
		if width < 12 && next+early >= 1<<width {
			width++
		}
		last = code
	}
	// QUIRK: ISO 32000-2, 7.4.4.2: the end is marked; readers take what there is;
	// TestFilters.
	return out, nil
}

// unRunLength undoes RunLengthDecode (ISO 32000-2, 7.4.5).
func unRunLength(data []byte, limit int64) ([]byte, error) {
	var out []byte
	for len(data) > 0 {
		n := int(data[0])
		data = data[1:]
		switch {
		case n == 128:
			return out, nil
		case n < 128:
			n = min(n+1, len(data))
			out = append(out, data[:n]...)
			data = data[n:]
		case len(data) > 0:
			for range 257 - n {
				out = append(out, data[0])
			}
			data = data[1:]
		}
		if int64(len(out)) > limit {
			return nil, &LimitError{"DECODED", limit}
		}
	}
	// QUIRK: ISO 32000-2, 7.4.5: the end is marked; readers take what there is; TestFilters.
	return out, nil
}
