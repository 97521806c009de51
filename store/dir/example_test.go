package dir_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dajiaqian/dajiaqian/store/dir"
)

func ExampleNew() {
	root, err := os.MkdirTemp("", "blobs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)

	ctx := context.Background()
	blobs, err := dir.New(root, time.Now)
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
	// Output: a contract <nil>
}
