package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dajiaqian/dajiaqian/seal"
)

const (
	company = "上海测试科技有限公司"
	code    = "91310115591693856A"
)

// exit runs the program and returns its exit code and its output on stderr.
func exit(t *testing.T, args ...string) (status int, errs string) {
	t.Helper()
	var stderr bytes.Buffer
	status = run(args, &stderr)
	return status, stderr.String()
}

// songFile writes the embedded face to a file.
func songFile(t *testing.T, dir string) string {
	t.Helper()
	data, err := seal.SongFont()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "song.ttf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The output is what the flags ask for, in the format of its ending.
func TestFlags(t *testing.T) {
	dir := t.TempDir()
	song := songFile(t, t.TempDir())
	for _, c := range []struct {
		args []string
		file string
		want []string // what the file contains
	}{
		{[]string{"-style", "公章", "-name", company, "-code", code}, "a.png", []string{"\x89PNG", "pHYs\x00\x00\x5c\x46"}}, // 600 dpi
		{[]string{"-style", "公章", "-name", company, "-dpi", "300"}, "b.PNG", []string{"pHYs\x00\x00\x2e\x23"}},
		{[]string{"-style", "公会章", "-name", company}, "c.svg", []string{`width="42mm" height="42mm"`, "#d7141a"}},
		{[]string{"-style", "团章", "-name", company, "-color", "#0a0b0c"}, "d.svg", []string{`width="40mm"`, "#0a0b0c"}},
		{[]string{"-style", "外企章", "-name", company, "-size", "60x40"}, "e.svg", []string{`width="60mm" height="40mm"`}},
		{[]string{"-style", "发票专用章", "-name", company, "-code", code, "-serial", "2", "-size", "40X30"}, "f.pdf", []string{"%PDF-1.4", "[0 0 113.3858 85.0394]"}},
		{[]string{"-style", "专用章", "-name", company, "-ring-code", "3101150123456", "-text", "报关专用章"}, "g.svg", []string{`width="40mm"`}},
		{[]string{"-style", "部门章", "-name", company, "-text", "采购部"}, "h.svg", nil},
		{[]string{"-style", "财务专用章", "-name", company}, "i.svg", []string{`width="38mm"`}},
		{[]string{"-style", "合同专用章", "-name", company}, "j.svg", nil},
		{[]string{"-style", "人事专用章", "-name", company, "-color", "blue"}, "k.svg", []string{"#1b3fa0"}},
		{[]string{"-style", "法人章", "-name", "张三", "-text", "印", "-size", "18"}, "l.svg", []string{`width="18mm" height="18mm"`}},
		{[]string{"-style", "个人签名章", "-name", "张三"}, "m.svg", []string{"#111111"}},
		{[]string{"-style", "公章", "-name", company, "-font", song}, "n.svg", nil},
	} {
		out := filepath.Join(dir, c.file)
		if status, errs := exit(t, append(c.args, "-out", out)...); status != 0 || errs != "" {
			t.Errorf("%q: exit %d, %s", c.args, status, errs)
			continue
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !bytes.Contains(data, []byte(want)) {
				t.Errorf("%q: the file lacks %q", c.args, want)
			}
		}
	}
	// The embedded face given as a file draws the same.
	status, errs := exit(t, "-style", "公章", "-name", company, "-out", filepath.Join(dir, "o.svg"))
	if status != 0 {
		t.Fatal(errs)
	}
	a, err := os.ReadFile(filepath.Join(dir, "n.svg"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "o.svg"))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("-font draws another seal: %v", err)
	}
	if _, _, _, alpha := corner(t, filepath.Join(dir, "a.png")); alpha != 0 {
		t.Error("the ground of the PNG is not transparent")
	}
}

func corner(t *testing.T, path string) (r, g, b, a uint32) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img.At(0, 0).RGBA()
}

// What cannot be done exits 2 with one line and leaves nothing behind; existing files
// stay unchanged.
func TestBadUsage(t *testing.T) {
	dir := t.TempDir()
	out, bad := filepath.Join(dir, "out.png"), filepath.Join(dir, "bad.ttf")
	for _, path := range []string{out, bad} {
		if err := os.WriteFile(path, []byte("kept"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-bogus"}, "bogus"},
		{[]string{"extra"}, "extra"},
		{[]string{"-style", "玉玺"}, "印章样式“玉玺”不存在"},
		{[]string{"-style", ""}, "-style is missing"},
		{[]string{"-name", ""}, "印章名称不能为空"},
		{[]string{"-name", "a\nb"}, "控制字符"},
		{[]string{"-name", "한국"}, ""},
		{[]string{"-code", "91310115591693856B"}, "校验码错误"},
		{[]string{"-ring-code", "12"}, "信息编码"},
		{[]string{"-code", code, "-ring-code", "3101150123456"}, "只能选择一项"},
		{[]string{"-serial", "1"}, "Serial"},
		{[]string{"-serial", "x"}, "serial"},
		{[]string{"-size", "x"}, "-size"},
		{[]string{"-size", "0"}, "-size"},
		{[]string{"-size", "-4"}, "-size"},
		{[]string{"-size", "NaN"}, "-size"},
		{[]string{"-size", "42x"}, "-size"},
		{[]string{"-size", "42x30"}, "Height"},
		{[]string{"-size", "4000"}, "Width"},
		{[]string{"-color", "pink"}, "印章颜色"},
		{[]string{"-font", "nosuch"}, "nosuch"},
		{[]string{"-font", bad}, "bad.ttf"},
		{[]string{"-font", dir}, "not a regular file"},
		{[]string{"-font-face", "2"}, "-font"},
		{[]string{"-dpi", "0"}, "分辨率"},
		{[]string{"-dpi", "99999"}, "分辨率"},
		{[]string{"-out", filepath.Join(dir, "out.gif")}, ".png, .svg or .pdf"},
		{[]string{"-out", ""}, "-out is missing"},
		{[]string{"-out", dir}, "does not end in"},
		{[]string{"-out", filepath.Join(dir, "no", "out.png")}, "no"},
		{[]string{"-gallery", dir}, "-gallery takes no"},
	} {
		args := append([]string{"-style", "公章", "-name", company, "-out", out}, c.args...)
		status, errs := exit(t, args...)
		if status != 2 || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "drawseal: ") || !strings.Contains(errs, c.says) {
			t.Errorf("%q: exit %d, said %.200q", c.args, status, errs)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if data, err := os.ReadFile(out); err != nil || string(data) != "kept" {
		t.Errorf("the file that was there holds %.20q, %v", data, err)
	}
}

// A directory cannot be the output file.
func TestOutMayNotBeADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d.png")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if status, errs := exit(t, "-style", "公章", "-name", company, "-out", dir); status != 2 || !strings.Contains(errs, "not a regular file") {
		t.Errorf("exit %d, %s", status, errs)
	}
}

// -h explains each flag with an example, and is no error.
func TestHelp(t *testing.T) {
	status, errs := exit(t, "-h")
	if status != 0 {
		t.Errorf("exit %d", status)
	}
	flags := strings.Split(errs, "\n  -")[1:]
	if len(flags) != 19 {
		t.Errorf("%d flags are explained", len(flags))
	}
	for _, part := range flags {
		name := strings.Fields(part)[0]
		if _, example, ok := strings.Cut(part, "for example"); !ok || !strings.Contains(example, "-"+name+" ") {
			t.Errorf("no example: %q", part)
		}
	}
}

// The gallery has every style, and nothing that the page would have to download.
func TestGallery(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "g")
	if status, errs := exit(t, "-gallery", dir); status != 0 {
		t.Fatal(errs)
	}
	page, err := os.ReadFile(filepath.Join(dir, "gallery.html"))
	if err != nil {
		t.Fatal(err)
	}
	for style := seal.StyleOfficial; style <= seal.StyleSignature; style++ {
		if !bytes.Contains(page, []byte("drawseal -style "+style.String()+" -name ")) {
			t.Errorf("%v is not in the gallery", style)
		}
	}
	if got := bytes.Count(page, []byte("<svg ")); got != 12 || bytes.Contains(page, []byte("src=")) || bytes.Contains(page, []byte("<script")) {
		t.Errorf("%d pictures, or something to fetch", got)
	}
	sheet, err := os.ReadFile(filepath.Join(dir, "gallery.png"))
	if err != nil {
		t.Fatal(err)
	}
	if len(sheet) > 250<<10 {
		t.Errorf("the sheet has %d bytes", len(sheet))
	}
	if r, g, b, a := corner(t, filepath.Join(dir, "gallery.png")); r&g&b&a != 0xFFFF {
		t.Error("the sheet is not white")
	}
	img, err := png.Decode(bytes.NewReader(sheet))
	if err != nil {
		t.Fatal(err)
	}
	// Every cell has a seal and, in its last seventh, a label.
	size := img.Bounds().Size()
	w, h := size.X/4, size.Y/3
	for i := range 12 {
		cell := image.Rect(0, 0, w, h).Add(image.Pt(i%4*w, i/4*h))
		label := cell
		label.Min.Y = cell.Max.Y - h/7
		cell.Max.Y = label.Min.Y
		if seal, text := notWhite(img, cell), notWhite(img, label); seal < 500 || text < 300 {
			t.Errorf("cell %d has %d inked pixels and a label of %d", i, seal, text)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if status, errs := exit(t, "-gallery", dir, "-color", "blue"); status != 0 {
		t.Error(errs)
	}
}

// notWhite counts such pixels.
func notWhite(img image.Image, in image.Rectangle) (n int) {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); r&g&b != 0xFFFF {
				n++
			}
		}
	}
	return n
}
