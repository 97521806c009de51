package pdf

import "bytes"

// maxOperands is how many operands one operator may have (ISO 32000-2, 8.6.8 has the most).
const maxOperands = 64

// Operators calls yield for each operator of a content stream with its operands (ISO
// 32000-2, 7.8.2), until it returns false. Inline images are one operator, BI, without
// operands. It returns false if the stream is not understood to its end.
func Operators(data []byte, yield func(op string, args []Object) bool) bool {
	p := &parser{b: data, whole: true}
	var args []Object
	for {
		p.space()
		if p.pos >= len(p.b) {
			return true
		}
		c := p.b[p.pos]
		if !isRegular(c) || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.' {
			o, err := p.object()
			if err != nil || len(args) == maxOperands {
				return false
			}
			args = append(args, o)
			continue
		}
		w, err := p.word()
		if err != nil {
			return false
		}
		switch string(w) {
		case "true":
			args = append(args, true)
			continue
		case "false":
			args = append(args, false)
			continue
		case "null":
			args = append(args, nil)
			continue
		case "BI":
			if !p.inlineImage() {
				return false
			}
		}
		if !yield(string(w), args) {
			return true
		}
		args = args[:0]
	}
}

// inlineImage skips what follows BI, to the end of EI (ISO 32000-2, 8.9.7).
func (p *parser) inlineImage() bool {
	for {
		i := bytes.Index(p.b[p.pos:], []byte("EI"))
		if i < 0 {
			return false
		}
		at := p.pos + i
		p.pos = at + 2
		if isSpace(p.b[at-1]) && (p.pos == len(p.b) || isSpace(p.b[p.pos])) {
			return true
		}
	}
}
