// Package rows holds the stored form of tables: one full row of each, every field set,
// against a golden file.
package rows

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/store"
)

// Check writes one row of each table, all its fields set, as the store does, and
// compares it with dir/<table>.json. A field that is renamed, new or gone fails, and so
// does a golden file of no table. Every field of a struct of ours must have a name of
// its own in JSON, so that renaming it in Go changes nothing stored; untagged are values
// of structs that are excused. With ROWS=write in the environment the files are written.
func Check(t *testing.T, dir string, tables []store.AnyTable, untagged ...any) {
	t.Helper()
	excused := map[reflect.Type]bool{}
	for _, v := range untagged {
		excused[reflect.TypeOf(v)] = true
	}
	left := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		left[filepath.Base(f)] = true
	}
	for _, table := range tables {
		name, row := describe(t, table)
		unnamed(t, name, row, excused, map[reflect.Type]bool{})
		v := reflect.New(row)
		fill(t, name, v.Elem(), 0)
		got, err := json.MarshalIndent(v.Interface(), "", "\t")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got = append(got, '\n')
		back := reflect.New(row)
		if err := json.Unmarshal(got, back.Interface()); err != nil || !reflect.DeepEqual(back.Interface(), v.Interface()) {
			t.Errorf("%s: a row is not read back as it was written (%v):\n%+v\n%+v", name, err, v.Elem(), back.Elem())
		}
		file := filepath.Join(dir, name+".json")
		delete(left, name+".json")
		if os.Getenv("ROWS") == "write" {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("a row of %s is no longer as in %s: if a field is gone or has another name, stored rows would not be read; if it is new, ROWS=write writes the file. It is\n%s", name, file, got)
		}
	}
	for f := range left {
		t.Errorf("%s is of no table", f)
	}
}

// describe returns a table's name and the type of its rows.
func describe(t *testing.T, table store.AnyTable) (string, reflect.Type) {
	t.Helper()
	v := reflect.ValueOf(table).Elem()
	id, schema := v.FieldByName("id"), v.FieldByName("schema")
	if !id.IsValid() || !schema.IsValid() || id.Kind() != reflect.Func {
		t.Fatalf("%T is not a store.Table as this package knows it", table)
	}
	return schema.FieldByName("Name").String(), id.Type().In(0).Elem()
}

const module = "github.com/dajiaqian/dajiaqian"

// unnamed finds fields of our structs that have no name in JSON.
func unnamed(t *testing.T, path string, at reflect.Type, excused, seen map[reflect.Type]bool) {
	t.Helper()
	switch at.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		unnamed(t, path, at.Elem(), excused, seen)
	case reflect.Struct:
		if seen[at] || excused[at] || !strings.HasPrefix(at.PkgPath(), module) {
			return
		}
		seen[at] = true
		for i := range at.NumField() {
			f := at.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case name == "-" || !f.IsExported() && !f.Anonymous:
				continue
			case name == "" && !f.Anonymous:
				t.Errorf("%s: %v.%s has no name in JSON", path, at, f.Name)
			}
			unnamed(t, path+"."+f.Name, f.Type, excused, seen)
		}
	}
}

// moment is what every time of a row is.
var moment = time.Date(2026, 3, 4, 8, 30, 0, 123456000, time.UTC)

// fill sets all that JSON writes: numbers are 1, texts the path of their field, lists
// and maps have one element.
func fill(t *testing.T, path string, v reflect.Value, depth int) {
	t.Helper()
	if depth > 20 {
		t.Fatalf("%s: too deep", path)
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(moment))
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes([]byte(`{}`))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1.5)
	case reflect.String:
		v.SetString(path)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, path, v.Index(i), depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, path, v.Index(0), depth+1)
	case reflect.Map:
		key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, "key", key, depth+1)
		fill(t, path, elem, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, elem)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, path, v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Tag.Get("json") == "-" || !f.IsExported() && !f.Anonymous {
				continue
			}
			fill(t, f.Name, v.Field(i), depth+1)
		}
	default:
		t.Fatalf("%s: a row cannot hold a %v", path, v.Type())
	}
}
