package pdf_test

import (
	"bytes"
	"compress/lzw"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	tifflzw "golang.org/x/image/tiff/lzw"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// decode puts data behind filters into a file and reads it.
func decode(dict string, data []byte, limit int64) ([]byte, error) {
	b := file(catalog, tree, leaf, fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data))
	f, err := pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
	if err != nil {
		return nil, err
	}
	o, err := f.Object(pdf.Ref{Num: 4})
	st, ok := o.(*pdf.Stream)
	if err != nil || !ok {
		return nil, fmt.Errorf("not a stream: %w", err)
	}
	return f.Decode(st, limit)
}

// earlyLZW encodes as PDF does by default: codes grow one early.
func earlyLZW(data []byte) []byte {
	var out []byte
	var bits, have uint
	width, next, table := uint(9), 258, map[string]int{}
	emit := func(code int) {
		bits, have = bits<<width|uint(code), have+width
		for have >= 8 {
			have -= 8
			out = append(out, byte(bits>>have))
		}
	}
	code := func(s []byte) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return table[string(s)]
	}
	emit(256)
	for len(data) > 0 {
		n := 1
		for n < len(data) && table[string(data[:n+1])] > 0 {
			n++
		}
		emit(code(data[:n]))
		if n < len(data) {
			table[string(data[:n+1])] = next
		}
		if next++; next > 1<<width-1 && width < 12 { // one before the decoder must
			width++
		}
		if next == 4095 {
			emit(256)
			width, next, table = 9, 258, map[string]int{}
		}
		data = data[n:]
	}
	emit(257)
	emit(0)
	return out
}

// TestFilters: the output of other encoders is read, even if its end is cut off.
func TestFilters(t *testing.T) {
	var text []byte
	for i := range 20000 {
		text = fmt.Appendf(text, "%d ", i*i%977)
	}
	var late bytes.Buffer
	w := lzw.NewWriter(&late, lzw.MSB, 8)
	if _, err := w.Write(text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	early := earlyLZW(text)
	if got, err := io.ReadAll(tifflzw.NewReader(bytes.NewReader(early), tifflzw.MSB, 8)); err != nil || !bytes.Equal(got, text) {
		t.Fatalf("the encoder of this test: %v", err)
	}
	for _, c := range []struct {
		name, dict string
		data       []byte
		want       string
	}{
		{"LZW", "/Filter/LZWDecode", early, string(text)},
		{"LZW, late", "/Filter/LZW/DecodeParms<</EarlyChange 0>>", late.Bytes(), string(text)},
		{"LZW of the standard's example", "/Filter/LZWDecode", []byte("\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"), "-----A---B"},
		{"LZW without an end", "/Filter/LZWDecode", []byte("\x80\x0b\x60\x50\x22\x0c\x0c"), "-----A---"},
		{"LZW of nothing", "/Filter/LZWDecode", nil, ""},
		{"LZW behind ASCII", "/Filter[/AHx/LZW]", []byte("800B6050220C0C8501>"), "-----A---B"},
		{"LZW with a predictor", "/Filter/LZWDecode/DecodeParms<</Predictor 12/Columns 2>>", earlyLZW([]byte("\x02ab\x02\x01\x01")), "abbc"},
		{"run lengths", "/Filter/RunLengthDecode", []byte("\x02abc\xfdx\x00y\x80zzz"), "abcxxxxy"},
		{"run lengths without an end", "/Filter/RL", []byte("\x05abc"), "abc"},
		{"a run of nothing", "/Filter/RL", []byte("\x00a\xff"), "a"},
	} {
		got, err := decode(c.dict, c.data, 1<<20)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %.40q, %v", c.name, got, err)
		}
	}
	var big *pdf.LimitError
	for name, dict := range map[string]string{"LZW": "/Filter/LZWDecode", "run lengths": "/Filter[/RL/RL]"} {
		data := earlyLZW(bytes.Repeat([]byte("a"), 100_000))
		if name != "LZW" {
			data = []byte(strings.Repeat("\x81\x81", 1000))
		}
		if got, err := decode(dict, data, 50_000); !errors.As(err, &big) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	var bad *pdf.MalformedError
	for _, data := range []string{"\x81\x80", "\x80\x40\xff\xff"} { // codes that were not defined
		if got, err := decode("/Filter/LZWDecode", []byte(data), 1000); !errors.As(err, &bad) {
			t.Errorf("%x: %q, %v", data, got, err)
		}
	}
}
