// Drawseal draws a seal of a Chinese company or person from its data.
//
//	go run ./examples/drawseal -style 公章 -name 上海测试科技有限公司 -code 91310115591693856A -out seal.png
//
// It exits 0 when the output is written, and otherwise 2 with one line on stderr. The
// output is written whole or not at all.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const usage = `Usage: drawseal -style S -name 名称 -out FILE.png|.svg|.pdf [flags]
       drawseal -strokes FILE.json -out FILE.png|.svg|.pdf [-size MM[xMM]] [-color C]
       drawseal -from PHOTO.jpg|png -size MM -out FILE.png [-crop X,Y,W,H] [-color C] [-straighten]
       drawseal -gallery DIR

  drawseal -style 公章 -name 上海测试科技有限公司 -code 91310115591693856A -out seal.png
  drawseal -style 部门章 -name 上海测试科技有限公司 -text 采购部 -out seal.svg
  drawseal -style 发票专用章 -name 上海测试科技有限公司 -code 91310115591693856A -serial 1 -font FangSong.ttf -out seal.pdf
  drawseal -style 法人章 -name 张三 -text 印 -size 20 -out seal.png
  drawseal -from scan.jpg -size 42 -out seal.png
  drawseal -style 公章 -name 上海测试科技有限公司 -age 7 -out old.png
  drawseal -strokes written.json -size 40x15 -out signature.svg
  drawseal -gallery /tmp/seals

Styles: 公章 专用章 部门章 团章 工会章 外企章 发票专用章 财务专用章 合同专用章 人事专用章
法人章 个人签名章. A PNG has a transparent background and says its dpi; SVG and PDF
are vectors. All have their true size. Handwriting is
{"width":W,"height":H,"strokes":[[{"x":..,"y":..,"t":ms,"p":0..1},...],...]}.

Flags:
`

// options are the values of the flags.
type options struct {
	style, name, code, ringCode, text string
	serial                            int
	size, color                       string
	font                              string
	fontFace                          int
	dpi                               int
	age                               string
	wear                              float64
	strokes                           string
	out, gallery                      string
	picture                           pictureFlags
}

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	var o options
	fs := flag.NewFlagSet("drawseal", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // one line says what is wrong with a flag
	fs.Usage = func() {}
	o.flags(fs)
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(stderr)
		fmt.Fprint(stderr, usage)
		fs.PrintDefaults()
		return 0
	}
	if err == nil {
		err = o.run(fs)
	}
	if err != nil {
		fmt.Fprintf(stderr, "drawseal: %s\n", strings.Join(strings.FieldsFunc(message(err), isLineBreak), "; "))
		return 2
	}
	return 0
}

func isLineBreak(r rune) bool { return r == '\n' || r == '\r' }

// message returns the text of err, and its Chinese sentence if the library has one.
func message(err error) string {
	var chinese interface{ Zh() string }
	if errors.As(err, &chinese) {
		return fmt.Sprintf("%v（%s）", err, chinese.Zh())
	}
	return err.Error()
}

func (o *options) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.style, "style", "", "`style` of the seal; 公会章 is accepted for 工会章, for example -style 合同专用章")
	fs.StringVar(&o.name, "name", "", "`name` of the company or person, for example -name 上海测试科技有限公司")
	fs.StringVar(&o.code, "code", "", "统一社会信用代码 of 18 `characters` along the lower rim; in the middle of a 发票专用章, for example -code 91310115591693856A")
	fs.StringVar(&o.ringCode, "ring-code", "", "13 to 20 `digits` along the lower rim instead, for example -ring-code 3101150123456")
	fs.StringVar(&o.text, "text", "", "horizontal `text` below the centre (default: what the style states), for example -style 部门章 -text 采购部")
	fs.IntVar(&o.serial, "serial", 0, "`number` at the foot of a 发票专用章, 1 to 99, for example -serial 2")
	fs.StringVar(&o.size, "size", "", "size in `MM[xMM]` (default: what the rules say of the style), for example -size 42 or -size 45x30")
	fs.StringVar(&o.color, "color", "", "`ink`: red, blue, black, #rrggbb, or #rrggbbaa whose aa is the opacity (default red; black for a 个人签名章), for example -color blue")
	fs.StringVar(&o.font, "font", "", "TrueType or OpenType `file` for the name and the text (default: the embedded Song face), for example -font FangSong.ttf")
	fs.IntVar(&o.fontFace, "font-face", 0, "`index` of the face in a collection, from 0, for example -font NotoSerifCJK-Regular.ttc -font-face 2")
	fs.IntVar(&o.dpi, "dpi", 600, "`dots` per inch of a PNG, for example -dpi 300")
	fs.StringVar(&o.age, "age", "", "wear the PNG as if stamped long ago (做旧), by this `seed`, for example -age 7")
	fs.Float64Var(&o.wear, "wear", 0.5, "how `much` -age wears, above 0 to 1, for example -wear 0.8")
	fs.StringVar(&o.strokes, "strokes", "", "JSON `file` of handwriting to make a signature of, for example -strokes written.json")
	fs.StringVar(&o.out, "out", "", "`file` to write, told by its ending: .png, .svg or .pdf, for example -out seal.png")
	fs.StringVar(&o.gallery, "gallery", "", "`directory` for gallery.png and gallery.html with every style, for example -gallery /tmp/seals")
	o.picture.flags(fs)
}

// run does what the flags ask for.
func (o *options) run(fs *flag.FlagSet) error {
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	switch {
	case given(fs, "from", "crop", "straighten"):
		return o.cleanPicture(fs)
	case o.gallery != "":
		if err := only(fs, "gallery", "color", "font", "font-face"); err != nil {
			return err
		}
		return o.drawAll()
	case o.strokes != "":
		if err := only(fs, "strokes", "size", "color", "dpi", "age", "wear", "out"); err != nil {
			return err
		}
	}
	if o.age == "" && given(fs, "wear") {
		return errors.New("-wear goes with -age, for example -age 7")
	}
	return o.drawOne()
}

// given reports whether any of the flags was given.
func given(fs *flag.FlagSet, names ...string) (yes bool) {
	fs.Visit(func(f *flag.Flag) { yes = yes || slices.Contains(names, f.Name) })
	return yes
}

// only refuses flags that do not belong to the first of those given.
func only(fs *flag.FlagSet, allowed ...string) error {
	var other string
	fs.Visit(func(f *flag.Flag) {
		if !slices.Contains(allowed, f.Name) {
			other = f.Name
		}
	})
	if other != "" {
		return fmt.Errorf("-%s takes no -%s", allowed[0], other)
	}
	return nil
}
