package postgres

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dajiaqian/dajiaqian/store"
)

// The escapes, in the order of the text that they replace. No other text has \x01.
const (
	escapedNUL = "\x01\x01"
	escapedSOH = "\x01\x02"
	notUTF8    = "\U0010FFFF\x01\x03"
)

var (
	escape   = strings.NewReplacer("\x00", escapedNUL, "\x01", escapedSOH)
	unescape = strings.NewReplacer(escapedNUL, "\x00", escapedSOH, "\x01")
)

// toText returns s in the form that a text column can hold.
func toText(s string) string {
	switch {
	case !utf8.ValidString(s):
		return notUTF8 + hex.EncodeToString([]byte(s))
	case strings.IndexByte(s, 0) < 0 && strings.IndexByte(s, 1) < 0:
		return s
	}
	return escape.Replace(s)
}

func fromText(s string) (string, error) {
	if strings.IndexByte(s, 1) < 0 {
		return s, nil
	}
	digits, ok := strings.CutPrefix(s, notUTF8)
	if !ok {
		return unescape.Replace(s), nil
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		return "", fmt.Errorf("postgres: text that this package did not write: %q", s)
	}
	return string(b), nil
}

// firstMoment is the first moment that timestamptz holds, 4714-11-24 BC, in
// microseconds since 1970. The last one is beyond the range of int64.
const firstMoment = -210866803200_000000

// arg returns a value as a parameter of a statement.
func arg(v store.Value) (any, error) {
	switch v.Kind {
	case store.KindText:
		return toText(v.Text), nil
	case store.KindTime:
		if v.Int < firstMoment {
			return nil, fmt.Errorf("%w: postgres: a time before 4714 BC", store.ErrTooLarge)
		}
		return time.UnixMicro(v.Int).UTC(), nil
	}
	return v.Int, nil
}

// args appends values to the parameters of a statement.
func args(to []any, values []store.Value) ([]any, error) {
	for _, v := range values {
		a, err := arg(v)
		if err != nil {
			return nil, err
		}
		to = append(to, a)
	}
	return to, nil
}

// micros scans a timestamptz.
type micros int64

// Scan implements sql.Scanner.
func (m *micros) Scan(from any) error {
	t, ok := from.(time.Time)
	if !ok {
		return fmt.Errorf("postgres: a time that is %v", from)
	}
	*m = micros(t.UnixMicro())
	return nil
}

// scan reads a row in the order of selection.
func scan(from interface{ Scan(...any) error }, s *store.Schema, light bool) (store.Row, error) {
	row := store.Row{Cols: make([]store.Value, len(s.Columns))}
	into := append(make([]any, 0, 4+len(s.Columns)), &row.ID, &row.Version, &row.Generation)
	if !light {
		into = append(into, &row.Doc)
	}
	for i, c := range s.Columns {
		v := &row.Cols[i]
		v.Kind = c.Kind
		switch c.Kind {
		case store.KindText:
			into = append(into, &v.Text)
		case store.KindTime:
			into = append(into, (*micros)(&v.Int))
		default:
			into = append(into, &v.Int)
		}
	}
	if err := from.Scan(into...); err != nil {
		return store.Row{}, err
	}
	var err error
	if row.ID, err = fromText(row.ID); err != nil {
		return store.Row{}, err
	}
	for i := range row.Cols {
		if row.Cols[i].Text, err = fromText(row.Cols[i].Text); err != nil {
			return store.Row{}, err
		}
	}
	return row, nil
}
