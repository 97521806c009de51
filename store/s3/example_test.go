package s3_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/dajiaqian/dajiaqian/store/s3"
)

// A host makes the client, with its own credentials and retries. The example needs a
// server at that address.
func ExampleNew() {
	client, err := minio.New("s3.example.com", &minio.Options{
		Creds: credentials.NewStaticV4("access key", "secret key", ""), Secure: true, Region: "cn-east-2", MaxRetries: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	blobs, err := s3.New(s3.Config{Client: client, Bucket: "dajiaqian", Prefix: "blobs/", Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	d, _, err := blobs.Put(ctx, strings.NewReader("a contract"))
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := blobs.Open(ctx, d)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	fmt.Println(string(text), err)
}
