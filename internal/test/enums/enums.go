// Package enums holds what every enum keeps: any number has a name, and the zero value
// is invalid or safe.
package enums

import (
	"fmt"
	"testing"
)

// Enum is one type for Check; Of makes it.
type Enum struct {
	name  string
	make  func(n int64) fmt.Stringer
	known []int64
}

// Of is the enum T with all its values. Where zero is not among them it is invalid;
// where it is, it is the safe value.
func Of[T interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
	fmt.Stringer
}](values ...T) Enum {
	e := Enum{name: fmt.Sprintf("%T", *new(T)), make: func(n int64) fmt.Stringer { return T(n) }}
	for _, v := range values {
		e.known = append(e.known, int64(v))
	}
	return e
}

// Check checks that String, and Zh where there is one, never panic, that every value has
// names of its own, and that no other number, zero among them, has one of these.
func Check(t *testing.T, all ...Enum) {
	t.Helper()
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			names, zhs := map[string]int64{}, map[string]int64{}
			known := map[int64]bool{}
			for _, n := range e.known {
				known[n] = true
				s, zh := e.texts(t, n)
				if _, twice := names[s]; s == "" || twice {
					t.Errorf("%d is %q, which is nothing or another's", n, s)
				}
				names[s] = n
				if zh != nil {
					if _, twice := zhs[*zh]; *zh == "" || twice {
						t.Errorf("%d is %q, which is nothing or another's", n, *zh)
					}
					zhs[*zh] = n
				}
			}
			if len(known) == 0 {
				t.Error("no values")
			}
			for _, n := range numbers() {
				v := e.make(n)
				if isKnown(e, v) {
					continue
				}
				s, zh := e.texts(t, n)
				if m, ok := names[s]; ok {
					t.Errorf("%d is called %q, as %d is", n, s, m)
				}
				if zh != nil {
					if m, ok := zhs[*zh]; ok {
						t.Errorf("%d is called %q, as %d is", n, *zh, m)
					}
				}
			}
		})
	}
}

// isKnown reports whether a value, perhaps wrapped around to its type, is one of e's.
func isKnown(e Enum, v fmt.Stringer) bool {
	for _, n := range e.known {
		if e.make(n) == v {
			return true
		}
	}
	return false
}

// numbers are those around zero, and the ends of every size.
func numbers() []int64 {
	out := []int64{}
	for n := int64(-300); n <= 300; n++ {
		out = append(out, n)
	}
	for _, bits := range []int{15, 16, 31, 32, 62} {
		out = append(out, 1<<bits, 1<<bits-1, -1<<bits)
	}
	return append(out, 1<<63-1, -1<<63)
}

// texts are the names of a number; zh is nil where the type has none.
func (e Enum) texts(t *testing.T, n int64) (s string, zh *string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%d: %v", n, r)
		}
	}()
	v := e.make(n)
	s = v.String()
	if z, ok := v.(interface{ Zh() string }); ok {
		text := z.Zh()
		zh = &text
	}
	return s, zh
}
