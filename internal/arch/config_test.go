package arch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	s3client "github.com/minio/minio-go/v7"

	"github.com/dajiaqian/dajiaqian/envelope/webhook"
	"github.com/dajiaqian/dajiaqian/internal/fault"
	"github.com/dajiaqian/dajiaqian/org/secret"
	"github.com/dajiaqian/dajiaqian/sandbox"
	"github.com/dajiaqian/dajiaqian/signer/devca"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/dir"
	"github.com/dajiaqian/dajiaqian/store/memory"
	"github.com/dajiaqian/dajiaqian/store/s3"
	litedb "github.com/dajiaqian/dajiaqian/store/sqlite"
)

// Whatever a package refuses in its configuration, it names the field. The tests of org,
// billing, registry and envelope do the same for theirs.
func TestConfigErrorsNameTheField(t *testing.T) {
	ctx := t.Context()
	open := func(d store.Driver, c store.Config) error { _, err := store.Open(ctx, d, c); return err }
	bucket := func(c s3.Config) error { _, err := s3.New(c); return err }
	folder := func(root string, now func() time.Time) error { _, err := dir.New(root, now); return err }
	file := func(ctx context.Context, path string, c litedb.Config) error {
		_, err := litedb.Open(ctx, path, c)
		return err
	}
	ca := func(c devca.Config) error { _, err := devca.New(c); return err }
	providers := func(c sandbox.Config) error { _, err := sandbox.Start(c); return err }
	sink := func(c webhook.Config) error { _, err := webhook.New(c); return err }
	keys := func(s secret.KeySet) error { _, err := secret.NewKeys(s); return err }
	id := func() string { return "1" }
	for _, c := range []struct {
		err  error
		want string
	}{
		{open(nil, store.Config{Now: time.Now, NewID: id}), "store: Open"},
		{open(memory.New(), store.Config{NewID: id}), "store: Config.Now"},
		{open(memory.New(), store.Config{Now: time.Now}), "store: Config.NewID"},
		{open(memory.New(), store.Config{Now: time.Now, NewID: id, BeginTimeout: -1}), "store: Config.BeginTimeout"},
		{open(memory.New(), store.Config{Now: time.Now, NewID: id, MaxDeliveries: -1}), "store: Config.MaxDeliveries"},
		{bucket(s3.Config{Bucket: "b", Now: time.Now}), "s3: Config.Client"},
		{bucket(s3.Config{Client: &s3client.Client{}, Now: time.Now}), "s3: Config.Bucket"},
		{bucket(s3.Config{Client: &s3client.Client{}, Bucket: "b"}), "s3: Config.Now"},
		{folder("", time.Now), "dir: root"},
		{folder(t.TempDir(), nil), "dir: now"},
		{file(ctx, "", litedb.Config{}), "sqlite: path"},
		{file(ctx, "x", litedb.Config{Readers: 65}), "sqlite: Config.Readers"},
		{ca(devca.Config{}), "devca: Config.Now"},
		{providers(sandbox.Config{CA: &devca.CA{}}), "sandbox: Config.Now"},
		{providers(sandbox.Config{Now: time.Now}), "sandbox: Config.CA"},
		{sink(webhook.Config{}), "webhook: Config.URL"},
		{sink(webhook.Config{URL: "https://example.com"}), "webhook: Config.Secret"},
		{keys(secret.KeySet{}), "secret: KeySet.Current"},
	} {
		conf, ok := errors.AsType[*fault.ConfigError](c.err)
		if !ok || conf.Package+": "+conf.Field != c.want || conf.Reason == "" {
			t.Errorf("the error is %v, want one that names %s", c.err, c.want)
		}
	}
}
