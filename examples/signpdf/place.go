package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dajiaqian/dajiaqian/signer"
)

// numbers reads n numbers separated by commas.
func numbers(flag, s string, n int) ([]float64, error) {
	parts := strings.Split(s, ",")
	if len(parts) != n {
		return nil, fmt.Errorf("-%s takes %d numbers separated by commas, not %q", flag, n, s)
	}
	out := make([]float64, n)
	for i, p := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return nil, fmt.Errorf("-%s: %q is not a number", flag, p)
		}
		out[i] = v
	}
	return out, nil
}

// pageList reads "1-3,5"; an empty list means every page up to last.
func pageList(flag, s string, last int) ([]int, error) {
	var out []int
	if s == "" {
		for i := range last {
			out = append(out, i+1)
		}
		return out, nil
	}
	for _, part := range strings.Split(s, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		a, err := strconv.Atoi(from)
		b := a
		if err == nil && ranged {
			b, err = strconv.Atoi(to)
		}
		if err != nil || a < 1 || b < a || b > last || len(out) > 0 && a <= out[len(out)-1] {
			return nil, fmt.Errorf("-%s: %q is no ascending list of pages from 1 to %d", flag, s, last)
		}
		for ; a <= b; a++ {
			out = append(out, a)
		}
	}
	return out, nil
}

// newField reads NAME=page,x,y,w,h, or NAME=side,w,h,at of a straddling seal.
func newField(s string, pages int) (signer.Field, error) {
	name, rest, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return signer.Field{}, fmt.Errorf("-new-field takes NAME=page,x,y,w,h, not %q", s)
	}
	if word, rest, _ := strings.Cut(rest, ","); isSide(word) {
		v, err := numbers("new-field", rest, 3)
		if err != nil {
			return signer.Field{}, err
		}
		all, err := pageList("new-field", "", pages)
		return signer.Field{Name: name, Straddle: &signer.Straddle{Pages: all, Side: sides[word], Width: v[0], Height: v[1], At: v[2]}}, err
	}
	v, err := numbers("new-field", rest, 5)
	if err != nil {
		return signer.Field{}, err
	}
	if v[0] != float64(int(v[0])) {
		return signer.Field{}, fmt.Errorf("-new-field: %v is no page", v[0])
	}
	return signer.Field{Name: name, Page: int(v[0]), Box: signer.Box{X: v[1], Y: v[2], W: v[3], H: v[4]}}, nil
}

var sides = map[string]signer.Side{"right": signer.Right, "left": signer.Left, "top": signer.Top, "bottom": signer.Bottom}

func isSide(word string) bool { _, ok := sides[word]; return ok }

// place decides where the signature goes: into an existing field, into the one
// -new-field that is to be signed, or into a field made for the seal.
func (o *options) place(ctx context.Context, j *job, req *signer.Request) error {
	if o.field != "" {
		req.Field = o.field
		return nil
	}
	if len(o.newFields) == 1 {
		f, err := newField(o.newFields[0], j.pages)
		if err != nil {
			return err
		}
		req.NewField = &f
		return nil
	}
	name, err := j.doc.FreshName("Signature")
	if err != nil {
		return err
	}
	f := signer.Field{Name: name}
	if req.Appearance != nil {
		_, w, h := req.Appearance.Vector()
		places, err := o.places(ctx, j, w, h)
		if err != nil {
			return err
		}
		if o.straddle != "" {
			if f.Straddle, err = o.across(j, w, h); err != nil {
				return err
			}
		}
		if len(places) > 0 {
			f.Page, f.Box, f.Also = places[0].Page, places[0].Box, places[1:]
		}
	}
	req.NewField = &f
	return nil
}

// places returns where the whole seal is stamped; none for a 骑缝章 alone.
func (o *options) places(ctx context.Context, j *job, w, h float64) ([]signer.Place, error) {
	pages := []int{o.page}
	if o.pages != "" {
		var err error
		if pages, err = pageList("pages", o.pages, j.pages); err != nil {
			return nil, err
		}
	}
	switch {
	case o.keyword != "":
		return o.onKeyword(ctx, j, w, h)
	case o.at != "":
		v, err := numbers("at", o.at, 2)
		if err != nil {
			return nil, err
		}
		var out []signer.Place
		for _, p := range pages {
			out = append(out, signer.Place{Page: p, Box: signer.Around(v[0], v[1], w, h)})
		}
		return out, nil
	case o.straddle != "":
		return nil, nil
	}
	var out []signer.Place
	for _, p := range pages { // near the lower right corner
		pw, ph, err := j.doc.PageSize(p)
		if err != nil {
			return nil, err
		}
		const margin = 20
		out = append(out, signer.Place{Page: p, Box: signer.Around(max(w/2, pw-margin-w/2), max(h/2, ph-margin-h/2), w, h)})
	}
	return out, nil
}

func (o *options) across(j *job, w, h float64) (*signer.Straddle, error) {
	side, ok := sides[o.straddle]
	if !ok {
		return nil, fmt.Errorf("-straddle is right, left, top or bottom, not %q", o.straddle)
	}
	pages, err := pageList("straddle-pages", o.straddlePages, j.pages)
	return &signer.Straddle{Pages: pages, Side: side, At: o.straddleAt, Width: w, Height: h}, err
}
