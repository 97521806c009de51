package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

func encrypted(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/encrypted/*.pdf")
	if err != nil || len(names) < 12 {
		t.Fatalf("the samples: %v, %v", names, err)
	}
	out := map[string][]byte{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSuffix(filepath.Base(n), ".pdf"); name != "plain" {
			out[name] = b
		}
	}
	return out
}

func unlock(b []byte, password string) (*pdf.File, error) {
	f, err := pdf.OpenPassword(bytes.NewReader(b), int64(len(b)), pdf.DefaultLimits(), []byte(password))
	if err != nil {
		return nil, err
	}
	return f, f.Locked()
}

// says reads the content of the samples: strings of several objects and two streams.
func says(f *pdf.File) (string, error) {
	form, err := f.Form()
	if err != nil {
		return "", err
	}
	place, _ := form.Find("Place")
	buyer, _ := form.Find("Buyer")
	mk, err := f.Dict(place.Dict.Get("MK"))
	if err != nil {
		return "", err
	}
	info, err := f.Dict(f.Trailer().Get("Info"))
	if err != nil {
		return "", err
	}
	cat, _, err := f.Catalog()
	if err != nil {
		return "", err
	}
	page, err := f.Page(0)
	if err != nil {
		return "", err
	}
	out := ""
	for _, o := range []pdf.Object{form.Dict.Get("DA"), place.Dict.Get("V"), mk.Get("CA"), buyer.Dict.Get("TU"),
		info.Get("Title"), info.Get("Author"), info.Get("Keywords")} {
		s, ok := o.(pdf.String)
		if !ok {
			return "", fmt.Errorf("%v is no string", o)
		}
		out += s.Text() + "|"
	}
	for _, o := range []pdf.Object{page.Dict.Get("Contents"), cat.Get("Metadata")} {
		o, err := f.Resolve(o)
		if err != nil {
			return "", err
		}
		st, ok := o.(*pdf.Stream)
		if !ok {
			return "", fmt.Errorf("%v is no stream", o)
		}
		data, err := f.Decode(st, 1<<20)
		if err != nil {
			return "", err
		}
		out += strings.TrimSpace(string(data)) + "|"
	}
	return out, nil
}

const said = "/Helv 0 Tf|Shanghai|nested|Seal of the buyer|A contract|大||1 0 0 rg 9 9 90 90 re f|<x>meta</x>|"

// TestEncryptRead: every form of the standard handler opens with the user's and the
// owner's password, and with no other.
func TestEncryptRead(t *testing.T) {
	for name, b := range encrypted(t) {
		open := strings.HasSuffix(name, "-open")
		for password, want := range map[string]error{"user": nil, "owner": nil, "": pdf.ErrPassword, "User": pdf.ErrPassword} {
			if open {
				want = nil // a file without a user password opens for everyone
			}
			f, err := unlock(b, password)
			if !errors.Is(err, want) || f == nil || !f.Encrypted() {
				t.Errorf("%s, %q: %v, want %v", name, password, err, want)
				continue
			}
			if err != nil {
				if _, _, err := f.Catalog(); !errors.Is(err, pdf.ErrPassword) {
					t.Errorf("%s: the catalog of a locked file: %v", name, err)
				}
				u := f.NewUpdate(nil)
				u.Add(pdf.String{Bytes: []byte("x")})
				if _, err := u.Layout(); !errors.Is(err, pdf.ErrPassword) {
					t.Errorf("%s: an update of a locked file: %v", name, err)
				}
				continue
			}
			if got, err := says(f); got != said || err != nil {
				t.Errorf("%s, %q: %q, %v", name, password, got, err)
			}
			if err := pdf.Rewrite(&bytes.Buffer{}, f); !errors.Is(err, pdf.ErrEncrypted) {
				t.Errorf("%s: rewritten: %v", name, err)
			}
		}
	}
}

// update changes a sample as signing does: a string, a dictionary that keeps the
// rest of its entries, a stream, and a signature dictionary.
func update(f *pdf.File) ([]byte, error) {
	u := f.NewUpdate(nil)
	form, err := f.Form()
	if err != nil {
		return nil, err
	}
	fd, ok := form.Find("Buyer")
	if !ok {
		return nil, errors.New("no field")
	}
	st := u.Add(&pdf.Stream{Dict: pdf.NewDict(pdf.Name("Type"), pdf.Name("Test")), Data: []byte("new stream")})
	clear := u.Add(&pdf.Stream{Dict: pdf.NewDict(pdf.Name("Filter"), pdf.Name("Crypt")), Data: []byte("clear stream")})
	v := u.Add(pdf.NewDict(pdf.Name("Type"), pdf.Name("Sig"), pdf.Name("M"), pdf.String{Bytes: []byte("new string")},
		pdf.Name("Deep"), pdf.Array{pdf.NewDict(pdf.Name("S"), pdf.String{Bytes: []byte("deep"), Hex: true})},
		pdf.Name("Contents"), pdf.Reserved{Key: "c", Text: []byte("<00AB00>")}, pdf.Name("St"), st, pdf.Name("Clear"), clear))
	u.Set(fd.Ref, fd.Dict.With("V", v))
	u.Set(form.Ref, form.Dict.With("SigFlags", pdf.Integer(3)))
	l, err := u.Layout()
	return l.Bytes, err
}

// updated checks what update wrote.
func updated(f *pdf.File) error {
	form, err := f.Form()
	if err != nil {
		return err
	}
	fd, _ := form.Find("Buyer")
	v, err := f.Dict(fd.Dict.Get("V"))
	if err != nil || v == nil {
		return fmt.Errorf("no value: %w", err)
	}
	m, _ := v.Get("M").(pdf.String)
	c, _ := v.Get("Contents").(pdf.String)
	deep, _ := v.Get("Deep").(pdf.Array)
	inner, _ := deep[0].(*pdf.Dict)
	s, _ := inner.Get("S").(pdf.String)
	if string(m.Bytes) != "new string" || !bytes.Equal(c.Bytes, []byte{0, 0xab, 0}) || string(s.Bytes) != "deep" {
		return fmt.Errorf("%q, %x, %q", m.Bytes, c.Bytes, s.Bytes)
	}
	for key, want := range map[pdf.Name]string{"St": "new stream", "Clear": "clear stream"} {
		o, err := f.Resolve(v.Get(key))
		if err != nil {
			return err
		}
		st, _ := o.(*pdf.Stream)
		data, err := f.Decode(st, 1000)
		if err != nil || string(data) != want {
			return fmt.Errorf("%s: %q, %w", key, data, err)
		}
	}
	return nil
}

// TestEncryptWrite: what an update adds is encrypted, except /Contents of the
// signature. It reads back, the earlier content reads as before, and the trailer keeps
// what the key depends on. Equal inputs give equal files.
func TestEncryptWrite(t *testing.T) {
	for name, b := range encrypted(t) {
		f, err := unlock(b, "owner")
		if err != nil {
			t.Fatal(err)
		}
		add, err := update(f)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := update(f); err != nil || !bytes.Equal(add, again) {
			t.Errorf("%s: another update, %v", name, err)
		}
		if bytes.Contains(add, []byte("new st")) || bytes.Contains(add, []byte("Seal of")) || bytes.Contains(add, []byte("Helv")) ||
			!bytes.Contains(add, []byte("<00AB00>")) || !bytes.Contains(add, []byte("clear stream")) {
			t.Errorf("%s: in the update:\n%q", name, add)
		}
		g, err := unlock(append(bytes.Clone(b), add...), "user")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := says(g); got != said || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err := updated(g); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ok, err := pdf.Equal(f, f.Trailer().Get("Encrypt"), g, g.Trailer().Get("Encrypt")); !ok || err != nil {
			t.Errorf("%s: /Encrypt %v, %v", name, g.Trailer().Get("Encrypt"), err)
		}
		was, _ := f.Trailer().Get("ID").(pdf.Array)
		now, _ := g.Trailer().Get("ID").(pdf.Array)
		if ok, err := pdf.Equal(f, was[0], g, now[0]); !ok || err != nil {
			t.Errorf("%s: /ID %v, %v", name, now, err)
		}
	}
}

// direct puts the encryption dictionary of a sample into the trailer of a new file,
// after a change.
func direct(t *testing.T, sample string, change func(string) string, objs ...string) []byte {
	t.Helper()
	d := regexp.MustCompile(`<<[^<>]*(<< /StdCF <<[^<>]*>> >>)?[^<>]*/Filter /Standard.*?>>\nendobj`).Find(encrypted(t)[sample])
	if d == nil {
		t.Fatalf("no encryption dictionary in %s", sample)
	}
	text := change(strings.TrimSuffix(string(d), "\nendobj"))
	id := "<31c1b5c9f0cd1b4a1a1dc2aa90d9cd6c>"
	if m := regexp.MustCompile(`/ID \[(<[0-9a-f]+>)`).FindSubmatch(encrypted(t)[sample]); m != nil {
		id = string(m[1])
	}
	b := file(append([]string{catalog, tree, leaf}, objs...)...)
	return bytes.Replace(b, []byte("trailer\n<<"), []byte("trailer\n<</ID["+id+id+"]/Encrypt "+text), 1)
}

// TestEncryptPadded: /O and /U followed by zeros are read like those without.
func TestEncryptPadded(t *testing.T) {
	pad := func(s string) string {
		return regexp.MustCompile(`/([OU]) <([0-9a-f]+)>`).ReplaceAllString(s, "/$1 <${2}0000>")
	}
	for _, sample := range []string{"rc4-40", "rc4-128", "aes-128", "aes-256"} {
		if _, err := unlock(direct(t, sample, pad), "user"); err != nil {
			t.Errorf("%s: %v", sample, err)
		}
	}
}

// TestEncryptBroken: a wrong dictionary is a typed error and never a wrong key; an
// unknown handler is ErrEncrypted.
func TestEncryptBroken(t *testing.T) {
	for _, c := range []struct {
		name, sample, old, new string
		want                   error // nil means *MalformedError
	}{
		{"unknown handler", "aes-128", "/Filter /Standard", "/Filter /Adobe.PubSec", pdf.ErrEncrypted},
		{"unknown version", "rc4-128", "/V 2", "/V 3", pdf.ErrEncrypted},
		{"unknown revision", "aes-256", "/R 6", "/R 7", pdf.ErrEncrypted},
		{"key of 8 bits", "rc4-128", "/Length 128", "/Length 8", nil},
		{"key of billions", "rc4-128", "/Length 128", "/Length 99999999999", nil},
		{"unknown method", "aes-256", "/AESV3", "/AESV9", nil},
		{"method of another version", "aes-128", "/AESV2", "/AESV3", nil},
		{"no such filter", "aes-128", "/StmF /StdCF", "/StmF /Absent", nil},
		{"no permissions", "aes-256", "/P -4", "/P []", nil},
		{"no /O", "aes-256", "/O <", "/X <", nil},
		{"short /U", "aes-256", "/U <", "/U <00> /X <", nil},
		{"other permissions", "rc4-128", "/P -4", "/P -8", pdf.ErrPassword},
	} {
		b := direct(t, c.sample, func(s string) string {
			if !strings.Contains(s, c.old) {
				t.Fatalf("%s: no %q in %s", c.name, c.old, s)
			}
			return strings.Replace(s, c.old, c.new, 1)
		})
		_, err := unlock(b, "user")
		var bad *pdf.MalformedError
		if c.want == nil && !errors.As(err, &bad) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestEncryptAES: a text that is not a whole number of blocks, or has wrong padding, is
// a typed error; an empty one is empty.
func TestEncryptAES(t *testing.T) {
	block := strings.Repeat("00", 16)
	b := direct(t, "aes-256", func(s string) string { return s }, "<"+block[2:]+">", "<"+block+"00>", "<"+block+block+">", "()", "<"+block+">",
		"<</Length 5>>\nstream\nabcde\nendstream")
	f, err := unlock(b, "user")
	if err != nil {
		t.Fatal(err)
	}
	for num := uint32(4); num <= 9; num++ {
		o, err := f.Object(pdf.Ref{Num: num})
		if st, ok := o.(*pdf.Stream); ok {
			_, err = f.Encoded(st)
		}
		var bad *pdf.MalformedError
		if empty := num == 7 || num == 8; empty != (err == nil) || !empty && (!errors.As(err, &bad) || bad.Code != pdf.CodeEncrypt) {
			t.Errorf("object %d: %v, %v", num, o, err)
		}
	}
}

// FuzzEncrypt: with any content, opening an encrypted file gives a typed error, or a
// file whose update reads back.
func FuzzEncrypt(f *testing.F) {
	for _, b := range encrypted(f) {
		f.Add(b, "user")
		f.Add(b, "owner")
	}
	f.Fuzz(func(t *testing.T, b []byte, password string) {
		g, err := unlock(b, password)
		if err != nil {
			typed(t, err)
			return
		}
		if !g.Encrypted() {
			return
		}
		was, err := says(g)
		if err != nil {
			return
		}
		add, err := update(g)
		if err != nil {
			typed(t, err)
			return
		}
		h, err := unlock(append(bytes.Clone(b), add...), password)
		if err != nil {
			t.Fatalf("the update cannot be read: %v", err)
		}
		if err := updated(h); err != nil {
			t.Fatal(err)
		}
		if now, err := says(h); err != nil || now != was {
			t.Fatalf("%q, now %q, %v", was, now, err)
		}
	})
}

// typed fails for an error that does not concern the file.
func typed(t *testing.T, err error) {
	t.Helper()
	var bad *pdf.MalformedError
	var big *pdf.LimitError
	if err != nil && !errors.As(err, &bad) && !errors.As(err, &big) && !errors.Is(err, pdf.ErrPassword) && !errors.Is(err, pdf.ErrEncrypted) {
		t.Fatalf("untyped: %v", err)
	}
}

// TestEncryptWithin (ISO 32000-2, 7.6.6): if only files within a file are encrypted, the rest
// is read and continued without their password.
func TestEncryptWithin(t *testing.T) {
	zeros := strings.Repeat("00", 48)
	b := classic([]string{"<</Type/Catalog/Pages 2 0 R/Says(plain)>>", "<</Type/Pages/Kids[]/Count 0>>",
		"<</Length 5>>\nstream\nplain\nendstream", "<</Type/EmbeddedFile/Length 32>>\nstream\n" + strings.Repeat("x", 32) + "\nendstream",
		"<</Filter/Standard/V 5/R 6/P -4/Length 256/O<" + zeros + ">/U<" + zeros + ">/OE<" + zeros[:64] + ">/UE<" + zeros[:64] + ">/Perms<" + zeros[:32] +
			">/StmF/Identity/StrF/Identity/EFF/StdCF/CF<</StdCF<</CFM/AESV3/AuthEvent/EFOpen/Length 32>>>>>>"}, "/Encrypt 5 0 R")
	f, err := unlock(b, "")
	if err != nil || f.Locked() != nil {
		t.Fatal(err, f.Locked())
	}
	cat, _, err := f.Catalog()
	if s, _ := cat.Get("Says").(pdf.String); err != nil || s.Text() != "plain" {
		t.Errorf("%v, %v", cat, err)
	}
	for num, want := range map[uint32]error{3: nil, 4: pdf.ErrPassword} {
		o, err := f.Object(pdf.Ref{Num: num})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Decode(o.(*pdf.Stream), 1<<10); !errors.Is(err, want) {
			t.Errorf("stream %d: %v, want %v", num, err, want)
		}
	}
	u := f.NewUpdate(nil)
	u.Add(pdf.String{Bytes: []byte("more")})
	if l, err := u.Layout(); err != nil || !bytes.Contains(l.Bytes, []byte("(more)")) {
		t.Errorf("%q, %v", l.Bytes, err)
	}
	u.Add(&pdf.Stream{Dict: pdf.NewDict(pdf.Name("Type"), pdf.Name("EmbeddedFile")), Data: []byte("x")})
	if _, err := u.Layout(); !errors.Is(err, pdf.ErrPassword) {
		t.Errorf("a further file within: %v", err)
	}
}

// classic makes a file of objects with a cross-reference table.
func classic(objs []string, trailer string) []byte {
	b := []byte("%PDF-1.7\n")
	rows := "0000000000 65535 f \n"
	for i, o := range objs {
		rows += fmt.Sprintf("%010d 00000 n \n", len(b))
		b = fmt.Appendf(b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := len(b)
	return fmt.Appendf(b, "xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objs)+1, rows, len(objs)+1, trailer, at)
}
