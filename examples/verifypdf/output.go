package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/dajiaqian/dajiaqian/verify"
	"github.com/dajiaqian/dajiaqian/verify/report"
)

// outputs are the files to write reports to; an empty one is not written.
type outputs struct{ xml, pdf string }

// check refuses what could not be one report about one file, or would write over it.
func (o outputs) check(inputs []string) error {
	var names []string
	for _, name := range []string{o.xml, o.pdf} {
		if name != "" {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case len(inputs) > 1:
		return errors.New("-xml and -pdf write a report about one file: name one")
	case len(names) == 2 && absolute(o.xml) == absolute(o.pdf):
		return errors.New("-xml and -pdf name the same file")
	}
	in, err := os.Stat(inputs[0])
	if err != nil {
		return err
	}
	for _, name := range names {
		out, err := os.Stat(name)
		switch {
		case err != nil: // it is new
		case os.SameFile(in, out):
			return fmt.Errorf("%s is the input: it is not written over", name)
		case !out.Mode().IsRegular():
			return fmt.Errorf("%s is not a file that can be replaced", name)
		}
	}
	return nil
}

// absolute returns the place that a name means, the name if that is not known.
func absolute(name string) string {
	if p, err := filepath.Abs(name); err == nil {
		return p
	}
	return name
}

// write writes the reports that were asked for about the file in r.
func (o outputs) write(r io.Reader, name string, rep *verify.Report) error {
	if o == (outputs{}) {
		return nil
	}
	doc, err := report.Describe(r, filepath.Base(name))
	if err != nil {
		return err
	}
	if o.xml != "" {
		if err := replace(o.xml, func(w io.Writer) error { return report.XML(w, doc, rep) }); err != nil {
			return err
		}
	}
	if o.pdf != "" {
		return replace(o.pdf, func(w io.Writer) error { return report.PDF(w, doc, rep, verify.Chinese) })
	}
	return nil
}

// replace writes a file beside its place and renames it, so that it is never half there.
// Its mode is that of any new file.
func replace(path string, write func(io.Writer) error) (err error) {
	var random [8]byte
	rand.Read(random[:]) // it never fails
	name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".verifypdf-%x", random))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	if err = errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(name, path)
}
