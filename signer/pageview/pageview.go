package pageview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Errors of this package. A fault of a file is an [*InputError]; too much of something
// is a [*LimitError].
var (
	ErrClosed   = errors.New("pageview: closed")
	ErrPassword = errors.New("pageview: the password is missing or wrong")
	ErrNoPage   = errors.New("pageview: there is no such page")
	ErrKeyword  = errors.New("pageview: the keyword is empty or longer than 200 characters")
	// ErrStopped says that an operation ran out of time; it comes with the context's
	// error. The document can still be used.
	ErrStopped = errors.New("pageview: stopped before it was done")
	// ErrSandbox says that PDFium gave up inside its sandbox, most often because memory
	// ran out. The document can still be used.
	ErrSandbox = errors.New("pageview: the file cannot be handled within the sandbox")
)

// InputError says that a file is not a PDF that PDFium can read.
type InputError struct{ Err error }

// Error names the reason.
func (e *InputError) Error() string { return "pageview: unusable document: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *InputError) Unwrap() error { return e.Err }

// LimitError says that a request or a file needs more than is allowed.
type LimitError struct {
	Resource string // "pages", "pixels", "dpi", "characters", "matches" or "bytes"
	Limit    int64
}

// Error names the resource and its limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("pageview: more than %d %s", e.Limit, e.Resource)
}

// Fixed limits.
const (
	maxDPI     = 1200
	minDPI     = 10
	maxChars   = 200_000 // of one page
	maxMatches = 10_000
	maxInput   = 256 << 20
	maxKeyword = 200
)

// Config holds the limits of a [Viewer]. The zero value is useful.
type Config struct {
	// CacheDir keeps compiled code between runs of the program; it is made if it is
	// missing. Its files are executed, so only the program may have the right to write
	// there. If it is empty, each New compiles again.
	CacheDir string
	// Documents is how many may be open at a time, each in its own instance: 1 to 64, 0
	// means 4. Open waits for a free one.
	Documents int
	// Memory in bytes that one document may take inside the sandbox: 64 MiB to 2 GiB, 0
	// means 512 MiB. A picture takes four bytes of it per pixel. The process takes up
	// to Documents times as much.
	Memory int64
	// Timeout limits each call besides its context; 0 means one minute.
	Timeout time.Duration
	// MaxPages of a document; 0 means 5,000.
	MaxPages int
	// MaxPixels of one picture: up to 100 million, 0 means 40 million.
	MaxPixels int64
	// Fonts are faces, as TrueType or OpenType files or collections, for pages whose fonts
	// are not embedded; at most 256 MiB in all. A Song face, and Latin ones, are always
	// there. The files must not change afterwards.
	Fonts [][]byte
}

// defaults fills in zero fields, and returns an error that names the first field out of
// range.
func (c Config) defaults() (Config, error) {
	def := func(v *int64, zero, low, high int64, name string) error {
		if *v == 0 {
			*v = zero
		}
		if *v < low || *v > high {
			return fmt.Errorf("pageview: Config.%s is %d, not within %d to %d", name, *v, low, high)
		}
		return nil
	}
	docs, pages, timeout := int64(c.Documents), int64(c.MaxPages), int64(c.Timeout)
	err := errors.Join(
		def(&docs, 4, 1, 64, "Documents"),
		def(&c.Memory, 512<<20, 64<<20, 2<<30, "Memory"),
		def(&timeout, int64(time.Minute), 1, int64(time.Hour), "Timeout"),
		def(&pages, 5_000, 1, 100_000, "MaxPages"),
		def(&c.MaxPixels, 40_000_000, 1, 100_000_000, "MaxPixels"))
	c.Documents, c.MaxPages, c.Timeout = int(docs), int(pages), time.Duration(timeout)
	return c, err
}

// Viewer draws pages. It is safe for concurrent use.
type Viewer struct {
	cfg   Config
	pool  pdfium.Pool
	cache wazero.CompilationCache // nil without CacheDir
	slots chan struct{}           // one for each open document
	done  chan struct{}           // closed by Close

	mu   sync.Mutex
	docs map[*Document]struct{} // nil when closed
}

// New compiles PDFium, or takes it from Config.CacheDir. It takes seconds and cannot be
// interrupted once it runs.
func New(ctx context.Context, cfg Config) (*Viewer, error) {
	cfg, err := cfg.defaults()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	faces, err := standIns(cfg.Fonts)
	if err != nil {
		return nil, err
	}
	const wasmPage = 64 << 10
	rc := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(uint32(cfg.Memory / wasmPage)).
		WithCloseOnContextDone(true) // otherwise a loop inside PDFium could not be stopped
	v := &Viewer{cfg: cfg, slots: make(chan struct{}, cfg.Documents), done: make(chan struct{}), docs: map[*Document]struct{}{}}
	if cfg.CacheDir != "" {
		if v.cache, err = wazero.NewCompilationCacheWithDir(cfg.CacheDir); err != nil {
			return nil, fmt.Errorf("pageview: Config.CacheDir: %w", err)
		}
		rc = rc.WithCompilationCache(v.cache)
	}
	v.pool, err = webassembly.Init(webassembly.Config{
		Context:       context.WithoutCancel(ctx),
		MaxTotal:      -1,                                           // slots limits it
		FSConfig:      wazero.NewFSConfig().WithFSMount(faces, "/"), // the library's default is the whole disk
		RuntimeConfig: rc,
		Stdout:        io.Discard, Stderr: io.Discard,
		RandomSource: zeros{}, // equal input gives equal pictures
	})
	if err != nil {
		if v.cache != nil {
			err = errors.Join(err, v.cache.Close(ctx))
		}
		return nil, fmt.Errorf("pageview: %w", err)
	}
	return v, nil
}

// zeros gives the sandbox its randomness. PDFium needs it only to write encrypted
// files, which is not done here.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// Close waits for running calls, closes every document, and frees the compiled code.
// Later calls return [ErrClosed].
func (v *Viewer) Close() error {
	v.mu.Lock()
	docs := v.docs
	v.docs = nil
	v.mu.Unlock()
	if docs == nil {
		return nil
	}
	close(v.done)
	for d := range docs {
		d.shut()
	}
	err := v.pool.Close()
	if v.cache != nil {
		err = errors.Join(err, v.cache.Close(context.Background()))
	}
	return err
}
