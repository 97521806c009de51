package photo_test

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/seal/photo"
)

var photoFlag = flag.String("photo", "", "a picture for TestPhotoPeak")

// TestPhotoPeak is run by TestCleanMemory in its own process.
func TestPhotoPeak(t *testing.T) {
	if *photoFlag == "" {
		t.Skip("no -photo")
	}
	data, err := os.ReadFile(*photoFlag)
	if err != nil {
		t.Fatal(err)
	}
	p, err := photo.Clean(data, photo.Options{Size: 42})
	if err != nil {
		fmt.Println(err)
	} else {
		fmt.Println(p.Box())
	}
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "VmHWM:") {
			fmt.Println(lines.Text())
		}
	}
}

// widePNG returns a picture of 40 million pixels of 8 bytes, with a red ring.
func widePNG(t testing.TB) []byte {
	t.Helper()
	const w, h = 8000, 5000
	head := pictures.Header(w, h, 16, 6, 0)
	b := bytes.NewBuffer(head[:33])
	var body bytes.Buffer
	z, err := zlib.NewWriterLevel(&body, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 1+8*w)
	for y := range h {
		row[0] = 0
		for i := range row[1:] {
			row[1+i] = 0xff
		}
		for x := range w {
			dx, dy := x-4000, y-2500
			if d := dx*dx + dy*dy; d < 1900*1900 && d > 1800*1800 {
				copy(row[1+8*x:], "\xc8\x00\x1e\x00\x1e\x00")
			}
		}
		if _, err := z.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	b.Write(pictures.Chunk("IDAT", body.Bytes()))
	b.Write(pictures.Chunk("IEND", nil))
	return b.Bytes()
}

// wideJPEG returns one of as many pixels with half the colour resolution, with a red
// ring.
func wideJPEG(t testing.TB) []byte {
	t.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, 8000, 5000), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = 240
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = 128, 128
		dx, dy := i%m.CStride-2000, i/m.CStride-1250
		if d := dx*dx + dy*dy; d < 950*950 && d > 900*900 {
			m.Cb[i], m.Cr[i] = 100, 220
			for k := range 4 {
				m.Y[(i/m.CStride*2+k/2)*m.YStride+i%m.CStride*2+k%2] = 90
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The largest pictures are cleaned within 256 MiB for the whole process.
func TestCleanMemory(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("decodes 40 million pixels; reads /proc")
	}
	for name, data := range map[string][]byte{"16-bit RGBA PNG": widePNG(t), "JPEG": wideJPEG(t)} {
		if len(data) > photo.MaxBytes {
			t.Fatalf("%s: %d bytes", name, len(data))
		}
		path := filepath.Join(t.TempDir(), "photo")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestPhotoPeak$", "-photo", path).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		kib := 0
		if _, line, ok := strings.Cut(string(out), "VmHWM:"); ok {
			if _, err := fmt.Sscan(line, &kib); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: %d bytes, peak %d MiB", name, len(data), kib>>10)
		if kib == 0 || kib > 256<<10 || !bytes.HasPrefix(out, []byte("(")) {
			t.Errorf("%s: %d KiB, %s", name, kib, out)
		}
	}
}
