// Signpdf puts a PAdES signature into a PDF, or raises the level of an existing one.
//
//	go run ./examples/signpdf -in contract.pdf -out signed.pdf -level B-T -draw "style=公章;name=上海测试科技有限公司" -at 150,230
//
// It exits 0 when the output is written, and otherwise 2 with one line on stderr. The
// output is written whole or not at all.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const usage = `Usage: signpdf -in F -out G [flags]

  signpdf -in a.pdf -out b.pdf                                  an invisible B-B signature
  signpdf -in a.pdf -out b.pdf -level B-LTA -seal seal.png -at 150,230
  signpdf -in a.pdf -out b.pdf -draw "style=公章;name=上海测试科技有限公司" -keyword 盖章处 -nth -1
  signpdf -in a.pdf -out b.pdf -draw "style=公章;name=上海测试科技有限公司" -straddle right
  signpdf -in a.pdf -out b.pdf -prepare state.json              then, hours later and elsewhere:
  signpdf -in a.pdf -out b.pdf -complete state.json -raw value.sig
  signpdf -in b.pdf -out c.pdf -extend -level B-LTA

Lengths are millimetres from the top left corner of the page as it is displayed.
Without -cert the credentials come from a development CA: they have no legal effect.

Flags:
`

// options are the values of the flags.
type options struct {
	in, out, level, alg               string
	pss, gm                           bool
	cert, key, keyPassword, pki, tsa  string
	name, reason, location            string
	seal, draw                        string
	page                              int
	at, keyword, offset               string
	nth                               int
	pages                             string
	straddle, straddlePages           string
	straddleAt                        float64
	field                             string
	newFields                         []string
	certify                           int
	lock, password                    string
	prepare, complete, cmsFile, value string
	extend, explain                   bool

	certs []*x509.Certificate // of -cert and -key
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	fs := flag.NewFlagSet("signpdf", flag.ContinueOnError)
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
		err = o.run(ctx, fs, stdout, stderr)
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; nothing was written")
	}
	if err != nil {
		fmt.Fprintf(stderr, "signpdf: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
		return 2
	}
	return 0
}

func (o *options) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.in, "in", "", "`file` to sign: PDF, PNG or JPEG, for example -in contract.pdf")
	fs.StringVar(&o.out, "out", "", "`file` to write, for example -out signed.pdf")
	fs.StringVar(&o.level, "level", "B-B", "B-B, B-T, B-LT or B-LTA, for example -level B-LTA")
	fs.StringVar(&o.alg, "alg", "rsa2048", "key of the development CA: rsa2048, rsa3072, rsa4096, p256, p384, p521, ed25519 or sm2, for example -alg sm2")
	fs.BoolVar(&o.pss, "pss", false, "RSASSA-PSS instead of PKCS #1 v1.5, for example -alg rsa3072 -pss")
	fs.BoolVar(&o.gm, "gm", false, "the content types of GM/T 0010, for example -alg sm2 -gm")
	fs.StringVar(&o.cert, "cert", "", "`file` of the signer's certificate and its issuers in PEM, or PKCS #12 with the key, for example -cert chain.pem")
	fs.StringVar(&o.key, "key", "", "`file` of its key in PKCS #8, PKCS #1 or SEC 1, for example -key key.pem")
	fs.StringVar(&o.keyPassword, "key-password", "", "`password` of an encrypted key or PKCS #12, for example -cert seal.p12 -key-password secret")
	fs.StringVar(&o.pki, "pki", "", "`directory` of the development CA, which also gets roots.pem (default .pki beside the output), for example -pki /tmp/pki")
	fs.StringVar(&o.tsa, "tsa", "dev", "`URL` of a time stamping authority, or dev, or none, for example -tsa http://127.0.0.1:8080/tsa")
	fs.StringVar(&o.name, "name", "", "签章人, for example -name 张三")
	fs.StringVar(&o.reason, "reason", "", "reason of the signature, for example -reason 签署合同")
	fs.StringVar(&o.location, "location", "", "place of the signature, for example -location 上海")
	fs.StringVar(&o.seal, "seal", "", "PNG or JPEG `file` stamped at its true size, for example -seal seal.png")
	fs.StringVar(&o.draw, "draw", "", `seal to be drawn, for example -draw "style=公章;name=上海测试科技有限公司;code=91310115591693856A;size=42"`)
	fs.IntVar(&o.page, "page", 1, "page of -at, from 1, for example -page 3")
	fs.StringVar(&o.at, "at", "", "`x,y` of the seal's centre, for example -at 150,230")
	fs.StringVar(&o.keyword, "keyword", "", "`text` that the seal is put on, for example -keyword 盖章处")
	fs.IntVar(&o.nth, "nth", 1, "which finding of -keyword counts, from 1; -1 is the last, for example -nth 2")
	fs.StringVar(&o.offset, "offset", "", "`dx,dy` from the middle of the keyword, for example -offset 20,-5")
	fs.StringVar(&o.pages, "pages", "", "`pages` on which -at or -keyword is stamped, for example -pages 1-3,5")
	fs.StringVar(&o.straddle, "straddle", "", "edge for a seal across pages (骑缝章): right, left, top or bottom, for example -straddle right")
	fs.StringVar(&o.straddlePages, "straddle-pages", "", "`pages` it goes across (default all), for example -straddle-pages 1-5")
	fs.Float64Var(&o.straddleAt, "straddle-at", 0.5, "its place along the edge, 0 to 1, for example -straddle-at 0.3")
	fs.StringVar(&o.field, "field", "", "`name` of the signature field to fill, for example -field 甲方")
	fs.Func("new-field", "`NAME=page,x,y,w,h` of a field to be made, or NAME=side,w,h,at of one across all pages (骑缝章); may be given more than once, and the first is signed unless -field names another, for example -new-field 乙方=1,120,200,42,42 -new-field 骑缝=right,42,42,0.5", func(s string) error {
		o.newFields = append(o.newFields, s)
		return nil
	})
	fs.IntVar(&o.certify, "certify", 0, "certify, and allow 1 nothing, 2 forms and signatures, 3 annotations too, for example -certify 2")
	fs.StringVar(&o.lock, "lock", "", "`fields` that the signature locks, or all, for example -lock 金额,日期")
	fs.StringVar(&o.password, "password", "", "`password` of an encrypted file, for example -password secret")
	fs.StringVar(&o.prepare, "prepare", "", "`file` for the state; stops before the key is used, for example -prepare state.json")
	fs.StringVar(&o.complete, "complete", "", "`file` of a state to go on with, for example -complete state.json -raw value.sig")
	fs.StringVar(&o.cmsFile, "cms", "", "CMS `file` for -complete, DER or PEM, for example -cms value.p7s")
	fs.StringVar(&o.value, "raw", "", "`file` of the raw signature value for -complete, for example -raw value.sig")
	fs.BoolVar(&o.explain, "explain", false, "say what would be done and what was found, and stop before the key is used, for example -explain -cert seal.p12")
	fs.BoolVar(&o.extend, "extend", false, "raise a signed file to -level without a new signature, for example -extend -level B-LTA")
}
