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

// Copied counts what a copy of blobs moved.
type Copied struct {
	Blobs int
	Bytes int64
}

// Backup copies blobs, then lets database copy the rows, then copies the blobs that
// came meanwhile. After it, the store to holds every blob that the copied rows name.
// The system may keep working. Only a [Sweep] that runs at the same time must have been
// given a moment before the start of this Backup.
//
// Copied counts what was copied even if there is an error. A later Backup does not copy
// it again: to may be the folder of yesterday's backup. If a blob in from is damaged,
// Backup copies the rest and then returns the error of [CopyBlobs].
func Backup(ctx context.Context, to, from Blobs, database func(context.Context) error) (Copied, error) {
	// What is there before the rows are read is copied now. What is put later is newer
	// than this moment, and no sweep takes it. Copying the rows first and the blobs
	// after them would lose a blob that is disowned and swept in between.
	first, err := CopyBlobs(ctx, to, from)
	if err != nil && !errors.Is(err, ErrDigest) {
		return first, err
	}
	if err := database(ctx); err != nil {
		return first, err
	}
	rest, err := CopyBlobs(ctx, to, from) // reports damaged blobs again
	return Copied{first.Blobs + rest.Blobs, first.Bytes + rest.Bytes}, err
}

// CopyBlobs copies the blobs that from has and to lacks, and checks each against its
// digest on the way. It compares the two lists, so a copy that broke off continues
// where it stopped. It skips a blob that is deleted meanwhile.
//
// It returns a [DigestError] if a blob is damaged, after it has copied the others. It
// stops at the 100th damaged blob.
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

// Names calls each for every blob that the rows of one package name, at least once per
// blob: it is the method Named of a service. An error of each ends it.
type Names = func(ctx context.Context, each func(Digest) error) error

// CheckBlobs reads every blob that the rows of these packages name, and returns how
// many there are. It returns [ErrNotFound] if one is missing and a [DigestError] if one
// is damaged; the error names up to 100 of them. It is the last step of a restore. It
// takes 32 bytes of memory per name.
func CheckBlobs(ctx context.Context, b Blobs, packages ...Names) (int, error) {
	var all []Digest
	for _, names := range packages {
		err := names(ctx, func(d Digest) error { all = append(all, d); return nil })
		if err != nil {
			return 0, err
		}
	}
	slices.SortFunc(all, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	all = slices.Compact(all)
	var faults []error
	for _, d := range all {
		blob, err := b.Open(ctx, d) // reads it to its end
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
