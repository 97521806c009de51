package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/internal/test/samples"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

func pageNumbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// TestStraddleRepeats: over more pages than leave strips of a millimetre, one signature
// shows the whole seal several times.
func TestStraddleRepeats(t *testing.T) {
	ca := newCA(t, devca.P256)
	for _, c := range []struct {
		pages, side int
		want        []int
	}{{40, 40, []int{40}}, {41, 40, []int{20, 21}}, {100, 40, []int{33, 33, 34}}, {4, 3, []int{2, 2}}, {7, 3, []int{2, 2, 3}}} {
		req := request(ca, credential(t, ca), signer.BB, "S")
		req.NewField.Straddle = &signer.Straddle{Pages: pageNumbers(c.pages), At: 0.5, Width: float64(c.side), Height: 20}
		req.Appearance = oblong{float64(c.side), 20}
		out := sign(t, samples.PDF(samples.Spec{Pages: samples.A4(c.pages)}), req)
		valid(t, ca, out)
		f, fm := form(t, out)
		no := 0
		for _, n := range c.want {
			for i := range n {
				no++
				fd, ok := fm.Find(fmt.Sprintf("S-骑缝-%d", no))
				if !ok {
					t.Fatalf("page %d has no strip", no)
				}
				ap, _ := fd.Dict.Get("AP").(*pdf.Dict)
				states, _ := ap.Get("N").(*pdf.Dict)
				o, err := f.Resolve(states.Get("On"))
				st, ok := o.(*pdf.Stream)
				if err != nil || !ok {
					t.Fatalf("page %d shows nothing, %v", no, err)
				}
				part, err := f.Rect(st.Dict.Get("BBox"))
				w := float64(c.side) / float64(n)
				if d := part.X0 - w*float64(i); err != nil || d > 1e-3 || d < -1e-3 {
					t.Errorf("%d pages: page %d shows from %.3f, want %.3f", c.pages, no, part.X0, w*float64(i))
				}
			}
		}
	}
}

// oblong is an appearance of a width and a height.
type oblong struct{ w, h float64 }

func (o oblong) Vector() ([]byte, float64, float64) {
	return fmt.Appendf(nil, "1 0 0 rg 0 0 %g %g re f\n", o.w, o.h), o.w, o.h
}

// TestStraddleLimits: seals across all pages of a document up to the limits, of parties
// that sign one after the other, laid out together.
func TestStraddleLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of pages")
	}
	for _, c := range []struct{ pages, parties int }{{4990, 1}, {900, 10}} {
		ca := newCA(t, devca.P256)
		var fields []signer.Element
		for i := range c.parties {
			fields = append(fields, signer.Field{Name: fmt.Sprint("P", i+1), Straddle: &signer.Straddle{Pages: pageNumbers(c.pages),
				At: (float64(i) + 0.5) / float64(c.parties), Width: 20, Height: 20}})
		}
		doc := layout(t, samples.PDF(samples.Spec{Pages: samples.A4(c.pages)}), fields...)
		cred := credential(t, ca)
		for i := range c.parties {
			req := request(ca, cred, signer.BB, "")
			req.NewField, req.Field, req.Appearance = nil, fmt.Sprint("P", i+1), box(20)
			doc = sign(t, doc, req)
		}
		valid(t, ca, doc)
	}
	var limit *pdf.LimitError
	many := signer.Straddle{Pages: pageNumbers(5000), At: 0.5, Width: 20, Height: 20}
	err := signer.Layout(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{Pages: samples.A4(5000)})),
		signer.Field{Name: "A", Straddle: &many}, signer.Field{Name: "B", Straddle: &many})
	if !errors.As(err, &limit) || limit.Resource != "FIELDS" {
		t.Errorf("10,002 fields: %v", err)
	}
	over := signer.Field{Name: "S", Straddle: &signer.Straddle{Pages: pageNumbers(5001), At: 0.5, Width: 20, Height: 20}}
	err = signer.Layout(t.Context(), &bytes.Buffer{}, open(t, samples.PDF(samples.Spec{Pages: samples.A4(5000)})), over)
	if !errors.Is(err, signer.ErrOffPage) {
		t.Errorf("5,001 pages: %v", err)
	}
}
