package verify

import (
	"context"

	"github.com/dajiaqian/dajiaqian/internal/pdf"
)

// startCovered begins to look at what the signatures cover, beside the hashing of it: a
// signed revision that readers could read in two ways is named by a warning (A39). Until
// the function that it returns has waited, and warned, the file must not be used.
func (v *verifier) startCovered(ctx context.Context) (wait func() error) {
	var end int64
	for _, c := range v.sigs {
		if c.placed {
			end = max(end, c.end)
		}
	}
	if end == 0 {
		return func() error { return nil }
	}
	result := make(chan error, 1)
	go func() { result <- v.f.CheckCovered(ctx, v.revs, end) }()
	return func() error {
		err := <-result
		if !pdf.IsFault(err) {
			return err
		}
		for _, c := range v.sigs {
			if c.placed {
				c.warn(StructAmbiguous)
			}
		}
		return nil
	}
}
