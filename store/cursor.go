package store

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
)

// Cursor is an opaque place in the list of one query. It may travel through a client.
// It is refused with [ErrCursor] if it is damaged or belongs to another query. A forged
// one can only move within the rows of the same query.
type Cursor string

// maxCursor is enough for the widest index with the longest texts.
const maxCursor = 16 << 10

func shapeOf(s *Schema, q Query) uint64 {
	b := binary.AppendUvarint(nil, uint64(len(s.Name)))
	b = append(b, s.Name...)
	if q.Index != nil {
		b = append(b, q.Index.Name...)
	}
	b = append(b, 0)
	if q.Desc {
		b[len(b)-1] = 1
	}
	for _, v := range q.Equal {
		b = appendValue(b, v)
	}
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

func appendValue(b []byte, v Value) []byte {
	b = append(b, byte(v.Kind))
	if v.Kind != KindText {
		return binary.AppendVarint(b, v.Int)
	}
	b = binary.AppendUvarint(b, uint64(len(v.Text)))
	return append(b, v.Text...)
}

func encodeCursor(shape uint64, at Position) Cursor {
	b := binary.BigEndian.AppendUint64(nil, shape)
	for _, v := range at.Values {
		b = appendValue(b, v)
	}
	b = appendValue(b, Value{Kind: KindText, Text: at.ID})
	return Cursor(base64.RawURLEncoding.EncodeToString(b))
}

func (c Cursor) decode(shape uint64, s *Schema, open []int) (*Position, error) {
	if len(c) > maxCursor {
		return nil, ErrCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(b) < 8 || binary.BigEndian.Uint64(b) != shape {
		return nil, ErrCursor
	}
	b = b[8:]
	at := &Position{Values: make([]Value, len(open))}
	for i, c := range open {
		at.Values[i], b, err = cutValue(b)
		if err != nil || at.Values[i].Kind != s.Columns[c].Kind {
			return nil, ErrCursor
		}
	}
	id, rest, err := cutValue(b)
	if err != nil || id.Kind != KindText || len(rest) > 0 {
		return nil, ErrCursor
	}
	at.ID = id.Text
	return at, nil
}

func cutValue(b []byte) (Value, []byte, error) {
	if len(b) == 0 || Kind(b[0]) < KindText || Kind(b[0]) > KindTime {
		return Value{}, nil, ErrCursor
	}
	v := Value{Kind: Kind(b[0])}
	b = b[1:]
	if v.Kind != KindText {
		i, n := binary.Varint(b)
		if n <= 0 {
			return Value{}, nil, ErrCursor
		}
		v.Int = i
		return v, b[n:], nil
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return Value{}, nil, ErrCursor
	}
	v.Text = string(b[n : n+int(size)])
	return v, b[n+int(size):], nil
}
