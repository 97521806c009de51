package arch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dajiaqian/dajiaqian"

// rule says what a package may import of ours. A trailing /... stands for the package
// and everything below it.
type rule struct {
	pkg     string
	imports []string
	because string
}

// rules are read from the top: the first that names a package counts.
var rules = []rule{
	{"store", []string{"internal/enum", "internal/fault"}, "a database must be swappable without knowing what it keeps"},
	{"store/storetest", []string{"store"}, "the suite runs against any adapter, also one outside this module"},
	{"store/...", []string{"store", "internal/fault"}, "an adapter knows the driver interface and nothing of the platform"},
	{"org", []string{"store", "org/secret", "internal/beijing", "internal/digest", "internal/enum", "internal/fault", "internal/idcode", "internal/names", "internal/plain"}, "who is who rests on nothing else"},
	{"org/secret", []string{"internal/digest", "internal/fault"}, "what is encrypted, and its keys; whose it is, it does not know"},
	{"org/letter", []string{"org", "store", "internal/report"}, "the letter of authority brings a typesetter, which org does without"},
	{"seal", []string{"internal/enum", "internal/font", "internal/raster", "internal/idcode"}, "a seal is drawn alone: no store, no person, no company"},
	{"seal/photo", []string{"seal", "internal/enum", "internal/raster"}, "a photo of a seal becomes a picture; who may use it is not asked here"},
	{"seal/registry", []string{"seal", "seal/photo", "org", "org/secret", "store", "internal/enum", "internal/fault", "internal/plain", "internal/raster"}, "the right to a seal; it never signs, so it must not see signer"},
	{"billing", []string{"store", "org", "org/secret", "internal/beijing", "internal/enum", "internal/fault", "internal/plain"}, "what a file costs does not depend on what is in it"},
	{"signer", []string{"internal/pdf", "internal/cms", "internal/enum", "internal/font", "internal/raster", "internal/widget"}, "signing is useful alone, without a store and without a network"},
	{"signer/devca", []string{"signer", "internal/cms", "internal/enum", "internal/fault"}, "the development CA is one of many a host may have"},
	{"signer/pageview", []string{"signer", "internal/font", "internal/pdf"}, "pictures of pages and places of words, in the signer's millimetres; it draws and never signs"},
	{"signer/pkcs11", []string{"signer"}, "keys in tokens; signing compiles without foreign code"},
	{"signer/keyfile", []string{"signer", "internal/cms"}, "keys in files; signing compiles without their formats"},
	{"signer/online", []string{"signer", "internal/cms", "internal/online"}, "what speaks HTTP stands apart, so that signing compiles without it"},
	{"signer/...", nil, "pictures of pages come in their own sandbox"},
	{"verify", []string{"internal/pdf", "internal/cms", "internal/path", "internal/change", "internal/beijing", "internal/enum", "internal/plain"}, "a verifier that shares code with the signer repeats its mistakes: never signer"},
	{"verify/online", []string{"internal/online"}, "what speaks HTTP stands apart, so that judging compiles without it"},
	{"verify/report", []string{"verify", "internal/beijing", "internal/cms", "internal/plain", "internal/report"}, "judging compiles no typesetter; what signs PDFs is not needed to sign a report"},
	{"verify/download", []string{"verify", "internal/audit"}, "a download is judged without the platform that made it"},
	{"envelope", []string{"store", "org", "seal", "seal/photo", "seal/registry", "billing", "signer", "verify", "org/secret", "internal/audit", "internal/beijing", "internal/digest", "internal/enum", "internal/fault", "internal/names", "internal/plain", "internal/raster", "internal/report"}, "the only package that sees all the others"},
	{"envelope/webhook", []string{"envelope", "internal/fault"}, "a form of delivery, whose module the envelope does without"},
	{"envelope/envelopetest", []string{"store/...", "org/...", "org", "seal/...", "billing", "envelope", "sandbox", "signer", "signer/devca"}, "a whole host for tests, as hosts write them"},
	{"sandbox", []string{"org", "org/secret", "seal/...", "billing", "envelope", "signer", "signer/devca", "signer/online", "internal/fault"}, "stands in for a host's providers, behind the ports that packages declare"},
	{"internal/pdf", nil, "the bottom of the engine"},
	{"internal/cms", nil, "the bottom of the engine"},
	{"internal/change", []string{"internal/pdf"}, "judges what revisions did; it knows of no certificate and no policy"},
	{"internal/path", []string{"internal/cms"}, "judges certificates and evidence; it knows of no document and no policy"},
	{"internal/online", []string{"internal/cms"}, "asks servers, and judges nothing they answer"},
	{"internal/audit", nil, "written by one package and checked by another, so it depends on neither"},
	{"internal/beijing", nil, "the one time zone that people read"},
	{"internal/plain", nil, "texts of strangers, made safe to show"},
	{"internal/names", nil, "names, compared as people read them"},
	{"internal/enum", nil, "names of enumerations"},
	{"internal/digest", nil, "joins texts for hashes"},
	{"internal/fault", nil, "the kinds of errors that the packages of the platform share"},
	{"internal/idcode", nil, "codes of organisations, as the standards have them"},
	{"internal/raster", nil, "what stands around the pixels of a picture, and nothing of what the picture is"},
	{"internal/font", nil, "a font file and its outlines"},
	{"internal/widget", []string{"internal/font"}, "draws form fields, and knows no document"},
	{"internal/report", []string{"internal/font"}, "sets Chinese text on pages, and knows nothing of what it says"},
	{"internal/test/orgtest", []string{"store/...", "org", "org/secret", "internal/test/pgtest"}, "persons and companies for the tests of packages that stand on org"},
	{"internal/test/pgtest", nil, "runs a database server for tests of any package"},
	{"internal/test/s3test", nil, "runs an object store for tests of any package"},
	{"internal/test/linear", nil, "tests alone: clients at work on one object, and a checker of what they saw"},
	{"internal/test/corpus", nil, "finds sample files for tests"},
	{"internal/test/pictures", nil, "makes pictures for tests"},
	{"internal/test/samples", nil, "makes sample files without the code they test"},
	{"internal/test/floor", nil, "the yardstick of the benchmarks may not lean on what it measures"},
	{"internal/test/rows", []string{"store"}, "tests alone: what tables store, against golden files"},
	{"internal/test/powercut", nil, "a disk for tests; what it tests goes through its files, and it knows nothing of it"},
	{"internal/arch", nil, "this test"},
	{"examples/...", []string{"store/...", "org/...", "seal/...", "billing", "signer/...", "verify/...", "envelope/...", "sandbox"}, "an example shows the public packages: no engine code, nothing internal"},
}

// examplesOnly are modules that go.mod requires for the examples alone.
var examplesOnly = map[string]string{
	"github.com/fogleman/gg": "the library draws with golang.org/x/image/vector",
}

// onlyIn are modules that one package alone imports, examples apart.
var onlyIn = map[string]string{
	"github.com/standard-webhooks/standard-webhooks/libraries/go": "envelope/webhook",
}

func covers(pattern, pkg string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == base || strings.HasPrefix(pkg, base+"/")
	}
	return pattern == pkg
}

// TestArrows reads every import of every package, tests apart.
func TestArrows(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") && path != root {
			return filepath.SkipDir
		}
		if d.IsDir() && path != root { // a module of its own, such as witness: the go command leaves it out of ./... too
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		i := slices.IndexFunc(rules, func(r rule) bool { return covers(r.pkg, pkg) })
		if i < 0 {
			t.Errorf("package %s has no rule: add one with its reason", pkg)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if reason, guest := examplesOnly[imp]; guest && !strings.HasPrefix(pkg, "examples/") {
				t.Errorf("%s imports %s: not allowed, because %s", path, imp, reason)
			}
			if home, bound := onlyIn[imp]; bound && pkg != home && !strings.HasPrefix(pkg, "examples/") {
				t.Errorf("%s imports %s: only %s does", path, imp, home)
			}
			ours, ok := strings.CutPrefix(imp, module+"/")
			if !ok {
				continue
			}
			if !slices.ContainsFunc(rules[i].imports, func(p string) bool { return covers(p, ours) }) {
				t.Errorf("%s imports %s: not allowed, because %s", path, ours, rules[i].because)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 10 {
		t.Errorf("only %d packages found: the test looks at the wrong place", len(seen))
	}
}
