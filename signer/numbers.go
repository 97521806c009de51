package signer

import "context"

// startAwaited begins to find out which numbers new objects must not have, because
// something in the document refers to them already: it would turn up there too. This
// takes one more reading of the file, beside the one that hashes it. The function that
// it returns waits, and must be called.
func (d *Document) startAwaited(ctx context.Context) (wait func() error) {
	if d.scanned {
		return func() error { return nil }
	}
	var found map[uint32]bool
	done := make(chan error, 1)
	go func() {
		var err error
		found, err = d.f.Awaited(ctx)
		done <- err
	}()
	return func() error {
		err := <-done
		if err != nil {
			return inputFault(err)
		}
		d.awaited, d.scanned = found, true
		return nil
	}
}
