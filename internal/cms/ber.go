package cms

// Limits of what is converted.
const maxNodes = 200_000

// node is one element of a BER encoding. The elements stand in the order of their bytes,
// so that a node's parent comes before it.
type node struct {
	parent     int // -1 at the top
	tag        byte
	start, end int // of the contents, without the end of an indefinite length
	size       int // of the contents in DER
	flat       bool
}

// ToDER returns the DER form of the BER element that b is (X.690, 8.1.3 and 10): definite,
// shortest lengths, and strings in one piece. It returns b itself if that is its form. It
// changes neither the order of a set nor the bytes of a primitive value. It does not
// recurse, and reads at most 32 levels.
func ToDER(b []byte) ([]byte, error) {
	if isDER(b) {
		return b, nil
	}
	nodes, n, plain, err := readBER(b)
	if err != nil {
		return nil, err
	}
	if n != len(b) {
		return nil, errf(CodeDER, "bytes behind the element")
	}
	if plain {
		return b, nil
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		e := &nodes[i]
		if e.tag&0x20 == 0 {
			e.size = e.end - e.start
		}
		switch {
		case e.parent < 0:
		case nodes[e.parent].flat:
			nodes[e.parent].size += e.size
		default:
			nodes[e.parent].size += 1 + lengthSize(e.size) + e.size
		}
	}
	out := make([]byte, 0, len(b))
	for _, e := range nodes {
		tag := e.tag
		if e.flat {
			tag &^= 0x20
		}
		if e.parent < 0 || !nodes[e.parent].flat {
			out = appendLength(append(out, tag), e.size)
		}
		if e.tag&0x20 == 0 {
			out = append(out, b[e.start:e.end]...)
		}
	}
	return out, nil
}

// SpanBER returns the length of the BER element at the start of b.
func SpanBER(b []byte) (int, bool) {
	if outer, ok := Element(b); ok && isDER(outer) {
		return len(outer), true
	}
	_, n, _, err := readBER(b)
	return n, err == nil
}

// isDER reports whether b is one element whose lengths and strings are those of DER, as
// nearly all are.
func isDER(b []byte) bool {
	one, ok := Element(b)
	return ok && len(one) == len(b) && checkDepth(b, true) == nil
}

// readBER reads the element at the start of b. plain reports whether it is DER already,
// as far as lengths and strings go.
func readBER(b []byte) (nodes []node, n int, plain bool, err error) {
	plain = true
	type open struct {
		node int
		end  int // of a definite length, else -1
	}
	var stack []open
	i := 0
	for {
		for len(stack) > 0 && stack[len(stack)-1].end == i {
			nodes[stack[len(stack)-1].node].end = i
			stack = stack[:len(stack)-1]
		}
		if len(nodes) > 0 && len(stack) == 0 {
			return nodes, i, plain, nil
		}
		limit := len(b)
		parent := -1
		if len(stack) > 0 {
			top := stack[len(stack)-1]
			parent = top.node
			if top.end >= 0 {
				limit = top.end
			} else if i+1 < limit && b[i] == 0 && b[i+1] == 0 {
				nodes[top.node].end = i
				stack = stack[:len(stack)-1]
				i += 2
				continue
			}
		}
		if i+1 >= limit {
			return nil, 0, false, errf(CodeDER, "a value longer than what holds it")
		}
		if len(nodes) == maxNodes {
			return nil, 0, false, errf(CodeLimit, "more than %d values", maxNodes)
		}
		e := node{parent: parent, tag: b[i], flat: b[i] == 0x24}
		if e.tag&0x1f == 0x1f || e.tag == 0x23 {
			return nil, 0, false, errf(CodeDER, "a multi-byte tag, or a bit string in pieces")
		}
		if parent >= 0 && nodes[parent].flat && e.tag != 4 && e.tag != 0x24 {
			return nil, 0, false, errf(CodeDER, "a string with other pieces than strings")
		}
		size, head, shortest, ok := berLength(b[i+1 : limit])
		if !ok || size > limit-i-1-head {
			return nil, 0, false, errf(CodeDER, "a value longer than what holds it")
		}
		plain = plain && shortest && !e.flat
		i += 1 + head
		e.start = i
		if e.tag&0x20 == 0 {
			if size < 0 {
				return nil, 0, false, errf(CodeDER, "a primitive value of indefinite length")
			}
			i += size
			e.end = i
			nodes = append(nodes, e)
			continue
		}
		if len(stack) == maxDepth {
			return nil, 0, false, errf(CodeLimit, "nested deeper than %d", maxDepth)
		}
		end := -1
		if size >= 0 {
			end = i + size
		}
		nodes = append(nodes, e)
		stack = append(stack, open{len(nodes) - 1, end})
	}
}

// berLength reads a length of any form; -1 is indefinite.
func berLength(b []byte) (size, head int, shortest, ok bool) {
	if len(b) == 0 {
		return 0, 0, false, false
	}
	k := int(b[0] & 0x7f)
	switch {
	case b[0] < 0x80:
		return int(b[0]), 1, true, true
	case k == 0:
		return -1, 1, false, true
	case k > 8 || len(b) < 1+k:
		return 0, 0, false, false
	}
	for _, c := range b[1 : 1+k] {
		if size > MaxSize {
			return 0, 0, false, false
		}
		size = size<<8 | int(c)
	}
	return size, 1 + k, b[1] != 0 && size >= 0x80, true
}

func lengthSize(n int) int { return len(appendLength(nil, n)) }

func appendLength(out []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(out, byte(n))
	case n < 1<<8:
		return append(out, 0x81, byte(n))
	case n < 1<<16:
		return append(out, 0x82, byte(n>>8), byte(n))
	case n < 1<<24:
		return append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
