// Package online calls OCSP responders, CRL distribution points and caIssuers addresses
// over HTTP. Answers have a size limit and are not checked. It follows only http and
// https, and only addresses that a certificate of a trusted path names.
package online

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// Post sends a body and returns an answer of at most limit bytes.
func Post(ctx context.Context, c *http.Client, url, typ string, body []byte, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", typ)
	return answer(c, req, limit)
}

// get returns an answer of at most limit bytes.
func get(ctx context.Context, c *http.Client, url string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return answer(c, req, limit)
}

func answer(c *http.Client, req *http.Request, limit int64) ([]byte, error) {
	if c == nil {
		c = http.DefaultClient
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("an answer of more than %d bytes", limit)
	}
	return b, nil
}
