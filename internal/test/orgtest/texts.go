package orgtest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Texts gives every text of a command bad values in turn, which must be refused: a mebibyte, a
// control character, a change of direction (T37). whole returns a command in which every text
// has a value; least is how many texts it has at least.
func Texts[T any](t *testing.T, least int, whole func(*testing.T) T, carry func(T) error) {
	t.Helper()
	first := whole(t)
	name := reflect.TypeOf(first).Name()
	var paths []string
	eachText(name, reflect.ValueOf(&first), func(path string, _ reflect.Value) {
		// What Send sets is not taken from a draft; a key is compared, and kept as a digest.
		if (!strings.HasSuffix(path, ".Field") || strings.HasSuffix(path, ".When.Field")) && !strings.HasSuffix(path, ".Key") {
			paths = append(paths, path)
		}
	})
	if len(paths) < least {
		t.Errorf("%s has only %d texts", name, len(paths))
	}
	for _, path := range paths {
		for what, text := range map[string]string{"a mebibyte": strings.Repeat("长", 1<<20/3), "a control character": "甲\x01", "a change of direction": "甲\u202e乙"} {
			d := whole(t)
			eachText(name, reflect.ValueOf(&d), func(p string, v reflect.Value) {
				if p == path {
					v.SetString(text)
				}
			})
			if err := carry(d); err == nil {
				t.Errorf("%s with %s is stored", path, what)
			}
		}
	}
}

// eachText calls do for every string within a value, with its path, as a variable that may
// be set. Slices and pointers have an element.
func eachText(path string, v reflect.Value, do func(path string, text reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		do(path, v)
	case reflect.Pointer:
		if !v.IsNil() {
			eachText(path, v.Elem(), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(fmt.Sprintf("%s[%d]", path, i), v.Index(i), do)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				eachText(path+"."+f.Name, v.Field(i), do)
			}
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			elem := reflect.New(v.Type().Elem()).Elem()
			elem.Set(v.MapIndex(k))
			eachText(fmt.Sprintf("%s[%v]", path, k), elem, func(p string, text reflect.Value) {
				do(p, text)
				v.SetMapIndex(k, elem)
			})
		}
	}
}
