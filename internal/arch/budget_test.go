package arch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// budget is what a package may make its importers compile, tests apart.
type budget struct {
	pkg         string   // a trailing /... stands for the package and everything below it
	modules     []string // third-party modules, also those that others pull in
	never       []string // packages of the standard library or of this module, at any distance
	maxPackages int      // with those of the standard library; 0 is no limit
	planned     bool     // it is not there yet
}

// Modules that come together.
var (
	fonts    = []string{"golang.org/x/image", "golang.org/x/text"}
	qr       = []string{"rsc.io/qr"}
	purego   = []string{"github.com/ebitengine/purego"}
	pkcs12   = []string{"software.sslmate.com/src/go-pkcs12"}
	gm       = []string{"github.com/emmansun/gmsm", "golang.org/x/crypto"}
	argon2   = []string{"golang.org/x/crypto", "golang.org/x/sys"}
	report   = with(fonts, []string{"github.com/signintech/gopdf", "github.com/phpdave11/gofpdi", "github.com/pkg/errors"})
	webhooks = []string{"github.com/standard-webhooks/standard-webhooks/libraries"}
	sys      = []string{"golang.org/x/sys"}
	btree    = []string{"github.com/tidwall/btree"}
	xtext    = []string{"golang.org/x/text"}
	sqlite   = []string{"modernc.org/sqlite", "modernc.org/libc", "modernc.org/mathutil", "modernc.org/memory",
		"github.com/dustin/go-humanize", "github.com/google/uuid", "github.com/remyoudompheng/bigfft", "golang.org/x/sys"}
	pgx = []string{"github.com/jackc/pgx/v5", "github.com/jackc/pgpassfile", "github.com/jackc/pgservicefile", "github.com/jackc/puddle/v2",
		"golang.org/x/sync", "golang.org/x/text"}
	minio = []string{"github.com/minio/minio-go/v7", "github.com/minio/crc64nvme", "github.com/minio/md5-simd",
		"github.com/cespare/xxhash/v2", "github.com/dustin/go-humanize", "github.com/google/uuid", "github.com/klauspost/compress",
		"github.com/klauspost/cpuid/v2", "github.com/klauspost/crc32", "github.com/philhofer/fwd", "github.com/rs/xid", "github.com/tinylib/msgp",
		"github.com/zeebo/xxh3", "go.yaml.in/yaml/v3", "gopkg.in/ini.v1",
		"golang.org/x/crypto", "golang.org/x/net", "golang.org/x/sys", "golang.org/x/text"}
	gg     = []string{"github.com/fogleman/gg", "github.com/golang/freetype"} // the gallery sheet of examples/drawseal
	pdfium = []string{"github.com/klippa-app/go-pdfium", "github.com/tetratelabs/wazero", "github.com/google/uuid",
		"github.com/jolestar/go-commons-pool/v2", "golang.org/x/sys"}
)

func with(sets ...[]string) []string {
	out := slices.Concat(sets...)
	slices.Sort(out)
	return slices.Compact(out)
}

// budgets are read from the top: the first that names a package counts. Heavy
// modules stand behind packages of their own, so that a host that does not import
// them does not compile them.
var budgets = []budget{
	{pkg: "store", never: []string{"net/http", "database/sql"}},
	{pkg: "store/memory", modules: btree, never: []string{"net/http", "database/sql"}},
	{pkg: "store/dir", never: []string{"net/http", "database/sql"}},
	{pkg: "store/storetest", never: []string{"net/http"}},
	{pkg: "store/sqlite", modules: sqlite, never: []string{"net/http"}},
	{pkg: "store/postgres", modules: pgx, never: []string{"net/http"}},
	{pkg: "store/s3", modules: minio, never: []string{"database/sql"}},
	{pkg: "org", modules: with(argon2, xtext), never: []string{"database/sql"}},
	{pkg: "org/secret", never: []string{"net/http", "database/sql"}},
	{pkg: "org/letter", modules: with(report, argon2), never: []string{"database/sql"}},
	{pkg: "seal", modules: with(fonts, sys), never: []string{"net/http", "database/sql", "store"}, maxPackages: 100},
	{pkg: "seal/photo", modules: with(fonts, sys), never: []string{"net/http", "database/sql", "store"}, maxPackages: 105},
	{pkg: "seal/registry", modules: with(fonts, argon2), never: []string{"database/sql", "signer"}},
	{pkg: "billing", modules: with(argon2, xtext), never: []string{"database/sql"}},
	{pkg: "signer", modules: with(gm, fonts, qr), never: []string{"net/http", "store", "database/sql"}},
	{pkg: "signer/online", modules: with(gm, fonts, qr), never: []string{"store", "database/sql"}},
	{pkg: "signer/devca", modules: with(gm, fonts, qr), never: []string{"store", "database/sql"}},
	{pkg: "signer/pkcs11", modules: with(gm, fonts, qr, purego), never: []string{"net/http", "store", "database/sql"}},
	{pkg: "signer/keyfile", modules: with(gm, fonts, qr, pkcs12), never: []string{"net/http", "store", "database/sql"}},
	{pkg: "signer/pageview", modules: with(gm, fonts, qr, pdfium), never: []string{"net/http", "store", "database/sql"}},
	{pkg: "verify", modules: with(gm, xtext), never: []string{"net/http", "store", "signer", "database/sql", "internal/report"}},
	{pkg: "verify/online", modules: with(gm, xtext), never: []string{"store", "signer", "database/sql"}},
	{pkg: "verify/report", modules: with(report, gm), never: []string{"net/http", "store", "signer", "database/sql"}},
	{pkg: "verify/download", modules: with(gm, xtext), never: []string{"net/http", "store", "signer", "database/sql"}},
	{pkg: "envelope", modules: with(report, argon2, gm, qr), never: []string{"database/sql"}},
	{pkg: "envelope/webhook", modules: with(report, argon2, gm, qr, webhooks)},
	{pkg: "envelope/envelopetest", modules: with(report, argon2, gm, qr, btree)},
	{pkg: "sandbox", modules: with(report, argon2, gm, qr), never: []string{"database/sql"}},
	{pkg: "internal/pdf"},
	{pkg: "internal/audit"},
	{pkg: "internal/change"},
	{pkg: "internal/raster"},
	{pkg: "internal/fault"},
	{pkg: "internal/beijing"},
	{pkg: "internal/enum"},
	{pkg: "internal/plain"},
	{pkg: "internal/names", modules: xtext},
	{pkg: "internal/digest"},
	{pkg: "internal/idcode"},
	{pkg: "internal/cms", modules: with(gm, xtext), never: []string{"net/http"}},
	{pkg: "internal/path", modules: with(gm, xtext), never: []string{"net/http"}},
	{pkg: "internal/online", modules: with(gm, xtext)},
	{pkg: "internal/font", modules: fonts},
	{pkg: "internal/widget", modules: fonts},
	{pkg: "internal/report", modules: report, never: []string{"net/http"}},
	{pkg: "internal/test/rows"},
	{pkg: "internal/test/pgtest", modules: pgx},
	{pkg: "internal/test/s3test", modules: minio},
	{pkg: "internal/test/powercut", modules: sqlite},
	{pkg: "internal/test/samples"},
	{pkg: "internal/test/pictures"},
	{pkg: "internal/test/floor"},
	{pkg: "internal/test/corpus"},
	{pkg: "internal/test/linear"},
	{pkg: "internal/test/orgtest", modules: with(argon2, btree, sqlite, pgx, []string{"pgregory.net/rapid"})},
	{pkg: "internal/arch"},
	{pkg: "examples/...", modules: with(report, argon2, gm, qr, pkcs12, webhooks, btree, sqlite, pgx, pdfium, gg)},
}

// listed is one package as go list tells it.
type listed struct {
	ImportPath string
	Standard   bool
	Module     *struct{ Path string }
	Imports    []string
}

// compiled reads what every package of the module compiles, itself included: on
// Linux, so that the answer is the same on every machine.
func compiled(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Module,Imports", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// reach returns everything that a package compiles, each with the one that imports
// it on a shortest way.
func reach(all map[string]listed, from string) map[string]string {
	by := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, imp := range all[queue[0]].Imports {
			if _, seen := by[imp]; !seen && imp != "C" && imp != "unsafe" {
				by[imp] = queue[0]
				queue = append(queue, imp)
			}
		}
	}
	return by
}

// way tells how a package comes in: a → b → c.
func way(by map[string]string, to string) string {
	var steps []string
	for ; to != ""; to = by[to] {
		steps = append(steps, strings.TrimPrefix(to, module+"/"))
	}
	slices.Reverse(steps)
	return strings.Join(steps, " → ")
}

// judgeBudgets returns everything that is over a budget, or that a budget allows
// in vain.
func judgeBudgets(all map[string]listed, table []budget) (faults []string) {
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	rows := map[int]bool{}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		pkg, ours := strings.CutPrefix(path, module+"/")
		if !ours {
			continue
		}
		i := slices.IndexFunc(table, func(b budget) bool { return covers(b.pkg, pkg) })
		if i < 0 {
			fault("%s has no budget: add one", pkg)
			continue
		}
		rows[i] = true
		b, by, used := table[i], reach(all, path), map[string]bool{}
		for _, dep := range slices.Sorted(maps.Keys(by)) {
			p := all[dep]
			if p.Module != nil && p.Module.Path != module {
				if !slices.Contains(b.modules, p.Module.Path) && !used[p.Module.Path] {
					fault("%s pulls in %s: %s", pkg, p.Module.Path, way(by, dep))
				}
				used[p.Module.Path] = true
			}
			if slices.Contains(b.never, strings.TrimPrefix(dep, module+"/")) {
				fault("%s must never pull in %s: %s", pkg, strings.TrimPrefix(dep, module+"/"), way(by, dep))
			}
		}
		if b.maxPackages > 0 && len(by) > b.maxPackages {
			fault("%s compiles %d packages, not %d or less", pkg, len(by), b.maxPackages)
		}
		for _, m := range b.modules {
			if !used[m] && !strings.HasSuffix(b.pkg, "/...") {
				fault("%s does not pull in %s any more: take it from its budget", pkg, m)
			}
		}
	}
	for i, b := range table {
		if rows[i] == b.planned {
			fault("%s: planned is %v, but it is there: %v", b.pkg, b.planned, rows[i])
		}
	}
	return faults
}

// TestBudgets: no package pulls in a third-party module that is not in its budget.
func TestBudgets(t *testing.T) {
	for _, f := range judgeBudgets(compiled(t), budgets) {
		t.Error(f)
	}
}

// Each fault that the check knows is found where it is planted.
func TestBudgetsCanFail(t *testing.T) {
	third := func(path string, imports ...string) listed {
		return listed{ImportPath: path, Module: &struct{ Path string }{"x.org/m"}, Imports: imports}
	}
	own := func(path string, imports ...string) listed {
		return listed{ImportPath: module + "/" + path, Module: &struct{ Path string }{module}, Imports: imports}
	}
	all := map[string]listed{}
	for _, p := range []listed{
		own("a", module+"/b"), own("b", "x.org/m/p"), third("x.org/m/p", "net/http"), {ImportPath: "net/http", Standard: true},
	} {
		all[p.ImportPath] = p
	}
	m := []string{"x.org/m"}
	for _, c := range []struct {
		table []budget
		want  string
	}{
		{[]budget{{pkg: "a", modules: m, maxPackages: 4}, {pkg: "b", modules: m}}, ""},
		{[]budget{{pkg: "a", modules: m}}, "b has no budget: add one"},
		{[]budget{{pkg: "a"}, {pkg: "b", modules: m}}, "a pulls in x.org/m: a → b → x.org/m/p"},
		{[]budget{{pkg: "a", modules: m, never: []string{"net/http"}}, {pkg: "b", modules: m}}, "a must never pull in net/http: a → b → x.org/m/p → net/http"},
		{[]budget{{pkg: "a", modules: m, never: []string{"b"}}, {pkg: "b", modules: m}}, "a must never pull in b: a → b"},
		{[]budget{{pkg: "a", modules: m, maxPackages: 3}, {pkg: "b", modules: m}}, "a compiles 4 packages, not 3 or less"},
		{[]budget{{pkg: "a", modules: with(m, xtext)}, {pkg: "b", modules: m}}, "a does not pull in golang.org/x/text any more: take it from its budget"},
		{[]budget{{pkg: "a", modules: m}, {pkg: "b", modules: m}, {pkg: "c"}}, "c: planned is false, but it is there: false"},
		{[]budget{{pkg: "a", modules: m, planned: true}, {pkg: "b", modules: m}}, "a: planned is true, but it is there: true"},
	} {
		if got := strings.Join(judgeBudgets(all, c.table), "\n"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.table, got, c.want)
		}
	}
}

// TestGoMod: go.mod has three blocks, each with a comment: what packages of the
// module import, what only their tests import, and what these need.
func TestGoMod(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks [3][]string
	n, before := -1, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "require") {
			if n++; n == len(blocks) || line != "require (" || !strings.HasPrefix(before, "//") {
				t.Fatalf("requirement %d is not one of three blocks, each after a comment: %s", n+1, line)
			}
		} else if fields := strings.Fields(line); n >= 0 && len(fields) > 1 && !strings.HasPrefix(line, "//") {
			if indirect := strings.HasSuffix(line, "// indirect"); indirect != (n == 2) {
				t.Errorf("in block %d: %s", n+1, line)
			}
			blocks[n] = append(blocks[n], fields[0])
		}
		before = line
	}
	all, direct := compiled(t), map[string]bool{}
	for path, p := range all {
		if !strings.HasPrefix(path, module) || strings.HasPrefix(path, module+"/internal/test/") {
			continue
		}
		for _, imp := range p.Imports {
			if m := all[imp].Module; m != nil && m.Path != module {
				direct[m.Path] = true
			}
		}
	}
	if want := slices.Sorted(maps.Keys(direct)); !slices.Equal(blocks[0], want) {
		t.Errorf("the first block holds %v, packages import %v", blocks[0], want)
	}
}
