// Package s3 keeps blobs in object storage that speaks the S3 protocol, through
// minio-go.
//
// An object is named by the digest of its content and the time at which it was put. A
// blob that is put again becomes a new object beside the old one, until the old one is
// removed. A Delete removes only objects that it has seen and found old. So it never
// takes what another process puts at that moment: the blob stays, as its new object.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/store"
)

// Config says where blobs are. Client, Bucket and Now are required. The bucket must
// exist, and must keep no old versions of objects, or let them expire. The client needs
// the rights to list it, and to read, write and delete objects and uploads under
// Prefix. Retries, timeouts and credentials are settings of the client. A client
// without a region asks the server for it once, before its first request.
type Config struct {
	Client *minio.Client
	Bucket string
	Prefix string           // before the name of every object, such as "contracts/"; may be empty
	Now    func() time.Time // safe for concurrent use; the clocks of all processes agree to a minute
	Temp   string           // folder for content in transit; empty means the system's
}

// Blobs is a [store.Blobs] in a bucket. Content passes through a file in Config.Temp
// both ways. On the way in, its digest must be known before it has a name; on the way
// out, it is checked whole before the first byte is used. It may be used concurrently,
// by many processes.
type Blobs struct {
	cfg Config
}

// New checks a configuration. It does not contact the server.
func New(c Config) (*Blobs, error) {
	err := fault.Required("s3", fault.Field{Name: "Client", OK: c.Client != nil},
		fault.Field{Name: "Bucket", OK: c.Bucket != ""}, fault.Field{Name: "Now", OK: c.Now != nil})
	if err != nil {
		return nil, err
	}
	return &Blobs{c}, nil
}

// object is one object: a blob as it was put at one time.
type object struct {
	digest store.Digest
	stored time.Time
	size   int64
	key    string
}

// key names an object: the digest, then the microseconds since 1970 in 16 digits. So
// the objects of one blob stand together and in order.
func (b *Blobs) key(d store.Digest, stored time.Time) string {
	return fmt.Sprintf("%s%s-%016x", b.cfg.Prefix, d, uint64(stored.UnixMicro()))
}

// parse reads a key back. It reports false for objects with other names.
func (b *Blobs) parse(info minio.ObjectInfo) (object, bool) {
	name, ours := strings.CutPrefix(info.Key, b.cfg.Prefix)
	text, at, cut := strings.Cut(name, "-")
	d, err := store.ParseDigest(text)
	micros, merr := strconv.ParseInt(at, 16, 64)
	o := object{digest: d, stored: time.UnixMicro(micros), size: info.Size, key: info.Key}
	return o, ours && cut && err == nil && merr == nil && b.key(d, o.stored) == info.Key
}

// objects lists what is stored under names that begin with a digest's digits, in order.
func (b *Blobs) objects(ctx context.Context, digits string) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(object{}, err)
			return
		}
		for info := range b.cfg.Client.ListObjectsIter(ctx, b.cfg.Bucket, minio.ListObjectsOptions{Prefix: b.cfg.Prefix + digits, Recursive: true}) {
			if info.Err != nil {
				yield(object{}, fmt.Errorf("s3: list: %w", info.Err))
				return
			}
			if o, ok := b.parse(info); ok && !yield(o, nil) {
				return
			}
		}
		// The client ends a cancelled listing as if it were whole.
		if err := ctx.Err(); err != nil {
			yield(object{}, fmt.Errorf("s3: list: %w", err))
		}
	}
}

// newest returns the object that counts for a blob, which is its last one, and all the
// others.
func (b *Blobs) newest(ctx context.Context, d store.Digest) (last object, older []object, err error) {
	for o, err := range b.objects(ctx, d.String()) {
		if err != nil {
			return object{}, nil, err
		}
		if last.key != "" {
			older = append(older, last)
		}
		last = o
	}
	if last.key == "" {
		return object{}, nil, fmt.Errorf("s3: blob %s: %w", d, store.ErrNotFound)
	}
	return last, older, nil
}

// Put implements [store.Blobs]. The server checks what arrives against the MD5 of the
// whole, or of each part of a large blob (Content-MD5). This protects against
// accidents; the digest protects against everything else.
func (b *Blobs) Put(ctx context.Context, r io.Reader) (store.Digest, int64, error) {
	fail := func(err error) (store.Digest, int64, error) {
		return store.Digest{}, 0, fmt.Errorf("s3: put: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	f, d, err := b.spool(ctx, r)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	key := b.key(d, b.cfg.Now())
	opts := minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: partSize, SendContentMd5: true}
	info, err := b.cfg.Client.PutObject(ctx, b.cfg.Bucket, key, io.NewSectionReader(f, 0, f.size), f.size, opts)
	if err == nil && info.Size != f.size {
		err = fmt.Errorf("%d of %d bytes arrived", info.Size, f.size)
	}
	if err != nil {
		return fail(err)
	}
	if err := b.supersede(ctx, d, key); err != nil {
		return fail(err)
	}
	return d, f.size, nil
}

// partSize is the largest content that is sent in one piece, and the size of the pieces
// of larger content, in bytes.
const partSize = 16 << 20

// supersede removes the objects of a blob that are older than the one just put.
func (b *Blobs) supersede(ctx context.Context, d store.Digest, key string) error {
	for o, err := range b.objects(ctx, d.String()) {
		if err != nil {
			return err
		}
		if o.key < key {
			if err := b.remove(ctx, o.key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Blobs) remove(ctx context.Context, key string) error {
	return b.cfg.Client.RemoveObject(ctx, b.cfg.Bucket, key, minio.RemoveObjectOptions{})
}

// Open implements [store.Blobs]. If a blob is put again meanwhile, Open looks for it
// again under its new name.
func (b *Blobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	const tries = 3
	for try := 1; ; try++ {
		o, _, err := b.newest(ctx, d)
		if err != nil {
			return nil, err
		}
		f, err := b.fetch(ctx, o)
		if err == nil {
			return f, nil
		}
		// ToErrorResponse does not look into wrapped errors.
		if said, _ := errors.AsType[minio.ErrorResponse](err); try == tries || said.Code != minio.NoSuchKey {
			return nil, fmt.Errorf("s3: open: %w", err)
		}
	}
}

func (b *Blobs) fetch(ctx context.Context, o object) (*file, error) {
	body, err := b.cfg.Client.GetObject(ctx, b.cfg.Bucket, o.key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	f, got, err := b.spool(ctx, body)
	if err != nil {
		return nil, err
	}
	if got != o.digest {
		return nil, errors.Join(&store.DigestError{Want: o.digest, Got: got}, f.Close())
	}
	return f, nil
}

// Has implements [store.Blobs].
func (b *Blobs) Has(ctx context.Context, d store.Digest) (bool, error) {
	_, _, err := b.newest(ctx, d)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Delete implements [store.Blobs].
func (b *Blobs) Delete(ctx context.Context, d store.Digest, before time.Time) error {
	last, older, err := b.newest(ctx, d)
	if err != nil {
		return err
	}
	if !last.stored.Before(before) {
		return nil
	}
	for _, o := range append(older, last) {
		if err := b.remove(ctx, o.key); err != nil {
			return fmt.Errorf("s3: delete: %w", err)
		}
	}
	return nil
}

// List implements [store.Blobs]. It skips objects with other names.
func (b *Blobs) List(ctx context.Context) iter.Seq2[store.BlobInfo, error] {
	return func(yield func(store.BlobInfo, error) bool) {
		var last object
		emit := func() bool {
			return last.key == "" || yield(store.BlobInfo{Digest: last.digest, Size: last.size, Stored: last.stored}, nil)
		}
		for o, err := range b.objects(ctx, "") {
			if err != nil {
				yield(store.BlobInfo{}, err)
				return
			}
			if o.digest != last.digest && !emit() {
				return
			}
			last = o
		}
		emit()
	}
}

// Clean implements [store.Cleaner]. It ends the uploads in parts that began before the
// given moment, by the server's clock, and never finished.
func (b *Blobs) Clean(ctx context.Context, before time.Time) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // also ends the listing
	n := 0
	for up := range b.cfg.Client.ListIncompleteUploads(ctx, b.cfg.Bucket, b.cfg.Prefix, true) {
		if up.Err != nil {
			return n, fmt.Errorf("s3: clean: %w", up.Err)
		}
		if _, ours := b.parse(minio.ObjectInfo{Key: up.Key}); !ours || !up.Initiated.Before(before) {
			continue
		}
		core := minio.Core{Client: b.cfg.Client}
		if err := core.AbortMultipartUpload(ctx, b.cfg.Bucket, up.Key, up.UploadID); err != nil {
			return n, fmt.Errorf("s3: clean: %w", err)
		}
		n++
	}
	return n, ctx.Err()
}
