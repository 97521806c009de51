package pdf_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

func opened(b []byte) (*pdf.File, error) {
	return pdf.Open(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits())
}

// bare copies an object without its bytes in the file, so that only the writer decides
// how it is written.
func bare(o pdf.Object) pdf.Object {
	switch v := o.(type) {
	case pdf.Array:
		out := make(pdf.Array, len(v))
		for i := range v {
			out[i] = bare(v[i])
		}
		return out
	case *pdf.Dict:
		out := &pdf.Dict{}
		for _, e := range v.Entries {
			out.Entries = append(out.Entries, pdf.Entry{Key: e.Key, Value: bare(e.Value)})
		}
		return out
	}
	return o
}

// duplicates reports whether a key occurs twice somewhere in o: such a dictionary
// equals no other.
func duplicates(o pdf.Object) bool {
	switch v := o.(type) {
	case pdf.Array:
		for _, e := range v {
			if duplicates(e) {
				return true
			}
		}
	case *pdf.Dict:
		for _, e := range v.Entries {
			if duplicates(e.Value) {
				return true
			}
		}
		return v.Duplicate
	case *pdf.Stream:
		return duplicates(v.Dict)
	}
	return false
}

// FuzzLexer: an object that is read can be written, with and without its original
// bytes, and reads the same.
func FuzzLexer(f *testing.F) {
	for _, s := range []string{"null", "true", "-.5", "+1", "1 0 R", "[1 0 R 2]", "(a\\(b\\)\\\r\n\\101\\7(c)\r)", "<0a F>", "(\\\\)", "/a#20b", "/#", "<</A 1/B[/C(d)<</E<f0>>>]>>%c\n", "--1", "1.2.3", "[["} {
		f.Add([]byte(s))
	}
	f.Add([]byte("/" + strings.Repeat("\xd5", 4096))) // three times as long when it is written
	f.Fuzz(func(t *testing.T, b []byte) {
		in := file(catalog, tree, leaf, string(b))
		g, err := opened(in)
		if err != nil {
			typed(t, err) // the input has its own end of file
			return
		}
		ref := pdf.Ref{Num: 4}
		o, err := g.Object(ref)
		if err != nil {
			typed(t, err)
			return
		}
		if _, stream := o.(*pdf.Stream); stream || duplicates(o) {
			return
		}
		for _, body := range []pdf.Object{o, bare(o)} {
			u := g.NewUpdate(nil)
			u.Set(ref, body)
			l, err := u.Layout()
			if err != nil {
				t.Fatal(err)
			}
			h, err := opened(append(bytes.Clone(in), l.Bytes...))
			if err != nil {
				t.Fatalf("%v\n%s", err, l.Bytes)
			}
			got, err := h.Object(ref)
			if err != nil {
				t.Fatalf("%v\n%s", err, l.Bytes)
			}
			if same, err := pdf.Equal(g, o, h, got); !same || err != nil {
				t.Fatalf("%#v, now %#v, %v", o, got, err)
			}
		}
	})
}

// FuzzXRef: any content in the place of the cross-references.
func FuzzXRef(f *testing.F) {
	objs := file(catalog, tree, leaf)
	at := bytes.LastIndex(objs, []byte("xref\n0"))
	head := objs[:at]
	f.Add(objs[at:], 0)
	f.Add(append([]byte("xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 4/Root 1 0 R/Prev 9>>\n"), objs[at:]...), 0)
	f.Add([]byte("xref\n0 2\n0000000000 65535 f \n0000000009 00000 n\r\ntrailer<</Size 4/Root 1 0 R/XRefStm 9>>"), 0)
	f.Add([]byte("4 0 obj\n<</Type/XRef/Size 5/W[1 1 0]/Index[0 1 1 3]/Root 1 0 R/Length 8>>\nstream\n\x00\x00\x01\x09\x01\x29\x01\x53\nendstream\nendobj\n"), 0)
	f.Fuzz(func(t *testing.T, b []byte, off int) {
		in := fmt.Appendf(append(bytes.Clone(head), b...), "\nstartxref\n%d\n%%%%EOF\n", at+off%100)
		typed(t, read(in))
		g, err := opened(in)
		if err != nil {
			return
		}
		_, err = g.Revisions(0)
		typed(t, err)
		keeps(t, in, g)
	})
}

// FuzzObjectStream: any content of an object stream and its dictionary.
func FuzzObjectStream(f *testing.F) {
	f.Add(3, 30, []byte("4 0 5 4 6 8                   (a) (b) <</C(d)>>"))
	f.Add(1, 4, []byte("4 0 [5 0 R]"))
	f.Add(2, 9, []byte("4 99 5 1 1 2"))
	f.Fuzz(func(t *testing.T, n, first int, data []byte) {
		var b bytes.Buffer
		b.WriteString("%PDF-1.7\n")
		rows := []byte{0, 0, 0}
		for i, o := range []string{catalog, tree, leaf} {
			rows = append(rows, 1, byte(b.Len()), 0)
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
		}
		for i := range 3 {
			rows = append(rows, 2, 7, byte(i))
		}
		rows = append(rows, 1, byte(b.Len()), 0)
		fmt.Fprintf(&b, "7 0 obj\n<</Type/ObjStm/N %d/First %d/Length %d>>\nstream\n%s\nendstream\nendobj\n", n, first, len(data), data)
		at := b.Len()
		fmt.Fprintf(&b, "8 0 obj\n<</Type/XRef/Size 9/Root 1 0 R/W[1 1 1]/Index[0 8]/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", len(rows), rows, at)
		typed(t, read(b.Bytes()))
		g, err := opened(b.Bytes())
		if err != nil {
			typed(t, err)
			return
		}
		keeps(t, b.Bytes(), g)
	})
}

// FuzzFilters: no filter panics, or returns more than its limit.
func FuzzFilters(f *testing.F) {
	names := []string{"FlateDecode", "LZWDecode", "RunLengthDecode", "ASCIIHexDecode", "ASCII85Decode"}
	z, err := pdf.Deflate([]byte("\x02abc\x01abc\x04abc"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(0), byte(5), int16(12), int16(3), int16(1), int16(8), z)
	f.Add(byte(1), byte(5), int16(1), int16(1), int16(1), int16(8), []byte("\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"))
	f.Add(byte(2), byte(2), int16(1), int16(1), int16(1), int16(8), []byte("\x81\x81\x02abc\x80"))
	f.Add(byte(3), byte(0), int16(15), int16(3), int16(3), int16(16), []byte("789c>"))
	f.Add(byte(4), byte(1), int16(1), int16(1), int16(1), int16(8), []byte("87cURD]i,\"~>"))
	f.Fuzz(func(t *testing.T, first, second byte, predictor, columns, colors, bits int16, data []byte) {
		dict := "/Filter[/" + names[int(first)%len(names)]
		if int(second) < len(names) {
			dict += "/" + names[second]
		}
		parm := fmt.Sprintf("<</Predictor %d/Columns %d/Colors %d/BitsPerComponent %d/EarlyChange %d>>", predictor, columns, colors, bits, predictor&1)
		const limit = 1 << 16
		got, err := decode(dict+"]/DecodeParms["+parm+parm+"]", data, limit)
		typed(t, err)
		if len(got) > limit {
			t.Fatalf("%d bytes", len(got))
		}
	})
}

// FuzzPages: with any page tree, walking it ends.
func FuzzPages(f *testing.F) {
	f.Add("<</Type/Pages/Count 1/Kids[3 0 R]>>", leaf, "[0 0 10 20]", "90")
	f.Add("<</Kids[3 0 R 4 0 R 5 0 R]/MediaBox 4 0 R/Rotate 5 0 R>>", "<</CropBox[4 4 0 0]/UserUnit 2>>", "[0 0 10 20]", "-90")
	f.Add("<</Kids[3 0 R 3 0 R]>>", "<</Kids[2 0 R]>>", "<</Kids[5 0 R]>>", "<</Kids 4 0 R>>")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		g, err := opened(file(catalog, a, b, c, d))
		if err != nil {
			typed(t, err)
			return
		}
		n, last := 0, -1
		err = g.Pages(func(i int, p pdf.Page) bool {
			if i != last+1 || p.Crop.Width() <= 0 || p.Crop.Height() <= 0 || p.Rotate%90 != 0 || p.Rotate < 0 || p.Rotate > 270 || p.Unit <= 0 {
				t.Fatalf("page %d: %+v", i, p)
			}
			n, last = n+1, i
			return true
		})
		typed(t, err)
		if m, again := g.PageCount(); err == nil && (m != n || again != nil) {
			t.Fatalf("%d pages, then %d: %v", n, m, again)
		}
	})
}

// FuzzForm: with any field tree, walking it ends.
func FuzzForm(f *testing.F) {
	f.Add("<</Fields[5 0 R 6 0 R]>>", "<</T(a)/FT/Sig/Kids[6 0 R 7 0 R]>>", "<</T(b)/V 7 0 R>>", "<</Subtype/Widget>>")
	f.Add("<</Fields 5 0 R>>", "[6 0 R 7 0 R]", "<</Kids[6 0 R 7 0 R]/FT 6 0 R>>", "<</Kids[5 0 R]/T<FEFF59>>>")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		g, err := opened(file(strings.Replace(catalog, "/Pages", "/AcroForm 4 0 R/Pages", 1), tree, leaf, a, b, c, d))
		if err != nil {
			typed(t, err)
			return
		}
		form, err := g.Form()
		if err != nil {
			typed(t, err)
			return
		}
		seen := map[pdf.Ref]bool{}
		for _, fd := range form.Fields {
			if seen[fd.Ref] {
				t.Fatalf("field %v stands twice", fd.Ref)
			}
			seen[fd.Ref] = true
			if _, ok := form.Find(fd.Name); !ok {
				t.Fatalf("field %q is not found", fd.Name)
			}
		}
		form.Signed()
	})
}

// FuzzUpdate: with any file, an update does not change how the rest reads.
func FuzzUpdate(f *testing.F) {
	good := file(catalog, tree, leaf, "<</Length 3>>\nstream\nabc\nendstream", "[(a)<62>/c]")
	f.Add(good)
	f.Add(append([]byte("junk"), good...))
	f.Add(bytes.Replace(good, []byte("startxref\n"), []byte("startxref\n9"), 1))
	f.Add(bytes.Replace(good, []byte("/Length 3"), []byte("/Length 1"), 1))
	f.Add(bytes.Replace(good, []byte("/Root"), []byte("/Info<</A(b)>>/ID[(a)(b)]/Root"), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := opened(b); err == nil {
			keeps(t, b, g)
		}
		if g, err := pdf.Salvage(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits()); err == nil {
			keeps(t, b, g)
		} else {
			typed(t, err)
		}
	})
}

// keeps adds an object to a file and changes another; every other object of the file
// must read as before.
func keeps(t *testing.T, b []byte, g *pdf.File) {
	t.Helper()
	u := g.NewUpdate(nil)
	added := u.Add(&pdf.Stream{Dict: pdf.NewDict(pdf.Name("S"), pdf.String{Bytes: []byte("a\r(\\")}), Data: []byte("data")})
	cat, root, err := g.Catalog()
	if err != nil {
		typed(t, err)
		return
	}
	u.Set(root, cat.With("Mine", added))
	l, err := u.Layout()
	if err != nil {
		typed(t, err)
		return
	}
	h, err := opened(append(bytes.Clone(b), l.Bytes...))
	if err != nil {
		t.Fatalf("the update cannot be read: %v\n%q", err, l.Bytes)
	}
	now, _, err := h.Catalog()
	if err != nil || now.Get("Mine") != added {
		t.Fatalf("the catalog: %v, %v\n%q", now, err, l.Bytes)
	}
	o, err := h.Object(added)
	if st, ok := o.(*pdf.Stream); !ok || err != nil {
		t.Fatalf("the stream: %v, %v\n%q", o, err, l.Bytes)
	} else if data, err := h.Encoded(st); err != nil || string(data) != "data" {
		t.Fatalf("the stream: %q, %v", data, err)
	}
	if g.Salvaged() {
		return // Layout has compared it with what was salvaged
	}
	for _, num := range g.Numbers() {
		e, ok := g.Lookup(num)
		if !ok || e.Kind == pdf.EntryFree || num == root.Num || num == added.Num {
			continue
		}
		ref := pdf.Ref{Num: num, Gen: e.Gen}
		was, err := g.Object(ref)
		if err != nil || duplicates(was) {
			continue
		}
		is, err := h.Object(ref)
		if err != nil {
			t.Fatalf("object %v: %v\n%q", ref, err, l.Bytes)
		}
		if same, err := pdf.Equal(g, was, h, is); err == nil && !same {
			t.Fatalf("object %v was %#v, is %#v\n%q", ref, was, is, l.Bytes)
		}
	}
}
