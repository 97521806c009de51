package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReports: -xml and -pdf write whole files beside what is printed, and change no exit
// code.
func TestReports(t *testing.T) {
	good := write(t, "plain.pdf", []byte("no PDF at all"))
	dir := t.TempDir()
	x, p := filepath.Join(dir, "r.xml"), filepath.Join(dir, "r.pdf")
	var stdout, stderr bytes.Buffer
	if exit := run(t.Context(), []string{"-xml", x, "-pdf", p, good}, &stdout, &stderr); exit != 2 || !strings.Contains(stdout.String(), "文件无法验签") {
		t.Fatalf("exit %d\n%s%s", exit, &stdout, &stderr)
	}
	b, err := os.ReadFile(x)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		XMLName xml.Name
		Name    string `xml:"SignatureValidationObjects>ValidationObject>ValidationObjectRepresentation>URI"`
	}
	if err := xml.Unmarshal(b, &read); err != nil || read.XMLName.Local != "ValidationReport" || read.Name != "./plain.pdf" {
		t.Errorf("%v %+v", err, read)
	}
	if b, err := os.ReadFile(p); err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) {
		t.Errorf("%v %.20q", err, b)
	}
	if before, err := os.ReadDir(dir); err != nil || len(before) != 2 {
		t.Errorf("%v, %v", before, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"two inputs":          {[]string{"-xml", x, good, good}, "one file"},
		"two inputs, PDF":     {[]string{"-pdf", p, good, good}, "one file"},
		"the same":            {[]string{"-xml", x, "-pdf", dir + "/./r.xml", good}, "the same file"},
		"over the input":      {[]string{"-xml", good, good}, "is the input"},
		"no input":            {[]string{"-xml", x}, "at least one file"},
		"absent":              {[]string{"-xml", x, dir + "/absent.pdf"}, "no such file"},
		"no folder":           {[]string{"-xml", dir + "/absent/r.xml", good}, "no such file"},
		"a folder in the way": {[]string{"-pdf", dir + "/folder", good}, "folder"},
	} {
		stdout.Reset()
		stderr.Reset()
		if exit := run(t.Context(), c.args, &stdout, &stderr); exit != 2 || !strings.Contains(stderr.String(), c.says) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: exit %d, %q", name, exit, &stderr)
		}
	}
	if b, err := os.ReadFile(good); err != nil || string(b) != "no PDF at all" {
		t.Errorf("the input was changed: %q, %v", b, err)
	}
	if after, err := os.ReadDir(dir); err != nil || len(after) != 3 {
		t.Errorf("something is left behind: %v, %v", after, err)
	}
}
