package registry_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// stroke returns a dark stroke on a transparent ground, w by h pixels.
func stroke(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		for y := range h {
			if d := y - h/4 - x*h/(2*w); d*d < h*h/64 {
				m.SetNRGBA(x, y, color.NRGBA{uint8(x), 20, uint8(y), uint8(255 - d*d%200)})
			}
		}
	}
	return m
}

func decodePNG(t testing.TB, data []byte) *image.NRGBA {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	orgtest.Must(t, err)
	out := image.NewNRGBA(m.Bounds())
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, m.At(x, y))
		}
	}
	return out
}

// M40: a picture becomes a signature pixel for pixel, in the size that was asked for,
// and nothing else of its file is stored.
func TestM40Picture(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		me := w.Person(t, 7)
		m := stroke(300, 100)
		file := pictures.PNG(t, m)
		secret := []byte("GPS 31.23N 121.47E")
		var tagged []byte
		tagged = append(append(tagged, file[:33]...), pictures.Chunk("tEXt", append([]byte("Comment\x00"), secret...))...)
		tagged = append(append(tagged, pictures.Chunk("eXIf", append([]byte("MM\x00*\x00\x00\x00\x08\x00\x00"), secret...))...), file[33:]...)
		made, err := w.CreateFromPicture(t.Context(), me, "签名", tagged, 45)
		orgtest.Must(t, err)
		list, _, err := w.List(t.Context(), me, false, "")
		if err != nil || len(list) != 1 || list[0] != made || !made.Personal || made.Origin != registry.OriginPicture || made.Style != seal.StyleSignature {
			t.Errorf("我的签名 are %+v, %v", list, err)
		}
		i, err := w.Impression(t.Context(), me, made.ID)
		orgtest.Must(t, err)
		if i.Artwork != nil || i.Width != 45 || i.Height != 15 {
			t.Errorf("impression is %v by %v mm, artwork %v", i.Width, i.Height, i.Artwork)
		}
		if bytes.Contains(i.Picture, secret) || bytes.Contains(i.Picture, []byte("tEXt")) || bytes.Contains(i.Picture, []byte("eXIf")) {
			t.Error("what the file said beside its pixels is kept")
		}
		got := decodePNG(t, i.Picture)
		for k := 0; k < len(m.Pix); k += 4 {
			if m.Pix[k+3] != got.Pix[k+3] || m.Pix[k+3] > 0 && !bytes.Equal(m.Pix[k:k+4], got.Pix[k:k+4]) {
				t.Fatalf("pixel %d is %v, was %v", k/4, got.Pix[k:k+4], m.Pix[k:k+4])
			}
		}
		var shown bytes.Buffer
		orgtest.Must(t, w.Picture(t.Context(), me, made.ID, &shown))
		if !bytes.Equal(shown.Bytes(), i.Picture) {
			t.Error("what is shown is not what stamps")
		}
		w.may(t, me, made.ID, nil)
		w.Pass(time.Hour) // a sweep leaves it
		if gone, err := store.Sweep(t.Context(), w.blobs, w.Keeps, w.Now()); err != nil || gone != 0 {
			t.Errorf("%d went, %v", gone, err)
		}
		_, err = w.Impression(t.Context(), me, made.ID)
		orgtest.Must(t, err)
	})
}

// M40: a JPEG that lies on its side is stored upright and without its EXIF; a large
// picture is averaged down.
func TestM40PictureUprightAndLarge(t *testing.T) {
	w := newWorld(t, memory.New())
	me := w.Person(t, 7)
	file := pictures.WithOrientation(pictures.JPEG(t, pictures.Painted(300, 200)), 6)
	made, err := w.CreateFromPicture(t.Context(), me, "签名", file, 60)
	orgtest.Must(t, err)
	i, err := w.Impression(t.Context(), me, made.ID)
	orgtest.Must(t, err)
	got := decodePNG(t, i.Picture)
	if got.Rect.Dx() != 200 || got.Rect.Dy() != 300 || i.Width != 40 || i.Height != 60 || bytes.Contains(i.Picture, []byte("Exif")) {
		t.Errorf("upright it is %v, %v by %v mm", got.Rect, i.Width, i.Height)
	}
	// The notch to the right of the ring is below it after turning.
	if c := got.NRGBAAt(95, 230); c.R < 230 {
		t.Errorf("the notch is %v", c)
	}
	made, err = w.CreateFromPicture(t.Context(), me, "大", pictures.PNG(t, pictures.Painted(2400, 1600)), 60)
	orgtest.Must(t, err)
	i, err = w.Impression(t.Context(), me, made.ID)
	orgtest.Must(t, err)
	if got := decodePNG(t, i.Picture).Rect; got.Dx() != 1200 || got.Dy() != 800 || i.Width != 60 || i.Height != 40 {
		t.Errorf("a large one is %v, %v by %v mm", got, i.Width, i.Height)
	}
	// The largest stored picture fits on a page, whatever it shows.
	noise := image.NewNRGBA(image.Rect(0, 0, 1600, 1600))
	random := rand.New(rand.NewPCG(1, 2))
	for k := range noise.Pix {
		noise.Pix[k] = uint8(random.Uint32())
	}
	made, err = w.CreateFromPicture(t.Context(), me, "噪", pictures.JPEG(t, noise), 60)
	orgtest.Must(t, err)
	i, err = w.Impression(t.Context(), me, made.ID)
	orgtest.Must(t, err)
	if len(i.Picture) < 4_000_000 || len(i.Picture) > 10<<20 {
		t.Errorf("noise takes %d bytes", len(i.Picture))
	}
}

func TestM40Refused(t *testing.T) {
	w := newWorld(t, memory.New())
	me, boss := w.Person(t, 7), w.firm(t, 0)
	good := pictures.PNG(t, stroke(300, 100))
	create := func(a org.Actor, name string, data []byte, size float64) error {
		_, err := w.CreateFromPicture(t.Context(), a, name, data, size)
		return err
	}
	for fault, data := range map[photo.Fault][]byte{
		photo.FaultBytes:   make([]byte, photo.MaxBytes+1),
		photo.FaultFormat:  []byte("GIF89a" + string(good)),
		photo.FaultDamaged: good[:len(good)-30],
		photo.FaultLarge:   pictures.Header(8001, 5000, 8, 6, 0),
		photo.FaultSmall:   pictures.PNG(t, stroke(300, 19)),
		photo.FaultCMYK:    pictures.CMYKHeader(),
		photo.FaultDark:    pictures.PNG(t, filled(300, 100, 200)), // T28: it would hide a text
	} {
		var pe *photo.Error
		if err := create(me, "签名", data, 45); !errors.As(err, &pe) || pe.Fault != fault || pe.Zh() == "" {
			t.Errorf("%v: %v", fault, err)
		}
	}
	if err := create(me, "签名", pictures.PNG(t, stroke(300, 19)), 45); org.Zh(err) != "印章图片过小，短边不少于 20 像素" {
		t.Errorf("the sentence is %s", org.Zh(err))
	}
	for _, size := range []float64{0, 4.9, 100.1, math.NaN(), math.Inf(1)} {
		var se *seal.SizeError
		if err := create(me, "签名", good, size); !errors.As(err, &se) {
			t.Errorf("%v mm: %v", size, err)
		}
	}
	var se *seal.SizeError
	if err := create(me, "签名", pictures.PNG(t, stroke(2100, 20)), 100); !errors.As(err, &se) { // a hair of 0.95 mm
		t.Errorf("a hair: %v", err)
	}
	orgtest.Want(t, create(me, "", good, 45), registry.ErrSealName)
	orgtest.Want(t, create(boss, "签名", good, 45), registry.ErrOwnerStyle)
	orgtest.Must(t, create(me, "签名", good, 45))
	orgtest.Must(t, create(me, "半", pictures.PNG(t, filled(300, 100, 150)), 45))
	orgtest.Want(t, create(me, "签名", good, 45), registry.ErrNameTaken)
	s, err := registry.New(registry.Config{DB: w.DB, Org: w.Org})
	orgtest.Must(t, err)
	_, err = s.CreateFromPicture(t.Context(), me, "二", good, 45)
	orgtest.Want(t, err, registry.ErrNoBlobs)
}

// filled returns a white picture, black from the left to a column.
func filled(w, h, to int) image.Image {
	im := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(im, im.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(im, image.Rect(0, 0, to, h), image.Black, image.Point{}, draw.Src)
	return im
}

func cleaned(t testing.TB) *photo.Photo {
	t.Helper()
	p, err := photo.Clean(pictures.PNG(t, pictures.Painted(300, 280)), photo.Options{Size: 42})
	orgtest.Must(t, err)
	return p
}

// M43, M44: a company stores the seal that was cut out of its picture, as it was shown
// and in its size. It is lent, stamps and is discarded like any other.
func TestM44Photo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.firm(t, 0)
		m, p := w.Member(t, boss, 1), cleaned(t)
		made, err := w.CreateFromPhoto(t.Context(), boss, "公章", p)
		orgtest.Must(t, err)
		if made.Origin != registry.OriginPhoto || made.Personal || made.Name != "公章" {
			t.Errorf("made %+v", made)
		}
		i, err := w.Impression(t.Context(), m, made.ID)
		orgtest.Must(t, err)
		// What stamps is what was shown, without its margins: ink to ink 42 mm.
		shown, got := p.Preview(), decodePNG(t, i.Picture)
		margin := (shown.Rect.Dx() - got.Rect.Dx()) / 2
		if i.Artwork != nil || math.Abs(max(i.Width, i.Height)-42) > 0.001 || margin < 1 || margin > 5 {
			t.Errorf("%v by %v mm, margin %d", i.Width, i.Height, margin)
		}
		for y := range got.Rect.Dy() {
			for x := range got.Rect.Dx() {
				a, b := got.NRGBAAt(x, y), shown.NRGBAAt(x+margin, y+(shown.Rect.Dy()-got.Rect.Dy())/2)
				if a.A != b.A || a.A > 0 && a != b {
					t.Fatalf("at %d, %d: %v, shown %v", x, y, a, b)
				}
			}
		}
		w.may(t, m, made.ID, registry.ErrNotGranted)
		orgtest.Must(t, w.Grant(t.Context(), boss, made.ID, m.Person, registry.Period{}))
		w.may(t, m, made.ID, nil)
		w.Pass(time.Hour)
		if gone, err := store.Sweep(t.Context(), w.blobs, w.Keeps, w.Now()); err != nil || gone != 0 {
			t.Errorf("%d went, %v", gone, err)
		}
		orgtest.Must(t, w.Discard(t.Context(), boss, made.ID))
		w.may(t, m, made.ID, registry.ErrDiscarded)
		_, err = w.Impression(t.Context(), boss, made.ID) // can still be viewed
		orgtest.Must(t, err)
	})
}

func TestM44PhotoRefused(t *testing.T) {
	w := newWorld(t, memory.New())
	me, boss, p := w.Person(t, 7), w.firm(t, 0), cleaned(t)
	m := w.Member(t, boss, 1)
	create := func(a org.Actor, name string, p *photo.Photo) error {
		_, err := w.CreateFromPhoto(t.Context(), a, name, p)
		return err
	}
	orgtest.Want(t, create(me, "公章", p), registry.ErrOwnerStyle)
	orgtest.WantDenied(t, create(m, "公章", p), org.DenyRole)
	orgtest.Want(t, create(boss, " ", p), registry.ErrSealName)
	var pe *photo.Error
	if err := create(boss, "公章", nil); !errors.As(err, &pe) || pe.Fault != photo.FaultNoInk {
		t.Errorf("nothing: %v", err)
	}
	w.official(t, boss, "公章")
	orgtest.Want(t, create(boss, "公章", p), registry.ErrNameTaken)
	s, err := registry.New(registry.Config{DB: w.DB, Org: w.Org})
	orgtest.Must(t, err)
	_, err = s.CreateFromPhoto(t.Context(), boss, "二", p)
	orgtest.Want(t, err, registry.ErrNoBlobs)
}
