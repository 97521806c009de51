package pageview_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dajiaqian/dajiaqian/signer/pageview"
)

const a4 = "/MediaBox[0 0 595 842]"

// TestRender draws a black square and finds it in its place, and a field's appearance
// too.
func TestRender(t *testing.T) {
	v := viewer(t)
	d := open(t, v, file([]page{{a4 + "/Annots[5 0 R]", "0 g 72 72 144 144 re f"}},
		"<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/F 4/Rect[300 300 372 372]/P 3 0 R/AP<</N 6 0 R>>>>",
		"<</Type/XObject/Subtype/Form/BBox[0 0 72 72]/Length 30>>\nstream\n1 0 0 rg 0 0 72 72 re f        \nendstream"))
	im, err := d.Page(t.Context(), 1, 72)
	if err != nil {
		t.Fatal(err)
	}
	if im.Rect != image.Rect(0, 0, 595, 842) {
		t.Errorf("a picture of %v", im.Rect)
	}
	for _, c := range []struct {
		x, y    int
		r, g, b uint8
	}{{144, 842 - 144, 0, 0, 0}, {60, 842 - 144, 255, 255, 255}, {336, 842 - 336, 255, 0, 0}, {0, 0, 255, 255, 255}} {
		if p := im.RGBAAt(c.x, c.y); p.R != c.r || p.G != c.g || p.B != c.b || p.A != 255 {
			t.Errorf("pixel %d, %d is %v, want %v", c.x, c.y, p, c)
		}
	}
	w, h, err := d.Size(t.Context(), 1)
	if err != nil || math.Abs(w-209.9) > 0.1 || math.Abs(h-297.0) > 0.1 {
		t.Errorf("a page of %v × %v mm, %v", w, h, err)
	}
	var b bytes.Buffer
	if err := d.PNG(t.Context(), &b, 1, 20); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("\x89PNG")) {
		t.Error(err)
	}
}

// hostile returns pages each of which would take minutes to hours.
func hostile() map[string][]byte {
	bomb := strings.Repeat("/X Do ", 60) // forms that draw the next, 60⁵ times
	var forms []string
	for i := range 6 {
		body, res := bomb, "<</XObject<</X "+string(rune('6'+i))+" 0 R>>>>"
		if i == 5 {
			body, res = "0 0 500 500 re f", "<<>>"
		}
		if i == 4 {
			res = "<</XObject<</X 10 0 R>>>>"
		}
		forms = append(forms, "<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Group<</S/Transparency>>/Resources "+res+
			"/Length "+itoa(len(body))+">>\nstream\n"+body+"\nendstream")
	}
	return map[string][]byte{
		"forms": file([]page{{a4 + "/Resources<</XObject<</X 5 0 R>>>>", bomb}}, forms...),
		"tiles": file([]page{{a4 + "/Resources<</Pattern<</P 5 0 R>>>>", "/Pattern cs /P scn 0 0 595 842 re f"}},
			"<</Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 600 600]/XStep .001/YStep .001/Resources<<>>/Length 16>>\nstream\n0 0 600 600 re f\nendstream"),
	}
}

// TestStopped draws pages without end: the call ends on time, and the document and the
// viewer can still be used.
func TestStopped(t *testing.T) {
	v := viewer(t)
	for name, b := range hostile() {
		d := open(t, v, b)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		start := time.Now()
		_, err := d.Page(ctx, 1, 300)
		took := time.Since(start)
		cancel()
		if took > 3*time.Second {
			t.Errorf("%s: stopped after %v", name, took)
		}
		if !errors.Is(err, pageview.ErrStopped) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, _, err = d.Size(ctx, 1)
		cancel()
		if name == "tiles" && err != nil || err != nil && !errors.Is(err, pageview.ErrStopped) {
			t.Errorf("%s: the next call: %v", name, err)
		}
	}
	if _, err := open(t, v, file([]page{{a4, ""}})).Page(t.Context(), 1, 72); err != nil {
		t.Errorf("another document: %v", err)
	}
}

// TestRefused checks the errors for what cannot be done.
func TestRefused(t *testing.T) {
	v := viewer(t)
	good := file([]page{{a4, "BT /F1 12 Tf (x) Tj ET"}})
	for name, b := range map[string][]byte{"not a PDF": []byte("hello, this is no PDF"), "cut off": good[:200], "empty": nil,
		"no pages": file(nil)} {
		_, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), "")
		var input *pageview.InputError
		if !errors.As(err, &input) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := errors.New("the disk is on fire")
	if _, err := v.Open(t.Context(), failing{bad}, 1000, ""); !errors.Is(err, bad) {
		t.Errorf("a broken reader: %v", err)
	}
	d := open(t, v, good)
	var limit *pageview.LimitError
	if _, err := d.Page(t.Context(), 1, 1201); !errors.As(err, &limit) || limit.Resource != "dpi" {
		t.Error(err)
	}
	if _, err := d.Page(t.Context(), 1, 1200); !errors.As(err, &limit) || limit.Resource != "pixels" {
		t.Error(err)
	}
	for _, n := range []int{0, -1, 2} {
		if _, err := d.Page(t.Context(), n, 72); !errors.Is(err, pageview.ErrNoPage) {
			t.Errorf("page %d: %v", n, err)
		}
	}
	for _, k := range []string{"", " \u3000\t", strings.Repeat("字", 201)} {
		if _, err := d.Find(t.Context(), k); !errors.Is(err, pageview.ErrKeyword) {
			t.Errorf("keyword %q: %v", k, err)
		}
	}
	huge := open(t, v, file([]page{{"/MediaBox[0 0 1000000 1000000]", ""}}))
	if _, err := huge.Page(t.Context(), 1, 72); !errors.As(err, &limit) {
		t.Error(err)
	}
	d.Close()
	if _, err := d.Page(t.Context(), 1, 72); !errors.Is(err, pageview.ErrClosed) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// TestMemory asks for a picture that is too large for the sandbox's memory; the
// document can still be used.
func TestMemory(t *testing.T) {
	v, err := pageview.New(t.Context(), pageview.Config{CacheDir: cacheDir, Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	d := open(t, v, file([]page{{a4, ""}}))
	if _, err := d.Page(t.Context(), 1, 600); !errors.Is(err, pageview.ErrSandbox) {
		t.Error(err)
	}
	if _, err := d.Page(t.Context(), 1, 72); err != nil {
		t.Error(err)
	}
}

// TestConcurrent draws from several goroutines, on shared and on separate documents.
func TestConcurrent(t *testing.T) {
	v := viewer(t)
	b := file([]page{{a4, "BT /F1 12 Tf 100 100 Td (Word) Tj ET"}})
	one := open(t, v, b)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			d := one
			if i%2 == 0 {
				var err error
				if d, err = v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), ""); err != nil {
					t.Error(err)
					return
				}
				defer d.Close()
			}
			if m, err := d.Find(t.Context(), "Word"); err != nil || len(m) != 1 {
				t.Error(m, err)
			}
			if _, err := d.Page(t.Context(), 1, 36); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestCache starts twice with one CacheDir, checks the limits of pages and open
// documents, and finds text whose font is not embedded.
func TestCache(t *testing.T) {
	cfg := pageview.Config{CacheDir: t.TempDir(), MaxPages: 2, Documents: 1, Timeout: 2 * time.Second}
	var took [2]time.Duration
	for i := range took {
		start := time.Now()
		v, err := pageview.New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		took[i] = time.Since(start)
		b := file(make([]page, 3))
		var limit *pageview.LimitError
		if _, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), ""); !errors.As(err, &limit) || limit.Resource != "pages" {
			t.Error(err)
		}
		b = file([]page{{a4, "BT /F2 40 Tf 100 100 Td <75326587> Tj ET"}}) // 甲文
		d, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), "")
		if err != nil {
			t.Fatal(err)
		}
		m, err := d.Find(t.Context(), "甲文")
		if err != nil || len(m) != 1 || math.Abs(m[0].Box.W-25.9) > 0.5 || math.Abs(m[0].Box.H-13.1) > 0.5 { // the ink of the Song face, of 80 × 40 points
			t.Errorf("in a font that is not embedded: %v %v", m, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := v.Open(ctx, bytes.NewReader(b), int64(len(b)), ""); !errors.Is(err, pageview.ErrStopped) {
			t.Errorf("a second document while one is open: %v", err)
		}
		cancel()
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if _, err := d.Page(t.Context(), 1, 72); !errors.Is(err, pageview.ErrClosed) {
			t.Error(err)
		}
		if _, err := v.Open(t.Context(), bytes.NewReader(b), int64(len(b)), ""); !errors.Is(err, pageview.ErrClosed) {
			t.Error(err)
		}
	}
	t.Logf("start: %v, from the cache %v", took[0], took[1])
	if took[1] > took[0]/2 {
		t.Error("the cache saves nothing")
	}
	if _, err := pageview.New(t.Context(), pageview.Config{Memory: 1}); err == nil || !strings.Contains(err.Error(), "Memory") {
		t.Error(err)
	}
}
