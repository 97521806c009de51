package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// maxFaults is how many bad blobs CopyBlobs and CheckBlobs go past before they stop.
const maxFaults = 100

// Copied is what a copy of blobs moved.
type Copied struct {
	Blobs int
	Bytes int64
}

// Backup copies blobs, then has database make its copy of the rows, then copies the
// blobs that came meanwhile, so that to holds every blob that the copied rows name. All
// may be at work; only a [Sweep] under way must have been given a moment, before, that
// is earlier than the start of this Backup.
//
// What was copied counts also when there is an error, and is not copied again next
// time: to may be the folder of yesterday's backup. A blob that is damaged in from is
// an error as [CopyBlobs] gives it, after the rest was copied.
func Backup(ctx context.Context, to, from Blobs, database func(context.Context) error) (Copied, error) {
	// What is there before the rows are read is copied now. What is put later is newer
	// than this moment, which no sweep takes. Rows first and blobs then would lose a
	// blob of the rows that is disowned, and swept, in between.
	first, err := CopyBlobs(ctx, to, from)
	if err != nil && !errors.Is(err, ErrDigest) {
		return first, err
	}
	if err := database(ctx); err != nil {
		return first, err
	}
	rest, err := CopyBlobs(ctx, to, from) // meets what is damaged again
	return Copied{first.Blobs + rest.Blobs, first.Bytes + rest.Bytes}, err
}

// CopyBlobs copies to one store what another has and it has not, each checked against
// its digest on the way. It reads both lists and nothing else of what is in both, so
// that a copy that broke off goes on where it was. A blob that goes meanwhile is passed over.
//
// A damaged blob is a [DigestError], after the others were copied; the 100th ends the copy.
func CopyBlobs(ctx context.Context, to, from Blobs) (Copied, error) {
	var n Copied
	var faults []error
	have, stop := iter.Pull2(to.List(ctx))
	defer stop()
	last, err, more := have()
	for info, ferr := range from.List(ctx) {
		if ferr != nil {
			return n, errors.Join(append(faults, ferr)...)
		}
		for more && err == nil && bytes.Compare(last.Digest[:], info.Digest[:]) < 0 {
			last, err, more = have()
		}
		if err != nil {
			return n, errors.Join(append(faults, err)...)
		}
		if more && last.Digest == info.Digest {
			continue
		}
		switch size, err := copyBlob(ctx, to, from, info.Digest); {
		case err == nil:
			n.Blobs++
			n.Bytes += size
		case errors.Is(err, ErrDigest) && len(faults) < maxFaults-1:
			faults = append(faults, err)
		case !errors.Is(err, ErrNotFound):
			return n, errors.Join(append(faults, err)...)
		}
	}
	return n, errors.Join(faults...)
}

func copyBlob(ctx context.Context, to, from Blobs, d Digest) (int64, error) {
	b, err := from.Open(ctx, d)
	if err != nil {
		return 0, err
	}
	got, size, err := to.Put(ctx, io.NewSectionReader(b, 0, b.Size()))
	if err = errors.Join(err, b.Close()); err == nil && got != d {
		err = &DigestError{Want: d, Got: got}
	}
	return size, err
}

// Names goes through the blobs that the rows of one room name, each at least once:
// the method Named of a service. An error of each ends it.
type Names = func(ctx context.Context, each func(Digest) error) error

// CheckBlobs reads every blob that the rooms name, and returns how many there are. One
// that is missing is [ErrNotFound], a damaged one a [DigestError]; the error names up to 100
// of them. It is the last step of a restore. It takes 32 bytes of memory a name.
func CheckBlobs(ctx context.Context, b Blobs, rooms ...Names) (int, error) {
	var all []Digest
	for _, names := range rooms {
		err := names(ctx, func(d Digest) error { all = append(all, d); return nil })
		if err != nil {
			return 0, err
		}
	}
	slices.SortFunc(all, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	all = slices.Compact(all)
	var faults []error
	for _, d := range all {
		blob, err := b.Open(ctx, d) // which reads it to its end
		if err == nil {
			err = blob.Close()
		}
		switch {
		case err == nil:
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDigest):
			return len(all), errors.Join(append(faults, err)...)
		default:
			if faults = append(faults, fmt.Errorf("store: blob %s: %w", d, err)); len(faults) == maxFaults {
				return len(all), errors.Join(faults...)
			}
		}
	}
	return len(all), errors.Join(faults...)
}
