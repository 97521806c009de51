package signer_test

import (
	"image"
	"image/color"
	"os"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// T28: a picture and its mask stand in a document once, however many signatures show them; a
// picture that differs by one pixel is another.
func TestT28PicturesOnce(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	picture := func(x int) signer.Appearance {
		im := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		im.Set(x, 3, color.NRGBA{R: 255, A: 128})
		p, err := signer.NewPicture(pngOf(t, im), 30, 30)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	encrypted, err := os.ReadFile("../internal/pdf/testdata/encrypted/aes-256-open.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string][]byte{"plain": samples.PDF(samples.Spec{}), "PDF/A": samples.PDF(samples.Spec{Archive: "2b"}), "encrypted": encrypted} {
		for i, look := range []signer.Appearance{picture(3), picture(3), picture(4), picture(3), picture(4)} {
			doc = sign(t, doc, signer.Request{Credential: cred, Level: signer.BB, Time: signingTime, Appearance: look,
				NewField: &signer.Field{Name: string(rune('A' + i)), Page: 1, Box: signer.Box{X: 10 + float64(i)*35, Y: 100, W: 30, H: 30}}})
		}
		f, _ := form(t, doc)
		pictures, masks := 0, 0
		for n := uint32(1); n < f.MaxObject(); n++ {
			_, o, err := f.Peek(n)
			st, ok := o.(*pdf.Stream)
			if err != nil || !ok || st.Dict.Get("Subtype") != pdf.Name("Image") {
				continue
			}
			if pictures++; st.Dict.Get("SMask") == nil {
				pictures--
				masks++
			}
		}
		if pictures != 2 || masks != 2 {
			t.Errorf("%s: %d pictures, %d masks", name, pictures, masks)
		}
		valid(t, ca, doc)
	}
}
