package signer_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
	"github.com/dajiaqian/dajiaqian/signer"
	"github.com/dajiaqian/dajiaqian/signer/devca"
)

// shown returns the part of the artwork, in mm, that a button shows; false if it shows
// nothing.
func shown(t *testing.T, b []byte, name string) (pdf.Rect, bool) {
	t.Helper()
	f, fm := form(t, b)
	fd, ok := fm.Find(name)
	if !ok {
		t.Fatalf("no field %q", name)
	}
	ap, _ := fd.Dict.Get("AP").(*pdf.Dict)
	n, _ := ap.Get("N").(*pdf.Dict)
	o, err := f.Resolve(n.Get("On"))
	if err != nil {
		t.Fatal(err)
	}
	st, ok := o.(*pdf.Stream)
	if !ok {
		return pdf.Rect{}, false
	}
	r, err := f.Rect(st.Dict.Get("BBox"))
	if err != nil {
		t.Fatal(err)
	}
	return r, true
}

// TestLockAllShowsEverywhere: a seal comes to all its places whatever the signature
// locks, whether the lock is in the layout or in the signing.
func TestLockAllShowsEverywhere(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	field := signer.Field{Name: "甲方", Page: 1, Box: signer.Around(60, 60, 40, 40),
		Also:     []signer.Place{{Page: 2, Box: signer.Around(60, 60, 40, 40)}},
		Straddle: &signer.Straddle{Pages: []int{1, 2}, At: 0.5, Width: 40, Height: 40}}
	for name, c := range map[string]struct {
		laid bool
		lock *signer.Lock
	}{"layout": {true, nil}, "request": {false, &signer.Lock{All: true}}} {
		t.Run(name, func(t *testing.T) {
			fd := field
			fd.Lock.All = c.laid
			laid := layout(t, tablePDF(2), fd)
			req := request(ca, cred, signer.BT, "")
			req.NewField, req.Field, req.Appearance, req.Lock = nil, "甲方", box(40), c.lock
			out := sign(t, laid, req)
			for _, b := range []string{"甲方-盖章-1", "甲方-骑缝-1", "甲方-骑缝-2"} {
				if _, ok := shown(t, out, b); !ok {
					t.Errorf("%s shows nothing", b)
				}
			}
			valid(t, ca, out)
		})
	}
}

// TestStraddleKeepsTrueSize: a smaller seal stands in the middle of strips laid out for
// a larger one; a larger one is refused. Neither is stretched.
func TestStraddleKeepsTrueSize(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	laid := layout(t, tablePDF(2), signer.Field{Name: "S", Straddle: &signer.Straddle{Pages: []int{1, 2}, At: 0.5, Width: 40, Height: 40}})
	req := request(ca, cred, signer.BT, "")
	req.NewField, req.Field, req.Appearance = nil, "S", box(30)
	out := sign(t, laid, req)
	for name, want := range map[string]pdf.Rect{"S-骑缝-1": {X0: -5, Y0: -5, X1: 15, Y1: 35}, "S-骑缝-2": {X0: 15, Y0: -5, X1: 35, Y1: 35}} {
		got, _ := shown(t, out, name)
		if math.Abs(got.X0-want.X0)+math.Abs(got.Y0-want.Y0)+math.Abs(got.X1-want.X1)+math.Abs(got.Y1-want.Y1) > 0.05 {
			t.Errorf("%s shows %v, want %v", name, got, want)
		}
	}
	valid(t, ca, out)
	req.Appearance = box(50)
	if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, laid), req); !errors.Is(err, signer.ErrBoxTooSmall) {
		t.Errorf("a larger seal: %v", err)
	}
}

// oddBox claims a size that no box has.
type oddBox struct{ w, h float64 }

func (o oddBox) Vector() ([]byte, float64, float64) { return []byte("0 0 1 1 re f"), o.w, o.h }

func TestOddSizes(t *testing.T) {
	ca := newCA(t, devca.P256)
	cred := credential(t, ca)
	for _, a := range []oddBox{{math.NaN(), 1}, {1, math.Inf(1)}, {-1, 1}, {0, 0}, {math.Inf(-1), 1}, {500, 500}} {
		req := request(ca, cred, signer.BB, "S")
		req.NewField.Page, req.NewField.Box, req.Appearance = 1, signer.Around(60, 60, 42, 42), a
		if err := signer.Sign(t.Context(), &bytes.Buffer{}, open(t, tablePDF(1)), req); !errors.Is(err, signer.ErrBoxTooSmall) {
			t.Errorf("%v: %v", a, err)
		}
	}
}
