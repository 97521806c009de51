package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/dajiaqian/dajiaqian/signer"
)

// say prints what would be done and what was found.
func (o *options) say(w io.Writer, j *job, req signer.Request) error {
	found, err := j.doc.Findings(req)
	if err != nil {
		return err
	}
	var b strings.Builder
	leaf := req.Credential.Chain[0]
	fmt.Fprintf(&b, "document: %s, %d bytes, %d pages, signed already: %v\n", o.in, j.size, j.pages, j.signed)
	fmt.Fprintf(&b, "signature: %v, certificate of %q, valid %s to %s, issued by %q\n", req.Level, leaf.Subject.CommonName,
		leaf.NotBefore.Format("2006-01-02"), leaf.NotAfter.Format("2006-01-02"), leaf.Issuer.CommonName)
	if f := req.NewField; f != nil {
		fmt.Fprintf(&b, "field: %q, new, on page %d", f.Name, max(f.Page, 1))
		if f.Box != (signer.Box{}) {
			fmt.Fprintf(&b, ", %.1f × %.1f mm at (%.1f, %.1f)", f.Box.W, f.Box.H, f.Box.X, f.Box.Y)
		} else {
			b.WriteString(", not shown")
		}
		if n := len(f.Also); n > 0 {
			fmt.Fprintf(&b, ", and in %d more places", n)
		}
		b.WriteString("\n")
	} else {
		fmt.Fprintf(&b, "field: %q\n", req.Field)
	}
	for _, f := range found {
		stops := "mentioned"
		if f.Stops {
			stops = "stops the signing"
		}
		fmt.Fprintf(&b, "found, %s: %s %s", stops, f.Code, f.Zh())
		if f.Detail != "" {
			fmt.Fprintf(&b, " (%s)", f.Detail)
		}
		b.WriteString("\n")
	}
	if len(found) == 0 {
		b.WriteString("found: nothing\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}
