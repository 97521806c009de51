package seal_test

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

// renderer returns the path of an external program. Without it the test is skipped; the
// project's own CI has it, and fails instead.
func renderer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed: its half of the comparison is skipped", name)
	}
	return path
}

// samples has one spec of every style that is drawn.
var samples = []struct {
	file string
	spec seal.Spec
}{
	{"official", official},
	{"official-plain", seal.Spec{Style: seal.StyleOfficial, Name: "杭州西湖龙井茶叶有限公司", Width: 40}},
	{"official-mixed", seal.Spec{Style: seal.StyleOfficial, Name: "ABC科技（中国）有限公司·上海", RingCode: "4403012345678"}},
	{"official-long", seal.Spec{Style: seal.StyleOfficial, Name: "深圳市前海大家签电子认证服务股份有限公司技术研发中心南山分中心", Code: official.Code}},
	{"special", seal.Spec{Style: seal.StyleSpecial, Name: "深圳市大家签科技有限公司"}},
	{"department", seal.Spec{Style: seal.StyleDepartment, Name: "深圳市大家签科技有限公司", Text: "采购部"}},
	{"league", seal.Spec{Style: seal.StyleYouthLeague, Name: "中国共产主义青年团", Text: "深圳市大家签科技有限公司委员会", RingCode: "4403012345678"}},
	{"league-default", seal.Spec{Style: seal.StyleYouthLeague, Name: "深圳市大家签科技有限公司"}},
	{"union", seal.Spec{Style: seal.StyleUnion, Name: "深圳市大家签科技有限公司工会委员会"}},
	{"union-default", seal.Spec{Style: seal.StyleUnion, Name: "深圳市大家签科技有限公司", Code: official.Code}},
	{"foreign", seal.Spec{Style: seal.StyleForeign, Name: "大家签（中国）科技有限公司", Code: official.Code}},
	{"foreign-text", seal.Spec{Style: seal.StyleForeign, Name: "大家签（上海）国际贸易有限公司", Text: "财务专用章"}},
	{"invoice", seal.Spec{Style: seal.StyleInvoice, Name: "深圳市大家签科技有限公司", Code: official.Code, Serial: 1}},
	{"invoice-long", seal.Spec{Style: seal.StyleInvoice, Name: "深圳市前海大家签电子认证服务股份有限公司南山分公司", Code: "9144030071526726XG", RingCode: "4403012345678"}},
	{"finance", seal.Spec{Style: seal.StyleFinance, Name: "深圳市大家签科技有限公司"}},
	{"contract", seal.Spec{Style: seal.StyleContract, Name: "深圳市大家签科技有限公司", RingCode: "4403012345678"}},
	{"personnel", seal.Spec{Style: seal.StylePersonnel, Name: "深圳市大家签科技有限公司"}},
	{"representative", seal.Spec{Style: seal.StyleRepresentative, Name: "张堃", Text: "印"}},
	{"signature", seal.Spec{Style: seal.StyleSignature, Name: "张晓明"}},
}

// The tolerance: the differences of coverage add up to at most 1 % of the ink for SVG
// and 4 % for PDF. The PDF renderer samples each pixel only 4 by 4 times; with it one
// pixel in ten thousand may differ by over half. A PNG is centred in whole pixels, and
// the others start at a corner, so the sides here are whole pixels. The sides of the
// 个人签名章 follow from its letters, so it may shift by a quarter pixel.
func TestEncodingsAgreeAt300DPI(t *testing.T) {
	const dpi = 300
	outside := []struct {
		name      string
		tolerance float64 // of the ink
		wrong     int     // one pixel in so many
		draw      func(t *testing.T, art *seal.Artwork) []byte
	}{
		{"pdftoppm", 0.04, 10_000, func(t *testing.T, art *seal.Artwork) []byte {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.pdf"), art.PDF)
			run(t, renderer(t, "pdftoppm"), "-r", "300", "-png", "-singlefile", filepath.Join(dir, "a.pdf"), filepath.Join(dir, "a"))
			return read(t, filepath.Join(dir, "a.png"))
		}},
		{"rsvg-convert", 0.01, 1_000_000, func(t *testing.T, art *seal.Artwork) []byte {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "a.svg"), art.SVG)
			run(t, renderer(t, "rsvg-convert"), "-d", "300", "-p", "300", "-o", filepath.Join(dir, "b.png"), filepath.Join(dir, "a.svg"))
			return read(t, filepath.Join(dir, "b.png"))
		}},
	}
	for _, tool := range outside {
		for _, c := range samples {
			t.Run(tool.name+"/"+c.file, func(t *testing.T) {
				spec, tolerance := c.spec, tool.tolerance
				switch spec.Style {
				case seal.StyleSignature:
					tolerance = 0.06
				case seal.StyleRepresentative:
					spec.Width = 25.4 // 300 pixels
				case seal.StyleForeign, seal.StyleInvoice:
					// 450 by 300 and 450 by 340 pixels. The middle, with its fine
					// digits, has more edge per ink.
					spec.Width, spec.Height, tolerance = 38.1, 25.4, 1.5*tolerance
					if spec.Style == seal.StyleInvoice {
						spec.Height = 340 / 300.0 * 25.4
					}
				default:
					spec.Width = 38.1 // 450 pixels
				}
				art := draw(t, spec)
				ours := scanPNG(t, encode(t, art, dpi), dpi)
				theirs := scanPNG(t, tool.draw(t, art), dpi)
				if abs(ours.w-theirs.w) > 1 || abs(ours.h-theirs.h) > 1 {
					t.Fatalf("%d×%d pixels against %d×%d", ours.w, ours.h, theirs.w, theirs.h)
				}
				ink, diff, wrong := 0.0, 0.0, 0
				for y := range min(ours.h, theirs.h) {
					for x := range min(ours.w, theirs.w) {
						a, b := ours.ink[y*ours.w+x], theirs.ink[y*theirs.w+x]
						ink += a
						diff += math.Abs(a - b)
						if math.Abs(a-b) > 0.5 {
							wrong++
						}
					}
				}
				t.Logf("coverage differs by %.2f %% of the ink, %d pixels by over half", 100*diff/ink, wrong)
				if diff > tolerance*ink {
					t.Errorf("coverage differs by %.2f %% of the ink", 100*diff/ink)
				}
				if wrong > ours.w*ours.h/tool.wrong {
					t.Errorf("%d pixels differ by over half", wrong)
				}
			})
		}
	}
}

// The rim in the pictures of external programs has the size of the spec.
func TestOutsideRenderersMeasureTheRim(t *testing.T) {
	const dpi = 1200
	dir := t.TempDir()
	art := draw(t, official)
	t.Run("pdftoppm", func(t *testing.T) {
		tool := renderer(t, "pdftoppm")
		write(t, filepath.Join(dir, "a.pdf"), art.PDF)
		run(t, tool, "-r", "1200", "-png", "-singlefile", filepath.Join(dir, "a.pdf"), filepath.Join(dir, "a"))
		checkRim(t, scanPNG(t, read(t, filepath.Join(dir, "a.png")), dpi))
	})
	t.Run("rsvg-convert", func(t *testing.T) {
		tool := renderer(t, "rsvg-convert")
		write(t, filepath.Join(dir, "a.svg"), art.SVG)
		run(t, tool, "-d", "1200", "-p", "1200", "-o", filepath.Join(dir, "b.png"), filepath.Join(dir, "a.svg"))
		checkRim(t, scanPNG(t, read(t, filepath.Join(dir, "b.png")), dpi))
	})
}

func checkRim(t *testing.T, s scan) {
	t.Helper()
	diameter, left, right := s.rim()
	near(t, "diameter", diameter, 42, 0.05)
	near(t, "left border", left, 1.2, 0.05)
	near(t, "right border", right, 1.2, 0.05)
}

func TestPNGStatesItsResolution(t *testing.T) {
	data := encode(t, draw(t, official), 600)
	i := bytes.Index(data, []byte("pHYs"))
	if i < 0 {
		t.Fatal("no pHYs chunk")
	}
	perMetre := binary.BigEndian.Uint32(data[i+4:])
	if got := math.Round(float64(perMetre) * 0.0254); got != 600 || data[i+12] != 1 {
		t.Errorf("pHYs says %v dpi, unit %d", got, data[i+12])
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width != 992 || config.Height != 992 {
		t.Errorf("%d×%d, %v; want 992×992", config.Width, config.Height, err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, a := img.At(0, 0).RGBA(); a != 0 {
		t.Errorf("the corner has opacity %d", a)
	}
}

func TestPNGRefusesResolutions(t *testing.T) {
	art := draw(t, official)
	for _, dpi := range []int{-1, 0, seal.MinDPI - 1, seal.MaxDPI + 1, 100_000} {
		var e *seal.DPIError
		if err := art.PNG(io.Discard, dpi); !errors.As(err, &e) || e.DPI != dpi || e.Zh() == "" {
			t.Errorf("%d dpi: %v", dpi, err)
		}
	}
	for _, dpi := range []int{seal.MinDPI, seal.MaxDPI} {
		if err := art.PNG(io.Discard, dpi); err != nil {
			t.Errorf("%d dpi: %v", dpi, err)
		}
	}
}

func TestVectorIsSmallAndNeedsNothing(t *testing.T) {
	content, w, h := draw(t, official).Vector()
	if len(content) > 40<<10 || w != 42 || h != 42 {
		t.Errorf("%d bytes for %v×%v mm; want at most 40 KB for 42×42", len(content), w, h)
	}
	depth := 0
	for _, word := range strings.Fields(string(content)) {
		switch word {
		case "q":
			depth++
		case "Q":
			depth--
		case "cm", "m", "l", "c", "f", "rg":
		default:
			if strings.Trim(word, "-.0123456789") != "" {
				t.Fatalf("operator %q", word)
			}
		}
		if depth < 0 {
			t.Fatal("Q without q")
		}
	}
	if depth != 0 {
		t.Errorf("%d q without Q", depth)
	}
}

func TestSVGIsXMLOfTrueSize(t *testing.T) {
	var b bytes.Buffer
	if err := draw(t, official).SVG(&b); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Width  string `xml:"width,attr"`
		Height string `xml:"height,attr"`
		Paths  []struct {
			D string `xml:"d,attr"`
		} `xml:"g>path"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if want := 2 + 12 + 18; doc.Width != "42mm" || doc.Height != "42mm" || len(doc.Paths) != want {
		t.Errorf("%s × %s, %d paths; want 42mm × 42mm, %d", doc.Width, doc.Height, len(doc.Paths), want)
	}
}

type brokenWriter struct{ after int }

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.after -= len(b); w.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func TestEncodersPassOnWriteErrors(t *testing.T) {
	art := draw(t, official)
	for _, after := range []int{0, 8, 40, 1000} {
		if err := art.PNG(&brokenWriter{after}, 300); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("PNG after %d bytes: %v", after, err)
		}
	}
	for _, encode := range []func(io.Writer) error{art.SVG, art.PDF} {
		if err := encode(&brokenWriter{0}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	}
}

func write(t *testing.T, path string, encode func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func abs(v int) int { return max(v, -v) }
